"""What a history tells without a touch on file counts in the rates as defined: worked by its sale or its end, and by no limit."""

import io
from datetime import UTC, date, datetime

import pytest

from meetings.history import reading, runs
from reporting import answers
from reporting.filters import Filters
from reporting.metrics import METRICS
from reporting.period import Period
from tests.reporting.plain import World, compute

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BEFORE, LATER = (datetime(2026, 11, 20, hour, tzinfo=UTC) for hour in (11, 13))
JANUARY = Period(date(2026, 1, 1), date(2026, 2, 1))
# An open sale, a sale that was won, an end by somebody, an end by the limits there, and one in hand of which nothing is told.
LEADS = """id,created,origin,company,email,owner,status,ended_at,reason
b1,2026-01-05,fair,Fjord AS,anna@fjord.example,ana,,,
b2,2026-01-06,fair,Brecon Ltd,bo@brecon.example,ana,,,
b3,2026-01-07,fair,Alder SA,cy@alder.example,ana,unqualified,2026-01-20,not_a_prospect
b4,2026-01-08,fair,Kettle GmbH,di@kettle.example,ana,nurture,2026-01-20,auto_abandoned
b5,2026-01-09,fair,Moor Ltd,ed@moor.example,ana,assigned,,
"""
SALES = """mql_id,account,sdr,ae,created_at,won_date,amount
b1,Fjord AS,ana,eva,2026-01-20,,100
b2,Brecon Ltd,ana,eva,2026-01-20,2026-01-30,100
"""


def test_what_a_history_tells_without_a_touch_is_worked_by_its_sale_or_its_end(house):
    texts = {"leads": LEADS, "opportunities": SALES}
    told = {kind: (io.BytesIO(text.encode()), f"{kind}.csv") for kind, text in texts.items()}
    options = {"map": {"leads": {"id": "external_id"}}, "go_to_market": "inbound", "product": "Suite"}
    runs.run(reading.read(told, by=None, at=NOW, options=options)[0], at=NOW)

    world = World()
    found = {
        (name, by): answers.answer(METRICS[name], JANUARY, Filters(), by=by, now=NOW).total.cells
        for name in ("pick-up", "qualified")
        for by in ("", "rep")
    }
    plain = {name: compute(world, name, JANUARY, {}, None, NOW) for name in ("pick-up", "qualified")}
    untold = answers.answer(METRICS["pick-up"], JANUARY, Filters(), BEFORE, by="", now=NOW).total.cells
    known = answers.answer(METRICS["pick-up"], JANUARY, Filters(), NOW, by="", now=LATER).total.cells

    for by in ("", "rep"):
        assert (found["pick-up", by]["rate"].n, found["pick-up", by]["rate"].of) == (3, 5) == plain["pick-up"]["rate"]
        assert (found["pick-up", by]["waiting"].n, found["pick-up", by]["lost"].n) == (1, 1)
        assert found["qualified", by]["worked"].n == 3 == plain["qualified"]["worked"]
    assert (plain["pick-up"]["waiting"], plain["pick-up"]["lost"]) == (1, 1)
    assert untold["rate"].of == 0
    assert (known["rate"].n, known["rate"].of) == (3, 5) == compute(world, "pick-up", JANUARY, {}, NOW, LATER)["rate"]
