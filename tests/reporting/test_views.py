"""The clock: the house's for those who see sums, the team's for a manager; its piles open to their leads."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import clock
from leads import signals
from leads.models import Lead
from reporting import counting, life
from reporting.models import Figure
from reporting.period import named
from tests.factories import LeadFactory, product_led, put

pytestmark = pytest.mark.django_db
RECENT = timedelta(hours=3)


@pytest.fixture
def leads(house):
    """One of each: three of North, one of South, one of nobody's, one of the product's, one gone."""
    at = clock.now() - RECENT
    put(None, "working", owner=house.ana, at=at)
    put(None, "nurture", owner=house.ben, at=at)
    put(None, "raw", team=house.north, at=at)
    put(None, "assigned", owner=house.dov, at=at)
    LeadFactory()
    product_led(at=at)
    LeadFactory(gone_as="undone")


def counts(response) -> dict:
    return {row["label"]: row["number"] for row in response.context["rows"] if row["number"]}


HOUSE = {"Raw": 2, "Assigned, Open SLG": 1, "Assigned, Open PLG": 1, "Working S": 1, "Not now": 1}


@pytest.mark.parametrize("name", ["rita", "mark", "lena", "root"])
def test_the_house_is_counted_for_those_who_see_its_sums(house, leads, client_of, name):
    response = client_of(house.people[name]).get("/overview/")
    assert counts(response) == HOUSE
    assert response.context["total"] == 6


def test_the_same_counts_stand_once_the_job_has_counted_them(house, leads, client_of):
    counting.count(clock.now())
    response = client_of(house.rita).get("/overview/")
    assert counts(response) == HOUSE
    assert response.context["life"].moves == {
        "raw:assigned": 4, "assigned:working": 2, "working:nurture": 1,
    }  # fmt: skip


def test_a_manager_counts_their_team(house, leads, client_of):
    assert counts(client_of(house.cleo).get("/overview/")) == {"Raw": 1, "Working S": 1, "Not now": 1}


def test_a_manager_of_managers_counts_the_teams_below(house, leads, client_of):
    assert client_of(house.nora).get("/overview/").context["total"] == 4


@pytest.mark.parametrize("name", ["ana", "eva", "carl"])
def test_who_has_numbers_of_their_own_only_is_told_so(house, leads, client_of, name):
    response = client_of(house.people[name]).get("/overview/")
    assert response.status_code == 403
    assert "The overview is for managers, RevOps, marketing and leadership." in response.content.decode()


def test_a_house_without_leads_says_what_comes_next(house, client_of):
    assert "No leads yet" in client_of(house.lena).get("/overview/").content.decode()


def test_the_overview_names_no_person_and_links_to_none_for_leaders(house, leads, client_of):
    text = client_of(house.lena).get("/overview/").content.decode()
    assert [word for word in ("Marta", "Ana Berg", "Ben Ito", "Nordlicht", "/overview/leads/") if word in text] == []


def test_every_pile_opens_to_as_many_leads_as_it_says(house, leads, client_of):
    at = clock.now()
    found = life.of_house(named("last-7", at), at)
    said = {
        (state, motion, pile): number
        for state, motion in life.PILES
        for pile, number, _words in found.piles(state, motion)
    }
    assert said == {(*where[:2], where[2]): len(life.pile_of(*where, None, at, 0, 99)) for where in said}
    assert sum(said.values()) == 3


def test_the_piles_page_lists_its_leads_by_key(house, leads, client_of):
    page = client_of(house.rita).get("/overview/leads/?state=assigned&motion=slg&pile=late")
    assert [lead.owner for lead in page.context["leads"]] == [house.dov]
    assert (
        client_of(house.cleo).get("/overview/leads/?state=assigned&motion=slg&pile=late").context["leads"].count() == 0
    )


def test_the_clock_costs_the_same_however_many_leads(house, leads):
    at, taken = clock.now(), []
    counting.count(at)
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            life.of_house(named("last-30", at), at)
        taken.append(len(queries))
        for _ in range(2):
            put(None, "working", owner=house.ana, at=at - RECENT)
    assert taken == [4, 4]


def test_counting_twice_leaves_what_counting_once_leaves(house, leads):
    at = clock.now()
    counting.count(at)
    once = set(Figure.objects.values_list("kind", "day", "key", "value"))
    counting.count(at)
    assert set(Figure.objects.values_list("kind", "day", "key", "value")) == once
    assert sum(value for kind, _day, _key, value in once if kind == "count") == Lead.objects.filter(gone_as="").count()


@pytest.mark.parametrize(("name", "sees"), [("cleo", True), ("rita", True), ("mark", False), ("lena", False)])
def test_the_list_of_reports_leads_only_where_one_may_go(house, client_of, name, sees):
    client = client_of(house.people[name])
    page = client.get("/reports/").content.decode()
    offered = [url for url in ("/reports/two/", "/reports/pay/") if f'href="{url}"' in page]
    assert offered == (["/reports/two/", "/reports/pay/"] if sees else [])
    assert [client.get(url).status_code for url in offered] == [200] * len(offered)


def test_a_sentence_does_not_deny_what_is_there_but_unanswered(house, client_of):
    lead = put(None, "working", owner=house.ana, at=clock.now() - timedelta(days=2))
    signals.raise_hand([lead.pk], what="call", by=None, at=clock.now() - timedelta(hours=1))
    context = client_of(house.rita).get("/reports/hand-raises/?period=last-7").context
    assert context["figures"][0]["text"] == "1"
    assert context["sentence"] == f"Median in {context['answer'].period}: nothing to work it out from."


def test_a_month_is_called_as_people_call_it_and_by_iso_in_a_file(house, client_of):
    put(None, "working", owner=house.ana, at=clock.now())
    query, month = "?period=this-month&by=month", clock.now().astimezone(ZoneInfo("Europe/Berlin")).replace(day=1)
    rita = client_of(house.rita)
    lines = rita.get(f"/reports/assignment/{query}").context["table"]["lines"]
    file = b"".join(rita.get(f"/reports/assignment/file/{query}").streaming_content).decode("utf-8-sig")
    rows = rita.get(f"/reports/assignment/rows/{query}&line={month:%Y-%m-%d}").context
    assert ([line["label"] for line in lines], rows["label"]) == ([f"{month:%b %Y}"], f"{month:%b %Y}")
    assert f"{month:%Y-%m-%d}" in file


@pytest.mark.parametrize(("number", "says"), [
    (19, "there are fewer than 20 in each: too few to judge."), (20, "only Ana Berg has 20 or more: 0 %."),
])  # fmt: skip
def test_a_sentence_names_the_only_one_that_can_be_judged(house, client_of, number, says):
    for who, times in ((house.ana, number), (house.ben, 1)):
        for _ in range(times):
            put(None, "working", owner=who, at=clock.now())
    sentence = client_of(house.rita).get("/reports/qualified/?period=last-7&by=rep").context["sentence"]
    assert sentence.partition("Told apart by rep ")[2] == says
