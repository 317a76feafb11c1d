"""What LeadOps does by itself in a made-up company: its sweeps, once or twice a day, and the day's medians. Late, each dates what it does
when it was due."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import connection

from accounts import sweeping
from leadops.simulation.world import World
from leads import response_sweeps, sweeps
from leads.sweeps import MORNING
from meetings import medians
from meetings import sweeps as meetings

SWEEPS = [*response_sweeps.SWEEPS, *meetings.SWEEPS, *sweeps.SWEEPS]  # those that send nothing
BOUNDS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")


def plan_a_day(world: World, midnight: datetime) -> None:
    for hours in world.sweep_hours:
        world.plan(midnight + timedelta(hours=hours), sweep)


def sweep(world: World, at: datetime) -> None:
    """Do what is due. A row that fails stops the world: there is no reason for one here."""
    with _bounds_restored():
        for one in SWEEPS:
            if one is MORNING and at < world.mornings_from:
                continue
            run = sweeping.run(one, at, seconds=None, keep_run=False)
            world.did[f"swept: {one.name}"] += run.done
            if run.failed:
                raise AssertionError(f"{run.failed} rows failed in the sweep {one.name} at {at}")
    medians.keep(at)


@contextmanager
def _bounds_restored() -> Iterator[None]:
    """Undo the bounds a sweep sets for its transaction, where that is part of a longer one, as the demo's is."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(f'current_setting({name!r})' for name in BOUNDS)}")
        before = cursor.fetchone()
        yield
        cursor.execute(f"SELECT {', '.join(f'set_config({name!r}, %s, true)' for name in BOUNDS)}", before)
