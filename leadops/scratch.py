"""A database of its own for what must never touch real data: chaos and measuring."""

import contextlib
import hashlib
import inspect
import os
import time
from collections.abc import Iterator
from pathlib import Path

from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations.loader import MigrationLoader

TRIES = 30
PATTERN = "leadops_pattern_"
ONE_AT_A_TIME = 0x1EAD0B7


@contextlib.contextmanager
def scratch_database(name: str, template: str = "") -> Iterator[None]:
    """Work in a new database on the same server, and drop it at the end: the present tables, or a copy of `template`.

    Outside any transaction. Migrations run once for each version of them: into a pattern that stays on the server, of which the
    others are copies.
    """
    name = f"leadops_{name}_{os.getpid()}"
    pattern = template or _pattern()
    _ask(f'DROP DATABASE IF EXISTS "{name}"')
    # File by file where it is large: the other way writes every page into the log.
    _ask(f'CREATE DATABASE "{name}" TEMPLATE "{pattern}"' + (" STRATEGY file_copy" if template else ""))
    try:
        with within(name):
            yield
    finally:
        _drop(name)


@contextlib.contextmanager
def within(database: str) -> Iterator[None]:
    """Work in another database of the same server meanwhile."""
    before = connection.settings_dict["NAME"]
    _use(database)
    try:
        yield
    finally:
        _use(before)


def _pattern() -> str:
    """Name the database that others are copied from, made where there is none of these migrations; older ones go."""
    before, name = connection.settings_dict["NAME"], PATTERN + _fingerprint()
    with contextlib.closing(connection.copy()) as guard:
        # Such a lock is known in its own database only, and who waits here may come from any.
        guard.settings_dict["NAME"] = "postgres"
        cursor = guard.cursor()
        cursor.execute("SELECT pg_advisory_lock(%s)", [ONE_AT_A_TIME])
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PATTERN])
        present = {row[0] for row in cursor.fetchall()}
        for old in present - {name}:
            _drop(old)
        if name not in present:
            draft = f"leadops_draft_{os.getpid()}"
            _ask(f'DROP DATABASE IF EXISTS "{draft}"')
            _ask(f'CREATE DATABASE "{draft}"')
            _use(draft)
            try:
                call_command("migrate", verbosity=0)
            finally:
                _use(before)
            _ask(f'ALTER DATABASE "{draft}" RENAME TO "{name}"')
    return name


def _fingerprint() -> str:
    """Summarise every migration there is."""
    seen = hashlib.sha256()
    for key, migration in sorted(MigrationLoader(None).disk_migrations.items()):
        seen.update(repr(key).encode() + Path(inspect.getfile(type(migration))).read_bytes())
    return seen.hexdigest()[:12]


def _use(database: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = database


def _ask(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _drop(name: str) -> None:
    # Of who was killed the server takes leave a moment later, and of its own vacuum.
    for attempt in range(TRIES):
        try:
            _ask(f'DROP DATABASE IF EXISTS "{name}"')
        except OperationalError:
            if attempt == TRIES - 1:
                raise
            time.sleep(0.3)
        else:
            return
