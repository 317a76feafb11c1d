"""Every figure over a made-up stretch of work equals the same one computed in plain Python over the events, under random filters."""

import random
from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.models import Reason
from leadops.simulation import company, house
from leadops.simulation.world import World as MadeUp
from leads import exceptions
from leads.models import Cycle, Lead
from reporting import answers, exports
from reporting.filters import Filters
from reporting.frame import SHARE
from reporting.metrics import METRICS
from reporting.period import Period
from tests.reporting import plain

START = datetime(2026, 2, 2, tzinfo=UTC)
DAYS = 18
END = START + timedelta(days=DAYS)
pytestmark = pytest.mark.django_db


@pytest.fixture
def stretch():
    """Some weeks of three reps, through the real code."""
    world = MadeUp(house.some(3, START), seed=7, start=START, end=END)
    company.grant_leave(world)
    company.live(world, per_day=7)
    worked = Lead.objects.filter(status="working", motion="slg", owner__isnull=False).order_by("pk").first()
    why = Reason.objects.filter(disposition="exception").first()
    exceptions.ask([worked.pk], reason=why, review_at=END + timedelta(days=9), by=worked.owner, at=END)
    exceptions.grant([worked.pk], by=next(world.house.of("revops")), at=END)
    return plain.World()


def some_filters(rng: random.Random) -> dict:
    """Choose a few filters, of values that occur."""
    row = rng.choice(
        list(Cycle.objects.values("motion", "go_to_market", "source_id", "segment", "region", "is_target", "number"))
    )
    offered = {
        "motion": row["motion"], "go_to_market": row["go_to_market"], "source": row["source_id"], "segment": row["segment"],
        "region": row["region"], "target": row["is_target"], "cycle": row["number"], "again": rng.random() < 0.5, "fully_worked": True,
    }  # fmt: skip
    names = rng.sample(sorted(offered), rng.choice([0, 1, 1, 2, 3]))
    return {name: offered[name] for name in names if offered[name] is not None}


def some_period(rng: random.Random) -> Period:
    first = date(2026, 1, 28) + timedelta(days=rng.randrange(20))
    return Period(first, first + timedelta(days=rng.randrange(1, 25)))


def asked(period: Period, filters: Filters, as_of, names) -> dict:
    """Ask the reports for the same figures."""
    found = {}
    for name in {key.partition(".")[0] for key in names if "." in key}:
        metric = METRICS[name]
        answer = answers.answer(metric, period, filters, as_of, by="", now=END)
        found["left_out"] = answer.total.left_out
        for measure in metric.measures:
            cell = answer.total.cells[measure.name]
            found[f"{name}.{measure.name}"] = (cell.n, cell.of) if measure.how == SHARE else cell.value
    return {key: found[key] for key in names}


def near(figures: dict) -> dict:
    return {key: round(float(value), 3) if isinstance(value, float) else value for key, value in figures.items()}


def as_of_some(rng: random.Random) -> datetime:
    return START + timedelta(seconds=rng.randrange(DAYS * 86400))


def test_every_figure_equals_a_plain_computation_under_fifty_random_filters(stretch):
    """As known now and as known then, of whole rounds and of one rep's hands."""
    wrong = []
    for seed in range(50):
        rng = random.Random(seed)
        for then in (None, as_of_some(rng)):
            filters, period = some_filters(rng), some_period(rng)
            rows = plain.kept(stretch.rounds(then), filters, period)
            expected = plain.figures(rows, then or END)
            found = asked(period, Filters(**filters), then, expected)
            wrong += differences(seed, then, found, expected)
            rep = rng.choice(sorted({r["owner_id"] for r in stretch.rounds(None) if r["owner_id"]}))
            expected = plain.of_hands(plain.hands(stretch, rows, rep, then))
            found = asked(period, Filters(**filters, rep=rep), then, expected)
            wrong += differences(seed, then, found, expected)
    rounds = stretch.rounds(None)

    assert wrong == []
    assert {"", "nurture", "unqualified", "qualified"} <= {r["outcome"] for r in rounds}
    assert len(rounds) > 60
    assert any(r["exception"] for r in rounds)


def test_touches_limits_pulls_and_sales_equal_a_plain_computation(stretch):
    wrong = []
    for seed in range(50):
        rng = random.Random(seed)
        for then in (None, as_of_some(rng)):
            period = some_period(rng)
            expected = plain.doings(stretch, period, then)
            found = asked(period, Filters(), then, expected)
            wrong += differences(seed, then, found, expected)

    assert wrong == []
    assert expected["activity.touches"] > 0


def test_the_file_says_what_the_page_says(stretch):
    wrong = []
    for seed in range(50):
        rng = random.Random(seed)
        metric = METRICS[rng.choice(sorted(METRICS))]
        answer = answers.answer(metric, some_period(rng), Filters(**some_filters(rng)), now=END)
        titles, head, *lines = exports.lines(answer)
        shown_lines = [
            ("All", answer.total),
            *((line.label, line) for line in answer.lines),
            ("Period before", answer.before),
        ]
        for (label, line), row in zip(shown_lines, lines, strict=True):
            said = dict(zip(head, row, strict=True))
            for measure in metric.measures:
                value = line.cells[measure.name].value
                if said[measure.title] != (
                    "" if value is None else value if isinstance(value, int) else round(float(value), 6)
                ):
                    wrong.append((seed, metric.name, label, measure.name))
        assert titles[0] == metric.title

    assert wrong == []


def differences(seed, then, found: dict, expected: dict) -> list:
    found, expected = near(found), near(expected)
    return [(seed, str(then), key, found[key], expected[key]) for key in expected if found[key] != expected[key]]
