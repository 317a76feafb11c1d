"""Lead value (REP-12): what a lead of a kind is worth, from what became of those before it: 20 % times 10,000 is 2,000."""

from dataclasses import replace

from reporting.frame import MEAN, SHARE, Measure, Metric
from reporting.relations.rounds import HAD_TO_SELL, SOLD
from reporting.relations.sales import ROUNDS_TO_SALES

ENOUGH = 30
WON = "r.won_at IS NOT NULL"
MATURED = (
    f"{SOLD} AND r.ended_at IS NOT NULL AND r.sale_status IS DISTINCT FROM 'open' AND NOT ({WON} AND r.rate IS NULL)"
)
WORTH = f"CASE WHEN {WON} THEN r.amount * r.rate ELSE 0 END"


def shrink(answer) -> None:
    """Draw the estimate of each line of fewer than 30 matured rounds to the figure of all, in proportion to what it lacks."""
    parent = answer.total.cells["value"].value
    for line in answer.lines:
        cell = line.cells["estimate"]
        if parent is not None and cell.n < ENOUGH:
            own = (cell.value or 0) * cell.n
            line.cells["estimate"] = replace(cell, value=(own + (ENOUGH - cell.n) * parent) / ENOUGH)


LEAD_VALUE = Metric(
    name="lead-value",
    title="Lead value",
    rule="REP-12",
    definition="Conversion times the average value won, of the sales-led rounds assigned in the period that are decided: the round ended,"
    " and no opportunity of it is open. In euro, at the rate of the day each entered the pipeline; rounds won in a currency without a rate"
    " are left aside. Fewer than 30 of a kind are drawn to the figure of all, in proportion to what they lack. A cohort, as known now.",
    relation=ROUNDS_TO_SALES,
    by="channel",
    drawn="estimate",
    matures=True,
    usual="last-12-months",
    ripe=HAD_TO_SELL,
    open_rows=f"{SOLD} AND (r.ended_at IS NULL OR r.sale_status = 'open')",
    finish=shrink,
    measures=(
        Measure("estimate", "Lead value", "What a lead of this kind may be taken to be worth.", MEAN, MATURED, value=WORTH, unit="money"),
        Measure("value", "As counted", "Won value over decided rounds, however few they are.", MEAN, MATURED, value=WORTH, unit="money"),
        Measure("conversion", "Conversion", "Won, of the decided rounds.", SHARE, WON, MATURED),
        Measure("average", "Average won", "Value of the won ones.", MEAN, f"{MATURED} AND {WON}", value="r.amount * r.rate", unit="money"),
        Measure("decided", "Decided", "Rounds that ended, with no opportunity open.", where=MATURED),
    ),
)  # fmt: skip
