"""A made-up company, day by day (OPS-1)."""

import time
from datetime import UTC, datetime, timedelta

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from accounts import clock
from leadops import simulation
from leads.models import Lead


class Command(BaseCommand):
    help = "Run a made-up company of reps and leads through the real code, from a seed."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--days", type=int, default=30)
        parser.add_argument("--reps", type=int, default=8)
        parser.add_argument("--leads-per-day", type=int, default=8)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--start", type=datetime.fromisoformat, help="the first day; else the days end now")

    def handle(self, *args: object, **options) -> None:
        from leadops.simulation import company, house
        from leadops.simulation.world import World

        began, length = time.monotonic(), timedelta(days=options["days"])
        if length <= timedelta(0) or options["reps"] < 1:
            raise CommandError("At least one day and one rep.")
        start = self._start(options["start"], length)
        with connection.cursor() as cursor:
            # Nobody was promised anything here; a crash may cost the last seconds of a made-up day.
            cursor.execute("SET synchronous_commit = off")
        simulation.mark(start, start + length)
        world = World(house.some(options["reps"], start), seed=options["seed"], start=start, end=start + length)
        company.grant_leave(world)
        company.live(world, per_day=options["leads_per_day"])
        for what, number in sorted(world.did.items()):
            self.stdout.write(f"{number:6,} {what}")
        if world.refused:
            self.stdout.write("Refused: " + ", ".join(f"{what} {n}" for what, n in sorted(world.refused.items())))
        took = time.monotonic() - began
        self.stdout.write(
            f"{start:%d %b %Y} to {start + length:%d %b %Y}, in {took:.0f} s. Digest {company.digest()[:16]}"
        )

    def _start(self, given: datetime | None, length: timedelta) -> datetime:
        lived = simulation.made_up_until()
        if lived is None and Lead.objects.exists():
            raise CommandError("There are real leads here; a made-up company lives in a database of its own.")
        start = (given if given.tzinfo else given.replace(tzinfo=UTC)) if given else lived or clock.now() - length
        if lived and start < lived:
            raise CommandError(f"This world has lived until {lived:%Y-%m-%d %H:%M}; start there or later.")
        return start
