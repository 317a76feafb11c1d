"""Meetings, by their scheduled start. As known then: what the last word on record said, and when the first one was given (MEET-2)."""

from accounts.models import User
from meetings.models import MeetingStatus
from reporting.frame import Dimension, Relation
from reporting.relations.dimensions import FROZEN, REASON, by_time, choices, names
from reporting.relations.doings import FACTS, GRANTED

LIVE_STATE = "m.status, m.reason_id, m.disposed_at, m.is_credited, m.contested_at, m.settled_at"
KNOWN_STATE = """
  CASE k.move WHEN 'reschedule' THEN 'rescheduled' WHEN 'cancel' THEN 'cancelled' ELSE coalesce(k.status, 'booked') END AS status,
  k.reason_id, CASE WHEN k.status IS NOT NULL AND m.disposed_at <= %(as_of)s THEN m.disposed_at END AS disposed_at,
  coalesce(k.credited, false) AS is_credited,
  CASE WHEN m.contested_at <= %(as_of)s THEN m.contested_at END AS contested_at,
  CASE WHEN m.settled_at <= %(as_of)s THEN m.settled_at END AS settled_at
"""
# Who held it then: whom it was taken from first since.
KNOWN_HOLDER = """coalesce((SELECT (e.data ->> 'from')::bigint FROM accounts_event e WHERE e.opportunity_id = m.opportunity_id
  AND e.kind = 'meeting' AND e.move = 'pass_on' AND (e.data ->> 'meeting')::bigint = m.id AND e.recorded_at > %(as_of)s
  ORDER BY e.id LIMIT 1), m.owner_id)"""
IN_PERIOD = "o.starts_at >= %(starts_at)s AND o.starts_at < %(ends_at)s"
# The last word about each, of the record of the sales that have a meeting of those wanted.
KNOWN_JOIN = """
LEFT JOIN (SELECT DISTINCT ON (w.meeting) w.* FROM (
    SELECT e.id, (e.data ->> 'meeting')::bigint AS meeting, e.move, e.data ->> 'status' AS status,
      (e.data ->> 'reason')::bigint AS reason_id, (e.data ->> 'credited')::boolean AS credited
    FROM (SELECT DISTINCT o.opportunity_id FROM meetings_meeting o WHERE {scope}) o
    JOIN accounts_event e ON e.opportunity_id = o.opportunity_id AND e.kind = 'meeting'
      AND e.move IN ('book', 'disposition', 'correct', 'credit', 'reschedule', 'cancel') AND e.recorded_at <= %(as_of)s) w
  ORDER BY w.meeting, w.id DESC) k ON k.meeting = m.id
"""


def source(is_live: bool, scope: str = IN_PERIOD) -> str:
    """Return meetings; `is_first` of their opportunity, `is_last` of their chain of reschedules. `scope`: which are asked for, as `o`.

    Nobody asks of a first one what else there was: none was booked before it. What comes later in a chain has a number in it, and its
    own before it.
    """
    state, join = (LIVE_STATE, "") if is_live else (KNOWN_STATE, KNOWN_JOIN.format(scope=scope))
    known, moved = ("true", "") if is_live else ("m.recorded_at <= %(as_of)s", "AND n.recorded_at <= %(as_of)s")
    holder = "m.owner_id" if is_live else KNOWN_HOLDER
    return f"""
SELECT m.id, m.lead_id, m.cycle_id, m.opportunity_id, {holder} AS held_by_id, coalesce(m.sourced_by_id, {holder}) AS owner_id,
  NULL::bigint AS team_id, m.starts_at, m.booked_at, {state}, {FACTS.replace("c.is_target", "coalesce(c.is_target, false) AS is_target")},
  x.id IS NOT NULL{"" if is_live else f" AND {GRANTED.format('x')}"} AS has_exception,
  m.booked_at <= f.booked_at OR m.sequence > 0 AND NOT EXISTS (SELECT FROM meetings_meeting f WHERE f.opportunity_id = m.opportunity_id
    AND f.uid <> m.uid AND f.booked_at < m.booked_at) AS is_first, n.previous_id IS NULL AS is_last
FROM meetings_meeting m LEFT JOIN leads_cycle c ON c.id = m.cycle_id LEFT JOIN leads_cycle x ON x.id = m.cycle_id AND x.has_exception
LEFT JOIN (SELECT f.opportunity_id, min(f.booked_at) AS booked_at FROM meetings_meeting f GROUP BY f.opportunity_id) f
  ON f.opportunity_id = m.opportunity_id
LEFT JOIN (SELECT DISTINCT n.previous_id FROM meetings_meeting n WHERE n.previous_id IS NOT NULL {moved}) n ON n.previous_id = m.id
{join} WHERE {known}
"""


HELD_BY = Dimension("held_by", "Who holds it", "r.held_by_id", names(User), "number", is_people=True)
SOURCED_BY = Dimension("rep", "Who brought it about", "r.owner_id", names(User), "number", is_people=True)
CAME = Dimension("came", "What came of it", "r.status", choices(MeetingStatus))
MEETINGS = Relation(
    "meetings", "meetings", source, "r.starts_at", (SOURCED_BY, HELD_BY, CAME, *FROZEN, REASON, *by_time("r.starts_at")),
    (("Lead", "r.lead_id", "lead"), ("Opportunity", "r.opportunity_id", "opportunity"), ("Brought about by", "r.owner_id", "person"),
     ("Held by", "r.held_by_id", "person"), ("Start", "r.starts_at", "moment"), ("What came of it", "r.status", "meeting"),
     ("Said", "r.disposed_at", "moment")),
    ignores=("fully_worked",),
)  # fmt: skip
