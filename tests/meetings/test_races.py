"""Several at once at one meeting, or one sale. Each race has its control: with the guard off, the same test finds the harm."""

from contextlib import nullcontext
from types import SimpleNamespace
from unittest.mock import patch

import pytest
from django.db import IntegrityError

from accounts.models import Event, Opportunity, Product, Reason
from leads.lifecycle import Refused, Seen
from leads.models import ContactRole, Lead, Task
from meetings import booking, closing, outcomes
from meetings.models import Meeting
from tests.factories import AccountFactory, LeadFactory, put
from tests.lasting import at_once, overlapping
from tests.meetings.table import BOOKED, DAY, END, HOUR, START, booked, worked

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("shipped")]


@pytest.fixture(autouse=True)
def _points(shipped):
    """A flush takes the shipped hand-off points with it."""
    from decimal import Decimal

    from meetings.models import HandOffRule

    for amount, point in ((0, "none"), (5_000, "completed"), (100_001, "scheduled")):
        HandOffRule.objects.get_or_create(segment="", from_amount=Decimal(amount), defaults={"point": point})


def _twenty(ana, eva):
    account, product = AccountFactory(), Product.objects.get()
    leads = [put(LeadFactory(account=account), "working", owner=ana) for _ in range(20)]
    return [
        lambda lead=lead, n=n: booking.book(
            Seen(lead.pk), product=product, starts_at=START + n * HOUR, by=ana, at=BOOKED, owner=eva, amount=20_000
        )
        for n, lead in enumerate(leads)
    ]


def test_twenty_first_bookings_at_once_open_one_opportunity(ana, eva):
    answers = at_once(*_twenty(ana, eva))

    assert [type(a).__name__ for a in answers] == ["Meeting"] * 20
    sale = Opportunity.objects.get()
    assert (Meeting.objects.filter(opportunity=sale).count(), ContactRole.objects.filter(opportunity=sale).count()) == (
        20,
        20,
    )


def test_the_control_without_the_accounts_lock_bookings_run_into_each_other(ana, eva):
    jobs = _twenty(ana, eva)

    with patch("django.db.models.query.QuerySet.select_for_update", lambda rows, *a, **k: rows):
        answers = at_once(*jobs)

    assert any(isinstance(a, IntegrityError) for a in answers), "the database refuses what the lock would have ordered"
    assert Opportunity.objects.filter(status="open").count() == 1


def test_one_executive_is_booked_once_for_one_time(ana, eva):
    leads = [worked(ana) for _ in range(4)]

    answers = at_once(*[lambda lead=lead: booked(lead, ana, eva) for lead in leads])

    assert sorted(type(a).__name__ for a in answers) == ["Meeting", "Refused", "Refused", "Refused"]
    assert {a.code for a in answers if isinstance(a, Refused)} == {"busy"}
    assert (Meeting.objects.count(), Task.objects.filter(kind="meeting").count()) == (1, 1)


def test_three_dispositions_at_once_are_one_and_the_others_hear_who_said_what(ana, eva):
    meeting = booked(worked(ana), ana, eva)
    never = Reason.objects.get(code="not_a_prospect")

    answers = at_once(
        lambda: outcomes.complete_qualified(meeting, by=eva, at=END),
        lambda: outcomes.no_show(meeting, by=eva, at=END),
        lambda: outcomes.complete_unqualified(meeting, reason=never, by=eva, at=END),
    )

    won = [a for a in answers if isinstance(a, Meeting)]
    lost = [a for a in answers if isinstance(a, Refused)]
    row = Meeting.objects.get()
    assert (len(won), len(lost), row.status) == (1, 2, won[0].status)
    assert {a.words for a in lost} == {f"Eva said at {_clock(END)}: {row.get_status_display().lower()}. It stands so."}
    assert Event.objects.filter(kind="meeting", move="disposition").count() == 1


def test_the_control_without_the_lock_three_dispositions_each_believe_theirs_counts(ana, eva):
    meeting = booked(worked(ana), ana, eva)
    never = Reason.objects.get(code="not_a_prospect")

    with patch("django.db.models.query.QuerySet.select_for_update", lambda rows, *a, **k: rows):
        answers = overlapping(
            "meetings_meeting",
            lambda: outcomes.complete_qualified(meeting, by=eva, at=END),
            lambda: outcomes.no_show(meeting, by=eva, at=END),
            lambda: outcomes.complete_unqualified(meeting, reason=never, by=eva, at=END),
        )

    assert sum(not isinstance(a, Refused) for a in answers) > 1, "more than one goes on, or is stopped rudely"


def _clock(moment):
    from django.utils import timezone

    return timezone.localtime(moment).strftime("%H:%M")


def test_three_no_shows_at_once_are_one_turn_given_back_and_one_duty(ana, eva):
    meeting = booked(worked(ana), ana, eva)

    answers = at_once(*[lambda: outcomes.no_show(meeting, by=eva, at=END)] * 3)

    assert sorted(type(a).__name__ for a in answers) == ["Meeting", "Refused", "Refused"]
    assert Task.objects.filter(kind="reschedule").count() == 1


def test_the_control_without_the_lock_several_believe_theirs_counts(ana, eva):
    meeting = booked(worked(ana), ana, eva)

    with patch("django.db.models.query.QuerySet.select_for_update", lambda rows, *a, **k: rows):
        answers = overlapping("meetings_meeting", *[lambda: outcomes.no_show(meeting, by=eva, at=END)] * 6)

    raised = [a for a in answers if not isinstance(a, Meeting | Refused)]
    assert raised, "without the lock only the database's own rules stop them, late and rudely"


def test_the_control_without_its_one_transaction_the_sale_is_lost_and_its_people_are_not(ana, eva):
    lead = worked(ana)
    people = [put(LeadFactory(account=lead.account), "working", owner=ana) for _ in range(11)]
    meeting = booked(lead, ana, eva)
    ContactRole.objects.bulk_create(ContactRole(lead=p, opportunity=meeting.opportunity) for p in people)
    outcomes.complete_qualified(meeting, by=eva, at=END)

    def stumble(lead):
        raise RuntimeError("a poisoned one")

    with (
        patch("meetings.closing.transaction", SimpleNamespace(atomic=nullcontext)),
        patch("django.db.models.query.QuerySet.select_for_update", lambda rows, *a, **k: rows),
        patch.object(Lead, "lose", stumble),
        pytest.raises(RuntimeError),
    ):
        closing.lose(Opportunity.objects.get(), reason=Reason.objects.get(code="lost_price"), by=eva, at=END + DAY)

    assert (Lead.objects.filter(status="qualified").count(), Opportunity.objects.get().status) == (12, "lost")


def _two_meetings_of_one_sale(ana, eva, finn) -> list[Meeting]:
    """Two people of one company, each held by somebody else an hour apart."""
    first = worked(ana)
    second = put(LeadFactory(account=first.account), "working", owner=ana)
    rows = [booked(first, ana, eva), booked(second, ana, finn, starts_at=START + HOUR)]
    assert rows[0].opportunity_id == rows[1].opportunity_id
    return rows


def test_two_meetings_of_one_sale_completed_at_once_are_one_credit(ana, eva, finn):
    one, two = _two_meetings_of_one_sale(ana, eva, finn)

    answers = at_once(
        lambda: outcomes.complete_qualified(one, by=eva, at=END + HOUR),
        lambda: outcomes.complete_qualified(two, by=finn, at=END + HOUR),
    )

    assert [a.status for a in answers] == ["qualified", "qualified"]
    assert sorted(Meeting.objects.values_list("is_credited", flat=True)) == [False, True]


def test_the_control_without_the_sales_lock_both_claim_the_credit_and_the_database_refuses_one(ana, eva, finn):
    one, two = _two_meetings_of_one_sale(ana, eva, finn)

    with patch("django.db.models.query.QuerySet.select_for_update", lambda rows, *a, **k: rows):
        answers = overlapping(
            "meetings_meeting",
            lambda: outcomes.complete_qualified(one, by=eva, at=END + HOUR),
            lambda: outcomes.complete_qualified(two, by=finn, at=END + HOUR),
        )

    assert any(not isinstance(a, Meeting) for a in answers), "the second is stopped late, by a constraint or a lock"
    assert Meeting.objects.filter(is_credited=True).count() == 1
