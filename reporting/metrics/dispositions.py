"""Dispositions and ageing (REP-18): how rounds ended, who gave up, and how old the open ones are."""

from reporting.frame import SHARE, Measure, Metric
from reporting.relations.hands import HANDS
from reporting.relations.rounds import ASIDE, DISPOSED, HAD_TO_END, ROUNDS, SOLD

OPEN = f"{SOLD} AND r.ended_at IS NULL"
AGE = "%(known)s - r.assigned_at"


def _gave_up(code: str) -> str:
    return f"r.outcome = 'nurture' AND r.reason_id IN (SELECT x.id FROM accounts_reason x WHERE x.code = '{code}')"


def _aged(name: str, title: str, above: str, upto: str | None) -> Measure:
    said = f"{OPEN} AND {AGE} >= interval '{above}'" + (f" AND {AGE} < interval '{upto}'" if upto else "")
    return Measure(name, title, f"Open rounds, {title[5:]} old.", where=said, more_is_better=False)


DISPOSITIONS = Metric(
    name="dispositions",
    title="Dispositions",
    rule="REP-18",
    definition="How the sales-led rounds assigned in the period ended: now, not now, never. What a rep gave up and what the limits ended"
    " are told apart. Open ones by their age.",
    relation=ROUNDS,
    by_hands=HANDS,
    by="reason",
    drawn="ended",
    ripe=HAD_TO_END,
    open_rows=OPEN,
    measures=(
        Measure("ended", "Ended", "Rounds with a disposition.", where=f"{SOLD} AND {DISPOSED}"),
        Measure("share", "Ended, of assigned", "With a disposition, of those assigned.", SHARE, DISPOSED, SOLD),
        Measure("now", "Now", "Ended qualified.", where=f"{SOLD} AND r.outcome = 'qualified'"),
        Measure("not_now", "Not now", "Ended in nurture.", where=f"{SOLD} AND r.outcome = 'nurture'"),
        Measure("never", "Never", "Ended unqualified.", where=f"{SOLD} AND r.outcome = 'unqualified'"),
        Measure("rep_abandoned", "Given up by a rep", "No response, rep abandoned; of those assigned.", SHARE,
                _gave_up("rep_abandoned"), SOLD, more_is_better=False),
        Measure("auto_abandoned", "Given up by the limits", "Auto-abandoned; of those assigned.", SHARE,
                _gave_up("auto_abandoned"), SOLD, more_is_better=False),
        _aged("age_2h", "Open 0 to 2 h", "0", "2 hours"),
        _aged("age_24h", "Open 2 to 24 h", "2 hours", "24 hours"),
        _aged("age_7d", "Open 1 to 7 d", "24 hours", "7 days"),
        _aged("age_30d", "Open 7 to 30 d", "7 days", "30 days"),
        _aged("age_old", "Open over 30 d", "30 days", None),
        Measure("beside", "Left aside", "Handed over, self-serve, opted out, returned or void: in no rate.", where=ASIDE),
    ),
)  # fmt: skip
