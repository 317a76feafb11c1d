"""Asked for us inside a round (REP-2): how soon whoever had the lead answered."""

from reporting.frame import MEAN, MEDIAN, P90, SHARE, Measure, Metric
from reporting.relations.raises import RAISES

ASKED = "r.outcome <> 'void'"
ANSWERED = f"{ASKED} AND r.answered_at IS NOT NULL"
TIME = "extract(epoch FROM r.answered_at - r.at)::float"


def _within(deadline: str) -> dict[str, str]:
    """Return what was answered in time, and of which: answered, or nobody did though the time passed while the round ran."""
    passed = f"{deadline} < %(known)s AND (r.ended_at IS NULL OR r.ended_at > {deadline})"
    return {
        "of": f"{ASKED} AND (r.answered_at IS NOT NULL OR ({passed}))",
        "where": f"r.answered_at <= {deadline}",
    }


HAND_RAISES = Metric(
    name="hand-raises",
    title="Asked for us",
    rule="REP-2",
    definition="Each time somebody in hand asked for us: from then to the next touch by a person, or to a meeting they booked by"
    " themselves, in calendar time. A clock of its own beside the round's, on whoever had the lead then. Unanswered ones are in no time and"
    " are misses in the shares.",
    relation=RAISES,
    by="week",
    drawn="median",
    ripe="r.limit_at < %(known)s",
    open_rows=f"{ASKED} AND r.answered_at IS NULL AND r.ended_at IS NULL AND r.limit_at >= %(known)s",
    measures=(
        Measure("asked", "Asked for us", "Times somebody in hand asked.", where=ASKED),
        Measure("median", "Median", "Half were answered sooner.", MEDIAN, ANSWERED, value=TIME, unit="time", target=7200,
                target_says="within 2 h", more_is_better=False),
        Measure("p90", "P90", "Nine of ten were answered sooner.", P90, ANSWERED, value=TIME, unit="time", more_is_better=False),
        Measure("mean", "Mean", "The average.", MEAN, ANSWERED, value=TIME, unit="time", more_is_better=False),
        Measure("in_2h", "Within 2 h", "Answered within two hours, 2:00:00 included.", SHARE, **_within("r.at + interval '2 hours'")),
        Measure("in_24h", "Within 24 h", "Answered within a day, 24:00:00 included.", SHARE, **_within("r.at + interval '24 hours'")),
        Measure("target", "Target met", "Answered by the target of the policy.", SHARE, target=0.9, target_says="90 %",
                **_within("r.target_at")),
        Measure("limit", "Limit kept", "Answered by the limit of the policy.", SHARE, target=1.0, target_says="100 %",
                **_within("r.limit_at")),
        Measure("unanswered", "Not answered", "Nobody answered them yet, or ever.", where=f"{ASKED} AND r.answered_at IS NULL",
                more_is_better=False),
    ),
)  # fmt: skip
