"""Who leaves or hands over: meetings go along with a lead of both, the others and the hand-offs to who gets the rest."""

import re
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Event, Message, Opportunity
from leadops import invariants
from leads import assignment, handing_over, timeline
from leads.models import Lead, Task
from meetings import handing, moving, outcomes, telling
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

    assignment.assign([meeting.lead_id], to=ben, by=cleo, at=LEAVES).whole()

    assert Meeting.objects.get().owner == ben
    assert Task.objects.get(kind="meeting").owner == ben
    settle()
    assert [rule.name for rule, rows in invariants.check(invariants.MEETINGS) if rows] == []


def test_a_meeting_of_the_executive_stays_where_the_lead_changes_its_rep(ana, ben, eva, cleo):
    meeting = booked(worked(ana), ana, eva)

    assignment.assign([meeting.lead_id], to=ben, by=cleo, at=LEAVES).whole()

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


# The word that is waited for (SLA-6).


def test_a_lead_that_is_reassigned_alone_takes_the_word_that_is_waited_for_along(ana, eva, finn, rita):
    meeting = booked(worked(ana), ana, eva, amount=SCHEDULED, starts_at=START + 20 * DAY)

    assignment.assign([meeting.lead_id], to=finn, by=rita, at=LEAVES).whole()

    settle()
    waits = HandOff.objects.get()
    assert (waits.receiver, waits.giver, waits.outcome, waits.limit_at) == (finn, ana, "", BOOKED + DAY)
    [event] = Event.objects.filter(kind="hand_off")
    assert (event.move, event.actor_id, event.data) == (
        "pass_on", rita.pk, {"hand_off": waits.pk, "from": eva.pk, "to": finn.pk},
    )  # fmt: skip
    with pytest.raises(handing.Refused):
        handing.accept(waits, by=eva, at=LEAVES + HOUR)
    handing.accept(waits, by=finn, at=LEAVES + HOUR)
    assert (HandOff.objects.get().ended_by, Lead.objects.get().owner) == (finn, finn)
    assert "Rita gave the hand-off that waits from Eva to Finn." in lines(meeting.lead)


@pytest.mark.parametrize("back", [True, False], ids=["to who gave it", "to a queue"])
def test_back_with_who_gave_it_or_in_a_queue_nothing_waits_any_more(back, ana, eva, rita, north):
    meeting = booked(worked(ana), ana, eva, amount=SCHEDULED, starts_at=START + 20 * DAY)

    assignment.assign([meeting.lead_id], to=ana if back else north, by=rita, at=LEAVES).whole()

    settle()
    waits = HandOff.objects.get()
    assert (waits.outcome, waits.ended_at, waits.ended_by) == ("dropped", LEAVES, rita)
    assert moves("hand_off") == ["dropped"]
    assert "The hand-off to Eva fell away: the lead is in other hands." in lines(meeting.lead)


def test_what_waits_for_somebody_else_is_left_alone_whoever_moves_a_lead(ana, ben, eva, cleo):
    waits = booked(worked(ana), ana, eva, amount=SCHEDULED, starts_at=START + 20 * DAY)
    other = worked(ana)

    assignment.assign([other.pk], to=ben, by=cleo, at=LEAVES).whole()

    assert (HandOff.objects.get(lead=waits.lead_id).receiver, moves("hand_off")) == (eva, [])


def test_many_leads_that_change_hands_are_asked_about_once(ana, ben, eva, cleo):
    def asked(number: int) -> int:
        leads = [worked(ana).pk for _ in range(number)]
        with CaptureQueriesContext(connection) as queries:
            assert len(assignment.assign(leads, to=ben, by=cleo, at=LEAVES).done) == number
        return len(queries)

    asked(1)  # what is read once is known
    assert asked(1) == asked(3)


# On the timeline.


def lines(lead) -> list[str]:
    return [entry.text for entry in timeline.of(Lead.objects.get(pk=lead.pk), END)[0]]


def test_a_booking_is_told_once_and_among_the_touches_as_what_it_was(ana, eva):
    """Nobody met anybody yet."""
    meeting = booked(worked(ana), ana, eva)

    entries, _older = timeline.of(meeting.lead, BOOKED)
    touches, _older = timeline.of(meeting.lead, BOOKED, part="touches")

    assert [e.text for e in entries if e.at == BOOKED] == ["Ana booked a meeting with Eva for tomorrow 12:00."]
    assert touches[0].text == "Ana agreed on a meeting with them."


def test_the_timeline_tells_of_a_meeting_in_words(ana, eva, finn, rita):
    meeting = booked(worked(ana), ana, eva)
    meeting = moving.reschedule(meeting, starts_at=START + HOUR, by=ana, at=BOOKED + HOUR, is_theirs=True)
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
    call = r'\b(?:put_on_record|with_lead|follow|_record)\([^"()]*(?:"meeting", )?"(\w+)"'
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
