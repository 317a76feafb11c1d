"""Hands: one person's time with one round. What a rep's own figures stand on, where the house's stand on whole rounds.

The first owner has the assignment; who receives it inside the round has its own line, its clock running from then where a limit moved it.
A touch, a meeting they booked by themselves or an end counts for whoever had the round then; else the line reads *reassigned away*,
picked up by nobody.
"""

from dataclasses import replace

from accounts.models import User
from leads.models import Source
from reporting.frame import Dimension, Relation
from reporting.relations import rounds
from reporting.relations.dimensions import names
from reporting.relations.rounds import FACTS, STAMPS
from reporting.relations.then import people

AWAY = "reassigned"
# `r` frozen facts of the round, whose owner and clock are the hand's own.
OWN = {
    "id": "s.id",
    "owner_id": "s.owner_id",
    "team_id": "NULL::bigint",
    "assigned_at": "c.assigned_at",
    "first_touch_at": "CASE WHEN {mine} THEN c.first_touch_at END",
    "first_touch_by_id": "CASE WHEN {mine} THEN c.first_touch_by_id END",
    "touches": "{touches}",
    "self_booked_at": "CASE WHEN {booked} THEN c.self_booked_at END",
    "outcome": f"CASE WHEN s.gone AND ({{mine}} OR {{booked}}) IS NOT TRUE AND c.outcome <> 'void' THEN '{AWAY}' ELSE c.outcome END",
    "ended_by_id": "CASE WHEN c.ended_by_id = s.owner_id AND ({mine} OR {booked} OR least(c.first_touch_at, c.self_booked_at) IS NULL)"
    " THEN c.ended_by_id END",
    "target_at": "c.target_at + ({clock_from} - c.assigned_at)",
    "limit_at": "c.limit_at + ({clock_from} - c.assigned_at)",
}
# A person's times with a round are one row: from their first, and all of them as one set of times. Later ones of others end it.
SQL = """
SELECT {columns}, s.is_first, (NOT s.is_first)::int AS received, {clock_from} AS clock_from, s.gone,
  CASE WHEN s.gone THEN s.left_at END AS left_at, {hours}, {fully} AS fully_worked,
  c.is_told_worked AND NOT s.gone AS is_told_worked
FROM ({rounds}) c JOIN (
  SELECT p.cycle_id, p.owner_id, min(p.id) AS id, max(p.ended_at) AS left_at, bool_or(p.how = 'assigned') AS is_first,
    min(p.began_at) AS began_at, count(*) = 1 AS is_once,
    max(p.id) < max(max(p.id)) OVER (PARTITION BY p.cycle_id) AS gone
  FROM leads_cycle k JOIN leads_spell p ON p.cycle_id = k.id
  WHERE {scope} AND p.role = 'development' AND p.began_at <= {known} GROUP BY p.cycle_id, p.owner_id
) s ON s.cycle_id = c.id AND s.owner_id IS NOT NULL LEFT JOIN {people} ou ON ou.id = s.owner_id
"""
CLOCK_FROM = "CASE WHEN s.is_first THEN c.assigned_at ELSE s.began_at END"
# Nearly everybody has a round once; only of who had it again are the times looked up one by one.
HELD = """(CASE WHEN s.is_once THEN {0} >= s.began_at AND ({0} <= s.left_at OR s.left_at IS NULL) ELSE EXISTS (SELECT FROM leads_spell p
  WHERE p.cycle_id = s.cycle_id AND p.owner_id = s.owner_id AND p.role = 'development' AND p.began_at <= {known} AND {0} >= p.began_at
    AND ({0} <= p.ended_at OR p.ended_at IS NULL)) END)"""
TOUCHES = """(SELECT count(*)::int FROM leads_touch t WHERE t.cycle_id = c.id AND t.by_id = s.owner_id AND NOT t.is_automated
  AND (t.withdrawn_at IS NULL OR t.withdrawn_at > {known}) AND t.recorded_at <= {known})"""


def source(is_live: bool) -> str:
    """Return hands of the rounds assigned in the period, as they stand or as they were known then."""
    known = "'infinity'::timestamptz" if is_live else "%(as_of)s"
    had = {name: HELD.format(f"c.{name}", known=known) for name in ("first_touch_at", "self_booked_at")}
    mine = f"(c.first_touch_by_id = s.owner_id AND {had['first_touch_at']})"
    said = {
        "mine": mine,
        "booked": had["self_booked_at"],
        "clock_from": CLOCK_FROM,
        "touches": TOUCHES.format(known=known),
    }
    columns = ", ".join(
        f"{OWN[name].format(**said) if name in OWN else 'c.' + name} AS {name}" for name in (*FACTS, *STAMPS)
    )
    return SQL.format(
        columns=columns,
        rounds=rounds.source(is_live),
        known=known,
        people=people(is_live),
        hours=rounds.HOURS,
        fully=rounds.FULLY_WORKED.replace("r.", "c."),
        clock_from=CLOCK_FROM,
        scope=rounds.IN_PERIOD.format("k"),
    )


# Rounds there were then that were ended since an hour before the period, or have been taken back or have gone on since.
ENDED_SINCE = """{0}.assigned_at <= %(as_of)s
  AND ({0}.ended_at IS NULL OR {0}.ended_at > %(starts_at)s::timestamptz - interval '1 hour')"""


def with_hour(is_live: bool) -> str:
    """Return hands, each with how many rounds of its source whoever ended it had ended untouched in the hour up to then, as known then."""
    return f"""
SELECT h.*, n.within_hour FROM ({source(is_live)}) h LEFT JOIN (
  SELECT e.lead_id, e.number, count(*) FILTER (WHERE e.outcome IN ('nurture', 'unqualified')) OVER (PARTITION BY e.ended_by_id, e.source_id
    ORDER BY e.ended_at RANGE BETWEEN interval '59 minutes 59.999999 seconds' PRECEDING AND CURRENT ROW) AS within_hour
  FROM ({rounds.source(is_live, ENDED_SINCE)}) e WHERE e.first_touch_at IS NULL AND {rounds.UNTOUCHED.replace("r.", "e.")}
    AND e.ended_at > %(starts_at)s::timestamptz - interval '1 hour') n ON n.lead_id = h.lead_id AND n.number = h.number
"""


def with_received(is_live: bool) -> str:
    """Return whole rounds, each with how many people received it inside, from another: as many as hands of it that are not its first.

    Few do: they are read by themselves, and no other time of anybody with a round.
    """
    known = "'infinity'::timestamptz" if is_live else "%(as_of)s"
    theirs = "{0}.role = 'development' AND {0}.owner_id IS NOT NULL AND {0}.began_at <= {1}"
    return f"""
SELECT k.*, coalesce(n.received, 0) AS received FROM ({rounds.source(is_live)}) k LEFT JOIN (
  SELECT p.cycle_id, count(DISTINCT p.owner_id)::int AS received FROM leads_spell p
  WHERE p.how <> 'assigned' AND {theirs.format("p", known)} AND NOT EXISTS (SELECT FROM leads_spell g
    WHERE g.cycle_id = p.cycle_id AND g.owner_id = p.owner_id AND g.how = 'assigned' AND {theirs.format("g", known)})
  GROUP BY p.cycle_id) n ON n.cycle_id = k.id
"""


def _rep_and_source(keys) -> dict:
    """Name a person and a source by their key in one."""
    pairs = {key: [int(part) if part else None for part in key.split(":")] for key in keys if key}
    people, sources = names(User)([a for a, _ in pairs.values()]), names(Source)([b for _, b in pairs.values()])
    return {key: f"{people.get(a, 'nobody')}, {sources.get(b, 'no source')}" for key, (a, b) in pairs.items()}


REP_SOURCE = Dimension(
    "rep_source", "Rep and source", "concat(r.owner_id, ':', r.source_id)", _rep_and_source, "pair", is_people=True
)
HANDS = Relation(
    "hands",
    "leads in a rep's hands",
    source,
    "r.assigned_at",
    (REP_SOURCE, *rounds.DIMENSIONS),
    rounds.COLUMNS,
    fully_worked="r.fully_worked",
    facts=rounds.FACTS_OF_ALL,
)
ROUNDS_IN_HANDS = replace(rounds.ROUNDS, name="rounds-in-hands", sql=with_received)
HANDS_IN_THE_HOUR = replace(HANDS, name="hands-in-the-hour", sql=with_hour)
