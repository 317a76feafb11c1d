"""A day without jobs: thousands are overdue, of several sweeps; two workers come back, as the cluster has two, and do what is left."""

import time
from collections.abc import Callable
from datetime import timedelta

from django.db import connection

from accounts import sweeping
from accounts.models import SweepRun
from leadops.chaos.crew import fork, wait
from leadops.chaos.world import FIRST, a_world
from leadops.schedules import SWEEPS

WORKERS = 2
WITHIN = 60.0  # seconds, promised
GROUPS = 49  # moments of the day at which something came due, each kind by turns
DAY = timedelta(days=1)


def main(say: Callable[[str], None], *, rows: int) -> bool:
    """Let a day's work be overdue, and see it done; say the figures; return whether all is right."""
    with a_world(rows, groups=GROUPS, step=DAY / GROUPS) as world:
        at = FIRST + DAY
        connection.close()
        began = time.monotonic()
        for worker in [fork(lambda n=n: _drain(n, at)) for n in range(WORKERS)]:
            wait(worker)
        took = time.monotonic() - began
        wrong, left = world.wrong(), sum(SWEEPS[sweep.name].due(at).count() for sweep in world.sweeps)
        runs = SweepRun.objects.filter(finished_at__isnull=False).exclude(error="listed").count()
    kinds = len({sweep.name for sweep in world.sweeps})
    say(
        f"{rows:,} rows of {kinds} sweeps overdue after a day's outage: drained in {took:.1f} s by {WORKERS} workers in {runs} runs,"
        f" {left} left: {wrong}"
    )
    return took <= WITHIN and not left and not wrong


def _drain(number: int, at) -> None:
    """Do what the cluster's jobs do: each sweep for its twenty seconds, and again while it left something."""
    names = [*SWEEPS][number::WORKERS] + [*SWEEPS][1 - number :: WORKERS]
    while names:
        run = sweeping.run(SWEEPS[names[0]], at)
        if not (run.left and run.done):
            names.pop(0)
