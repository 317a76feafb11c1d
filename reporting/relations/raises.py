"""Who asked for us while somebody had them in hand: a clock of its own inside the round (IN-2), ended by the next touch that counts, or by
a meeting they booked by themselves. The round's own clock runs beside it and is another figure."""

from accounts.models import User
from reporting.frame import Dimension, Relation
from reporting.relations import rounds
from reporting.relations.dimensions import FROZEN, by_time, names

RAISED = "k.kind = 'hand_raise' AND k.began_at >= %(starts_at)s AND k.began_at < %(ends_at)s"
ASKED_IN_PERIOD = f"{{0}}.id IN (SELECT k.cycle_id FROM leads_task k WHERE {RAISED})"


def source(is_live: bool) -> str:
    """Return one row for each time somebody asked, on whoever had the lead then; answered as known then."""
    known = "t.withdrawn_at IS NULL"
    heard = ""
    if not is_live:
        known = "t.recorded_at <= %(as_of)s AND (t.withdrawn_at IS NULL OR t.withdrawn_at > %(as_of)s)"
        heard = """AND EXISTS (SELECT FROM leads_signal s WHERE s.lead_id = k.lead_id AND s.kind = 'hand_raise' AND s.at = k.began_at
  AND s.recorded_at <= %(as_of)s)"""
    return f"""
SELECT k.id, k.lead_id, k.cycle_id, k.began_at AS at, k.due_at AS target_at, k.limit_at, o.owner_id, NULL::bigint AS team_id,
  c.motion, c.go_to_market, c.source_id, c.campaign_id, c.segment, c.region, c.is_target, c.number, c.outcome, c.ended_at, c.has_exception,
  least(a.at, CASE WHEN c.self_booked_at >= k.began_at THEN c.self_booked_at END) AS answered_at
FROM leads_task k JOIN ({rounds.source(is_live, ASKED_IN_PERIOD)}) c ON c.id = k.cycle_id
LEFT JOIN (SELECT DISTINCT ON (k.id) k.id, p.owner_id FROM leads_task k JOIN leads_spell p ON p.cycle_id = k.cycle_id
  AND p.began_at <= k.began_at AND (p.ended_at IS NULL OR p.ended_at > k.began_at) WHERE {RAISED} ORDER BY k.id, p.id DESC) o ON o.id = k.id
LEFT JOIN (SELECT k.id, min(t.occurred_at) AS at FROM leads_task k JOIN leads_touch t ON t.cycle_id = k.cycle_id AND NOT t.is_automated
  AND t.occurred_at >= k.began_at AND {known} WHERE {RAISED} GROUP BY k.id) a ON a.id = k.id
WHERE k.kind = 'hand_raise' {heard}
"""


PERSON = Dimension("rep", "Rep", "r.owner_id", names(User), "number", is_people=True, empty="nobody")
RAISES = Relation(
    "raises", "times somebody asked for us", source, "r.at", (PERSON, *FROZEN, *by_time("r.at")),
    (("Lead", "r.lead_id", "lead"), ("Whose", "r.owner_id", "person"), ("Source", "r.source_id", "source"), ("Asked", "r.at", "moment"),
     ("Answered", "r.answered_at", "moment")),
    ignores=("fully_worked",),
)  # fmt: skip
