"""The demo people and their world, made once."""

import time

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from accounts import clock
from accounts.models import User
from leadops import simulation
from leads.models import Lead


class Command(BaseCommand):
    help = (
        "Make the demo people (password demo) and about 250 leads with their histories. Once; again it changes nothing."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument("--demo", action="store_true", help="also in a database that is not our own")
        parser.add_argument("--force", action="store_true", help="also beside people who are there already")

    def handle(self, *args: object, **options) -> None:
        from leadops.simulation import demo

        if not (settings.LEADOPS_DEMO or options["demo"] or options["force"]):
            raise CommandError("Made-up people belong into the embedded database. For this one: --demo.")
        began = time.monotonic()
        with transaction.atomic():
            if not self._is_needed(options["force"]):
                self.stdout.write("The demo world is here already.")
                return
            now = clock.now()
            simulation.mark(now - demo.OPENED, now)
            world = demo.make(now)
        took = time.monotonic() - began
        self.stdout.write(f"{Lead.objects.count()} leads, {sum(world.did.values()):,} things done, in {took:.0f} s.")

    def _is_needed(self, force: bool) -> bool:
        """Say whether there is anything to do; only one may ask at a time, so that two starts make one world."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [0x1EADDE])
        if simulation.made_up_until() is not None:
            return False
        if User.objects.exists() and not force:
            raise CommandError("There are people here already. Beside them: --force.")
        return True
