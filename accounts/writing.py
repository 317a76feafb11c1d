"""Writing many rows with one statement. Used by every process that changes a batch."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection, models


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


def insert_each(rows: Sequence[models.Model], *, ignore_conflicts: bool = False) -> list[models.Model]:
    """Write new rows of one table in one INSERT, and number them. What conflicts may be left out; then none are numbered.

    Half the cost of `bulk_create`, for tables without array columns, whose related rows are all written. One query; none for no rows.
    """
    rows = list(rows)
    if not rows:
        return rows
    meta, quote = rows[0]._meta, connection.ops.quote_name
    fields = [field for field in meta.concrete_fields if not field.primary_key]
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


class _Table:
    """Rows on their way as arrays, one a column; a value that all rows share is sent once."""

    def __init__(self, length: int):
        self.length = length
        self.arrays: list[str] = []
        self.columns: list[tuple[str, object]] = []
        self._same: dict[str, object] = {}

    def add(self, field: models.Field, values: list, varies: bool = False) -> str:
        """Add a column, and return how the statement names its value."""
        name, kind = f"c{len(self.arrays) + len(self._same)}", field.db_type(connection) or ""
        if field is field.model._meta.pk:
            kind = field.rel_db_type(connection)
        if not varies and _is_one(values):
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


def _is_one(values: list) -> bool:
    """Say whether all of these are one value, of one type: 1 and True are two."""
    first = values[0]
    return all(value is first or (type(value) is type(first) and value == first) for value in values)


def _array(field: models.Field, values: list) -> object:
    """Return a column as the driver takes it; numbers and moments as text, which is written in a fraction of the time."""
    kinds = {type(value) for value in values} - {type(None)}
    if kinds == {int}:
        return "{" + ",".join("NULL" if v is None else str(v) for v in values) + "}"
    if kinds == {datetime} and all(v is None or v.tzinfo is not None for v in values):
        return "{" + ",".join("NULL" if v is None else v.isoformat() for v in values) + "}"
    return [None if v is None else field.get_db_prep_save(v, connection) for v in values]
