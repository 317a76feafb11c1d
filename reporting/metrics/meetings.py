"""Meetings (REP-16): held, missed, and whether anybody said in time what came of them."""

from reporting.frame import MEDIAN, SHARE, Measure, Metric
from reporting.relations.meetings import MEETINGS

HELD = "r.status IN ('qualified', 'unqualified')"
CAME_OR_NOT = "r.status IN ('qualified', 'unqualified', 'no_show')"
STOOD = "r.status NOT IN ('cancelled', 'rescheduled')"
DAY = "interval '24 hours'"

MEETING = Metric(
    name="meetings",
    title="Meetings",
    rule="REP-16",
    definition="Meetings by their scheduled start. What came of one is due within 24 h of it; what was moved or called off before is out. A"
    " no-show is the prospect's; where we missed it, it is in no no-show rate. Who brought a meeting about keeps it, whoever holds it.",
    relation=MEETINGS,
    by="rep",
    drawn="held",
    ripe=f"r.starts_at + {DAY} < %(known)s",
    open_rows=f"r.status = 'booked' AND r.starts_at + {DAY} >= %(known)s",
    measures=(
        Measure("held", "Held", "Completed, qualified or not.", where=HELD),
        Measure("qualified", "Qualified", "Completed and qualified, of those held.", SHARE, "r.status = 'qualified'", HELD),
        Measure("no_shows", "No-show", "They did not come, of those held or not shown.", SHARE, "r.status = 'no_show'", CAME_OR_NOT,
                more_is_better=False),
        Measure("first_no_shows", "No-show, first meeting", "The same of first meetings.", SHARE, "r.status = 'no_show'",
                f"{CAME_OR_NOT} AND r.is_first", more_is_better=False),
        Measure("chain_no_shows", "No-show, chain", "Chains of reschedules that ended so.", SHARE, "r.status = 'no_show'",
                f"{CAME_OR_NOT} AND r.is_last", more_is_better=False),
        Measure("in_time", "Said in time", "What came of it, within 24 h of the start, of those that began more than 24 h ago.", SHARE,
                f"r.disposed_at <= r.starts_at + {DAY}", f"{STOOD} AND r.starts_at + {DAY} < %(known)s", target=1.0, target_says="100 %"),
        Measure("unsaid", "Not said", "Began, and nobody said what came of it.", where="r.status = 'booked' AND r.starts_at < %(known)s",
                more_is_better=False),
        Measure("missed", "Missed by us", "They were there and we were not.", where="r.status = 'missed'", more_is_better=False),
        Measure("moved", "Rescheduled", "Moved before they began.", where="r.status = 'rescheduled'"),
        Measure("cancelled", "Cancelled", "Called off before they began.", where="r.status = 'cancelled'"),
        Measure("credited", "Credited", "Those their sales development rep is credited for: one an opportunity.", where="r.is_credited"),
        Measure("ahead", "Median wait", "From booking to start.", MEDIAN, STOOD,
                value="extract(epoch FROM r.starts_at - r.booked_at)::float",
                unit="time", more_is_better=False),
    ),
)  # fmt: skip
