"""Somebody clicks every number of every report: the page it opens to says as many, and lists them to the last."""

import re
from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import clock
from accounts.models import Event, Membership, Product
from accounts.sweeping import run
from leads import assignment, pulling, signals
from leads.product_led import activate
from leads.response_sweeps import RESPONSE
from meetings import booking, closing, outcomes
from reporting import answers, shown, words
from reporting.metrics import METRICS
from reporting.models import BonusRate
from tests.factories import AccountFactory, LeadFactory, opportunity_of, product_led, put
from tests.reporting.plain.counting import average, percentile

pytestmark = pytest.mark.django_db
LINK = re.compile(
    r'<a[^>]* href="(/reports/[a-z-]+/rows/\?[^"]*)"[^>]*>(?:<span class="sr-only">[^<]*</span>)?([^<]*)<'
)


@pytest.fixture
def lived(house):
    """A little of everything, within the last days."""
    at = clock.now() - timedelta(days=3)
    for state in ("assigned", "working", "nurture", "unqualified", "qualified"):
        put(None, state, owner=house.ana, at=at)
        put(None, state, owner=house.ben, at=at + timedelta(hours=5))
    opportunity_of(put(None, "working", owner=house.dov, at=at), at=at + timedelta(hours=2))


@pytest.fixture
def busy(house, lived):
    """What else happens: who asks for us, outbound, pulls, meetings, a sale that is won, a limit that passes."""
    at = clock.now() - timedelta(days=3)
    asked = put(None, "working", owner=house.dov, at=at)
    signals.raise_hand([asked.pk], what="call", by=None, at=at + timedelta(hours=3)).whole()
    outbound = LeadFactory(account=AccountFactory(), go_to_market="outbound", **then(at))
    put(outbound, "working", owner=house.ana, at=at)
    _pull(house, at)
    meet(house, at)
    let_a_limit_pass(house, at - timedelta(days=2))
    activate([product_led(at=at), product_led(at=at)][:1], at=at + timedelta(hours=7)).whole()


def then(at) -> dict:
    return {"status_since": at, "created_at": at, "recorded_at": at}


def _pull(house, at) -> None:
    """Two are pulled on each of some days in a row, one of which is a working day."""
    for day in range(3):
        moment = at - timedelta(days=3 - day)
        waiting = [LeadFactory(go_to_market="outbound", **then(moment)) for _ in range(2)]
        assignment.enqueue(waiting, team=house.north, by=None, at=moment)
        assert len(pulling.pull(house.north, by=house.ben, at=moment, number=2).done) == 2


def meet(house, at) -> None:
    """One meeting is held and one is missed; the first sale goes on to pipeline and is won."""
    for n, end in enumerate((outcomes.complete_qualified, outcomes.no_show)):
        lead = put(LeadFactory(account=AccountFactory(), **then(at)), "working", owner=house.ana, at=at)
        starts = at + timedelta(hours=12 + 2 * n)
        product = Product.objects.first()
        meeting = booking.book(
            lead, product=product, starts_at=starts, by=house.ana, at=at + timedelta(hours=1), owner=house.eva
        )
        end(meeting, by=house.eva, at=starts + timedelta(hours=1))
        if n == 0:
            closing.win(meeting.opportunity, by=house.root, at=starts + timedelta(hours=3))


def let_a_limit_pass(house, at) -> None:
    put(None, "assigned", owner=house.ana, at=at)
    run(RESPONSE, at + timedelta(hours=25))
    assert Event.objects.filter(kind="breach").exists()


def clicked(browser, address: str) -> tuple[int, list]:
    """Open a number's rows page after page: what it says, and the rows that are listed, as they were read."""
    said, listed = None, []
    while address:
        page = browser.get(address)
        assert page.status_code == 200, address
        said = page.context["page"].number
        listed += page.context["page"].rows
        assert len(page.context["rows"]) == len(page.context["page"].rows)
        address = page.context["pager"].get("older", "")
    return said, listed


def told(measure, part: str, rows: list) -> str:
    """Say what the rows of a number come to, as its page should: their number, their sum, their average or their middle."""
    if part == "of":
        return str(len(rows))
    values = [float(row[-1]) for row in rows] if measure.value else []
    parts = {"median": 0.5, "p90": 0.9}
    value = percentile(values, parts[measure.how]) if measure.how in parts else average(values)
    return words.said(
        measure, answers.Cell({"count": len(rows), "sum": sum(values)}.get(measure.how, value), len(rows))
    )


def line_of(answer, key: list[str] | None, first: str = ""):
    """Return the line of a table that an address means."""
    if first == answer.period.before().first.isoformat():
        return answer.before
    return answer.total if key is None else next(line for line in answer.lines if shown.said_key(line.key) == key[0])


@pytest.mark.parametrize("name", sorted(METRICS))
def test_every_number_of_a_report_opens_to_rows_that_come_to_it(house, busy, client_of, name):
    browser, checked = client_of(house.rita), 0
    for by in ("", "&by=giver" if name == "hand-offs" else "&by=rep"):
        page = browser.get(f"/reports/{name}/?period=last-30{by}")
        assert page.status_code == 200
        for address, text in set(LINK.findall(page.content.decode())):
            address = unescape(address)
            asked = parse_qs(urlsplit(address).query)
            measure, part = METRICS[name].measure(asked["measure"][0]), asked["part"][0]
            said, listed = clicked(browser, address)
            assert said == len(listed)
            cell = line_of(page.context["answer"], asked.get("line"), asked.get("first", [""])[0]).cells[measure.name]
            assert (cell.n if part == "n" else cell.of) == said
            if measure.how == "share" and part == "n":
                assert unescape(text).strip() == words.said(measure, cell)
            else:
                assert (measure.name, unescape(text).strip().removeprefix("of ")) == (
                    measure.name,
                    told(measure, part, listed),
                )
            checked += 1
    assert checked > 0


@pytest.mark.parametrize("name", ["ana", "eva", "cleo", "nora", "mark", "lena"])
def test_every_number_that_somebody_sees_opens_for_them_to_as_many_rows(house, busy, client_of, name):
    """Each of their own reach: a rep's own, a manager's people's, of marketing and leaders the sums, whose rows name nobody."""
    browser, checked = client_of(house.people[name]), 0
    for report in METRICS:
        page = browser.get(f"/reports/{report}/?period=last-30")
        for address in {unescape(address) for address, _text in LINK.findall(page.content.decode())}:
            asked = parse_qs(urlsplit(address).query)
            said, listed = clicked(browser, address)
            cell = line_of(page.context["answer"], asked.get("line"), asked.get("first", [""])[0]).cells[
                asked["measure"][0]
            ]
            assert (address, said, len(listed)) == (address, cell.n if asked["part"][0] == "n" else cell.of, said)
            checked += 1
    assert checked > (3 if name == "eva" else 30)


@pytest.mark.parametrize("name", ["ana", "cleo", "rita"])
def test_the_sums_of_a_statement_are_those_of_its_lines(house, busy, client_of, name):
    """A statement is its own rows: each line stands for one meeting or sale, and the sums by person come to them."""
    begins = clock.now() - timedelta(days=60)
    BonusRate.objects.create(version=2, valid_from=begins, per_meeting=50, pipeline_percent=1, won_percent=4)
    browser, sums, lines = client_of(house.people[name]), defaultdict(Decimal), defaultdict(Decimal)
    for month in browser.get("/reports/pay/").context["months"][:2]:
        page = browser.get(f"/reports/pay/?month={month.first}")
        html = page.content.decode()
        for row in page.context["lines"]:
            lines[str(row["person"])] += row["line"].bonus
            what = f'<a href="{row["url"]}">{row["what"]}</a>' if row["url"] else row["what"]
            assert html.count(f'{row["person"]!s}</th><td role="cell" data-label="For">{what}') > 0
        for person, _currency, total, _doubt in page.context["sums"]:
            sums[str(person)] += total
    assert sums == lines
    assert set(sums) == ({"Ana Berg"} if name == "ana" else set(sums) | {"Ana Berg"})


@pytest.mark.parametrize("asked", ["", "&as_of={}"])
def test_the_period_before_opens_to_rows_that_come_to_it(house, lived, client_of, asked):
    """Whether nothing else is asked, or a day: the rows of its own days, as of when it was read."""
    today = clock.now().date()
    first, last = today + timedelta(days=1), today + timedelta(days=8)
    while_open = f"first={first}&last={last}" + asked.format(today)
    page = client_of(house.rita).get(f"/reports/assignment/?{while_open}")
    found = page.context["answer"].before.cells["assigned"]
    url = next(cell["url"] for cell in page.context["table"]["before"]["cells"] if cell["name"] == "assigned")

    said, listed = clicked(client_of(house.rita), url)

    assert found.value == said == len(listed) == 11
    assert url in unescape(page.content.decode())


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


def test_the_rows_cost_the_same_however_many(house, client_of):
    browser, taken = client_of(house.cleo), []
    address = "/reports/assignment/rows/?period=last-30&measure=assigned"
    browser.get(address)
    for more in (1, 2):
        for _ in range(more):
            put(None, "assigned", owner=house.ana, at=clock.now() - timedelta(days=2))
        with CaptureQueriesContext(connection) as queries:
            page = browser.get(address)
        taken.append((len(page.context["rows"]), len(queries)))
    assert taken == [(1, taken[0][1]), (3, taken[0][1])]


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


@pytest.mark.parametrize("line", ["zz", "a:b", "1:2:3", "1"])
def test_a_pair_that_is_none_is_not_found(house, client_of, line):
    asked = {"measure": "untouched", "by": "rep_source", "line": line}
    assert client_of(house.rita).get("/reports/cherry-picking/rows/", asked).status_code == 404
    assert client_of(house.rita).get("/api/v1/reports/cherry-picking/rows/", asked).status_code == 404


def test_my_numbers_stand_beside_the_teams(house, lived, client_of):
    page = client_of(house.ana).get("/reports/mine/")
    line = next(
        line for line in page.context["lines"] if (line.metric.name, line.measure.name) == ("assignment", "assigned")
    )
    assert (line.mine, line.team, line.rank) == ("5", "10", "1 of 2")
    assert "Ben Ito" not in page.content.decode()


def test_a_managers_numbers_stand_beside_those_of_their_people(house, lived, client_of):
    lines = client_of(house.cleo).get("/reports/mine/").context["lines"]
    touches = next(line for line in lines if (line.metric.name, line.measure.name) == ("assignment", "assigned"))
    assert (touches.mine, touches.team, touches.rank) == ("0", "10", "")


@pytest.mark.parametrize("name", ["ana", "cleo", "rita"])
def test_my_numbers_open_to_their_rows(house, busy, client_of, name):
    """One's own, and the team's to who may see its rows: a manager's people's, RevOps' own team's; a rep sees the team's sums."""
    Membership.objects.create(team=house.north, user=house.rita)
    browser, opened = client_of(house.people[name]), [0, 0]
    page = browser.get("/reports/mine/?period=last-7")
    text = unescape(page.content.decode())
    for line in page.context["lines"]:
        for turn, (side, cell) in enumerate(zip(line.sides, (line.cell, line.of_team), strict=True)):
            of = cell.of if line.measure.how == "share" else None
            is_theirs = turn == 0 or name != "ana"
            assert (line.called, bool(side["url"]), bool(side["of_url"])) == (
                line.called,
                is_theirs and bool(cell.n),
                is_theirs and bool(of),
            )
            for url, number in ((side["url"], cell.n), (side["of_url"], of)):
                if url:
                    assert (line.called, f'"{url}"' in text, *_number(browser, url)) == (
                        line.called,
                        True,
                        number,
                        number,
                    )
                    opened[turn] += 1
        assert bool(line.rank_url) == bool(line.rank and name != "ana")
        assert not line.rank_url or browser.get(line.rank_url).status_code == 200
    assert (opened[0] > 9, opened[1] > 9) == (name == "ana", name != "ana")


def _number(browser, url: str) -> tuple[int, int]:
    said, listed = clicked(browser, url)
    return said, len(listed)


def test_the_numbers_of_two_reps_open_to_their_rows(house, busy, client_of):
    browser = client_of(house.cleo)
    page, checked = browser.get(f"/reports/two/?left={house.ana.pk}&right={house.ben.pk}"), 0
    for line in page.context["lines"]:
        for side, cell in zip(line.sides, line.cells, strict=True):
            of = cell.of if line.measure.how == "share" else None
            assert (bool(side["url"]), bool(side["of_url"])) == (bool(cell.n), bool(of))
            for url, number in ((side["url"], cell.n), (side["of_url"], of)):
                if url:
                    assert (line.called, *_number(browser, url)) == (line.called, number, number)
                    checked += 1
    assert checked > 9


@pytest.mark.parametrize(("number", "says"), [(1, "1</b> round,"), (2, "2</b> rounds,")])
def test_one_row_is_called_by_one(house, client_of, number, says):
    for _ in range(number):
        put(None, "assigned", owner=house.ana, at=clock.now() - timedelta(days=1))

    page = client_of(house.rita).get("/reports/assignment/rows/?measure=assigned&by=all").content.decode()

    assert says in page


def test_every_kind_of_row_is_called_by_one():
    relations = [relation for metric in METRICS.values() for relation in (metric.relation, metric.by_hands) if relation]

    assert {words.noun(1, relation.noun) for relation in relations} == set(words.ONE.values())
    assert {words.noun(2, relation.noun) for relation in relations} == set(words.ONE)


@pytest.mark.parametrize(("name", "sees"), [("rita", True), ("cleo", True), ("ana", False)])
def test_a_line_of_a_statement_opens_to_its_meeting_and_its_sale_for_who_may_see_them(
    house, busy, client_of, name, sees
):
    browser, opened = client_of(house.people[name]), 0
    for line in [row for n in (0, 1) for row in _statement(browser, n)]:
        assert line["url"] in ("", f"/meetings/{line['line'].row}/")
        for url in filter(None, (line["url"], line["sale_url"])):
            assert browser.get(url).status_code == 200
            opened += 1
    assert opened > 2 or not sees


def _statement(browser, back: int) -> list[dict]:
    month = browser.get("/reports/pay/").context["months"][back]
    page = browser.get(f"/reports/pay/?month={month.first:%Y-%m}")
    html = page.content.decode()
    for line in page.context["lines"]:
        assert all(f'href="{url}"' in html for url in (line["url"], line["sale_url"]) if url)
    return page.context["lines"]


def test_a_row_leads_to_what_it_names_for_who_may_see_it(house, busy, client_of):
    asked = "?period=last-30&measure=sourced&by=all"
    rows = {
        name: client_of(house.people[name]).get(f"/reports/cohorts/rows/{asked}").context["rows"]
        for name in ("rita", "lena")
    }
    urls = {name: {cell.url.split("/")[1] for row in found for cell in row if cell.url} for name, found in rows.items()}

    assert urls == {"rita": {"opportunities", "leads"}, "lena": set()}
    for row in rows["rita"]:
        for cell in row:
            assert not cell.url or client_of(house.rita).get(cell.url).status_code == 200


def test_two_reps_stand_side_by_side(house, lived, client_of):
    page = client_of(house.cleo).get(f"/reports/two/?left={house.ana.pk}&right={house.ben.pk}")
    line = page.context["lines"][0]
    assert [side["text"] for side in line.sides] == ["5", "5"]
    assert "lines" not in client_of(house.cleo).get(f"/reports/two/?left={house.ana.pk}&right={house.dov.pk}").context
