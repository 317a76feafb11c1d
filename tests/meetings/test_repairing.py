"""A wrong word about a meeting, and what had followed from it, put right: the same round goes on (LIFE-15, MEET-6, ACC-10)."""

from datetime import timedelta

import pytest

from accounts import sweeping
from accounts.models import Event, Opportunity, Reason, Stage
from leadops.schedules import SWEEPS
from leads import assignment, dispositions, qualification, signals, touches
from leads.lifecycle import Refused
from leads.models import ContactRole, Cycle, Lead, Task
from meetings import booking, moving, opportunities, outcomes
from meetings.models import Meeting
from tests.meetings.table import DAY, HOUR, NONE, START, booked, sound, worked

pytestmark = pytest.mark.django_db
SAID = START + HOUR
WEEK = 7 * DAY


def missed_by_them(lead, ana, eva, *, days: int = 0) -> Meeting:
    """A no-show, told an hour after it began."""
    start = START + days * DAY
    meeting = booked(lead, ana, eva, starts_at=start, at=start - 2 * HOUR)
    return outcomes.no_show(meeting, by=eva, at=start + HOUR)


def reached(lead, ana, number: int) -> None:
    for n in range(number):
        touches.log([lead.pk], channel="call", outcome="no_answer", by=ana, at=SAID + (n + 1) * HOUR)


def sweep(at) -> None:
    for name in ("no-shows", "not-qualified"):
        sweeping.run(SWEEPS[name], at, seconds=None)


def state_of(lead) -> tuple:
    lead = Lead.objects.select_related("reason", "owner").get(pk=lead.pk)
    return lead.status, lead.owner, lead.reason.code if lead.reason else ""


@pytest.mark.parametrize("touched", [5, 0], ids=["abandoned by its rep", "by itself"])
def test_corrected_to_qualified_after_the_duty_ended_the_round_the_same_round_is_qualified(
    touched, ana, ben, eva, cleo
):
    lead = worked(ana)
    meeting = missed_by_them(lead, ana, eva)
    reached(lead, ana, touched)
    for days in (7, 10):
        sweep(SAID + days * DAY)
    ended = (state_of(lead)[0], Opportunity.objects.get().status)

    outcomes.correct(meeting, "qualified", by=cleo, at=SAID + 11 * DAY)

    sound()
    assert ended == ("nurture", "not_qualified")
    assert state_of(lead) == ("qualified", eva, "")
    assert (Cycle.objects.get(lead=lead).outcome, Opportunity.objects.get().status) == ("qualified", "open")
    assert not Task.objects.filter(lead=lead, done_at=None).exists()
    moves = list(Event.objects.filter(lead_id=lead.pk, kind="transition").order_by("pk").values_list("move", flat=True))
    assert moves[-3:] == ["nurture", "take_back", "qualify"]


def test_corrected_to_missed_by_us_after_the_duty_ended_the_round_the_seller_looks_for_a_new_time(ana, eva, cleo):
    lead = worked(ana)
    meeting = missed_by_them(lead, ana, eva)
    reached(lead, ana, 5)
    sweep(SAID + WEEK)

    outcomes.correct(meeting, "missed", by=cleo, at=SAID + 8 * DAY)

    sound()
    assert state_of(lead) == ("working", ana, "")
    assert Opportunity.objects.get().status == "open"
    assert list(Task.objects.filter(lead=lead, done_at=None).values_list("kind", flat=True)) == ["follow_up"]


def test_corrected_to_unqualified_after_the_duty_ended_the_round_it_ends_for_the_executives_reason(ana, eva, cleo):
    lead = worked(ana)
    meeting = missed_by_them(lead, ana, eva)
    reached(lead, ana, 5)
    sweep(SAID + WEEK)

    why = Reason.objects.get(code="missing_feature")
    outcomes.correct(meeting, "unqualified", reason=why, by=cleo, at=SAID + 8 * DAY)

    sound()
    assert state_of(lead) == ("nurture", None, "missing_feature")
    assert Opportunity.objects.get().status == "not_qualified"


@pytest.mark.parametrize("number", [0, 2], ids=["the first of them", "the last"])
@pytest.mark.parametrize("word", ["missed", "qualified"])
def test_one_of_three_no_shows_corrected_the_round_and_its_sale_go_on(number, word, ana, eva, cleo):
    lead = worked(ana)
    meetings = [missed_by_them(lead, ana, eva, days=days) for days in range(3)]
    ended = (*state_of(lead), Opportunity.objects.get().status)

    outcomes.correct(meetings[number], word, by=cleo, at=SAID + 4 * DAY)

    sound()
    assert ended == ("nurture", None, "no_show_limit", "not_qualified")
    assert state_of(lead)[:2] == (("working", ana) if word == "missed" else ("qualified", eva))
    assert Opportunity.objects.get().status == "open"
    assert Cycle.objects.filter(lead=lead).count() == 1


@pytest.mark.parametrize("number", [0, 1])
def test_an_earlier_one_of_three_corrected_a_new_time_is_looked_for_of_the_last_which_they_missed_too(
    number, ana, eva, cleo
):
    lead = worked(ana)
    meetings = [missed_by_them(lead, ana, eva, days=days) for days in range(3)]

    outcomes.correct(meetings[number], "missed", by=cleo, at=SAID + 4 * DAY)

    duty = Task.objects.get(lead=lead, done_at=None, kind="reschedule")
    assert (duty.owner, duty.what) == (ana, "Did not come (2 of 3): find a new time")
    assert duty.sweep_at == SAID + 4 * DAY + WEEK
    for days in (7, 10):
        sweep(SAID + (4 + days) * DAY)
    sound()
    assert state_of(lead)[::2] == ("nurture", "auto_abandoned")


def test_the_last_of_three_corrected_no_time_is_looked_for_of_those_that_had_their_next_meeting(ana, eva, cleo):
    lead = worked(ana)
    last = [missed_by_them(lead, ana, eva, days=days) for days in range(3)][-1]

    outcomes.correct(last, "missed", by=cleo, at=SAID + 4 * DAY)

    assert list(Task.objects.filter(lead=lead, done_at=None).values_list("kind", flat=True)) == ["follow_up"]


def test_with_another_meeting_ahead_no_time_is_looked_for(ana, eva, cleo):
    lead = worked(ana)
    ahead = booked(lead, ana, eva, starts_at=START + 20 * DAY, at=START - DAY)
    meetings = [missed_by_them(lead, ana, eva, days=days) for days in range(3)]

    outcomes.correct(meetings[0], "missed", by=cleo, at=SAID + 4 * DAY)

    sound()
    kinds = Task.objects.filter(lead=lead, done_at=None).order_by("kind").values_list("kind", flat=True)
    assert (Meeting.objects.get(pk=ahead.pk).status, list(kinds)) == ("booked", ["follow_up", "meeting"])


def test_one_that_stands_as_the_third_again_ends_the_round_again(ana, eva, cleo):
    lead = worked(ana)
    last = [missed_by_them(lead, ana, eva, days=days) for days in range(3)][-1]
    outcomes.correct(last, "missed", by=cleo, at=SAID + 4 * DAY)

    outcomes.correct(Meeting.objects.get(pk=last.pk), "no_show", by=cleo, at=SAID + 5 * DAY)

    sound()
    assert state_of(lead) == ("nurture", None, "no_show_limit")
    assert Opportunity.objects.get().status == "not_qualified"
    assert not Task.objects.filter(lead=lead, done_at=None).exists()


def test_a_sale_that_a_person_closed_stays_closed(ana, eva, cleo):
    from meetings import closing

    lead = worked(ana)
    meeting = missed_by_them(lead, ana, eva)
    closing.close_not_qualified(Opportunity.objects.get(), by=eva, at=SAID + HOUR)
    reached(lead, ana, 5)
    sweep(SAID + WEEK)

    outcomes.correct(meeting, "missed", by=cleo, at=SAID + 8 * DAY)

    sound()
    assert (state_of(lead)[0], Opportunity.objects.get().status) == ("working", "not_qualified")


def test_where_the_sale_is_open_anew_the_old_one_stays_closed(ana, eva, cleo):
    lead = worked(ana)
    last = [missed_by_them(lead, ana, eva, days=days) for days in range(3)][-1]
    booked(worked(ana, account=lead.account), ana, eva, starts_at=START + 20 * DAY, at=SAID + 3 * DAY)

    outcomes.correct(last, "missed", by=cleo, at=SAID + 4 * DAY)

    sound()
    assert state_of(lead)[0] == "working"
    assert sorted(Opportunity.objects.values_list("status", flat=True)) == ["not_qualified", "open"]


@pytest.mark.parametrize("word", ["no_show", "missed"])
def test_ended_since_by_a_person_it_is_not_qualified_over_their_head(word, ana, eva, cleo):
    lead = worked(ana)
    meeting = booked(lead, ana, eva)
    outcomes.dispose(meeting, word, by=eva, at=SAID)
    dispositions.nurture([lead.pk], reason=Reason.objects.get(code="budget_later"), by=ana, at=SAID + DAY).whole()
    events = Event.objects.count()

    with pytest.raises(Refused) as refused:
        outcomes.correct(meeting, "qualified", by=cleo, at=SAID + 2 * DAY)

    assert refused.value.words.startswith("Ana moved Marta Lind")
    assert refused.value.words.endswith("since. Take that back first, then correct the meeting.")
    assert (Meeting.objects.get().status, state_of(lead)[2], Event.objects.count()) == (word, "budget_later", events)
    dispositions.take_back([lead.pk], by=cleo, at=SAID + 2 * DAY).whole()
    outcomes.correct(meeting, "qualified", by=cleo, at=SAID + 2 * DAY + timedelta(minutes=1))
    sound()
    assert state_of(lead)[:2] == ("qualified", eva)


def test_who_raised_a_hand_since_stays_in_the_round_that_began_with_it(ana, ben, eva, cleo):
    lead = worked(ana)
    last = [missed_by_them(lead, ana, eva, days=days) for days in range(3)][-1]
    signals.raise_hand([lead.pk], what="demo", by=None, at=SAID + 3 * DAY, to=ben).whole()

    outcomes.correct(last, "missed", by=cleo, at=SAID + 4 * DAY)

    sound()
    assert (state_of(lead)[:2], Cycle.objects.filter(lead=lead).count()) == (("assigned", ben), 2)


def test_the_follow_up_of_a_meeting_we_had_not_missed_goes(ana, eva):
    lead = worked(ana)
    meeting = booked(lead, ana, eva)
    outcomes.missed_by_owner(meeting, by=eva, at=SAID)

    outcomes.correct(meeting, "no_show", by=eva, at=SAID + HOUR)

    assert list(Task.objects.filter(lead=lead, done_at=None).values_list("kind", flat=True)) == ["reschedule"]


def test_reassigned_before_the_correction_a_small_sale_stays_with_who_has_the_lead(ana, ben, cleo):
    lead = worked(ana)
    meeting = booked(lead, ana, amount=NONE)
    assignment.assign([lead.pk], to=ben, by=cleo, at=START - HOUR).whole()
    meeting = Meeting.objects.get()

    outcomes.complete_qualified(meeting, by=ben, at=SAID)

    assert (meeting.point, state_of(lead)[:2]) == ("none", ("qualified", ben))


def test_a_booking_after_the_correction_joins_the_sale_that_is_open_again(ana, eva, cleo):
    lead = worked(ana)
    last = [missed_by_them(lead, ana, eva, days=days) for days in range(3)][-1]
    outcomes.correct(last, "missed", by=cleo, at=SAID + 4 * DAY)

    again = booking.book(
        Lead.objects.get(pk=lead.pk),
        product=last.opportunity.product,
        starts_at=START + 9 * DAY,
        by=ana,
        at=SAID + 5 * DAY,
    )

    assert (again.opportunity_id, again.previous_id, again.owner) == (last.opportunity_id, last.pk, eva)


def test_who_was_qualified_with_the_wrong_word_is_worked_again_too(ana, eva):
    lead = worked(ana)
    colleague = worked(ana, account=lead.account)
    meeting = booked(lead, ana, eva)
    ContactRole.objects.create(lead=colleague, opportunity=meeting.opportunity)
    outcomes.complete_qualified(meeting, by=eva, at=SAID)
    qualified = state_of(colleague)[:2]

    outcomes.correct(meeting, "no_show", by=eva, at=SAID + HOUR)

    sound()
    assert qualified == ("qualified", eva)
    assert (state_of(lead)[:2], state_of(colleague)[:2]) == (("working", ana), ("working", ana))
    assert Opportunity.objects.get().stage.order == 1


def test_a_sale_whose_meeting_was_none_after_all_does_not_come_back_to_its_stage_by_hand(ana, eva):
    meeting = booked(worked(ana), ana, eva)
    outcomes.complete_qualified(meeting, by=eva, at=SAID)
    qualifying = Opportunity.objects.get().stage
    outcomes.correct(meeting, "missed", by=eva, at=SAID + HOUR)

    with pytest.raises(Refused) as refused:
        opportunities.advance(Opportunity.objects.get(), qualifying, by=eva, at=SAID + 2 * HOUR)

    assert (refused.value.code, state_of(meeting.lead)[0]) == ("meeting", "working")


def test_a_sale_at_a_stage_before_the_pipeline_goes_back_with_the_meeting_that_brought_it_there(ana, eva):
    meeting = booked(worked(ana), ana, eva)
    outcomes.complete_qualified(meeting, by=eva, at=SAID)
    for stage in Stage.objects.filter(order__gt=2).order_by("-order"):
        Stage.objects.filter(pk=stage.pk).update(order=stage.order + 1)
    shown = Stage.objects.create(name="Demo held", order=3, status="open", probability=30)
    opportunities.advance(Opportunity.objects.get(), shown, by=eva, at=SAID + HOUR)

    outcomes.correct(meeting, "no_show", by=eva, at=SAID + 2 * HOUR)

    sound()
    assert (Opportunity.objects.get().stage.order, state_of(meeting.lead)[0]) == (1, "working")


def test_a_step_back_by_hand_and_on_again_asks_for_no_second_meeting(ana, eva):
    meeting = booked(worked(ana), ana, eva)
    outcomes.complete_qualified(meeting, by=eva, at=SAID)
    sale = Opportunity.objects.get()
    first = Stage.objects.order_by("order").first()

    opportunities.advance(sale, first, by=eva, at=SAID + HOUR)
    opportunities.advance(Opportunity.objects.get(), sale.stage, by=eva, at=SAID + 2 * HOUR)

    assert (Opportunity.objects.get().stage, Opportunity.objects.get().qualified_at) == (sale.stage, SAID)


# A meeting that nobody told of, and a lead that would be gone.


@pytest.mark.parametrize(
    ("at", "words"), [(START - HOUR, "is still to come: call it off first"), (SAID, "say first what came of it")]
)
def test_nobody_ends_the_round_of_who_has_a_meeting(at, words, ana, eva):
    lead = worked(ana)
    booked(lead, ana, eva)
    events = Event.objects.count()

    with pytest.raises(Refused) as refused:
        dispositions.nurture([lead.pk], reason=Reason.objects.get(code="budget_later"), by=ana, at=at).whole()

    assert (refused.value.code, words in refused.value.words) == ("meeting", True)
    assert (state_of(lead)[0], Event.objects.count()) == ("working", events)
    moving.cancel(Meeting.objects.get(), by=ana, at=START - HOUR)
    dispositions.nurture([lead.pk], reason=Reason.objects.get(code="budget_later"), by=ana, at=SAID).whole()
    assert state_of(lead)[0] == "nurture"


def test_nobody_gives_who_has_a_meeting_back_to_the_product(ana, eva):
    lead = worked(ana)
    booked(lead, ana, eva)

    with pytest.raises(Refused) as refused:
        qualification.return_to_product(lead, by=ana, at=START - HOUR, why="They plan alone.")

    assert (refused.value.code, Lead.objects.get().motion, Meeting.objects.get().status) == ("meeting", "slg", "booked")
    moving.cancel(Meeting.objects.get(), by=ana, at=START - HOUR)
    qualification.return_to_product(Lead.objects.get(), by=ana, at=SAID, why="They plan alone.")
    assert Lead.objects.get().motion == "plg"
