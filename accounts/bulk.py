"""Handing the database many values at once, cheaply: arrays as one literal, rows as lines of COPY.

Called where a batch of thousands is written (intake, matching, the import's staging). The driver's own ways look at each value;
these let the interpreter's string functions do it, at a tenth of the cost.
"""

import functools
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection, models

BETWEEN = "\x1f"  # the unit separator; no text that was normalised holds one
NULL = "\x1e"


def numbers(values: Iterable[int | None]) -> str:
    """Return numbers as the literal of an array, to be passed as `%s::bigint[]`."""
    return f"{{{','.join(['NULL' if value is None else str(value) for value in values])}}}"


def texts(values: Sequence[str]) -> str:
    """Return texts as the literal of an array, to be passed as `%s::text[]`; NULL is nothing."""
    if not values:
        return "{}"
    body = BETWEEN.join(values)
    if body.count(BETWEEN) != len(values) - 1:
        body = BETWEEN.join([value.replace(BETWEEN, " ") for value in values])
    if "\\" in body:
        body = body.replace("\\", "\\\\")
    if '"' in body:
        body = body.replace('"', '\\"')
    literal = '{"' + body.replace(BETWEEN, '","') + '"}'
    return literal.replace(f'"{NULL}"', "NULL") if NULL in literal else literal


def number(value: int | None) -> str:
    """Return a number, or nothing, as a cell for `copy`."""
    return NULL if value is None else str(value)


stamp = functools.lru_cache(maxsize=4_096)(datetime.isoformat)  # a moment as a cell; a list has few different ones


def copy(cursor, model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write rows of texts by COPY. Nothing is NULL (see `number`).

    Columns that are not named get their model's default, so that a new column needs no change here. Texts may hold anything
    but the two separators.
    """
    fields = [model._meta.get_field(name) for name in names]
    rest = [f for f in model._meta.concrete_fields if f not in fields and not f.null and not f.primary_key]
    tail = "".join(f"\t{_default(f)}" for f in rest) + "\n"
    columns = ", ".join(f'"{f.column}"' for f in [*fields, *rest])
    lines = []
    for row in rows:
        text = "\t".join(row)
        if text.count("\t") != len(row) - 1 or "\n" in text or "\r" in text:
            text = "\t".join([_escaped(cell) for cell in row])
        elif "\\" in text:
            text = text.replace("\\", "\\\\")
        lines.append(text)
    if lines:
        body = tail.join(lines) + tail
        statement = f'COPY "{model._meta.db_table}" ({columns}) FROM STDIN'
        with connection.wrap_database_errors, cursor.copy(statement) as stream:
            stream.write(body.replace(NULL, "\\N"))


def _escaped(cell: str) -> str:
    return cell.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def _default(field: models.Field) -> str:
    """Return a column's default as COPY reads it."""
    value = field.get_default()
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, list) and not value:
        return "{}"
    if isinstance(value, dict) and not value:
        return "{}"
    if isinstance(value, str | int):
        return _escaped(str(field.get_db_prep_save(value, connection)))
    raise TypeError(f"{field} has a default that COPY has not been taught")
