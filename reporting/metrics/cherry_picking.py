"""Cherry-picking (REP-4): who ends what untouched, by source, beside their peers."""

from statistics import median

from reporting.frame import FEW, SHARE, Alert, Measure, Metric
from reporting.relations.hands import HANDS_IN_THE_HOUR
from reporting.relations.rounds import ASIDE, RAN_OUT, SOLD, TOUCHED, UNTOUCHED

MOST, IN_AN_HOUR = 0.2, 5
# The sixth or later that somebody ended untouched of one source within the hour.
BURST = f"{UNTOUCHED} AND r.within_hour > {IN_AN_HOUR}"


def alerts(answer) -> list[Alert]:
    """Name whoever ends far more untouched than their peers: over 20 % of 20 or more, over twice the peers' median, over 5 of one source
    in an hour. Fewer than 20 beside the peers' median are named too, in grey."""
    ratios = {line.key: line.cells["untouched"] for line in answer.lines if line.cells["untouched"].value is not None}
    said = []
    for line in answer.lines:
        cell = ratios.get(line.key)
        if cell is None or not cell.n:
            continue
        peers = [c.value for key, c in ratios.items() if _source(key) == _source(line.key) and key != line.key]
        usual = median(peers) if peers else None
        if cell.of >= FEW and cell.value > MOST:
            said.append(Alert(f"{line.label}: {cell.n} of {cell.of} ended untouched, over {100 * MOST:.0f} %."))
        elif usual is not None and cell.value > 2 * usual:
            share = f"{line.label}: {cell.n} of {cell.of} ended untouched, over twice the {100 * usual:.0f} % of their peers"
            said.append(Alert(f"{share}; too few to judge." if cell.is_few else f"{share}.", cell.is_few))
        if line.cells["burst"].n:
            said.append(Alert(f"{line.label}: more than {IN_AN_HOUR} ended untouched within one hour."))
    return said


def _source(key) -> str:
    return str(key).partition(":")[2]


CHERRY_PICKING = Metric(
    name="cherry-picking",
    title="Cherry-picking",
    rule="REP-4",
    definition="Of the sales-led rounds in a rep's hands, by source, those the rep ended without a touch, beside their peers with the same"
    " source. Over twice the peers' median, over 20 % of 20 or more, or over 5 of one source in an hour is named; grey where there are"
    " fewer than 20.",
    relation=HANDS_IN_THE_HOUR,
    by="rep_source",
    ripe=RAN_OUT,
    drawn="untouched",
    alerts=alerts,
    measures=(
        Measure("untouched", "Ended untouched", "Ended by the rep without a touch, of what they had.", SHARE, UNTOUCHED, SOLD, target=MOST,
                target_says="at most 20 %", more_is_better=False),
        Measure("touched", "Touched", "With a touch of theirs, or a meeting booked by themselves while they had it.", SHARE, TOUCHED, SOLD),
        Measure("away", "Reassigned away", "Taken or given to another before they touched it.", SHARE, "r.outcome = 'reassigned'", SOLD,
                more_is_better=False),
        Measure("burst", "Within an hour", "Ended untouched as the sixth or later of one source within 60 minutes.", where=BURST,
                more_is_better=False),
        Measure("qualified", "Qualified", "Of what they had.", SHARE, "r.outcome = 'qualified'", SOLD),
        Measure("beside", "Left aside", "Handed over, self-serve, opted out, returned or void: in no rate.", where=ASIDE),
    ),
)  # fmt: skip
