"""What a page names by number, and what a lead's past says, read by one statement: each part of it is one look-up by a key.

Called by the timeline and by the panel of a lead. As objects and one by one it would be nine statements a page (measured: a third of
the time of the queue page went there).
"""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from accounts.bulk import numbers
from accounts.prepared import planned
from leads.models import Lead, Signal


class Row(NamedTuple):
    """One row of an answer; which of the texts says what depends on the part it comes from."""

    what: str
    id: int
    a: str
    b: str
    c: str
    n: int | None
    at: datetime | None
    ids: list[int] | None


# What is named by its own number: its columns, and its table.
NAMED = {
    "users": ("name, username, '', NULL::int, NULL::timestamptz, NULL::bigint[]", "accounts_user"),
    "teams": ("name, '', '', NULL::int, NULL::timestamptz, NULL::bigint[]", "accounts_team"),
    "rules": ("name, '', '', NULL::int, NULL::timestamptz, NULL::bigint[]", "leads_routingrule"),
    "reasons": ("label, code, '', NULL::int, NULL::timestamptz, NULL::bigint[]", "accounts_reason"),
    "notes": ("text, '', '', NULL::int, erased_at, NULL::bigint[]", "leads_note"),
    "signals": ("kind, what, words, NULL::int, at, NULL::bigint[]", "leads_signal"),
}
NAMED = {
    name: f"SELECT '{name}', id, {columns} FROM {table} WHERE id = ANY(%s::bigint[])"
    for name, (columns, table) in NAMED.items()
}
# By their lead's index; those of notes, since a note of a touch is told with it.
TOUCHES = """SELECT 'touches', t.id, t.channel, n.text, '', NULL::int, t.withdrawn_at, ARRAY[t.note_id]
  FROM leads_touch t LEFT JOIN leads_note n ON n.id = t.note_id
  WHERE t.lead_id = %s AND (t.id = ANY(%s::bigint[]) OR t.note_id = ANY(%s::bigint[]))"""
PAST = f"""
  (SELECT 'said', id, kind, what, words, NULL::int, at, NULL::bigint[] FROM leads_signal
    WHERE lead_id = %s AND words <> '' AND kind IN ('{Signal.Kind.HAND_RAISE}', '{Signal.Kind.REPLY}', '{Signal.Kind.FORM}')
    ORDER BY at DESC, id DESC LIMIT 1)
  UNION ALL (SELECT 'rounds', c.number, c.outcome, r.label, coalesce(nullif(u.name, ''), u.username), c.touches, c.ended_at, NULL
    FROM leads_cycle c LEFT JOIN accounts_reason r ON r.id = c.reason_id LEFT JOIN accounts_user u ON u.id = c.owner_id
    WHERE c.lead_id = %s AND c.ended_at IS NOT NULL ORDER BY c.number DESC LIMIT 10)
  UNION ALL (SELECT 'sales', o.id, p.name, s.name, coalesce(nullif(u.name, ''), u.username),
      (o.status = 'open')::int + 2 * (o.status = 'won')::int, o.created_at,
      ARRAY[o.development_owner_id, o.opportunity_owner_id, o.success_owner_id]
    FROM accounts_opportunity o JOIN accounts_product p ON p.id = o.product_id JOIN accounts_stage s ON s.id = o.stage_id
    LEFT JOIN accounts_user u ON u.id = o.opportunity_owner_id WHERE o.account_id = %s AND o.gone_as = '')"""


def read(lead: Lead, wanted: dict[str, Collection[int]], *, past: bool = False) -> dict[str, list[Row]]:
    """Return the rows of each part that is wanted; with `past` also what a lead said, its rounds, its company's sales. One query."""
    parts, given = [], []
    for name, ids in wanted.items():
        if ids and name in NAMED:
            parts.append(NAMED[name])
            given.append(numbers(ids))
    if wanted.get("touches") or wanted.get("notes"):
        parts.append(TOUCHES)
        given += [lead.pk, numbers(wanted.get("touches", ())), numbers(wanted.get("notes", ()))]
    if past:
        parts.append(PAST)
        given += [lead.pk, lead.pk, lead.account_id]
    found: dict[str, list[Row]] = {name: [] for name in (*NAMED, "touches", "said", "rounds", "sales")}
    if parts:
        with planned() as cursor:
            cursor.execute(" UNION ALL ".join(parts), given)
            for row in map(Row._make, cursor.fetchall()):
                found[row.what].append(row)
    return found
