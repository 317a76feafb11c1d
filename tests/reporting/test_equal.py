"""Every figure over a made-up stretch of work equals the same one computed in plain Python over the events, under random filters; and the
page, its file and the API say the same of them.

A stretch of 22 days here; `--days 365` is the whole year (docs/reports.md).
"""

import csv
import random
from collections import Counter
from datetime import date, timedelta

import pytest

from accounts import clock
from reporting import answers
from reporting.filters import Filters
from reporting.frame import COUNT, SHARE
from reporting.metrics import METRICS
from reporting.period import Period
from tests.reporting import plain, stretch

FILTERS = 50


pytestmark = pytest.mark.django_db


def lived(days: int):
    """Let a made-up company live; return it, when it ended, and all that happened."""
    world, end = stretch.live(days)
    return world, end, plain.World()


def some_filters(rng: random.Random, rounds: list[dict], metric) -> dict:
    """Choose a few filters that say something of this metric, of values that occur."""
    ignores = {*metric.relation.ignores, *(() if metric.ripe else ("matured",))}
    row = rng.choice(rounds)
    offered = {
        "motion": row["motion"], "go_to_market": row["go_to_market"], "source": row["source_id"], "campaign": row["campaign_id"],
        "segment": row["segment"] or None, "region": row["region"] or None, "target": row["is_target"], "cycle": row["number"],
        "again": rng.random() < 0.5, "fully_worked": True, "matured": True, "rep": row["owner_id"],
    }  # fmt: skip
    can = sorted(name for name, value in offered.items() if value is not None and name not in ignores)
    return {name: offered[name] for name in rng.sample(can, min(len(can), rng.choice([0, 1, 1, 2, 3])))}


def some_period(rng: random.Random, days: int) -> Period:
    first = date(2026, 1, 28) + timedelta(days=rng.randrange(days))
    return Period(first, first + timedelta(days=rng.randrange(1, days + 7)))


def asked(name: str, period: Period, filters: dict, as_of, now) -> dict:
    """Ask the reports for the same figures."""
    answer = answers.answer(METRICS[name], period, Filters(**filters), as_of, by="", now=now)
    cells = {m.name: (m, answer.total.cells[m.name]) for m in METRICS[name].measures}
    said = {key: (c.n, c.of) if m.how == SHARE else c.value for key, (m, c) in cells.items()}
    return {"left_out": answer.total.left_out} | said


def near(value):
    return value if value is None or isinstance(value, tuple) else round(float(value), 3)


def test_no_metric_is_without_its_plain_computation():
    assert set(plain.HERE) == set(METRICS)


def test_every_figure_equals_a_plain_computation_under_fifty_random_filters_each(request):
    """As known now and as known then, of whole rounds and of one rep's hands."""
    days = request.config.getoption("days")
    _world, end, events = lived(days)
    rounds, wrong, answered = list(events.cycles.values()), [], Counter()
    moments = [None, *(stretch.START + timedelta(days=days * part / 10) for part in (3, 5, 7, 9, 9.5))]
    for then in moments:
        for name in METRICS:
            for seed in range(FILTERS if then is None else FILTERS // 5):
                rng = random.Random(f"{name} {then} {seed}")
                filters, period = some_filters(rng, rounds, METRICS[name]), some_period(rng, days)
                found = asked(name, period, filters, then, end)
                expected = plain.compute(events, name, period, filters, then, end)
                assert set(found) == set(expected)
                wrong += [
                    (name, key, str(then), str(period), filters, found[key], expected[key])
                    for key in found
                    if near(found[key]) != near(expected[key])
                ]
                answered[name] += any(value not in (0, None, (0, 0)) for value in expected.values())
    assert wrong == []
    # The control: an empty world would agree with everything.
    assert [name for name in METRICS if answered[name] < FILTERS // 4] == []
    assert {"", "nurture", "unqualified", "qualified"} <= {r["outcome"] for r in events.rounds(None).values()}
    assert {"breach", "stage", "touch_withdrawn", "exception_granted"} <= {e.kind for e in events.events}
    assert any(t.is_automated for t in events.touches)
    assert any(r["self_booked"] and not r["first_at"] for r in events.rounds(None).values())
    assert {bool(e.data.get("told")) for e in events.events if e.kind == "breach"} == {True, False}


def test_page_file_and_api_say_the_same_under_fifty_random_filters(client_of, monkeypatch):
    days = 12
    world, end, events = lived(days)
    monkeypatch.setattr(clock, "now", lambda: end)
    browser, rounds = client_of(next(world.house.of("revops"))), list(events.cycles.values())
    for seed in range(FILTERS):
        rng = random.Random(f"doors {seed}")
        name = sorted(METRICS)[seed % len(METRICS)]
        said = some_question(rng, name, rounds, days)
        page = browser.get(f"/reports/{name}/", said).context["answer"]
        file = b"".join(browser.get(f"/reports/{name}/file/", said).streaming_content).decode()
        api = browser.get(f"/api/v1/reports/{name}/", said)
        body = api.json()

        shown = [page.total, *page.lines, page.before]
        assert api.status_code == 200, body
        assert (said, [row[1:] for row in csv.reader(file.splitlines())][2:]) == (
            said,
            [_in_a_file(page.metric, line) for line in shown],
        )
        assert (said, [_by_api(line) for line in (body["total"], *body["lines"], body["before"])]) == (
            said, [{key: (c.value is not None and float(c.value), c.n, c.of) for key, c in line.cells.items()} for line in shown]
        )  # fmt: skip


def some_question(rng: random.Random, name: str, rounds: list[dict], days: int) -> dict:
    """Make up an address of a report."""
    period, chosen = some_period(rng, days), some_filters(rng, rounds, METRICS[name])
    said = {key: int(value) if isinstance(value, bool) else value for key, value in chosen.items()}
    by = rng.choice(["", "all", METRICS[name].by])
    return said | {"first": str(period.first), "last": str(period.last)} | ({"by": by} if by else {})


def _in_a_file(metric, line) -> list[str]:
    """Say a line of the page as its file should."""
    said = []
    for measure in metric.measures:
        cell = line.cells[measure.name]
        value = "" if cell.value is None else cell.value if isinstance(cell.value, int) else round(float(cell.value), 6)
        said += [value, *([cell.n, cell.of] if measure.how == SHARE else [cell.n] if measure.how != COUNT else [])]
    return [*map(str, said), str(line.left_out), str(line.still_open)]


def _by_api(line: dict) -> dict:
    return {f["measure"]: (f["value"] is not None and f["value"], f["n"], f["of"]) for f in line["figures"]}
