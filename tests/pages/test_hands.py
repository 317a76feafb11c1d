"""Leads given, shared out, put into a queue, taken and pulled on the pages."""

from datetime import timedelta

from accounts import clock
from leads.models import Lead, Note
from tests.factories import LeadFactory, put
from tests.pages.desk import BOTH, HTMX, current, desk, follow, given, shown, toast_of, undo_of

__all__ = ["desk"]
DAY = timedelta(days=1)


def test_a_manager_gives_a_lead_to_somebody_below_and_undoes_it(house, desk):
    lead = given(house.ana)
    cleo = desk(house.cleo)

    answer = cleo.press(
        lead, "assign", cleo.fields(lead, owner=f"u{house.ben.pk}", why="Speaks Norwegian", place="lead")
    )

    assert current(lead).owner == house.ben
    assert Note.objects.get().text == "Speaks Norwegian"
    assert toast_of(answer) == f"{lead.name} went to Ben Ito."
    cleo.client.post(undo_of(answer), headers=HTMX)
    assert current(lead).owner == house.ana


def test_the_people_of_another_team_are_not_on_the_list(house, desk):
    lead = given(house.ana)
    cleo = desk(house.cleo)

    page = cleo.open(f"/leads/{lead.pk}/act/assign/").content.decode()
    answer = cleo.press(lead, "assign", owner=f"u{house.dov.pk}")

    assert ("Ben Ito" in page, "Dov Katz" in page, "North, in turn" in page) == (True, False, True)
    assert answer.status_code == 422
    assert current(lead).owner == house.ana


def test_who_is_away_or_at_their_cap_is_listed_with_the_reason_and_not_given(house, desk):
    lead = given(house.ana)
    house.ben.memberships.update(cap_open=0)
    cleo = desk(house.cleo)

    page = cleo.open(f"/leads/{lead.pk}/act/assign/").content.decode()
    answer = cleo.press(lead, "assign", owner=f"u{house.ben.pk}")

    assert "At the cap: 0 of 0 open." in page
    assert answer.status_code == 422
    assert "Ben Ito: at the cap: 0 of 0 open." in answer.content.decode()
    assert current(lead).owner == house.ana


def test_who_is_away_is_not_given_a_lead(house, desk):
    lead = given(house.ana)
    house.ben.absences.create(starts_at=clock.now() - DAY, ends_at=clock.now() + DAY)
    cleo = desk(house.cleo)

    answer = cleo.press(lead, "assign", owner=f"u{house.ben.pk}")

    assert answer.status_code == 422
    assert "Ben Ito: away until tomorrow" in answer.content.decode()
    assert current(lead).owner == house.ana


def test_a_team_shares_a_lead_out_in_turn(house, desk):
    lead = put(None, "raw", team=house.north)
    cleo = desk(house.cleo)

    cleo.press(lead, "assign", owner=f"t{house.north.pk}")

    assert current(lead).owner in (house.ana, house.ben)


def test_a_raw_lead_is_put_into_a_queue(house, desk):
    lead = LeadFactory()
    rita = desk(house.rita)

    rita.press(lead, "assign", rita.fields(lead, owner=f"q{house.north.pk}", place="lead"))

    assert (current(lead).status, current(lead).team) == ("raw", house.north)


def test_a_seller_takes_a_lead_of_the_own_queue_and_gives_it_back(house, desk):
    lead = put(None, "raw", team=house.north)
    ana = desk(house.ana)
    assert "Take this lead" in ana.open(f"/queue/{lead.pk}/").content.decode()

    ana.press(lead, "assign", owner="me")

    taken = current(lead)
    assert (taken.owner, taken.cycle.trigger, taken.go_to_market) == (house.ana, "pull", "outbound")
    ana.press(lead, "give-back")
    assert (current(lead).status, current(lead).team) == ("raw", house.north)


def test_a_seller_does_not_take_a_lead_of_another_queue(house, desk):
    lead = put(None, "raw", team=house.south)

    answer = desk(house.ana).press(lead, "assign", {"token": "t" * 12}, owner="me")

    assert answer.status_code == 404
    assert current(lead).owner is None


def test_a_seller_gives_no_lead_to_a_colleague(house, desk):
    lead = given(house.ana)

    answer = desk(house.ana).press(lead, "assign", owner=f"u{house.ben.pk}")

    assert answer.status_code == 403
    assert current(lead).owner == house.ana


@BOTH
def test_pull_next_takes_the_oldest_and_opens_it(house, desk, script):
    first, _second = put(None, "raw", team=house.north), put(None, "raw", team=house.north)
    ana = desk(house.ana, script=script)

    answer = follow(ana, ana.client.post("/queue/pull/", {"token": "t" * 12}, headers=ana.headers))

    assert current(first).owner == house.ana
    assert shown(answer) == first.pk
    assert toast_of(answer) == f"Pulled: {first.name}."
    ana.client.post(undo_of(answer), headers=ana.headers)
    assert (current(first).status, current(first).team) == ("raw", house.north)


def test_pull_pressed_twice_takes_one(house, desk):
    put(None, "raw", team=house.north), put(None, "raw", team=house.north)
    ana = desk(house.ana)

    for _ in range(2):
        ana.client.post("/queue/pull/", {"token": "t" * 12}, headers=HTMX)

    assert Lead.objects.filter(owner=house.ana).count() == 1


@BOTH
def test_pull_from_an_empty_list_says_so(house, desk, script):
    ana = desk(house.ana, script=script)

    answer = ana.client.post("/queue/pull/", {"token": "t" * 12}, headers=ana.headers)

    assert answer.status_code == 422
    if script:
        assert answer["HX-Redirect"] == "/queue/"
        answer = ana.client.get("/queue/")
    assert "Nobody waits in the queues of your teams." in answer.content.decode()


def test_pull_at_the_cap_says_so(house, desk):
    put(None, "raw", team=house.north)
    given(house.ana)
    house.ana.memberships.update(cap_open=1)

    answer = desk(house.ana).client.post("/queue/pull/", {"token": "t" * 12}, headers=HTMX)

    assert answer.status_code == 422
    assert "You are at your cap." in answer.content.decode()


def test_only_sellers_pull(house, desk):
    assert desk(house.cleo).client.post("/queue/pull/", {"token": "t" * 12}).status_code == 403
