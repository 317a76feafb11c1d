"""Every figure and the rows it opens to are the same rows, however it is told apart, as known now and as known then."""

from datetime import date, timedelta

import pytest

from reporting import answers
from reporting.filters import Filters
from reporting.metrics import METRICS
from reporting.period import Period
from tests.factories import NOON, put

pytestmark = pytest.mark.django_db
MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))
NOW = NOON + timedelta(days=2)
WAYS = ("", "rep", "source", "day", "outcome", "rep_source", "channel")


@pytest.mark.parametrize("as_of", [None, NOW], ids=["now", "then"])
@pytest.mark.parametrize("name", sorted(METRICS))
def test_a_figure_counts_the_rows_it_opens_to(house, name, as_of):
    put(None, "working", owner=house.ana)
    put(None, "nurture", owner=house.ben)
    metric = METRICS[name]
    for by in (by for by in WAYS if not by or metric.stands_on(by, Filters()).dimension(by)):
        answer = answers.answer(metric, MARCH, Filters(), as_of, by=by, now=NOW)
        for line in (answer.total, *answer.lines):
            where = {"by": by, "key": line.key, "is_narrowed": line is not answer.total}
            for measure in metric.measures:
                cell = line.cells[measure.name]
                found = {
                    part: answers.rows(metric, measure, part, MARCH, Filters(), as_of, now=NOW, **where).number
                    for part in measure.parts
                }
                assert found == {"n": cell.n} | ({"of": cell.of} if "of" in found else {})
