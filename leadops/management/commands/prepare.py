"""Bring an installation up to date; `./run` calls it before every start."""

import hashlib
from pathlib import Path

import psycopg
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection

from leadops import database, jobs

ONE_AT_A_TIME = 0x1EAD0B6


class Command(BaseCommand):
    help = "Migrate the database, follow the list of periodic jobs, collect changed files."

    def handle(self, *args: object, **options: object) -> None:
        with connection.cursor() as cursor:
            # Several hosts may start against one database.
            cursor.execute("SELECT pg_advisory_lock(%s)", [ONE_AT_A_TIME])
            self._grant()
            call_command("migrate", interactive=False, verbosity=0)
            jobs.sync()
            cursor.execute("SELECT pg_advisory_unlock(%s)", [ONE_AT_A_TIME])
        self._collect()

    def _grant(self) -> None:
        if settings.LEADOPS_RECORDS_GUARDED:
            connection.ensure_connection()
            raw = connection.connection
            assert isinstance(raw, psycopg.Connection)
            owner = connection.settings_dict["USER"] or raw.info.user
            database.prepare(raw, owner=owner, application=settings.LEADOPS_APP_ROLE)

    def _collect(self) -> None:
        if settings.DEBUG:
            return
        stamp = Path(settings.STATIC_ROOT) / ".collected"
        now = _fingerprint()
        if stamp.exists() and stamp.read_text() == now:
            return
        call_command("collectstatic", interactive=False, verbosity=0)
        stamp.write_text(now)


def _fingerprint() -> str:
    """Summarise every static file, so that unchanged ones are not collected again."""
    seen = hashlib.sha256()
    for finder in get_finders():
        for name, storage in sorted(finder.list([]), key=lambda found: found[0]):
            about = Path(storage.path(name)).stat()
            seen.update(f"{name}\0{about.st_size}\0{about.st_mtime_ns}\n".encode())
    return seen.hexdigest()
