"""Make the job cluster follow the list of periodic jobs."""

from django.core.management.base import BaseCommand

from leadops import jobs


class Command(BaseCommand):
    help = "Make the job cluster's schedules equal to the list in leadops/schedules.py."

    def handle(self, *args: object, **options: object) -> None:
        changed, removed = jobs.sync()
        if options["verbosity"]:
            self.stdout.write(f"{changed} set, {removed} removed")
