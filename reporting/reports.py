"""Which reports there are, in the order in which they are listed. A report is a metric with its picture, table, filters and rows."""

GROUPS = (
    (
        "Work",
        ("assignment", "pulls", "response", "vanity", "hand-raises", "pick-up", "cherry-picking", "limits", "activity"),
    ),
    (
        "What came of it",
        (
            "qualified",
            "funnel",
            "dispositions",
            "product-led",
            "meetings",
            "hand-offs",
            "companies",
            "coverage",
            "pipeline",
            "cohorts",
            "lead-value",
        ),
    ),
)
