"""Make an API client, and print its key: once, and never again."""

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts import api_keys, clock
from accounts.models import ApiScope


class Command(BaseCommand):
    help = "Make an API client (or another key for one there is) and print its key once."

    def add_arguments(self, parser):
        parser.add_argument(
            "name", help='What it is called, "Web site" say; also the source of the leads it brings in.'
        )
        parser.add_argument(
            "--scope",
            action="append",
            default=[],
            metavar="SCOPE",
            help=f"What it may; as often as needed. {', '.join(ApiScope.values)}",
        )

    def handle(self, *args, name, scope, **options):
        try:
            with transaction.atomic():
                key, token = api_keys.create_client(name, scope, by=None, at=clock.now())
        except api_keys.Unknown as problem:
            raise CommandError(str(problem)) from None
        self.stderr.write(
            f"{key.user} may: {', '.join(key.scopes) or 'read its own receipts'}. The key is shown this once:"
        )
        self.stdout.write(token)
