"""What follows from a meeting, at each hand-off point."""

import pytest

from accounts.models import Event, Opportunity, Reason
from leads.models import Credit, Task, Touch
from meetings import closing, moving, outcomes
from meetings.models import HandOff, Meeting
from tests.leads.states import settle
from tests.meetings.table import BOOKED, DAY, END, HOUR, NONE, SCHEDULED, START, booked, sellers, worked

pytestmark = pytest.mark.django_db
AFTER = END + HOUR


def test_a_booked_meeting_is_a_touch_a_task_and_an_opportunity(ana, eva):
    lead = worked(ana)

    meeting = booked(lead, ana, eva)

    settle()
    lead.refresh_from_db()
    task = Task.objects.get(lead=lead, kind="meeting")
    assert (lead.status, lead.owner, lead.cycle.touches) == ("working", ana, 2)
    assert (task.owner, task.due_at, task.done_at) == (eva, START, None)
    assert (meeting.owner, meeting.sourced_by, meeting.booked_by, meeting.point) == (eva, ana, ana, "completed")
    assert (meeting.due_at, meeting.sweep_at) == (START + DAY, END)
    assert (meeting.opportunity.opportunity_owner, meeting.opportunity.development_owner) == (eva, ana)
    assert Touch.objects.filter(lead=lead, channel="meeting").count() == 1


def test_qualified_the_lead_is_the_executives_and_the_sale_at_its_stage(ana, eva):
    lead = worked(ana)
    meeting = booked(lead, ana, eva)

    outcomes.complete_qualified(meeting, by=eva, at=AFTER)

    settle()
    lead.refresh_from_db()
    sale = Opportunity.objects.get()
    hand_off = HandOff.objects.get()
    assert (lead.status, lead.owner, lead.development_owner, lead.opportunity_owner) == ("qualified", eva, ana, eva)
    assert (sale.stage.is_qualifying, sale.qualified_at) == (True, AFTER)
    assert (hand_off.outcome, hand_off.giver, hand_off.receiver, hand_off.ended_at) == ("accepted", ana, eva, AFTER)
    row = Meeting.objects.get()
    assert (row.status, row.disposed_at, row.disposed_by, row.is_credited, row.sweep_at) == (
        "qualified",
        AFTER,
        eva,
        True,
        None,
    )


def test_unqualified_the_round_ends_with_the_executives_reason_and_the_sale_not_qualified(ana, eva):
    lead = worked(ana)
    meeting = booked(lead, ana, eva)

    outcomes.complete_unqualified(meeting, reason=Reason.objects.get(code="missing_feature"), by=eva, at=AFTER)

    settle()
    lead.refresh_from_db()
    assert (lead.status, lead.reason.code, lead.owner, lead.cycle.ended_by) == ("nurture", "missing_feature", None, eva)
    assert Opportunity.objects.get().status == "not_qualified"
    assert Meeting.objects.get().is_credited is True


def test_handed_over_when_it_was_scheduled_a_no_show_brings_the_lead_back(ana, eva):
    lead = worked(ana)
    meeting = booked(lead, ana, eva, amount=SCHEDULED)
    lead.refresh_from_db()
    assert (lead.owner, lead.development_owner, HandOff.objects.get().outcome) == (eva, ana, "")

    outcomes.no_show(meeting, by=eva, at=AFTER)

    settle()
    lead.refresh_from_db()
    duty = Task.objects.get(lead=lead, kind="reschedule")
    assert (lead.status, lead.owner, duty.owner, duty.sweep_at) == ("working", ana, ana, AFTER + 7 * DAY)
    assert HandOff.objects.get().outcome == "dropped"


def test_without_a_hand_off_the_seller_holds_the_meeting_to_the_end(ana, eva):
    lead = worked(ana)
    meeting = booked(lead, ana, amount=NONE)

    outcomes.complete_qualified(meeting, by=ana, at=AFTER)

    settle()
    lead.refresh_from_db()
    assert (meeting.owner, meeting.point) == (ana, "none")
    assert (lead.status, lead.owner, HandOff.objects.count()) == ("qualified", ana, 0)


def test_the_third_no_show_of_a_round_ends_it(ana, eva):
    lead, start = worked(ana), START
    for number in range(3):
        meeting = booked(lead, ana, eva, starts_at=start, at=start - HOUR)
        outcomes.no_show(meeting, by=eva, at=start + HOUR)
        start += DAY
        lead.refresh_from_db()
        assert lead.status == ("nurture" if number == 2 else "working")

    settle()
    assert (lead.reason.code, lead.cycle.ended_by, Opportunity.objects.get().status) == (
        "no_show_limit",
        None,
        "not_qualified",
    )
    assert [m.previous_id for m in Meeting.objects.order_by("pk")][1:] == list(
        Meeting.objects.order_by("pk").values_list("pk", flat=True)
    )[:2]


def test_a_no_show_gives_the_turn_back(ana, eva, finn):
    pool = sellers(eva, finn)
    meeting = booked(worked(ana), ana, pool=pool)

    outcomes.no_show(meeting, by=meeting.owner, at=AFTER)

    assert list(Credit.objects.values_list("pool", "user", "why", "turns")) == [
        (pool.pk, meeting.owner_id, "no_show", 1)
    ]


def test_moved_it_keeps_its_invitation_and_is_no_disposition(ana, eva):
    lead = worked(ana)
    meeting = booked(lead, ana, eva)

    new = moving.reschedule(meeting, starts_at=START + DAY, by=ana, at=BOOKED + HOUR, is_theirs=True)

    settle()
    old = Meeting.objects.get(pk=meeting.pk)
    assert (old.status, old.disposed_at, old.is_theirs) == ("rescheduled", None, True)
    assert (new.uid, new.sequence, new.previous_id, new.status) == (old.uid, 1, old.pk, "booked")
    assert Task.objects.filter(lead=lead, kind="meeting", done_at=None).count() == 1


def test_corrected_from_no_show_to_qualified_the_duty_goes_and_the_lead_is_qualified(ana, eva):
    lead = worked(ana)
    meeting = booked(lead, ana, eva)
    outcomes.no_show(meeting, by=eva, at=AFTER)

    outcomes.correct(meeting, "qualified", by=eva, at=AFTER + HOUR)

    settle()
    lead.refresh_from_db()
    row = Meeting.objects.get()
    assert (lead.status, lead.owner) == ("qualified", eva)
    assert (row.status, row.disposed_at, row.corrected_at, row.version) == ("qualified", AFTER, AFTER + HOUR, 2)
    assert not Task.objects.filter(lead=lead, done_at=None).exists()
    assert list(Event.objects.filter(kind="meeting").order_by("id").values_list("move", flat=True)) == [
        "book",
        "disposition",
        "correct",
    ]


def test_corrected_from_qualified_to_unqualified_the_round_ends_otherwise(ana, eva):
    lead = worked(ana)
    meeting = booked(lead, ana, eva)
    outcomes.complete_qualified(meeting, by=eva, at=AFTER)

    outcomes.correct(meeting, "unqualified", reason=Reason.objects.get(code="not_a_prospect"), by=eva, at=AFTER + HOUR)

    settle()
    lead.refresh_from_db()
    assert (lead.status, lead.reason.code) == ("unqualified", "not_a_prospect")
    assert Opportunity.objects.get().status == "not_qualified"


@pytest.mark.parametrize("further", ["another meeting", "won"])
def test_corrected_after_the_sale_went_on_its_lead_stays_qualified(further, ana, eva, cleo):
    lead = worked(ana)
    first, second = booked(lead, ana, eva), booked(lead, ana, eva, starts_at=START + DAY)
    outcomes.complete_qualified(first, by=eva, at=AFTER)
    if further == "won":
        closing.win(Opportunity.objects.get(), by=eva, at=AFTER + HOUR)
    else:
        outcomes.complete_qualified(second, by=eva, at=AFTER + DAY)

    outcomes.correct(first, "no_show", by=cleo, at=AFTER + DAY + HOUR)

    settle()
    lead.refresh_from_db()
    assert (lead.status, lead.owner, Meeting.objects.get(pk=first.pk).status) == ("qualified", eva, "no_show")
    assert Opportunity.objects.get().status == ("won" if further == "won" else "open")
    assert not Task.objects.filter(lead=lead, kind="reschedule", done_at=None).exists()


def test_correcting_one_no_show_leaves_the_duty_that_another_began(ana, eva, cleo):
    lead = worked(ana)
    first = booked(lead, ana, eva)
    outcomes.no_show(first, by=eva, at=AFTER)
    second = booked(lead, ana, eva, starts_at=START + DAY, at=AFTER + HOUR)
    outcomes.no_show(second, by=eva, at=AFTER + DAY)

    outcomes.correct(first, "missed", by=cleo, at=AFTER + DAY + HOUR)

    assert Task.objects.get(lead=lead, kind="reschedule", done_at=None).sweep_at == AFTER + 8 * DAY
