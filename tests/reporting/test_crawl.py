"""Somebody clicks every number of every report: the page it opens to says as many, and lists them to the last."""

import re
from datetime import timedelta
from html import unescape

import pytest

from accounts import clock
from accounts.models import Event
from reporting.metrics import METRICS
from tests.factories import opportunity_of, put

pytestmark = pytest.mark.django_db
LINK = re.compile(r'<a[^>]* href="(/reports/[a-z-]+/rows/\?[^"]*)"[^>]*>([^<]*)<')


@pytest.fixture
def lived(house):
    """A little of everything, within the last days."""
    at = clock.now() - timedelta(days=3)
    for state in ("assigned", "working", "nurture", "unqualified", "qualified"):
        put(None, state, owner=house.ana, at=at)
        put(None, state, owner=house.ben, at=at + timedelta(hours=5))
    opportunity_of(put(None, "working", owner=house.dov, at=at), at=at + timedelta(hours=2))


def number(text: str) -> int | None:
    found = re.fullmatch(r"(?:of )?([\d,]+)", text.strip())
    return int(found[1].replace(",", "")) if found else None


def clicked(browser, address: str) -> tuple[int, int]:
    """Open a number's rows page after page: what it says, and how many are listed."""
    said, listed = None, 0
    while address:
        page = browser.get(address)
        assert page.status_code == 200, address
        said = page.context["page"].number
        listed += len(page.context["rows"])
        address = page.context["pager"].get("older", "")
    return said, listed


@pytest.mark.parametrize("name", sorted(METRICS))
def test_every_number_of_a_report_opens_to_as_many_rows(house, lived, client_of, name):
    browser, checked = client_of(house.rita), 0
    for by in ("", "&by=rep"):
        page = browser.get(f"/reports/{name}/?period=last-30{by}")
        assert page.status_code == 200
        for address, text in dict(LINK.findall(page.content.decode())).items():
            said, listed = clicked(browser, unescape(address))
            assert said == listed
            assert number(text) in (None, said)
            checked += 1
    assert checked > 0 or name in ("pulls", "limits", "meetings", "pipeline", "companies")


def test_rows_go_on_past_a_page_and_none_is_missed_or_doubled(house, client_of):
    at = clock.now() - timedelta(days=2)
    leads = [put(None, "assigned", owner=house.ana, at=at).pk for _ in range(53)]
    browser = client_of(house.cleo)
    address, seen = "/reports/assignment/rows/?period=last-30&measure=assigned", []
    while address:
        page = browser.get(address)
        seen += [int(row[0].url.split("/")[2]) for row in page.context["rows"]]
        address = page.context["pager"].get("older", "")
    assert sorted(seen) == sorted(leads)


@pytest.mark.parametrize(
    ("name", "sees"),
    [
        ("ana", {"Ana Berg"}),
        ("cleo", {"Ana Berg", "Ben Ito"}),
        ("hugo", {"Dov Katz"}),
        ("rita", {"Ana Berg", "Ben Ito", "Dov Katz"}),
    ],
)
def test_each_sees_as_far_as_they_may(house, lived, client_of, name, sees):
    page = client_of(house.people[name]).get("/reports/assignment/?period=last-30&by=rep")
    assert {line.label for line in page.context["answer"].lines} == sees


@pytest.mark.parametrize("name", ["mark", "lena"])
def test_marketing_and_leaders_see_sums_and_no_people(house, lived, client_of, name):
    browser = client_of(house.people[name])
    report = browser.get("/reports/assignment/?period=last-30&by=rep").content.decode()
    rows = browser.get("/reports/assignment/rows/?period=last-30&measure=assigned").content.decode()
    assert [word for word in ("Ana Berg", "Ben Ito", "Dov Katz", "Marta") if word in report + rows] == []


def test_a_file_is_on_record_and_says_what_the_page_says(house, lived, client_of):
    browser = client_of(house.lena)
    page = browser.get("/reports/pick-up/?period=last-30")
    file = b"".join(browser.get("/reports/pick-up/file/?period=last-30").streaming_content).decode().splitlines()
    assert len(file) == 4 + len(page.context["answer"].lines)
    assert Event.objects.get(kind="export").data == {
        "what": "report pick-up",
        "rows": len(page.context["answer"].lines) + 1,
    }


@pytest.mark.parametrize(
    "address",
    [
        "rows/?measure=nothing",
        "rows/?measure=rate&part=x",
        "rows/?measure=rate&by=source&line=x",
        "rows/?measure=rate&line=1&by=all",
    ],
)
def test_a_figure_that_does_not_exist_is_not_found(house, client_of, address):
    assert client_of(house.rita).get(f"/reports/pick-up/{address}").status_code == 404


def test_my_numbers_stand_beside_the_teams(house, lived, client_of):
    page = client_of(house.ana).get("/reports/mine/")
    line = next(
        line for line in page.context["lines"] if (line.metric.name, line.measure.name) == ("assignment", "assigned")
    )
    assert (line.mine, line.team, line.rank) == ("5", "10", "1 of 2")
    assert "Ben Ito" not in page.content.decode()


def test_two_reps_stand_side_by_side(house, lived, client_of):
    page = client_of(house.cleo).get(f"/reports/two/?left={house.ana.pk}&right={house.ben.pk}")
    line = page.context["lines"][0]
    assert [side["text"] for side in line.sides] == ["5", "5"]
    assert client_of(house.cleo).get(f"/reports/two/?left={house.ana.pk}&right={house.dov.pk}").context["lines"] == []
