"""Pick-up rate (REP-3): who was given work and took it up, with what was ended without a touch beside it."""

from reporting.frame import SHARE, Measure, Metric
from reporting.relations.hands import HANDS
from reporting.relations.rounds import ASIDE, RAN_OUT, ROUNDS, SELF_BOOKED, SOLD, TOUCHED, UNTOUCHED, WORKED
from reporting.relations.then import EARLY_REASONS

ASKED = f"{SOLD} AND r.go_to_market = 'inbound'"
EARLY = f"r.reason_id IN {EARLY_REASONS}"

PICK_UP = Metric(
    name="pick-up",
    title="Pick-up",
    rule="REP-3",
    definition="Of the inbound rounds assigned in the period, those that were worked: a touch that counts, a meeting they booked by"
    " themselves, or an end by a person without either. What the limits ended untouched was not picked up. What was brought over without"
    " a touch on file was, where its history tells of a sale, a meeting or an end by somebody. By the date of assignment, not of the"
    " touch.",
    relation=ROUNDS,
    by_hands=HANDS,
    by="source",
    drawn="rate",
    ripe=RAN_OUT,
    open_rows=f"{ASKED} AND NOT {WORKED} AND r.ended_at IS NULL",
    measures=(
        Measure("rate", "Picked up", "Worked, of those assigned.", SHARE, WORKED, ASKED, target=1.0, target_says="100 %"),
        Measure("touched", "Touched", "With a touch, of those assigned.", SHARE, TOUCHED, ASKED),
        Measure("self_booked", "Booked by themselves", "Of these, first reached by a meeting they booked by themselves.",
                where=f"{ASKED} AND {SELF_BOOKED}"),
        Measure("untouched", "Ended untouched", "Ended by a person without a touch, of those assigned.", SHARE, UNTOUCHED, ASKED,
                target=0.2, target_says="at most 20 %", more_is_better=False),
        Measure("early", "With a reason for it", "Of those ended untouched, for a reason that may be chosen before any touch.", SHARE,
                EARLY, f"{ASKED} AND {UNTOUCHED}"),
        Measure("waiting", "Nobody yet", "Neither touched nor ended.", where=f"{ASKED} AND NOT {WORKED} AND r.ended_at IS NULL"
                " AND r.outcome = ''", more_is_better=False),
        Measure("lost", "Abandoned untouched", "Ended by a limit without a touch: not picked up.",
                where=f"{ASKED} AND NOT {WORKED} AND r.outcome = 'nurture' AND r.ended_by_id IS NULL", more_is_better=False),
        Measure("beside", "Left aside", "Handed over, self-serve, opted out, returned or void: in no rate.",
                where=f"{ASIDE} AND r.go_to_market = 'inbound'"),
    ),
)  # fmt: skip
