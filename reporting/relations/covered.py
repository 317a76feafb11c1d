"""Companies we went to ourselves, and where each stands: how many of those needed to buy are known there, and how active its people are
(REP-10, ACC-13). Who is needed, the cut-offs and the half-life are RevOps' version in force then, or the segment's median, as on its page
(`meetings/coverage.py`). Who was there, where they worked, their titles and parts are as known then; nothing is of who was erased since.
"""

from leads.models import TouchOutcome
from meetings.coverage import PLACES, WINDOW
from meetings.medians import DEFAULT
from meetings.models.coverage import SHIPPED
from reporting.frame import Dimension, Relation
from reporting.relations.accounts import COMPANIES
from reporting.relations.accounts import source as companies
from reporting.relations.rounds import IN_PERIOD
from reporting.relations.sales import KNOWN_PART
from reporting.relations.then import was

UNANSWERED = ", ".join(f"'{outcome}'" for outcome in TouchOutcome.UNANSWERED)
LONG = f"interval '{WINDOW.days} days'"
PLACE = f"""CASE WHEN s.is_covered AND s.is_engaged THEN '{PLACES[True, True][0]}' WHEN s.is_covered THEN '{PLACES[True, False][0]}'
  WHEN s.is_engaged THEN '{PLACES[False, True][0]}' ELSE '{PLACES[False, False][0]}' END"""
# The version in force, as shipped where there is none; its personas, one a line: who, a colon, words; each has a bit of its own.
RULE = f"""
rule AS (SELECT * FROM (SELECT valid_from, version, personas, covered_percent, engaged_from, half_life_days FROM meetings_coveragerule
    WHERE valid_from <= %(known)s UNION ALL SELECT '-infinity', 0, '{SHIPPED}', 50, NULL, 30) v
  ORDER BY valid_from DESC, version DESC LIMIT 1),
needed AS (SELECT lower(btrim(split_part(line, ':', 1))) AS persona, 1::bigint << (row_number() OVER () - 1)::int AS bit,
    regexp_split_to_array(btrim(replace(lower(substr(line, position(':' IN line) + 1)), ',', ' ')), '\\s+') AS words
  FROM rule, regexp_split_to_table(personas, '\\r?\\n') line WHERE btrim(line) <> '')"""

# RevOps' number, else the median as it was kept last, by then, of the segment that the company was in.
MEDIANS = """(SELECT DISTINCT ON (e.segment) e.segment, e.engagement FROM meetings_segmentmedian e
  WHERE e.at <= %(known)s AND e.recorded_at <= %(known)s ORDER BY e.segment, e.at DESC)"""
CUT_OFF = f"coalesce(rule.engaged_from, median.engagement, {DEFAULT})"


# Who counts as there: not gone, not opted out, not known to have left the company. Who made no step since stands where they stood.
LEFT = "EXISTS (SELECT FROM accounts_reason q WHERE q.id = {reason} AND q.code = 'left_company')"
HAS_LEFT = f"(l.status = 'unqualified' AND {LEFT.format(reason='l.reason_id')})"
LIVE_THERE = f"l.gone_as = '' AND l.opted_out_at IS NULL AND l.created_at <= %(known)s AND NOT {HAS_LEFT}"
KNOWN_THERE = f"""l.recorded_at <= %(as_of)s AND (l.opted_out_at IS NULL OR l.opted_out_at > %(as_of)s)
  AND (l.gone_as = '' OR EXISTS (SELECT FROM accounts_event g WHERE g.lead_id = l.id AND g.kind IN ('undone', 'erased')
    AND g.recorded_at > %(as_of)s))
  AND NOT CASE WHEN NOT EXISTS (SELECT FROM accounts_event e WHERE e.lead_id = l.id AND e.kind = 'transition'
      AND e.recorded_at > %(as_of)s) THEN {HAS_LEFT} ELSE
    EXISTS (SELECT FROM (SELECT e.to_status, e.reason_id FROM accounts_event e WHERE e.lead_id = l.id AND e.kind = 'transition'
      AND e.recorded_at <= %(as_of)s ORDER BY e.id DESC LIMIT 1) s
      WHERE s.to_status = 'unqualified' AND {LEFT.format(reason="s.reason_id")}) END
  AND {was("leads_lead", "account_id", "l.account_id", "bigint", "l.id")} = l.account_id"""
TITLE = was("leads_lead", "title", "l.title", "text", "l.id")
ROLE = was("leads_contactrole", "role", "cr.role", "text", "cr.id")
SEGMENT = was("accounts_account", "segment", "company.segment", "text", "company.id")


def source(is_live: bool) -> str:
    """Return companies with an outbound round, or one of a target account, in the period.

    Parts and titles are read once for each that there is, and not for each of the people who have it.
    """
    known, parts = "t.withdrawn_at IS NULL AND t.recorded_at <= %(known)s", "" if is_live else f" AND {KNOWN_PART}"
    role, title, segment = ("cr.role", "l.title", "company.segment") if is_live else (ROLE, TITLE, SEGMENT)
    if not is_live:
        known = "t.recorded_at <= %(as_of)s AND (t.withdrawn_at IS NULL OR t.withdrawn_at > %(as_of)s)"
    return f"""
SELECT s.*, {PLACE} AS place FROM (WITH {RULE},
  place AS (SELECT DISTINCT k.account_id FROM leads_cycle k
    WHERE {IN_PERIOD.format("k")} AND k.account_id IS NOT NULL AND (k.is_target OR k.go_to_market = 'outbound')),
  person AS MATERIALIZED (SELECT l.account_id, lower(coalesce(w.roles, '') || ' ' || {title}) AS about, greatest(t.last, g.last) AS last
    FROM place JOIN leads_lead l ON l.account_id = place.account_id
    LEFT JOIN LATERAL (SELECT string_agg({role}, ' ') AS roles FROM leads_contactrole cr WHERE cr.lead_id = l.id{parts}) w ON true
    LEFT JOIN (SELECT t.lead_id, max(t.occurred_at) AS last FROM leads_touch t WHERE NOT t.is_automated
        AND t.outcome NOT IN ({UNANSWERED}) AND t.occurred_at BETWEEN %(known)s - {LONG} AND %(known)s AND {known}
      GROUP BY t.lead_id) t ON t.lead_id = l.id
    LEFT JOIN (SELECT g.lead_id, max(g.at) AS last FROM leads_signal g WHERE g.kind <> 'import'
        AND g.at BETWEEN %(known)s - {LONG} AND %(known)s AND g.recorded_at <= %(known)s GROUP BY g.lead_id) g ON g.lead_id = l.id
    WHERE {LIVE_THERE if is_live else KNOWN_THERE}),
  fits AS MATERIALIZED (SELECT k.about, coalesce((SELECT bit_or(d.bit) FROM needed d
      WHERE regexp_split_to_array(replace(k.about, '-', ' '), '\\s+') && d.words OR position(d.persona IN k.about) > 0), 0) AS bits
    FROM (SELECT DISTINCT about FROM person) k),
  people AS (SELECT p.account_id, count(*)::int AS contacts, count(p.last)::int AS active, bit_or(f.bits) AS bits,
      coalesce(sum(power(0.5, extract(epoch FROM %(known)s - p.last)::float / (86400 * rule.half_life_days))::numeric)
        FILTER (WHERE p.last IS NOT NULL), 0) AS engagement
    FROM rule, person p JOIN fits f ON f.about = p.about GROUP BY p.account_id)
  SELECT a.*, coalesce(n.contacts, 0) AS contacts, coalesce(n.active, 0) AS active, coalesce(n.engagement, 0) AS engagement,
    b.known * 100 >= rule.covered_percent * b.asked AS is_covered, coalesce(n.engagement, 0) >= {CUT_OFF} AS is_engaged,
    b.known::numeric / b.asked AS coverage
  FROM rule, ({companies(is_live)}) a JOIN accounts_account company ON company.id = a.account_id
  LEFT JOIN people n ON n.account_id = a.account_id
  LEFT JOIN {MEDIANS} median ON median.segment = {segment}
  CROSS JOIN LATERAL (SELECT bit_count(coalesce(n.bits, 0)::bit(64)) AS known, (SELECT count(*) FROM needed) AS asked) b
  WHERE a.is_sought) s
"""


PLACED = Dimension(
    "place", "Where they stand", "r.place", lambda keys: {key: label for key, label, _step in PLACES.values()}
)
COVERED_COMPANIES = Relation(
    "covered", "companies", source, "r.at", (PLACED, *COMPANIES.dimensions),
    (("Company", "r.account_id", "company"), ("Rep", "r.owner_id", "person"), ("Contacts", "r.contacts", "number"),
     ("Active in 30 days", "r.active", "number"), ("Where they stand", "initcap(r.place)", "text"), ("Last assigned", "r.at", "moment")),
    ignores=COMPANIES.ignores,
)  # fmt: skip
