"""Figures by the API: the rows behind each come to it, and one's own, two reps, the pay basis and the clock say what their pages say."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import clock
from meetings import closing
from reporting import counting, life, moves, pay
from reporting.metrics import METRICS
from tests.api.conftest import problem
from tests.factories import opportunity_of, put
from tests.reporting.test_clock_crawl import lived
from tests.reporting.test_pay import CLOSING, MARCH, NOON, sale

pytestmark = pytest.mark.django_db
__all__ = ["lived", "sale"]


def all_of(who, path: str, **query) -> tuple[dict, list]:
    """Read a list to its end, five at a time: its last page, and all its rows."""
    items, cursor = [], {}
    while True:
        page = who.get(path, limit=5, **query, **cursor)
        assert page.status_code == 200, page.content
        page = page.json()
        items += page["items"]
        if page["next_cursor"] is None:
            return page, items
        cursor = {"cursor": page["next_cursor"]}


@pytest.mark.parametrize("name", ["rita", "cleo", "ana", "lena"])
def test_every_figure_of_every_report_opens_to_as_many_rows_as_it_says(house, lived, browser_of, name):
    who, opened = browser_of(house.people[name]), 0
    for report in METRICS:
        answer = who.get(f"reports/{report}/", period="last-90").json()
        asked = {"period": "last-90", "by": answer["by"] or "all"}
        for line, which in [
            (answer["total"], {}),
            *((line, {"line": line["key"] or "-"}) for line in answer["lines"][:2]),
        ]:
            for figure in line["figures"]:
                for part in (
                    ("n", "of") if figure["of"] is not None and "of" in _parts(report, figure["measure"]) else ("n",)
                ):
                    page, rows = all_of(
                        who, f"reports/{report}/rows/", measure=figure["measure"], part=part, **asked, **which
                    )
                    assert (report, page["number"], len(rows)) == (report, figure[part], figure[part])
                    opened += len(rows)
    assert opened > (0 if name == "ana" else 50)


def _parts(report: str, measure: str) -> tuple:
    return METRICS[report].measure(measure).parts


def test_rows_name_people_to_who_sees_them_and_to_nobody_else(house, lived, browser_of):
    seen = {
        name: {
            column["kind"] for column in browser_of(house.people[name]).get("reports/response/rows/").json()["columns"]
        }
        & {"lead", "person"}
        for name in ("rita", "cleo", "ana", "lena", "mark")
    }
    cells = browser_of(house.rita).get("reports/response/rows/", limit=1).json()["items"][0]["cells"]

    assert seen == {
        "rita": {"lead", "person"},
        "cleo": {"lead", "person"},
        "ana": {"lead", "person"},
        "lena": set(),
        "mark": set(),
    }
    assert cells[0]["value"].isdecimal()
    assert cells[0]["words"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"measure": "made-up"}, (404, "not_found", [])),
        ({"part": "all"}, (400, "invalid", ["part"])),
        ({"line": "x", "by": "rep"}, (404, "not_found", [])),
        ({"cursor": "x"}, (400, "invalid", ["cursor"])),
        ({"colour": "red"}, (400, "invalid", ["colour"])),
        ({"first": "2026-01-01"}, (400, "invalid", ["last"])),
        ({"first": "2026-01-02", "last": "2026-01-01"}, (400, "invalid", ["last"])),
        ({"first": "0001-01-02", "last": "9999-01-01"}, (400, "invalid", ["first", "last"])),
        ({"first": "2010-01-01", "last": "2026-01-01"}, (400, "invalid", ["last"])),
        ({"as_of": "2199-01-01"}, (400, "invalid", ["as_of"])),
    ],
)
def test_a_question_that_cannot_be_names_its_field(house, browser_of, query, expected):
    assert problem(browser_of(house.rita).get("reports/response/rows/", **query)) == expected


def test_ones_own_numbers_are_those_of_the_page(house, lived, browser_of, client_of):
    shown = client_of(house.ana).get("/reports/mine/?period=last-90").context["lines"]

    said = browser_of(house.ana).get("reports/mine/", period="last-90").json()

    assert [
        (line["report"], line["mine"]["measure"], line["change"], line["rank"], line["tone"]) for line in said["items"]
    ] == [(own.metric.name, own.measure.name, own.change, own.rank, own.tone) for own in shown]
    assert [line["mine"]["n"] for line in said["items"]] == [own.cell.n for own in shown]
    assert sum(line["team"]["n"] for line in said["items"]) > sum(line["mine"]["n"] for line in said["items"]) > 0
    assert problem(browser_of(house.ana).get("reports/mine/", team=1)) == (400, "invalid", ["team"])


def test_two_people_are_set_side_by_side_by_who_is_above_both(house, lived, browser_of):
    cleo, two = browser_of(house.cleo), {"left": house.ana.pk, "right": house.ben.pk}

    said = cleo.get("reports/two/", period="last-90", **two).json()
    alone = browser_of(house.ana).get("reports/mine/", period="last-90").json()

    assert (said["left"], said["right"]) == ("ana", "ben")
    assert [line["left"] for line in said["items"]] == [line["mine"] for line in alone["items"]]
    assert problem(cleo.get("reports/two/", **(two | {"right": house.dov.pk}))) == (400, "invalid", ["right"])
    assert problem(cleo.get("reports/two/", left=house.ana.pk)) == (400, "invalid", ["right"])


def test_the_pay_basis_is_told_line_by_line_and_frozen_once_its_month_has_closed(house, sale, browser_of, monkeypatch):
    pay.freeze(MARCH, at=CLOSING)
    monkeypatch.setattr(clock, "now", lambda: CLOSING + timedelta(days=1))

    said, lines = all_of(browser_of(house.rita), "reports/pay/", month="2026-03-01")
    anas = all_of(browser_of(house.ana), "reports/pay/", month="2026-03-01")[1]
    bens = all_of(browser_of(house.ben), "reports/pay/", month="2026-03-01")[1]
    april = browser_of(house.rita).get("reports/pay/").json()

    assert (said["first"], said["last"], said["is_frozen"], april["first"], april["is_frozen"]) == (
        "2026-03-01", "2026-03-31", True, "2026-04-01", False,
    )  # fmt: skip
    assert [(line["person"], line["what"], line["value"], line["opportunity"], line["meeting"]) for line in lines] == [
        ("ana", "pipeline", "2000.00", sale.pk, None), ("ana", "won", "2000.00", sale.pk, None),
    ]  # fmt: skip
    assert (anas, bens) == (lines, [])
    for month in ("2026-03-02", "2025-04-01", "x"):
        assert problem(browser_of(house.rita).get("reports/pay/", month=month)) == (400, "invalid", ["month"])


def test_a_long_statement_is_paged_without_losing_a_line(house, browser_of, monkeypatch):
    for owner in (house.eva, house.eva, house.eva):
        made = opportunity_of(put(None, "working", owner=house.ana), owner=owner, at=NOON + timedelta(hours=1))
        made.development_owner = house.ana
        made.save()
        closing.win(made, by=house.root, at=NOON + timedelta(days=18))
    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(days=20))

    lines = all_of(browser_of(house.rita), "reports/pay/")[1]

    assert len(lines) == len(pay.statement(MARCH, None, now=NOON + timedelta(days=20))[0]) > 2
    assert len({(line["what"], line["opportunity"]) for line in lines}) == len(lines)


@pytest.mark.parametrize("is_counted", [True, False])
@pytest.mark.parametrize("name", ["rita", "cleo"])
def test_every_number_of_the_clock_opens_to_as_many(house, lived, browser_of, client_of, name, is_counted):
    if is_counted:
        counting.count(clock.now())
    who = browser_of(house.people[name])
    face = who.get("overview/").json()
    shown = client_of(house.people[name]).get("/overview/").context

    assert (face["sentence"], face["is_of_team"]) == (shown["sentence"], name == "cleo")
    assert face["in_hand"] + sum(row["number"] for row in face["standing"]) == shown["total"]
    for pile in face["piles"]:
        which = {name: pile[name] for name in ("state", "motion", "pile")}
        assert (which, len(all_of(who, "overview/leads/", **which)[1])) == (which, pile["number"])
    for move in face["moves"]:
        assert move["number"] == len(all_of(who, "overview/moves/", move=move["move"])[1])
        for motion in ("slg", "plg"):
            assert move[motion] == len(all_of(who, "overview/moves/", move=move["move"], motion=motion)[1])
    assert {move["move"] for move in face["moves"] if move["number"]} == set(moves.WORDS) == set(life.TO_HAND)


@pytest.mark.parametrize(
    "path", ["overview/leads/?state=assigned&motion=slg", "overview/moves/?move=raw", "reports/assignment/rows/"]
)
def test_lists_of_figures_take_as_many_queries_for_three_rows_as_for_one(house, browser_of, path):
    who, at = browser_of(house.rita), clock.now() - timedelta(hours=3)

    def queries() -> int:
        with CaptureQueriesContext(connection) as counted:
            assert who.get(path).json()["items"]
        return len(counted)

    put(None, "assigned", owner=house.ana, at=at)
    one = queries()
    for _ in range(2):
        put(None, "assigned", owner=house.ana, at=at)

    assert queries() == one


def test_a_key_is_told_sums_and_nothing_of_people(house, lived, program):
    assert program.get("reports/response/").status_code == 200
    for path in (
        "reports/response/rows/",
        "reports/mine/",
        "reports/two/",
        "reports/pay/",
        "overview/",
        "overview/leads/",
        "overview/moves/",
    ):
        assert problem(program.get(path))[:2] == (403, "forbidden")
