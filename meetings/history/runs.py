"""History on its way in: read, looked at, run part after part. One Batch a file; the first of them leads the others.

Called by the command, the import's pages and the background job. How far it is stands with the leading batch and moves on in the same
transaction in which the part was saved, so that it may stop anywhere, run twice, and go on.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, BinaryIO

from django.db import connection, transaction

from accounts.colleagues import former, named
from accounts.domains import normalise_email
from accounts.models import Batch, BatchRow, Door, Role, Team, User
from leads import import_dates, intake
from leads.import_batches import CHUNK, Outcome, Problem, keep, rows_after, stage, texts_of
from leads.import_files import FileProblem, open_table
from leads.intake import REJECTED
from leads.intake_people import CREATED, UNCHANGED, UPDATED, Finder
from leads.intake_rows import CLEAN, Bad
from leads.models import Identity

from . import fields, telling
from .rows import MOMENTS, PEOPLE, History, Told
from .telling import Story

RESULTS = (CREATED, UPDATED, UNCHANGED, REJECTED)
LEADS = 250  # whose stories are told in one transaction
Status = Batch.Status
PAST = "past "  # kinds of batches


def kind_of(batch: Batch) -> str:
    return batch.kind.removeprefix(PAST)


def read(
    files: Mapping[str, tuple[BinaryIO, str]], *, by: User | None, at: datetime, options: Mapping[str, Any]
) -> list[Batch]:
    """Keep the rows of these files as they are, and say what their columns seem to mean. Nothing else is saved.

    `files` by kind, each a stream and its name. Options: `map` (by kind, column to field), source, motion, go_to_market, system, product,
    currency, date_order, team. Raises FileProblem or Problem, and then nothing was kept.
    """
    given = {
        name: options.get(name) or ""
        for name in ("source", "motion", "go_to_market", "system", "product", "currency", "date_order")
    }
    for name in ("motion", "go_to_market", "source", "system"):
        try:
            given[name] = CLEAN[name](given[name])
        except Bad as problem:
            raise Problem(f"{name.replace('_', '-')}: {problem.words}", name) from None
    given["system"] = given["system"] or "csv"
    batches: list[Batch] = []
    with transaction.atomic():
        for kind in fields.KINDS:
            if kind in files:
                batches.append(
                    _read_one(kind, *files[kind], given, (options.get("map") or {}).get(kind) or {}, by, at, options)
                )
        if not batches:
            raise Problem("Give at least one file.", "file")
        for batch in batches:
            batch.options["history"] = batches[0].pk
            batch.save(update_fields=["options"])
    return batches


def _read_one(kind, stream, name, given, mapped, by, at, options) -> Batch:
    table = open_table(stream)
    batch = Batch(
        kind=PAST + kind, name=name[:200], by=by, created_at=at, header=table.header, team_id=options.get("team")
    )
    batch.options = given | {"form": table.form}
    choose(batch, mapped)
    batch.save()
    batch.rows = stage(batch, table.rows)
    if not batch.rows:
        raise FileProblem(f"{name} has a header and no rows.")
    batch.options["orders"] = _orders(batch, given["date_order"])
    batch.save()
    return batch


def choose(batch: Batch, mapped: Mapping[str, str], *, guesses: bool = True) -> None:
    """Set what a file's columns mean: what is given, else what their names tell. Not saved. Raises Problem."""
    kind, header = kind_of(batch), batch.header
    if unknown := [column for column in mapped if column not in header]:
        raise Problem(
            f"{batch.name}: there is no column “{unknown[0]}”. There are: {', '.join(header)}.", f"map-{kind}"
        )
    if wrong := [field for field in mapped.values() if field and not fields.known(kind, field)]:
        raise Problem(
            f"{batch.name}: there is no field “{wrong[0]}”. There are: {', '.join(fields.FIELDS[kind])}.", f"map-{kind}"
        )
    guessed = {c: f for c, f in fields.guess(kind, header).items() if f not in mapped.values()} if guesses else {}
    columns = guessed | dict(mapped)
    if missing := [field for field in fields.NEEDED[kind] if field not in columns.values()]:
        raise Problem(f"{batch.name}: say which column holds “{missing[0]}”.", f"map-{kind}")
    batch.options["map"] = columns


def choose_again(leading: Batch, maps: Mapping[str, Mapping[str, str]], given: Mapping[str, Any]) -> None:
    """Set anew how a history that was not run yet is read. Raises Problem, and then it is read as before."""
    with transaction.atomic():
        for batch in files_of(leading):
            batch.options |= dict(given)
            choose(batch, maps[kind_of(batch)], guesses=False)
            batch.options["orders"] = _orders(batch, batch.options["date_order"])
            batch.options.pop("looked", None)
            batch.save(update_fields=["options"])
            reader(batch, batch.created_at)


def _orders(batch: Batch, given: str) -> dict[str, str]:
    """Say in which order each column writes its dates. A query a column of dates."""
    orders = {}
    for column, name in batch.options["map"].items():
        if not (name in MOMENTS or name.startswith(fields.STAGE)):
            continue
        try:
            orders[column] = given or import_dates.order_of(texts_of(batch, batch.header.index(column)))
        except import_dates.Ambiguous as doubt:
            raise Problem(
                f"{batch.name}, column “{column}”: “{doubt.example}” can be read in more than one order. "
                "Say which: dmy (day first), mdy (month first) or ymd (year first).",
                "date_order",
            ) from None
    return orders


def files_of(leading: Batch) -> list[Batch]:
    """Return the batches of one history, the leading one first."""
    return list(Batch.objects.filter(kind__startswith=PAST, options__history=leading.pk).order_by("pk"))


def reader(batch: Batch, at: datetime) -> History:
    """Return what reads the rows of one file. Raises Problem where leads have no source."""
    kind, options = kind_of(batch), batch.options
    lead: dict[str, Any] = {}
    if kind == "leads":
        if "source" not in options["map"].values() and not options["source"]:
            raise Problem(
                "Say where these leads came from: a source for all of them, or the column that holds it.", "source"
            )
        lead = {name: options[name] for name in ("source", "motion", "go_to_market", "system")}
        lead["team"] = Team.objects.get(pk=batch.team_id) if batch.team_id else None
    return History(kind, batch.header, options["map"], orders=options["orders"], at=at, **lead)


def _part(reads: History, rows: Iterable[tuple[int, str]]) -> tuple[list[Told], dict[int, Outcome]]:
    good, bad = [], {}
    for number, cells in rows:
        try:
            good.append(reads.row(number, json.loads(cells)))
        except Bad as problem:
            bad[number] = (REJECTED, None, problem.field[:100], problem.words[:300])
    return good, bad


def leads_known_as(keys: Iterable[str], system: str) -> dict[str, int]:
    """Find leads by address or external id. One query for any number."""
    wanted: dict[tuple[str, str, str], list[str]] = {}
    for key in set(keys):
        wanted.setdefault(("external", system, key), []).append(key)
        if "@" in key:
            try:
                wanted.setdefault(("email", "", normalise_email(key)), []).append(key)
            except ValueError:
                continue
    values = {value for _kind, _system, value in wanted}
    rows = Identity.objects.filter(value__in=values, kind__in=("email", "external"), is_live=True, lead__gone_as="")
    found: dict[str, int] = {}
    for row in rows.values_list("kind", "system", "value", "lead"):
        for key in wanted.get(row[:3], ()):
            found[key] = row[3]
    return found


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
        told, results = _part(reader(batch, at), rows)
        taken = (
            intake.take([one.intake for one in told], by=batch.by, at=at, door=Door.IMPORT, batch=batch) if told else []
        )
        for one, who in zip(told, taken, strict=True):
            results[one.line] = (who.result, who.lead, "", who.words[:300])
        keep(batch, results)
        leading.options["after"] = rows[-1][0]
    if len(rows) < CHUNK:
        _next_phase(leading, "match")


def _match(leading: Batch, at: datetime) -> None:
    """Say of the next two thousand rows of the other files whose they are."""
    for batch in files_of(leading):
        if kind_of(batch) == "leads" or kind_of(batch) in leading.options.setdefault("matched", []):
            continue
        rows = rows_after(batch, leading.options["after"])
        told, results = _part(reader(batch, at), rows)
        known = leads_known_as((one.keys for one in told), batch.options["system"])
        for one in told:
            lead = known.get(one.keys)
            results[one.line] = (
                ("", lead, "", "") if lead else (REJECTED, None, "", f"No lead is known as “{one.keys[:60]}”.")
            )
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
    for pk in batches:
        keep(batches[pk], {line: outcome for (batch, line), outcome in results.items() if batch == pk})
    if ids:
        leading.options["after"] = ids[-1]
    if len(ids) < LEADS:
        _finish(leading, batches.values(), at)


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


def colleagues(names: Mapping[str, str], *, make: bool) -> dict[str, User]:
    """Find who is meant by these names, given with the field that names them; make former colleagues of the unknown where asked."""
    found = named(names)
    if make:
        unknown = {
            name: Role.AE if field == "opportunity_owner" else Role.SDR
            for name, field in names.items()
            if name not in found
        }
        found |= former(unknown)
    return found


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
    leading.status, leading.finished_at, leading.done_to = Status.DONE, at, leading.rows


PHASES: dict[str, Callable[[Batch, datetime], None]] = {"leads": _take_leads, "match": _match, "tell": _tell}


def check(leading: Batch, *, at: datetime) -> dict[str, Any]:
    """Say what a run would do, file by file, and whom it names that nobody here is. Nothing is written but the rejected rows."""
    batches, new = files_of(leading), set()
    said: dict[str, Any] = {"files": {}, "former": set(), "sources": Counter()}
    for batch in batches:
        reads, last, counts = reader(batch, at), 0, Counter()
        BatchRow.objects.filter(batch=batch, result=REJECTED).update(result="", column="", error="")
        finder = Finder()
        while rows := rows_after(batch, last):
            last = rows[-1][0]
            told, results = _part(reads, rows)
            if kind_of(batch) == "leads":
                finder.look([one.intake for one in told])
                for one in told:
                    placed = finder.place(one.intake)
                    counts[placed.result] += 1
                    said["sources"][one.intake.source] += 1
                    new |= {key for key in (one.intake.external_id, one.intake.email) if key}
            else:
                known = leads_known_as((one.keys for one in told), batch.options["system"])
                for one in told:
                    if one.keys in known or one.keys in new or one.keys.lower() in new:
                        counts[CREATED] += 1
                    else:
                        results[one.line] = (REJECTED, None, "", f"No lead is known as “{one.keys[:60]}”.")
            names = {text: name for one in told for name in PEOPLE if (text := one.get(name))}
            said["former"] |= names.keys() - colleagues(names, make=False).keys()
            counts[REJECTED] += len(results)
            keep(batch, results)
        said["files"][batch] = counts
    return said


def look(pk: int, *, at: datetime) -> None:
    """Look at a history before it runs, and keep with it what a run would do, for its page."""
    leading = Batch.objects.get(pk=pk)
    if leading.status not in (Status.READ, Status.CHECKED):
        return
    with transaction.atomic():
        said = check(leading, at=at)
        leading.refresh_from_db()
        leading.options["looked"] = {
            "files": {kind_of(batch): dict(counts) for batch, counts in said["files"].items()}, "former": sorted(said["former"]),
            "sources": dict(said["sources"]),
        }  # fmt: skip
        leading.status = Status.CHECKED
        leading.save(update_fields=["options", "status"])


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
