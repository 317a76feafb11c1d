"""History on its way in, part after part. Called by the command, the pages and the background job.

How far it is stands with the leading batch and moves on in the same transaction in which the part was saved, so that it may stop anywhere,
run twice, and go on.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from django.db import connection, transaction

from accounts.models import Batch, BatchRow, Door
from leads import intake
from leads.import_batches import CHUNK, RESULTS, Counts, Outcome, keep, rows_after
from leads.intake import REJECTED

from . import telling
from .reading import colleagues, files_of, kind_of, leads_known_as, of_nobody, part, reader
from .rows import PEOPLE
from .telling import Story

NOTED = 50
LEADS = 250  # whose stories are told in one transaction
Status = Batch.Status


def start(leading: Batch, *, at: datetime) -> None:
    """Let a history run, or go on."""
    for batch in files_of(leading):
        reader(batch, at)
    with transaction.atomic():
        leading = Batch.objects.select_for_update().get(pk=leading.pk)
        if leading.status in (Status.READ, Status.CHECKED, Status.CANCELLED, Status.FAILED) and not leading.options.get(
            "undo"
        ):
            leading.options.setdefault("phase", "leads")
            leading.options.setdefault("after", 0)
            leading.status, leading.error, leading.finished_at = Status.RUNNING, "", None
            leading.started_at = leading.started_at or at
            leading.save()


def run_chunk(pk: int, *, at: datetime) -> bool:
    """Do the next part; False when nothing is left to do here: done, stopped, or another job is at it. One transaction."""
    try:
        with transaction.atomic():
            running = Batch.objects.filter(pk=pk, status=Status.RUNNING)
            leading = running.select_for_update(skip_locked=True, no_key=True).first()
            if leading is None:
                return False
            PHASES[leading.options["phase"]](leading, at)
            leading.save()
            return leading.status == Status.RUNNING
    except Exception as problem:
        Batch.objects.filter(pk=pk, status=Status.RUNNING).update(
            status=Status.FAILED, error=f"Stopped: {type(problem).__name__}. What was saved stays; start it again.", finished_at=at,
        )  # fmt: skip
        raise


def _next_phase(leading: Batch, name: str) -> None:
    leading.options |= {"phase": name, "after": 0}


def _take_leads(leading: Batch, at: datetime) -> None:
    """Take in the next two thousand people of the file of leads, as any import does."""
    batch = next((b for b in files_of(leading) if kind_of(b) == "leads"), None)
    rows = rows_after(batch, leading.options["after"]) if batch else []
    if rows:
        told, results = part(reader(batch, at), rows)
        sources = Counts(dict.fromkeys(RESULTS, 0) | {"sources": leading.options.get("sources", {})})
        taken = (
            intake.take([one.intake for one in told], by=batch.by, at=at, door=Door.IMPORT, batch=batch) if told else []
        )
        for one, who in zip(told, taken, strict=True):
            results[one.line] = (who.result, who.lead, "", who.words[:300])
            if who.result != REJECTED:
                sources.add(who.result, one.intake.source)
        keep(batch, results)
        leading.options["sources"] = sources.data["sources"]
        leading.options["after"] = rows[-1][0]
    if len(rows) < CHUNK:
        _next_phase(leading, "match")


def _match(leading: Batch, at: datetime) -> None:
    """Say of the next two thousand rows of the other files whose they are."""
    for batch in files_of(leading):
        if kind_of(batch) == "leads" or kind_of(batch) in leading.options.setdefault("matched", []):
            continue
        rows = rows_after(batch, leading.options["after"])
        reads = reader(batch, at)
        told, results = part(reads, rows)
        known = leads_known_as((one.keys for one in told), batch.options["system"])
        for one in told:
            lead = known.get(one.keys)
            results[one.line] = ("", lead, "", "") if lead else of_nobody(reads, one)
        keep(batch, results)
        leading.options["after"] = rows[-1][0] if rows else leading.options["after"]
        if len(rows) < CHUNK:
            leading.options["matched"].append(kind_of(batch))
            leading.options["after"] = 0
        return
    _next_phase(leading, "tell")


NEXT_LEADS = """
SELECT DISTINCT lead_id FROM accounts_batchrow
WHERE batch_id = ANY(%s::bigint[]) AND lead_id > %s AND result <> 'rejected' ORDER BY lead_id LIMIT %s
"""
ROWS_OF = """
SELECT batch_id, number, cells::text, lead_id FROM accounts_batchrow
WHERE batch_id = ANY(%s::bigint[]) AND lead_id = ANY(%s::bigint[]) AND result <> 'rejected' ORDER BY batch_id, number
"""


def _tell(leading: Batch, at: datetime) -> None:
    """Tell the stories of the next leads: their round, touches, meetings and opportunities, each dated when it was."""
    batches = {batch.pk: batch for batch in files_of(leading)}
    with connection.cursor() as cursor:
        cursor.execute(NEXT_LEADS, [list(batches), leading.options["after"], LEADS])
        ids = [pk for (pk,) in cursor.fetchall()]
        cursor.execute(ROWS_OF, [list(batches), ids])
        rows = cursor.fetchall()
    stories = _stories(batches, rows, at)
    results = telling.tell(stories.values(), at=at, by=leading.by, options=leading.options)
    for pk, batch in batches.items():
        mine = {line: _with_column(batch, outcome) for (of, line), outcome in results.items() if of == pk}
        if kind_of(batch) == "leads":
            _note(leading, mine)
        else:
            keep(batch, mine)
    if ids:
        leading.options["after"] = ids[-1]
    if len(ids) < LEADS:
        _finish(leading, batches.values(), at)


def _with_column(batch: Batch, outcome: Outcome) -> Outcome:
    """Say the column of the file where the story says the field."""
    result, lead, field, words = outcome
    return (
        result,
        lead,
        next((column for column, name in batch.options["map"].items() if name == field and field), ""),
        words,
    )


def _note(leading: Batch, untold: Mapping[int, Outcome]) -> None:
    """Note of which leads the round could not be told although they came in: the number, and the first of them with their line and why."""
    notes = leading.options.setdefault("untold", {"number": 0, "first": []})
    notes["number"] += len(untold)
    rows = [[line, column, words] for line, (_result, _lead, column, words) in sorted(untold.items())]
    notes["first"] = (notes["first"] + rows)[:NOTED]


def _stories(batches: Mapping[int, Batch], rows: Iterable[tuple], at: datetime) -> dict[int, Story]:
    """Put together what each lead's rows tell, with the people they name. Three queries."""
    readers = {pk: reader(batch, at) for pk, batch in batches.items()}
    stories: dict[int, Story] = {}
    told = [(pk, lead, readers[pk].row(number, json.loads(cells))) for pk, number, cells, lead in rows]
    people = colleagues(
        {text: name for _pk, _lead, one in told for name in PEOPLE if (text := one.get(name))}, make=True
    )
    for pk, lead, one in told:
        one.facts |= {name: people[one.facts[name]] for name in PEOPLE & one.facts.keys()}
        stories.setdefault(lead, Story(lead, batches[pk].team_id)).add(pk, one)
    return stories


def _finish(leading: Batch, batches: Iterable[Batch], at: datetime) -> None:
    for batch in batches:
        counted = Counter(BatchRow.objects.filter(batch=batch).values_list("result", flat=True))
        counts = {result: counted[result] for result in RESULTS}
        if batch.pk == leading.pk:
            leading.counts = counts
        else:
            Batch.objects.filter(pk=batch.pk).update(
                counts=counts, status=Status.DONE, finished_at=at, done_to=batch.rows
            )
    leading.options["tells"] = _days_told(leading, at)
    leading.status, leading.finished_at, leading.done_to = Status.DONE, at, leading.rows


DAYS_TOLD = """
SELECT least(min(e.at), min(m.starts_at)), greatest(max(e.at), max(m.starts_at)) FROM accounts_event e
  LEFT JOIN meetings_meeting m ON e.kind = 'meeting' AND m.id = (e.data ->> 'meeting')::bigint
WHERE e.door = %s AND e.kind IN ('transition', 'touch', 'stage', 'meeting') AND e.recorded_at BETWEEN %s AND %s
"""


def _days_told(leading: Batch, at: datetime) -> list[str]:
    """Say the first and the last moment of what was told: closed periods beyond them stay as they are. One query, over what it wrote."""
    with connection.cursor() as cursor:
        cursor.execute(DAYS_TOLD, [Door.IMPORT, leading.started_at, at])
        first, last = cursor.fetchone()
    return [first.isoformat(), last.isoformat()] if first else []


PHASES: dict[str, Callable[[Batch, datetime], None]] = {"leads": _take_leads, "match": _match, "tell": _tell}


def cancel(leading: Batch, *, at: datetime) -> bool:
    """Stop a history after the part at hand. What was told stays; starting it again goes on from there."""
    return bool(
        Batch.objects.filter(pk=leading.pk, status=Status.RUNNING).update(status=Status.CANCELLED, finished_at=at)
    )


def run(leading: Batch, *, at: datetime) -> Batch:
    """Run a history to its end."""
    start(leading, at=at)
    while run_chunk(leading.pk, at=at):
        pass
    leading.refresh_from_db()
    return leading
