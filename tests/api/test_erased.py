"""Nothing personal is left in what the API kept and told of somebody who was erased: receipts, deliveries, files of history (LIFE-11)."""

import io
import json

import pytest

from accounts import clock, sweeping, webhooks
from accounts.models import Delivery, Message, Receipt, Subscription
from leads.models import Lead
from meetings.history import reading, runs
from tests.api.conftest import Browser, problem
from tests.api.test_meetings import times
from tests.api.test_webhooks import receiver
from tests.factories import put
from tests.pages.test_erasure import everything

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["receiver"]
CANARIES = {
    "first_name": "Zqfirst", "last_name": "Zqlast", "title": "Zqtitle", "company": "Zqcompany", "email": "zqmail@zqdomain.example",
    "phone": "+4791277631", "external_id": "zqexternal", "website": "zqsite.example",
}  # fmt: skip
WORDS = ("zqnoteword", "zqtouchword", "zqraisedword", "zqtaskword", "zqwhy", "zqplace")
TOLD = [*(text.lower() for text in CANARIES.values()), *WORDS, "zqdomain", "91277631"]
LEADS = (
    "id,email,first name,last name,title,company,phone,created,owner\n"
    "zqpast,{0},Zqfirst,Zqlast,Zqtitle,Zqcompany,+4791277631,2026-01-05,ana\n"
)
TOUCHES = "lead,date,type,result,user,comment\n{0},2026-01-05 09:00,call,No answer,ana,zqtouchword\nzqexternal,2026-01-06,,,,zqnoteword\n"


def left() -> list[str]:
    """What tells of them. A company that something was sold to stays, with its domain: it is no person."""
    company = ("accounts_account:", "accounts_domain:")
    lines = [line for line in everything().splitlines() if not line.startswith(company)]
    return [line for line in lines if any(text in line for text in TOLD)]


def kept(told: str) -> bool:
    return told in json.dumps(list(Receipt.objects.values_list("data", flat=True))).lower()


@pytest.fixture
def listener(receiver, shipped):
    """A program that is told of everything there is."""
    subscription = Subscription.objects.create(url=receiver.url, kinds=list(webhooks.KINDS), created_at=clock.now())
    return receiver, subscription


@pytest.fixture
def person(house, listener, program_of) -> Lead:
    """Somebody brought in by a program, told of to another, worked, met and sold to by the API; and known from a history."""
    program = program_of(house.api, "leads:write", "optout:write")
    program.post("leads/", CANARIES | {"system": "crm", "note": "zqnoteword"}, key="zq-1")
    program.post("hand-raises/", {"email": CANARIES["email"], "what": "demo", "words": "zqraisedword"}, key="zq-2")
    lead = Lead.objects.get()
    ana, eva, cleo, rita = (Browser(house.people[name]) for name in ("ana", "eva", "cleo", "rita"))
    rita.post(f"leads/{lead.pk}/assignments/", {"owner": "ana"})
    ends = {"what": "nurture", "reason": "no_for_now", "leads": [{"lead": lead.pk}]}
    refused = cleo.post("changes/", ends).json()["refused"]
    touch = {"channel": "call", "outcome": "interested", "note": "zqtouchword", "next_what": "zqtaskword"}
    ana.post(f"leads/{lead.pk}/touches/", touch | {"next_at": times(1)["starts_at"]}, key="zq-3")
    booked = ana.post(
        f"leads/{lead.pk}/meetings/", times() | {"place": "zqplace", "amount": "250000"}, key="zq-4"
    ).json()
    sale = eva.get("opportunities/").json()["items"][0]["id"]
    hand_off = eva.get("hand-offs/", waits="true").json()["items"][0]["id"]
    eva.post(f"opportunities/{sale}/values/", {"amount": "900.50"})
    eva.post(f"hand-offs/{hand_off}/answers/", {"accepted": False, "reason": "refused_need", "why": "zqwhy"})
    assert (booked["status"], [row["lead"] for row in refused]) == ("booked", [lead.pk])
    _history(house.rita)
    return Lead.objects.get(pk=lead.pk)


def _history(by) -> None:
    """The same person in the files of another system: known here, so that nothing is told, and the rows stay."""
    texts = {"leads": LEADS.format(CANARIES["email"]), "touches": TOUCHES.format(CANARIES["email"])}
    files = {kind: (io.BytesIO(text.encode()), f"{kind}.csv") for kind, text in texts.items()}
    given = {"map": {"leads": {"id": "external_id"}}, "source": "Past", "system": "crm"}
    runs.run(reading.read(files, by=by, at=clock.now(), options=given)[0], at=clock.now())


def test_of_an_erased_person_nothing_is_in_a_receipt_a_delivery_or_a_file(house, person, listener):
    receiver, subscription = listener
    sweeping.run(webhooks.SWEEP, clock.now())
    before, told = len(receiver.got), everything()
    assert [text for text in TOLD if text not in told] == []
    assert [text for text in ("zqdomain", "zqwhy") if not kept(text)] == []

    done = Browser(house.rita).post(f"leads/{person.pk}/erasures/", {"confirm": person.pk})
    sweeping.run(webhooks.SWEEP, clock.now())
    webhooks.replay(Delivery.objects.filter(subscription=subscription), clock.now())
    sweeping.run(webhooks.SWEEP, clock.now())

    assert done.status_code == 201
    assert left() == []
    bodies = [json.loads(body) for _headers, body, _answer in receiver.got]
    assert [text for text in TOLD if text in json.dumps(bodies).lower()] == []
    assert [body["lead"] for body in bodies if body["kind"] == "lead.erased"] == [person.pk] * 2
    assert len(bodies) > before > 5


def test_what_was_not_yet_delivered_when_they_were_erased_is_still_told(house, listener):
    receiver, _subscription = listener
    lead = put(None, "working", owner=house.ana)

    Browser(house.rita).post(f"leads/{lead.pk}/erasures/", {"confirm": lead.pk})
    sweeping.run(webhooks.SWEEP, clock.now())

    kinds = [json.loads(body)["kind"] for _headers, body, _answer in receiver.got]
    assert kinds[-1] == "lead.erased"
    assert {"lead.assigned", "lead.touch", "lead.working"} < set(kinds)
    assert not Message.objects.filter(lead_id=lead.pk).exclude(channel="webhook").exists()


def test_the_receipts_of_others_stay(house, person, program_of):
    program = program_of(house.api, "leads:write")
    answer = program.post("leads/", {"email": "ben@kettler.example"}, key="other").json()

    Browser(house.rita).post(f"leads/{person.pk}/erasures/", {"confirm": person.pk})

    again = program.post("leads/", {"email": "ben@kettler.example"}, key="other")
    assert (again.json(), again["Idempotency-Replayed"]) == (answer, "true")


def test_who_is_erased_is_not_brought_back_by_the_same_request(house, person, program_of):
    Browser(house.rita).post(f"leads/{person.pk}/erasures/", {"confirm": person.pk})
    program = program_of(house.api, "leads:write")

    again = program.post("leads/", CANARIES | {"system": "crm"}, key="zq-1")

    assert problem(again) == (422, "rejected", [])
    assert Lead.objects.filter(gone_as="").count() == 0
    assert left() == []
