"""Erasing a person who was met, is to be met, and was written of on the card: canaries in every column there is."""

import re

import pytest
from django.apps import apps
from django.db import transaction

from accounts.models import Event
from leads import erasure, qualification
from leads.models import Lead, Qualification
from meetings import credit, handing, outcomes
from meetings.models import HandOff, Meeting
from tests.factories import reason
from tests.lasting import at_once
from tests.leads.states import settle
from tests.meetings.table import DAY, END, HOUR, SCHEDULED, booked, worked

pytestmark = pytest.mark.django_db
CARD = {
    "need": "yes", "need_evidence": "Zqneed", "budget": "no", "budget_evidence": "Zqbudget", "authority": "yes",
    "authority_evidence": "Zqauthority", "timeline": "no", "timeline_evidence": "Zqtimeline", "compelling_event": "Zqevent",
    "systems": "Zqsystems", "size": "Zqsize",
}  # fmt: skip


# In full: two letters of it stand by chance in a password's hash.
CANARY = re.compile(
    "zq(first|last|mail|place|persona|step|why|need|budget|authority|timeline|event|systems|size|because|contest|@)",
    re.IGNORECASE,
)


def written_of() -> list[str]:
    return [
        f"{model.__name__}: {row}"
        for model in apps.get_models()
        for row in model.objects.values()
        if CANARY.search(str(row))
    ]


@pytest.fixture
def person(ana, eva, cleo):
    """Somebody with a meeting that was held and contested, a hand-off refused, a card, and another meeting ahead."""
    lead = worked(ana, first_name="Zqfirst", last_name="Zqlast", email="zq@zqmail.example", search="zqfirst zqlast")
    facts = {"place": "Zqplace", "persona": "Zqpersona", "next_step": "Zqstep"}
    meeting = booked(lead, ana, eva, amount=SCHEDULED, **facts)
    handing.refuse(HandOff.objects.get(), reason=reason("refused_need"), why="Zqwhy", by=eva, at=END - HOUR)
    qualification.fill(
        Lead.objects.get(pk=lead.pk), CARD, by=ana, at=END - HOUR, decision="self_serve", why="Zqbecause"
    )
    outcomes.no_show(meeting, by=eva, at=END)
    credit.contest(Meeting.objects.get(), why="Zqcontest", by=ana, at=END + HOUR)
    booked(lead, ana, eva, starts_at=END + 5 * DAY, at=END + 2 * HOUR, amount=SCHEDULED, **facts)
    return lead


def test_no_canary_is_left_the_counts_stay_and_what_was_ahead_is_called_off(person, eva, rita):
    assert {line.split(":")[0] for line in written_of()} >= {"Lead", "Meeting", "HandOff", "Qualification", "Message"}
    before = (Meeting.objects.count(), HandOff.objects.count(), Qualification.objects.count())

    erasure.erase([person.pk], by=rita, at=END + 3 * HOUR).whole()
    settle()

    assert written_of() == []
    assert (Meeting.objects.count(), HandOff.objects.count(), Qualification.objects.count()) == before
    assert list(Meeting.objects.order_by("pk").values_list("status", "place", "contest")) == [
        ("no_show", "", ""),
        ("cancelled", "", ""),
    ]
    assert set(HandOff.objects.values_list("outcome", "why")) == {("refused", "erased"), ("dropped", "erased")}
    assert Event.objects.filter(kind="meeting", move="cancel", lead_id=person.pk, actor_id=rita.pk).count() == 1


def test_who_may_not_erase_calls_nothing_off(person, cleo):
    result = erasure.erase([person.pk], by=cleo, at=END + 3 * HOUR)

    assert [refusal.code for _lead, refusal in result.refused] == ["forbidden"]
    assert Meeting.objects.latest("pk").status == "booked"


@pytest.mark.django_db(transaction=True)
def test_one_that_is_just_being_changed_is_not_waited_for_and_nothing_is_erased(shipped, ana, eva, rita):
    meeting = booked(worked(ana), ana, eva)

    with transaction.atomic():
        Meeting.objects.select_for_update().get(pk=meeting.pk)
        [answer] = at_once(lambda: erasure.erase([meeting.lead_id], by=rita, at=END - DAY / 2))

    assert [refusal.code for _lead, refusal in answer.refused] == ["busy"]
    assert (Meeting.objects.get().status, Lead.objects.get().gone_as) == ("booked", "")
