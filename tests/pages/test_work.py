"""What a person does with a lead on the pages: with a script and without, twice, and undone."""

import re
from datetime import timedelta

import pytest

from accounts import clock
from accounts.models import Event, Receipt
from leads import next_steps, signals
from leads.models import Channel, Lead, LeadStatus, Task, Touch, TouchOutcome
from tests.factories import product_led, put
from tests.pages.desk import BOTH, HTMX, current, desk, follow, given, shown, toast_of, undo_of

__all__ = ["desk"]
MINUTE = timedelta(minutes=1)


# ---- a touch ----


@BOTH
def test_a_touch_works_the_lead_and_opens_the_next_one(house, desk, script):
    first, second = given(house.ana, ago=90 * MINUTE), given(house.ana, ago=60 * MINUTE)
    ana = desk(house.ana, script=script)

    answer = follow(ana, ana.press(first, "touches", channel="call", outcome="no_answer", note="Rang twice"))

    touch = Touch.objects.get()
    assert (touch.channel, touch.outcome, touch.by, touch.note.text) == ("call", "no_answer", house.ana, "Rang twice")
    assert current(first).status == "working"
    assert answer.status_code == 200
    assert shown(answer) == second.pk
    assert toast_of(answer).startswith(f"{first.name}: no answer. Next: email ")


def test_without_a_script_the_way_leads_to_the_next_lead_and_the_toast_has_its_undo(house, desk):
    first, second = given(house.ana, ago=90 * MINUTE), given(house.ana, ago=60 * MINUTE)
    ana = desk(house.ana, script=False)

    answer = ana.press(first, "touches", channel="call", outcome="voicemail")

    assert (answer.status_code, answer["Location"]) == (302, f"/queue/?lead={second.pk}#lead")
    assert undo_of(ana.client.get(answer["Location"])).startswith("/undo/")


def test_a_touch_nobody_answered_plans_the_next_step_by_the_other_channel(house, desk):
    lead = given(house.ana, phone="+4791244018")
    at = clock.now()

    desk(house.ana).press(lead, "touches", channel="call", outcome="no_answer")

    step = Task.objects.get(lead=lead, done_at__isnull=True)
    assert (step.kind, step.channel, step.owner) == ("follow_up", "email", house.ana)
    assert step.due_at == next_steps.working_day(house.ana, at)


@pytest.mark.parametrize("outcome", ["interested", "call_back", "not_interested"])
def test_after_an_answer_the_lead_stays_and_what_happens_next_is_asked(house, desk, outcome):
    lead, _other = given(house.ana, ago=90 * MINUTE), given(house.ana)

    answer = desk(house.ana).press(lead, "touches", channel="call", outcome=outcome)

    assert shown(answer) == lead.pk
    assert "What happens next?" in answer.content.decode()
    assert not Task.objects.filter(lead=lead, done_at__isnull=True).exists()


@pytest.mark.parametrize("outcome", TouchOutcome.UNANSWERED)
def test_after_an_outcome_that_reached_nobody_the_next_lead_opens(house, desk, outcome):
    lead, other = given(house.ana, ago=90 * MINUTE), given(house.ana)

    answer = desk(house.ana).press(lead, "touches", channel="email", outcome=outcome)

    assert shown(answer) == other.pk


def test_the_next_lead_is_the_one_below_in_the_order_that_was_looked_at(house, desk):
    _first, second, third = (given(house.ana, ago=ago * MINUTE) for ago in (100, 90, 80))

    answer = desk(house.ana).press(second, "touches", channel="call", outcome="no_answer")

    assert shown(answer) == third.pk


def test_after_the_last_lead_the_day_is_done(house, desk):
    lead = given(house.ana)

    answer = desk(house.ana).press(lead, "touches", channel="call", outcome="no_answer")

    assert "All done for today" in answer.content.decode()


def test_the_answer_to_a_touch_carries_the_row_that_goes_the_counts_and_the_toast(house, desk):
    lead, _other = given(house.ana, ago=90 * MINUTE), given(house.ana)

    page = desk(house.ana).press(lead, "touches", channel="call", outcome="no_answer").content.decode()

    assert re.search(rf'<li class="row is-done" id="row-{lead.pk}" hx-swap-oob="true">', page)
    assert '<h1 id="list-h" hx-swap-oob="true">1 to do</h1>' in page
    assert '<aside class="views" id="views" aria-label="Views" hx-swap-oob="true">' in page
    assert '<div id="toasts" hx-swap-oob="innerHTML">' in page


def test_a_managers_touch_plans_the_next_step_for_the_owner(house, desk):
    lead = given(house.ana)
    cleo = desk(house.cleo)

    answer = cleo.press(lead, "touches", cleo.fields(lead, channel="call", outcome="voicemail", place="lead"))

    step = Task.objects.get(lead=lead, done_at__isnull=True)
    assert (step.kind, step.owner, step.created_by) == ("follow_up", house.ana, house.cleo)
    assert shown(answer) == lead.pk


def test_a_touch_answers_somebody_who_asked_while_in_a_sale(house, desk):
    lead = put(None, "qualified", owner=house.eva, at=clock.now() - timedelta(hours=3))
    Lead.objects.filter(pk=lead.pk).update(owner=house.eva)
    assert signals.raise_hand([lead.pk], what="call", words="", by=None, at=clock.now() - MINUTE).done
    assert Task.objects.filter(lead=lead, kind="hand_raise", owner=house.eva, done_at__isnull=True).count() == 1

    answer = desk(house.eva).press(lead, "touches", channel="call", outcome="interested")

    assert answer.status_code == 200
    assert not Task.objects.filter(lead=lead, kind="hand_raise", done_at__isnull=True).exists()
    desk(house.eva).client.post(undo_of(answer), headers=HTMX)
    assert Task.objects.filter(lead=lead, kind="hand_raise", done_at__isnull=True).count() == 1


@BOTH
@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"channel": "call"}, "Choose what came of it."),
        ({"outcome": "no_answer"}, "Choose a channel."),
        ({"channel": "pigeon", "outcome": "no_answer"}, "Choose a channel."),
        ({"channel": "call", "outcome": "no_answer", "note": "x" * 10_001}, "A note holds 10,000 characters."),
        ({"channel": "call", "outcome": "no_answer", "token": ""}, "This form is incomplete."),
    ],
)
def test_what_cannot_be_understood_is_refused_and_what_was_typed_is_kept(house, desk, script, said, words):
    lead = given(house.ana)
    events = Event.objects.count()
    ana = desk(house.ana, script=script)

    answer = ana.press(lead, "touches", **{"note": "Speaks German"} | said)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert said.get("note", "Speaks German") in page
    assert (Touch.objects.count(), Event.objects.count(), Receipt.objects.count()) == (0, events, 0)
    assert page.lstrip().startswith("<!doctype html>") != script


def test_a_touch_on_a_channel_they_asked_us_to_leave_is_refused_with_the_reason(house, desk):
    lead = given(house.ana, opted_out_channels=["call"])

    answer = desk(house.ana).press(lead, "touches", channel="call", outcome="no_answer", note="Oh")

    assert answer.status_code == 422
    assert "asked us not to use this channel: call. Others are still allowed." in answer.content.decode()
    assert ">Oh</textarea>" in answer.content.decode()
    assert Touch.objects.count() == 0


def test_a_product_led_lead_is_not_there_for_a_seller(house, desk):
    lead = product_led()
    ana = desk(house.ana)

    answer = ana.press(lead, "touches", {"token": "t" * 12}, channel="call", outcome="no_answer")

    assert answer.status_code == 404
    assert Touch.objects.count() == 0


def test_a_manager_sees_why_a_product_led_lead_cannot_be_worked(house, desk):
    lead = product_led()

    page = desk(house.rita, script=False).open(f"/leads/{lead.pk}/").content.decode()

    assert "This lead belongs to the product" in page


# ---- the whole way ----


def test_a_lead_goes_through_touch_and_disposition_in_four_presses(house, desk):
    """Open it, log the call, open the picker, choose the reason."""
    lead = given(house.ana)
    ana = desk(house.ana)

    ana.open(f"/queue/{lead.pk}/")
    ana.press(lead, "touches", channel="call", outcome="interested")
    ana.open(f"/leads/{lead.pk}/act/nurture/")
    ana.press(lead, "nurture", reason="budget_later")

    assert current(lead).status == LeadStatus.NURTURE
    moves = list(Event.objects.filter(lead_id=lead.pk, kind="transition").order_by("pk").values_list("move", "door"))
    assert moves == [("assign", "page"), ("start", "page"), ("nurture", "page")]


def test_every_channel_and_outcome_on_the_form_is_one_the_house_knows(house, desk):
    lead = given(house.ana)

    page = desk(house.ana).open(f"/queue/{lead.pk}/").content.decode()

    channels = set(re.findall(r'name="channel" value="(\w+)"', page))
    outcomes = set(re.findall(r'name="outcome" value="(\w+)"', page))
    assert channels == set(Channel.values) - {"meeting"}
    assert outcomes == set(TouchOutcome.values)


def test_the_application_may_do_all_that_the_pages_do(house, desk, as_application):
    lead = given(house.ana)
    ana = desk(house.ana)

    with as_application():
        answers = [
            ana.press(lead, "touches", channel="call", outcome="interested", note="Yes"),
            ana.press(lead, "nurture", reason="budget_later", note="Later"),
            ana.press(lead, "take-back"),
            ana.press(lead, "keep", until=next_steps.to_keep(house.ana, clock.now())[0].value),
        ]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 200]
    assert current(lead).status == "nurture"
