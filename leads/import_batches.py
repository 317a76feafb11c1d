"""The rows of an import where they wait: staged, read chunk by chunk, and marked with what became of them.

Called by `leads/importing.py`; the pages and the command ask for what was rejected.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from django.db import connection

from accounts.bulk import numbers, texts
from accounts.models import Batch, BatchRow, Team, User
from accounts.spreadsheets import restored
from leads import import_dates
from leads.import_files import Row
from leads.import_rows import Reader
from leads.intake_people import CREATED, REJECTED, UNCHANGED, UPDATED
from leads.intake_rows import Bad, IntakeRow

CHUNK = 2_000
SENT_BACK = ("rejected line", "rejected column", "rejected because")
RESULTS = (CREATED, UPDATED, UNCHANGED, REJECTED)
Outcome = tuple[str, int | None, str, str]  # result, lead, column, why
Parted = tuple[list[tuple[int, IntakeRow]], dict[int, Outcome]]  # what can be taken, and what cannot


class Problem(Exception):
    """The import cannot go on as it was asked for: why, and which option says otherwise."""

    def __init__(self, words: str, option: str = ""):
        super().__init__(words)
        self.words, self.option = words, option


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


def reader(batch: Batch, at: datetime) -> Reader:
    """Return what reads this batch's rows, or raise Problem: no source, nothing to find anybody by, dates that stay in doubt."""
    options = batch.options
    columns = {column: name for column, name in options["map"].items() if name}
    fields = set(columns.values())
    if not fields & {"email", "phone", "external_id"}:
        raise Problem(
            "Say which column holds the address, the phone or the external id: a lead needs one of them.", "map"
        )
    if "source" not in fields and not options["source"]:
        raise Problem(
            "Say where these leads come from: a source for all of them, or the column that holds it.", "source"
        )
    return Reader(
        batch.header, columns, order=options.get("date_order") or _order(batch, columns), at=at,
        owner=User.objects.get(pk=options["owner"]) if options.get("owner") else None,
        team=Team.objects.get(pk=batch.team_id) if batch.team_id else None,
        **{name: options[name] for name in ("source", "motion", "go_to_market", "system")},
    )  # fmt: skip


def _order(batch: Batch, columns: Mapping[str, str]) -> str:
    """Infer the order of dates over all rows, once; it is kept with the batch. Two queries the first time."""
    if "order" not in batch.options:
        column = next((column for column, name in columns.items() if name == "created_at"), None)
        batch.options["order"] = _inferred(batch, column) if column else ""
        Batch.objects.filter(pk=batch.pk).update(options=batch.options)
    return batch.options["order"]


def _inferred(batch: Batch, column: str) -> str:
    try:
        return import_dates.order_of(texts_of(batch, batch.header.index(column)))
    except import_dates.Ambiguous as doubt:
        raise Problem(
            f"{doubt_of(batch, column, doubt)} Say which: {', '.join(ORDERS[:2])} or {ORDERS[2]}.", "date_order"
        ) from None


ORDERS = ("dmy (day first)", "mdy (month first)", "ymd (year first)")


def doubt_of(batch: Batch, column: str, doubt: import_dates.Ambiguous) -> str:
    """Say why a column's order cannot be known: no row decides, or two rows decide otherwise. At most one query a row named."""
    named = dict(zip(import_dates.ORDERS, ORDERS, strict=True))
    against = list(doubt.against.items())[:2]
    if len(against) < 2:
        return f"Column “{column}”: “{doubt.example}” can be read in more than one order, and no row decides."
    index = batch.header.index(column)
    rows = sorted((_line_of(batch, index, text), text.strip(), named[order]) for order, text in against)
    (one, first, its), (two, second, other) = rows
    return f"Column “{column}” contradicts itself: row {one}, “{first}”, can only be {its}, row {two}, “{second}”, only {other}."


def _line_of(batch: Batch, index: int, text: str) -> int:
    """Return the first line whose cell says this."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(number) FROM accounts_batchrow WHERE batch_id = %s AND cells ->> %s = %s",
            [batch.pk, index, text],
        )
        return cursor.fetchone()[0]


class Counts:
    """The four counts, which sum to the rows read, and the first three by source. A blank source is '', not a word."""

    def __init__(self, data: Mapping | None = None):
        self.data = dict(data or {}) or {**dict.fromkeys(RESULTS, 0), "sources": {}}

    def add(self, result: str, source: str | None = None, number: int = 1) -> None:
        self.data[result] += number
        if source is not None:
            by_source = self.data["sources"].setdefault(source, [0, 0, 0])
            by_source[RESULTS.index(result)] += number


def rows_after(batch: Batch, line: int) -> list[tuple[int, str]]:
    """Return the lines and cells, as JSON, of the next chunk. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT number, cells::text FROM accounts_batchrow WHERE batch_id = %s AND number > %s ORDER BY number LIMIT %s",
            [batch.pk, line, CHUNK],
        )
        return cursor.fetchall()


def part(reads: Reader, rows: Sequence[tuple[int, str]]) -> Parted:
    """Part rows into those that can be taken and those that cannot, with column and reason."""
    good, bad = [], {}
    for number, cells in rows:
        try:
            good.append((number, reads.row(json.loads(cells))))
        except Bad as problem:
            bad[number] = (REJECTED, None, problem.field[:100], problem.words[:300])
    return good, bad


def keep(batch: Batch, results: Mapping[int, Outcome]) -> None:
    """Write what became of rows. One query."""
    if results:
        with connection.cursor() as cursor:
            cursor.execute(
                'UPDATE accounts_batchrow r SET result = v.result, lead_id = v.lead, "column" = v.col, error = v.error'
                " FROM unnest(%s::int[], %s::text[], %s::bigint[], %s::text[], %s::text[]) AS v(number, result, lead, col, error)"
                " WHERE r.batch_id = %s AND r.number = v.number",
                [
                    numbers(results),
                    texts([result for result, _lead, _column, _error in results.values()]),
                    numbers(lead for _result, lead, _column, _error in results.values()),
                    texts([column for _result, _lead, column, _error in results.values()]),
                    texts([error for _result, _lead, _column, error in results.values()]),
                    batch.pk,
                ],
            )


def rejected(batch: Batch) -> Iterator[BatchRow]:
    """The rows that were not taken, in order."""
    return BatchRow.objects.filter(batch=batch, result=REJECTED).order_by("number").iterator(chunk_size=CHUNK)


def rejected_file(batch: Batch) -> Iterator[list[str]]:
    """The rejected rows, to be mended and sent again: as they were, with line, column and reason before them."""
    known = len(SENT_BACK) * is_sent_back(batch.header)  # told the last time, and told anew
    yield [*SENT_BACK, *batch.header[known:]]
    for row in rejected(batch):
        yield [str(row.number), row.column, row.error, *row.cells[known:]]


def is_sent_back(header: Sequence[str]) -> bool:
    """Say whether a file is one that we gave out: rejected rows, mended and sent again."""
    return tuple(header[: len(SENT_BACK)]) == SENT_BACK


def as_they_were(header: Sequence[str], rows: Iterator[Row]) -> Iterator[Row]:
    """Take off what kept spreadsheets from running the cells of a file that we gave out."""
    return ((number, [restored(cell) for cell in cells]) for number, cells in rows) if is_sent_back(header) else rows
