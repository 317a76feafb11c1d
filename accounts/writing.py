"""Writing many rows with one statement. Used by every process that changes a batch."""

from collections.abc import Iterable, Sequence

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
    meta = rows[0]._meta
    columns = [meta.get_field(name) for name in fields]
    quote = connection.ops.quote_name
    names, arrays, values = ["id"], [f"%s::{meta.pk.rel_db_type(connection)}[]"], [[row.pk for row in rows]]
    for field in columns:
        names.append(field.column)
        arrays.append(f"%s::{field.db_type(connection)}[]")
        values.append([field.get_db_prep_save(getattr(row, field.attname), connection) for row in rows])
    where = [f"t.{quote(meta.pk.column)} = v.id"]
    for number, (column, expected) in enumerate((guard or {}).items()):
        field = meta.get_field(column)
        names.append(f"was{number}")
        arrays.append(f"%s::{field.db_type(connection)}[]")
        values.append(list(expected))
        where.append(f"t.{quote(field.column)} IS NOT DISTINCT FROM v.was{number}")
    sets = ", ".join(f"{quote(field.column)} = v.{quote(field.column)}" for field in columns)
    sql = (
        f"UPDATE {quote(meta.db_table)} AS t SET {sets} FROM unnest({', '.join(arrays)})"
        f" AS v({', '.join(quote(name) for name in names)}) WHERE {' AND '.join(where)}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        if cursor.rowcount != len(rows):
            raise Overtaken(f"{len(rows) - cursor.rowcount} of {len(rows)} rows of {meta.db_table} had changed")
