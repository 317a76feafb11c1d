"""Every periodic job of LeadOps, in one list. `sync_schedules` makes the job cluster follow it.

A job missing from this list does not run, whatever the database says. Sweeps find their work by
stored deadlines, so one that is late, repeated or skipped changes nothing but latency. To add a
sweep is one line here: docs/sweeps.md.
"""

from dataclasses import dataclass
from datetime import timedelta

from accounts import forgetting, gathering, messages, webhooks
from accounts.sweeping import Sweep
from leads import consent, response_sweeps
from leads import sweeps as leads
from meetings import sweeps as meetings

# In the order in which they are run by hand; what tells comes last, and what forgets after it.
_ALL = [
    *response_sweeps.SWEEPS, *meetings.SWEEPS, *leads.SWEEPS, gathering.GATHER, messages.mail_sweep(consent.may_still_mail), webhooks.SWEEP,
    forgetting.FORGET,
]  # fmt: skip
SWEEPS: dict[str, Sweep] = {sweep.name: sweep for sweep in _ALL}


@dataclass(frozen=True)
class Job:
    """One periodic job: a function, the one word it is given if any, and a cron line in UTC."""

    name: str
    function: str
    cron: str
    argument: str = ""


def cron(every: timedelta) -> str:
    """Say a cadence as a cron line. Raises ValueError for one that a cron line cannot keep."""
    minutes = every // timedelta(minutes=1)
    if every == timedelta(days=1):
        return "7 3 * * *"
    if every == timedelta(hours=1):
        return "7 * * * *"
    if not minutes or 60 % minutes or every % timedelta(minutes=1):
        raise ValueError(f"{every} does not divide an hour")
    return f"*/{minutes} * * * *" if minutes > 1 else "* * * * *"


JOBS = [
    *(Job(f"sweep {sweep.name}", "leadops.jobs.sweep", cron(sweep.every), sweep.name) for sweep in SWEEPS.values()),
    Job("resume imports", "leads.tasks.resume_imports", "* * * * *"),
    Job("resume histories", "meetings.tasks.resume_history", "* * * * *"),
    Job("keep the medians of engagement", "meetings.tasks.keep_medians", "19 * * * *"),
    Job("count the leads", "reporting.tasks.count", "3-59/10 * * * *"),
    Job("freeze pay", "reporting.tasks.freeze_pay", "12 1 * * *"),
    Job("prove the data sound", "leadops.jobs.prove", "37 2 * * *"),
    Job("forget finished jobs", "leadops.jobs.forget_finished", "17 3 * * *"),
    Job("forget old receipts", "leadops.jobs.forget_receipts", "22 3 * * *"),
    Job("forget old deliveries", "leadops.jobs.forget_deliveries", "24 3 * * *"),
    Job("forget ended sessions", "leadops.jobs.forget_sessions", "27 3 * * *"),
]
