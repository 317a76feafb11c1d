"""Reports as somebody who knows the tables would write them for one question: the least SQL with the same answer (`reporting.py`).

Each statement is a FROM, what tells lines apart, and the figures of the page in its order: what is left out, what is still open, and of
each measure its rows, and what they are of or what comes of them.
"""

from datetime import datetime

from django.db import connection

from leadops.benches import by_hand_rounds, by_hand_sales
from leadops.benches.by_hand_words import (
    ANSWERED,
    ASIDE,
    ASKED,
    BOOKED,
    IN,
    LIVE,
    MISSABLE,
    OFF,
    PERIOD,
    ROUNDS,
    SEEN,
    SOLD,
    TOOK,
    TOUCHED,
    UNSEEN,
    WORKED,
    middle,
    n,
)  # fmt: skip
from reporting.period import Period


def _in(limit: str, of: str) -> list[str]:
    return [n(f"{of} AND (answered_at <= {limit} OR ({LIVE}))"), n(of)]


def _within(hours: int) -> list[str]:
    limit = f"assigned_at + interval '{hours} hours'"
    return _in(limit, f"{MISSABLE} AND (answered_at IS NOT NULL OR {limit} < %(now)s)")


def _kept(limit: str) -> list[str]:
    return _in(limit, f"{MISSABLE} AND {limit} IS NOT NULL AND (answered_at IS NOT NULL OR {limit} < %(now)s)")


RESPONSE = [
    n("has_exception"), n(f"{ASKED} AND answered_at IS NULL AND ended_at IS NULL AND limit_at >= %(now)s"),
    n(TOUCHED), middle(TOOK, TOUCHED), n(TOUCHED), middle(TOOK, TOUCHED, 0.9), n(TOUCHED),
    f"(avg(extract(epoch FROM {TOOK})::float) FILTER (WHERE {TOUCHED}))",
    *_within(2), *_within(24), *_kept("target_at"), *_kept("limit_at"),
    n(f"{ASKED} AND {OFF}"), n(f"{ASKED} AND owner_id IS NOT NULL"), n(f"{TOUCHED} AND {OFF}"), middle(TOOK, f"{TOUCHED} AND {OFF}"),
    n(f"{TOUCHED} AND first_touch_at = assigned_at"), n(LIVE),
    n(f"{TOUCHED} AND {BOOKED}"), n(f"{ASKED} AND {UNSEEN}"), n(f"{ASIDE} AND go_to_market = 'inbound'"),
]  # fmt: skip
PICK_UP = [
    n("has_exception"), n(f"{ASKED} AND NOT {SEEN} AND ended_at IS NULL"),
    n(f"{ASKED} AND {WORKED}"), n(ASKED), n(f"{ASKED} AND {SEEN}"), n(ASKED), n(f"{ASKED} AND {BOOKED}"),
    n(f"{ASKED} AND {UNSEEN}"), n(ASKED),
    n(f"{ASKED} AND {UNSEEN} AND reason_id IN (SELECT id FROM accounts_reason WHERE is_prequalification)"), n(f"{ASKED} AND {UNSEEN}"),
    n(f"{ASKED} AND NOT {SEEN} AND ended_at IS NULL AND outcome = ''"),
    n(f"{ASKED} AND NOT {SEEN} AND outcome = 'nurture' AND ended_by_id IS NULL"), n(f"{ASIDE} AND go_to_market = 'inbound'"),
]  # fmt: skip
NOW = "outcome = 'qualified'"
QUALIFIED = [
    n("has_exception"), n(f"{SOLD} AND ended_at IS NULL"), n(f"{SOLD} AND {WORKED} AND {NOW}"), n(f"{SOLD} AND {WORKED}"),
    n(f"{SOLD} AND {NOW}"), n(SOLD), n(f"{SOLD} AND {NOW}"), n(f"{SOLD} AND {WORKED}"), n(SOLD), n(f"{SOLD} AND {NOW}"),
    middle("ended_at - assigned_at", f"{SOLD} AND {NOW}"), n(ASIDE),
]  # fmt: skip
SALES = by_hand_sales.SALES.format(more="", period=PERIOD)
DAYS = "((won_at AT TIME ZONE 'UTC')::date - (assigned_at AT TIME ZONE 'UTC')::date)"
FUNNEL = [
    n("has_exception"), n(f"{SOLD} AND (ended_at IS NULL OR sale = 'open')"), n(SOLD), n(f"{SOLD} AND {WORKED}"), n(SOLD),
    n(f"{SOLD} AND {WORKED} AND {NOW}"), n(f"{SOLD} AND {WORKED}"), n(f"{SOLD} AND round IS NOT NULL"), n(SOLD),
    n(f"{SOLD} AND won_at IS NOT NULL"), n(f"{SOLD} AND sale <> 'not_qualified'"), n(f"{SOLD} AND won_at IS NOT NULL"),
    n(f"{SOLD} AND sale = 'open'"),
    n(f"{SOLD} AND {SEEN}"), middle("least(first_touch_at, self_booked_at) - assigned_at", f"{SOLD} AND {SEEN}"),
    n(f"{SOLD} AND ended_at IS NOT NULL"), middle("ended_at - assigned_at", f"{SOLD} AND ended_at IS NOT NULL"),
    n(f"{SOLD} AND won_at IS NOT NULL"), middle("won_at - assigned_at", f"{SOLD} AND won_at IS NOT NULL"),
    n(f"{SOLD} AND won_at IS NOT NULL"),
    f"percentile_cont(0.5) WITHIN GROUP (ORDER BY {DAYS}) FILTER (WHERE {SOLD} AND won_at IS NOT NULL)",
    n(f"{SOLD} AND won_at IS NOT NULL"), f"avg({DAYS}) FILTER (WHERE {SOLD} AND won_at IS NOT NULL)",
    n(f"{SOLD} AND won_at < assigned_at"), n(ASIDE),
]  # fmt: skip
TOUCHES = """leads_touch t LEFT JOIN leads_cycle x ON x.id = t.cycle_id AND x.has_exception
  WHERE t.withdrawn_at IS NULL AND t.occurred_at >= %(a)s AND t.occurred_at < %(b)s"""
MADE = "x.id IS NULL AND NOT t.is_automated"
REACHED = f"{MADE} AND t.outcome IN ('interested', 'call_back', 'not_interested')"
ACTIVITY = [
    n("x.id IS NOT NULL"), "0", n(MADE), n(f"{MADE} AND t.channel = 'call'"), n(f"{MADE} AND t.channel = 'email'"), n(REACHED), n(MADE),
    n(f"{MADE} AND t.outcome = 'interested'"), n(REACHED), n(f"{MADE} AND t.recorded_at - t.occurred_at > interval '24 hours'"), n(MADE),
    n(f"{MADE} AND NOT t.is_owners"), n("x.id IS NULL AND t.is_automated"),
]  # fmt: skip
BREACHES = """(SELECT e.at AT TIME ZONE 'Europe/Berlin' AS at, e.data ->> 'kind' AS clock, c.has_exception, m.hops, m.moved,
    e.data ->> 'told' IS NOT NULL AS is_told, u.id AS owner_id, c.assigned_at AT TIME ZONE u.time_zone AS there, u.work_days, u.work_start,
    u.work_end
  FROM accounts_event e JOIN leads_cycle c ON c.id = e.cycle_id LEFT JOIN accounts_user u ON u.id = (e.data ->> 'owner')::bigint
  CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE s.began_at <= %(now)s) AS hops, coalesce(bool_or(s.began_at >= e.at), false) AS moved
    FROM leads_spell s WHERE s.cycle_id = e.cycle_id AND s.how = 'sla') m
  WHERE e.kind = 'breach' AND e.at >= %(a)s AND e.at < %(b)s) r"""
LIMITS = [
    n("has_exception"), "0", n(IN), n(f"{IN} AND clock = 'response'"), n(f"{IN} AND clock = 'hand_raise'"), n(f"{IN} AND is_told"), n(IN),
    n(f"{IN} AND {OFF}"), n(f"{IN} AND owner_id IS NOT NULL"), n(f"{IN} AND moved"), n(IN), n(IN), f"avg(hops) FILTER (WHERE {IN})",
    n(f"{IN} AND hops > 1"),
]  # fmt: skip
# Whose a round was, in one row however often they had it; whoever had it after them ended their time with it.
HANDS = """(SELECT s.owner_id, c.source_id, c.motion, c.has_exception, h.within,
    CASE WHEN s.mine THEN c.first_touch_at END AS first_touch_at, CASE WHEN s.booked THEN c.self_booked_at END AS self_booked_at,
    CASE WHEN s.gone AND NOT s.mine AND NOT s.booked AND c.outcome <> 'void' THEN 'reassigned' ELSE c.outcome END AS outcome,
    CASE WHEN c.ended_by_id = s.owner_id AND (s.mine OR s.booked OR least(c.first_touch_at, c.self_booked_at) IS NULL)
      THEN c.ended_by_id END AS ended_by_id
  FROM (SELECT k.id, p.owner_id, coalesce(bool_or(k.first_touch_by_id = p.owner_id AND p.began_at <= k.first_touch_at
        AND (p.ended_at IS NULL OR p.ended_at >= k.first_touch_at)), false) AS mine,
      coalesce(bool_or(p.began_at <= k.self_booked_at AND (p.ended_at IS NULL OR p.ended_at >= k.self_booked_at)), false) AS booked,
      max(p.id) < max(max(p.id)) OVER (PARTITION BY k.id) AS gone
    FROM leads_cycle k JOIN leads_spell p ON p.cycle_id = k.id
    WHERE k.assigned_at >= %(a)s AND k.assigned_at < %(b)s AND p.role = 'development' GROUP BY k.id, p.owner_id) s
  JOIN leads_cycle c USING (id) LEFT JOIN (SELECT e.id, count(*) FILTER (WHERE e.outcome <> 'qualified') OVER (
      PARTITION BY e.ended_by_id, e.source_id ORDER BY e.ended_at RANGE BETWEEN interval '59 minutes 59.999999 seconds' PRECEDING
      AND CURRENT ROW) AS within
    FROM leads_cycle e WHERE e.first_touch_at IS NULL AND e.self_booked_at IS NULL AND e.ended_by_id IS NOT NULL
      AND e.outcome IN ('qualified', 'nurture', 'unqualified')
      AND e.ended_at > %(a)s::timestamptz - interval '1 hour') h USING (id) WHERE s.owner_id IS NOT NULL) r"""
CHERRY_PICKING = [
    n("has_exception"), "0", n(f"{SOLD} AND {UNSEEN}"), n(SOLD), n(f"{SOLD} AND {SEEN}"), n(SOLD),
    n(f"{SOLD} AND outcome = 'reassigned'"), n(SOLD), n(f"{IN} AND {UNSEEN} AND within > 5"), n(f"{SOLD} AND {NOW}"), n(SOLD), n(ASIDE),
]  # fmt: skip
# As shipped, and without medians kept: the words of the personas, half covered, one person active just now.
WORDS = {
    1: ("decision maker", "decision|chief|ceo|cfo|coo|cto|director|vp|head|owner|founder|president"),
    2: ("champion", "champion|manager|lead"),
    4: ("user", "user|engineer|analyst|operator|planner|specialist"),
    8: ("finance", "finance|budget|controller|purchasing|procurement"),
}
FITS = " | ".join(
    f"(about ~ '{name}|(^|[\\s-])({words})([\\s-]|$)')::int * {bit}" for bit, (name, words) in WORDS.items()
)
COMPANIES = f"""(WITH a AS MATERIALIZED (
    SELECT account_id, bool_and(has_exception) AS has_exception
    FROM (SELECT *, bool_and(has_exception) OVER (PARTITION BY account_id) AS is_out FROM leads_cycle
      WHERE account_id IS NOT NULL AND outcome <> 'void' AND {PERIOD}) c WHERE is_out OR NOT has_exception
    GROUP BY account_id HAVING bool_or(is_target OR go_to_market = 'outbound')),
  x AS MATERIALIZED (SELECT account_id, lower(coalesce(w.roles, '') || ' ' || l.title) AS about, greatest(t.last, g.last) AS last
    FROM a JOIN leads_lead l USING (account_id)
    LEFT JOIN (SELECT lead_id, string_agg(role, ' ') AS roles FROM leads_contactrole GROUP BY 1) w ON w.lead_id = l.id
    LEFT JOIN (SELECT lead_id, max(occurred_at) AS last FROM leads_touch WHERE NOT is_automated AND withdrawn_at IS NULL
        AND outcome IN ('interested', 'call_back', 'not_interested') AND occurred_at BETWEEN %(now)s::timestamptz - interval '30 days'
        AND %(now)s AND recorded_at <= %(now)s GROUP BY 1) t ON t.lead_id = l.id
    LEFT JOIN (SELECT lead_id, max(at) AS last FROM leads_signal WHERE kind <> 'import'
        AND at BETWEEN %(now)s::timestamptz - interval '30 days' AND %(now)s AND recorded_at <= %(now)s GROUP BY 1) g ON g.lead_id = l.id
    WHERE l.gone_as = '' AND l.opted_out_at IS NULL AND l.created_at <= %(now)s AND (l.status <> 'unqualified'
      OR l.reason_id <> (SELECT id FROM accounts_reason WHERE code = 'left_company'))),
  f AS MATERIALIZED (SELECT about, {FITS} AS bits FROM (SELECT DISTINCT about FROM x) k),
  p AS (SELECT account_id, count(*) AS contacts, bit_count(bit_or(bits)::bit(8)) AS known,
      sum(power(0.5, extract(epoch FROM %(now)s::timestamptz - last)::float / (86400 * 30))::numeric) AS engagement
    FROM x JOIN f USING (about) GROUP BY account_id)
  SELECT a.*, p.contacts, coalesce(p.engagement, 0) AS engagement, coalesce(p.known, 0) AS known FROM a LEFT JOIN p USING (account_id)) r"""
PLACE = """CASE WHEN known >= 2 THEN CASE WHEN engagement >= 1 THEN 'win' ELSE 'engage' END
  WHEN engagement >= 1 THEN 'expand' ELSE 'identify' END"""
COVERAGE = [
    n("has_exception"), "0", n(IN), n(f"{IN} AND known >= 2"), n(IN), n(f"{IN} AND engagement >= 1"), n(IN),
    n(f"{IN} AND known >= 2 AND engagement >= 1"), n(IN), n(IN), f"avg(100 * known::numeric / 4) FILTER (WHERE {IN})",
    n(IN), f"avg(engagement) FILTER (WHERE {IN})", n(IN), f"avg(coalesce(contacts, 0)) FILTER (WHERE {IN})",
]  # fmt: skip
# name -> FROM, what tells lines apart, figures
STATEMENTS = {
    "response": (ANSWERED, "date_trunc('week', assigned_at AT TIME ZONE 'Europe/Berlin')::date", RESPONSE),
    "pick-up": (ROUNDS, "source_id", PICK_UP),
    "qualified": (ROUNDS, "source_id", QUALIFIED),
    "funnel": (SALES, "concat(source_id, ':', segment)", FUNNEL),
    "cherry-picking": (HANDS, "concat(owner_id, ':', source_id)", CHERRY_PICKING),
    "activity": (TOUCHES, "t.by_id", ACTIVITY),
    "limits": (BREACHES, "((extract(isodow FROM at) - 1) * 24 + extract(hour FROM at))::int", LIMITS),
    "coverage": (COMPANIES, PLACE, COVERAGE),
    **by_hand_rounds.STATEMENTS,
    **by_hand_sales.STATEMENTS,
}


def ask(name: str, period: Period, now: datetime) -> dict[object, tuple]:
    """Return the figures of each line, and of all of them under ''."""
    source, key, figures = STATEMENTS[name]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT GROUPING({key}), {key}, {', '.join(figures)} FROM {source} GROUP BY GROUPING SETS ((), ({key}))",
            {"a": period.starts_at, "b": period.ends_at, "now": now},
        )
        return {"" if row[0] else row[1]: tuple(row[2:]) for row in cursor.fetchall()}
