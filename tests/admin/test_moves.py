"""The buttons on a lead's page in the admin: where they are allowed, by the one process, with a reason, and never around the rules."""

import re

import pytest

from accounts.models import Event, Reason
from leads.models import Lead
from tests.factories import product_led, put

pytestmark = pytest.mark.django_db


def buttons(client, lead) -> list[str]:
    page = client.get(f"/admin/leads/lead/{lead.pk}/change/").content.decode()
    return re.findall(rf'href="/admin/leads/lead/{lead.pk}/move/([\w-]+)/"', page)


def press(client, lead, name, **said):
    data = {"cycle": lead.cycle_id or "", "version": lead.version} | said
    return client.post(f"/admin/leads/lead/{lead.pk}/move/{name}/", data)


def reason(code: str) -> int:
    return Reason.objects.get(code=code).pk


def facts(lead) -> tuple:
    now = Lead.objects.get(pk=lead.pk)
    return now.status, now.owner_id, now.team_id, now.version, now.cycle_id, Event.objects.count()


@pytest.mark.parametrize(
    ("who", "state", "expected"),
    [
        ("cleo", "assigned", ["assign", "nurture", "unqualify"]),
        ("cleo", "working", ["assign", "nurture", "unqualify"]),
        ("cleo", "nurture", ["assign", "take-back"]),
        ("cleo", "unqualified", ["reopen", "take-back"]),
        ("cleo", "qualified", ["take-back"]),
        ("rita", "raw", ["assign", "set-aside", "discard"]),
        ("rita", "nurture", ["assign", "discard", "take-back"]),
    ],
)
def test_what_is_allowed_is_a_button_and_nothing_else_is(house, client_of, who, state, expected):
    lead = put(None, state, owner=house.ana)

    assert buttons(client_of(house.people[who]), lead) == expected


def test_every_button_opens_its_form(house, client_of):
    client = client_of(house.rita)
    for state in ("raw", "assigned", "working", "qualified", "nurture", "unqualified"):
        lead = put(None, state, owner=house.ana)
        for name in buttons(client, lead):
            assert client.get(f"/admin/leads/lead/{lead.pk}/move/{name}/").status_code == 200


def test_a_round_ends_with_its_reason_by_the_door_of_the_admin(house, client_of):
    lead = put(None, "working", owner=house.ana)

    answer = press(client_of(house.cleo), lead, "nurture", reason=reason("budget_later"), note="Next year.")

    assert (answer.status_code, answer["Location"]) == (302, f"/admin/leads/lead/{lead.pk}/change/")
    event = Event.objects.transitions().filter(lead_id=lead.pk).latest("pk")
    assert (event.move, event.door, event.actor_id, event.reason_id) == (
        "nurture", "admin", house.cleo.pk, reason("budget_later"),
    )  # fmt: skip


def test_an_end_is_taken_back_a_lead_reopened_and_handed_over(house, client_of):
    client = client_of(house.cleo)
    ended, never = put(None, "nurture", owner=house.ana), put(None, "unqualified", owner=house.ana)

    assert press(client, ended, "take-back").status_code == 302
    assert press(client, never, "reopen", to=f"person-{house.ben.pk}", note="They called.").status_code == 302

    assert Lead.objects.get(pk=ended.pk).status == "working"
    assert (Lead.objects.get(pk=never.pk).status, Lead.objects.get(pk=never.pk).owner) == ("assigned", house.ben)


@pytest.mark.parametrize(
    ("name", "said", "words"),
    [
        ("nurture", {}, "This field is required."),
        ("unqualify", {"reason": "not_a_prospect"}, "Select a valid choice."),
        ("take-back", {}, ""),
        ("set-aside", {}, ""),
        ("nurture", {"version": "0"}, "while you were writing"),
        ("assign", {"to": "person-{dov}"}, "Select a valid choice."),
    ],
)
def test_what_the_rules_refuse_changes_nothing(house, client_of, name, said, words):
    lead = put(None, "working", owner=house.ana)
    before, client = facts(lead), client_of(house.cleo)
    said = {key: value.format(dov=house.dov.pk) for key, value in said.items()}
    if "version" in said:
        said["reason"] = reason("budget_later")

    answer = press(client, lead, name, **said)

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert facts(lead) == before


def test_a_lead_out_of_reach_is_not_there_and_a_made_up_move_neither(house, client_of):
    theirs, mine = put(None, "working", owner=house.dov), put(None, "working", owner=house.ana)
    before, client = facts(theirs), client_of(house.cleo)

    assert press(client, theirs, "nurture", reason=reason("budget_later")).status_code == 404
    assert press(client, mine, "qualify").status_code == 404
    assert facts(theirs) == before


def test_the_shield_holds_in_the_admin_too(house, client_of):
    lead = product_led()

    assert buttons(client_of(house.rita), lead) == ["nurture", "unqualify"]


def test_a_double_click_is_one_end(house, client_of):
    lead, client = put(None, "working", owner=house.ana), client_of(house.cleo)
    said = {"reason": reason("budget_later")}

    assert [press(client, lead, "nurture", **said).status_code for _ in range(2)] == [302, 422]
    assert Event.objects.filter(lead_id=lead.pk, move="nurture").count() == 1
