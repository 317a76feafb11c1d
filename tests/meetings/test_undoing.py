"""A booking taken back within its minute: nobody is invited, and everything is where it was (WORK-2, MEET-1)."""

from datetime import timedelta
from decimal import Decimal

import pytest

from accounts import messages
from accounts.models import Event, Message, Opportunity
from leads.lifecycle import Refused
from leads.models import Credit, Lead, Task, Touch
from meetings import moving, opportunities, outcomes, undoing
from meetings.models import HandOff, Meeting
from tests.leads.states import settle
from tests.meetings.table import BOOKED, DAY, HOUR, SCHEDULED, START, booked, sellers, worked

pytestmark = pytest.mark.django_db
SOON = BOOKED + timedelta(seconds=60)


def mails(kind: str) -> int:
    return Message.objects.filter(channel=Message.Channel.MAIL, kind=kind).count()


def facts(lead) -> tuple:
    row = Lead.objects.select_related("cycle").get(pk=lead.pk)
    open_ones = sorted(Task.objects.filter(lead=lead, done_at=None).values_list("kind", flat=True))
    return row.status, row.owner_id, row.cycle.touches, row.cycle.first_touch_at, open_ones


def test_nobody_is_invited_and_the_lead_is_as_it_was(ana, eva):
    lead = worked(ana)
    before = facts(lead)
    meeting = booked(lead, ana, eva)
    assert (mails("invitation"), facts(lead) != before) == (2, True)

    undoing.take_back(meeting, by=ana, at=SOON)

    settle()
    row = Meeting.objects.get()
    assert (row.status, row.ended_at, row.is_theirs) == ("cancelled", SOON, False)
    assert (mails("invitation"), mails("cancellation")) == (0, 0)
    assert facts(lead) == before
    assert Touch.objects.get(channel="meeting").withdrawn_at == SOON
    assert list(Event.objects.filter(kind="meeting").order_by("pk").values_list("move", flat=True)) == [
        "book",
        "cancel",
    ]


def test_who_has_the_invitation_already_gets_the_cancellation(ana, eva):
    meeting = booked(worked(ana), ana, eva)
    Message.objects.filter(kind="invitation", to=eva).update(sent_at=BOOKED, attempts=1)

    undoing.take_back(meeting, by=ana, at=SOON)

    assert list(Message.objects.filter(kind__in=("invitation", "cancellation")).order_by("pk").values_list("kind", "to")) == [
        ("invitation", eva.pk), ("cancellation", eva.pk),
    ]  # fmt: skip


def test_the_opportunity_that_opened_with_it_counts_for_nothing_and_a_new_one_can_open(ana, eva):
    lead = worked(ana)
    undoing.take_back(booked(lead, ana, eva), by=ana, at=SOON)

    again = booked(lead, ana, eva, at=SOON + HOUR)

    assert list(Opportunity.objects.order_by("pk").values_list("status", "closed_at")) == [
        ("not_qualified", SOON), ("open", None),
    ]  # fmt: skip
    assert again.opportunity.created_at == SOON + HOUR


def test_one_that_was_there_before_stays_open(ana, eva):
    lead = worked(ana)
    first = booked(lead, ana, eva)
    second = booked(lead, ana, eva, starts_at=START + DAY, at=BOOKED + HOUR)

    undoing.take_back(second, by=ana, at=BOOKED + HOUR)

    assert Opportunity.objects.get().status == "open"
    assert list(Meeting.objects.order_by("pk").values_list("status", flat=True)) == ["booked", "cancelled"]
    assert first.opportunity_id == second.opportunity_id


def worth(sale) -> list:
    told = Event.objects.filter(kind="value").order_by("pk").values_list("data__from", "data__to")
    return [Opportunity.objects.get(pk=sale.pk).amount, *told]


def test_a_value_the_booking_gave_to_a_sale_that_had_none_is_gone_again(ana, eva):
    lead = worked(ana)
    first = booked(lead, ana, eva, amount=Decimal(0))
    second = booked(lead, ana, eva, starts_at=START + DAY, at=BOOKED + HOUR, amount=Decimal(900))
    assert worth(first.opportunity) == [Decimal(900), ("0.00", "900")]

    undoing.take_back(second, by=ana, at=BOOKED + HOUR)

    assert worth(first.opportunity) == [Decimal(0), ("0.00", "900"), ("900.00", "0.00")]


def test_what_somebody_said_since_of_its_value_stays(ana, eva):
    lead = worked(ana)
    first = booked(lead, ana, eva, amount=Decimal(0))
    second = booked(lead, ana, eva, starts_at=START + DAY, at=BOOKED + HOUR, amount=Decimal(900))
    opportunities.change_value(first.opportunity, amount=Decimal(800), by=eva, at=BOOKED + HOUR)

    undoing.take_back(second, by=ana, at=BOOKED + HOUR)

    assert worth(first.opportunity) == [Decimal(800), ("0.00", "900"), ("900.00", "800")]


def test_the_turn_comes_back_to_whose_it_was(ana, eva, finn):
    pool = sellers(eva, finn)
    meeting = booked(worked(ana), ana, pool=pool)

    undoing.take_back(meeting, by=ana, at=SOON)

    credit = Credit.objects.get()
    assert (credit.pool, credit.user, credit.turns, credit.why) == (pool, meeting.owner, 1, "undone")


def test_handed_over_with_the_booking_it_is_in_the_hands_of_who_gave_it(ana, eva):
    lead = worked(ana)
    meeting = booked(lead, ana, eva, amount=SCHEDULED)
    assert Lead.objects.get().owner == eva

    undoing.take_back(meeting, by=ana, at=SOON)

    settle()
    assert (Lead.objects.get().owner, HandOff.objects.get().outcome) == (ana, "dropped")


def test_the_search_for_a_new_time_goes_on(ana, eva):
    lead = worked(ana)
    outcomes.no_show(booked(lead, ana, eva, starts_at=START, at=START - HOUR), by=eva, at=START + HOUR)
    meeting = booked(lead, ana, eva, starts_at=START + 3 * DAY, at=START + DAY)
    assert not Task.objects.filter(kind="reschedule", done_at=None).exists()

    undoing.take_back(meeting, by=ana, at=START + DAY)

    assert Task.objects.filter(kind="reschedule", done_at=None).count() == 1


@pytest.mark.parametrize("why", ["too_late", "not_yours", "already", "late"])
def test_it_is_refused_and_leaves_everything_as_it_is(ana, eva, cleo, why):
    lead = worked(ana)
    meeting = booked(lead, ana, eva, starts_at=BOOKED + timedelta(seconds=30))
    by, at = ana, BOOKED
    if why == "too_late":
        at = SOON + timedelta(seconds=1)
    elif why == "not_yours":
        by = cleo
    elif why == "already":
        moving.cancel(meeting, by=eva, at=BOOKED)
    else:
        at = SOON
    events, sent = Event.objects.count(), Message.objects.count()

    with pytest.raises(Refused) as refused:
        undoing.take_back(meeting, by=by, at=at)

    assert refused.value.code == why
    assert (Event.objects.count(), Message.objects.count(), Opportunity.objects.get().status) == (events, sent, "open")


def test_after_the_minute_the_invitation_leaves(ana, eva):
    """The control: what is recalled would have gone."""
    booked(worked(ana), ana, eva)

    due = messages.to_send(SOON)

    assert Message.objects.filter(pk__in=due, kind="invitation", address__gt="").count() == 1
