"""How a person ends a round on the pages, keeps a lead, plans the next step, notes an opt-out: with its reason, and what is refused."""

import re
from datetime import timedelta

import pytest

from accounts import clock
from accounts.models import Message, Reason
from leads import dispositions, next_steps
from leads.models import Lead, Note, Outcome, Source, Task
from tests.factories import LeadFactory, put, reason
from tests.pages.desk import BOTH, HTMX, current, desk, follow, given, shown, toast_of, undo_of, worked

__all__ = ["desk"]
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


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
