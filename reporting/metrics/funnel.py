"""The funnel (REP-7, REP-12): how far the rounds of a period came. Skipped steps count as passed."""

from reporting.frame import MEAN, MEDIAN, SHARE, Measure, Metric
from reporting.relations.rounds import ANSWERED_AT, ASIDE, HAD_TO_SELL, SOLD, TOUCHED, WORKED
from reporting.relations.sales import ROUNDS_TO_SALES

OPPORTUNITY = "r.sale_id IS NOT NULL"
WON = "r.won_at IS NOT NULL"
# Days as a file writes them: they begin at midnight UTC, in which dates without a zone are read, so that they are the same everywhere.
DAYS_TO_WON = "((r.won_at AT TIME ZONE 'UTC')::date - (r.assigned_at AT TIME ZONE 'UTC')::date)"
MATURE = "(r.sale_id IS NULL OR r.sale_status <> 'not_qualified')"

FUNNEL = Metric(
    name="funnel",
    title="Funnel",
    rule="REP-7, REP-12",
    definition="Of the sales-led rounds assigned in the period: worked, qualified, with an opportunity, won. A cohort, read as known now;"
    " an opportunity counts for the round in which it was made. Read it by segment or channel: one average of all hides both.",
    relation=ROUNDS_TO_SALES,
    by="channel",
    drawn="to_opportunity",
    matures=True,
    ripe=HAD_TO_SELL,
    open_rows=f"{SOLD} AND (r.ended_at IS NULL OR r.sale_status = 'open')",
    measures=(
        Measure("assigned", "Assigned", "Sales-led rounds assigned in the period.", where=SOLD),
        Measure("worked", "Worked", "Of those assigned.", SHARE, WORKED, SOLD),
        Measure("qualified", "Qualified", "Of those worked.", SHARE, "r.outcome = 'qualified'", f"{SOLD} AND {WORKED}"),
        Measure("to_opportunity", "Lead to opportunity", "Rounds with an opportunity, of those assigned.", SHARE, OPPORTUNITY, SOLD),
        Measure("to_won", "Opportunity to won", "Won, of those with an opportunity that did not end as not qualified.", SHARE, WON,
                f"{SOLD} AND {OPPORTUNITY} AND {MATURE}"),
        Measure("won", "Won", "Rounds whose opportunity was won.", where=f"{SOLD} AND {WON}"),
        Measure("open", "Opportunity open", "Still undecided: they may yet be won.", where=f"{SOLD} AND r.sale_status = 'open'"),
        Measure("time_to_work", "Median to first touch", "From assigned.", MEDIAN, f"{SOLD} AND {TOUCHED}",
                value=f"extract(epoch FROM {ANSWERED_AT} - r.assigned_at)::float", unit="time", more_is_better=False),
        Measure("time_to_end", "Median to the end", "From assigned to the disposition.", MEDIAN, f"{SOLD} AND r.ended_at IS NOT NULL",
                value="extract(epoch FROM r.ended_at - r.assigned_at)::float", unit="time", more_is_better=False),
        Measure("time_to_won", "Median to won", "From assigned to won, to the minute.", MEDIAN, f"{SOLD} AND {WON}",
                value="extract(epoch FROM r.won_at - r.assigned_at)::float", unit="time", more_is_better=False),
        Measure("days_to_won", "Median days to won", "From the day it was assigned (brought over: of the first contact) to the day it was"
                " won; weekends count.", MEDIAN, f"{SOLD} AND {WON}", value=DAYS_TO_WON, unit="days", more_is_better=False),
        Measure("days_to_won_mean", "Mean days to won", "The same days, on average.", MEAN, f"{SOLD} AND {WON}", value=DAYS_TO_WON,
                unit="days", more_is_better=False),
        Measure("wrong_dates", "Data errors", "Won before the first contact, as the history says that was brought over. They stay in"
                " every figure.", where=f"{SOLD} AND {WON} AND r.won_at < r.assigned_at", more_is_better=False),
        Measure("beside", "Left aside", "Handed over, self-serve, opted out, returned or void: in no rate.", where=ASIDE),
    ),
)  # fmt: skip
