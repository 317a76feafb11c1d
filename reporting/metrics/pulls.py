"""Pull consistency (REP-1, ROUTE-5): 10 to 15 a working day."""

from leads.pulls import LEAST, MOST
from reporting.frame import MEDIAN, SHARE, SUM, Measure, Metric
from reporting.relations.doings import PULLED_DAYS

FED = "NOT r.is_starved"

PULLS = Metric(
    name="pulls",
    title="Pulls",
    rule="REP-1",
    definition="How many leads who pulls at all pulled on each of their working days; in band from 10 to 15. Days of absence are dropped;"
    " a day below on which nothing was left to pull is starved, and no violation; what was pulled and given back untouched the same day"
    " is not counted, and what an exception overlaps stands beside.",
    relation=PULLED_DAYS,
    by="rep",
    drawn="in_band",
    measures=(
        Measure("in_band", "Days in band", f"Working days with {LEAST} to {MOST} pulls, of those not starved.", SHARE,
                f"r.pulled BETWEEN {LEAST} AND {MOST}", FED, target=1.0, target_says="100 %"),
        Measure("below", "Days below", f"Fewer than {LEAST}, and there was something to pull.", where=f"{FED} AND r.pulled < {LEAST}",
                more_is_better=False),
        Measure("above", "Days above", f"More than {MOST}.", where=f"r.pulled > {MOST}", more_is_better=False),
        Measure("starved", "Days starved", f"Fewer than {LEAST}, since nothing was left to pull: no violation.", where="r.is_starved"),
        Measure("median", "Median a day", "Half of the days had fewer.", MEDIAN, value="r.pulled", unit="number", target=LEAST,
                target_says="10 to 15"),
        Measure("pulled", "Pulled", "In all.", SUM, value="r.pulled"),
        Measure("aside", "Excepted", "Pulled, and left out of all figures by an exception.", SUM, "r.aside > 0", value="r.aside"),
    ),
)  # fmt: skip
