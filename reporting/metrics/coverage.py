"""Coverage and engagement of companies (REP-10, ACC-13): identify, expand reach, engage, win."""

from reporting.frame import MEAN, SHARE, Measure, Metric
from reporting.relations.covered import COVERED_COMPANIES

COVERAGE = Metric(
    name="coverage",
    title="Coverage and engagement",
    rule="REP-10",
    definition="Companies we went to ourselves or target, by a round assigned in the period. Covered: enough of those needed to buy are"
    " known there; gone and opted-out people do not count. Engaged: enough people with activity in 30 days, weighted by how recent it is."
    " Who is needed and how much is enough is RevOps' version in force; where it names no engagement, the median of the segment's active"
    " companies that night, as on the company's page. Neither: identify; engaged only: expand"
    " reach; covered only: engage; both: win.",
    relation=COVERED_COMPANIES,
    by="place",
    drawn="companies",
    measures=(
        Measure("companies", "Companies", "That we went to."),
        Measure("covered", "Covered", "Enough of those needed are known.", SHARE, "r.is_covered"),
        Measure("engaged", "Engaged", "Enough of its people are active.", SHARE, "r.is_engaged"),
        Measure("win", "Covered and engaged", "Ask for the decision.", SHARE, "r.place = 'win'"),
        Measure("personas", "Coverage", "Those needed who are known, on average.", MEAN, value="100 * r.coverage",
                unit="percent"),
        Measure("engagement", "Engagement", "People active in 30 days, weighted by how recent, on average.", MEAN, value="r.engagement",
                unit="number"),
        Measure("contacts", "Contacts", "People known at each, on average.", MEAN, value="r.contacts", unit="number"),
    ),
)  # fmt: skip
