"""Pipeline generated (REP-8): what first reached the pipeline stage in the period, by who sourced it."""

from reporting.frame import SUM, Measure, Metric
from reporting.relations.sales import ENTERED

EURO = "r.currency = 'EUR'"

PIPELINE = Metric(
    name="pipeline",
    title="Pipeline generated",
    rule="REP-8",
    definition="Opportunities that first reached the pipeline stage, or a later one, in the period, for their sales development owner, at"
    " their value then. A jump counts, back and forth counts once; before that stage nothing is pipeline.",
    relation=ENTERED,
    by="rep",
    drawn="value",
    measures=(
        Measure("value", "Value at entry", "In euro, as it was when it entered.", SUM, EURO, value="r.entry_amount", unit="money"),
        Measure("entered", "Opportunities", "That entered."),
        Measure("value_now", "Value now", "The same opportunities at what they are worth now.", SUM, EURO, value="r.amount", unit="money"),
        Measure("won", "Won since", "Of these, won.", where="r.status = 'won'"),
        Measure("other", "Other currencies", "Not in euro: counted, and in no sum.", where=f"NOT {EURO}"),
    ),
)  # fmt: skip
