"""Companies, in the state of their most advanced lead (REP-10): whoever had a round assigned in the period."""

from accounts.models import Account, User
from leads.models import LeadStatus
from reporting.frame import Dimension, Relation
from reporting.relations import rounds
from reporting.relations.dimensions import choices, names

# How far somebody is: the furthest of the rounds of a company says where the company is.
FURTHEST = (
    "CASE WHEN bool_or(c.outcome = 'qualified') THEN 'qualified' WHEN"
    " bool_or(c.outcome = '' AND c.first_touch_at IS NOT NULL) THEN 'working'"
    " WHEN bool_or(c.outcome = '') THEN 'assigned' WHEN bool_or(c.outcome = 'nurture') THEN 'nurture' ELSE 'unqualified' END"
)


# What is said of a company is what its last round froze.
LAST = ("segment", "region", "relationship", "owner_id", "team_id")


def source(is_live: bool) -> str:
    """Return one row for each company of the rounds assigned in the period. A company all of whose rounds are left out is left out.

    Counted apart, left out and not, before one of the two is left: two rows a company, however many rounds.
    """
    last = ", ".join(f"(array_agg(c.{name} ORDER BY c.assigned_at DESC, c.id DESC))[1] AS {name}" for name in LAST)
    return f"""
SELECT * FROM (SELECT c.account_id AS id, c.account_id, NULL::bigint AS lead_id, max(c.assigned_at) AS at, {last},
  bool_or(c.is_target) AS is_target, bool_or(c.is_target OR c.go_to_market = 'outbound') AS is_sought, {FURTHEST} AS status,
  count(DISTINCT c.lead_id)::int AS people, sum(c.touches)::int AS touches,
  bool_or(least(c.first_touch_at, c.self_booked_at) IS NOT NULL) AS is_touched,
  bool_or(c.connected_at IS NOT NULL OR c.self_booked_at IS NOT NULL) AS answered, c.has_exception,
  bool_and(c.has_exception) OVER (PARTITION BY c.account_id) AS is_out
FROM ({rounds.source(is_live)}) c
WHERE c.account_id IS NOT NULL AND c.outcome <> 'void' AND c.assigned_at >= %(starts_at)s AND c.assigned_at < %(ends_at)s
GROUP BY c.account_id, c.has_exception) c WHERE c.is_out OR NOT c.has_exception
"""


STATUS = Dimension("status", "State of its most advanced lead", "r.status", choices(LeadStatus))
RELATION = Dimension(
    "relationship", "Relationship", "r.relationship",
    lambda keys: {"new_business": "New business", "open_opportunity": "Open opportunity", "customer": "Customer"},
)  # fmt: skip
COMPANIES = Relation(
    "companies", "companies", source, "r.at",
    (
        STATUS, RELATION, Dimension("segment", "Segment", "nullif(r.segment, '')", empty="no segment"),
        Dimension("region", "Region", "nullif(r.region, '')", empty="no region"),
        Dimension("target", "Target account", "r.is_target::int", lambda keys: {1: "Target account", 0: "Other"}, "number"),
        Dimension("rep", "Rep", "r.owner_id", names(User), "number", is_people=True, empty="a team's queue"),
        Dimension("account", "Company", "r.account_id", names(Account), "number", is_people=True),
    ),
    (("Company", "r.account_id", "company"), ("State", "r.status", "state"), ("Rep", "r.owner_id", "person"),
     ("People", "r.people", "number"),
     ("Touches", "r.touches", "number"), ("Last assigned", "r.at", "moment")),
    ignores=("motion", "go_to_market", "source", "campaign", "cycle", "again", "fully_worked"),
)  # fmt: skip
