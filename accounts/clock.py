"""The clock, asked once at the edge of the house (a view, an admin action, a command); below, the moment is a parameter (TIME-2)."""

from datetime import UTC, datetime

from django.db import connection


def now() -> datetime:
    """Ask the database for the time, so that two hosts cannot disagree about what came first. One query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def glance() -> datetime:
    """Look at this host's own clock, for a page that only shows. What is written asks `now`. No query."""
    return datetime.now(UTC)
