"""Product-led cohorts by week (REP-18): who began with the product, who activated it, and what became of them. Never in response time."""

from dataclasses import replace

from reporting.frame import MEDIAN, SHARE, Measure, Metric
from reporting.relations.rounds import HAD_TO_END, ROUNDS

PRODUCTS = "(r.motion = 'plg' AND r.outcome <> 'void')"
ACTIVATED = "r.activated_at IS NOT NULL"
# Only the product's own: who is left out beside them, and which weeks are told, are of these alone.
ROUNDS_OF_PRODUCT = replace(
    ROUNDS,
    name="rounds-of-product",
    sql=lambda is_live: f"SELECT * FROM ({ROUNDS.sql(is_live)}) p WHERE p.motion = 'plg'",
)


def _gave_up(code: str) -> str:
    return f"r.outcome = 'nurture' AND r.reason_id IN (SELECT x.id FROM accounts_reason x WHERE x.code = '{code}')"


PRODUCT_LED = Metric(
    name="product-led",
    title="Product-led cohorts",
    rule="REP-18",
    definition="Product-led rounds by the week in which they began: how many activated the product, how soon, and what became of them. The"
    " product has them and no rep: they are in no pick-up and no response time. A cohort, read as known now.",
    relation=ROUNDS_OF_PRODUCT,
    by="week",
    drawn="activated",
    matures=True,
    usual="last-90",
    ripe=HAD_TO_END,
    open_rows=f"{PRODUCTS} AND r.ended_at IS NULL",
    measures=(
        Measure("began", "Began", "Product-led rounds begun in the period.", where=PRODUCTS),
        Measure("activated", "Activated", "Of those that began.", SHARE, ACTIVATED, PRODUCTS),
        Measure("time", "Median to activation", "From their beginning.", MEDIAN, f"{PRODUCTS} AND {ACTIVATED}",
                value="extract(epoch FROM r.activated_at - r.assigned_at)::float", unit="time", more_is_better=False),
        Measure("handed_over", "Handed over", "To sales, of those that began.", SHARE, "r.outcome = 'handed_over'", PRODUCTS),
        Measure("bought", "Bought", "By themselves, of those that began.", SHARE, "r.outcome = 'qualified'", PRODUCTS),
        Measure("not_activated", "Not activated", "Ended without, of those that began.", SHARE, _gave_up("not_activated"), PRODUCTS,
                more_is_better=False),
        Measure("stopped", "Stopped using", "Activated it and left it, of those that began.", SHARE, _gave_up("stopped_using"), PRODUCTS,
                more_is_better=False),
        Measure("trying", "Trying", "Still open, not activated.", where=f"{PRODUCTS} AND NOT {ACTIVATED} AND r.ended_at IS NULL"),
        Measure("using", "Using", "Still open, activated.", where=f"{PRODUCTS} AND {ACTIVATED} AND r.ended_at IS NULL"),
    ),
)  # fmt: skip
