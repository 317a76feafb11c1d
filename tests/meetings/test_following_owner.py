"""A word that is waited for follows to who has the role of the sale now, whichever door changed it (SLA-6, ACC-7)."""

import pytest

from accounts import clock
from accounts.models import Event, Product, User
from leads.models import Lead
from meetings import accounts, closing, handing, outcomes
from meetings.models import HandOff
from tests.factories import reason
from tests.meetings.table import BOOKED, DAY, END, HOUR, SCHEDULED, booked, sound, worked

pytestmark = pytest.mark.django_db
AFTER, LATER = END + HOUR, END + 3 * HOUR


@pytest.fixture
def waiting(ana, eva, rita) -> HandOff:
    """A qualified lead whose seller held the meeting: its hand-off waits for who has the sale."""
    meeting = booked(worked(ana), ana, ana)
    accounts.change_owner(meeting.account, "opportunity_owner", to=eva, by=rita, at=BOOKED)
    accounts.change_owner_of_sale(meeting.opportunity, "opportunity_owner", to=eva, by=rita, at=BOOKED + HOUR)
    outcomes.complete_qualified(meeting, by=ana, at=AFTER)
    return HandOff.objects.get(receiver=eva, outcome="")


def on_the_sale(row, browser, to):
    return browser.post(f"/opportunities/{row.opportunity_id}/owners/", said(to))


def with_the_company(row, browser, to):
    return browser.post(f"/accounts/{row.opportunity.account_id}/owners/", said(to) | {"along": "opportunities"})


def all_under_one(row, browser, to):
    return browser.post(f"/accounts/{row.opportunity.account_id}/consolidate/", said(to))


def said(to) -> dict:
    return {"token": "a-token-of-a-test", "role": "opportunity_owner", "to": to.pk}


@pytest.mark.parametrize("door", [on_the_sale, with_the_company, all_under_one])
def test_the_word_and_its_qualified_lead_follow_to_who_has_the_sale_now(
    door, client_of, waiting, finn, rita, monkeypatch
):
    monkeypatch.setattr(clock, "now", lambda: LATER)

    answer = door(waiting, client_of(rita), finn)

    sound()
    row, lead = HandOff.objects.get(), Lead.objects.get()
    moved = Event.objects.filter(kind="hand_off", move="pass_on")
    assert (answer.status_code, row.receiver, row.outcome, row.limit_at) == (302, finn, "", AFTER + DAY)
    assert (lead.status, lead.owner, lead.opportunity_owner, lead.development_owner.username) == (
        "qualified",
        finn,
        finn,
        "ana",
    )
    assert moved.count() == 1
    handing.accept(row, by=finn, at=LATER + HOUR)
    assert HandOff.objects.get().outcome == "accepted"


def test_sent_back_by_who_has_it_now_the_lead_is_back_with_who_gave_it(waiting, ana, finn, rita):
    accounts.change_owner_of_sale(waiting.opportunity, "opportunity_owner", to=finn, by=rita, at=LATER)

    handing.refuse(HandOff.objects.get(), reason=reason("refused_person"), by=finn, at=LATER + HOUR)

    sound()
    assert (Lead.objects.get().owner, HandOff.objects.get().outcome) == (ana, "refused")


def test_with_the_sale_back_with_who_gave_the_lead_nothing_waits_any_more(waiting, ana, rita):
    accounts.change_owner_of_sale(waiting.opportunity, "opportunity_owner", to=ana, by=rita, at=LATER)

    sound()
    row = HandOff.objects.get()
    assert (Lead.objects.get().owner, row.outcome, row.ended_at, row.ended_by) == (ana, "dropped", LATER, rita)


@pytest.mark.parametrize(("along", "whose"), [(set(), "eva"), ({"leads"}, "finn")])
def test_a_lead_in_hand_and_the_word_for_it_go_where_the_lead_goes(along, whose, ana, eva, finn, rita):
    meeting = booked(worked(ana), ana, eva, amount=SCHEDULED)

    accounts.change_owner_of_sale(
        meeting.opportunity, "opportunity_owner", to=finn, along=along, by=rita, at=BOOKED + HOUR
    )

    sound()
    assert (Lead.objects.get().owner.username, HandOff.objects.get().receiver.username) == (whose, whose)


def test_what_waits_for_another_sale_of_theirs_stays(waiting, ana, eva, finn, rita):
    other = booked(
        worked(ana), ana, ana, product=Product.objects.create(name="Other"), at=BOOKED + HOUR, starts_at=END + DAY
    )
    accounts.change_owner_of_sale(other.opportunity, "opportunity_owner", to=eva, by=rita, at=BOOKED + 2 * HOUR)

    accounts.change_owner_of_sale(other.opportunity, "opportunity_owner", to=finn, by=rita, at=LATER)

    waiting.refresh_from_db()
    assert (waiting.receiver, Lead.objects.get(status="qualified").owner) == (eva, eva)


def test_a_customer_of_whom_only_the_company_names_success_follows_the_company(ana, eva, carl, house, root):
    iris = User.objects.create(username="iris", name="Iris Holm", role="csm")
    meeting = booked(worked(ana), ana, eva)
    accounts.change_owner(meeting.account, "success_owner", to=carl, by=root, at=BOOKED + HOUR)
    outcomes.complete_qualified(meeting, by=eva, at=AFTER)
    closing.win(meeting.opportunity, by=eva, at=LATER)
    before = HandOff.objects.get(kind="success").receiver

    accounts.change_owner(meeting.account, "success_owner", to=iris, along={"opportunities"}, by=root, at=LATER + HOUR)

    sound()
    assert (before, HandOff.objects.get(kind="success").receiver) == (carl, iris)
