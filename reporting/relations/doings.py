"""Touches, passed limits and pulled days: what was done, day by day, where whole rounds are too coarse."""

from accounts.models import User
from leads.models import Channel, TouchOutcome
from leads.pulls import LEAST
from reporting.frame import Dimension, Relation
from reporting.relations import then
from reporting.relations.dimensions import FROZEN, by_time, choices, names
from reporting.relations.rounds import HOURS

FACTS = "c.motion, c.go_to_market, c.source_id, c.campaign_id, c.segment, c.region, c.is_target, c.number"
GRANTED = """EXISTS (SELECT FROM accounts_event g WHERE g.cycle_id = {0}.id
  AND g.kind = 'exception_granted' AND g.recorded_at <= %(as_of)s)"""
EXCEPTED = f"(c.has_exception AND {GRANTED.format('c')})"


def facts(is_live: bool) -> str:
    """Return what the round froze, and whether an exception was known to overlap it."""
    return f"{FACTS}, {'c.has_exception' if is_live else EXCEPTED} AS has_exception"


def touches(is_live: bool) -> str:
    """Return touches with what their round froze; as known then: logged by then and not yet withdrawn.

    Rounds with an exception are few, and joined by themselves: whoever asks nothing else of a touch's round never reads the others.
    """
    known = "t.withdrawn_at IS NULL"
    if not is_live:
        known = "t.recorded_at <= %(as_of)s AND (t.withdrawn_at IS NULL OR t.withdrawn_at > %(as_of)s)"
    return f"""
SELECT t.id, t.lead_id, t.cycle_id, t.by_id AS owner_id, NULL::bigint AS team_id, t.channel, t.outcome, t.occurred_at, t.recorded_at,
  t.is_automated, t.is_owners, {FACTS}, x.id IS NOT NULL{"" if is_live else " AND " + GRANTED.format("x")} AS has_exception
FROM leads_touch t LEFT JOIN leads_cycle c ON c.id = t.cycle_id LEFT JOIN leads_cycle x ON x.id = t.cycle_id AND x.has_exception
WHERE {known}
"""


def breaches(is_live: bool) -> str:
    """Return passed limits: recorded as due, on whoever had the lead; whether a manager was told, and what became of it."""
    known = "" if is_live else "AND e.recorded_at <= %(as_of)s"
    return f"""
SELECT e.id, e.lead_id, e.cycle_id, (e.data ->> 'owner')::bigint AS owner_id, NULL::bigint AS team_id, e.at, c.assigned_at,
  e.data ->> 'kind' AS clock, {facts(is_live)}, e.data ->> 'told' IS NOT NULL AS is_escalated, {HOURS},
  m.has_moved, m.hops
FROM accounts_event e JOIN leads_cycle c ON c.id = e.cycle_id CROSS JOIN LATERAL (
  SELECT (count(*) FILTER (WHERE s.began_at <= %(known)s))::int AS hops,
    coalesce(bool_or(s.began_at >= e.at{"" if is_live else " AND s.began_at <= %(as_of)s"}), false) AS has_moved
  FROM leads_spell s WHERE s.cycle_id = e.cycle_id AND s.how = 'sla') m
LEFT JOIN {then.people(is_live)} ou ON ou.id = (e.data ->> 'owner')::bigint WHERE e.kind = 'breach' {known}
"""


def pulled_days(is_live: bool) -> str:
    """Return one row for each working day of each person who pulls: how many they pulled. Days of absence are dropped.

    Pulled and given back untouched the same day is not counted; what an exception overlaps is in no figure and stands beside, as `aside`.
    `is_starved`: fewer than the goal, and nothing was left to pull.
    """
    known = "" if is_live else "AND c.assigned_at <= %(as_of)s"
    void = (
        "c.outcome = 'void'"
        if is_live
        else "c.outcome = 'void' AND EXISTS (SELECT FROM accounts_event v WHERE"
        + (" v.lead_id = c.lead_id AND v.kind IN ('undone', 'erased') AND v.recorded_at <= %(as_of)s)")
    )
    # Asked of what was found: the record by time is a poor way in.
    told = "true" if is_live else "s.recorded_at <= %(as_of)s"
    pulled = "c.trigger = 'pull' AND c.owner_id IS NOT NULL"
    excepted = "c.has_exception" if is_live else EXCEPTED
    return f"""
SELECT p.id * 100000 + (d.day - date '2000-01-01') AS id, p.id AS owner_id, NULL::bigint AS team_id, false AS has_exception,
  d.day::timestamp AT TIME ZONE %(zone)s AS at, coalesce(n.pulled, 0)::int AS pulled, coalesce(n.aside, 0)::int AS aside,
  NULL::bigint AS lead_id, coalesce(n.pulled, 0) < {LEAST} AND coalesce((SELECT bool_or({told}) FROM accounts_event s
    WHERE s.kind = 'starved' AND s.actor_id = p.id AND s.at BETWEEN d.day - interval '1 day' AND d.day + interval '2 days'
      AND (s.at AT TIME ZONE p.time_zone)::date = d.day), false) AS is_starved
FROM (SELECT DISTINCT c.owner_id FROM leads_cycle c WHERE {pulled} AND c.assigned_at >= %(starts_at)s AND c.assigned_at < %(ends_at)s
  {known}) w JOIN {then.people(is_live)} p ON p.id = w.owner_id
CROSS JOIN LATERAL (SELECT g::date AS day FROM generate_series(%(first)s::date, %(until)s::date - 1, interval '1 day') g) d
LEFT JOIN (SELECT c.owner_id, (c.assigned_at AT TIME ZONE u.time_zone)::date AS day,
    count(*) FILTER (WHERE NOT {excepted}) AS pulled, count(*) FILTER (WHERE {excepted}) AS aside
  FROM leads_cycle c JOIN {then.people(is_live)} u ON u.id = c.owner_id WHERE {pulled} AND NOT ({void})
    AND c.assigned_at >= %(starts_at)s::timestamptz - interval '2 days' AND c.assigned_at < %(ends_at)s::timestamptz + interval '2 days'
    {known} AND NOT (c.outcome = 'returned' AND c.first_touch_at IS NULL
      AND (c.ended_at AT TIME ZONE u.time_zone)::date = (c.assigned_at AT TIME ZONE u.time_zone)::date)
  GROUP BY 1, 2) n ON n.owner_id = p.id AND n.day = d.day
WHERE extract(isodow FROM d.day)::int = ANY(p.work_days) AND d.day < (%(known)s AT TIME ZONE p.time_zone)::date
  AND NOT EXISTS (SELECT FROM {then.absences(is_live)} a WHERE a.user_id = p.id
    AND a.starts_at < d.day::timestamp AT TIME ZONE p.time_zone + (p.work_end - time '00:00')
    AND a.ends_at > d.day::timestamp AT TIME ZONE p.time_zone + (p.work_start - time '00:00'))
"""


CHANNEL = Dimension("channel", "Channel", "r.channel", choices(Channel))
SAID = Dimension("said", "What came of it", "r.outcome", choices(TouchOutcome))
CLOCK = Dimension(
    "clock", "Which clock", "r.clock",
    lambda keys: {"response": "First touch", "hand_raise": "They asked for us", "review": "For the manager's word",
                  "reply": "They answered"},
)  # fmt: skip
PERSON = Dimension("rep", "Rep", "r.owner_id", names(User), "number", is_people=True, empty="nobody")
OWN_FACTS = ("fully_worked",)
TOUCHES = Relation(
    "touches", "touches", touches, "r.occurred_at", (PERSON, CHANNEL, SAID, *FROZEN, *by_time("r.occurred_at")),
    (("Lead", "r.lead_id", "lead"), ("By", "r.owner_id", "person"), ("Channel", "r.channel", "channel"),
     ("What came of it", "r.outcome", "said"),
     ("When", "r.occurred_at", "moment"), ("Logged", "r.recorded_at", "moment")),
    left_out="coalesce(r.has_exception, false)", ignores=OWN_FACTS,
)  # fmt: skip
BREACHES = Relation(
    "breaches", "passed limits", breaches, "r.at", (PERSON, CLOCK, *FROZEN, *by_time("r.at")),
    (("Lead", "r.lead_id", "lead"), ("Whose", "r.owner_id", "person"), ("Source", "r.source_id", "source"),
     ("Assigned", "r.assigned_at", "moment"),
     ("Limit passed", "r.at", "moment"), ("Manager told", "r.is_escalated", "yes"), ("Moved by limits", "r.hops", "number")),
    ignores=OWN_FACTS,
)  # fmt: skip
PULLED_DAYS = Relation(
    "pulled-days", "working days", pulled_days, "r.at", (PERSON, *by_time("r.at")[:4]),
    (("Rep", "r.owner_id", "person"), ("Day", "r.at", "day"), ("Pulled", "r.pulled", "number"),
     ("Excepted", "r.aside", "number"), ("Nothing left to pull", "r.is_starved", "yes")),
    ignores=("motion", "go_to_market", "source", "campaign", "segment", "region", "target", "cycle", "again", "fully_worked"),
)  # fmt: skip
