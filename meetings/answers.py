"""Which of the five answers of the pipeline stage are still missing, of many opportunities at once (ACC-10). Called by the board.

One sale alone is asked by `opportunities.missing_answers`; both read the newest card of each of its people.
"""

from collections.abc import Iterable

from accounts.bulk import numbers
from accounts.prepared import planned
from accounts.writing import fresh
from leads import qualification
from leads.models import Qualification

FIELDS = ("compelling_event", "need", "need_evidence", "systems", "timeline", "timeline_evidence", "size")
CARDS = f"""
SELECT c.opportunity_id, {", ".join(f"q.{name}" for name in FIELDS)} FROM leads_contactrole c, LATERAL (
  SELECT * FROM leads_qualification q WHERE q.lead_id = c.lead_id ORDER BY q.id DESC LIMIT 1) q
WHERE c.opportunity_id = ANY(%s::bigint[])"""


def missing_by_sale(sales: Iterable[int]) -> dict[int, list[str]]:
    """Name what nobody of each sale told yet, in words. One query, whatever the number."""
    sales = list(sales)
    with planned() as cursor:
        cursor.execute(CARDS, [numbers(sales)])
        rows = cursor.fetchall()
    lacking: dict[int, set[str]] = {}
    for sale, *told in rows:
        lacks = set(qualification.missing(fresh(Qualification, **dict(zip(FIELDS, told, strict=True)))))
        lacking[sale] = lacking[sale] & lacks if sale in lacking else lacks
    everything = qualification.missing(None)
    return {sale: [words for words in everything if words in lacking.get(sale, everything)] for sale in sales}
