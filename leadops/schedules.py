"""Every periodic job of LeadOps, in one list. `sync_schedules` makes the job cluster follow it.

A job missing from this list does not run, whatever the database says. Jobs find their work by
stored deadlines, so one that is late, repeated or skipped changes nothing but latency.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Job:
    """One periodic job: a function without arguments, and a cron line in UTC."""

    name: str
    function: str
    cron: str


JOBS = [
    Job("forget finished jobs", "leadops.jobs.forget_finished", "17 3 * * *"),
    Job("forget ended sessions", "leadops.jobs.forget_sessions", "27 3 * * *"),
]
