"""The signed link of a mail, the SDR's side of a meeting, and the calendar's private address (MEET-1, MEET-3, MEET-7)."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from accounts import clock
from accounts.models import Event, User
from meetings import links, outcomes
from tests.pages.test_meetings_day import HOUR, met, press

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def path_of(row, user, status="") -> str:
    return links.PATH.format(token=links.make(row, user, status))


def test_opening_a_link_changes_nothing_and_pressing_says_it_once(ana, eva):
    row, stranger = met(ana, eva), Client()
    path, events = path_of(row, eva, "qualified"), Event.objects.count()

    opened = stranger.get(path)
    unchanged = (type(row).objects.get(pk=row.pk).status, Event.objects.count())
    pressed = stranger.post(path, {"token": "a-token-of-a-test", "version": row.version, "outcome": "qualified"})
    again = stranger.post(path, {"token": "another-token-of-it", "version": row.version, "outcome": "no_show"})

    row.refresh_from_db()
    assert opened.status_code == 200
    assert "Nothing is saved before" in opened.content.decode() or "nothing is saved before" in opened.content.decode()
    assert unchanged == ("booked", events)
    assert (pressed.status_code, row.status, row.disposed_by) == (200, "qualified", eva)
    assert again.status_code == 409
    assert "Eva said at" in again.content.decode()


def test_a_link_says_what_happened_when_the_page_was_used_first(client_of, ana, eva):
    row = met(ana, eva)
    path = path_of(row, eva)
    press(client_of(eva), row, "outcome", outcome="no_show")

    page = Client().get(path).content.decode()

    assert "Eva said at" in page
    assert 'name="outcome"' not in page


def test_a_link_expires_and_a_made_up_one_is_no_link(ana, eva):
    row = met(ana, eva, ago=49 * HOUR)

    late, bad = Client().get(path_of(row, eva)), Client().get("/meetings/say/made-up/")

    assert "This link is too old." in late.content.decode()
    assert "This link is not whole." in bad.content.decode()


def test_a_link_opens_for_nobody_else(client_of, ana, eva, finn):
    row = met(ana, eva)

    assert client_of(finn).get(path_of(row, eva)).status_code == 403


def test_after_48_hours_the_sdr_records_and_the_manager_confirms(client_of, ana, eva, cleo):
    row = met(ana, eva, ago=49 * HOUR)

    offered = client_of(ana).get("/meetings/").content.decode()
    press(client_of(ana), row, "claim", outcome="unqualified:budget_later")
    page = client_of(cleo).get("/meetings/").content.decode()
    claimed = type(row).objects.get(pk=row.pk)
    answer = press(client_of(cleo), row, "confirm", do="confirm")

    row.refresh_from_db()
    assert "Record it" in offered
    assert (claimed.status, claimed.claim) == ("booked", "unqualified")
    assert "Confirm or not" in page
    assert (answer.status_code, row.status, row.reason.code) == (302, "unqualified", "budget_later")


def test_before_48_hours_the_sdr_is_refused(client_of, ana, eva):
    row = met(ana, eva, ago=47 * HOUR)

    answer = press(client_of(ana), row, "claim", outcome="qualified")

    row.refresh_from_db()
    assert (answer.status_code, row.claim) == (422, "")


def test_what_was_said_is_contested_and_settled(client_of, ana, eva, cleo):
    row = met(ana, eva)
    outcomes.no_show(row, by=eva, at=clock.now())
    row.refresh_from_db()

    press(client_of(ana), row, "contest", why="We talked for half an hour")
    page = client_of(cleo).get(f"/meetings/{row.pk}/").content.decode()
    press(client_of(cleo), row, "settle", outcome="qualified", token="a-token-of-cleo")

    row.refresh_from_db()
    assert "We talked for half an hour" in page
    assert (row.status, row.settled_by, row.is_credited) == ("qualified", cleo, True)


def test_a_calendar_address_is_shown_once_read_without_a_sign_in_and_revoked(client_of, ana, eva):
    met(ana, eva, ago=-DAY)
    client = client_of(eva)

    made = client.post("/account/calendar/", {"do": "make"}).content.decode()
    path = re.search(r'value="[^"]*?(/calendar/[^"]+\.ics)"', made).group(1)
    read = Client().get(path)
    account = client.get("/account/").content.decode()
    client.post("/account/calendar/", {"do": "revoke"})

    assert read.status_code == 200
    assert read["Content-Type"].startswith("text/calendar")
    assert b"BEGIN:VEVENT" in read.content
    assert path not in account
    assert Client().get(path).status_code == 404
    assert User.objects.get(pk=eva.pk).feed_digest == ""
