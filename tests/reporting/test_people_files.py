"""Figures of people: page, file and API say the same, to the last line; who may not take them out gets none (REP-19, WORK-9, REP-9)."""

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest

from accounts import clock
from accounts.models import Event
from reporting import exports_people, pay, words
from reporting.models import BonusRate
from tests.factories import put
from tests.reporting.test_crawl import busy, lived
from tests.reporting.test_pay import CLOSING, MARCH, sale

pytestmark = pytest.mark.django_db
__all__ = ["busy", "lived", "sale"]
PERIODS = (
    "period=last-7",
    "period=last-30",
    "period=last-month",
    "first=2026-01-01&last=2026-12-31",
    "period=this-quarter",
)


def file_of(browser, address: str) -> list[list[str]]:
    answer = browser.get(address)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv; charset=utf-8")
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode(), newline="")))


def in_a_file(figure: dict) -> list[str]:
    """Say a figure of the API as a file should."""
    value = figure["value"]
    said = "" if value is None else str(value if isinstance(value, int) else round(value, 6))
    return [said, str(figure["n"]), "" if figure["of"] is None else str(figure["of"])]


def numbers(cells: list[str]) -> list[float | None]:
    return [float(cell) if cell else None for cell in cells]


@pytest.mark.parametrize("asked", PERIODS)
@pytest.mark.parametrize("name", ["cleo", "nora", "rita"])
def test_ones_own_numbers_are_the_same_on_the_page_in_the_file_and_by_the_api(house, busy, client_of, name, asked):
    put(None, "working", owner=house.people[name], at=clock.now() - timedelta(days=2))
    browser = client_of(house.people[name])

    page = browser.get(f"/reports/mine/?{asked}")
    api = browser.get(f"/api/v1/reports/mine/?{asked}").json()
    file = file_of(browser, page.context["file"])

    shown = page.context["lines"]
    assert len(shown) == len(api["items"]) == len(file) - 2 > 10
    for own, item, row in zip(shown, api["items"], file[2:], strict=True):
        assert row[:2] == [own.metric.title, own.measure.title]
        assert numbers(row[2:5]) == numbers(in_a_file(item["mine"]))
        assert numbers(row[6:9]) == numbers(in_a_file(item["team"]))
        assert (row[5], row[9], row[10], row[11]) == (
            item["change"],
            item["rank"],
            own.measure.target_says,
            item["tone"],
        )
        assert own.mine == words.said(own.measure, own.cell)
        assert (item["mine"]["n"], item["mine"]["of"]) == (own.cell.n, own.cell.of)
    assert sum(own.cell.n for own in shown) > 0 or asked == "period=last-month"


@pytest.mark.parametrize("asked", PERIODS)
def test_two_reps_are_the_same_on_the_page_in_the_file_and_by_the_api(house, busy, client_of, asked):
    browser, two = client_of(house.cleo), f"left={house.ana.pk}&right={house.ben.pk}&{asked}"

    page = browser.get(f"/reports/two/?{two}")
    api = browser.get(f"/api/v1/reports/two/?{two}").json()
    file = file_of(browser, page.context["file"])

    assert len(page.context["lines"]) == len(api["items"]) == len(file) - 2 > 10
    assert file[1][2::3] == ["Ana Berg", "Ben Ito"]
    for pair, item, row in zip(page.context["lines"], api["items"], file[2:], strict=True):
        assert row[:2] == [pair.metric.title, pair.measure.title]
        assert numbers(row[2:]) == numbers([*in_a_file(item["left"]), *in_a_file(item["right"])])
        assert [side["text"] for side in pair.sides] == [words.said(pair.measure, cell) for cell in pair.cells]


@pytest.mark.parametrize("page", ["mine", "two"])
def test_figures_of_people_are_told_as_known_on_a_day_and_open_to_the_rows_of_then(house, client_of, page):
    now = clock.now()
    for days in (3, 3, 0):
        put(None, "assigned", owner=house.ana, at=now - timedelta(days=days, minutes=10))
    browser = client_of(house.ana if page == "mine" else house.cleo)
    pair = "" if page == "mine" else f"&left={house.ana.pk}&right={house.ben.pk}"
    on = (now - timedelta(days=1)).date().isoformat()

    def assigned(**asked) -> tuple[int, int, dict]:
        query = f"period=last-7{pair}" + "".join(f"&{name}={said}" for name, said in asked.items())
        api = browser.get(f"/api/v1/reports/{page}/?{query}").json()
        line = browser.get(f"/reports/{page}/?{query}").context["lines"][0]
        return line.sides[0]["n"], api["items"][0]["mine" if page == "mine" else "left"]["n"], line.sides[0]

    assert assigned()[:2] == (3, 3)
    shown, told, side = assigned(as_of=on)
    rows = browser.get(side["url"]).context["page"]
    assert (shown, told, rows.number) == (2, 2, 2)


@pytest.mark.parametrize("is_frozen", [False, True])
@pytest.mark.parametrize("name", ["rita", "cleo", "nora"])
def test_a_statement_is_the_same_on_the_page_in_the_file_and_by_the_api(
    house, sale, client_of, monkeypatch, name, is_frozen
):
    BonusRate.objects.create(version=2, valid_from=MARCH.starts_at, per_meeting=50, pipeline_percent=1, won_percent=4)
    monkeypatch.setattr(clock, "now", lambda: CLOSING)
    if is_frozen:
        pay.freeze(MARCH, at=CLOSING)
    browser = client_of(house.people[name])

    page = browser.get("/reports/pay/?month=2026-03-01")
    api = browser.get("/api/v1/reports/pay/?month=2026-03-01").json()
    file = file_of(browser, page.context["file"])

    shown = [
        (
            row["person"].username,
            row["line"].what,
            float(row["line"].value),
            float(row["line"].bonus),
            row["line"].is_contested,
        )
        for row in page.context["lines"]
    ]
    told = [
        (item["person"], item["what"], float(item["value"]), float(item["bonus"]), item["is_contested"])
        for item in api["items"]
    ]
    filed = [("ana", row[1].lower(), float(row[4]), float(row[8]), row[10] == "contested") for row in file[2:]]
    assert shown == sorted(told) == filed == [("ana", "pipeline", 2000, 20, False), ("ana", "won", 2000, 80, False)]
    assert file[0][2].startswith("frozen" if is_frozen else "preview")
    assert {row[0] for row in file[2:]} == {"Ana Berg"}
    assert Event.objects.filter(kind="export").latest("pk").data == {"what": "report pay", "rows": 2}


def test_the_file_of_a_statement_tells_money_from_meetings_and_each_currency_from_the_other():
    """A bonus of a sale in dollars is in euro, where somebody kept a rate; a meeting is one, and not one euro."""
    worth = (
        ("meeting", "1", "EUR", "1"), ("pipeline", "1000", "USD", "0.80"), ("won", "1000", "SEK", None),
    )  # fmt: skip
    found = [
        pay.Line(1, what, 7, CLOSING, Decimal(value), currency, rate and Decimal(rate), 9, False, Decimal(30))
        for what, value, currency, rate in worth
    ]

    rows = list(exports_people.statement(MARCH, found, True, {1: "Ana Berg"}, {9: "Planner"}))

    assert rows[1][4:10] == ["Value", "Currency", "Rate", "In EUR", "Bonus", "Bonus currency"]
    assert [row[4:10] for row in rows[2:]] == [
        ["1", "", "", "", "30.00", "EUR"],
        ["1000.00", "USD", "0.8", "800.00", "30.00", "EUR"],
        ["1000.00", "SEK", "", "", "30.00", "SEK"],
    ]


@pytest.mark.parametrize("month", ["2025-02-01", "2026-13-01", "2026-03-02", "x"])
def test_a_month_without_a_statement_is_not_answered_with_another(house, client_of, monkeypatch, month):
    """Page, file and API say which months there are, in the same words."""
    monkeypatch.setattr(clock, "now", lambda: CLOSING)
    browser = client_of(house.rita)

    asked = [browser.get(f"/reports/pay/{door}?month={month}") for door in ("", "file/")]

    assert [answer.status_code for answer in asked] == [422, 422]
    said = month.removesuffix("-01")
    assert [answer.context["problems"] for answer in asked] == 2 * [
        [
            {
                "where": "Month",
                "why": f"This month or one of the eleven before, as 2026-10: there is no statement of “{said}”.",
            }
        ]
    ]
    assert Event.objects.filter(kind="export").count() == 0
    assert browser.get(f"/api/v1/reports/pay/?month={month}").status_code == 400


@pytest.mark.parametrize("month", ["2026-03", "2026-03-01"])
def test_a_month_is_asked_for_by_its_name_or_its_first_day_at_every_door(house, client_of, monkeypatch, month):
    monkeypatch.setattr(clock, "now", lambda: CLOSING)
    browser = client_of(house.rita)

    page = browser.get(f"/reports/pay/?month={month}").context["month"]
    file = file_of(browser, f"/reports/pay/file/?month={month}")
    api = browser.get(f"/api/v1/reports/pay/?month={month}").json()

    assert (page, file[0][1], api["first"]) == (MARCH, "2026-03-01 to 2026-03-31", "2026-03-01")


@pytest.mark.parametrize("name", ["mine", "two", "pay"])
def test_who_sees_only_their_own_takes_no_file_out_and_none_is_offered(house, busy, client_of, name):
    browser = client_of(house.ana)

    assert browser.get(f"/reports/{name}/file/").status_code == 403
    assert "Download as CSV" not in browser.get(f"/reports/{name}/").content.decode()
    assert Event.objects.filter(kind="export").count() == 0


@pytest.mark.parametrize(
    ("left", "right", "where", "why"),
    [
        ("ana", "ana", "right", "Ana Berg stands on both sides. Choose two different people."),
        ("ana", "dov", "right", "There is no “{dov}” to choose here, or not for you."),
        ("x", "ben", "left", "There is no “x” to choose here, or not for you."),
        ("ana", "", "right", "Choose whom to set beside."),
        ("", "ben", "left", "Choose whom to set beside."),
    ],
)
def test_two_who_cannot_be_compared_are_refused_by_name_at_every_door(house, busy, client_of, left, right, where, why):
    numbers = {name: str(person.pk) for name, person in house.people.items()}
    asked = {"left": numbers.get(left, left), "right": numbers.get(right, right)}
    browser, words = client_of(house.cleo), why.format(**numbers)

    pages = [browser.get(f"/reports/two/{door}", asked) for door in ("", "file/")]
    api = browser.get("/api/v1/reports/two/", {name: said for name, said in asked.items() if said})

    assert [page.status_code for page in pages] == [422, 422]
    problem = {"where": {"left": "One", "right": "The other"}[where], "why": words}
    assert [page.context["problems"] for page in pages] == [[problem], [problem]]
    assert words in pages[0].content.decode()
    assert (api.status_code, [error["field"] for error in api.json()["errors"]]) == (400, [where])
    assert left in ("", "x") or right == "" or api.json()["errors"][0]["detail"] == words
    assert Event.objects.filter(kind="export").count() == 0


def test_nobody_asked_for_is_nobody_compared(house, busy, client_of):
    rows = file_of(client_of(house.cleo), "/reports/two/file/")

    assert rows == [["Two reps side by side", rows[0][1]], ["Report", "Figure"]]
