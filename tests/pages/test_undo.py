"""What a person presses twice counts once, and is undone within its minute."""

from datetime import timedelta

import pytest

from accounts import clock
from accounts.models import Event, Receipt
from leads import next_steps
from leads.models import Note, Task, Touch
from tests.pages.desk import BOTH, HTMX, current, desk, follow, given, shown, toast_of, undo_of, worked

__all__ = ["desk"]
MINUTE = timedelta(minutes=1)


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
