"""Pipeline generated (REP-8): what first reached the pipeline stage in the period, by who sourced it."""

from reporting.frame import SUM, Measure, Metric
from reporting.relations.sales import ENTERED

PRICED = "r.entry_rate IS NOT NULL"
PRICED_NOW = "r.rate IS NOT NULL"

PIPELINE = Metric(
    name="pipeline",
    title="Pipeline generated",
    rule="REP-8",
    definition="Opportunities that first reached the pipeline stage, or a later one, in the period, for their sales development owner, at"
    " their value then, in euro at that day's rate. A jump counts, back and forth counts once; before that stage nothing is pipeline."
    " What has no rate stands beside.",
    relation=ENTERED,
    by="rep",
    drawn="value",
    measures=(
        Measure("value", "Value at entry", "In euro, as it was when it entered.", SUM, PRICED,
                value="r.entry_amount * r.entry_rate", unit="money"),
        Measure("entered", "Opportunities", "That entered."),
        Measure("value_now", "Value now", "The same opportunities at what they are worth now, at the rate of the same day.", SUM,
                PRICED_NOW, value="r.amount * r.rate", unit="money"),
        Measure("won", "Won since", "Of these, won.", where="r.status = 'won'"),
        Measure("other", "Without a rate", "In a currency that nobody kept a rate of for that day: counted, and in no sum.",
                where=f"NOT ({PRICED} AND {PRICED_NOW})", more_is_better=False),
    ),
)  # fmt: skip
