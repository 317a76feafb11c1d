"""Opportunities, and rounds with the opportunity that came of them. What is known at a moment is read from the events of the stages."""

from functools import partial

from accounts.models import Product, Stage, User
from leads.models import Source
from reporting.frame import Dimension, Relation
from reporting.models import HOUSE
from reporting.relations import rounds
from reporting.relations.dimensions import ACCOUNT, MOTION, REGION, SEGMENT, SOURCE, TARGET, by_time, names

# What a stage event says is what was true then; the row itself says what is true now. The value is the one at entry.
LIVE_STATE = "o.status, o.stage_id, o.qualified_at, o.pipeline_at, o.closed_at, o.amount, o.currency"
LIVE_ENTRY = "o.pipeline_at"
KNOWN_ENTRY = "CASE WHEN o.pipeline_at <= %(as_of)s AND k.reached_pipeline THEN o.pipeline_at END"
LIVE_CURRENCY, KNOWN_CURRENCY = "o.currency", "coalesce(k.currency, o.currency)"
KNOWN_STATE = f"""
  coalesce(k.status, 'open') AS status, coalesce(k.stage_id, o.stage_id) AS stage_id,
  CASE WHEN o.qualified_at <= %(as_of)s AND k.reached_qualified THEN o.qualified_at END AS qualified_at,
  {KNOWN_ENTRY} AS pipeline_at,
  CASE WHEN k.status <> 'open' THEN k.last_at END AS closed_at, coalesce(k.amount, o.amount) AS amount, {KNOWN_CURRENCY} AS currency
"""


def _last(what: str, where: str, order: str = "DESC") -> str:
    return f"(array_agg({what} ORDER BY e.id {order}) FILTER (WHERE {where}))[1]"


THEN = "e.recorded_at <= %(as_of)s"
STAGED, VALUED = f"s.id IS NOT NULL AND {THEN}", f"e.kind IN ('stage', 'value') AND {THEN}"
# Whose credit it was then, and who sold it: what the first change of hands after that moment took it from.
ROLES = {"development_owner": "owner_id", "opportunity_owner": "opportunity_owner_id"}
GIVEN = {role: f"e.kind = 'owner' AND e.move = '{role}' AND NOT ({THEN})" for role in ROLES}
LIVE_OWNERS, KNOWN_OWNERS = (
    ", ".join(said.format(role=role, name=name) for role, name in ROLES.items())
    for said in ("o.{role}_id AS {name}", "CASE WHEN k.{role}_changed THEN k.{role}_was ELSE o.{role}_id END AS {name}")
)
# The record of a sale is read once, all of it: by sale it is short, and by time there is far more of it.
KNOWN_JOIN = f"""
CROSS JOIN LATERAL (
  SELECT {_last("s.id", STAGED)} AS stage_id, {_last("s.status", STAGED)} AS status, {_last("e.at", STAGED)} AS last_at,
    bool_or(e.at >= o.qualified_at) FILTER (WHERE {STAGED}) AS reached_qualified,
    bool_or(e.at >= o.pipeline_at) FILTER (WHERE {STAGED}) AS reached_pipeline,
    {_last("(e.data ->> CASE e.kind WHEN 'value' THEN 'to' ELSE 'amount' END)::numeric", VALUED)} AS amount,
    {_last("e.data ->> 'currency'", VALUED)} AS currency, coalesce(bool_or(e.kind = 'undone' AND {
    THEN
}), false) AS is_undone,
    {
    ", ".join(
        f"bool_or({said}) AS {role}_changed, {_last("(e.data ->> 'from')::bigint", said, 'ASC')} AS {role}_was"
        for role, said in GIVEN.items()
    )
}
  FROM accounts_event e LEFT JOIN accounts_stage s ON s.id = CASE e.kind WHEN 'stage' THEN (e.data ->> 'to')::bigint END
  WHERE e.opportunity_id = o.id AND e.kind IN ('stage', 'value', 'owner', 'undone')) k
"""
# A sale belongs to the round in which it was made. History that was brought over may say that it was made before its lead's first
# contact: a wrong date, which loses nobody the sale.
BELONGS = "(c.assigned_at <= o.created_at OR (c.number = 1 AND c.trigger = 'history'))"
# Who took part then: who joined a sale that was there is on record by a booking or by being added. The parts of one that was brought over
# came with it.
KNOWN_PART = """NOT EXISTS (SELECT FROM (SELECT min(e.recorded_at) AS at FROM accounts_event e
    WHERE e.opportunity_id = cr.opportunity_id AND e.lead_id = cr.lead_id AND (e.kind = 'part' OR e.kind = 'meeting' AND e.move = 'book')) j
  WHERE j.at > %(as_of)s AND NOT EXISTS (SELECT FROM accounts_event g
    WHERE g.opportunity_id = cr.opportunity_id AND g.kind = 'stage' AND g.door = 'import'))"""
# The lead it came by: the primary contact, else the first; and the round of theirs in which it was made.
FIRST = """(SELECT DISTINCT ON (cr.opportunity_id) cr.opportunity_id, cr.lead_id FROM leads_contactrole cr
  ORDER BY cr.opportunity_id, cr.is_primary DESC, cr.id)"""
BY_LEAD = f"""
LEFT JOIN {FIRST} w ON w.opportunity_id = o.id
LEFT JOIN (SELECT DISTINCT ON (o.id) o.id AS sale, c.* FROM {FIRST} w JOIN accounts_opportunity o ON o.id = w.opportunity_id
  JOIN leads_cycle c ON c.lead_id = w.lead_id AND {BELONGS} ORDER BY o.id, c.number DESC) c ON c.sale = o.id
"""
# What is gone or folded into another is in no figure; what went later is in those of before.
LIVE_THERE = "o.gone_as = '' AND o.status <> 'merged'"
# What was brought over, or entered late, was not known before it was on record, whatever day it says that it was made.
KNOWN_THERE = "NOT k.is_undone AND k.stage_id IS NOT NULL AND k.status <> 'merged'"
# What a sale was worth when it entered: a set of its own, so that whoever does not ask never reads it.
ENTRY = """
LEFT JOIN (SELECT DISTINCT ON (e.opportunity_id) e.opportunity_id, (e.data ->> 'amount')::numeric AS amount,
    e.data ->> 'currency' AS currency
  FROM accounts_opportunity o JOIN accounts_event e ON e.opportunity_id = o.id AND e.kind = 'stage' AND e.at >= o.pipeline_at WHERE {scope}
  ORDER BY e.opportunity_id, e.at, e.id) v ON v.opportunity_id = o.id
"""
MADE_IN, ENTERED_IN = (
    f"o.{moment} >= %(starts_at)s AND o.{moment} < %(ends_at)s" for moment in ("created_at", "pipeline_at")
)


def rate(currency: str, is_live: bool) -> str:
    """Say what one of a currency was worth in the house's on the day a sale entered the pipeline; before that, on the day it was made.

    NULL where nobody kept a rate by then.
    """
    entered, known = (LIVE_ENTRY, "") if is_live else (KNOWN_ENTRY, "AND x.recorded_at <= %(as_of)s")
    return f"""CASE WHEN {currency} = '{HOUSE}' THEN 1 ELSE (SELECT x.rate FROM reporting_exchangerate x WHERE x.currency = {currency}
    AND x.from_date <= (coalesce({entered}, o.created_at) AT TIME ZONE %(zone)s)::date {known}
    ORDER BY x.from_date DESC, x.id DESC LIMIT 1) END"""


def opportunities(is_live: bool, scope: str = "true") -> str:
    """Return opportunities with their state, the value at their entry to the pipeline, and what the round behind them froze.

    `scope`: of which of them the value at entry is asked.
    """
    state, join = (LIVE_STATE, "") if is_live else (KNOWN_STATE, KNOWN_JOIN)
    owners = LIVE_OWNERS if is_live else KNOWN_OWNERS
    known = LIVE_THERE if is_live else f"o.created_at <= %(as_of)s AND {KNOWN_THERE}"
    currency = LIVE_CURRENCY if is_live else KNOWN_CURRENCY
    at_entry = f"coalesce(v.currency, {currency})"
    return f"""
SELECT o.id, o.account_id, o.product_id, o.created_at, {owners},
  NULL::bigint AS team_id, false AS has_exception, {state}, coalesce(v.amount, o.amount) AS entry_amount,
  {at_entry} AS entry_currency, {rate(at_entry, is_live)} AS entry_rate, {rate(currency, is_live)} AS rate, w.lead_id, c.source_id,
  c.campaign_id, coalesce(c.segment, '') AS segment, coalesce(c.region, '') AS region, c.motion, c.go_to_market,
  coalesce(c.is_target, false) AS is_target, c.number
FROM accounts_opportunity o {join} {BY_LEAD} {ENTRY.format(scope=scope)}
WHERE {known}
"""


def rounds_to_sales(is_live: bool) -> str:
    """Return the rounds of the period with the opportunity that was made in them: of the lead, before its next round."""
    state, join = (LIVE_STATE, "") if is_live else (KNOWN_STATE, KNOWN_JOIN)
    known = LIVE_THERE if is_live else f"o.created_at <= %(as_of)s AND {KNOWN_THERE} AND {KNOWN_PART}"
    worth = rate(LIVE_CURRENCY if is_live else KNOWN_CURRENCY, is_live)
    return f"""
SELECT c.*, s.id AS sale_id, s.status AS sale_status, CASE WHEN s.status = 'won' THEN s.closed_at END AS won_at, s.amount, s.currency,
  s.rate
FROM ({rounds.source(is_live)}) c
LEFT JOIN (
  SELECT DISTINCT ON (w.id) w.id AS round_id, o.id, {state}, {worth} AS rate
  FROM leads_cycle w JOIN leads_contactrole cr ON cr.lead_id = w.lead_id JOIN accounts_opportunity o ON o.id = cr.opportunity_id {join}
  WHERE {rounds.IN_PERIOD.format("w")} AND {BELONGS.replace("c.", "w.")} AND {known}
    AND NOT EXISTS (SELECT FROM leads_cycle n WHERE n.lead_id = w.lead_id AND n.number = w.number + 1 AND n.assigned_at <= o.created_at)
  ORDER BY w.id, o.created_at, o.id) s ON s.round_id = c.id
"""


def _segments_and_sources(keys) -> dict:
    """Name a segment and a source by their key in one: the source's number, a colon, the segment."""
    parts = {key: key.split(":", 1) for key in keys if key}
    sources = names(Source)([int(number) for number, _segment in parts.values() if number])
    return {
        key: f"{segment or 'no segment'} · {sources[int(number)] if number else 'no source'}"
        for key, (number, segment) in parts.items()
    }


CHANNEL = Dimension("channel", "Segment and channel", "concat(r.source_id, ':', r.segment)", _segments_and_sources)
PRODUCT = Dimension("product", "Product", "r.product_id", names(Product), "number")
STAGE = Dimension("stage", "Stage", "r.stage_id", names(Stage), "number")
SELLER = Dimension(
    "rep", "Sales development owner", "r.owner_id", names(User), "number", is_people=True, empty="nobody"
)
CLOSER = Dimension(
    "opportunity_owner",
    "Opportunity owner",
    "r.opportunity_owner_id",
    names(User),
    "number",
    is_people=True,
    empty="nobody",
)
CURRENCY = Dimension("currency", "Currency", "r.currency")
COMMON = (SELLER, CLOSER, CHANNEL, SOURCE, SEGMENT, REGION, MOTION, TARGET, PRODUCT, STAGE, CURRENCY, ACCOUNT)
COLUMNS = (
    ("Opportunity", "r.id", "opportunity"),
    ("Lead", "r.lead_id", "lead"),
    ("Sales development owner", "r.owner_id", "person"),
    ("Created", "r.created_at", "moment"),
    ("Pipeline", "r.pipeline_at", "moment"),
    ("Closed", "r.closed_at", "moment"),
    ("State", "r.status", "sale"),
    ("Value now", "trim_scale(r.amount)::text", "text"),
    ("Currency", "r.currency", "text"),
    ("Rate", "trim_scale(r.rate)::text", "text"),
)
FREE = ("fully_worked",)
# A cohort by the day it was made, and what entered the pipeline by the day it did.
CREATED = Relation(
    "created",
    "opportunities",
    partial(opportunities, scope=MADE_IN),
    "r.created_at",
    (*COMMON, *by_time("r.created_at")),
    COLUMNS,
    ignores=FREE,
)
ENTERED = Relation(
    "entered",
    "opportunities",
    partial(opportunities, scope=ENTERED_IN),
    "r.pipeline_at",
    (*COMMON, *by_time("r.pipeline_at")),
    COLUMNS,
    ignores=FREE,
)
ROUNDS_TO_SALES = Relation(
    "rounds-to-sales",
    "rounds",
    rounds_to_sales,
    "r.assigned_at",
    (CHANNEL, *rounds.DIMENSIONS),
    (*rounds.COLUMNS, ("Won", "r.won_at", "moment")),
    fully_worked=rounds.FULLY_WORKED,
    facts=rounds.FACTS_OF_ALL,
)
