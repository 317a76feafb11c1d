"""Companies we went to ourselves, and where each stands: how many of those needed to buy are known there, and how active its people are
(REP-10, ACC-13). The personas and weights are those of `meetings/coverage.py`; people and titles are today's.
"""

from leads.models import TouchOutcome
from meetings.coverage import COVERED, ENGAGED, HALF_LIFE, NEEDED, PLACES, WINDOW
from reporting.frame import FEW, Dimension, Relation
from reporting.relations.accounts import COMPANIES
from reporting.relations.accounts import source as companies


def _known(persona: str, words: tuple[str, ...]) -> str:
    listed = ", ".join(f"'{word}'" for word in words)
    return f"bool_or(p.words && ARRAY[{listed}] OR position('{persona}' in p.about) > 0)::int"


PERSONAS = " + ".join(_known(persona, words) for persona, words in NEEDED.items())
UNANSWERED = ", ".join(f"'{outcome}'" for outcome in TouchOutcome.UNANSWERED)
LONG, HALF = f"interval '{WINDOW.days} days'", HALF_LIFE.total_seconds()
PLACE = f"""CASE WHEN s.coverage >= {COVERED} AND s.is_engaged THEN '{PLACES[True, True][0]}' WHEN s.coverage >= {COVERED} THEN
  '{PLACES[True, False][0]}' WHEN s.is_engaged THEN '{PLACES[False, True][0]}' ELSE '{PLACES[False, False][0]}' END"""


def source(is_live: bool) -> str:
    """Return companies with an outbound round, or one of a target account, in the period; engaged is at least their segment's median."""
    known = "t.withdrawn_at IS NULL AND t.recorded_at <= %(known)s"
    if not is_live:
        known = "t.recorded_at <= %(as_of)s AND (t.withdrawn_at IS NULL OR t.withdrawn_at > %(as_of)s)"
    return f"""
SELECT s.*, {PLACE} AS place FROM (
  WITH r AS (SELECT a.*, coalesce(n.known, 0) / {len(NEEDED)}.0 AS coverage, coalesce(n.engagement, 0) AS engagement,
      coalesce(n.contacts, 0)::int AS contacts, coalesce(n.active, 0)::int AS active
    FROM ({companies(is_live)}) a LEFT JOIN LATERAL (
      SELECT {PERSONAS} AS known, count(*) AS contacts, count(*) FILTER (WHERE p.last IS NOT NULL) AS active,
        sum(power(0.5, extract(epoch FROM %(known)s - p.last)::float / {HALF})) FILTER (WHERE p.last IS NOT NULL) AS engagement
      FROM (SELECT regexp_split_to_array(replace(x.about, '-', ' '), '\\s+') AS words, x.* FROM (
        SELECT lower(coalesce((SELECT string_agg(cr.role, ' ') FROM leads_contactrole cr WHERE cr.lead_id = l.id), '') || ' ' || l.title)
            AS about,
          greatest((SELECT max(t.occurred_at) FROM leads_touch t WHERE t.lead_id = l.id AND NOT t.is_automated
              AND t.outcome NOT IN ({UNANSWERED}) AND t.occurred_at BETWEEN %(known)s - {LONG} AND %(known)s AND {known}),
            (SELECT max(g.at) FROM leads_signal g WHERE g.lead_id = l.id AND g.kind <> 'import'
              AND g.at BETWEEN %(known)s - {LONG} AND %(known)s AND g.recorded_at <= %(known)s)) AS last
        FROM leads_lead l WHERE l.account_id = a.account_id AND l.gone_as = '' AND l.opted_out_at IS NULL AND l.created_at <= %(known)s
          AND NOT (l.status = 'unqualified' AND EXISTS (SELECT FROM accounts_reason q WHERE q.id = l.reason_id
            AND q.code = 'left_company'))) x) p) n ON true WHERE a.is_sought)
  SELECT r.*, r.engagement > 0 AND r.engagement >= CASE WHEN m.number < {FEW} THEN {ENGAGED} ELSE m.middle END AS is_engaged
  FROM r JOIN (SELECT segment, count(*) AS number, percentile_cont(0.5) WITHIN GROUP (ORDER BY engagement) AS middle
    FROM r GROUP BY segment) m USING (segment)) s
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
