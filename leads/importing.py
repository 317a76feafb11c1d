"""A file of leads: read, looked at before anything is saved, run in chunks that may stop anywhere, and what was left over (IN-3).

Called by the import's pages, its background jobs and `manage.py import_leads`. The Batch row is the truth: a lost or doubled
job changes nothing, for each chunk takes the batch's row, goes on where the last one ended, and moves on in the same
transaction in which its leads were saved.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, BinaryIO

from django.db import DataError, IntegrityError, transaction

from accounts.models import Batch, BatchRow, Door, Team, User
from leads import import_dates, intake
from leads.import_batches import CHUNK, Counts, Outcome, keep, rows_after, stage, texts_of
from leads.import_files import FileProblem, Row, open_table
from leads.import_presets import IMPORT_FIELDS, PRESETS, guess, recognise
from leads.import_rows import Reader
from leads.intake import REJECTED, Taken
from leads.intake_people import ERASED, Finder
from leads.intake_rows import CLEAN, Bad, IntakeRow

Status = Batch.Status


class Problem(Exception):
    """The import cannot go on as it was asked for: why, and which option says otherwise."""

    def __init__(self, words: str, option: str = ""):
        super().__init__(words)
        self.words, self.option = words, option


# Reading


def read(
    file: BinaryIO, name: str, *, by: User | None, at: datetime, options: Mapping[str, Any] | None = None
) -> Batch:
    """Keep a file's rows as they are, and say what its columns seem to mean. Nothing else is decided or saved.

    Options: preset, map (column to field), source, motion, go_to_market, system, date_order, and the ids team and owner. Raises
    FileProblem or Problem, and then nothing was kept. Two queries and one COPY.
    """
    options = dict(options or {})
    with transaction.atomic():
        table = open_table(file)
        batch = Batch(name=name[:200], by=by, created_at=at, header=table.header)
        batch.options = {"form": table.form, "encoding": table.encoding, "delimiter": table.delimiter}
        choose(batch, options)
        batch.save()
        batch.rows = stage(batch, table.rows)
        if not batch.rows:
            raise FileProblem("This file has a header and no rows.")
        batch.save(update_fields=["rows"])
    return batch


def choose(batch: Batch, options: Mapping[str, Any]) -> None:
    """Set how a batch is read: what is given, else what the header tells. Not saved. Raises Problem for what cannot be."""
    given = {key: value for key, value in options.items() if key != "map"}
    explicit = dict(options.get("map") or {})
    if unknown := [column for column in explicit if column not in batch.header]:
        raise Problem(f"There is no column “{unknown[0]}”. There are: {', '.join(batch.header)}.", "map")
    for name in explicit.values():
        if name and name not in IMPORT_FIELDS:
            raise Problem(f"There is no field “{name}”. There are: {', '.join(IMPORT_FIELDS)}.", "map")
    if (preset := given.get("preset")) and preset not in PRESETS:
        raise Problem(f"There is no preset “{preset}”. There are: {', '.join(PRESETS)}.", "preset")
    for name in ("motion", "go_to_market", "source", "system"):
        try:
            given[name] = CLEAN[name](given.get(name) or "")
        except Bad as problem:
            raise Problem(f"{name.replace('_', '-')}: {problem.words}", name) from None
    chosen = PRESETS[preset] if preset else recognise(batch.header)
    taken = set(explicit.values())
    meant = {column: name for column, name in guess(batch.header, chosen).items() if name not in taken}
    batch.options.pop("order", None)  # of dates, inferred from a column that may now be another
    given |= {"map": meant | explicit, "preset": chosen.name if chosen else ""}
    given["system"] = given["system"] or (chosen.name if chosen else "csv")
    given["go_to_market"] = given["go_to_market"] or (chosen.go_to_market if chosen else "") or "outbound"
    batch.options = {**batch.options, **given}
    batch.team_id = given.get("team")


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
            f"Column “{column}”: “{doubt.example}” can be read in more than one order, and no row decides. "
            "Say which: dmy (day first), mdy (month first) or ymd (year first).",
            "date_order",
        ) from None


# Looking before anything is saved


def check(batch: Batch, *, at: datetime) -> Batch:
    """Say what a run would do, row by row, and keep the rejected ones with their reasons. No lead is written.

    Raises Problem where an option is missing. About ten queries for each two thousand rows.
    """
    with transaction.atomic():
        reads = reader(batch, at)
        BatchRow.objects.filter(batch=batch, result=REJECTED).update(result="", column="", error="")
        finder, counts, last = Finder(), Counts(), 0
        while rows := rows_after(batch, last):
            last = rows[-1][0]
            good, bad = _part(reads, rows)
            finder.look([row for _number, row in good])
            results: dict[int, Outcome] = dict(bad)
            for number, row in good:
                placed = finder.place(row)
                if placed.result == REJECTED:
                    results[number] = (REJECTED, None, "", ERASED)
                else:
                    counts.add(placed.result, row.source)
            rejected = {number: result for number, result in results.items() if result[0] == REJECTED}
            counts.add(REJECTED, number=len(rejected))
            keep(batch, rejected)
        batch.counts, batch.status, batch.error = counts.data, Status.CHECKED, ""
        batch.save(update_fields=["counts", "status", "error"])
    return batch


def _part(reads: Reader, rows: Sequence[Row]) -> tuple[list[tuple[int, IntakeRow]], dict[int, tuple]]:
    """Part rows into those that can be taken and those that cannot, with column and reason."""
    good, bad = [], {}
    for number, cells in rows:
        try:
            good.append((number, reads.row(cells)))
        except Bad as problem:
            bad[number] = (REJECTED, None, problem.field[:100], problem.words[:300])
    return good, bad


# Running


def start(batch: Batch, *, at: datetime) -> bool:
    """Let a batch run: one that was read or checked, and again one that was stopped or failed. True if it now runs."""
    can = (Status.READ, Status.CHECKED, Status.CANCELLED, Status.FAILED)
    with transaction.atomic():
        batch = Batch.objects.select_for_update().get(pk=batch.pk)
        if batch.status not in can:
            return batch.status == Status.RUNNING
        reader(batch, at)  # what is missing is said before anything begins
        if not batch.done_to:
            BatchRow.objects.filter(batch=batch, result=REJECTED).update(result="", column="", error="")
            batch.counts, batch.started_at = Counts().data, at
        batch.status, batch.error, batch.finished_at = Status.RUNNING, "", None
        batch.save()
    return True


def cancel(batch: Batch, *, at: datetime) -> bool:
    """Stop a batch at the end of its chunk. What was saved stays; starting it again goes on from there."""
    stopped = Batch.objects.filter(pk=batch.pk, status=Status.RUNNING).update(status=Status.CANCELLED, finished_at=at)
    return bool(stopped)


def run(batch: Batch, at: datetime, progress: Callable[[Batch], bool | None] | None = None) -> Batch:
    """Run a batch to its end, until `progress`, asked after each chunk, answers False, or as far as another job lets us.

    With many rows the caller had better ask for chunk after chunk itself, each at its own moment.
    """
    start(batch, at=at)
    while run_chunk(batch.pk, at=at):
        batch.refresh_from_db()
        if progress and progress(batch) is False:
            return batch
    batch.refresh_from_db()
    return batch


def run_chunk(pk: int, *, at: datetime) -> bool:
    """Take in the next two thousand rows; False when nothing is left to do here: done, stopped, or another job is at it.

    One transaction: leads, what became of each row, and how far the batch is. Where it fails, the batch says so and can be
    started again.
    """
    try:
        with transaction.atomic():
            batch = (
                Batch.objects.select_for_update(skip_locked=True, no_key=True)
                .filter(pk=pk, status=Status.RUNNING)
                .first()
            )
            if batch is None:
                return False
            rows = rows_after(batch, batch.done_to)
            if rows:
                _run_rows(batch, rows, at)
                batch.done_to = rows[-1][0]
            if len(rows) < CHUNK:
                batch.status, batch.finished_at = Status.DONE, at
            batch.save(update_fields=["counts", "done_to", "status", "finished_at"])
            return batch.status == Status.RUNNING
    except Exception as problem:
        Batch.objects.filter(pk=pk, status=Status.RUNNING).update(
            status=Status.FAILED,
            error=f"Stopped: {type(problem).__name__}. What was saved stays; start it again.",
            finished_at=at,
        )
        raise


def _run_rows(batch: Batch, rows: Sequence[Row], at: datetime) -> None:
    good, results = _part(reader(batch, at), rows)
    taken = _take(batch, [row for _number, row in good], at)
    counts = Counts(batch.counts)
    for (number, row), one in zip(good, taken, strict=True):
        results[number] = (one.result, one.lead, "", one.words[:300])
        if one.result != REJECTED:
            counts.add(one.result, row.source)
    counts.add(REJECTED, number=Counter(result[0] for result in results.values())[REJECTED])
    batch.counts = counts.data
    keep(batch, results)


def _take(batch: Batch, rows: Sequence[IntakeRow], at: datetime) -> list[Taken]:
    """Take rows in; where the database refuses, split them down to the one it refuses."""
    if not rows:
        return []
    try:
        return intake.take(rows, by=batch.by, at=at, door=Door.IMPORT, batch=batch)
    except (DataError, IntegrityError) as problem:
        if len(rows) == 1:
            return [Taken(REJECTED, None, f"The database refused it: {str(problem).splitlines()[0]}"[:300])]
    half = len(rows) // 2
    return _take(batch, rows[:half], at) + _take(batch, rows[half:], at)
