"""A made-up company, lived day by day through the real functions (OPS-1). The demo, the soak test and the benchmarks use it.

Nothing here reads a clock or sets a state: who acts calls the process that a page would call, with the moment as a parameter,
and everybody acts in one order of time (`world.py`). `house.py` hires people, `people.py` makes leads up, `arriving.py` brings
them in, `reps.py`, `staff.py` and `prospects.py` are what the people of the company and the leads do, `machine.py` runs the
sweeps, `company.py` lets days pass, `demo.py` and `stories.py` set the scene that `./run` shows.

A database that holds such a world carries a mark: a row of SweepRun named `MARK`, from the first to the last made-up moment.
"""

from datetime import datetime

MARK = "made-up world"


def made_up_until() -> datetime | None:
    """Return the last moment that this database's made-up world has lived, or None where all is real. One query."""
    from accounts.models import SweepRun

    return SweepRun.objects.filter(name=MARK).values_list("finished_at", flat=True).first()


def mark(start: datetime, end: datetime) -> None:
    """Mark this database as a made-up world that has lived until a moment. Two queries."""
    from accounts.models import SweepRun

    if not SweepRun.objects.filter(name=MARK).update(finished_at=end):
        SweepRun.objects.create(name=MARK, started_at=start, finished_at=end)
