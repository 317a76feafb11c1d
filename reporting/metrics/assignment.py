"""Assignment (REP-1): the work that was given out."""

from reporting.frame import SUM, Measure, Metric
from reporting.relations.hands import HANDS, ROUNDS_IN_HANDS

GIVEN = "r.is_first AND r.outcome <> 'void'"

ASSIGNMENT = Metric(
    name="assignment",
    title="Assignment",
    rule="REP-1",
    definition="Rounds with an assigned date in the period. A lead that comes round again counts again; a change of hands inside a round"
    " does not, and is shown beside it.",
    relation=ROUNDS_IN_HANDS,
    by_hands=HANDS,
    by="day",
    drawn="assigned",
    measures=(
        Measure("assigned", "Assigned", "Rounds whose assigned date falls in the period.", where=GIVEN),
        Measure("inbound", "Inbound", "Of these, inbound.", where=f"{GIVEN} AND r.go_to_market = 'inbound'"),
        Measure("outbound", "Outbound", "Of these, outbound.", where=f"{GIVEN} AND r.go_to_market = 'outbound'"),
        Measure("pulled", "Pulled", "Of these, pulled from a queue.", where=f"{GIVEN} AND r.trigger = 'pull'"),
        Measure("again", "Round again", "Of these, rounds of a lead that had one before.", where=f"{GIVEN} AND r.number > 1"),
        Measure("product", "Product-led", "Of these, the product's.", where=f"{GIVEN} AND r.motion = 'plg'"),
        Measure("received", "Received", "How often somebody received one of these inside its round, from another; not an assignment.",
                SUM, where="r.received > 0 AND r.outcome <> 'void'", value="r.received"),
        Measure("void", "Merged", "Untouched rounds that turned out to be somebody known, or an import undone: not counted.",
                where="r.outcome = 'void'"),
    ),
)  # fmt: skip
