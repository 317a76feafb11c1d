"""How long a sign-in lasts, what a poll does not do, and the way back."""

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages

from accounts.models import Event, User
from tests.factories import NOON

pytestmark = pytest.mark.django_db
POLL = {"X-Poll": "1"}


@pytest.fixture
def at(time_machine):
    """Return a function that moves the clock to so many minutes after noon."""

    def move(minutes):
        time_machine.move_to(NOON + timedelta(minutes=minutes), tick=False)

    move(0)
    return move


def is_in(browser, **headers) -> bool:
    return browser.get("/account/", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("who", "minutes"), [("ana", 60), ("eva", 60), ("cleo", 60), ("mark", 60), ("rita", 30), ("root", 30)]
)
def test_a_sign_in_ends_after_so_many_minutes_without_a_click(house, client_of, at, who, minutes):
    stays, goes = client_of(house.people[who]), client_of(house.people[who])
    at(minutes - 0.1)
    assert is_in(stays)
    at(minutes)
    response = goes.get("/account/?tab=2")
    assert response["Location"] == "/sign-in/?next=/account/%3Ftab%3D2"
    said = f"You were signed out because nothing was pressed for {minutes} minutes."
    assert [str(message) for message in get_messages(response.wsgi_request)] == [said]
    assert said in goes.get(response["Location"]).content.decode()
    ended = Event.objects.get()
    assert (ended.kind, ended.actor_id, ended.data) == ("sign_out", house.people[who].pk, {"why": "idle"})


def test_each_click_begins_the_hour_anew(ana, client_of, at):
    browser = client_of(ana)
    for minutes in (50, 100, 150):
        at(minutes)
        assert is_in(browser)


def test_a_page_that_asks_by_itself_keeps_nobody_in(ana, client_of, at):
    browser = client_of(ana)
    for minutes in (15, 30, 45, 59):
        at(minutes)
        assert is_in(browser, **POLL)
    at(60)
    assert not is_in(browser, **POLL)


def test_what_is_sent_is_a_click_whatever_it_says_it_is(ana, client_of, at):
    browser = client_of(ana)
    at(50)
    assert browser.post("/account/keys/", headers=POLL).status_code == 204
    at(100)
    assert is_in(browser)


def test_twelve_hours_are_the_most_however_busy_somebody_is(ana, client_of, at):
    browser = client_of(ana)
    for minutes in range(30, 12 * 60, 30):
        at(minutes)
        assert is_in(browser)
    at(12 * 60)
    assert not is_in(browser)
    assert [event.data for event in Event.objects.all()] == [{"why": "long"}]


def test_a_click_costs_a_write_at_most_once_a_minute(ana, client_of, at, django_assert_num_queries):
    browser = client_of(ana)
    at(0.5)
    with django_assert_num_queries(3) as few:  # the session, the person, the bell of the page that says no
        browser.post("/healthz")
    assert [query for query in few.captured_queries if "UPDATE" in query["sql"]] == []
    at(1)
    assert is_in(browser)
    assert browser.session["seen_at"] == int(NOON.timestamp()) + 60


def test_whoever_becomes_revops_has_half_an_hour_from_then_on(ana, client_of, at):
    browser = client_of(ana)
    User.objects.filter(pk=ana.pk).update(role="revops")
    at(30)
    assert not is_in(browser)


def test_a_session_of_somebody_switched_off_is_not_theirs_again(ana, client_of, at):
    browser = client_of(ana)
    User.objects.filter(pk=ana.pk).update(is_active=False)
    assert not is_in(browser)
    User.objects.filter(pk=ana.pk).update(is_active=True)
    assert not is_in(browser)


def test_signing_in_again_leads_back_and_begins_a_new_day(ana, client_of, client, at):
    ana.set_password("a-long-and-odd-one")
    ana.save()
    browser = client_of(ana)
    at(12 * 60)
    response = browser.get("/account/?tab=2")
    facts = {"username": "ana", "password": "a-long-and-odd-one", "next": "/account/?tab=2"}
    assert browser.post(response["Location"], facts)["Location"] == "/account/?tab=2"
    at(12 * 60 + 59)
    assert is_in(browser)


@pytest.mark.parametrize(
    ("headers", "back"),
    [
        ({"Referer": "http://testserver/account/?tab=2"}, "/account/%3Ftab%3D2"),
        ({"HX-Request": "true", "HX-Current-URL": "http://testserver/leads/"}, "/leads/"),
        ({"Referer": "https://elsewhere.example/"}, "/"),
        ({}, "/"),
    ],
)
def test_what_was_sent_too_late_leads_back_to_its_page_not_to_where_it_was_sent(ana, client_of, at, headers, back):
    browser = client_of(ana)
    at(60)
    response = browser.post("/account/keys/", {"keys_on": ""}, headers=headers)
    assert response["Location"] == f"/sign-in/?next={back}"
    ana.refresh_from_db()
    assert ana.keys_on


def test_a_part_of_a_page_leads_back_to_the_page(ana, client_of, at):
    browser = client_of(ana)
    at(60)
    response = browser.get(
        "/account/", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/leads/?q=x"}
    )
    assert response["Location"] == "/sign-in/?next=/leads/%3Fq%3Dx"
