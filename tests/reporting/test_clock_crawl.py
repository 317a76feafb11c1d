"""Somebody clicks every number of the clock: each pile and each number of moves lists as many as it says, to the last."""

import re
from datetime import timedelta
from html import unescape
from statistics import median

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import clock
from accounts.models import Event, Reason, Stage
from accounts.words import DASH, duration
from leads import exceptions
from leads.models import Cycle, Lead
from meetings import closing
from reporting import counting, life, moves, permissions
from reporting.period import named
from tests.factories import LeadFactory, opportunity_of, put

pytestmark = pytest.mark.django_db
LINK = re.compile(r'<a[^>]* href="(/overview/(moves|leads)/\?[^"]*)"[^>]*>(?:<text[^>]*>)?([^<]*)<')
STUCK = {"stuck assigned slg", "stuck working slg", "stuck qualified", "stuck nurture", "stuck raw"}
MOVES = {"raw", "again", "worked", "now", "notnow", "never", "lost"}


@pytest.fixture
def lived(house):
    """Every move of the clock, of two teams; some of it came about before the week."""
    at = clock.now() - timedelta(days=3)
    for owner in (house.ana, house.ben, house.dov):
        for state in ("assigned", "working", "nurture", "unqualified", "qualified"):
            put(None, state, owner=owner, at=at)
    put(None, "working", owner=house.ana, at=at - timedelta(days=20))
    for owner in (house.ana, house.dov):
        for state in ("assigned", "working", "qualified", "nurture"):
            put(None, state, owner=owner, at=at - timedelta(days=200))
    LeadFactory(team=house.north, status_since=at - timedelta(days=40), created_at=at - timedelta(days=40))
    back = put(None, "nurture", owner=house.ana, at=at)
    put(back, "assigned", owner=house.ana, at=at + timedelta(hours=2))
    won_over = Stage.objects.get(is_qualifying=True)
    for owner in (house.ana, house.dov):
        aside = put(None, "working", owner=owner, at=at)
        why, week = Reason.objects.filter(disposition="exception").first(), timedelta(days=7)
        asked = exceptions.ask([aside.pk], reason=why, review_at=at + week, by=owner, at=at + timedelta(hours=2))
        assert asked.done
        assert exceptions.grant([aside.pk], by=house.rita, at=at + timedelta(hours=3)).done
        soon = put(None, "nurture", owner=owner, at=at)
        Lead.objects.filter(pk=soon.pk).update(recycle_at=clock.now() + timedelta(days=6), development_owner=owner)
    lead = put(None, "working", owner=house.ben, at=at)
    sale = opportunity_of(lead, owner=house.eva, at=at + timedelta(hours=2), stage=won_over)
    closing.lose(sale, reason=Reason.objects.get(code="lost_price"), by=house.eva, at=at + timedelta(hours=4))


def clicked(browser, address: str, kind: str) -> tuple[int | None, list]:
    """Open a number page after page: what it says, and what is listed."""
    said, listed = None, []
    while address:
        page = browser.get(address)
        assert page.status_code == 200, address
        said = page.context.get("number")
        listed += page.context["rows"] if kind == "moves" else page.context["leads"]
        address = page.context["pager"].get("older", "")
    return said, listed


def crawled(browser) -> dict:
    """Click every number of the clock; return how many moves each name listed."""
    html, found = browser.get("/overview/").content.decode(), {}
    for address, kind, text in set(LINK.findall(html)):
        number = re.search(r"[\d,]+", text)
        if number is None:
            continue
        said, listed = clicked(browser, unescape(address), kind)
        assert (address, len(listed)) == (address, int(number[0].replace(",", "")))
        beside = re.search("pile=(due|out)", address)
        if "pile=stuck" in address:
            state, motion = re.search("state=([a-z]+)&amp;motion=([a-z]*)", address).groups()
            assert found.setdefault(f"stuck {state} {motion}".strip(), len(listed)) == len(listed)
        if beside:
            assert found.setdefault(beside[1], len(listed)) == len(listed)
        if kind == "moves":
            assert said == len(listed)
            name = re.search("move=([a-z]+)", address)[1]
            found[name] = max(found.get(name, 0), said)
    return found


@pytest.mark.parametrize("is_counted", [True, False])
@pytest.mark.parametrize("name", ["rita", "nora", "cleo"])
def test_every_number_of_the_clock_opens_to_as_many_rows(house, lived, client_of, name, is_counted):
    if is_counted:
        counting.count(clock.now())
    found = crawled(client_of(house.people[name]))
    assert set(found) == MOVES | {"due", "out"} | STUCK
    assert [found[key] for key in sorted(STUCK)] == ([3, 1, 1, 1, 2] if name == "cleo" else [5, 2, 2, 1, 3])
    assert (found["due"], found["out"]) == ((2, 1) if name == "cleo" else (4, 2))


def test_the_house_that_was_never_counted_moves_as_the_events_say(house, lived, client_of):
    before = crawled(client_of(house.rita))
    week = Event.objects.filter(kind="transition", recorded_at__gte=clock.now() - timedelta(days=5))
    assert before["raw"] == week.filter(from_status="raw", to_status="assigned").count() > 10
    counting.count(clock.now())
    assert crawled(client_of(house.rita)) == before


def test_what_moves_after_a_count_is_neither_in_its_number_nor_listed(house, lived, client_of):
    counting.count(clock.now())
    before = crawled(client_of(house.rita))
    put(None, "assigned", owner=house.ana, at=clock.now())
    assert crawled(client_of(house.rita)) == before
    counting.count(clock.now())
    assert crawled(client_of(house.rita)) == before | {"raw": before["raw"] + 1}


def test_moves_go_on_past_a_page_and_none_is_missed_or_doubled(house, client_of):
    at = clock.now() - timedelta(days=2)
    leads = {put(None, "assigned", owner=house.ana, at=at).pk for _ in range(53)}
    said, listed = clicked(client_of(house.cleo), "/overview/moves/?move=raw", "moves")
    assert (said, len(listed), {row["lead"].pk for row in listed}) == (53, 53, leads)


@pytest.mark.parametrize("asked", ["move=nothing", "move=raw&motion=x"])
def test_a_move_that_does_not_exist_is_not_found(house, client_of, asked):
    assert client_of(house.rita).get(f"/overview/moves/?{asked}").status_code == 404


def test_the_list_of_moves_costs_the_same_however_many(house, client_of):
    browser, taken = client_of(house.rita), []
    browser.get("/overview/moves/?move=raw")
    for number in (1, 2):
        for _ in range(number):
            put(None, "assigned", owner=house.ana, at=clock.now() - timedelta(hours=1))
        with CaptureQueriesContext(connection) as queries:
            assert len(browser.get("/overview/moves/?move=raw").context["rows"]) == (1, 3)[number - 1]
        taken.append(len(queries))
    assert taken[0] == taken[1]


def test_leaders_see_the_numbers_and_no_list(house, lived, client_of):
    browser = client_of(house.lena)
    assert "/overview/moves/" not in browser.get("/overview/").content.decode()
    assert browser.get("/overview/moves/?move=raw").status_code == 403
    assert set(moves.WORDS) == MOVES


def test_a_manager_sees_how_long_their_own_leads_stay(house, lived, client_of):
    """Half of what left a state in 30 days had been there shorter: of their people's rounds alone."""
    rows = {row["label"]: row["stay"] for row in client_of(house.cleo).get("/overview/").context["rows"]}
    stays = life.of(permissions.of_whom(house.cleo), named("last-7", clock.now()), clock.now()).stays

    mine = Event.objects.filter(
        kind="transition", from_status="working", cycle_id__in=Cycle.objects.filter(owner__in=[house.ana, house.ben])
    )
    mine = mine.exclude(to_status="working").filter(recorded_at__gte=clock.now() - counting.STAY_OVER)
    assert stays["working/slg"] == median([event.stayed.total_seconds() for event in mine])
    assert rows["Working S"] == duration(stays["working/slg"]) != DASH
