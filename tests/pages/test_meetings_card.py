"""The qualification card on the lead page: prefilled, kept round by round, suggesting; self-serve back to the product (QUAL-1, QUAL-2)."""

import pytest

from accounts.models import Event
from leads.models import Lead, Qualification
from tests.factories import put
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
