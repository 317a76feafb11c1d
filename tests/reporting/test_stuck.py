"""Who is stuck: longer in a state than RevOps' limit for it allows, counted and listed by one condition (REP-7)."""

from datetime import timedelta

import pytest

from accounts import clock
from accounts.models import Reason
from leads import assignment, exceptions
from leads.models import Lead
from leads.product_led import activate
from reporting import counting, life, stuck
from reporting.kept import IN_HAND
from reporting.models import StuckLimit
from reporting.period import named
from tests.factories import LeadFactory, product_led, put

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LIMITS = {"raw": 30, "assigned": 3, "working": 21, "qualified": 120, "nurture": 180}


def held(people=None) -> dict[str, int]:
    """Whom the clock counts as stuck, of the house or of these people."""
    now = clock.now()
    found = life.of(people, named("last-7", now), now)
    return {place: number for place, number in found.stuck.items() if number}


def placed(state: str, owner, days: float) -> Lead:
    """Put somebody into a state so many days ago."""
    at = clock.now() - timedelta(days=days)
    if state == "raw":
        return LeadFactory(status_since=at, created_at=at, recorded_at=at)
    lead = put(None, state, owner=owner, at=at)
    Lead.objects.filter(pk=lead.pk).update(status_since=at, recycle_at=None)
    lead.refresh_from_db()
    if lead.cycle and state in IN_HAND:
        stamp = {"assigned_at": at} | (
            {"working_at": at, "first_touch_at": at, "last_touch_at": at} if state == "working" else {}
        )
        type(lead.cycle).objects.filter(pk=lead.cycle_id).update(**stamp)
    return lead


@pytest.mark.parametrize("is_counted", [True, False])
@pytest.mark.parametrize("state", LIMITS)
def test_who_is_longer_in_a_state_than_its_limit_is_stuck(house, state, is_counted):
    place = f"{state}/slg" if state in IN_HAND else state
    placed(state, house.ana, LIMITS[state] - 0.01)
    before = held()
    late = placed(state, house.ana, LIMITS[state] + 0.01)
    if is_counted:
        counting.count(clock.now())

    assert (before, held()) == ({}, {place: 1})
    assert life.pile_of(state, "slg", stuck.PILE, None, clock.now(), 0, 9) == [late.pk]


@pytest.mark.parametrize("state", LIMITS)
def test_a_manager_sees_who_of_their_people_is_stuck(house, state):
    mine, _other = placed(state, house.ana, 400), placed(state, house.dov, 400)
    if state == "raw":
        Lead.objects.filter(pk=mine.pk).update(team=house.north)
    people = ([house.ana.pk, house.ben.pk], [house.north.pk])
    place = f"{state}/slg" if state in IN_HAND else state

    assert (held(people), held()) == ({place: 1}, {place: 2})
    assert life.pile_of(state, "slg", stuck.PILE, people, clock.now(), 0, 9) == [mine.pk]


def test_the_limits_are_those_in_force_and_an_empty_one_holds_nobody(house):
    placed("working", house.ana, 10)
    placed("raw", house.ana, 60)
    before = held()

    StuckLimit.objects.create(version=2, valid_from=clock.now() - DAY, working_days=9, raw_days=None)

    assert (before, held()) == ({"raw": 1}, {"working/slg": 1})
    assert stuck.limits(clock.now() - 2 * DAY)["raw"] == 30


def test_the_product_has_limits_of_its_own(house):
    """Who tries it is stuck after ten days; who uses it may stay, until RevOps says otherwise."""
    trying, using = (product_led(at=clock.now() - days * DAY) for days in (10.01, 9))
    assert activate([using], at=clock.now() - 8 * DAY).done
    before = held()

    StuckLimit.objects.create(version=2, valid_from=clock.now() - DAY, using_days=7)

    assert (before, held()) == ({"assigned/plg": 1}, {"assigned/plg": 1, "working/plg": 1})
    listed = [life.pile_of(state, "plg", stuck.PILE, None, clock.now(), 0, 9) for state in IN_HAND]
    assert listed == [[trying.pk], [using.pk]]


def test_nobody_is_stuck_who_waits_for_a_date_is_left_out_asked_us_to_stop_or_has_no_sale_open(house):
    dated, silent = placed("nurture", house.ana, 400), placed("nurture", house.ana, 400)
    Lead.objects.filter(pk=dated.pk).update(recycle_at=clock.now() + DAY)
    Lead.objects.filter(pk=silent.pk).update(opted_out_at=clock.now())
    customer = put(None, "qualified", owner=house.ana, at=clock.now() - 400 * DAY)
    customer.contact_roles.all().delete()
    aside = placed("working", house.ana, 25)
    why = Reason.objects.filter(disposition="exception").first()
    exceptions.ask([aside.pk], reason=why, review_at=clock.now() + 9 * DAY, by=house.ana, at=clock.now())
    assert exceptions.grant([aside.pk], by=house.rita, at=clock.now()).done

    assert held() == {}
    assert {s: life.pile_of(s, "slg", stuck.PILE, None, clock.now(), 0, 9) for s in LIMITS} == {s: [] for s in LIMITS}


def test_what_was_stuck_this_morning_and_is_no_more_is_in_no_figure(house):
    lead = placed("nurture", house.ana, 400)
    counting.count(clock.now())
    before = held()
    assert assignment.assign([lead.pk], to=house.ben, by=None, at=clock.now()).done

    counting.count(clock.now())

    assert (before, held()) == ({"nurture": 1}, {})


def test_page_and_api_say_the_same_and_open_to_the_same_leads(house, client_of):
    leads = {state: placed(state, house.ana, 400) for state in LIMITS}
    browser = client_of(house.rita)
    rows = {
        row["label"]: [s["url"] for s in row["stuck"] if "stuck" in s["text"]]
        for row in browser.get("/overview/").context["rows"]
    }
    pages = [browser.get(url).context for urls in rows.values() for url in urls]
    api = browser.get("/api/v1/overview/").json()["stuck"]

    assert [[lead.pk for lead in page["leads"]] for page in pages] == [[lead.pk] for lead in leads.values()]
    assert [page["words"] for page in pages] == [f"stuck, over {days} days" for days in LIMITS.values()]
    assert {row["state"]: (row["number"], row["days"]) for row in api} == {s: (1, days) for s, days in LIMITS.items()}
    for row in api:
        asked = {"state": row["state"], "pile": "stuck"} | ({"motion": row["motion"]} if row["motion"] else {})
        found = browser.get("/api/v1/overview/leads/", asked).json()["items"]
        assert [lead["id"] for lead in found] == [leads[row["state"]].pk]


@pytest.mark.parametrize("asked", ["state=unqualified", "state=raw&motion=slg", "state=working&motion=x", "state=x"])
def test_where_nobody_can_be_stuck_there_is_no_list(house, client_of, asked):
    assert client_of(house.rita).get(f"/overview/leads/?pile=stuck&{asked}").status_code == 404


@pytest.mark.parametrize("asked", ["state=raw", "state=raw&motion=slg&pile=stuck", "state=working&pile=late"])
def test_the_api_says_which_piles_there_are(house, client_of, asked):
    assert client_of(house.rita).get(f"/api/v1/overview/leads/?{asked}").status_code == 400


def test_the_sentence_of_the_clock_says_how_many(house):
    placed("working", house.ana, 400)
    now, period = clock.now(), named("last-7", clock.now())
    assert life.sentence(life.of(None, period, now), period).endswith(" 1 stays longer than it should.")
    placed("raw", house.ana, 400)
    assert life.sentence(life.of(None, period, now), period).endswith(" 2 stay longer than they should.")
