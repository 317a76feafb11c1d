"""A file of leads: read, its columns understood, looked at before anything is saved, run, and what was left over (IN-3).

Called by the import's pages, its background job and `manage.py import_leads`. How it runs is `import_runs`, where its rows
wait is `import_batches`; what they offer is offered here too.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, BinaryIO

from django.db import transaction

from accounts.models import Batch, BatchRow, User
from leads.import_batches import (
    Counts,
    Outcome,
    Problem,
    as_they_were,
    keep,
    part,
    reader,
    rejected,
    rejected_file,
    rows_after,
    stage,
)
from leads.import_files import FileProblem, open_table
from leads.import_presets import IMPORT_FIELDS, PRESETS, guess, recognise
from leads.import_runs import cancel, run, run_chunk, start
from leads.intake_people import ERASED, REJECTED, Finder
from leads.intake_rows import CLEAN, Bad

__all__ = [
    "FileProblem", "Problem", "cancel", "check", "choose", "read", "rejected", "rejected_file", "run", "run_chunk", "start",
]  # fmt: skip


def read(
    file: BinaryIO, name: str, *, by: User | None, at: datetime, options: Mapping[str, Any] | None = None
) -> Batch:
    """Keep a file's rows as they are, and say what its columns seem to mean. Nothing else is decided or saved.

    Options: preset, map (column to field), source, motion, go_to_market, system, date_order, and the ids team and owner. Raises
    FileProblem or Problem, and then nothing was kept. Three queries and one COPY.
    """
    options = dict(options or {})
    with transaction.atomic():
        table = open_table(file)
        batch = Batch(name=name[:200], by=by, created_at=at, header=table.header)
        batch.options = {"form": table.form, "encoding": table.encoding, "delimiter": table.delimiter}
        if not options.get("map") and not options.get("preset"):
            options["map"] = _remembered(batch)
        choose(batch, options)
        batch.save()
        batch.rows = stage(batch, as_they_were(table.header, table.rows))
        if not batch.rows:
            raise FileProblem("This file has a header and no rows.")
        batch.save(update_fields=["rows"])
    return batch


def _remembered(batch: Batch) -> dict[str, str]:
    """Return what the same columns meant in the last import of this person that ran to its end; nothing when there is none."""
    before = Batch.objects.filter(by=batch.by, kind=batch.kind, header=batch.header, status=Batch.Status.DONE)
    options = before.order_by("-pk").values_list("options", flat=True).first()
    return {column: options["map"].get(column, "") for column in batch.header} if options else {}


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
            good, bad = part(reads, rows)
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
        batch.counts, batch.status, batch.error = counts.data, Batch.Status.CHECKED, ""
        batch.save(update_fields=["counts", "status", "error"])
    return batch
