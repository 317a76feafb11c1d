"""The qualification card on the lead page: prefilled, kept round by round, suggesting; self-serve back to the product (QUAL-1, QUAL-2)."""

import re

import pytest

from accounts import clock
from accounts.models import Event
from leads import assignment, dispositions
from leads.models import Lead, Qualification
from tests.factories import put, reason
from tests.pages.desk import desk, given, toast_of

__all__ = ["desk"]
pytestmark = pytest.mark.django_db
SCORES = {"urgency": "2", "criticality": "2", "complexity": "1"}


@pytest.fixture
def working(ana):
    return put(None, "working", owner=ana)


@pytest.mark.parametrize("script", [True, False])
def test_the_card_is_written_and_suggests(desk, ana, working, script):
    hand = desk(ana, script=script)
    fields = hand.fields(working) | {"place": "lead"}

    answer = hand.press(
        working, "qualification", fields, **SCORES, need="yes", need_evidence="Said so on the phone", size="40 people"
    )

    row = Qualification.objects.get()
    assert answer.status_code == (200 if script else 302)
    assert (row.urgency, row.need, row.size, row.suggestion, row.decision) == (2, "yes", "40 people", "sales", "")
    page = hand.client.get(f"/leads/{working.pk}/").content.decode()
    assert 'Qualification <span class="quiet">2 of 5' in page
    assert "Suggests <b>sales-led</b>" in page


def test_what_is_known_stands_in_the_form_and_the_next_version_keeps_the_first(desk, ana, working):
    hand = desk(ana)
    hand.press(working, "qualification", size="40 people")

    page = hand.open(f"/leads/{working.pk}/act/card/").content.decode()
    hand.press(working, "qualification", size="60 people", decision="not_buying", why="They only look")

    assert ">40 people</textarea>" in page
    assert list(Qualification.objects.order_by("pk").values_list("number", "size", "decision")) == [
        (1, "40 people", ""),
        (2, "60 people", "not_buying"),
    ]


def test_a_yes_without_evidence_is_refused_and_what_was_typed_stays(desk, ana, working):
    hand = desk(ana)
    events = Event.objects.count()

    answer = hand.press(working, "qualification", **SCORES, budget="yes", systems="An old ledger")

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Write what makes you sure: budget." in page
    assert ">An old ledger</textarea>" in page
    assert (Qualification.objects.count(), Event.objects.count()) == (0, events)


def test_self_serve_goes_back_to_the_product_with_its_reason(desk, ana, working):
    hand = desk(ana)

    answer = hand.press(working, "qualification", do="return", why="Two people, and they pay by card")

    lead = Lead.objects.get(pk=working.pk)
    assert answer.status_code == 200
    assert (lead.status, lead.motion) == ("assigned", "plg")
    assert Qualification.objects.get().decision == "self_serve"
    assert lead.cycles.get(number=1).outcome == "self_serve"


def test_given_back_with_what_was_learnt_it_is_one_version_and_what_is_prefilled_does_not_stand_in_the_way(
    desk, ana, working
):
    hand = desk(ana)
    hand.press(working, "qualification", size="2", decision="self_serve", why="By card")

    answer = hand.press(working, "qualification", size="2", decision="self_serve", why="By card", do="return")

    assert answer.status_code == 200
    assert (Lead.objects.get().motion, Qualification.objects.count()) == ("plg", 1)


def test_given_back_without_a_reason_nothing_is_kept_and_the_form_says_where(desk, ana, working):
    hand = desk(ana)
    events = Event.objects.count()

    answer = hand.press(working, "qualification", size="2", do="return")

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Write why they serve themselves best." in page
    assert 'name="why" rows="1" aria-invalid="true"' in page
    assert (Qualification.objects.count(), Event.objects.count(), Lead.objects.get().motion) == (0, events, "slg")


def test_a_decision_is_taken_back_by_not_yet_and_the_page_tells_both_versions(desk, ana, working):
    hand = desk(ana)
    hand.press(working, "qualification", **SCORES, decision="self_serve", why="Two users")
    before = hand.client.get(f"/leads/{working.pk}/").content.decode()
    hand.press(working, "qualification", **SCORES, decision="", why="")
    after = hand.client.get(f"/leads/{working.pk}/").content.decode()

    assert "Decided: <b>Self-serve</b>. The card suggests otherwise: sales-led. Two users" in before
    assert "Decided:" not in after
    assert "version 1: 0 of 5, suggests sales-led, Ana decided self-serve." in after
    assert "version 2: 0 of 5, suggests sales-led." in after


def test_a_card_drawn_for_an_earlier_round_is_refused_and_what_was_typed_stays(desk, ana, working):
    hand = desk(ana)
    fields = hand.fields(working)
    at = clock.now()
    dispositions.nurture([working.pk], reason=reason("budget_later"), by=ana, at=at).whole()
    assignment.assign([working.pk], to=ana, by=None, at=at).whole()

    answer = hand.press(working, "qualification", fields, size="40 people")

    page = answer.content.decode()
    assert answer.status_code == 409
    assert ">40 people</textarea>" in page
    assert "What you typed is still here" in page
    assert Qualification.objects.count() == 0


def test_where_the_lead_is_out_of_ones_hands_what_was_typed_is_there_to_copy(desk, ana, ben, cleo, working):
    hand = desk(ana)
    fields = hand.fields(working)
    assignment.assign([working.pk], to=ben, by=cleo, at=clock.now()).whole()

    answer = hand.press(working, "qualification", fields, size="40 people", need_evidence="Said so")

    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Need: Said so<br>Size: 40 people" in page
    assert Qualification.objects.count() == 0


def test_who_fills_the_card_beside_somebody_else_takes_nothing_of_theirs_back(desk, ana, cleo, working):
    hand, her = desk(ana), desk(cleo)
    hand.press(working, "qualification", size="40 people")
    page = hand.open(f"/leads/{working.pk}/act/card/").content.decode()
    seen = re.search(r'name="seen" value="([^"]*)"', page).group(1)

    her.press(working, "qualification", seen=seen, size="40 people", systems="An old ledger", urgency="3")
    hand.press(working, "qualification", seen=seen, size="60 people", systems="", urgency="")

    newest = Qualification.objects.order_by("-pk").first()
    assert (newest.number, newest.size, newest.systems, newest.urgency) == (3, "60 people", "An old ledger", 3)


def test_an_empty_card_is_no_card(desk, ana, working):
    answer = desk(ana).press(working, "qualification", seen="", urgency="", size="", decision="", why="")

    assert answer.status_code == 422
    assert "Write what you know; unknown is not no." in answer.content.decode()
    assert Qualification.objects.count() == 0


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"urgency": "4"}, "Choose one of the list."),
        ({"need": "perhaps"}, "Choose one of the list."),
        ({"decision": "maybe"}, "Choose one of the list."),
        ({"size": "x" * 2_001}, "An answer holds 2,000 characters."),
    ],
)
def test_a_value_that_is_none_is_refused_by_its_name(desk, ana, working, wrong, words):
    answer = desk(ana).press(working, "qualification", **wrong)

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert Qualification.objects.count() == 0


def test_a_double_click_writes_one_version(desk, ana, working):
    hand = desk(ana)
    fields = hand.fields(working)

    first = hand.press(working, "qualification", fields, size="40")
    again = hand.press(working, "qualification", fields, size="40")

    assert toast_of(first) == toast_of(again)
    assert Qualification.objects.count() == 1


def test_a_colleague_cannot_fill_it(desk, dov, ana):
    lead = given(ana)

    answer = desk(dov).client.post(f"/leads/{lead.pk}/qualification/", {"token": "a" * 12, "size": "4"})

    assert answer.status_code == 404
    assert Qualification.objects.count() == 0
