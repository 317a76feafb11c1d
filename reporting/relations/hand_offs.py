"""Hand-offs, by the moment they began: from development to sales, from sales to customer success (SLA-6).

One that was taken on by the word about its meeting began with the meeting. As known then: answered by then or not yet, and in whose hands
the answer lay.
"""

from accounts.models import User
from meetings.models import HandOff
from reporting.frame import Dimension, Relation
from reporting.relations.dimensions import ACCOUNT, FROZEN, REASON, by_time, choices, names
from reporting.relations.doings import EXCEPTED
from reporting.relations.sales import FIRST

LIVE_STATE = "h.outcome, h.ended_at, h.reason_id, h.is_oversold, h.receiver_id"
# What waited passes from one to another, and who takes on what nobody was named for becomes its receiver: undone for what came later.
KNOWN_STATE = """
  CASE WHEN h.ended_at <= %(as_of)s THEN h.outcome ELSE '' END AS outcome,
  CASE WHEN h.ended_at <= %(as_of)s THEN h.ended_at END AS ended_at,
  CASE WHEN h.ended_at <= %(as_of)s THEN h.reason_id END AS reason_id, h.is_oversold AND h.ended_at <= %(as_of)s AS is_oversold,
  CASE WHEN w.is_changed THEN w.was ELSE h.receiver_id END AS receiver_id
"""
KNOWN_JOIN = """
LEFT JOIN (SELECT DISTINCT ON (w.hand_off) w.hand_off, true AS is_changed, w.was FROM (
    SELECT e.id, (e.data ->> 'hand_off')::bigint AS hand_off, CASE WHEN e.move = 'pass_on' THEN (e.data ->> 'from')::bigint END AS was
    FROM (SELECT DISTINCT o.opportunity_id FROM meetings_handoff o WHERE o.began_at >= %(starts_at)s AND o.began_at < %(ends_at)s) o
    JOIN accounts_event e ON e.opportunity_id = o.opportunity_id AND e.kind = 'hand_off' AND e.recorded_at > %(as_of)s
      AND (e.move = 'pass_on' OR e.data ->> 'was_nobodys' = 'true')) w ORDER BY w.hand_off, w.id) w ON w.hand_off = h.id
"""
# The hand-offs of the period with the rounds of their lead that had begun by then.
BEGUN = f"""
  FROM meetings_handoff h LEFT JOIN {FIRST} p ON h.lead_id IS NULL AND p.opportunity_id = h.opportunity_id
  JOIN leads_cycle c ON c.lead_id = coalesce(h.lead_id, p.lead_id) AND c.assigned_at <= h.began_at{{condition}}
  WHERE h.began_at >= %(starts_at)s AND h.began_at < %(ends_at)s"""
LAST = f"(SELECT DISTINCT ON (h.id) h.id AS hand_off, c.* {BEGUN.format(condition='')} ORDER BY h.id, c.number DESC)"
LATER = """NOT EXISTS (SELECT FROM leads_cycle n WHERE n.lead_id = c.lead_id AND n.number > c.number AND n.assigned_at <= h.began_at)"""


def source(is_live: bool) -> str:
    """Return hand-offs with what the round behind them froze: of the lead, or of who the sale came by.

    Rounds with an exception are few, and joined by themselves: whoever asks nothing else of the round never reads the others.
    """
    state, join = (LIVE_STATE, "") if is_live else (KNOWN_STATE, KNOWN_JOIN)
    known = "true" if is_live else "h.recorded_at <= %(as_of)s"
    excepted = "c.has_exception" if is_live else EXCEPTED
    return f"""
SELECT h.id, h.kind, h.opportunity_id, o.account_id, h.giver_id AS owner_id, NULL::bigint AS team_id, h.began_at, h.limit_at, {state},
  h.missing <> '[]' AS is_lacking, coalesce(h.lead_id, p.lead_id) AS lead_id, c.motion, c.go_to_market, c.source_id, c.campaign_id,
  coalesce(c.segment, '') AS segment, coalesce(c.region, '') AS region, coalesce(c.is_target, false) AS is_target, c.number,
  x.hand_off IS NOT NULL AS has_exception
FROM meetings_handoff h JOIN accounts_opportunity o ON o.id = h.opportunity_id
LEFT JOIN {FIRST} p ON p.opportunity_id = h.opportunity_id LEFT JOIN {LAST} c ON c.hand_off = h.id
LEFT JOIN (SELECT DISTINCT h.id AS hand_off {BEGUN.format(condition=" AND c.has_exception")} AND {excepted} AND {LATER}) x
  ON x.hand_off = h.id
{join} WHERE {known}
"""


KIND = Dimension("kind", "From whom to whom", "r.kind", choices(HandOff.Kind))
GIVER = Dimension("giver", "Who hands over", "r.owner_id", names(User), "number", is_people=True, empty="nobody")
RECEIVER = Dimension(
    "receiver", "Who takes it on", "r.receiver_id", names(User), "number", is_people=True, empty="nobody is named yet"
)
ANSWER = Dimension("answer", "Answer", "r.outcome", choices(HandOff.Outcome))
HAND_OFFS = Relation(
    "hand-offs", "hand-offs", source, "r.began_at", (KIND, GIVER, RECEIVER, ANSWER, REASON, *FROZEN, ACCOUNT, *by_time("r.began_at")),
    (("Opportunity", "r.opportunity_id", "opportunity"), ("Lead", "r.lead_id", "lead"), ("From whom to whom", "r.kind", "hand_off"),
     ("Handed over by", "r.owner_id", "person"), ("Taken on by", "r.receiver_id", "person"), ("Began", "r.began_at", "moment"),
     ("Answered", "r.ended_at", "moment"), ("Answer", "r.outcome", "answer"), ("Why", "r.reason_id", "reason")),
    other="r.receiver_id", ignores=("fully_worked",),
)  # fmt: skip
