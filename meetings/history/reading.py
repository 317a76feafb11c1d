"""The files of a history: kept as they are, their columns understood, their rows read (IN-4). One Batch a file; the first leads the others.

Called by the command and the pages for what they ask, by `looking` and `runs` for the rows.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, BinaryIO

from django.db import transaction

from accounts.colleagues import former, named
from accounts.domains import normalise_email
from accounts.models import Batch, Role, Team, User
from leads import import_dates
from leads.import_batches import ORDERS, Outcome, Problem, doubt_of, stage, texts_of
from leads.import_files import FileProblem, open_table
from leads.intake import REJECTED
from leads.intake_rows import CLEAN, Bad
from leads.models import Identity

from . import fields
from .known import known
from .rows import MOMENTS, History, Told, currency

PAST = "past "  # kinds of batches


def kind_of(batch: Batch) -> str:
    """Say of what a file is history."""
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
    for name in ("motion", "go_to_market", "source", "system", "currency"):
        try:
            given[name] = (currency if name == "currency" else CLEAN[name])(given[name])
        except Bad as problem:
            raise Problem(f"{name.replace('_', '-')}: {problem.words}", name) from None
    given["system"] = given["system"] or "csv"
    batches: list[Batch] = []
    with transaction.atomic():
        for kind in fields.KINDS:
            if kind in files:
                mapped = (options.get("map") or {}).get(kind) or {}
                try:
                    batches.append(_read_one(kind, *files[kind], given, mapped, by, at, options))
                except FileProblem as problem:
                    problem.kind = kind
                    raise
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
    _set_orders(batch)
    batch.save()
    return batch


def choose(batch: Batch, mapped: Mapping[str, str], *, guesses: bool = True) -> None:
    """Set what a file's columns mean: what is given, else what their names tell. Not saved. Raises Problem.

    A column that is needed and that no name tells may still be said: `reader` asks for it.
    """
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
    batch.options["map"] = guessed | dict(mapped)


def choose_again(leading: Batch, maps: Mapping[str, Mapping[str, str]], given: Mapping[str, Any]) -> None:
    """Set anew how a history that was not run yet is read. Raises Problem, and then it is read as before."""
    with transaction.atomic():
        for batch in files_of(leading):
            batch.options |= dict(given)
            choose(batch, maps[kind_of(batch)], guesses=False)
            _set_orders(batch)
            batch.options.pop("looked", None)
            batch.save(update_fields=["options"])
            reader(batch, batch.created_at)


def _set_orders(batch: Batch) -> None:
    """Keep in which order each column writes its dates: as they tell themselves, else as was said. A query a column of dates.

    Where neither tells, what is in doubt is kept: `reader` asks for it, and so does the page of the columns.
    """
    orders, doubt = {}, ""
    for column, name in batch.options["map"].items():
        if not (name in MOMENTS or name.startswith(fields.STAGE)):
            continue
        try:
            orders[column] = import_dates.order_of(texts_of(batch, batch.header.index(column)))
        except import_dates.Ambiguous as open_dates:
            orders[column] = batch.options["date_order"]
            if not orders[column]:
                doubt = doubt or doubt_of(batch, column, open_dates)
    batch.options |= {"orders": orders, "doubt": doubt}


def files_of(leading: Batch) -> list[Batch]:
    """Return the batches of one history, the leading one first."""
    return list(Batch.objects.filter(kind__startswith=PAST, options__history=leading.pk).order_by("pk"))


def lacks(batch: Batch) -> str:
    """Say which column that is needed nobody named yet; "" when all are."""
    said = batch.options["map"].values()
    lacking = next((field for field in fields.NEEDED[kind_of(batch)] if field not in said), "")
    return f"{batch.name}: say which column holds “{lacking.replace('_', ' ')}”." if lacking else ""


def doubts(batch: Batch) -> str:
    """Say which dates can be read in more than one order while nobody said in which; "" when all are clear."""
    doubt = batch.options.get("doubt")
    return f"{batch.name}: {doubt} Say which: {', '.join(ORDERS[:2])} or {ORDERS[2]}." if doubt else ""


def reader(batch: Batch, at: datetime) -> History:
    """Return what reads the rows of one file. Raises Problem where a needed column or the order of its dates was not said, or leads have
    no source."""
    kind, options = kind_of(batch), batch.options
    if words := lacks(batch):
        raise Problem(words, f"map-{kind}")
    if words := doubts(batch):
        raise Problem(words, "date_order")
    lead: dict[str, Any] = {}
    if kind == "leads":
        if "source" not in options["map"].values() and not options["source"]:
            raise Problem(
                "Say where these leads came from: a source for all of them, or the column that holds it.", "source"
            )
        lead = {name: options[name] for name in ("source", "motion", "go_to_market", "system")}
        lead["team"] = Team.objects.get(pk=batch.team_id) if batch.team_id else None
    return History(kind, batch.header, options["map"], orders=options["orders"], at=at, known=known(), **lead)


def part(reads: History, rows: Iterable[tuple[int, str]]) -> tuple[list[Told], dict[int, Outcome]]:
    good, bad = [], {}
    for number, cells in rows:
        try:
            good.append(reads.row(number, json.loads(cells)))
        except Bad as problem:
            bad[number] = (REJECTED, None, problem.field[:100], problem.words[:300])
    return good, bad


def of_nobody(reads: History, one: Told) -> Outcome:
    """Say of a row that no lead is known as it says."""
    return REJECTED, None, reads.column("lead")[:100], f"No lead is known as “{one.keys[:60]}”."


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
