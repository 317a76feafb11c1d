"""Intake's handwriting: many new people, fillings and signals with one statement a table, whatever their number.

Called by `leads/intake.py` only, inside its transaction. Everything that several intakes could want at once (sources,
identities) is taken in sorted order under a conflict clause, so that they wait for each other instead of blocking.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, models

from accounts.models import Event
from leads.intake_people import FILLED, Key, Person
from leads.intake_rows import IntakeRow
from leads.models import Lead, LeadStatus, Note, Signal, search_text

Pair = tuple[str, str]  # source, campaign


class Raced(Exception):
    """Somebody else took in one of these people meanwhile; look again."""


def reserve(cursor, model: type[models.Model], number: int) -> list[int]:
    """Take this many numbers of a table, for rows that others must point at before they are written."""
    cursor.execute(
        "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [model._meta.db_table, number]
    )
    return [pk for (pk,) in cursor.fetchall()]


def copy(cursor, model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows by COPY. Columns that are not named get their model's default, so that a new column needs no change here."""
    fields = [model._meta.get_field(name) for name in names]
    rest = [f for f in model._meta.concrete_fields if f not in fields and not f.null and not f.primary_key]
    defaults = tuple(f.get_db_prep_save(f.get_default(), connection) for f in rest)
    columns = ", ".join(f'"{f.column}"' for f in [*fields, *rest])
    with cursor.copy(f'COPY "{model._meta.db_table}" ({columns}) FROM STDIN') as stream:
        for row in rows:
            stream.write_row((*row, *defaults))


def sources_of(rows: Iterable[IntakeRow], at: datetime) -> dict[Pair, tuple[int | None, int | None]]:
    """Return the source and campaign of every pair of names, made on demand. A blank one is none, not the word *unknown*.

    At most six queries.
    """
    pairs = {(row.source, row.campaign) for row in rows}
    with connection.cursor() as cursor:
        top = _named(cursor, {(None, source) for source, _campaign in pairs if source}, at)
        below = {(top.get((None, source)), campaign) for source, campaign in pairs if campaign}
        campaigns = _named(cursor, below, at)
    return {
        (source, campaign): (top.get((None, source)), campaigns.get((top.get((None, source)), campaign)))
        for source, campaign in pairs
    }


def _named(cursor, wanted: set[tuple[int | None, str]], at: datetime) -> dict[tuple[int | None, str], int]:
    if not wanted:
        return {}
    find = "SELECT parent_id, name, id FROM leads_source WHERE name = ANY(%s)"
    names = list({name for _parent, name in wanted})
    cursor.execute(find, [names])
    found = {(parent, name): pk for parent, name, pk in cursor.fetchall()}
    if missing := sorted(wanted - found.keys(), key=lambda pair: (pair[0] or 0, pair[1])):
        cursor.execute(
            "INSERT INTO leads_source (parent_id, name, created_at)"
            " SELECT parent, name, %s FROM unnest(%s::bigint[], %s::text[]) AS v(parent, name) ON CONFLICT DO NOTHING",
            [at, [parent for parent, _name in missing], [name for _parent, name in missing]],
        )
        cursor.execute(find, [names])
        found = {(parent, name): pk for parent, name, pk in cursor.fetchall()}
    return found


def claim(cursor, claims: Sequence[tuple[int, Key]]) -> None:
    """Make identities their people's own. Raises Raced when another transaction was faster with one of them."""
    if not claims:
        return
    claims = sorted(claims, key=lambda claim: claim[1])
    cursor.execute(
        "INSERT INTO leads_identity (lead_id, kind, system, value, is_live)"
        " SELECT lead, kind, system, value, true FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[])"
        " AS v(lead, kind, system, value) ON CONFLICT DO NOTHING",
        [
            [lead for lead, _key in claims],
            [kind for _lead, (kind, _system, _value) in claims],
            [system for _lead, (_kind, system, _value) in claims],
            [value for _lead, (_kind, _system, value) in claims],
        ],
    )
    if cursor.rowcount < len(claims):
        _find_racers(cursor, claims)


def _find_racers(cursor, claims: Sequence[tuple[int, Key]]) -> None:
    """Tell a race from an identity that is the lead's own already, perhaps as one no longer in use."""
    mine = {key: lead for lead, key in claims if key[0] != "phone"}
    cursor.execute(
        "SELECT kind, system, value, lead_id FROM leads_identity WHERE is_live AND kind IN ('email', 'external') AND value = ANY(%s)",
        [[value for _kind, _system, value in mine]],
    )
    for kind, system, value, lead in cursor.fetchall():
        if mine.get((kind, system, value), lead) != lead:
            raise Raced(f"{kind} of lead {lead}")


LEAD = ("id", *FILLED, "account", "status", "status_since", "motion", "go_to_market", "source", "campaign", "team")
LEAD += ("last_activity_at", "created_at", "recorded_at", "search")


def insert_leads(
    cursor, people: Sequence[Person], sources: dict[Pair, tuple], at: datetime, recorded_at: datetime
) -> None:
    """Write new leads, raw, dated when they came."""
    copy(cursor, Lead, LEAD, (_lead(person, sources, at, recorded_at) for person in people))


def _lead(person: Person, sources: dict[Pair, tuple], at: datetime, recorded_at: datetime) -> tuple:
    row, values = person.first, person.values
    came = min(row.created_at, at) if row.created_at else at
    motion, market = defaults_of(row)
    # A product-led lead is the product's: it waits in no queue of sellers (MOTION-2).
    team = row.team.pk if row.team and motion == "slg" else None
    active = None if row.kind == Signal.Kind.IMPORT else came
    return (
        person.lead, *values.values(), person.account, LeadStatus.RAW.value, came, motion, market,
        *sources[row.source, row.campaign], team, active, came, recorded_at, _search(values),
    )  # fmt: skip


def defaults_of(row: IntakeRow) -> tuple[str, str]:
    """Return motion and go-to-market, never empty (MOTION-1): a list is outbound, who comes to us is inbound."""
    return row.motion or "slg", row.go_to_market or ("outbound" if row.kind == Signal.Kind.IMPORT else "inbound")


def _search(values: dict[str, str]) -> str:
    return search_text(**{name: values[name] for name in ("first_name", "last_name", "company", "email", "phone")})


def fill_leads(cursor, people: Sequence[Person], active: dict[int, datetime]) -> None:
    """Fill what is still blank on known leads, taken in id order; what somebody else filled meanwhile stays."""
    by_id = {person.lead: person for person in people if person.filled or person.lead in active}
    if not by_id:
        return
    cursor.execute(
        f"SELECT id, account_id, {', '.join(FILLED)} FROM leads_lead WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
        [list(by_id)],
    )
    rows = []
    for pk, account, *values in cursor.fetchall():
        now = dict(zip(FILLED, values, strict=True))
        person = by_id[pk]
        now |= {name: person.values[name] for name in person.filled if not now[name]}
        rows.append((pk, account or person.account, active.get(pk), _search(now), *now.values()))
    columns = list(zip(*rows, strict=True))
    sets = ", ".join(f"{name} = v.{name}" for name in (*FILLED, "account_id", "search"))
    cursor.execute(
        f"UPDATE leads_lead l SET {sets}, last_activity_at = greatest(l.last_activity_at, v.active)"
        f" FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[]{', %s::text[]' * (len(FILLED) + 1)})"
        f" AS v(id, account_id, active, search, {', '.join(FILLED)}) WHERE l.id = v.id",
        [list(column) for column in columns],
    )


SIGNAL = {
    "id": "bigint", "lead": "bigint", "kind": "text", "key": "text", "what": "text", "source": "bigint", "campaign": "bigint",
    "words": "text", "data": "jsonb", "by": "bigint", "batch": "bigint", "at": "timestamptz", "recorded_at": "timestamptz",
}  # fmt: skip


def insert_signals(cursor, new: Sequence[tuple], known: Sequence[tuple]) -> set[int]:
    """Write signals, numbered by `reserve`: of new leads, and of known ones, to whom somebody else may just have told the same.

    Returns the numbers of those that were written.
    """
    if new:
        copy(cursor, Signal, tuple(SIGNAL), new)
    written = {row[0] for row in new}
    if known:
        columns = ", ".join(Signal._meta.get_field(name).column for name in SIGNAL)
        cursor.execute(
            f"INSERT INTO leads_signal ({columns}) SELECT * FROM unnest({', '.join(f'%s::{t}[]' for t in SIGNAL.values())})"
            " ON CONFLICT (lead_id, key) DO NOTHING RETURNING id",
            [list(column) for column in zip(*known, strict=True)],
        )
        written |= {pk for (pk,) in cursor.fetchall()}
    return written


EVENT = ("at", "recorded_at", "kind", "door", "actor_id", "lead_id", "account_id", "data")


def insert_events(cursor, rows: Iterable[tuple]) -> None:
    copy(cursor, Event, EVENT, rows)


def insert_notes(cursor, rows: Iterable[tuple]) -> None:
    copy(cursor, Note, ("id", "lead", "by", "text", "at"), rows)


def as_json(value: dict) -> str:
    return json.dumps(value, separators=(",", ":"))
