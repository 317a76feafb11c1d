"""Booking a meeting from the lead page and the queue, and what the lead page tells of it (MEET-1, ACC-1, WORK-3)."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import clock
from accounts.models import Account, Event, Opportunity, Product
from leads import qualification
from leads.models import Lead, Task, Touch
from meetings import booking
from meetings.models import Meeting
from tests.factories import AccountFactory, LeadFactory, put
from tests.meetings.table import sellers
from tests.pages.desk import desk, toast_of, undo_of

__all__ = ["desk"]
pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def lead(ana):
    return put(LeadFactory(account=AccountFactory(country="Japan")), "working", owner=ana)


def ahead(days=2, hour=10):
    return (clock.now() + days * DAY).replace(hour=hour, minute=0, second=0, microsecond=0)


def said(**more):
    return {
        "amount": "20000",
        "product": Product.objects.first().pk,
        "minutes": "30",
        "when": ahead().isoformat(),
    } | more


@pytest.mark.parametrize("script", [True, False])
def test_a_meeting_is_booked_with_whom_is_chosen(desk, ana, eva, lead, script):
    hand = desk(ana, script=script)

    answer = hand.press(
        lead, "meetings", **said(owner=eva.pk, zone="Asia/Tokyo", persona="Head of plants", next_step="See the meter")
    )

    row = Meeting.objects.get()
    assert answer.status_code == (200 if script else 302)
    assert (row.owner, row.sourced_by, row.starts_at, row.zone) == (eva, ana, ahead(), "Asia/Tokyo")
    assert (row.persona, row.next_step) == ("Head of plants", "See the meter")
    page = hand.client.get(f"/leads/{lead.pk}/").content.decode()
    assert "Meeting with Eva" in page or "with Eva" in page
    assert f"/meetings/{row.pk}/" in page
    assert "See the meter" in page
    assert "<dt>Next step</dt><dd>Meeting with Eva, " in page
    assert "Ana booked a meeting with Eva" in page


def test_nobody_chosen_the_pool_takes_turns(desk, ana, eva, finn, lead):
    sellers(eva, finn)
    other = put(LeadFactory(account=AccountFactory()), "working", owner=ana)
    hand = desk(ana)

    hand.press(lead, "meetings", **said())
    hand.press(other, "meetings", **said())

    assert set(Meeting.objects.values_list("owner", flat=True)) == {eva.pk, finn.pk}


def test_the_form_offers_free_times_in_both_zones(desk, ana, eva, lead):
    sellers(eva)
    taken = put(LeadFactory(account=AccountFactory()), "working", owner=ana)
    hand = desk(ana)
    first = re.findall(r'name="when" value="([^"]+)"', hand.open(f"/leads/{lead.pk}/act/book/").content.decode())
    hand.press(taken, "meetings", **said(owner=eva.pk, when=first[0]))

    page = hand.open(f"/leads/{lead.pk}/act/book/").content.decode()

    times = re.findall(r'name="when" value="([^"]+)"', page)
    assert (len(first), len(times)) == (5, 5)
    assert first[0] not in times
    assert "in Tokyo)" in page
    assert "<option selected>Asia/Tokyo</option>" in page


def test_a_double_booking_is_refused_with_what_is_free_and_what_was_typed(desk, ana, eva, lead):
    other = put(LeadFactory(account=AccountFactory()), "working", owner=ana)
    hand = desk(ana)
    hand.press(other, "meetings", **said(owner=eva.pk))
    events, sales = Event.objects.count(), Opportunity.objects.count()
    at = ahead()

    answer = hand.press(
        lead,
        "meetings",
        **said(
            owner=eva.pk,
            when="other",
            day=at.date().isoformat(),
            hour=f"{at.astimezone(ana.zone):%H:%M}",
            next_step="A tour",
        ),
    )

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Eva has another meeting then." in page
    assert "These times are free:" in page
    assert ">A tour</textarea>" in page
    assert (Meeting.objects.count(), Event.objects.count(), Opportunity.objects.count()) == (1, events, sales)


def test_a_free_mail_lead_asks_for_the_company(desk, ana, eva):
    lead = put(LeadFactory(email="jo@gmail.com", company=""), "working", owner=ana)
    hand = desk(ana)

    form = hand.open(f"/leads/{lead.pk}/act/book/").content.decode()
    refused = hand.press(lead, "meetings", **said(owner=eva.pk))
    hand.press(lead, "meetings", **said(owner=eva.pk, company="Hoshi Works"))

    assert 'name="company"' in form
    assert "Which company is this?" in refused.content.decode()
    assert Opportunity.objects.get().name.endswith(" - Hoshi Works")
    assert Lead.objects.get(pk=lead.pk).account.name == "Hoshi Works"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"when": "soon"}, "Choose a time."),
        ({"when": "other"}, "Write a day and a time."),
        ({"when": "2020-01-01T10:00+00:00"}, "That time is past."),
        ({"minutes": "5"}, "A meeting takes 10 minutes"),
        ({"minutes": "9999999999999999"}, "A meeting takes 10 minutes"),
        ({"when": "other", "day": "9999-12-31", "hour": "10:00"}, "Choose a day, like 2026-10-15."),
        ({"product": "99999"}, "Choose a product of the list."),
        ({"owner": "99999"}, "Choose somebody of the list."),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_changes(desk, ana, eva, lead, wrong, words):
    hand = desk(ana)
    events = Event.objects.count()

    answer = hand.press(lead, "meetings", **(said(owner=eva.pk) | wrong))

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert (Meeting.objects.count(), Event.objects.count()) == (0, events)


def test_a_double_click_books_once(desk, ana, eva, lead):
    hand = desk(ana)
    fields = hand.fields(lead) | said(owner=eva.pk)

    first, again = (hand.press(lead, "meetings", fields) for _ in range(2))

    assert toast_of(first) == toast_of(again)
    assert (Meeting.objects.count(), Touch.objects.filter(channel="meeting").count()) == (1, 1)


def test_a_stale_form_books_nothing(desk, ana, ben, cleo, eva, lead):
    from leads import assignment

    hand = desk(ana)
    fields = hand.fields(lead) | said(owner=eva.pk)
    assignment.assign([lead.pk], to=ben, by=cleo, at=clock.now())

    answer = hand.press(lead, "meetings", fields)

    assert answer.status_code == 409
    assert Meeting.objects.count() == 0


def test_the_timeline_is_narrowed_to_meetings(desk, ana, eva, lead):
    hand = desk(ana, script=False)
    hand.press(lead, "meetings", **said(owner=eva.pk))

    page = hand.open(f"/leads/{lead.pk}/", of="meetings").content.decode()

    timeline = page[page.index('<ol class="timeline">') :]
    assert timeline.count("<li>") == 1
    assert "Ana booked a meeting with Eva" in timeline
    assert "Working, from this touch on." not in timeline


def test_the_lead_page_asks_the_same_number_of_questions(desk, ana, eva, finn, cleo, lead):
    """With one meeting, sale, task and version of the card, or three of each."""
    products = [Product.objects.first(), *(Product.objects.create(name=name) for name in ("Second", "Third"))]
    hand, asked = desk(ana, script=False), []
    for number, (product, owner) in enumerate(zip(products, (eva, finn, cleo), strict=True)):
        fresh = Lead.objects.get(pk=lead.pk)
        at = clock.now()
        booking.book(fresh, product=product, starts_at=ahead(2 + number), by=ana, at=at, owner=owner, amount=20_000)
        qualification.fill(lead.pk, {"size": str(number)}, by=ana, at=at).whole()
        hand.open(f"/leads/{lead.pk}/")
        with CaptureQueriesContext(connection) as queries:
            hand.open(f"/leads/{lead.pk}/")
        asked.append(len(queries))

    open_ones = Task.objects.filter(kind="meeting", done_at=None)
    assert (Meeting.objects.count(), Opportunity.objects.count(), open_ones.count()) == (3, 3, 3)
    assert asked == [asked[0]] * 3


def test_a_large_sale_is_handed_over_with_the_booking_and_the_page_says_until_when_it_waits(desk, ana, eva, lead):
    hand = desk(ana, script=False)

    hand.press(lead, "meetings", **said(owner=eva.pk, amount="250000"))

    page = desk(ana, script=False).open(f"/leads/{lead.pk}/").content.decode()
    assert re.search(r"Handed to Eva, who accepts it until (today|tomorrow) [\d:]+\.", page)
    assert Lead.objects.get(pk=lead.pk).owner == eva


@pytest.mark.parametrize(("said_as", "kept"), [("SEK", "SEK"), ("sek", "SEK"), ("", "EUR")])
def test_the_value_is_kept_in_the_currency_it_was_said_in(desk, ana, eva, lead, said_as, kept):
    hand = desk(ana)

    hand.press(lead, "meetings", **said(owner=eva.pk, amount="90000", currency=said_as))

    sale = Opportunity.objects.get()
    assert (sale.amount, sale.currency) == (90_000, kept)


def test_a_currency_that_is_none_is_refused_at_its_field_and_nothing_is_booked(desk, ana, eva, lead):
    answer = desk(ana).press(lead, "meetings", **said(owner=eva.pk, currency="E1"))

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Write the currency like EUR." in page
    assert 'value="E1" aria-invalid="true"' in page
    assert (Meeting.objects.count(), Opportunity.objects.count()) == (0, 0)


def test_a_value_counts_where_the_sale_had_none_and_what_was_said_before_stays(desk, ana, eva, lead):
    hand = desk(ana)
    hand.press(lead, "meetings", **said(owner=eva.pk, amount=""))
    hand.press(lead, "meetings", **said(owner=eva.pk, amount="20000", currency="SEK", when=ahead(3).isoformat()))
    hand.press(lead, "meetings", **said(owner=eva.pk, amount="70000", currency="USD", when=ahead(4).isoformat()))

    sale = Opportunity.objects.get()
    assert (sale.amount, sale.currency, Meeting.objects.count()) == (20_000, "SEK", 3)
    assert Event.objects.get(kind="value").data == {
        "from": "0.00", "from_currency": "EUR", "to": "20000", "currency": "SEK",
    }  # fmt: skip


@pytest.mark.parametrize("script", [True, False])
def test_a_booking_is_taken_back_from_its_toast_once(desk, ana, eva, lead, script):
    hand = desk(ana, script=script)
    answer = hand.press(lead, "meetings", **said(owner=eva.pk))
    where = undo_of(answer if script else hand.client.get(answer.url))

    undone, again = (hand.client.post(where, headers=hand.headers) for _n in range(2))

    page = (undone if script else hand.client.get(undone.url)).content.decode()
    assert f"{lead.name}: the booking is taken back; they are not invited." in page
    assert again.status_code == undone.status_code
    assert (Meeting.objects.get().status, Event.objects.filter(kind="meeting", move="cancel").count()) == (
        "cancelled",
        1,
    )


@pytest.mark.parametrize(("segment", "unknown"), [("", "once it was held"), ("Enterprise", "when it is booked")])
def test_the_form_says_which_value_hands_the_lead_over_when_and_what_an_unknown_one_means(
    desk, ana, lead, segment, unknown
):
    Account.objects.filter(pk=lead.account_id).update(segment=segment)

    page = desk(ana).open(f"/leads/{lead.pk}/act/book/").content.decode()

    assert (
        "Under 5,000 the lead stays yours, from 5,000 handed over once it was held, from 100,001 handed over when it is booked. "
        f"Not known: handed over {unknown}." in page
    )
    assert "If somebody else than you holds it, they have the lead once it was held, also of a small sale." in page


def test_of_a_small_sale_the_times_offered_are_those_of_who_has_the_lead(desk, ana, eva, lead):
    sellers(eva)
    hand = desk(ana)
    first = re.findall(r'name="when" value="([^"]+)"', hand.open(f"/leads/{lead.pk}/act/book/").content.decode())[0]
    hand.press(lead, "meetings", **said(amount="900", when=first))

    row = Meeting.objects.get()

    assert (row.owner, row.point, row.opportunity.opportunity_owner) == (ana, "none", ana)


@pytest.mark.parametrize("typed", ["NaN", "1e400", "-3", "x"])
def test_a_value_that_is_none_is_refused_and_the_form_is_drawn_again(desk, ana, eva, lead, typed):
    sellers(eva)

    answer = desk(ana).press(lead, "meetings", **said(amount=typed))

    assert (answer.status_code, Meeting.objects.count()) == (422, 0)
    assert "Not known: handed over once it was held." in answer.content.decode()
