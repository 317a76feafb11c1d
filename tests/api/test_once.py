"""What is asked twice happens once, also when fifty ask at the same moment."""

import pytest

from accounts import api_keys, clock, receipts
from accounts.api import once as once_module
from accounts.models import Event, Receipt, Role, User
from leads.models import Lead, Signal
from tests.api.conftest import Program, problem
from tests.lasting import at_once

MARTA = {"email": "marta@nordlicht.example", "company": "Nordlicht"}
FIFTY = 50


@pytest.mark.django_db
def test_a_key_used_again_gets_the_first_answer(program):
    first = program.post("leads/", MARTA, key="k1")
    again = program.post("leads/", MARTA, key="k1")

    assert (first.status_code, again.status_code, first.content) == (201, 201, again.content)
    assert ("Idempotency-Replayed" in first, again["Idempotency-Replayed"]) == (False, "true")
    assert (Lead.objects.count(), Signal.objects.count(), Receipt.objects.count()) == (1, 1, 1)


@pytest.mark.django_db
def test_another_body_or_address_under_a_used_key_is_refused(program):
    program.post("leads/", MARTA, key="k1")

    for path, body in (("leads/", MARTA | {"title": "CEO"}), ("opt-outs/", {"email": MARTA["email"]})):
        assert problem(program.post(path, body, key="k1")) == (422, "key_reused", ["Idempotency-Key"])
    assert Event.objects.count() == 1


@pytest.mark.django_db
def test_what_was_refused_may_be_mended_under_the_same_key(program):
    assert program.post("leads/", {"email": "x"}, key="k1").status_code == 422
    assert program.post("leads/", MARTA, key="k1").status_code == 201


@pytest.mark.django_db
def test_two_clients_may_use_one_key(program, house, program_of):
    user = User.objects.create(username="api-two", name="Two", role=Role.API)
    program.post("leads/", MARTA, key="k1")

    assert program_of(user, "leads:write").post("leads/", MARTA | {"title": "CEO"}, key="k1").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["a b", "ä", "x" * 256, " "])
def test_what_is_no_key_is_refused(program, key):
    assert problem(program.post("leads/", MARTA, key=key)) == (400, "invalid", ["Idempotency-Key"])
    assert Lead.objects.count() == 0


@pytest.fixture
def site(shipped):
    """A web site whose key every connection knows."""
    return api_keys.create_client("Site", ["leads:write"], by=None, at=clock.now())[1]


def post_all(token: str, key: str) -> list:
    jobs = [lambda: Program(token).post("leads/", MARTA | {"created_at": "2026-03-02T12:00:00Z"}, key=key)] * FIFTY
    return [(answer.status_code, answer.json()) for answer in at_once(*jobs)]


def test_fifty_at_once_with_one_key_make_one_lead_and_get_one_answer(site):
    answers = post_all(site, "k1")

    lead = Lead.objects.get()
    assert answers == [(201, {"lead": lead.pk, "result": "created", "words": ""})] * FIFTY
    assert (Signal.objects.count(), Event.objects.count(), Receipt.objects.count()) == (1, 1, 1)


def test_fifty_at_once_without_a_key_make_one_lead_all_the_same(site):
    answers = post_all(site, "")

    assert sorted(status for status, _said in answers) == [200] * (FIFTY - 1) + [201]
    assert (Lead.objects.count(), Signal.objects.count(), Event.objects.count()) == (1, 1, 1)


def test_without_the_claim_fifty_with_one_key_would_get_other_answers(site, monkeypatch):
    """The negative control: what holds above is held by the claim."""
    monkeypatch.setattr(receipts, "claim", lambda *args, **kwargs: True)
    monkeypatch.setattr(once_module, "receipt_key", lambda user, given: "api:control")

    answers = post_all(site, "k1")

    assert {status for status, _said in answers} == {200, 201}
