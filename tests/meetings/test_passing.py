"""Who leaves or hands over: meetings go along with a lead of both, the others and the hand-offs to who gets the rest."""

import re
from pathlib import Path

import pytest
from django.db import transaction

from accounts.models import Event, Message, Opportunity
from leadops import invariants
from leads import assignment, handing_over, timeline
from leads.models import Lead, Task
from meetings import booking, outcomes, telling
from meetings.models import HandOff, Meeting
from tests.lasting import at_once
from tests.leads.states import settle
from tests.meetings.table import BOOKED, DAY, END, HOUR, NONE, SCHEDULED, START, booked, worked

pytestmark = pytest.mark.django_db
LEAVES = BOOKED + HOUR


def leave(person, *, to, rest, by, at=LEAVES, off=True):
    return handing_over.hand_over(person, how="person", to=to, rest=rest, by=by, at=at, off=off)


def moves(kind="meeting") -> list[str]:
    return list(Event.objects.filter(kind=kind).order_by("pk").values_list("move", flat=True))


def test_the_meetings_sales_and_hand_offs_of_an_executive_who_leaves_are_anothers(ana, eva, finn, cleo, rita):
    soon = booked(worked(ana), ana, eva, amount=SCHEDULED)
    later = booked(worked(ana), ana, eva, starts_at=START + DAY)

    before = handing_over.held(eva)
    result = leave(eva, to=finn, rest=finn, by=rita)

    assert (before.meetings, before.hand_offs, result.refused, eva.is_active) == (2, 1, [], False)
    assert not handing_over.held(eva)
    assert set(Meeting.objects.values_list("owner__username", "sourced_by__username", "sequence")) == {
        ("finn", "ana", 1)
    }
    assert set(Task.objects.filter(kind="meeting").values_list("owner__username", "what")) == {
        ("finn", "Meeting with Finn")
    }
    assert HandOff.objects.get().receiver == finn
    assert set(Opportunity.objects.values_list("opportunity_owner__username", flat=True)) == {"finn"}
    assert Lead.objects.get(pk=soon.lead_id).owner == finn
    assert Lead.objects.get(pk=later.lead_id).owner == ana
    assert (moves(), moves("hand_off")) == (["book", "book", "pass_on", "pass_on"], ["pass_on"])
    settle()
    assert [rule.name for rule, rows in invariants.check(invariants.MEETINGS) if rows] == []


def test_of_a_meeting_in_other_hands_both_and_the_prospect_hear(ana, eva, finn, rita):
    meeting = booked(worked(ana), ana, eva)
    Message.objects.all().delete()

    leave(eva, to=finn, rest=finn, by=rita)

    told = [
        (m.kind, m.to.username if m.to else m.address)
        for m in Message.objects.filter(data__meeting=meeting.pk).order_by("kind", "pk")
    ]
    lead = Lead.objects.get(pk=meeting.lead_id)
    assert told == [
        ("cancellation", "eva"),
        ("invitation", lead.email),
        ("invitation", "finn"),
        ("meeting_passed_on", "finn"),
    ]
    assert "SEQUENCE:1" in Message.objects.get(kind="invitation", to=finn).data["ics"]


def test_a_meeting_goes_along_with_the_lead_of_who_holds_both(ana, ben, cleo):
    meeting = booked(worked(ana), ana, ana, amount=NONE)

    assignment.assign([meeting.lead_id], to=ben, by=cleo, at=LEAVES).lead  # noqa: B018

    assert Meeting.objects.get().owner == ben
    assert Task.objects.get(kind="meeting").owner == ben
    settle()
    assert [rule.name for rule, rows in invariants.check(invariants.MEETINGS) if rows] == []


def test_a_meeting_of_the_executive_stays_where_the_lead_changes_its_rep(ana, ben, eva, cleo):
    meeting = booked(worked(ana), ana, eva)

    assignment.assign([meeting.lead_id], to=ben, by=cleo, at=LEAVES).lead  # noqa: B018

    assert (Meeting.objects.get().owner, Meeting.objects.get().sourced_by) == (eva, ana)


def test_where_the_next_is_taken_then_nothing_moves_and_who_leaves_stays(ana, eva, finn, rita):
    held = booked(worked(ana), ana, eva)
    booked(worked(ana), ana, finn)
    events = Event.objects.filter(kind="meeting").count()

    result = leave(eva, to=finn, rest=finn, by=rita)

    assert [refusal.code for _lead, refusal in result.refused] == ["busy"]
    assert (eva.is_active, Meeting.objects.get(pk=held.pk).owner) == (True, eva)
    assert Task.objects.get(pk=held.task_id).owner == eva
    assert Event.objects.filter(kind="meeting").count() == events


def test_one_without_a_word_is_said_by_the_next_and_nobody_is_invited_to_what_is_over(ana, eva, finn, rita):
    meeting = booked(worked(ana), ana, eva)
    Message.objects.all().delete()

    leave(eva, to=finn, rest=finn, by=rita, at=END)
    outcomes.complete_qualified(Meeting.objects.get(pk=meeting.pk), by=finn, at=END + HOUR)

    assert Message.objects.filter(kind__in=("invitation", "cancellation")).count() == 0
    row = Meeting.objects.get()
    assert (row.status, row.is_credited, row.sourced_by, Lead.objects.get().owner) == ("qualified", True, ana, finn)


def test_who_is_asked_of_the_rest_is_named_before_anything_moves(ana, eva, finn, rita):
    booked(worked(ana), ana, eva)

    with pytest.raises(handing_over.Refused) as refused:
        leave(eva, to=finn, rest=None, by=rita)

    assert (refused.value.code, Meeting.objects.get().owner) == ("rest", eva)


@pytest.mark.django_db(transaction=True)
def test_one_that_is_just_spoken_of_is_left_alone_without_waiting(shipped, ana, eva, finn, rita):
    meeting = booked(worked(ana), ana, eva)

    with transaction.atomic():
        Meeting.objects.select_for_update().get(pk=meeting.pk)
        [result] = at_once(lambda: leave(eva, to=finn, rest=finn, by=rita))

    assert [refusal.code for _lead, refusal in result.refused] == ["busy"]
    assert Meeting.objects.get().owner == eva


# On the timeline.


def lines(lead) -> list[str]:
    return [entry.text for entry in timeline.of(Lead.objects.get(pk=lead.pk), END)[0]]


def test_the_timeline_tells_of_a_meeting_in_words(ana, eva, finn, rita):
    meeting = booked(worked(ana), ana, eva)
    meeting = booking.reschedule(meeting, starts_at=START + HOUR, by=ana, at=BOOKED + HOUR, is_theirs=True)
    leave(eva, to=finn, rest=finn, by=rita, at=BOOKED + 2 * HOUR)
    outcomes.no_show(Meeting.objects.get(pk=meeting.pk), by=finn, at=END + HOUR)

    told = [line for line in lines(meeting.lead) if "meeting" in line]

    assert [line.split(" of ")[0].split(" for ")[0] for line in told] == [
        "Finn said: the meeting", "Rita gave the meeting", "Ana moved the meeting", "Ana booked a meeting with Eva",
    ]  # fmt: skip
    assert told[0].endswith("did not happen: they did not come.")
    assert told[1].endswith("from Eva to Finn.")
    assert told[2].endswith(", as they asked.")


def test_every_move_of_a_meeting_that_is_put_on_record_has_its_words():
    """What the processes record of meetings and hand-offs, by the name it has in the code."""
    code = "".join(path.read_text() for path in Path(telling.__file__).parent.glob("*.py"))
    call = r'\b(?:put_on_record|with_lead|_follow|_record)\([^"()]*(?:"meeting", )?"(\w+)"'
    said = set(re.findall(call, code)) | set(re.findall(r'kind="hand_off", move="(\w+)"', code))

    assert {
        "book",
        "cancel",
        "reschedule",
        "disposition",
        "correct",
        "claim",
        "settle",
        "silent",
        "late",
        "pass_on",
    } <= said
    assert said - set(telling.MEETING) - set(telling.HAND_OFF) == set()
    assert {outcome for outcome in HandOff.Outcome.values if outcome not in ("", "dropped")} <= set(telling.HAND_OFF)
