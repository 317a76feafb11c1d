"""Qualified rate (REP-6): of what was worked, what became *now*."""

from reporting.frame import MEDIAN, SHARE, Measure, Metric
from reporting.relations.hands import HANDS
from reporting.relations.rounds import ASIDE, HAD_TO_QUALIFY, ROUNDS, SOLD, WORKED

NOW = "r.outcome = 'qualified'"

QUALIFIED = Metric(
    name="qualified",
    title="Qualified",
    rule="REP-6",
    definition="Of the sales-led rounds assigned in the period, those that reached the qualifying stage, once a round; a later loss does"
    " not undo it. Worked means the same as in pick-up.",
    relation=ROUNDS,
    by_hands=HANDS,
    by="source",
    drawn="rate",
    ripe=HAD_TO_QUALIFY,
    open_rows=f"{SOLD} AND r.ended_at IS NULL",
    measures=(
        Measure("rate", "Qualified, of worked", "Qualified, of those worked.", SHARE, NOW, f"{SOLD} AND {WORKED}"),
        Measure("of_assigned", "Qualified, of assigned", "Qualified, of all assigned.", SHARE, NOW, SOLD),
        Measure("qualified", "Qualified", "Rounds that ended now.", where=f"{SOLD} AND {NOW}"),
        Measure("worked", "Worked", "Touched, or ended by a person without a touch, or worked as its history says.",
                where=f"{SOLD} AND {WORKED}"),
        Measure("assigned", "Assigned", "All that were assigned.", where=SOLD),
        Measure("time", "Median to qualify", "From the assigned date to the end.", MEDIAN, f"{SOLD} AND {NOW}",
                value="extract(epoch FROM r.ended_at - r.assigned_at)::float", unit="time", more_is_better=False),
        Measure("beside", "Left aside", "Handed over, self-serve, opted out, returned or void: in no rate.", where=ASIDE),
    ),
)  # fmt: skip
