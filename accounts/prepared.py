"""Questions that every page asks, written down once a process: to write a query in SQL takes Django longer than the database to answer
it (measured).

A `Prepared` is made from a function that builds a queryset of values from what is asked about. The first question of a shape writes the
statement, with marks in the places of what was given; every later one fills them in. What is given must reach the statement as it is:
whoever needs an hour earlier gives the hour earlier.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

FIRST_MARK = 7_001_000_000_000
LONG_AGO = datetime(1800, 1, 1, tzinfo=UTC)


class Prepared:
    """One question. Its rows come as the driver reads them: numbers, texts, moments; no JSON, no model."""

    def __init__(self, build: Callable[..., QuerySet]):
        self.build = build
        self._written: dict[tuple, tuple[str, list]] = {}

    def rows(self, *given: int | str | datetime | Sequence) -> list[tuple]:
        """Ask about numbers, texts, moments, or lists of them. One query; none where nothing can be found."""
        shape = tuple(
            (len(value), *map(type, value[:1])) if isinstance(value, list) else type(value) for value in given
        )
        if shape not in self._written:
            self._written[shape] = self._write(given)
        sql, places = self._written[shape]
        if not sql:
            return []
        flat = _flat(given)
        with connection.cursor() as cursor:
            cursor.execute(sql, [kind(flat[place]) if kind else place for kind, place in places])
            return cursor.fetchall()

    def _write(self, given: Sequence) -> tuple[str, list]:
        """Write the statement with marks, and note for each of its values which mark it is, or itself."""
        number = iter(range(len(_flat(given))))
        marked = [
            [_mark(value, next(number)) for value in part] if isinstance(part, list) else _mark(part, next(number))
            for part in given
        ]
        marks = _flat(marked)
        try:
            sql, values = self.build(*marked).query.sql_with_params()
        except EmptyResultSet:
            return "", []
        places = [_place(value, marks) for value in values]
        found = {place for kind, place in places if kind}
        if found != set(range(len(marks))):
            raise ValueError(
                f"what was given does not stand in the statement as it is: {set(range(len(marks))) - found}"
            )
        return sql, places


def _flat(given: Sequence) -> list:
    return [value for part in given for value in (part if isinstance(part, list) else [part])]


def _mark(value, number: int):
    """Return a value of this kind that no statement has by itself."""
    if isinstance(value, datetime):
        return LONG_AGO + timedelta(days=number)
    return FIRST_MARK + number if isinstance(value, int) else f"\ufdd0{number}\ufdd0"


def _place(value, marks: list) -> tuple:
    """Return how to fill in a place of the statement: from what is given, in the type that the field wants; or as it stands."""
    for number, mark in enumerate(marks):
        if isinstance(value, type(mark)) and value == mark:
            return (_as_it_is if isinstance(value, datetime) else type(value)), number
    return None, value


def _as_it_is(value):
    return value
