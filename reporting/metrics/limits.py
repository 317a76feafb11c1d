"""The SLA (REP-17): limits that passed, what was moved for it, and when in the week it happens."""

from reporting.frame import MEAN, SHARE, Measure, Metric
from reporting.relations.doings import BREACHES
from reporting.relations.rounds import OFF_HOURS

LIMITS = Metric(
    name="limits",
    title="Passed limits",
    rule="REP-17",
    definition="Limits that passed without a first touch, dated when they passed, on whoever had the lead then; what a limit moved on, and"
    " how often. Exceptions are left out.",
    relation=BREACHES,
    by="hour_of_week",
    drawn="breaches",
    measures=(
        Measure("breaches", "Passed limits", "Each clock once for each pair of hands.", target=0, target_says="none", more_is_better=False),
        Measure("first", "First touches", "Of these, clocks of a first touch.", where="r.clock = 'response'", more_is_better=False),
        Measure("raised", "Asked for us", "Of these, clocks of somebody who asked for us.",
                where="r.clock = 'hand_raise'", more_is_better=False),
        Measure("escalated", "Escalated", "The manager was told: of those whom nobody touched before a sweep saw it.", SHARE,
                "r.is_escalated", more_is_better=False),
        Measure("off_hours", "Assigned off hours", "Assigned outside the working hours of whoever had the lead. It informs staffing and"
                " excuses nothing.", SHARE, OFF_HOURS, "r.owner_id IS NOT NULL", more_is_better=False),
        Measure("moved", "Moved on", "Given to somebody else by the limit.", SHARE, "r.has_moved"),
        Measure("hops", "Moves a round", "How often limits moved these rounds, on average.", MEAN, value="r.hops", unit="number",
                more_is_better=False),
        Measure("again", "More than one move", "Moved twice or more.", where="r.hops > 1", more_is_better=False),
    ),
)  # fmt: skip
