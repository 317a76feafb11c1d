"""Every path of MEET-1 to MEET-7 with its moments, as the sweeps walk it: each effect once, dated when it was due."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from accounts import sweeping
from accounts.models import Event, Membership, Message, Opportunity, Reason
from leadops import invariants
from leadops.schedules import SWEEPS
from leads import signals, touches
from leads.models import Lead, Task
from meetings import credit, handing, moving, outcomes
from meetings.models import HandOff, Meeting
from tests.factories import reason
from tests.leads.states import settle
from tests.meetings.table import BOOKED, DAY, END, HOUR, SCHEDULED, START, booked, worked

pytestmark = pytest.mark.django_db
MINE = ("meetings", "no-shows", "hand-offs", "not-qualified", "contracts")
TICK = timedelta(seconds=1)


def sweep(at: datetime) -> int:
    """Run the sweeps of meetings as of a moment, and once more, which must change nothing; say how much the first did."""
    done = sum(sweeping.run(SWEEPS[name], at, seconds=None).done for name in MINE)
    again = sum(sweeping.run(SWEEPS[name], at, seconds=None).done for name in MINE)
    assert again == 0
    settle()
    return done


def told(kind: str) -> list[tuple[str, datetime]]:
    rows = Message.objects.filter(kind=kind).order_by("pk")
    return [(message.to.username if message.to else message.address, message.created_at) for message in rows]


def lead_of(meeting: Meeting) -> Lead:
    return Lead.objects.select_related("reason", "owner", "cycle").get(pk=meeting.lead_id)


@dataclass
class Told:
    """What is told of one meeting that nobody speaks of, moment by moment."""

    at: datetime
    over: int = 0
    silent: int = 0
    open_to_claim: int = 0
    seen: list = field(default_factory=list)


SILENCE = [
    Told(END - TICK),
    Told(END, over=1),
    Told(START + DAY - TICK, over=1),
    Told(START + DAY, over=1, silent=1),
    Told(START + 2 * DAY - TICK, over=1, silent=1),
    Told(START + 2 * DAY, over=1, silent=1, open_to_claim=1),
    Told(START + 9 * DAY, over=1, silent=1, open_to_claim=1),
]


@pytest.mark.parametrize("case", SILENCE, ids=lambda case: f"{case.at:%a %H:%M:%S}")
def test_a_meeting_nobody_speaks_of(case, ana, eva, cleo, north):
    Membership.objects.create(user=eva, team=north)
    booked(worked(ana), ana, eva)

    sweep(case.at)

    assert told("meeting_over") == [("eva", END)] * case.over
    assert told("meeting_reminder") == [("eva", END)] * case.over
    assert told("meeting_silent") == [("cleo", START + DAY)] * case.silent
    assert told("meeting_yours_to_say") == [("ana", START + 2 * DAY)] * case.open_to_claim


def test_step_by_step_it_is_told_no_more_than_at_once(ana, eva, cleo, north):
    Membership.objects.create(user=eva, team=north)
    booked(worked(ana), ana, eva)

    for case in SILENCE:
        sweep(case.at)

    assert [
        len(told(kind)) for kind in ("meeting_over", "meeting_reminder", "meeting_silent", "meeting_yours_to_say")
    ] == [1, 1, 1, 1]
    assert Event.objects.filter(kind="meeting", move="silent", at=START + DAY).count() == 1


@pytest.mark.parametrize("end", ["qualified", "no_show", "missed", "cancelled", "rescheduled"])
def test_one_that_was_spoken_of_is_not_asked_for(end, ana, eva):
    meeting = booked(worked(ana), ana, eva)
    if end == "cancelled":
        moving.cancel(meeting, by=ana, at=START - HOUR)
    elif end == "rescheduled":
        moving.reschedule(meeting, starts_at=START + 30 * DAY, by=ana, at=START - HOUR)
    else:
        outcomes.dispose(meeting, end, by=eva, at=END)

    sweep(START + 5 * DAY)

    assert told("meeting_over") == told("meeting_silent") == []


def no_show(lead, ana, eva, start) -> Meeting:
    meeting = booked(lead, ana, eva, starts_at=start, at=start - HOUR)
    return outcomes.no_show(meeting, by=eva, at=start + HOUR)


def reach(lead, rep, at, outcome="no_answer"):
    return touches.log([lead.pk], channel="call", outcome=outcome, by=rep, at=at).lead


@pytest.mark.parametrize("number", [4, 5])
def test_seven_days_after_a_no_show_five_touches_make_the_difference(number, ana, ben, eva, cleo):
    meeting = no_show(worked(ana), ana, eva, START)
    began = START + HOUR
    for n in range(number):
        reach(meeting.lead, ana, began + (n + 1) * HOUR)

    sweep(began + 7 * DAY - TICK)
    assert lead_of(meeting).status == "working"
    sweep(began + 7 * DAY)

    lead = lead_of(meeting)
    if number == 5:
        assert (lead.status, lead.reason.code, lead.status_since) == ("nurture", "rep_abandoned", began + 7 * DAY)
        assert told("duty_broken") == []
        assert Opportunity.objects.get().status == "not_qualified"
        return
    assert (lead.status, lead.owner) == ("working", ben)
    assert told("duty_broken") == [("cleo", began + 7 * DAY)]
    assert Event.objects.get(kind="duty_broken").data["touches"] == 4
    sweep(began + 10 * DAY - TICK)
    assert lead_of(meeting).status == "working"
    sweep(began + 10 * DAY)
    lead = lead_of(meeting)
    assert (lead.status, lead.reason.code, lead.status_since) == ("nurture", "auto_abandoned", began + 10 * DAY)


def test_a_touch_at_the_last_moment_counts_and_one_after_it_does_not(ana, ben, eva):
    began = START + HOUR
    for late, then in ((timedelta(0), "nurture"), (TICK, "working")):
        meeting = no_show(worked(ana), ana, eva, START)
        for moment in (*(began + n * HOUR for n in range(1, 5)), began + 7 * DAY + late):
            touches.log(
                [meeting.lead_id], channel="call", outcome="no_answer", by=ana, at=began + 8 * DAY, occurred_at=moment
            )
        sweep(began + 8 * DAY)
        assert lead_of(meeting).status == then


@pytest.mark.parametrize("answer", ["touch", "reply", "hand raise", "new meeting"])
def test_an_answer_or_a_new_meeting_ends_the_duty(answer, ana, eva):
    meeting = no_show(worked(ana), ana, eva, START)
    lead, at = meeting.lead, START + DAY
    if answer == "touch":
        reach(lead, ana, at, "call_back")
    elif answer == "reply":
        signals.reply([lead.pk], words="Call me in three weeks.", by=None, at=at)
    elif answer == "hand raise":
        signals.raise_hand([lead.pk], what="call", by=None, at=at)
    else:
        booked(lead, ana, eva, starts_at=START + 20 * DAY, at=at)

    sweep(START + 12 * DAY)

    assert lead_of(meeting).status == "working"
    assert Task.objects.get(lead=lead, kind="reschedule").outcome == "done"
    assert told("duty_broken") == []


@pytest.mark.parametrize(
    ("ways", "status"),
    [
        (("no_show", "no_show"), "working"),
        (("no_show", "no_show", "no_show"), "nurture"),
        (("no_show", "missed", "no_show"), "working"),
        (("no_show", "cancelled", "no_show"), "working"),
        (("no_show", "missed", "cancelled", "no_show", "no_show"), "nurture"),
    ],
    ids=lambda part: " ".join(part) if isinstance(part, tuple) else part,
)
def test_exactly_two_further_no_shows_end_the_round_and_ours_are_none(ways, status, ana, eva):
    lead = worked(ana)
    for number, way in enumerate(ways):
        start = START + number * DAY
        meeting = booked(lead, ana, eva, starts_at=start, at=start - 2 * HOUR)
        if way == "cancelled":
            moving.cancel(meeting, by=ana, at=start - HOUR, is_theirs=True)
        else:
            outcomes.dispose(meeting, way, by=eva, at=start + HOUR)

    settle()
    lead = lead_of(meeting)
    assert (lead.status, lead.reason.code if lead.reason else "") == (
        status,
        "no_show_limit" if status == "nurture" else "",
    )
    assert bool(Task.objects.filter(lead=lead, kind="reschedule", done_at=None)) is (status == "working")


def test_a_new_round_counts_its_no_shows_anew(ana, eva, cleo):
    from leads import assignment

    lead = worked(ana)
    for number in range(3):
        meeting = no_show(lead, ana, eva, START + number * DAY)
    assignment.assign([lead.pk], to=ana, by=cleo, at=START + 5 * DAY)
    reach(lead, ana, START + 5 * DAY + HOUR)

    meeting = no_show(lead, ana, eva, START + 6 * DAY)

    assert lead_of(meeting).status == "working"


def test_the_prospect_moving_it_a_third_time_is_told_to_the_manager(ana, eva, cleo):
    meeting = booked(worked(ana), ana, eva)
    for number in range(3):
        assert told("moved_often") == []
        meeting = moving.reschedule(
            meeting, starts_at=START + (number + 1) * DAY, by=None, at=BOOKED + number * HOUR, is_theirs=True
        )

    assert told("moved_often") == [("cleo", BOOKED + 2 * HOUR)]


@pytest.mark.parametrize(
    ("late", "number"), [(-TICK, 0), (timedelta(0), 1), (5 * DAY, 1)], ids=["before", "then", "later"]
)
def test_a_hand_off_not_accepted_in_24_hours_is_told_to_the_manager(late, number, ana, eva, cleo, north):
    Membership.objects.create(user=eva, team=north)
    booked(worked(ana), ana, eva, amount=SCHEDULED, starts_at=START + 20 * DAY)

    sweep(BOOKED + DAY + late)

    assert told("hand_off_late") == [("cleo", BOOKED + DAY)] * number


def test_accepted_in_time_it_is_not(ana, eva):
    booked(worked(ana), ana, eva, amount=SCHEDULED, starts_at=START + 20 * DAY)
    handing.accept(HandOff.objects.get(), by=eva, at=BOOKED + HOUR)

    sweep(BOOKED + 2 * DAY)

    assert told("hand_off_late") == []


def test_refused_it_is_back_in_the_hands_of_who_gave_it(ana, eva):
    meeting = booked(worked(ana), ana, eva, amount=SCHEDULED, starts_at=START + 20 * DAY)
    assert lead_of(meeting).owner == eva

    handing.refuse(
        HandOff.objects.get(),
        reason=reason("refused_person"),
        why="Nobody asked who decides.",
        by=eva,
        at=BOOKED + HOUR,
    )

    settle()
    assert lead_of(meeting).owner == ana


def test_moved_to_another_executive_the_lead_and_the_word_that_is_waited_for_go_along(ana, eva, finn):
    meeting = booked(worked(ana), ana, eva, amount=SCHEDULED, starts_at=START + 20 * DAY)

    moving.reschedule(meeting, starts_at=START + 21 * DAY, owner=finn, by=eva, at=BOOKED + HOUR)

    settle()
    waits = HandOff.objects.get()
    assert (lead_of(meeting).owner, lead_of(meeting).development_owner) == (finn, ana)
    assert (waits.receiver, waits.outcome, waits.limit_at) == (finn, "", BOOKED + DAY)
    handing.refuse(waits, reason=reason("refused_person"), by=finn, at=BOOKED + 2 * HOUR)
    assert lead_of(meeting).owner == ana


def test_recorded_by_the_seller_after_48_hours_and_confirmed_by_the_manager(ana, eva, cleo):
    meeting = booked(worked(ana), ana, eva)
    with pytest.raises(credit.Refused, match="48 hours"):
        credit.claim(meeting, "qualified", by=ana, at=START + 2 * DAY - TICK)
    credit.claim(meeting, "qualified", by=ana, at=START + 2 * DAY)
    assert lead_of(meeting).status == "working"

    credit.confirm(meeting, by=cleo, at=START + 3 * DAY)

    settle()
    row = Meeting.objects.get()
    assert (row.status, row.disposed_by, row.claimed_by, row.is_credited) == ("qualified", cleo, ana, True)
    assert lead_of(meeting).status == "qualified"


def test_credit_is_once_a_sale_and_survives_hand_off_reassignment_and_leaving(ana, ben, eva, cleo):
    lead = worked(ana)
    outcomes.complete_qualified(booked(lead, ana, eva), by=eva, at=END)
    second = booked(lead, eva, eva, starts_at=START + DAY, at=END + HOUR)
    outcomes.complete_qualified(second, by=eva, at=START + 2 * DAY)
    Lead.objects.filter(pk=lead.pk).update(development_owner=ben)
    type(ana).objects.filter(pk=ana.pk).update(is_active=False)

    assert list(Meeting.objects.filter(is_credited=True).values_list("sourced_by", flat=True)) == [ana.pk]


@pytest.mark.parametrize("word", ["no_show", "missed"])
def test_where_the_credited_meeting_was_none_after_all_the_next_that_was_held_is(word, ana, ben, eva, cleo):
    lead = worked(ana)
    first = outcomes.complete_qualified(booked(lead, ana, eva), by=eva, at=END)
    second = booked(lead, eva, eva, starts_at=START + DAY, at=END + HOUR)
    Meeting.objects.filter(pk=second.pk).update(sourced_by=ben)
    outcomes.complete_qualified(second, by=eva, at=START + 2 * DAY)

    outcomes.correct(first, word, by=cleo, at=START + 3 * DAY)

    assert list(Meeting.objects.order_by("pk").values_list("is_credited", flat=True)) == [False, True]
    [event] = Event.objects.filter(kind="meeting", move="credit")
    assert (event.data["meeting"], event.data["credited"], event.data["to"]) == (second.pk, True, ben.pk)


def test_corrected_from_one_held_to_the_other_the_credit_stays_where_it_is(ana, eva):
    lead = worked(ana)
    first = outcomes.complete_qualified(booked(lead, ana, eva), by=eva, at=END)
    second = booked(lead, eva, eva, starts_at=START + DAY, at=END + HOUR)
    outcomes.complete_qualified(second, by=eva, at=START + 2 * DAY)

    outcomes.correct(first, "unqualified", reason=Reason.objects.get(code="budget_later"), by=eva, at=END + HOUR)

    assert list(Meeting.objects.order_by("pk").values_list("is_credited", flat=True)) == [True, False]
    assert Event.objects.filter(kind="meeting", move="credit").count() == 0


def test_a_meeting_the_executive_adds_while_they_have_the_lead_takes_no_credit_from_who_found_it(ana, eva):
    lead = worked(ana)
    booked(lead, ana, eva, starts_at=START + 5 * DAY, amount=SCHEDULED)
    assert Lead.objects.get(pk=lead.pk).owner == eva

    sooner = booked(lead, eva, eva, amount=SCHEDULED)
    outcomes.complete_qualified(sooner, by=eva, at=END)

    assert Meeting.objects.get(is_credited=True).sourced_by == ana


@pytest.mark.parametrize(("late", "allowed"), [(timedelta(0), True), (TICK, False)], ids=["in five days", "later"])
def test_it_can_be_contested_for_five_days(late, allowed, ana, eva, cleo):
    meeting = booked(worked(ana), ana, eva)
    outcomes.no_show(meeting, by=eva, at=END)
    if not allowed:
        with pytest.raises(credit.Refused, match="five days"):
            credit.contest(meeting, why="They came.", by=ana, at=END + 5 * DAY + late)
        assert Meeting.objects.get().contested_at is None
        return

    credit.contest(meeting, why="They came.", by=ana, at=END + 5 * DAY)
    credit.settle(meeting, upheld=True, status="qualified", by=cleo, at=END + 6 * DAY)

    settle()
    row = Meeting.objects.get()
    assert (row.status, row.disposed_at, row.settled_by, row.is_credited) == ("qualified", END, cleo, True)
    assert told("meeting_settled") == [("ana", END + 6 * DAY)]


def test_what_all_of_it_leaves_behind_is_sound(ana, ben, eva, cleo):
    for number, way in enumerate(("qualified", "no_show", "missed")):
        lead = worked(ana, email=f"sound{number}@nordlicht.example")
        meeting = booked(lead, ana, eva, starts_at=START + number * HOUR)
        outcomes.dispose(meeting, way, by=eva, at=START + 4 * HOUR)
    sweep(START + 20 * DAY)

    of_the_factory = {"known_by", "domain_of_account"}  # it gives no identities and no domains
    assert set(invariants.broken()) - of_the_factory == set()
