"""Hand-offs (SLA-6): from development to sales and from sales to customer success, accepted within the limit, late, sent back, waiting."""

from reporting.frame import MEDIAN, P90, SHARE, Measure, Metric
from reporting.relations.hand_offs import HAND_OFFS

PASSED = "r.outcome <> 'dropped'"
WAITS = "r.outcome = ''"
ACCEPTED = "r.outcome = 'accepted'"
REFUSED = "r.outcome = 'refused'"
OVERDUE = f"{WAITS} AND r.limit_at < %(known)s"
TIME = "extract(epoch FROM r.ended_at - r.began_at)::float"

HAND_OFF = Metric(
    name="hand-offs",
    title="Hand-offs",
    rule="SLA-6",
    definition="From development to sales, and from sales to customer success, by the moment each began: at the booking or at the win, or"
    " with the meeting whose word was the acceptance. Each is accepted within its limit, or sent back with a reason, which returns it. Sent"
    " back, it was not accepted, however soon. Whatever fell away before an answer is no hand-off, and is counted beside.",
    relation=HAND_OFFS,
    by="kind",
    drawn="in_time",
    open_rows=f"{WAITS} AND r.limit_at >= %(known)s",
    measures=(
        Measure("handed", "Handed over", "All that did not fall away.", where=PASSED),
        Measure("in_time", "Accepted in time", "Accepted by the limit, of those that were answered or are past it.", SHARE,
                f"{ACCEPTED} AND r.ended_at <= r.limit_at", f"{PASSED} AND (r.ended_at IS NOT NULL OR {OVERDUE})", target=1.0,
                target_says="100 %"),
        Measure("late", "Accepted late", "Accepted after the limit.", where=f"{ACCEPTED} AND r.ended_at > r.limit_at",
                more_is_better=False),
        Measure("refused", "Sent back", "Sent back with a reason, of those answered.", SHARE, REFUSED, f"{ACCEPTED} OR {REFUSED}",
                more_is_better=False),
        Measure("oversold", "Oversold", "Customers sent back because they were promised what we do not deliver.",
                where=f"{REFUSED} AND r.is_oversold", more_is_better=False),
        Measure("waiting", "Still waiting", "For an answer.", where=WAITS, more_is_better=False),
        Measure("overdue", "Waiting past the limit", "For an answer that was due.", where=OVERDUE, more_is_better=False),
        Measure("time", "Median to accept", "Half of those accepted were accepted sooner.", MEDIAN, ACCEPTED, value=TIME, unit="time",
                target=86400, target_says="within 24 h", more_is_better=False),
        Measure("p90", "P90 to accept", "Nine of ten of those accepted were accepted sooner.", P90, ACCEPTED, value=TIME, unit="time",
                more_is_better=False),
        Measure("lacking", "Handed over with gaps", "Something of what the receiver needs was not known yet.", SHARE, "r.is_lacking",
                PASSED, more_is_better=False),
        Measure("dropped", "Fell away", "Called off, or nothing to hand over any more, before an answer.", where="r.outcome = 'dropped'"),
    ),
)  # fmt: skip
