"""The words that statements by hand share (`by_hand.py`): which rounds count, and how figures are said."""

IN = "NOT has_exception"
ENDS = "outcome NOT IN ('handed_over', 'self_serve', 'opted_out', 'returned', 'void')"
SOLD = f"{IN} AND motion = 'slg' AND {ENDS}"
ASKED = f"{SOLD} AND go_to_market = 'inbound'"
SEEN = "(first_touch_at IS NOT NULL OR self_booked_at IS NOT NULL)"
UNSEEN = f"NOT {SEEN} AND outcome IN ('qualified', 'nurture', 'unqualified') AND ended_by_id IS NOT NULL"
TOLD = """trigger = 'history' AND (working_at IS NOT NULL OR outcome IN ('qualified', 'nurture', 'unqualified')
  AND reason_id IS DISTINCT FROM (SELECT id FROM accounts_reason WHERE code = 'auto_abandoned'))"""
WORKED = f"({SEEN} OR {UNSEEN} OR {TOLD})"
BOOKED = "self_booked_at < coalesce(first_touch_at, 'infinity')"
ASIDE = f"{IN} AND motion = 'slg' AND NOT ({ENDS})"
PERIOD = "assigned_at >= %(a)s AND assigned_at < %(b)s"
ROUNDS = f"leads_cycle WHERE {PERIOD}"


def n(where: str) -> str:
    return f"count(*) FILTER (WHERE {where})"


def middle(seconds: str, where: str, part: float = 0.5) -> str:
    return (
        f"percentile_cont({part}) WITHIN GROUP (ORDER BY extract(epoch FROM {seconds})::float) FILTER (WHERE {where})"
    )


def whole(value: str, where: str = "true") -> str:
    return f"coalesce(sum({value}) FILTER (WHERE {where}), 0)"


TOUCHED = f"{ASKED} AND answered_at IS NOT NULL AND NOT ({UNSEEN})"
MISSABLE = f"{ASKED} AND NOT ({UNSEEN})"
LIVE = f"{ASKED} AND trigger = 'own' AND first_touch_at IS NOT NULL"
TOOK = "CASE WHEN trigger = 'own' THEN interval '0' ELSE answered_at - assigned_at END"
OFF = """owner_id IS NOT NULL AND NOT (extract(isodow FROM there)::int = ANY(work_days)
  AND there::time >= work_start AND there::time < work_end)"""
ANSWERED = f"""(SELECT c.*, least(first_touch_at, self_booked_at) AS answered_at, assigned_at AT TIME ZONE u.time_zone AS there,
  u.work_days, u.work_start, u.work_end, u.time_zone FROM leads_cycle c LEFT JOIN accounts_user u ON u.id = owner_id WHERE {PERIOD}) r"""
