"""How the time a lead was in somebody's hands ends. Called by `lifecycle.Turn.write` for the leads of a batch."""

from django.db import connection

from accounts.bulk import numbers, texts
from leads.models import Spell

CLOSE = """
UPDATE leads_spell s SET ended_at = greatest(v.at, s.began_at) FROM unnest(%s::bigint[], %s::timestamptz[]) AS v(lead, at)
WHERE s.lead_id = v.lead AND s.ended_at IS NULL RETURNING s.lead_id, s.ended_at
"""


def close(steps: list) -> None:
    """End the open spells of these steps' leads, none before it began; what follows them begins no earlier. One query."""
    if not steps:
        return
    when = {s.lead.pk: (s.cycle.ended_at if s.cycle else None) or s.at for s in steps}
    with connection.cursor() as cursor:
        cursor.execute(CLOSE, [numbers(when), texts([at.isoformat() for at in when.values()])])
        for lead, ended_at in cursor.fetchall():
            when[lead] = max(when[lead], ended_at)
    for row in (row for s in steps for row in s.rows if isinstance(row, Spell)):
        # Who waited for the lock asked earlier than the spell began that they end.
        row.began_at = max(row.began_at, when[row.lead_id])
