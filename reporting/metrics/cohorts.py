"""SDR conversion to won (REP-9): of what somebody sourced, what was won, by the month in which it was made."""

from reporting.frame import MEDIAN, SHARE, SUM, Measure, Metric
from reporting.relations.rounds import SALE_TAKES
from reporting.relations.sales import CREATED

PRICED = "r.rate IS NOT NULL"
WON = "r.status = 'won'"

COHORTS = Metric(
    name="cohorts",
    title="Sourced to won",
    rule="REP-9",
    definition="Of the opportunities made in the period, those won, for their sales development owner: a cohort, read as known now. Never"
    " what was won in the period over what was made in it.",
    relation=CREATED,
    by="month",
    drawn="won",
    matures=True,
    ripe=f"r.created_at + {SALE_TAKES} < %(known)s",
    open_rows="r.status = 'open'",
    measures=(
        Measure("won", "Won", "Won, of all that were made.", SHARE, WON),
        Measure("sourced", "Sourced", "Opportunities made in the period."),
        Measure("qualified", "Reached qualifying", "Of all that were made.", SHARE, "r.qualified_at IS NOT NULL"),
        Measure("pipeline", "Reached pipeline", "Of all that were made.", SHARE, "r.pipeline_at IS NOT NULL"),
        Measure("open", "Still open", "May yet be won.", SHARE, "r.status = 'open'"),
        Measure("lost", "Lost", "Lost, of all that were made.", SHARE, "r.status = 'lost'", more_is_better=False),
        Measure("dropped", "Not qualified", "No meeting of theirs was ever qualified: neither won nor lost.",
                where="r.status = 'not_qualified'", more_is_better=False),
        Measure("amount", "Won, amount", "In euro, at the rate of the day each entered the pipeline.", SUM, f"{WON} AND {PRICED}",
                value="r.amount * r.rate", unit="money"),
        Measure("sourced_amount", "Sourced, amount", "In euro, at that day's rate; before pipeline, of the day it was made.", SUM, PRICED,
                value="r.amount * r.rate", unit="money"),
        Measure("other", "Without a rate", "In a currency that nobody kept a rate of for that day: counted, and in no sum.",
                where=f"NOT ({PRICED})", more_is_better=False),
        Measure("time", "Median to won", "From made to won.", MEDIAN, WON, value="extract(epoch FROM r.closed_at - r.created_at)::float",
                unit="time", more_is_better=False),
    ),
)  # fmt: skip
