"""Intake's handwriting: many new people, fillings and signals with one statement a table, whatever their number.

Called by `leads/intake.py` only, inside its transaction. Everything that several intakes could want at once (sources,
identities) is taken in sorted order under a conflict clause, so that they wait for each other instead of blocking.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection, models

from accounts.bulk import NULL, copy, number, numbers, stamp, texts
from accounts.models import Event
from leads.intake_people import FILLED, Key, Person
from leads.intake_rows import IntakeRow
from leads.models import Lead, Note, Signal, search_text

Pair = tuple[str, str]  # source, campaign


class Raced(Exception):
    """Somebody else took in one of these people meanwhile; look again."""


def reserve(cursor, model: type[models.Model], number: int) -> list[int]:
    """Take this many numbers of a table, for rows that others must point at before they are written."""
    cursor.execute(
        "SELECT nextval(s) FROM (SELECT pg_get_serial_sequence(%s, 'id')::regclass AS s OFFSET 0) AS q, generate_series(1, %s)",
        [model._meta.db_table, number],
    )
    return [pk for (pk,) in cursor.fetchall()]


def sources_of(rows: Iterable[IntakeRow], at: datetime) -> dict[Pair, tuple[int | None, int | None]]:
    """Return the source and campaign of every pair of names, made on demand. A blank one is none, not the word *unknown*.

    A campaign without a source hangs below the source without a name: it is no source itself, whatever it is called.
    At most six queries.
    """
    pairs = {(row.source, row.campaign) for row in rows}
    with connection.cursor() as cursor:
        top = _named(cursor, {(None, source) for source, campaign in pairs if source or campaign}, at)
        below = {(top.get((None, source)), campaign) for source, campaign in pairs if campaign}
        campaigns = _named(cursor, below, at)
    return {
        (source, campaign): (top[None, source] if source else None, campaigns.get((top.get((None, source)), campaign)))
        for source, campaign in pairs
    }


def _named(cursor, wanted: set[tuple[int | None, str]], at: datetime) -> dict[tuple[int | None, str], int]:
    if not wanted:
        return {}
    find = "SELECT parent_id, name, id FROM leads_source WHERE name = ANY(%s::text[])"
    names = list({name for _parent, name in wanted})
    cursor.execute(find, [texts(names)])
    found = {(parent, name): pk for parent, name, pk in cursor.fetchall()}
    if missing := sorted(wanted - found.keys(), key=lambda pair: (pair[0] or 0, pair[1])):
        cursor.execute(
            "INSERT INTO leads_source (parent_id, name, created_at)"
            " SELECT parent, name, %s FROM unnest(%s::bigint[], %s::text[]) AS v(parent, name) ON CONFLICT DO NOTHING",
            [at, numbers(parent for parent, _name in missing), texts([name for _parent, name in missing])],
        )
        cursor.execute(find, [texts(names)])
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
            numbers(lead for lead, _key in claims),
            *(texts([key[part] for _lead, key in claims]) for part in range(3)),
        ],
    )
    if cursor.rowcount < len(claims):
        _find_racers(cursor, claims)


def _find_racers(cursor, claims: Sequence[tuple[int, Key]]) -> None:
    """Tell a race from an identity that is the lead's own already, perhaps as one no longer in use."""
    mine = {key: lead for lead, key in claims if key[0] != "phone"}
    cursor.execute(
        "SELECT kind, system, value, lead_id FROM leads_identity WHERE is_live AND kind IN ('email', 'external')"
        " AND value = ANY(%s::text[])",
        [texts([value for _kind, _system, value in mine])],
    )
    for kind, system, value, lead in cursor.fetchall():
        if mine.get((kind, system, value), lead) != lead:
            raise Raced(f"{kind} of lead {lead}")


LEAD = ("id", *FILLED, "account", "status", "status_since", "motion", "go_to_market", "source", "campaign", "team")
LEAD += ("last_activity_at", "created_at", "recorded_at", "search")


def insert_leads(cursor, people: Sequence[Person], sources: dict[Pair, tuple], at: datetime, learnt: str) -> None:
    """Write new leads, raw, dated when they came."""
    copy(cursor, Lead, LEAD, [_lead(person, sources, at, learnt) for person in people])


def _lead(person: Person, sources: dict[Pair, tuple], at: datetime, learnt: str) -> tuple[str, ...]:
    row, values = person.first, person.values
    came = stamp(min(row.created_at, at) if row.created_at else at)
    motion, market = defaults_of(row)
    # A product-led lead is the product's: it waits in no queue of sellers (MOTION-2).
    team = row.team.pk if row.team and motion == "slg" else None
    source, campaign = sources[row.source, row.campaign]
    active = NULL if row.kind == Signal.Kind.IMPORT else came
    return (
        str(person.lead), *values.values(), number(person.account), "raw", came, motion, market, number(source), number(campaign),
        number(team), active, came, learnt, _search(values),
    )  # fmt: skip


def defaults_of(row: IntakeRow) -> tuple[str, str]:
    """Return motion and go-to-market, never empty (MOTION-1): a list is outbound, who comes to us is inbound."""
    return row.motion or "slg", row.go_to_market or ("outbound" if row.kind == Signal.Kind.IMPORT else "inbound")


def _search(values: dict[str, str]) -> str:
    return search_text(
        first_name=values["first_name"], last_name=values["last_name"], company=values["company"], email=values["email"],
        phone=values["phone"],
    )  # fmt: skip


def fill_leads(cursor, people: Sequence[Person], active: dict[int, datetime]) -> dict[int, dict[str, list]]:
    """Fill what is still blank on known leads, taken in id order; what somebody else filled meanwhile stays. Returns what changed."""
    by_id = {person.lead: person for person in people if person.filled or person.lead in active}
    if not by_id:
        return {}
    cursor.execute(
        f"SELECT id, account_id, {', '.join(FILLED)} FROM leads_lead WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE",
        [numbers(by_id)],
    )
    rows, filled = [], {}
    for pk, account, *values in cursor.fetchall():
        now = dict(zip(FILLED, values, strict=True))
        person = by_id[pk]
        new = {name: person.values[name] for name in person.filled if not now[name]}
        now |= new
        filled[pk] = {name: ["", value] for name, value in new.items()}
        if account is None and person.account:
            filled[pk]["account_id"] = [None, person.account]
        since = active[pk].isoformat() if pk in active else NULL
        rows.append((str(pk), number(account or person.account), since, _search(now), *now.values()))
    sets = ", ".join(f"{name} = v.{name}" for name in (*FILLED, "account_id", "search"))
    cursor.execute(
        f"UPDATE leads_lead l SET {sets}, last_activity_at = greatest(l.last_activity_at, v.active)"
        f" FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[]{', %s::text[]' * (len(FILLED) + 1)})"
        f" AS v(id, account_id, active, search, {', '.join(FILLED)}) WHERE l.id = v.id",
        [texts(column) for column in zip(*rows, strict=True)],
    )
    return filled


SIGNAL = {
    "id": "bigint", "lead": "bigint", "kind": "text", "key": "text", "what": "text", "source": "bigint", "campaign": "bigint",
    "words": "text", "data": "jsonb", "by": "bigint", "batch": "bigint", "at": "timestamptz", "recorded_at": "timestamptz",
}  # fmt: skip


def insert_signals(cursor, new: Sequence[tuple[str, ...]], known: Sequence[tuple[str, ...]]) -> set[str]:
    """Write signals, numbered by `reserve`: of new leads, and of known ones, to whom somebody else may just have told the same.

    Returns the numbers of those that were written.
    """
    copy(cursor, Signal, tuple(SIGNAL), new)
    written = {row[0] for row in new}
    if known:
        columns = ", ".join(Signal._meta.get_field(name).column for name in SIGNAL)
        cursor.execute(
            f"INSERT INTO leads_signal ({columns}) SELECT * FROM unnest({', '.join(f'%s::{t}[]' for t in SIGNAL.values())})"
            " ON CONFLICT (lead_id, key) DO NOTHING RETURNING id::text",
            [texts(column) for column in zip(*known, strict=True)],
        )
        written |= {pk for (pk,) in cursor.fetchall()}
    return written


EVENT = ("at", "recorded_at", "kind", "door", "actor_id", "lead_id", "account_id", "data")


def insert_events(cursor, rows: Iterable[tuple[str, ...]]) -> None:
    copy(cursor, Event, EVENT, rows)


def insert_notes(cursor, rows: Iterable[tuple[str, ...]]) -> None:
    copy(cursor, Note, ("id", "lead", "by", "text", "at"), rows)
