"""Questions that every page asks, written down once a process and planned once a connection: to write a query in SQL takes Django longer
than the database to answer it, and to plan ten joins takes the database longer than to follow them (measured).

A `Prepared` is made from a function that builds a queryset from what is asked about. The first question of a shape writes the
statement, with marks in the places of what was given; every later one fills them in, each once however often the statement names it.
A number or a text must reach the statement as it is given; a moment may be moved on the way. What is not given stands in the statement
itself, so that an index on a part of a table serves it whatever is asked.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain
from operator import add
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.models import QuerySet
from django.db.models.query import ModelIterable
from psycopg import sql
from psycopg.pq import TransactionStatus
from psycopg.raw_cursor import RawCursorMixin
from psycopg.types.numeric import Int8

PLACE = re.compile("%%|%s")
ONE_PLAN = "_leadops_one_plan"
FIRST_MARK, NO_LETTER = 7_001_000_000_000, "\ufdd0"
# Moments are marked by days so far apart that one which was moved is still known.
LONG_AGO, APART, MOVED = datetime(1000, 1, 1, tzinfo=UTC), timedelta(days=10_000), timedelta(days=4_000)


class Planned(ServerBindingCursor):
    """A cursor whose statements are planned once for as long as its connection lives. What is given is sent beside them."""

    def execute(self, query, params=None, **more):
        self._plan_for_all()
        return super().execute(query, params, prepare=True, **more)

    def _plan_for_all(self) -> None:
        """Have the server keep one plan whatever is given, where it would plan anew each time that it hopes for a better one.

        Once a connection, and between transactions: what is set within one that fails is forgotten with it.
        """
        connection = self.connection
        if not getattr(connection, ONE_PLAN, False) and connection.pgconn.transaction_status == TransactionStatus.IDLE:
            connection.pgconn.exec_(b"SET plan_cache_mode = force_generic_plan")
            setattr(connection, ONE_PLAN, True)


class Numbered(RawCursorMixin, Planned):
    """The same for statements with numbered places: to find places in a long text, at every question, took longer than to send it."""


@contextmanager
def planned(cursor: type[Planned] = Planned) -> Iterator[Any]:
    """Return a cursor for statements of which there are few different ones, however often they are asked."""
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    with connection.wrap_database_errors:
        cursor = cursor(connection.connection)
    with connection._prepare_cursor(cursor) as wrapped:
        yield wrapped


@dataclass(frozen=True, slots=True)
class Written:
    """One statement, how each of its places is filled in, and what Django needs to make objects of its rows."""

    sql: str
    places: list[tuple[Callable, int]]
    compiler: Any = None
    fetch_mode: Any = None
    converters: dict[int, tuple] | None = None


class Answer:
    """Stands where Django expects a queryset, its query and its compiler; what those would ask has been asked."""

    def __init__(self, written: Written, rows: list[tuple]):
        self.db, self.query, self._fetch_mode, self._known_related_objects = (
            connection.alias,
            self,
            written.fetch_mode,
            {},
        )
        self._written, self._rows = written, rows
        self.select, self.klass_info = written.compiler.select, written.compiler.klass_info
        self.annotation_col_map = written.compiler.annotation_col_map

    def get_compiler(self, using):
        return self

    def execute_sql(self, **_how):
        return [self._rows]

    def results_iter(self, results):
        """Make values of what the driver read, where it takes more: which columns those are is asked once, not at every answer."""
        rows = chain.from_iterable(results)
        converters = self._written.converters
        return self._written.compiler.apply_converters(rows, converters) if converters else rows


class Prepared:
    """One question. `may_leave` says that it need not be about all that is given: what a role may see does not depend on everything."""

    def __init__(self, build: Callable[..., QuerySet], may_leave: bool = False):
        self.build, self.may_leave = build, may_leave
        self._written: dict[tuple, Written] = {}

    def rows(self, *given: int | str | datetime | Sequence) -> list[tuple]:
        """Ask about numbers, texts, moments, or lists of them. One query; none where nothing can be found.

        The rows come as the driver reads them: numbers, texts, moments; no JSON, no model.
        """
        return self._ask(given)[1]

    def objects(self, *given: int | str | datetime | Sequence) -> list:
        """Ask for models, with those that the queryset selects beside them. One query; none where nothing can be found."""
        written, rows = self._ask(given)
        return list(ModelIterable(Answer(written, rows))) if rows else []

    def _ask(self, given: Sequence) -> tuple[Written, list[tuple]]:
        shape = tuple(
            (len(value), *map(type, value[:1])) if isinstance(value, list) else type(value) for value in given
        )
        if shape not in self._written:
            self._written[shape] = self._write(given)
        written = self._written[shape]
        if not written.sql:
            return written, []
        flat = _flat(given)
        with planned(Numbered) as cursor:
            cursor.execute(written.sql, [fill(flat[place]) for fill, place in written.places])
            return written, cursor.fetchall()

    def _write(self, given: Sequence) -> Written:
        """Write the statement with marks, and note for each of its places which mark it is; what is no mark is written out."""
        number = iter(range(len(_flat(given))))
        marked = [
            [_mark(value, next(number)) for value in part] if isinstance(part, list) else _mark(part, next(number))
            for part in given
        ]
        marks, rows = _flat(marked), self.build(*marked)
        if rows._prefetch_related_lookups:
            raise ValueError("what is fetched afterwards is not fetched here")
        compiler = rows.query.get_compiler(connection.alias)
        try:
            statement, values = compiler.as_sql()
        except EmptyResultSet:
            return Written("", [])
        filled = [_place(value, marks) for value in values]
        lost = set(range(len(marks))) - {place[1] for place in filled if place}
        strange = [
            value for value, place in zip(values, filled, strict=True) if place is None and _is_like_a_mark(value)
        ]
        if strange or (lost and not self.may_leave):
            raise ValueError(f"what was given does not stand in the statement as it is: {strange or lost}")
        number, places = _numbers(values, filled)
        parts = iter([f"${n}" if n else _literal(value) for n, value in zip(number, values, strict=True)])
        statement = PLACE.sub(lambda sign: next(parts) if sign[0] == "%s" else "%", statement)
        columns = [column for column, *_more in compiler.select[: compiler.col_count]]
        if compiler.has_composite_fields(columns):
            raise ValueError("a key of several columns is not read here")
        return Written(statement, places, compiler, rows._fetch_mode, compiler.get_converters(columns))


def _flat(given: Sequence) -> list:
    return [value for part in given for value in (part if isinstance(part, list) else [part])]


def _mark(value, number: int):
    """Return a value of this kind that no statement has by itself."""
    if isinstance(value, datetime):
        return LONG_AGO + APART * number
    return FIRST_MARK + 1_000 * number if isinstance(value, int) else f"{NO_LETTER}{number}{NO_LETTER}"


def _is_like_a_mark(value) -> bool:
    """Say whether something became of a mark that cannot be filled in."""
    if isinstance(value, int):
        return FIRST_MARK - 1_000 <= value < 2 * FIRST_MARK
    return value.year < 1_700 if isinstance(value, datetime) else NO_LETTER in str(value)


def _place(value, marks: list) -> tuple[Callable, int] | None:
    """Return how to fill in a place of the statement: from which of what is given, and in which type; None for what is no mark."""
    for number, mark in enumerate(marks):
        if isinstance(mark, datetime) and isinstance(value, datetime):
            if abs(value - mark) <= MOVED:
                return partial(add, value - mark) if value != mark else _as_it_is, number
        elif isinstance(value, type(mark)) and value == mark:
            return _number if isinstance(mark, int) else type(value), number
    return None


def _numbers(values: Sequence, filled: Sequence) -> tuple[list[int], list[tuple[Callable, int]]]:
    """Number what is filled in, from 1, and list how each is; 0 is what is not. A text has a number each time: its type is known there."""
    known: dict[object, int] = {}
    number, places = [], []
    for value, place in zip(values, filled, strict=True):
        if place is None:
            number.append(0)
        elif not isinstance(value, str) and value in known:
            number.append(known[value])
        else:
            places.append(place)
            number.append(known.setdefault(value, len(places)) if not isinstance(value, str) else len(places))
    return number, places


def _as_it_is(value):
    return value


def _number(value: int) -> int:
    """Send every number in the width of a key, so that a small one is no other statement than a large one; none is as large as a key."""
    return Int8(value) if abs(value) < 2**63 else value


def _literal(value) -> str:
    """Write a value into a statement."""
    connection.ensure_connection()
    return sql.Literal(value).as_string(connection.connection)
