"""Assignment (REP-1): the work that was given out."""

from reporting.frame import Measure, Metric
from reporting.relations.hands import HANDS
from reporting.relations.rounds import ROUNDS

GIVEN = "r.is_first AND r.outcome <> 'void'"

ASSIGNMENT = Metric(
    name="assignment",
    title="Assignment",
    rule="REP-1",
    definition="Rounds with an assigned date in the period. A lead that comes round again counts again; a change of hands inside a round"
    " does not, and is shown beside it.",
    relation=ROUNDS,
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
        Measure("received", "Received", "Received from another inside a round; not an assignment.",
                where="NOT r.is_first AND r.outcome <> 'void'"),
        Measure("void", "Merged", "Untouched rounds that turned out to be somebody known, or an import undone: not counted.",
                where="r.outcome = 'void'"),
    ),
)  # fmt: skip
