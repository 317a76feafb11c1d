"""The qualification card by the API: read by version, filled, refused by field, given back to the product (QUAL-1, QUAL-2)."""

import pytest

from accounts.models import Event
from leads.models import Lead, Qualification
from tests.api.conftest import problem
from tests.factories import put

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(house) -> Lead:
    return put(None, "working", owner=house.ana)


def test_a_card_is_filled_and_read_version_by_version(house, browser_of, lead):
    ana = browser_of(house.ana)
    where = f"leads/{lead.pk}/qualifications/"

    first = ana.post(where, {"urgency": 3, "need": "yes", "need_evidence": "Said so"})
    second = ana.post(where, {"urgency": 1, "decision": "self_serve", "why": "Two users"})
    rows = ana.get(where).json()["items"]

    assert (first.status_code, first.json()["made"], second.json()["made"]) == (201, rows[1]["id"], rows[0]["id"])
    told = [
        (r["number"], r["round"], r["by"], r["urgency"], r["need"], r["suggestion"], r["decision"], r["why"])
        for r in rows
    ]
    assert told == [
        (2, lead.cycle_id, "ana", 1, "yes", "", "self_serve", "Two users"), (1, lead.cycle_id, "ana", 3, "yes", "sales", "", ""),
    ]  # fmt: skip
    assert rows[0]["missing"] == ["the compelling event", "the systems in place", "the timeline", "the size"]
    assert list(Event.objects.filter(kind="qualification").values_list("door", flat=True)) == ["api", "api"]


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ({"urgency": 4}, (422, "invalid", ["urgency"])),
        ({"urgency": "high"}, (422, "invalid", ["urgency"])),
        ({"need": "perhaps", "need_evidence": "x"}, (422, "invalid", ["need"])),
        ({"decision": "maybe"}, (422, "invalid", ["decision"])),
        ({"suggestion": "sales"}, (422, "invalid", ["suggestion"])),
        ({"by": "cleo"}, (422, "invalid", ["by"])),
        ({"size": "x" * 2_001}, (422, "invalid", ["size"])),
        ({"budget": "yes"}, (422, "budget_evidence", ["budget_evidence"])),
        ({"urgency": 1, "round": 999_999}, (409, "stale", [])),
    ],
)
def test_what_cannot_be_is_named_and_nothing_is_kept(house, browser_of, lead, body, answer):
    events = Event.objects.count()

    assert problem(browser_of(house.ana).post(f"leads/{lead.pk}/qualifications/", body)) == answer
    assert (Qualification.objects.count(), Event.objects.count()) == (0, events)


def test_the_same_request_under_its_key_is_one_version(house, browser_of, lead):
    ana = browser_of(house.ana)
    where = f"leads/{lead.pk}/qualifications/"

    first, again = (ana.post(where, {"urgency": 2}, key="card-1") for _n in range(2))

    assert (first.json(), again["Idempotency-Replayed"]) == (again.json(), "true")
    assert Qualification.objects.count() == 1


def test_it_is_given_back_to_the_product_with_what_was_learnt(house, browser_of, lead):
    ana = browser_of(house.ana)

    unsaid = ana.post(f"leads/{lead.pk}/product-returns/", {"size": "2"})
    answer = ana.post(f"leads/{lead.pk}/product-returns/", {"size": "2", "why": "They pay by card"})

    now, card = Lead.objects.get(), Qualification.objects.get()
    assert problem(unsaid) == (422, "invalid", ["why"])
    assert (answer.status_code, answer.json()["state"]) == (201, "assigned")
    assert (now.motion, card.size, card.decision, card.why) == ("plg", "2", "self_serve", "They pay by card")


def test_who_does_not_see_the_lead_sees_no_card_and_a_key_opens_none(house, browser_of, program, lead):
    where = f"leads/{lead.pk}/qualifications/"

    assert browser_of(house.dov).get(where).status_code == 404
    assert browser_of(house.dov).post(where, {"urgency": 1}).status_code == 404
    assert (program.get(where).status_code, program.post(where, {"urgency": 1}).status_code) == (403, 403)
    assert Qualification.objects.count() == 0
