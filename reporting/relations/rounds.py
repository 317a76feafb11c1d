"""Rounds: the unit of every metric. As they stand now, or as they were known at a moment.

A round's own columns are frozen facts and stamps set once; few things take one back (a withdrawn touch, an end taken back, a void), and
each of those is an event with the moment we learnt it. So what is known now is read from the round itself, and what was known then from
the round where nothing was written of it since, else from its touches and events (ruling 2). All give the same columns, and the tests hold
them to each other.
"""

from leads.deadlines import QUALIFY_WITHIN, WORKING_FOR
from reporting.frame import Relation
from reporting.relations.dimensions import FROZEN, OUTCOME, REASON, REP, TEAM, TRIGGER, by_time
from reporting.relations.then import people

FACTS = (
    *(
        "id",
        "lead_id",
        "number",
        "trigger",
        "motion",
        "go_to_market",
        "source_id",
        "campaign_id",
        "segment",
        "region",
        "account_id",
    ),
    *("relationship", "is_target", "score", "owner_id", "team_id", "policy_id", "assigned_at", "target_at", "limit_at"),
)
STAMPS = (
    *(
        "first_touch_at",
        "first_touch_by_id",
        "touches",
        "connected_at",
        "last_touch_at",
        "ended_at",
        "outcome",
        "reason_id",
    ),
    *("ended_by_id", "is_early", "has_exception", "opportunity_id", "self_booked_at"),
)
# When the product's own were activated; a seller's first touch is none.
ACTIVATED = "CASE WHEN c.motion = 'plg' THEN c.working_at END AS activated_at"
# What a history says was worked, though it may tell of no touch.
TOLD_WORKED = "(c.trigger = 'history' AND c.working_at IS NOT NULL)"
KNOWN_TOLD_WORKED = """(c.trigger = 'history' AND EXISTS (SELECT FROM accounts_event e WHERE e.lead_id = c.lead_id AND e.cycle_id = c.id
    AND e.kind = 'transition' AND e.move = 'start' AND e.recorded_at <= %(as_of)s))"""
KNOWN_ACTIVATED = """CASE WHEN c.motion = 'plg' THEN (SELECT e.at FROM accounts_event e WHERE e.lead_id = c.lead_id AND e.cycle_id = c.id
    AND e.kind = 'transition' AND e.move = 'start' AND e.recorded_at <= %(as_of)s ORDER BY e.id LIMIT 1) END AS activated_at"""
# By the owner's hours, as they were; a query that does not ask never reads them (the planner drops the join).
HOURS = "ou.time_zone, ou.work_days, ou.work_start, ou.work_end"
OWNER = "LEFT JOIN {people} ou ON ou.id = c.owner_id"
# What tells a rep's hands apart from each other: a whole round is its first owner's, from its beginning, and goes to nobody.
WHOLE = "true AS is_first, c.assigned_at AS clock_from, NULL::timestamptz AS left_at"
UNANSWERED = "('no_answer', 'voicemail', 'sent', 'wrong_number', 'bounced')"

LIVE = f"""
SELECT {", ".join("c." + name for name in (*FACTS, *STAMPS))}, {ACTIVATED}, {TOLD_WORKED} AS is_told_worked, {WHOLE}, {HOURS}
FROM leads_cycle c {OWNER.format(people=people(True))}
"""

# The rounds of a period: those assigned in it.
IN_PERIOD = "{0}.assigned_at >= %(starts_at)s AND {0}.assigned_at < %(ends_at)s"

# What was written of a round after the moment: an event of it, a touch of it, or a step that ended it and began the next, which is an
# event of the next. The first two are read along their time, and joined to the rounds as sets; most are of younger rounds, and told apart
# by their number alone.
AMONG = "{0}.cycle_id BETWEEN (SELECT min(k.id) FROM wanted k) AND (SELECT max(k.id) FROM wanted k)"
CHANGED = f"""
WITH wanted AS MATERIALIZED (SELECT k.id, k.lead_id, k.outcome FROM leads_cycle k WHERE {{scope}})
SELECT k.id FROM wanted k JOIN (
  SELECT e.cycle_id FROM accounts_event e WHERE e.recorded_at > %(as_of)s AND e.kind <> 'touch' AND e.cycle_id IS NOT NULL
    AND {AMONG.format("e")}
  UNION ALL SELECT t.cycle_id FROM leads_touch t WHERE t.recorded_at > %(as_of)s AND {AMONG.format("t")}) s ON s.cycle_id = k.id
UNION SELECT k.id FROM wanted k JOIN accounts_event e ON e.lead_id = k.lead_id WHERE k.outcome IN ('handed_over', 'self_serve')
  AND e.kind = 'transition' AND e.move IN ('hand_over', 'fit_self_serve') AND e.recorded_at > %(as_of)s
"""
# Ends are the last step over the edge between in hand and not; what no step tells (a hand-over inside one step, a void) is asked apart.
REPLAYED = f"""
SELECT c.id, t.first_touch_at, t.first_touch_by_id, coalesce(t.touches, 0) AS touches, t.connected_at, t.last_touch_at,
  CASE WHEN x.is_over THEN c.ended_at WHEN e.ends THEN e.at END AS ended_at,
  CASE WHEN x.is_over THEN c.outcome WHEN e.ends THEN
    CASE e.move WHEN 'qualify' THEN 'qualified' WHEN 'nurture' THEN 'nurture' WHEN 'unqualify' THEN 'unqualified'
                WHEN 'opt_out' THEN 'opted_out' ELSE 'returned' END
    ELSE '' END AS outcome,
  CASE WHEN x.is_over THEN c.reason_id WHEN e.ends THEN e.reason_id END AS reason_id,
  CASE WHEN x.is_over THEN c.ended_by_id WHEN e.ends THEN coalesce((e.data ->> 'asked_by')::bigint, e.actor_id) END AS ended_by_id,
  x.has_exception, CASE WHEN e.ends THEN (e.data ->> 'opportunity')::bigint END AS opportunity_id, {KNOWN_ACTIVATED},
  {KNOWN_TOLD_WORKED} AS is_told_worked, x.is_there
FROM leads_cycle c JOIN ({{changed}}) w ON w.id = c.id
LEFT JOIN LATERAL (
  SELECT e.at, e.move, e.reason_id, e.actor_id, e.data, e.to_status NOT IN ('assigned', 'working') AS ends FROM accounts_event e
  WHERE e.lead_id = c.lead_id AND e.kind = 'transition' AND e.cycle_id = c.id AND e.recorded_at <= %(as_of)s
    AND (e.from_status IN ('assigned', 'working')) <> (e.to_status IN ('assigned', 'working'))
  ORDER BY e.id DESC LIMIT 1) e ON true
LEFT JOIN LATERAL (
  SELECT (array_agg(t.occurred_at ORDER BY t.recorded_at, t.id))[1] AS first_touch_at,
    (array_agg(t.by_id ORDER BY t.recorded_at, t.id))[1] AS first_touch_by_id, count(*)::int AS touches,
    (array_agg(t.occurred_at ORDER BY t.recorded_at, t.id) FILTER (WHERE t.outcome NOT IN {UNANSWERED}))[1] AS connected_at,
    max(t.occurred_at) AS last_touch_at
  FROM leads_touch t WHERE t.cycle_id = c.id AND NOT t.is_automated AND t.recorded_at <= %(as_of)s
    AND (t.withdrawn_at IS NULL OR t.withdrawn_at > %(as_of)s)) t ON true
CROSS JOIN LATERAL (
  SELECT c.has_exception AND EXISTS (SELECT FROM accounts_event e WHERE e.lead_id = c.lead_id AND e.cycle_id = c.id
      AND e.kind = 'exception_granted' AND e.recorded_at <= %(as_of)s) AS has_exception,
    CASE WHEN c.outcome = 'void' THEN EXISTS (SELECT FROM accounts_event e WHERE e.lead_id = c.lead_id AND e.cycle_id = c.id
        AND e.kind IN ('undone', 'erased') AND e.recorded_at <= %(as_of)s)
      WHEN c.outcome IN ('handed_over', 'self_serve') THEN EXISTS (SELECT FROM accounts_event e WHERE e.lead_id = c.lead_id
        AND e.kind = 'transition' AND e.move IN ('hand_over', 'fit_self_serve') AND e.at >= c.ended_at AND e.recorded_at <= %(as_of)s)
      ELSE false END AS is_over,
    EXISTS (SELECT FROM accounts_event e WHERE e.lead_id = c.lead_id AND e.kind = 'transition' AND e.cycle_id = c.id
      AND e.recorded_at <= %(as_of)s) AS is_there) x
"""
# Of these the replay says what was known; whether somebody booked by themselves is dated, and an early end goes with its end.
SAID_THEN = {
    "is_early": "c.is_early",
    "self_booked_at": "CASE WHEN c.self_booked_at <= %(as_of)s THEN c.self_booked_at END",
}


def source(is_live: bool, scope: str = IN_PERIOD) -> str:
    """Return rounds as they stand, or as they were known then. `scope` is which of them are wanted, as a condition on `{0}`: a round.

    A round of which nothing was written since then is as it was; the others are replayed, however many rounds there are beside them.
    """
    if is_live:
        return LIVE
    stamps = (
        SAID_THEN.get(name, f"CASE WHEN y.id IS NULL THEN c.{name} ELSE y.{name} END") + f" AS {name}"
        for name in STAMPS
    )
    replayed = REPLAYED.format(changed=CHANGED.format(scope=scope.format("k")))
    return f"""
SELECT {", ".join("c." + name for name in FACTS)}, {", ".join(stamps)}, {WHOLE}, {HOURS},
  CASE WHEN y.id IS NOT NULL THEN y.activated_at WHEN c.motion = 'plg' THEN c.working_at END AS activated_at,
  CASE WHEN y.id IS NULL THEN {TOLD_WORKED} ELSE y.is_told_worked END AS is_told_worked
FROM leads_cycle c {OWNER.format(people=people(False))} LEFT JOIN ({replayed}) y ON y.id = c.id
WHERE (y.id IS NULL OR y.is_there) AND {scope.format("c")}
"""


# What the metrics say of a round, in one place.
COUNTED = "r.outcome NOT IN ('handed_over', 'self_serve', 'opted_out', 'returned', 'void')"  # a disposition, a miss or still open
SOLD = f"(r.motion = 'slg' AND {COUNTED})"
DISPOSED = "r.outcome IN ('qualified', 'nurture', 'unqualified')"
# What ends the clock and picks a round up: a touch, or a meeting they booked by themselves, which counts as one and is told apart (SLA-1).
ANSWERED_AT = "least(r.first_touch_at, r.self_booked_at)"
TOUCHED = f"({ANSWERED_AT} IS NOT NULL)"
UNTOUCHED = f"({ANSWERED_AT} IS NULL AND {DISPOSED} AND r.ended_by_id IS NOT NULL)"
# What was brought over without a touch on file was worked where its history says so: a sale or a meeting of theirs, however far it came
# (skipped stages count as passed), or an end by a person there. What a limit ended untouched there was not picked up there.
TOLD = f"""(r.trigger = 'history' AND (r.is_told_worked OR {DISPOSED}
  AND r.reason_id IS DISTINCT FROM (SELECT q.id FROM accounts_reason q WHERE q.code = 'auto_abandoned')))"""
WORKED = f"({TOUCHED} OR {UNTOUCHED} OR {TOLD})"
# Whom a meeting that they booked by themselves alone picked up.
SELF_BOOKED = "(r.self_booked_at < coalesce(r.first_touch_at, 'infinity'))"
# Who brought a lead in and took it answered live: 0 min.
SELF_ASSIGNED = "r.trigger = 'own' AND r.is_first"
RESPONSE = f"CASE WHEN {SELF_ASSIGNED} THEN 0 ELSE extract(epoch FROM {ANSWERED_AT} - r.clock_from) END::float"
THERE = "(r.assigned_at AT TIME ZONE r.time_zone)"
OFF_HOURS = f"(NOT (extract(isodow FROM {THERE})::int = ANY(r.work_days) AND {THERE}::time >= r.work_start AND {THERE}::time < r.work_end))"
# Whose clock has run out by now, however it went; and when a round of any kind has had its time: what a rep, the limits or a sale need.
RAN_OUT = "coalesce(r.limit_at, r.clock_from + interval '24 hours') < %(known)s"
HAD_TO_QUALIFY = f"r.assigned_at + interval '{QUALIFY_WITHIN.days} days' < %(known)s"
HAD_TO_END = f"r.assigned_at + interval '{WORKING_FOR.days} days' < %(known)s"
SALE_TAKES = "interval '120 days'"  # the longest of the bands of contract value (MOTION-6)
HAD_TO_SELL = f"r.assigned_at + {SALE_TAKES} < %(known)s"
# Ended otherwise than by a disposition: in no rate, and shown beside.
ASIDE = f"r.motion = 'slg' AND NOT ({COUNTED})"
FACTS_OF_ALL = (SOLD, UNTOUCHED, OFF_HOURS)

COLUMNS = (
    ("Lead", "r.lead_id", "lead"),
    ("Round", "r.number", "number"),
    ("Owner", "r.owner_id", "person"),
    ("Source", "r.source_id", "source"),
    ("Assigned", "r.assigned_at", "moment"),
    ("First touch", "r.first_touch_at", "moment"),
    ("Touches", "r.touches", "number"),
    ("Ended", "r.ended_at", "moment"),
    ("Outcome", "r.outcome", "outcome"),
    ("Reason", "r.reason_id", "reason"),
)
DIMENSIONS = (REP, *FROZEN, TRIGGER, OUTCOME, REASON, TEAM, *by_time("r.assigned_at"))
FULLY_WORKED = (
    "(r.connected_at IS NOT NULL OR r.self_booked_at IS NOT NULL OR r.outcome = 'qualified' OR (r.first_touch_at IS NOT NULL"
    " AND r.ended_by_id IS NOT NULL AND r.outcome IN ('nurture', 'unqualified')))"
)
ROUNDS = Relation(
    "rounds", "rounds", source, "r.assigned_at", DIMENSIONS, COLUMNS, fully_worked=FULLY_WORKED, facts=FACTS_OF_ALL
)
