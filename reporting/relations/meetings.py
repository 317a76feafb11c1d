"""Meetings, by their scheduled start. As known then: what the last word on record said, and when the first one was given (MEET-2)."""

from accounts.models import User
from meetings.models import MeetingStatus
from reporting.frame import Dimension, Relation
from reporting.relations.dimensions import FROZEN, REASON, by_time, choices, names
from reporting.relations.doings import FACTS
from reporting.relations.doings import facts as facts_of

LIVE_STATE = "m.status, m.reason_id, m.disposed_at, m.is_credited, m.contested_at, m.settled_at"
KNOWN_STATE = """
  CASE k.move WHEN 'reschedule' THEN 'rescheduled' WHEN 'cancel' THEN 'cancelled' ELSE coalesce(k.status, 'booked') END AS status,
  k.reason_id, CASE WHEN k.status IS NOT NULL AND m.disposed_at <= %(as_of)s THEN m.disposed_at END AS disposed_at,
  coalesce(k.credited, false) AS is_credited,
  CASE WHEN m.contested_at <= %(as_of)s THEN m.contested_at END AS contested_at,
  CASE WHEN m.settled_at <= %(as_of)s THEN m.settled_at END AS settled_at
"""
KNOWN_JOIN = """
LEFT JOIN LATERAL (SELECT e.move, e.data ->> 'status' AS status, (e.data ->> 'reason')::bigint AS reason_id,
  (e.data ->> 'credited')::boolean AS credited FROM accounts_event e
  WHERE e.opportunity_id = m.opportunity_id AND e.kind = 'meeting' AND (e.data ->> 'meeting')::bigint = m.id
    AND e.move IN ('book', 'disposition', 'correct', 'credit', 'reschedule', 'cancel') AND e.recorded_at <= %(as_of)s
  ORDER BY e.id DESC LIMIT 1) k ON true
"""


def source(is_live: bool) -> str:
    """Return meetings; `is_first` of their opportunity, `is_last` of their chain of reschedules."""
    state, join = (LIVE_STATE, "") if is_live else (KNOWN_STATE, KNOWN_JOIN)
    known = "true" if is_live else "m.recorded_at <= %(as_of)s"
    return f"""
SELECT m.id, m.lead_id, m.cycle_id, m.opportunity_id, m.owner_id AS held_by_id, coalesce(m.sourced_by_id, m.owner_id) AS owner_id,
  NULL::bigint AS team_id, m.starts_at, m.booked_at, {state}, {facts_of(is_live).replace(FACTS, COALESCED)},
  NOT EXISTS (SELECT FROM meetings_meeting f WHERE f.opportunity_id = m.opportunity_id AND f.uid <> m.uid AND f.booked_at < m.booked_at)
    AS is_first,
  NOT EXISTS (SELECT FROM meetings_meeting n WHERE n.previous_id = m.id {"" if is_live else "AND n.recorded_at <= %(as_of)s"}) AS is_last
FROM meetings_meeting m LEFT JOIN leads_cycle c ON c.id = m.cycle_id {join} WHERE {known}
"""


COALESCED = FACTS.replace("c.is_target", "coalesce(c.is_target, false) AS is_target")
HELD_BY = Dimension("held_by", "Who holds it", "r.held_by_id", names(User), "number", is_people=True)
SOURCED_BY = Dimension("rep", "Who brought it about", "r.owner_id", names(User), "number", is_people=True)
CAME = Dimension("came", "What came of it", "r.status", choices(MeetingStatus))
MEETINGS = Relation(
    "meetings", "meetings", source, "r.starts_at", (SOURCED_BY, HELD_BY, CAME, *FROZEN, REASON, *by_time("r.starts_at")),
    (("Lead", "r.lead_id", "lead"), ("Opportunity", "r.opportunity_id", "opportunity"), ("Brought about by", "r.owner_id", "person"),
     ("Held by", "r.held_by_id", "person"), ("Start", "r.starts_at", "moment"), ("What came of it", "r.status", "meeting"),
     ("Said", "r.disposed_at", "moment")),
    left_out="coalesce(r.has_exception, false)", ignores=("fully_worked",),
)  # fmt: skip
