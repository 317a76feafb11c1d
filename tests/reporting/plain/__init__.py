"""Every figure once more, in plain Python over the events and touches, one after the other: what `reporting` must agree with.

Written from the definitions, not from the code: no SQL beyond reading whole tables, no column of a round that ever changes.
`world` reads and plays back, `rounds`, `doings`, `sales` and `hand_offs` compute; `compute` gives every measure of a metric.
"""

from datetime import timedelta

from tests.reporting.plain import doings, hand_offs, rounds, sales
from tests.reporting.plain.counting import kept
from tests.reporting.plain.world import World

__all__ = ["World", "compute"]

# metric -> how its rows are made of the world, what is computed of them, which filters say nothing about them
HERE = {
    "assignment": (rounds.rows, rounds.assignment, ()),
    "response": (rounds.rows, rounds.response, ()),
    "vanity": (rounds.rows, rounds.vanity, ()),
    "pick-up": (rounds.rows, rounds.pick_up, ()),
    "qualified": (rounds.rows, rounds.qualified, ()),
    "dispositions": (rounds.rows, rounds.dispositions, ()),
    "product-led": (rounds.of_product, rounds.product_led, ()),
    "cherry-picking": (rounds.hands, rounds.cherry_picking, ()),
    "funnel": (sales.rounds_to_sales, sales.funnel, ()),
    "lead-value": (sales.rounds_to_sales, sales.lead_value, ()),
    "activity": (doings.touches, doings.activity, ("fully_worked",)),
    "limits": (doings.breaches, doings.limits, ("fully_worked",)),
    "hand-raises": (doings.raises, doings.hand_raises, ("fully_worked",)),
    "pulls": (doings.pulled_days, doings.pulls, doings.OF_DAYS),
    "pipeline": (sales.entered, sales.pipeline, ("fully_worked",)),
    "cohorts": (sales.made, sales.cohorts, ("fully_worked",)),
    "meetings": (sales.meetings, sales.held, ("fully_worked",)),
    "hand-offs": (hand_offs.rows, hand_offs.passed, ("fully_worked",)),
    "companies": (sales.companies, sales.of_companies, sales.OF_COMPANIES),
    "coverage": (sales.covered, sales.coverage, sales.OF_COMPANIES),
}


def _after(days: int):
    return lambda r, known: r["at"] + timedelta(days=days) < known


# metric -> whether a row has had its time
RIPE = {
    **dict.fromkeys(("response", "vanity", "pick-up", "cherry-picking"), rounds.ran_out),
    "hand-raises": lambda r, known: r["limit"] < known,
    "qualified": _after(21), "dispositions": _after(30), "product-led": _after(30), "meetings": _after(1),
    **dict.fromkeys(("funnel", "lead-value", "cohorts"), _after(120)),
}  # fmt: skip
BY_HANDS = {"assignment", "response", "vanity", "pick-up", "qualified", "dispositions"}


def compute(world: World, name: str, period, filters: dict, as_of, now) -> dict[str, object]:
    """Compute every measure of a metric: a share as (n, of), what has nothing to divide by as None; and `left_out`."""
    make, figures, ignores = HERE[name]
    if name in BY_HANDS and "rep" in filters:
        make = rounds.hands
    known, chosen = as_of or now, {k: v for k, v in filters.items() if k not in (*ignores, "matured")}
    rows = kept(make(world, as_of, known, period), chosen, period)
    if "matured" in filters and name in RIPE:
        rows = [row for row in rows if RIPE[name](row, known)]
    counted = [row for row in rows if not row["exception"]]
    return {"left_out": len(rows) - len(counted)} | figures(counted, known)
