"""Activity beside outcomes (REP-23): never alone."""

from reporting.frame import SHARE, Measure, Metric
from reporting.relations.doings import TOUCHES

BY_HAND = "NOT r.is_automated"
REACHED = "r.outcome IN ('interested', 'call_back', 'not_interested')"

ACTIVITY = Metric(
    name="activity",
    title="Activity",
    rule="REP-23",
    definition="Touches by people in the period, by the day they were made, and how many of them reached somebody. Activity is not an"
    " outcome: read it beside qualified and won.",
    relation=TOUCHES,
    by="rep",
    drawn="touches",
    measures=(
        Measure("touches", "Touches", "Made by a person.", where=BY_HAND),
        Measure("calls", "Calls", "Of these, calls.", where=f"{BY_HAND} AND r.channel = 'call'"),
        Measure("emails", "Emails", "Of these, emails.", where=f"{BY_HAND} AND r.channel = 'email'"),
        Measure("reached", "Reached", "Somebody answered, of all touches.", SHARE, REACHED, BY_HAND),
        Measure("interested", "Interested", "Answered with interest, of those reached.", SHARE, "r.outcome = 'interested'",
                f"{BY_HAND} AND {REACHED}"),
        Measure("late", "Logged late", "Logged more than 24 h after they were made.", SHARE,
                "r.recorded_at - r.occurred_at > interval '24 hours'", BY_HAND, more_is_better=False),
        Measure("others", "For another's lead", "Made on a lead that was not theirs: counts for the lead, not for the rep.",
                where=f"{BY_HAND} AND NOT r.is_owners"),
        Measure("automated", "Automated", "Sent by a machine: works no lead.", where="r.is_automated"),
    ),
)  # fmt: skip
