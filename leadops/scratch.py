"""A database of its own for what must never touch real data: chaos and measuring."""

import contextlib
import os
import time
from collections.abc import Iterator

from django.core.management import call_command
from django.db import OperationalError, connection

TRIES = 30


@contextlib.contextmanager
def scratch_database(name: str) -> Iterator[None]:
    """Work in a new database of the present tables on the same server, and drop it at the end. Outside any transaction."""
    before, name = connection.settings_dict["NAME"], f"leadops_{name}_{os.getpid()}"

    def to(database: str) -> None:
        connection.close()
        connection.settings_dict["NAME"] = database

    def administer(statement: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)

    administer(f'DROP DATABASE IF EXISTS "{name}"')
    administer(f'CREATE DATABASE "{name}"')
    to(name)
    try:
        call_command("migrate", verbosity=0)
        yield
    finally:
        to(before)
        _drop(name)


def _drop(name: str) -> None:
    # Of who was killed the server takes leave a moment later, and of its own vacuum.
    for attempt in range(TRIES):
        try:
            with connection.cursor() as cursor:
                cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
        except OperationalError:
            if attempt == TRIES - 1:
                raise
            time.sleep(0.3)
        else:
            return
