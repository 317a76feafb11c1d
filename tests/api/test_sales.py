"""Opportunities, hand-offs and the SDR's side of a meeting, by the API: the processes of the pages, each refusal naming its field."""

from datetime import timedelta
from decimal import Decimal

import pytest

from accounts import clock
from accounts.models import Event, Product, Reason, Stage
from leads.models import Lead
from meetings import booking
from meetings.models import HandOff, Meeting
from tests.api.conftest import problem
from tests.factories import AccountFactory, LeadFactory, held, opportunity_of, put

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(house) -> Lead:
    return put(LeadFactory(account=AccountFactory()), "working", owner=house.ana)


@pytest.fixture
def sale(lead, house):
    return opportunity_of(lead, owner=house.eva)


def met(lead, house, *, amount=0, days=3) -> Meeting:
    """A meeting that Ana brought about and Eva holds, which began some days ago."""
    at = clock.now()
    row = booking.book(
        lead, product=Product.objects.first(), by=house.ana, owner=house.eva, starts_at=at + timedelta(days=1), at=at,
        amount=Decimal(amount),
    )  # fmt: skip
    Meeting.objects.filter(pk=row.pk).update(starts_at=at - timedelta(days=days))
    return row


def stage(number: int) -> Stage:
    return Stage.objects.filter(status="open").order_by("order")[number - 1]


def test_a_sale_moves_on_and_back_and_a_page_that_is_stale_is_told(sale, browser_of, house):
    eva, path = browser_of(house.eva), f"opportunities/{sale.pk}/stages/"
    held(sale, at=clock.now())
    names = [stage(1).name, stage(2).name]

    on = eva.post(path, {"stage": names[1], "seen_at": names[0]})
    stale = eva.post(path, {"stage": names[1], "seen_at": names[0]})
    again = eva.post(path, {"stage": names[1]})
    back = eva.post(path, {"stage": names[0]})

    assert (on.status_code, on.json()["stage"], on.json()["status"]) == (201, names[1], "open")
    assert on.json()["qualified_at"] == back.json()["qualified_at"]
    assert (problem(stale)[:2], problem(again)[:2]) == ((409, "stale"), (422, "already"))
    assert Event.objects.filter(opportunity_id=sale.pk, kind="stage", door="api").count() == 2


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, (422, "invalid", ["stage"])),
        ({"stage": "Nowhere"}, (422, "unknown", ["stage"])),
        ({"stage": "Won"}, (422, "stage", ["stage"])),
        ({"stage": "Pipeline", "colour": "red"}, (422, "invalid", ["colour"])),
        ({"stage": 3}, (422, "answers", [])),
    ],
)
def test_a_move_that_cannot_be_names_its_field_and_changes_nothing(sale, browser_of, house, body, expected):
    held(sale, at=clock.now())
    if body.get("stage") == 3:
        body = {"stage": stage(3).name}
    events = Event.objects.count()

    assert problem(browser_of(house.eva).post(f"opportunities/{sale.pk}/stages/", body)) == expected
    sale.refresh_from_db()
    assert (sale.stage, Event.objects.count()) == (stage(1), events)


@pytest.mark.parametrize("number", [2, 3, 5])
def test_no_sale_comes_to_its_qualifying_stage_or_past_it_without_a_meeting_that_was_held(
    sale, lead, browser_of, house, number
):
    events = Event.objects.count()

    refused = browser_of(house.eva).post(f"opportunities/{sale.pk}/stages/", {"stage": stage(number).name})

    sale.refresh_from_db()
    lead.refresh_from_db()
    assert problem(refused) == (422, "meeting", [])
    assert f"Before {stage(2).name} a meeting of it must be held" in refused.json()["detail"]
    assert (f"Before {stage(3).name} the card must tell" in refused.json()["detail"]) is (number > 2)
    assert (sale.stage, sale.qualified_at, lead.status, Event.objects.count()) == (stage(1), None, "working", events)


def test_a_sale_is_won_and_customer_success_answers_its_hand_off(sale, browser_of, house):
    ends = (clock.now() + timedelta(days=100)).date().isoformat()
    body = {"status": "won", "amount": "12000.00", "contract_end_date": ends, "success_owner": "carl"}

    won = browser_of(house.eva).post(f"opportunities/{sale.pk}/closings/", body).json()
    carl = browser_of(house.carl)
    waiting = carl.get("hand-offs/", waits="true").json()["items"]
    path = f"hand-offs/{waiting[0]['id']}/answers/"
    empty = carl.post(path, {"accepted": False})
    oversold = carl.post(path, {"accepted": False, "why": "No systems.", "reason": "oversold"}).json()

    assert (won["status"], won["amount"], won["contract_end_date"], won["success_owner"]) == (
        "won",
        "12000.00",
        ends,
        "carl",
    )
    assert [(row["kind"], row["opportunity"], row["outcome"]) for row in waiting] == [("success", sale.pk, "")]
    assert problem(empty) == (422, "reason", ["reason"])
    assert (oversold["outcome"], oversold["reason"], oversold["is_oversold"], oversold["ended_by"]) == (
        "refused", "oversold", True, "carl",
    )  # fmt: skip
    assert carl.get(f"hand-offs/{waiting[0]['id']}/").json() == oversold
    assert problem(carl.post(path, {"accepted": True}))[:2] == (422, "already")
    assert [row["id"] for row in carl.get("opportunities/ending/").json()["items"]] == [sale.pk]
    assert browser_of(house.cleo).get("opportunities/surprises/").json()["items"] == []
    assert browser_of(house.root).get("opportunities/surprises/").json()["items"][0]["why"] == ["unmet"]


def test_a_sale_is_lost_for_a_reason_of_losing_or_never_was_qualified(sale, browser_of, house):
    eva, path = browser_of(house.eva), f"opportunities/{sale.pk}/closings/"
    other = opportunity_of(put(LeadFactory(account=AccountFactory()), "working", owner=house.ana), owner=house.eva)

    assert problem(eva.post(path, {"status": "lost"})) == (422, "invalid", ["reason"])
    assert problem(eva.post(path, {"status": "lost", "reason": "no_for_now"})) == (422, "reason", ["reason"])
    assert problem(eva.post(path, {"status": "lost", "amount": "1.00"})) == (422, "invalid", ["amount"])
    reason = Reason.objects.filter(disposition="loss", is_active=True).first()
    lost = eva.post(path, {"status": "lost", "reason": reason.code}).json()
    given_up = eva.post(f"opportunities/{other.pk}/closings/", {"status": "not_qualified"}).json()

    assert (lost["status"], lost["loss_reason"], given_up["status"]) == ("lost", reason.code, "not_qualified")


def test_a_sale_goes_into_other_hands_with_what_is_ticked(sale, lead, browser_of, house):
    rita, path = browser_of(house.rita), f"opportunities/{sale.pk}/owners/"

    moved = rita.post(path, {"role": "opportunity_owner", "to": "finn", "along": ["leads", "tasks", "meetings"]})
    again = rita.post(path, {"role": "opportunity_owner", "to": "finn"})
    nobody = rita.post(path, {"role": "opportunity_owner", "to": "nowhere"})
    more = rita.post(path, {"role": "opportunity_owner", "to": "eva", "along": ["opportunities"]})
    found = browser_of(house.finn).post(path, {"role": "development_owner", "to": "eva"})

    sale.refresh_from_db()
    assert (moved.status_code, sale.opportunity_owner) == (201, house.finn)
    assert moved.json() == {"account": sale.account_id, "opportunities": 0, "leads": 0, "tasks": 0, "meetings": 0}
    assert [problem(answer) for answer in (again, nobody, more)] == [
        (422, "to", ["to"]), (422, "unknown", ["to"]), (422, "invalid", ["along.0"]),
    ]  # fmt: skip
    assert (problem(found)[:2], sale.development_owner) == ((403, "forbidden"), None)
    assert browser_of(house.dov).post(path, {"role": "opportunity_owner", "to": "eva"}).status_code == 404
    assert Event.objects.filter(opportunity_id=sale.pk, kind="owner", door="api").count() == 1


def test_what_a_sale_is_worth_and_who_has_which_part_in_it(sale, lead, browser_of, house):
    eva = browser_of(house.eva)

    worth = eva.post(f"opportunities/{sale.pk}/values/", {"amount": "900.50", "currency": "SEK"}).json()
    below = eva.post(f"opportunities/{sale.pk}/values/", {"amount": "-1.00"})
    part = eva.post(f"opportunities/{sale.pk}/people/", {"lead": lead.pk, "role": "champion"})
    none = eva.post(f"opportunities/{sale.pk}/people/", {"lead": lead.pk + 1, "role": "champion"})

    assert (worth["amount"], worth["currency"]) == ("900.50", "SEK")
    assert (problem(below), problem(none)) == ((422, "amount", ["amount"]), (422, "lead", ["lead"]))
    assert part.json() | {"is_primary": None} == {"lead": lead.pk, "role": "champion", "is_primary": None}
    assert eva.get(f"opportunities/{sale.pk}/people/").json()["items"] == [part.json()]
    assert browser_of(house.dov).get(f"opportunities/{sale.pk}/people/").status_code == 404


def test_the_same_key_twice_moves_a_sale_once(sale, browser_of, house):
    eva, body = browser_of(house.eva), {"stage": stage(2).name}
    held(sale, at=clock.now())
    first = eva.post(f"opportunities/{sale.pk}/stages/", body, key="k1")
    again = eva.post(f"opportunities/{sale.pk}/stages/", body, key="k1")

    assert (first.json(), again["Idempotency-Replayed"]) == (again.json(), "true")
    assert Event.objects.filter(opportunity_id=sale.pk, door="api").count() == 1


def test_what_nobody_told_of_for_two_days_is_recorded_and_confirmed(lead, house, browser_of):
    meeting = met(lead, house)
    ana, cleo = browser_of(house.ana), browser_of(house.cleo)

    no_reason = ana.post(f"meetings/{meeting.pk}/claims/", {"status": "unqualified"})
    claimed = ana.post(f"meetings/{meeting.pk}/claims/", {"status": "qualified"})
    denied = cleo.post(f"meetings/{meeting.pk}/claim-answers/", {"granted": False})
    ana.post(f"meetings/{meeting.pk}/claims/", {"status": "qualified"})
    shown = cleo.get(f"meetings/{meeting.pk}/").json()
    granted = cleo.post(f"meetings/{meeting.pk}/claim-answers/", {"granted": True})

    assert problem(no_reason) == (422, "reason", ["reason"])
    assert [a.status_code for a in (claimed, denied, granted)] == [201, 201, 201]
    assert (shown["claim"], shown["claimed_by"], shown["status"]) == ("qualified", "ana", "booked")
    assert (granted.json()["status"], Lead.objects.get(pk=lead.pk).status) == ("qualified", "qualified")


def test_what_was_said_is_corrected_contested_and_settled(lead, house, browser_of):
    meeting = met(lead, house, days=1)
    ana, eva, cleo = browser_of(house.ana), browser_of(house.eva), browser_of(house.cleo)
    path = f"meetings/{meeting.pk}/"

    said = eva.post(f"{path}dispositions/", {"status": "no_show"})
    corrected = eva.post(f"{path}corrections/", {"status": "missed", "version": said.json()["version"]})
    stale = eva.post(f"{path}corrections/", {"status": "no_show", "version": said.json()["version"]})
    contested = ana.post(f"{path}contests/", {"why": "She was there."})
    mixed = cleo.post(f"{path}settlements/", {"upheld": False, "status": "qualified"})
    settled = cleo.post(f"{path}settlements/", {"upheld": True, "status": "qualified"})

    assert (corrected.json()["status"], problem(stale)[:2]) == ("missed", (409, "stale"))
    assert (contested.status_code, problem(mixed)) == (201, (422, "invalid", ["status"]))
    assert settled.json()["status"] == "qualified"
    assert problem(cleo.post(f"{path}settlements/", {"upheld": False}))[:2] == (422, "state")


def test_who_takes_over_answers_within_a_day(lead, house, browser_of):
    met(lead, house, amount=250_000)
    hand_off = HandOff.objects.get(outcome="")
    ana, eva = browser_of(house.ana), browser_of(house.eva)

    assert ana.post(f"hand-offs/{hand_off.pk}/answers/", {"accepted": True}).status_code == 403
    taken = eva.post(f"hand-offs/{hand_off.pk}/answers/", {"accepted": True}).json()

    assert (taken["outcome"], taken["giver"], taken["receiver"]) == ("accepted", "ana", "eva")


def test_a_company_changes_hands_with_what_was_named_to_go_along(sale, lead, house, browser_of):
    root, path = browser_of(house.root), f"accounts/{lead.account_id}/"

    named = root.post(f"{path}owners/", {"role": "opportunity_owner", "to": "eva"})
    again = root.post(f"{path}owners/", {"role": "opportunity_owner", "to": "eva"})
    moved = root.post(f"{path}owners/", {"role": "opportunity_owner", "to": "finn", "along": ["opportunities"]})
    back = root.post(f"{path}consolidations/", {"to": "eva"})

    assert (named.status_code, problem(again)) == (201, (422, "to", ["to"]))
    assert moved.json() == {"account": lead.account_id, "opportunities": 1, "leads": 0, "tasks": 0, "meetings": 0}
    assert back.json()["opportunities"] == 1
    assert problem(root.post(f"{path}owners/", {"role": "opportunity_owner", "to": "mark"})) == (422, "unknown", ["to"])
    assert browser_of(house.ana).post(f"{path}consolidations/", {"to": "eva"}).status_code == 403


def test_free_times_are_those_at_which_a_meeting_can_be_booked(lead, house, browser_of):
    ana = browser_of(house.ana)
    times = ana.get("free-times/", owner="eva", limit=3).json()["items"]

    body = {"product": Product.objects.first().name, "starts_at": times[0], "owner": "eva"}
    assert ana.post(f"leads/{lead.pk}/meetings/", body).status_code == 201
    assert (len(times), ana.get("free-times/", owner="eva", limit=3).json()["items"][:2]) == (3, times[1:])
    assert problem(ana.get("free-times/", owner="nobody")) == (400, "invalid", ["owner"])
