"""A sale that ends while a meeting of it that began has no word yet: nobody is left without a next step (MEET-4, WORK-6)."""

import pytest

from accounts import clock
from accounts.models import Event, Opportunity
from leads import assignment
from leads.models import Lead, Task
from meetings import closing, outcomes
from meetings.models import HandOff, Meeting
from tests.factories import AccountFactory, LeadFactory, reason
from tests.meetings.table import END, HOUR, SCHEDULED, START, booked, sound, worked

pytestmark = pytest.mark.django_db
LOST = START + HOUR / 4  # while it is held
SAID = END + HOUR
TO_DO = "They may buy, but the sale is closed: book a new meeting, or say what becomes of them"


def lost_meanwhile(ana, eva, **facts) -> Meeting:
    """A meeting of a lead that is worked, whose sale was lost after it began."""
    meeting = booked(worked(ana), ana, eva, **facts)
    closing.lose(meeting.opportunity, reason=reason("lost_price"), by=eva, at=LOST)
    return Meeting.objects.get(pk=meeting.pk)


def planned(lead: int) -> list[tuple]:
    return list(Task.objects.filter(lead=lead, done_at=None).values_list("kind", "owner__username", "what", "due_at"))


def test_qualified_after_the_sale_was_lost_its_seller_has_a_next_step_and_the_credit(ana, eva):
    meeting = lost_meanwhile(ana, eva)

    outcomes.complete_qualified(meeting, by=eva, at=SAID)

    sound()
    lead, row = Lead.objects.get(), Meeting.objects.get()
    assert (lead.status, lead.owner, row.is_credited, Opportunity.objects.get().status) == (
        "working",
        ana,
        True,
        "lost",
    )
    assert planned(lead.pk) == [("follow_up", "ana", TO_DO, SAID)]
    assert not HandOff.objects.exists()


def test_handed_over_with_the_booking_the_executive_goes_on_with_them(ana, eva):
    meeting = lost_meanwhile(ana, eva, amount=SCHEDULED)

    outcomes.complete_qualified(meeting, by=eva, at=SAID)

    sound()
    assert planned(meeting.lead_id) == [("follow_up", "eva", TO_DO, SAID)]


@pytest.mark.parametrize(("word", "left"), [("no_show", ["reschedule"]), ("unqualified", [])])
def test_corrected_the_step_that_the_wrong_word_asked_for_goes(word, left, ana, eva):
    meeting = lost_meanwhile(ana, eva)
    outcomes.complete_qualified(meeting, by=eva, at=SAID)
    why = {"reason": reason("missing_feature")} if word == "unqualified" else {}

    outcomes.correct(meeting, word, by=eva, at=SAID + HOUR, **why)

    sound()
    assert [kind for kind, *_ in planned(meeting.lead_id)] == left


def test_corrected_to_qualified_it_asks_for_a_next_step_too(ana, eva):
    meeting = lost_meanwhile(ana, eva)
    outcomes.no_show(meeting, by=eva, at=SAID)

    outcomes.correct(meeting, "qualified", by=eva, at=SAID + HOUR)

    sound()
    assert planned(meeting.lead_id) == [("follow_up", "ana", TO_DO, SAID + HOUR)]


def test_of_a_sale_that_was_won_meanwhile_who_booked_by_themselves_is_qualified(ana, eva, carl):
    lead = assignment.assign([LeadFactory(account=AccountFactory())], to=ana, by=None, at=START - 20 * HOUR).lead
    meeting = booked(lead, None, eva)  # no touch of anybody's: the lead is open until it is held
    closing.win(meeting.opportunity, by=eva, at=LOST, success_owner=carl)
    before = Lead.objects.get().status

    outcomes.complete_qualified(meeting, by=eva, at=SAID)

    sound()
    lead = Lead.objects.get()
    assert (before, lead.status, lead.owner) == ("assigned", "qualified", eva)
    assert planned(lead.pk) == []


def test_said_on_the_page_the_next_step_is_one_and_stands_in_the_sellers_queue(client_of, ana, eva, monkeypatch):
    meeting = lost_meanwhile(ana, eva)
    monkeypatch.setattr(clock, "now", lambda: SAID)
    said = {"token": "a-token-of-a-test", "version": meeting.version, "outcome": "qualified"}

    answers = [client_of(eva).post(f"/meetings/{meeting.pk}/outcome/", said).status_code for _ in range(2)]

    page = client_of(ana).get("/queue/").content.decode()
    assert answers == [302, 302]
    assert Task.objects.filter(kind="follow_up").count() == 1
    assert TO_DO in page
    assert Event.objects.filter(kind="meeting", move="disposition").count() == 1
