"""Companies (REP-10), in the state of their most advanced lead."""

from reporting.frame import MEAN, SHARE, Measure, Metric
from reporting.relations.accounts import COMPANIES

COMPANY = Metric(
    name="companies",
    title="Companies",
    rule="REP-10",
    definition="Companies with a round assigned in the period, each in the state of its most advanced lead. A company counts once, however"
    " many of its people are worked.",
    relation=COMPANIES,
    by="status",
    drawn="companies",
    measures=(
        Measure("companies", "Companies", "With a round assigned in the period."),
        Measure("target", "Target accounts", "Of these, target accounts.", where="r.is_target"),
        Measure("touched", "Touched", "Somebody there was touched.", SHARE, "r.is_touched"),
        Measure("answered", "Answered", "Somebody there answered.", SHARE, "r.answered"),
        Measure("now", "Now", "Somebody there is qualified.", SHARE, "r.status = 'qualified'"),
        Measure("people", "People", "Worked at each company, on average.", MEAN, value="r.people", unit="number"),
    ),
)  # fmt: skip
