"""More reports by hand (`by_hand.py`): sales, what their leads were worth, meetings, hand-offs, companies."""

from leadops.benches.by_hand_words import IN, PERIOD, SOLD, middle, n, whole

THERE = "o.gone_as = '' AND o.status <> 'merged'"


def _rate(currency: str) -> str:
    return f"""CASE WHEN {currency} = 'EUR' THEN 1 ELSE (SELECT x.rate FROM reporting_exchangerate x WHERE x.currency = {currency}
      AND x.from_date <= (coalesce(o.pipeline_at, o.created_at) AT TIME ZONE 'Europe/Berlin')::date ORDER BY x.from_date DESC, x.id DESC
      LIMIT 1) END"""


ENTERED = f"""(SELECT o.*, coalesce(v.amount, o.amount) AS entry_amount, {_rate("coalesce(v.currency, o.currency)")} AS entry_rate,
    {_rate("o.currency")} AS rate
  FROM accounts_opportunity o LEFT JOIN (SELECT DISTINCT ON (o.id) o.id, (e.data ->> 'amount')::numeric AS amount,
      e.data ->> 'currency' AS currency
    FROM accounts_opportunity o JOIN accounts_event e ON e.opportunity_id = o.id AND e.kind = 'stage' AND e.at >= o.pipeline_at
    WHERE o.pipeline_at >= %(a)s AND o.pipeline_at < %(b)s ORDER BY o.id, e.at, e.id) v ON v.id = o.id
  WHERE {THERE} AND o.pipeline_at >= %(a)s AND o.pipeline_at < %(b)s) r"""
PIPELINE = [
    "0", "0", n("entry_rate IS NOT NULL"), whole("entry_amount * entry_rate"), "count(*)", n("rate IS NOT NULL"), whole("amount * rate"),
    n("status = 'won'"), n("entry_rate IS NULL OR rate IS NULL"),
]  # fmt: skip
MADE = f"""(SELECT o.*, {_rate("o.currency")} AS rate FROM accounts_opportunity o
  WHERE {THERE} AND o.created_at >= %(a)s AND o.created_at < %(b)s) r"""


def _of_all(where: str) -> list[str]:
    return [n(where), "count(*)"]


WON = "status = 'won'"
COHORTS = [
    "0", n("status = 'open'"), *_of_all(WON), "count(*)", *_of_all("qualified_at IS NOT NULL"), *_of_all("pipeline_at IS NOT NULL"),
    *_of_all("status = 'open'"), *_of_all("status = 'lost'"), n("status = 'not_qualified'"), n(f"{WON} AND rate IS NOT NULL"),
    whole("amount * rate", WON), n("rate IS NOT NULL"), whole("amount * rate"), n("rate IS NULL"), n(WON),
    middle("closed_at - created_at", WON),
]  # fmt: skip
# The opportunity that was made in a round: the first of its lead since, and before the next round.
SALES = """(SELECT c.*, s.* FROM leads_cycle c LEFT JOIN (SELECT DISTINCT ON (k.id) k.id AS round, o.status AS sale,
    CASE WHEN o.status = 'won' THEN o.closed_at END AS won_at{more} FROM leads_cycle k
    JOIN leads_contactrole w USING (lead_id) JOIN accounts_opportunity o ON o.id = w.opportunity_id
  WHERE k.assigned_at >= %(a)s AND k.assigned_at < %(b)s AND (o.created_at >= k.assigned_at OR (k.number = 1
      AND k.trigger = 'history')) AND o.gone_as = '' AND o.status <> 'merged'
    AND NOT EXISTS (SELECT FROM leads_cycle next WHERE next.lead_id = k.lead_id AND next.number = k.number + 1
      AND next.assigned_at <= o.created_at) ORDER BY k.id, o.created_at, o.id) s ON s.round = c.id WHERE {period}) r"""
CHANNEL = "concat(source_id, ':', segment)"
DECIDED = (
    f"{SOLD} AND ended_at IS NOT NULL AND sale IS DISTINCT FROM 'open' AND NOT (won_at IS NOT NULL AND worth IS NULL)"
)
SOLD_NOW = f"{DECIDED} AND won_at IS NOT NULL"
MEAN = f"avg(CASE WHEN won_at IS NOT NULL THEN worth ELSE 0 END) FILTER (WHERE {DECIDED})"
# Fewer than 30 are drawn to the figure of all.
DRAWN = f"""CASE WHEN GROUPING({CHANNEL}) = 1 OR {n(DECIDED)} >= 30 THEN {MEAN} ELSE (coalesce({MEAN}, 0) * {n(DECIDED)}
  + (30 - {n(DECIDED)}) * first_value({MEAN}) OVER (ORDER BY GROUPING({CHANNEL}) DESC)) / 30 END"""
LEAD_VALUE = [
    n("has_exception"), n(f"{SOLD} AND (ended_at IS NULL OR sale = 'open')"), n(DECIDED), DRAWN, n(DECIDED), MEAN, n(SOLD_NOW), n(DECIDED),
    n(SOLD_NOW), f"avg(worth) FILTER (WHERE {SOLD_NOW})", n(DECIDED),
]  # fmt: skip
# The first of its sale: no other one was booked before; what is of its own chain is no other one.
MEETINGS = """(SELECT m.*, coalesce(m.sourced_by_id, m.owner_id) AS whose, x.id IS NOT NULL AS has_exception,
    m.booked_at <= f.at OR m.sequence > 0 AND NOT EXISTS (SELECT FROM meetings_meeting o WHERE o.opportunity_id = m.opportunity_id
      AND o.uid <> m.uid AND o.booked_at < m.booked_at) AS is_first, later.previous_id IS NULL AS is_last
  FROM meetings_meeting m JOIN (SELECT opportunity_id, min(booked_at) AS at FROM meetings_meeting GROUP BY 1) f USING (opportunity_id)
  LEFT JOIN leads_cycle x ON x.id = m.cycle_id AND x.has_exception
  LEFT JOIN (SELECT DISTINCT previous_id FROM meetings_meeting WHERE previous_id IS NOT NULL) later ON later.previous_id = m.id
  WHERE m.starts_at >= %(a)s AND m.starts_at < %(b)s) r"""
HELD = f"{IN} AND status IN ('qualified', 'unqualified')"
CAME = f"{IN} AND status IN ('qualified', 'unqualified', 'no_show')"
STOOD = f"{IN} AND status NOT IN ('cancelled', 'rescheduled')"
DUE = "starts_at + interval '24 hours'"


def _no_show(of: str) -> list[str]:
    return [n(f"{of} AND status = 'no_show'"), n(of)]


MET = [
    n("has_exception"), n(f"{IN} AND status = 'booked' AND {DUE} >= %(now)s"), n(HELD), n(f"{HELD} AND status = 'qualified'"), n(HELD),
    *_no_show(CAME), *_no_show(f"{CAME} AND is_first"), *_no_show(f"{CAME} AND is_last"),
    n(f"{STOOD} AND {DUE} < %(now)s AND disposed_at <= {DUE}"), n(f"{STOOD} AND {DUE} < %(now)s"),
    n(f"{IN} AND status = 'booked' AND starts_at < %(now)s"), n(f"{IN} AND status = 'missed'"), n(f"{IN} AND status = 'rescheduled'"),
    n(f"{IN} AND status = 'cancelled'"), n(f"{IN} AND is_credited"), n(STOOD), middle("starts_at - booked_at", STOOD),
]  # fmt: skip
# Whose round was excepted then: the last that had begun; of a sale without a lead, of who it came by.
PASSED = """(SELECT h.*, x.id IS NOT NULL AS has_exception FROM meetings_handoff h LEFT JOIN (
    SELECT DISTINCT h.id FROM meetings_handoff h LEFT JOIN (SELECT DISTINCT ON (opportunity_id) opportunity_id, lead_id
        FROM leads_contactrole ORDER BY opportunity_id, is_primary DESC, id) p ON h.lead_id IS NULL AND p.opportunity_id = h.opportunity_id
    JOIN leads_cycle c ON c.has_exception AND c.lead_id = coalesce(h.lead_id, p.lead_id) AND c.assigned_at <= h.began_at
    LEFT JOIN leads_cycle next ON next.lead_id = c.lead_id AND next.number > c.number AND next.assigned_at <= h.began_at
    WHERE h.began_at >= %(a)s AND h.began_at < %(b)s AND next.id IS NULL) x USING (id)
  WHERE h.began_at >= %(a)s AND h.began_at < %(b)s) r"""
STANDS, ACCEPTED, REFUSED = (f"{IN} AND outcome {said}" for said in ("<> 'dropped'", "= 'accepted'", "= 'refused'"))
WAITS = f"{IN} AND outcome = ''"
JUDGED = f"{STANDS} AND (ended_at IS NOT NULL OR outcome = '' AND limit_at < %(now)s)"
ANSWERED = f"{IN} AND outcome IN ('accepted', 'refused')"
LASTED = "ended_at - began_at"
HAND_OFFS = [
    n("has_exception"), n(f"{WAITS} AND limit_at >= %(now)s"), n(STANDS), n(f"{ACCEPTED} AND ended_at <= limit_at"), n(JUDGED),
    n(f"{ACCEPTED} AND ended_at > limit_at"), n(REFUSED), n(ANSWERED), n(f"{REFUSED} AND is_oversold"), n(WAITS),
    n(f"{WAITS} AND limit_at < %(now)s"), n(ACCEPTED), middle(LASTED, ACCEPTED), n(ACCEPTED), middle(LASTED, ACCEPTED, 0.9),
    n(f"{STANDS} AND missing <> '[]'"), n(STANDS), n(f"{IN} AND outcome = 'dropped'"),
]  # fmt: skip
FURTHEST = """CASE WHEN bool_or(outcome = 'qualified') THEN 'qualified'
  WHEN bool_or(outcome = '' AND first_touch_at IS NOT NULL) THEN 'working'
  WHEN bool_or(outcome = '') THEN 'assigned' WHEN bool_or(outcome = 'nurture') THEN 'nurture' ELSE 'unqualified' END"""
COMPANIES = f"""(SELECT * FROM (SELECT account_id, has_exception, bool_and(has_exception) OVER (PARTITION BY account_id) AS is_out,
    {FURTHEST} AS status, bool_or(is_target) AS is_target, count(DISTINCT lead_id) AS people,
    bool_or(least(first_touch_at, self_booked_at) IS NOT NULL) AS is_touched,
    bool_or(least(connected_at, self_booked_at) IS NOT NULL) AS answered
  FROM leads_cycle WHERE account_id IS NOT NULL AND outcome <> 'void' AND {PERIOD} GROUP BY 1, 2) a WHERE is_out OR NOT has_exception) r"""
COMPANY = [
    n("has_exception"), "0", n(IN), n(f"{IN} AND is_target"), n(f"{IN} AND is_touched"), n(IN), n(f"{IN} AND answered"), n(IN),
    n(f"{IN} AND status = 'qualified'"), n(IN), n(IN), f"avg(people) FILTER (WHERE {IN})",
]  # fmt: skip
STATEMENTS = {
    "pipeline": (ENTERED, "development_owner_id", PIPELINE),
    "cohorts": (MADE, "date_trunc('month', created_at AT TIME ZONE 'Europe/Berlin')::date", COHORTS),
    "lead-value": (
        SALES.format(more=f", o.amount * {_rate('o.currency')} AS worth", period=PERIOD),
        CHANNEL,
        LEAD_VALUE,
    ),
    "meetings": (MEETINGS, "whose", MET),
    "hand-offs": (PASSED, "kind", HAND_OFFS),
    "companies": (COMPANIES, "status", COMPANY),
}
