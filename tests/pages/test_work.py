"""What a person does with a lead on the pages: with a script and without, twice, too late, and undone."""

import re
from datetime import timedelta

import pytest

from accounts import clock
from accounts.models import Event, Message, Reason, Receipt
from leads import assignment, dispositions, next_steps, recycling, signals, touches
from leads.models import Channel, Lead, LeadStatus, Note, Outcome, Source, Task, Touch, TouchOutcome
from tests.factories import LeadFactory, product_led, put, reason
from tests.pages.desk import HTMX, desk, given, shown, toast_of, undo_of

__all__ = ["desk"]
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
BOTH = pytest.mark.parametrize("script", [True, False], ids=["htmx", "plain"])


def current(lead: Lead) -> Lead:
    return Lead.objects.select_related("cycle", "owner", "team", "reason").get(pk=lead.pk)


def follow(hand, answer):
    """Return what the person sees in the end: the answer itself, or the page it sends them to."""
    return hand.client.get(answer["Location"]) if answer.status_code == 302 else answer


def worked(owner, **facts) -> Lead:
    """A lead this person reached out to an hour ago."""
    lead = given(owner, ago=3 * timedelta(hours=1), **facts)
    return touches.log([lead], channel="call", outcome="no_answer", by=owner, at=clock.now() - timedelta(hours=1)).lead


def hand_over(lead: Lead, to, by) -> None:
    """A manager gives the lead to somebody else meanwhile."""
    assert assignment.assign([lead.pk], to=to, by=by, at=clock.now()).done


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


# ---- once ----


@BOTH
def test_a_double_click_is_one_touch_and_the_same_answer(house, desk, script):
    lead, second = given(house.ana, ago=90 * MINUTE), given(house.ana)
    ana = desk(house.ana, script=script)
    fields = ana.fields(lead, channel="call", outcome="no_answer")

    one, two = ana.press(lead, "touches", fields), ana.press(lead, "touches", fields)

    assert Touch.objects.count() == 1
    assert one.status_code == two.status_code
    one, two = follow(ana, one), follow(ana, two)
    assert shown(one) == shown(two) == second.pk


def test_another_text_under_an_old_token_is_another_note(house, desk):
    lead = given(house.ana)
    ana = desk(house.ana)
    fields = ana.fields(lead)

    ana.press(lead, "notes", fields, note="One")
    ana.press(lead, "notes", fields, note="Two")

    assert sorted(Note.objects.values_list("text", flat=True)) == ["One", "Two"]


def test_a_token_of_somebody_else_is_no_receipt(house, desk):
    lead = given(house.ana)
    ana, cleo = desk(house.ana), desk(house.cleo)
    fields = ana.fields(lead, note="Same words", place="lead")

    ana.press(lead, "notes", fields)
    cleo.press(lead, "notes", fields)

    assert [note.by for note in Note.objects.order_by("pk")] == [house.ana, house.cleo]


def test_a_refused_act_leaves_no_receipt_so_that_it_can_be_sent_again(house, desk):
    lead = given(house.ana)
    ana = desk(house.ana)
    fields = ana.fields(lead, reason="budget_later")
    assert ana.press(lead, "nurture", fields).status_code == 422

    ana.press(lead, "touches", channel="call", outcome="interested")
    again = ana.press(lead, "nurture", fields | {"version": current(lead).version})

    assert again.status_code == 200
    assert current(lead).status == "nurture"


# ---- undo ----


@BOTH
def test_undo_takes_a_touch_back_and_the_lead_returns(house, desk, script):
    lead, _other = given(house.ana, ago=90 * MINUTE), given(house.ana)
    ana = desk(house.ana, script=script)
    toast = follow(ana, ana.press(lead, "touches", channel="call", outcome="no_answer"))

    answer = follow(ana, ana.client.post(undo_of(toast), headers=ana.headers))

    assert current(lead).status == "assigned"
    assert Touch.objects.get().withdrawn_at is not None
    assert list(Task.objects.filter(lead=lead, done_at__isnull=True).values_list("kind", flat=True)) == ["response"]
    assert shown(answer) == lead.pk
    assert toast_of(answer) == f"{lead.name}: the touch is taken back."


def test_undo_pressed_twice_is_one_undo_and_the_same_answer(house, desk):
    lead = given(house.ana)
    ana = desk(house.ana)
    url = undo_of(ana.press(lead, "touches", channel="call", outcome="no_answer"))

    one, two = (ana.client.post(url, headers=HTMX) for _ in range(2))

    assert (one.status_code, two.status_code) == (200, 200)
    assert toast_of(one) == toast_of(two)
    assert Event.objects.filter(kind="touch_withdrawn").count() == 1


def test_undo_is_accepted_for_sixty_seconds(house, desk):
    lead = given(house.ana)
    ana = desk(house.ana)
    url = undo_of(ana.press(lead, "touches", channel="call", outcome="no_answer"))
    Receipt.objects.update(at=clock.now() - timedelta(seconds=61))

    answer = ana.client.post(url, headers=HTMX)

    assert answer.status_code == 422
    assert "Too late to undo." in answer.content.decode()
    assert Touch.objects.get().withdrawn_at is None


def test_only_who_did_it_undoes_it(house, desk):
    lead = given(house.ana)
    url = undo_of(desk(house.ana).press(lead, "touches", channel="call", outcome="no_answer"))

    answer = desk(house.cleo).client.post(url, headers=HTMX)

    assert answer.status_code == 404
    assert Touch.objects.get().withdrawn_at is None


@pytest.mark.parametrize(
    ("what", "said", "status"),
    [
        ("nurture", {"reason": "budget_later", "note": "Asked for spring"}, "nurture"),
        ("unqualify", {"reason": "not_a_prospect"}, "unqualified"),
        ("keep", {"until": "2w"}, "nurture"),
    ],
)
@BOTH
def test_an_end_opens_the_next_lead_and_can_be_undone(house, desk, what, said, status, script):
    lead = worked(house.ana)
    other = given(house.ana)
    ana = desk(house.ana, script=script)
    if said.get("until"):
        said = {"until": next_steps.to_keep(house.ana, clock.now())[0].value}

    answer = follow(ana, ana.press(lead, what, **said))

    assert current(lead).status == status
    assert shown(answer) == other.pk
    back = follow(ana, ana.client.post(undo_of(answer), headers=ana.headers))
    assert current(lead).status == "working"
    assert current(lead).owner == house.ana
    assert shown(back) == lead.pk


# ---- ends ----


def test_without_a_touch_only_some_reasons_can_be_chosen_and_they_come_first(house, desk):
    lead = given(house.ana)

    page = desk(house.ana).open(f"/leads/{lead.pk}/act/nurture/", place="queue").content.decode()

    codes = re.findall(r'name="reason" value="([a-z_]+)"', page)
    able = ["wrong_person", "not_in_purchase", "too_small"]
    assert codes[:3] == able
    assert page.count("Needs a touch first.") == len(codes) - 3


@pytest.mark.parametrize("kind", ["nurture", "unqualify"])
def test_a_picker_lists_the_reasons_people_may_choose(house, desk, kind):
    lead = worked(house.ana)

    page = desk(house.ana).open(f"/leads/{lead.pk}/act/{kind}/").content.decode()

    asked = Reason.objects.filter(disposition={"nurture": "nurture", "unqualify": "unqualified"}[kind], is_system=False)
    found = re.findall(r'name="reason" value="([a-z_]+)"', page)
    assert found == list(asked.order_by("order").values_list("code", flat=True))


def test_a_reason_without_a_touch_is_refused_and_the_note_stays(house, desk):
    lead = given(house.ana)

    answer = desk(house.ana).press(lead, "nurture", reason="budget_later", note="Said spring")

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "No touch yet. Without one only these reasons are possible" in page
    assert ">Said spring</textarea>" in page
    assert current(lead).status == "assigned"


@pytest.mark.parametrize(
    ("size", "words"), [("", "Too small: write the size."), ("many", "Write the size as a number")]
)
def test_too_small_asks_for_the_size(house, desk, size, words):
    lead = worked(house.ana)

    answer = desk(house.ana).press(lead, "nurture", reason="too_small", size=size)

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert current(lead).status == "working"


def test_the_size_is_kept_with_the_round(house, desk):
    lead = worked(house.ana)

    desk(house.ana).press(lead, "nurture", reason="too_small", size="3")

    assert (current(lead).reason.code, current(lead).cycle.size) == ("too_small", "3")


@pytest.mark.parametrize("what", ["nurture", "unqualify"])
def test_a_reason_of_the_other_list_is_refused(house, desk, what):
    lead = worked(house.ana)
    code = {"nurture": "not_a_prospect", "unqualify": "budget_later"}[what]

    answer = desk(house.ana).press(lead, what, reason=code)

    assert answer.status_code == 422
    assert "Choose a reason of the list." in answer.content.decode()
    assert current(lead).status == "working"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({}, "Choose when."),
        ({"until": "day"}, "Choose a day."),
        ({"until": "day", "day": "31.13.2027"}, "Choose a day, like"),
        ({"until": "day", "day": "2020-01-01"}, "That day is past."),
        ({"until": "day", "day": "2190-01-01"}, "more than two years away"),
        ({"until": "9999-12-31T23:59:59+00:00"}, "Choose when."),
        ({"until": "2027-01-01T09:00"}, "Choose when."),
    ],
)
@pytest.mark.parametrize("what", ["keep", "follow-up"])
def test_a_moment_that_cannot_be_is_refused(house, desk, what, said, words):
    lead = worked(house.ana)
    words = words.replace("That day", "That moment") if what == "follow-up" else words

    answer = desk(house.ana).press(lead, what, note="Kept", **said)

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert ">Kept</textarea>" in answer.content.decode()
    assert current(lead).status == "working"


def test_a_lead_is_kept_until_the_morning_of_another_day(house, desk):
    lead = worked(house.ana)
    on = (clock.now() + 40 * DAY).astimezone(house.ana.zone).date()

    desk(house.ana).press(lead, "keep", until="day", day=on.isoformat())

    kept = current(lead)
    assert (kept.status, kept.nurture_kind, kept.owner) == ("nurture", "sales", house.ana)
    assert kept.recycle_at == next_steps.start_of(house.ana, on)


def test_a_kept_lead_is_taken_up_again_on_its_day(house, desk):
    lead = worked(house.ana)
    ana = desk(house.ana)
    ana.press(lead, "keep", until=next_steps.to_keep(house.ana, clock.now())[0].value)
    Lead.objects.filter(pk=lead.pk).update(recycle_at=clock.now() - MINUTE)

    answer = ana.press(lead, "start")

    assert answer.status_code == 200
    assert (current(lead).status, current(lead).cycle.number, current(lead).owner) == ("assigned", 2, house.ana)


def test_a_kept_lead_is_not_taken_up_before_its_day(house, desk):
    lead = worked(house.ana)
    ana = desk(house.ana)
    ana.press(lead, "keep", until=next_steps.to_keep(house.ana, clock.now())[0].value)

    answer = ana.press(lead, "start")

    assert answer.status_code == 422
    assert current(lead).status == "nurture"


def test_the_next_step_is_planned_and_the_next_lead_opens(house, desk):
    lead, other = worked(house.ana, phone="+4791244018"), given(house.ana)
    when = next_steps.to_go_on(house.ana, clock.now())[1]

    answer = desk(house.ana).press(lead, "follow-up", until=when.value, note="Wants prices")

    step = Task.objects.get(lead=lead, done_at__isnull=True)
    assert (step.kind, step.channel, step.due_at) == ("follow_up", "call", when.at)
    assert Note.objects.get().text == "Wants prices"
    assert shown(answer) == other.pk


def test_the_eleventh_untouched_lead_of_a_source_waits_for_the_managers_word(house, desk):
    source = Source.objects.create(name="Fair")
    made = [given(house.ana, source=source) for _ in range(11)]
    why = reason("wrong_person")
    assert (
        len(dispositions.nurture([lead.pk for lead in made[:10]], reason=why, by=house.ana, at=clock.now()).done) == 10
    )
    ana, lead = desk(house.ana), made[10]

    answer = ana.press(lead, "nurture", reason="wrong_person", note="Wrong one")

    assert current(lead).status == "assigned"
    assert toast_of(answer) == (
        f"Stopped after 10. So many untouched leads of one source need Cleo's word; {lead.name} waits for it."
    )
    assert f'id="row-{lead.pk}" hx-swap-oob="true"' in answer.content.decode()
    assert "Waits for Cleo's word since" in ana.open(f"/queue/{lead.pk}/").content.decode().replace("&#x27;", "'")
    back = ana.client.post(undo_of(answer), headers=HTMX)
    assert (back.status_code, shown(back)) == (200, lead.pk)
    assert not Task.objects.filter(lead=lead, kind="review", done_at__isnull=True).exists()


def test_an_end_is_taken_back_from_the_lead(house, desk):
    lead = put(None, "nurture", owner=house.ana, at=clock.now() - timedelta(hours=2))
    ana = desk(house.ana)

    answer = ana.press(lead, "take-back")

    assert answer.status_code == 200
    assert (current(lead).status, current(lead).owner) == ("working", house.ana)


def test_a_day_later_only_a_manager_takes_an_end_back(house, desk):
    lead = put(None, "nurture", owner=house.ana, at=clock.now() - 3 * DAY)

    ana, cleo = desk(house.ana), desk(house.cleo)

    assert "Take it back" not in ana.open(f"/queue/{lead.pk}/").content.decode()
    assert ana.press(lead, "take-back").status_code == 422
    assert cleo.press(lead, "take-back").status_code == 200
    assert current(lead).status == "working"


def test_marketing_sets_a_raw_lead_aside_and_discards_another(house, desk):
    one, two = LeadFactory(), LeadFactory()
    mark = desk(house.mark)

    mark.press(one, "nurture", mark.fields(one, reason="not_now_intake", place="lead"))
    mark.press(two, "unqualify", mark.fields(two, reason="false_identity", place="lead"))

    assert (current(one).status, current(one).nurture_kind) == ("nurture", "marketing")
    assert (current(two).status, current(two).reason.code) == ("unqualified", "false_identity")


# ---- opt-out ----


def test_a_channel_they_asked_us_to_leave_is_noted(house, desk):
    lead = given(house.ana)

    answer = desk(house.ana).press(lead, "opt-out", channel=["call", "sms"])

    assert current(lead).opted_out_channels == ["call", "sms"]
    assert toast_of(answer) == f"{lead.name}: no call, sms from now on."
    assert shown(answer) == lead.pk


def test_an_opt_out_of_everything_ends_the_round(house, desk):
    lead, other = given(house.ana, ago=90 * MINUTE), given(house.ana)

    answer = desk(house.ana).press(lead, "opt-out", all="on")

    assert (current(lead).status, current(lead).cycle.outcome) == ("unqualified", Outcome.OPTED_OUT)
    assert shown(answer) == other.pk


def test_an_opt_out_without_a_tick_is_refused(house, desk):
    lead = given(house.ana, opted_out_channels=["call"])

    answer = desk(house.ana).press(lead, "opt-out", channel=["call"])

    assert answer.status_code == 422
    assert "Tick what they asked us not to do." in answer.content.decode()
    assert current(lead).opted_out_channels == ["call"]


@BOTH
@pytest.mark.parametrize(
    ("called", "said"),
    [
        ("@dov", " Dov may not see this lead and was not told."),
        ("@dov and @finn and @cleo", " Dov and Finn may not see this lead and were not told."),
        ("@cleo and @ana and @nobody", ""),
    ],
)
def test_a_note_says_whom_it_called_in_vain_and_is_kept(house, desk, script, called, said):
    lead = given(house.ana)
    ana = desk(house.ana, script=script)

    answer = follow(ana, ana.press(lead, "notes", note=f"{called}, have a look"))

    assert toast_of(answer) == f"Your note is on {lead.name}'s timeline.{said}"
    assert Note.objects.get().text == f"{called}, have a look"
    told = Message.objects.filter(kind="mention").values_list("to__username", flat=True)
    assert list(told) == (["cleo"] if "@cleo" in called else [])


# ---- typed while signed out, without a script ----


def sent_while_signed_out(ana, lead, what, **said):
    """Open the lead without a script, wait until the sign-in is over, and press. Returns what the form held."""
    page = ana.client.get(f"/queue/?lead={lead.pk}").content.decode()
    names = ("cycle", "version", "token", "whose")
    fields = {n: re.search(rf'name="{n}" value="([^"]*)"', page).group(1) for n in names} | {"place": "queue"} | said
    ana.client.logout()
    answer = ana.client.post(f"/leads/{lead.pk}/{what}/", fields, headers={"referer": "http://testserver/queue/"})
    assert answer.status_code == 302
    assert answer["Location"] == "/sign-in/?next=/queue/", "nothing of it in the address"
    return fields


@pytest.mark.parametrize(
    ("what", "said", "shown_again"),
    [
        (
            "touches",
            {"channel": "email", "outcome": "interested"},
            r'<textarea id="note"[^>]*>She &lt;likes&gt; it</textarea>',
        ),
        ("nurture", {"reason": "wrong_person"}, r'<textarea id="note"[^>]*>She &lt;likes&gt; it</textarea>'),
        ("notes", {}, r'<textarea id="just-a-note"[^>]*>She &lt;likes&gt; it</textarea>'),
    ],
)
def test_what_was_typed_while_signed_out_is_shown_again_once_and_not_sent(house, desk, what, said, shown_again):
    lead, other = given(house.ana), given(house.ana, ago=2 * timedelta(hours=1))
    ana = desk(house.ana, script=False)
    sent_while_signed_out(ana, lead, what, note="She <likes> it", **said)
    events = Event.objects.filter(lead_id=lead.pk).count()

    ana.client.force_login(house.ana)
    page, later = ana.client.get("/queue/"), ana.client.get("/queue/")

    text = page.content.decode()
    assert re.search(shown_again, text)
    assert "Not saved: you were signed out." in text
    assert (shown(page), shown(later)) == (lead.pk, other.pk)
    assert "likes" not in later.content.decode()
    assert (Touch.objects.count(), Note.objects.count(), current(lead).status) == (0, 0, "assigned")
    assert Event.objects.filter(lead_id=lead.pk).count() == events
    fields = {n: re.search(rf'name="{n}" value="([^"]*)"', text).group(1) for n in ("cycle", "version", "token")}
    assert ana.press(lead, what, fields, note="She <likes> it", **said).status_code == 302
    assert Note.objects.get().text == "She <likes> it"


def test_nobody_else_is_shown_what_was_typed_while_signed_out(house, desk):
    lead = given(house.ana)
    ana = desk(house.ana, script=False)
    sent_while_signed_out(ana, lead, "notes", note="For my eyes")

    ana.client.force_login(house.cleo)
    theirs = ana.client.get(f"/leads/{lead.pk}/").content.decode()
    ana.client.logout()
    ana.client.force_login(house.ana)

    assert "For my eyes" not in theirs
    assert "For my eyes" not in ana.client.get(f"/leads/{lead.pk}/").content.decode()


def test_a_form_that_came_back_is_still_noticed_when_the_lead_moved_on(house, desk):
    lead = worked(house.ana)
    ana = desk(house.ana, script=False)
    seen = sent_while_signed_out(ana, lead, "nurture", reason="budget_later", note="Spring")
    hand_over(lead, house.ben, house.cleo)
    hand_over(lead, house.ana, house.cleo)

    ana.client.force_login(house.ana)
    page = ana.client.get(f"/leads/{lead.pk}/").content.decode()

    fields = {n: re.search(rf'name="{n}" value="([^"]*)"', page).group(1) for n in ("cycle", "version", "token")}
    assert fields["version"] == seen["version"] < str(current(lead).version)
    assert ana.press(lead, "nurture", fields, reason="budget_later").status_code == 409


def test_a_form_that_does_not_say_whose_it_is_is_not_kept(house, desk):
    lead = given(house.ana)
    ana = desk(house.ana, script=False)
    ana.client.logout()

    ana.client.post(f"/leads/{lead.pk}/notes/", {"note": "Whose?", "whose": "1:forged"})

    assert "unsent" not in ana.client.session


# ---- stale, lost, not allowed ----


@BOTH
def test_a_managers_change_between_opening_and_saving_loses_nothing_and_says_what_happened(house, desk, script):
    lead = worked(house.ana)
    ana = desk(house.ana, script=script)
    fields = ana.fields(lead, reason="budget_later", note="Called at noon, spring budget")
    hand_over(lead, house.ben, house.cleo)
    events = Event.objects.count()

    answer = ana.press(lead, "nurture", fields)

    page = answer.content.decode()
    assert answer.status_code == 409
    assert f"Cleo gave {lead.name} to Ben Ito at " in page
    assert "Your note is still here" in page
    assert "Called at noon, spring budget" in page
    assert (current(lead).status, Event.objects.count()) == ("working", events)


@BOTH
def test_a_note_for_a_round_somebody_else_ended_is_kept_without_promising_a_form_that_is_not_there(house, desk, script):
    lead = worked(house.ana)
    ana = desk(house.ana, script=script)
    fields = ana.fields(lead, reason="budget_later", note="Spring budget")
    dispositions.unqualify([lead], reason=reason("not_a_prospect"), by=house.cleo, note="A student", at=clock.now())

    page = ana.press(lead, "nurture", fields).content.decode()

    assert f"Cleo moved {lead.name} to Never at " in page
    assert "Spring budget" in page
    assert "Your note is still here, to copy: this lead is no longer in your hands." in page
    assert "What happened?" not in page
    assert current(lead).status == "unqualified"


def test_an_act_refused_because_the_lead_left_takes_its_row_and_its_count_away(house, desk):
    lead, other = worked(house.ana), given(house.ana)
    ana = desk(house.ana)
    fields = ana.fields(lead, reason="budget_later")
    hand_over(lead, house.ben, house.cleo)

    page = ana.press(lead, "nurture", fields).content.decode()

    assert shown_rows(page) == [(lead.pk, "leaves")]
    assert re.search(r'<h1 id="list-h" hx-swap-oob="true">(.*?)</h1>', page).group(1) == "1 to do"
    assert re.search(r"<span>All</span><b>(\d+)</b>", page).group(1) == "1"
    assert 'id="toasts"' not in page, "the undo of the act before stays"
    assert ana.open("/queue/").content.decode().count(f'id="row-{other.pk}"') == 1


def test_an_act_refused_because_the_lead_changed_says_anew_why_its_row_is_there(house, desk):
    lead = given(house.ana)
    ana = desk(house.ana)
    fields = ana.fields(lead, reason="wrong_person")
    touches.log([lead], channel="call", outcome="call_back", by=house.ana, at=clock.now())

    answer = ana.press(lead, "nurture", fields)

    assert answer.status_code == 409
    assert shown_rows(answer.content.decode()) == [(lead.pk, "stays")]


def test_a_refusal_draws_no_row_where_the_list_shows_none(house, desk):
    lead = worked(house.ana)
    ana = desk(house.ana)
    fields = ana.fields(lead, reason="budget_later")
    hand_over(lead, house.ben, house.cleo)
    ana.headers = ana.headers | {"X-Row": "none"}

    assert shown_rows(ana.press(lead, "nurture", fields).content.decode()) == []


def test_a_pull_that_found_nothing_says_so_in_the_list_too(house, desk):
    given(house.ana)
    ana = desk(house.ana)

    page = ana.client.post("/queue/pull/", {"token": "token-of-a-pull"}, headers=HTMX).content.decode()

    panel, shown = page.split('<section id="list" hx-swap-oob="innerHTML">')
    assert panel.count("The list is empty. Cleo was told") == 1
    assert shown.count("Nobody waits in the queues of your teams.") == 1


def shown_rows(page: str) -> list[tuple[int, str]]:
    """Return the rows that an answer draws into the list, and whether they stay there."""
    found = re.findall(r'<li class="row( is-done)?" id="row-(\d+)" hx-swap-oob="true">', page)
    return [(int(pk), "leaves" if done else "stays") for done, pk in found]


def test_the_note_of_a_stale_form_can_be_logged_by_who_lost_the_lead(house, desk):
    lead = worked(house.ana)
    ana = desk(house.ana)
    fields = ana.fields(lead, reason="budget_later", note="Spring budget")
    hand_over(lead, house.ben, house.cleo)

    page = ana.press(lead, "nurture", fields).content.decode()

    assert re.search(r'<textarea id="note"[^>]*>Spring budget</textarea>', page)
    assert "Add my note" not in page


def test_the_note_of_a_stale_form_can_be_added_by_whoever_may(house, desk):
    lead = given(house.ana)
    cleo = desk(house.cleo)
    fields = cleo.fields(lead, owner=f"u{house.ben.pk}", why="He knows them", place="lead")
    desk(house.ana).press(lead, "touches", channel="call", outcome="interested")

    answer = cleo.press(lead, "assign", fields)

    assert answer.status_code == 409
    assert f"Ana moved {lead.name} to Working S" in answer.content.decode()
    assert '<input type="hidden" name="note" value="He knows them">' in answer.content.decode()
    assert "Add my note" in answer.content.decode()
    assert current(lead).owner == house.ana


def test_a_picker_opened_after_a_change_is_still_stale(house, desk):
    lead = worked(house.ana)
    ana = desk(house.ana)
    carry = re.search(r"/act/nurture/\?([^\"]+)", ana.open(f"/queue/{lead.pk}/").content.decode()).group(1)
    hand_over(lead, house.ben, house.cleo)
    hand_over(lead, house.ana, house.cleo)

    picker = ana.client.get(
        f"/leads/{lead.pk}/act/nurture/?{carry.replace('&amp;', '&')}", headers=HTMX
    ).content.decode()

    hidden = dict(re.findall(r'name="(cycle|version|token)" value="([^"]*)"', picker))
    assert int(hidden["version"]) < current(lead).version
    assert ana.press(lead, "nurture", hidden, reason="budget_later").status_code == 409


@BOTH
def test_a_touch_by_who_just_lost_the_lead_is_kept_and_counts_for_the_lead(house, desk, script):
    lead = given(house.ana)
    ana = desk(house.ana, script=script)
    fields = ana.fields(lead, channel="call", outcome="interested", note="He said yes")
    hand_over(lead, house.ben, house.cleo)
    spell = lead.spells.get(owner=house.ben)

    answer = follow(ana, ana.press(lead, "touches", fields))

    touch = Touch.objects.get()
    assert (touch.by, touch.is_owners, touch.note.text) == (house.ana, False, "He said yes")
    now = current(lead)
    assert (now.status, now.owner, now.cycle.first_touch_by) == ("working", house.ben, house.ana)
    since = spell.began_at.astimezone(house.ana.zone).strftime("%H:%M")
    assert toast_of(answer) == (
        f"This is Ben's lead since {since}. Your call is kept on it and counts for the lead; Ben sees it."
    )
    assert not Task.objects.filter(lead=lead, kind="follow_up").exists()


def test_a_touch_of_a_version_that_passed_is_kept(house, desk):
    lead = given(house.ana)
    ana = desk(house.ana)
    fields = ana.fields(lead, channel="email", outcome="sent")
    ana.press(lead, "touches", channel="call", outcome="no_answer")

    answer = ana.press(lead, "touches", fields)

    assert answer.status_code == 200
    assert Touch.objects.count() == 2


def test_a_touch_meant_for_an_earlier_round_is_not_counted_for_this_one(house, desk):
    lead = worked(house.ana)
    ana = desk(house.ana)
    fields = ana.fields(lead, channel="call", outcome="interested", note="Back then")
    ana.press(lead, "keep", until=next_steps.to_keep(house.ana, clock.now())[0].value)
    Lead.objects.filter(pk=lead.pk).update(recycle_at=clock.now() - MINUTE)
    assert recycling.come_back([lead.pk], at=clock.now(), queue=None).done
    before = Touch.objects.count()

    answer = ana.press(lead, "touches", fields)

    assert answer.status_code == 409
    assert "Back then" in answer.content.decode()
    assert Touch.objects.count() == before


ACTS = {
    "touches": {"channel": "call", "outcome": "no_answer"},
    "nurture": {"reason": "too_small", "size": "3"},
    "unqualify": {"reason": "not_a_prospect"},
    "keep": {"until": "2100-01-01T09:00+00:00"},
    "follow-up": {"until": "2100-01-01T09:00+00:00"},
    "notes": {"note": "Hello"},
    "take-back": {},
    "opt-out": {"all": "on"},
    "assign": {"owner": "me"},
    "give-back": {},
    "start": {},
}


def test_a_lead_out_of_sight_is_not_there(house, desk):
    lead, ana = given(house.dov), desk(house.ana)
    events = Event.objects.count()

    answers = {what: ana.press(lead, what, {"token": "t" * 12}, **said).status_code for what, said in ACTS.items()}

    assert answers == dict.fromkeys(ACTS, 404)
    assert Event.objects.count() == events


@BOTH
def test_a_lead_that_was_lost_is_seen_but_not_worked(house, desk, script):
    lead = given(house.ana)
    hand_over(lead, house.ben, house.cleo)
    events = Event.objects.count()
    ana = desk(house.ana, script=script)
    acts = {what: said for what, said in ACTS.items() if what not in ("touches", "opt-out")}

    answers = {what: ana.press(lead, what, **said) for what, said in acts.items()}

    assert {what: answer.status_code for what, answer in answers.items()} == dict.fromkeys(acts, 403)
    assert all("Nothing was changed." in answer.content.decode() for answer in answers.values())
    assert Event.objects.count() == events


def test_an_act_is_a_post(house, desk):
    lead, client = given(house.ana), desk(house.ana).client

    assert {what: client.get(f"/leads/{lead.pk}/{what}/").status_code for what in ACTS} == dict.fromkeys(ACTS, 405)


def test_a_picker_of_what_one_may_not_is_refused(house, desk):
    lead, ana = given(house.ana), desk(house.ana)
    hand_over(lead, house.ben, house.cleo)
    kinds = ("nurture", "unqualify", "keep", "next", "assign")

    answers = {kind: ana.open(f"/leads/{lead.pk}/act/{kind}/").status_code for kind in kinds}

    assert answers == dict.fromkeys(kinds, 403)


def test_a_picker_nobody_wrote_is_not_there(house, desk):
    lead = given(house.ana)

    assert desk(house.ana).open(f"/leads/{lead.pk}/act/erase/").status_code == 404


def test_without_a_script_a_picker_is_the_page_with_it_opened(house, desk):
    lead = given(house.ana)
    ana = desk(house.ana, script=False)

    answer = ana.open(f"/leads/{lead.pk}/act/unqualify/")

    assert (answer.status_code, answer["Location"]) == (302, f"/queue/?lead={lead.pk}&act=unqualify#act")
    assert "Never: why?" in ana.open(answer["Location"]).content.decode()


# ---- hands ----


def test_a_manager_gives_a_lead_to_somebody_below_and_undoes_it(house, desk):
    lead = given(house.ana)
    cleo = desk(house.cleo)

    answer = cleo.press(
        lead, "assign", cleo.fields(lead, owner=f"u{house.ben.pk}", why="Speaks Norwegian", place="lead")
    )

    assert current(lead).owner == house.ben
    assert Note.objects.get().text == "Speaks Norwegian"
    assert toast_of(answer) == f"{lead.name} went to Ben Ito."
    cleo.client.post(undo_of(answer), headers=HTMX)
    assert current(lead).owner == house.ana


def test_the_people_of_another_team_are_not_on_the_list(house, desk):
    lead = given(house.ana)
    cleo = desk(house.cleo)

    page = cleo.open(f"/leads/{lead.pk}/act/assign/").content.decode()
    answer = cleo.press(lead, "assign", owner=f"u{house.dov.pk}")

    assert ("Ben Ito" in page, "Dov Katz" in page, "North, in turn" in page) == (True, False, True)
    assert answer.status_code == 422
    assert current(lead).owner == house.ana


def test_who_is_away_or_at_their_cap_is_listed_with_the_reason_and_not_given(house, desk):
    lead = given(house.ana)
    house.ben.memberships.update(cap_open=0)
    cleo = desk(house.cleo)

    page = cleo.open(f"/leads/{lead.pk}/act/assign/").content.decode()
    answer = cleo.press(lead, "assign", owner=f"u{house.ben.pk}")

    assert "At the cap: 0 of 0 open." in page
    assert answer.status_code == 422
    assert "Ben Ito: at the cap: 0 of 0 open." in answer.content.decode()
    assert current(lead).owner == house.ana


def test_who_is_away_is_not_given_a_lead(house, desk):
    lead = given(house.ana)
    house.ben.absences.create(starts_at=clock.now() - DAY, ends_at=clock.now() + DAY)
    cleo = desk(house.cleo)

    answer = cleo.press(lead, "assign", owner=f"u{house.ben.pk}")

    assert answer.status_code == 422
    assert "Ben Ito: away until tomorrow" in answer.content.decode()
    assert current(lead).owner == house.ana


def test_a_team_shares_a_lead_out_in_turn(house, desk):
    lead = put(None, "raw", team=house.north)
    cleo = desk(house.cleo)

    cleo.press(lead, "assign", owner=f"t{house.north.pk}")

    assert current(lead).owner in (house.ana, house.ben)


def test_a_raw_lead_is_put_into_a_queue(house, desk):
    lead = LeadFactory()
    rita = desk(house.rita)

    rita.press(lead, "assign", rita.fields(lead, owner=f"q{house.north.pk}", place="lead"))

    assert (current(lead).status, current(lead).team) == ("raw", house.north)


def test_a_seller_takes_a_lead_of_the_own_queue_and_gives_it_back(house, desk):
    lead = put(None, "raw", team=house.north)
    ana = desk(house.ana)
    assert "Take this lead" in ana.open(f"/queue/{lead.pk}/").content.decode()

    ana.press(lead, "assign", owner="me")

    taken = current(lead)
    assert (taken.owner, taken.cycle.trigger, taken.go_to_market) == (house.ana, "pull", "outbound")
    ana.press(lead, "give-back")
    assert (current(lead).status, current(lead).team) == ("raw", house.north)


def test_a_seller_does_not_take_a_lead_of_another_queue(house, desk):
    lead = put(None, "raw", team=house.south)

    answer = desk(house.ana).press(lead, "assign", {"token": "t" * 12}, owner="me")

    assert answer.status_code == 404
    assert current(lead).owner is None


def test_a_seller_gives_no_lead_to_a_colleague(house, desk):
    lead = given(house.ana)

    answer = desk(house.ana).press(lead, "assign", owner=f"u{house.ben.pk}")

    assert answer.status_code == 403
    assert current(lead).owner == house.ana


@BOTH
def test_pull_next_takes_the_oldest_and_opens_it(house, desk, script):
    first, _second = put(None, "raw", team=house.north), put(None, "raw", team=house.north)
    ana = desk(house.ana, script=script)

    answer = follow(ana, ana.client.post("/queue/pull/", {"token": "t" * 12}, headers=ana.headers))

    assert current(first).owner == house.ana
    assert shown(answer) == first.pk
    assert toast_of(answer) == f"Pulled: {first.name}."
    ana.client.post(undo_of(answer), headers=ana.headers)
    assert (current(first).status, current(first).team) == ("raw", house.north)


def test_pull_pressed_twice_takes_one(house, desk):
    put(None, "raw", team=house.north), put(None, "raw", team=house.north)
    ana = desk(house.ana)

    for _ in range(2):
        ana.client.post("/queue/pull/", {"token": "t" * 12}, headers=HTMX)

    assert Lead.objects.filter(owner=house.ana).count() == 1


@BOTH
def test_pull_from_an_empty_list_says_so(house, desk, script):
    ana = desk(house.ana, script=script)

    answer = ana.client.post("/queue/pull/", {"token": "t" * 12}, headers=ana.headers)

    assert answer.status_code == 422
    if script:
        assert answer["HX-Redirect"] == "/queue/"
        answer = ana.client.get("/queue/")
    assert "Nobody waits in the queues of your teams." in answer.content.decode()


def test_pull_at_the_cap_says_so(house, desk):
    put(None, "raw", team=house.north)
    given(house.ana)
    house.ana.memberships.update(cap_open=1)

    answer = desk(house.ana).client.post("/queue/pull/", {"token": "t" * 12}, headers=HTMX)

    assert answer.status_code == 422
    assert "You are at your cap." in answer.content.decode()


def test_only_sellers_pull(house, desk):
    assert desk(house.cleo).client.post("/queue/pull/", {"token": "t" * 12}).status_code == 403


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
