"""Reading many rows of one table with one plain statement. Used where a batch is read thousands of times a day.

A queryset puts its statement together anew at each reading, which for a wide table takes longer than the reading itself. Here it
is put together once for each table.
"""

from collections.abc import Sequence
from functools import cache
from weakref import ref

from django.db import connection, models
from django.db.models import FETCH_PEERS
from django.db.models.base import ModelState


def read[M: models.Model](model: type[M], then: str, values: Sequence[object]) -> list[M]:
    """Read rows as a queryset with FETCH_PEERS would. `then` is what follows the table: WHERE ..., ORDER BY ...

    For plain tables only: none whose columns are turned into something else on their way. One query.
    """
    table = _table(model)
    with connection.cursor() as cursor:
        cursor.execute(f"{table.start} {then}", values)
        found = cursor.fetchall()
    rows, peers = [], []
    for cells in found:
        row = as_read(model, connection.alias, table.names, cells)
        row._state.fetch_mode, row._state.peers = FETCH_PEERS, peers
        peers.append(ref(row))
        rows.append(row)
    return rows


def as_read[M: models.Model](model: type[M], alias: str, names: Sequence[str], cells: Sequence[object]) -> M:
    """Make a row of what was read, column by column. Pure.

    What the constructor does beside this, asking each column for its descriptor, is for rows that people make.
    """
    row = model.__new__(model)
    state = row._state = ModelState()
    state.adding, state.db = False, alias
    row.__dict__.update(zip(names, cells, strict=True))
    return row


class _Table:
    def __init__(self, model: type[models.Model]):
        fields, quote = model._meta.concrete_fields, connection.ops.quote_name
        changed = [f.name for f in fields if f.get_db_converters(connection) or _is_changed(f)]
        if changed or model.__init__ is not models.Model.__init__:
            raise TypeError(
                f"{model.__name__} is read by a queryset: {', '.join(changed) or 'it makes its rows itself'}"
            )
        self.names = [f.attname for f in fields]
        self.start = f"SELECT {', '.join(quote(f.column) for f in fields)} FROM {quote(model._meta.db_table)}"


def _is_changed(field: models.Field) -> bool:
    return bool(connection.ops.get_db_converters(field.get_col(field.model._meta.db_table)))


@cache
def _table(model: type[models.Model]) -> _Table:
    return _Table(model)
