"""Run the sweeps by hand, as of now or as of another moment (TIME-2)."""

import contextlib
import signal
from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from accounts import clock, sweeping
from accounts.models import Parked
from leadops import simulation
from leadops.schedules import SWEEPS

LONGEST = 30  # seconds, as for a job of the cluster


class Command(BaseCommand):
    help = "Do everything that is due: auto-abandon, what comes back, what is told. Safe at any moment, twice, and at once."

    def add_arguments(self, parser) -> None:
        parser.add_argument("name", nargs="?", choices=SWEEPS, metavar="NAME", help=f"one of {', '.join(SWEEPS)}")
        parser.add_argument("--at", type=_moment, metavar="MOMENT", help="as of this moment, e.g. 2027-01-31T09:00Z")
        parser.add_argument("--parked", action="store_true", help="list the rows that were put aside, and run nothing")
        parser.add_argument("--again", action="store_true", help="let rows that were put aside be tried again")

    def handle(self, *, name: str | None, at: datetime | None, parked: bool, again: bool, **options) -> None:
        names = [name] if name else list(SWEEPS)
        if parked:
            self._list_parked(names)
            return
        now = clock.now()
        if at is not None and at > now and not settings.LEADOPS_DEMO and simulation.made_up_until() is None:
            raise CommandError("That moment is to come. Only a made-up world may be swept ahead of time.")
        if again:
            for sweep in names:
                sweeping.release(sweep)
        # As of a past moment, what happens is dated then and learnt now; ahead of time, both are that moment.
        failed = sum([self._run(sweep, at or now, max(now, at or now)) for sweep in names])
        if failed:
            raise CommandError(f"{failed} rows failed; `sweep --parked` lists those that were put aside.")

    def _run(self, name: str, at: datetime, recorded_at: datetime) -> int:
        failed = 0
        while True:
            try:
                with _no_longer_than(LONGEST):
                    run = sweeping.run(SWEEPS[name], at, recorded_at=recorded_at)
            except (DatabaseError, sweeping.TooManyFailures) as problem:
                raise CommandError(f"{name}: {problem}") from problem
            self.stdout.write(f"{name}: {run.found} due, {run.done} done, {run.failed} failed, {run.left} left")
            failed += run.failed
            if not (run.left and run.done):
                return failed

    def _list_parked(self, names: list[str]) -> None:
        rows = Parked.objects.filter(sweep__in=names, parked_at__isnull=False).order_by("sweep", "key")
        for row in rows:
            self.stdout.write(f"{row.sweep} {row.key}: {row.error} ({row.parked_at:%Y-%m-%d %H:%M} UTC)")
        self.stdout.write(f"{len(rows)} put aside")


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment names its zone: 2027-01-31T09:00Z")
    return moment


@contextlib.contextmanager
def _no_longer_than(seconds: int) -> Iterator[None]:
    """End this process when a sweep hangs, as the cluster would: the next run finds what it had in hand."""

    def hung(*_: object) -> None:
        raise SystemExit(f"the sweep hung for {seconds} s; run it again")

    before = signal.signal(signal.SIGALRM, hung)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
