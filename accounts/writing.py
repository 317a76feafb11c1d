"""Writing many rows with one statement. Used by every process that changes a batch."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from json import dumps
from operator import attrgetter

from django.db import connection, models
from django.db.models.base import ModelState

from accounts.bulk import BETWEEN, NULL, numbers, texts


class Overtaken(Exception):
    """Somebody else changed a row between its reading and its writing; nothing of the batch was kept."""


def update_each(
    rows: Sequence[models.Model], fields: Iterable[str], *, guard: dict[str, Sequence] | None = None
) -> None:
    """Write these fields of all rows, each with its own values, in one UPDATE.

    `guard` maps a column to the values it must still have, row by row. Raises Overtaken when a row was not as expected. Array
    columns cannot be written this way. One query; none for no rows.
    """
    if not rows:
        return
    meta, quote = rows[0]._meta, connection.ops.quote_name
    table = _Table(len(rows))
    key = table.add(meta.pk, [row.pk for row in rows], varies=True)
    sets = [
        f"{quote(field.column)} = {table.add(field, [getattr(row, field.attname) for row in rows])}"
        for field in map(meta.get_field, fields)
    ]
    where = [f"t.{quote(meta.pk.column)} = {key}"]
    for column, expected in (guard or {}).items():
        field = meta.get_field(column)
        where.append(f"t.{quote(field.column)} IS NOT DISTINCT FROM {table.add(field, list(expected))}")
    sql = f"UPDATE {quote(meta.db_table)} AS t SET {', '.join(sets)} FROM {table} WHERE {' AND '.join(where)}"
    with connection.cursor() as cursor:
        cursor.execute(sql, table.values)
        if cursor.rowcount != len(rows):
            raise Overtaken(f"{len(rows) - cursor.rowcount} of {len(rows)} rows of {meta.db_table} had changed")


def fresh[M: models.Model](model: type[M], **cells) -> M:
    """Make a new row for `insert_each`, relations by their numbers; what is not named has its default. A fraction of the constructor's
    time. Raises TypeError for a column that there is not. Pure."""
    defaults, made = _defaults(model)
    row = model.__new__(model)
    row._state = ModelState()
    row.__dict__.update(defaults)
    row.__dict__.update(cells)
    if len(row.__dict__) != len(defaults) + 1:
        raise TypeError(f"{model.__name__} has no {', '.join(cells.keys() - defaults.keys())}")
    for name, make in made:
        if name not in cells:
            row.__dict__[name] = make()
    return row


@cache
def _defaults(model: type[models.Model]) -> tuple[dict[str, object], list[tuple[str, Callable]]]:
    fields = model._meta.concrete_fields
    made = [(f.attname, f.default) for f in fields if f.has_default() and callable(f.default)]
    return {f.attname: None if callable(f.default) and f.has_default() else f.get_default() for f in fields}, made


def insert_each(rows: Sequence[models.Model], *, ignore_conflicts: bool = False) -> list[models.Model]:
    """Write new rows of one table in one INSERT, and number them. What conflicts may be left out; then none are numbered.

    Half the cost of `bulk_create`, for tables without array columns. Raises ValueError for a row that points to one not yet
    written. One query; none for no rows.
    """
    rows = list(rows)
    if not rows:
        return rows
    meta, quote = rows[0]._meta, connection.ops.quote_name
    fields = [field for field in meta.concrete_fields if not field.primary_key]
    _take_numbers(rows, fields)
    table = _Table(len(rows))
    values = [table.add(field, [getattr(row, field.attname) for row in rows]) for field in fields]
    names = ", ".join(quote(field.column) for field in fields)
    end = "ON CONFLICT DO NOTHING" if ignore_conflicts else f"RETURNING {quote(meta.pk.column)}"
    sql = f"INSERT INTO {quote(meta.db_table)} ({names}) SELECT {', '.join(values)} FROM {table} ORDER BY v.ordinality {end}"
    with connection.cursor() as cursor:
        cursor.execute(sql, table.values)
        for row, (pk,) in zip(rows, () if ignore_conflicts else cursor.fetchall(), strict=False):
            row.pk, row._state.adding, row._state.db = pk, False, connection.alias
    return rows


def _take_numbers(rows: Sequence[models.Model], fields: Iterable[models.Field]) -> None:
    """Take over the numbers of related rows that were written since they were given."""
    for field in fields:
        if not field.is_relation:
            continue
        for row in rows:
            if (
                getattr(row, field.attname) is None
                and (related := field.get_cached_value(row, default=None)) is not None
            ):
                if related.pk is None:
                    raise ValueError(f"{field.name} of {row.__class__.__name__} is not written yet")
                setattr(row, field.attname, related.pk)


def changed(rows: Sequence[models.Model], fields: Sequence[str], before: Mapping[int, tuple]) -> list[str]:
    """Keep the fields that at least one of these rows has otherwise than it was read; all where a row was not. Pure.

    `before` holds by key what `values_of` returned.
    """
    found: set[str] = set()
    for row in rows:
        was = before.get(row.pk)
        if was is None:
            return list(fields)
        now = values_of(row, fields)
        if now != was:
            found.update(name for name, new, old in zip(fields, now, was, strict=True) if new != old)
    return [name for name in fields if name in found]


def values_of(row: models.Model, fields: Sequence[str]) -> tuple:
    """Return what these fields of a row hold, relations as numbers. Pure."""
    return _getter(type(row), fields)(row)


@cache
def _getter(model: type[models.Model], fields: Sequence[str]) -> attrgetter:
    return attrgetter(*(model._meta.get_field(name).attname for name in fields))


class _Table:
    """Rows on their way as arrays, one a column; a value that all rows share is sent once."""

    def __init__(self, length: int):
        self.length = length
        self.arrays: list[str] = []
        self.columns: list[tuple[str, object]] = []
        self._same: dict[str, object] = {}

    def add(self, field: models.Field, values: list, varies: bool = False) -> str:
        """Add a column, and return how the statement names its value."""
        name, kind = f"c{len(self.arrays) + len(self._same)}", _type(field)
        if not varies and _is_one(values):
            if values[0] is None:
                return f"NULL::{kind}"
            self._same[name] = field.get_db_prep_save(values[0], connection)
            return f"%({name})s::{kind}"
        self.arrays.append(f"%({name})s::{kind}[]")
        self.columns.append((name, _array(field, values)))
        return f"v.{name}"

    @property
    def values(self) -> dict[str, object]:
        return self._same | dict(self.columns) | {"length": self.length}

    def __str__(self) -> str:
        names = ", ".join([*(name for name, _values in self.columns), "ordinality"])
        source = f"unnest({', '.join(self.arrays)})" if self.arrays else "generate_series(1, %(length)s)"
        if not self.arrays:
            return f"{source} WITH ORDINALITY AS v(n, ordinality)"
        return f"{source} WITH ORDINALITY AS v({names})"


@cache
def _type(field: models.Field) -> str:
    return (field.rel_db_type(connection) if field.primary_key else field.db_type(connection)) or ""


def _is_one(values: list) -> bool:
    """Say whether all of these are one value, of one type: 1 and True are two."""
    return values.count(values[0]) == len(values) and len(set(map(type, values))) == 1


def _array(field: models.Field, values: list) -> object:
    """Return a column as the driver takes it: mostly as text, which is written in a fraction of the time."""
    kinds = {type(value) for value in values} - {type(None)}
    if kinds == {int}:
        return numbers(values)
    if kinds == {datetime} and all(v is None or v.tzinfo is not None for v in values):
        return "{" + ",".join("NULL" if v is None else v.isoformat() for v in values) + "}"
    if kinds == {timedelta}:
        return texts([NULL if v is None else f"{v.days} days {v.seconds}.{v.microseconds:06} secs" for v in values])
    if isinstance(field, models.JSONField):
        return texts([NULL if v is None else dumps(v, cls=field.encoder) for v in values])
    if all(issubclass(kind, str) for kind in kinds) and not any(NULL in v or BETWEEN in v for v in values if v):
        return texts([NULL if v is None else v for v in values])
    return [None if v is None else field.get_db_prep_save(v, connection) for v in values]
