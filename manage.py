#!/usr/bin/env python3
"""The way in for every management command, against the database this checkout uses.

It chooses the database role by the command, and keeps the embedded server running for as long
as the command does.
"""

import os
import signal
import sys

from leadops import database

# These make or reshape tables, or build worlds of their own; all else is done with the rights
# of the application.
AS_OWNER = {
    "migrate",
    "makemigrations",
    "showmigrations",
    "sqlmigrate",
    "squashmigrations",
    "optimizemigration",
    "flush",
    "sqlflush",
    "test",
    "bench",
    "chaos",
}
WITHOUT_DATABASE = {"help", "version", "collectstatic", "findstatic", "makemessages"}


def main() -> None:
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadops.settings")
    os.environ.setdefault("LEADOPS_DB_ROLE", "owner" if command in AS_OWNER else "app")
    from django.core.management import execute_from_command_line

    if command in WITHOUT_DATABASE or database.is_external():
        execute_from_command_line(sys.argv)
        return
    # Told to end, a command must still let go of the server.
    for sign in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, lambda number, _: sys.exit(128 + number))
    with database.in_use():
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    try:
        main()
    except database.Unavailable as problem:
        sys.exit(f"The database cannot be used: {problem}")
    except KeyboardInterrupt:
        sys.exit(130)
