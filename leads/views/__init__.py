"""The pages people work leads in, split by what somebody is doing: the queue, one lead, the acts on it, lists, new leads, imports."""
