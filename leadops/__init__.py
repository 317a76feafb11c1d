"""LeadOps itself: settings, addresses, schedules and commands. It wires; nothing imports it."""
