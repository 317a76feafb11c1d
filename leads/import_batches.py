"""The rows of an import where they wait: staged, read chunk by chunk, and marked with what became of them.

Called by `leads/importing.py`; the pages and the command ask for what was rejected.
"""

import json
from collections.abc import Iterator, Mapping

from django.db import connection

from accounts.models import Batch, BatchRow
from leads.import_files import Row
from leads.intake import CREATED, REJECTED, UNCHANGED, UPDATED

CHUNK = 2_000
RESULTS = (CREATED, UPDATED, UNCHANGED, REJECTED)
Outcome = tuple[str, int | None, str, str]  # result, lead, column, why


def stage(batch: Batch, rows: Iterator[Row]) -> int:
    """Write the rows as they were read, by COPY. Returns how many."""
    dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode
    number, lines = 0, []
    with (
        connection.cursor() as cursor,
        cursor.copy('COPY accounts_batchrow (batch_id, number, cells, result, "column", error) FROM STDIN') as stream,
    ):
        for number, (line, cells) in enumerate(rows, 1):  # noqa: B007  how many there were
            text = dumps(cells).replace("\\", "\\\\")
            lines.append(f"{batch.pk}\t{line}\t{text}\t\t\t\n")
            if len(lines) == 500:
                stream.write("".join(lines))
                lines.clear()
        stream.write("".join(lines))
    return number


def texts_of(batch: Batch, index: int) -> list[str]:
    """Return the different texts of one column, by its place."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT cells ->> %s FROM accounts_batchrow WHERE batch_id = %s AND cells ->> %s <> ''",
            [index, batch.pk, index],
        )
        return [text for (text,) in cursor.fetchall()]


class Counts:
    """The four counts, which sum to the rows read, and the first three by source. A blank source is '', not a word."""

    def __init__(self, data: Mapping | None = None):
        self.data = dict(data or {}) or {**dict.fromkeys(RESULTS, 0), "sources": {}}

    def add(self, result: str, source: str | None = None, number: int = 1) -> None:
        self.data[result] += number
        if source is not None:
            by_source = self.data["sources"].setdefault(source, [0, 0, 0])
            by_source[RESULTS.index(result)] += number


def rows_after(batch: Batch, after: int) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT number, cells::text FROM accounts_batchrow WHERE batch_id = %s AND number > %s ORDER BY number LIMIT %s",
            [batch.pk, after, CHUNK],
        )
        return [(number, json.loads(cells)) for number, cells in cursor.fetchall()]


def keep(batch: Batch, results: Mapping[int, Outcome]) -> None:
    """Write what became of rows. One query."""
    if results:
        with connection.cursor() as cursor:
            cursor.execute(
                'UPDATE accounts_batchrow r SET result = v.result, lead_id = v.lead, "column" = v.col, error = v.error'
                " FROM unnest(%s::int[], %s::text[], %s::bigint[], %s::text[], %s::text[]) AS v(number, result, lead, col, error)"
                " WHERE r.batch_id = %s AND r.number = v.number",
                [list(results), *(list(column) for column in zip(*results.values(), strict=True)), batch.pk],
            )


def rejected(batch: Batch) -> Iterator[BatchRow]:
    """The rows that were not taken, in order."""
    return BatchRow.objects.filter(batch=batch, result=REJECTED).order_by("number").iterator(chunk_size=CHUNK)


def rejected_file(batch: Batch) -> Iterator[list[str]]:
    """The rejected rows, to be mended and sent again: as they were, with line, column and reason before them."""
    yield ["rejected line", "rejected column", "rejected because", *batch.header]
    for row in rejected(batch):
        yield [str(row.number), row.column, row.error, *row.cells]
