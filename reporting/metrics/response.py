"""Response time and attainment (REP-2): from the assigned date to the first touch, in calendar time, nights and weekends in."""

from reporting.frame import MEAN, MEDIAN, P90, SHARE, Measure, Metric
from reporting.relations.hands import HANDS
from reporting.relations.rounds import (
    ANSWERED_AT,
    ASIDE,
    OFF_HOURS,
    RAN_OUT,
    RESPONSE,
    ROUNDS,
    SELF_ASSIGNED,
    SELF_BOOKED,
    SOLD,
    UNTOUCHED,
)

INBOUND = f"{SOLD} AND r.go_to_market = 'inbound'"
TOUCHED = f"{INBOUND} AND {ANSWERED_AT} IS NOT NULL AND NOT {UNTOUCHED}"
MISSABLE = f"{INBOUND} AND NOT {UNTOUCHED}"
LIVE = f"{INBOUND} AND {SELF_ASSIGNED} AND r.first_touch_at IS NOT NULL"


def _within(hours: int) -> dict[str, str]:
    """Return what is in time, and of which: what was touched, and what nobody touched though the time has passed in their hands."""
    limit = f"r.clock_from + interval '{hours} hours'"
    return {"of": f"{MISSABLE} AND {_judged(limit)}", "where": f"({ANSWERED_AT} <= {limit} OR {LIVE})"}


def _kept(deadline: str) -> dict[str, str]:
    return {
        "of": f"{MISSABLE} AND r.{deadline} IS NOT NULL AND {_judged(f'r.{deadline}')}",
        "where": f"({ANSWERED_AT} <= r.{deadline} OR {LIVE})",
    }


def _judged(deadline: str) -> str:
    """Say that something was answered, or that its time passed; a rep's own line only while it was theirs."""
    return f"({ANSWERED_AT} IS NOT NULL OR {deadline} < %(known)s AND coalesce(r.left_at, 'infinity') >= {deadline})"


RESPONSE_TIME = Metric(
    name="response",
    title="Response time",
    rule="REP-2",
    definition="From the assigned date to the first touch by a person, for inbound sales-led rounds, in calendar time. A meeting they"
    " booked by themselves ends it too; who brought a lead in and took it answered live, 0 min: both are counted apart. Only answered"
    " rounds are in the times; in the shares whoever was never answered is a miss. Rounds ended without a touch are in neither, and"
    " stand beside. Whatever a limit moved runs from its first assigned date; in a rep's own line from when it was theirs, and no miss of"
    " theirs where it went to another before its time had passed.",
    relation=ROUNDS,
    by_hands=HANDS,
    by="week",
    drawn="median",
    ripe=RAN_OUT,
    open_rows=f"{INBOUND} AND {ANSWERED_AT} IS NULL AND r.ended_at IS NULL AND r.limit_at >= %(known)s",
    measures=(
        Measure("median", "Median", "Half of the answered rounds were answered sooner.", MEDIAN, TOUCHED, value=RESPONSE, unit="time",
                target=7200, target_says="within 2 h", more_is_better=False),
        Measure("p90", "P90", "Nine of ten were answered sooner.", P90, TOUCHED, value=RESPONSE, unit="time", more_is_better=False),
        Measure("mean", "Mean", "The average.", MEAN, TOUCHED, value=RESPONSE, unit="time", more_is_better=False),
        Measure("in_2h", "Within 2 h", "Answered within two hours, 2:00:00 included.", SHARE, **_within(2)),
        Measure("in_24h", "Within 24 h", "Answered within a day, 24:00:00 included.", SHARE, **_within(24)),
        Measure("target", "Target met", "Answered by the target of the policy that the round began with.", SHARE, **_kept("target_at"),
                target=0.9, target_says="90 %"),
        Measure("limit", "Limit kept", "Answered by the limit of that policy.", SHARE, **_kept("limit_at"), target=1.0,
                target_says="100 %"),
        Measure("off_hours", "Assigned off hours", "Assigned outside the owner's working hours. It informs staffing and excuses nothing.",
                SHARE, of=f"{INBOUND} AND r.owner_id IS NOT NULL", where=OFF_HOURS, more_is_better=False),
        Measure("median_off", "Median, off hours", "Median of what was assigned outside the owner's hours.", MEDIAN,
                f"{TOUCHED} AND r.owner_id IS NOT NULL AND {OFF_HOURS}", value=RESPONSE, unit="time", more_is_better=False),
        Measure("at_once", "Answered live", "Touched in the moment of assignment: 0 min.",
                where=f"{TOUCHED} AND r.first_touch_at = r.clock_from"),
        Measure("self_assigned", "Brought in and taken", "Taken by who brought them in: answered live, 0 min.", where=LIVE),
        Measure("self_booked", "Booked by themselves", "A meeting they booked by themselves came before any touch.",
                where=f"{TOUCHED} AND {SELF_BOOKED}"),
        Measure("untouched", "Ended untouched", "Ended by a person without a touch: in no time and no share.",
                where=f"{INBOUND} AND {UNTOUCHED}"),
        Measure("beside", "Left aside", "Handed over, self-serve, opted out, returned or void: in no rate.",
                where=f"{ASIDE} AND r.go_to_market = 'inbound'"),
    ),
)  # fmt: skip
