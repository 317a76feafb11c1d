"""Prove the data sound, or show what is not (OPS-3)."""

import time

from django.core.management.base import BaseCommand, CommandError

from leadops import invariants


class Command(BaseCommand):
    help = "Ask every rule of leadops/invariants.py; end with 1 and the rows where one does not hold."

    def handle(self, *args: object, **options: object) -> None:
        failed = 0
        began = time.monotonic()
        for rule, rows in invariants.check():
            took, began = time.monotonic() - began, time.monotonic()
            self.stdout.write(f"{'BROKEN' if rows else 'holds '} {took:6.1f} s  {rule.name}: {rule.says}")
            for row in rows:
                self.stdout.write("         " + ", ".join(map(str, row)))
            if len(rows) == invariants.SHOWN:
                self.stdout.write(f"         and perhaps more; these are the first {invariants.SHOWN}")
            failed += bool(rows)
        if failed:
            raise CommandError(f"{failed} of {len(invariants.INVARIANTS)} rules do not hold.")
        self.stdout.write(f"All {len(invariants.INVARIANTS)} rules hold.")
