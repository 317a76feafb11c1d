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
from reporting.relations.then import was

UNANSWERED = ", ".join(f"'{outcome}'" for outcome in TouchOutcome.UNANSWERED)
LONG = f"interval '{WINDOW.days} days'"
PLACE = f"""CASE WHEN s.is_covered AND s.is_engaged THEN '{PLACES[True, True][0]}' WHEN s.is_covered THEN '{PLACES[True, False][0]}'
  WHEN s.is_engaged THEN '{PLACES[False, True][0]}' ELSE '{PLACES[False, False][0]}' END"""
# The version in force, as shipped where there is none; its personas, one a line: who, a colon, words.
RULE = f"""
rule AS (SELECT * FROM (SELECT valid_from, version, personas, covered_percent, engaged_from, half_life_days FROM meetings_coveragerule
    WHERE valid_from <= %(known)s UNION ALL SELECT '-infinity', 0, '{SHIPPED}', 50, NULL, 30) v
  ORDER BY valid_from DESC, version DESC LIMIT 1),
needed AS (SELECT lower(btrim(split_part(line, ':', 1))) AS persona,
    regexp_split_to_array(btrim(replace(lower(substr(line, position(':' IN line) + 1)), ',', ' ')), '\\s+') AS words
  FROM rule, regexp_split_to_table(personas, '\\r?\\n') line WHERE btrim(line) <> '')"""

# RevOps' number, else the median as it was kept last of the segment that the company was in.
CUT_OFF = f"""coalesce(rule.engaged_from, (SELECT e.engagement FROM accounts_account c JOIN meetings_segmentmedian e
    ON e.segment = {was("accounts_account", "segment", "c.segment", "text", "c.id")}
  WHERE c.id = a.account_id AND e.at <= %(known)s ORDER BY e.at DESC LIMIT 1), {DEFAULT})"""


# Who counts as there: not gone, not opted out, not known to have left the company.
LEFT = "EXISTS (SELECT FROM accounts_reason q WHERE q.id = {reason} AND q.code = 'left_company')"
LIVE_THERE = f"""l.gone_as = '' AND l.opted_out_at IS NULL AND l.created_at <= %(known)s
  AND NOT (l.status = 'unqualified' AND {LEFT.format(reason="l.reason_id")})"""
KNOWN_THERE = f"""l.recorded_at <= %(as_of)s AND (l.opted_out_at IS NULL OR l.opted_out_at > %(as_of)s)
  AND (l.gone_as = '' OR EXISTS (SELECT FROM accounts_event g WHERE g.lead_id = l.id AND g.kind IN ('undone', 'erased')
    AND g.recorded_at > %(as_of)s))
  AND NOT EXISTS (SELECT FROM (SELECT e.to_status, e.reason_id FROM accounts_event e WHERE e.lead_id = l.id AND e.kind = 'transition'
    AND e.recorded_at <= %(as_of)s ORDER BY e.id DESC LIMIT 1) s
    WHERE s.to_status = 'unqualified' AND {LEFT.format(reason="s.reason_id")})
  AND {was("leads_lead", "account_id", "l.account_id", "bigint", "l.id")} = a.account_id"""
TITLE = was("leads_lead", "title", "l.title", "text", "l.id")
ROLE = was("leads_contactrole", "role", "cr.role", "text", "cr.id")


def source(is_live: bool) -> str:
    """Return companies with an outbound round, or one of a target account, in the period."""
    known = "t.withdrawn_at IS NULL AND t.recorded_at <= %(known)s"
    role, title = ("cr.role", "l.title") if is_live else (ROLE, TITLE)
    if not is_live:
        known = "t.recorded_at <= %(as_of)s AND (t.withdrawn_at IS NULL OR t.withdrawn_at > %(as_of)s)"
    return f"""
SELECT s.*, {PLACE} AS place FROM (WITH {RULE}
  SELECT a.*, n.*, n.known * 100 >= rule.covered_percent * n.asked AS is_covered, n.engagement >= {CUT_OFF} AS is_engaged,
    n.known::float / n.asked AS coverage FROM rule, ({companies(is_live)}) a CROSS JOIN LATERAL (
    WITH x AS (SELECT lower(coalesce((SELECT string_agg({role}, ' ') FROM leads_contactrole cr WHERE cr.lead_id = l.id), '') || ' '
          || {title}) AS about,
        greatest((SELECT max(t.occurred_at) FROM leads_touch t WHERE t.lead_id = l.id AND NOT t.is_automated
            AND t.outcome NOT IN ({UNANSWERED}) AND t.occurred_at BETWEEN %(known)s - {LONG} AND %(known)s AND {known}),
          (SELECT max(g.at) FROM leads_signal g WHERE g.lead_id = l.id AND g.kind <> 'import'
            AND g.at BETWEEN %(known)s - {LONG} AND %(known)s AND g.recorded_at <= %(known)s)) AS last
      FROM leads_lead l WHERE l.account_id = a.account_id AND {LIVE_THERE if is_live else KNOWN_THERE}),
    p AS (SELECT x.*, regexp_split_to_array(replace(x.about, '-', ' '), '\\s+') AS words FROM x)
    SELECT count(*)::int AS contacts, count(p.last)::int AS active,
      coalesce(sum(power(0.5, extract(epoch FROM %(known)s - p.last)::float / (86400 * rule.half_life_days)))
        FILTER (WHERE p.last IS NOT NULL), 0) AS engagement,
      (SELECT count(*) FROM needed) AS asked, (SELECT count(*) FROM needed d WHERE EXISTS (SELECT FROM p
        WHERE p.words && d.words OR position(d.persona IN p.about) > 0)) AS known FROM p) n
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
