"""Smoke."""

from datetime import UTC, date, datetime, timedelta

import pytest

from reporting import answers
from reporting.filters import Filters
from reporting.metrics import METRICS
from reporting.period import Period
from tests.factories import NOON, put

pytestmark = pytest.mark.django_db
MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))


@pytest.mark.parametrize("name", sorted(METRICS))
def test_all(house, name):
    put(None, "working", owner=house.ana)
    put(None, "nurture", owner=house.ana)
    metric = METRICS[name]
    now = NOON + timedelta(days=2)
    for by in ["", "rep", *(d.name for d in metric.relation.dimensions)]:
        for as_of in (None, now):
            a = answers.answer(metric, MARCH, Filters(), as_of, by=by, now=now)
            for line in [a.total, *a.lines]:
                for m in metric.measures:
                    for part in m.parts:
                        r = answers.rows(metric, m, part, MARCH, Filters(), as_of, now=now, by=by, key=line.key, is_narrowed=line is not a.total)
                        c = line.cells[m.name]
                        assert r.number == (c.of if part == "of" else c.n)
