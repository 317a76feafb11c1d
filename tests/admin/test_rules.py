"""What RevOps keeps in the admin: reasons, stages, policies, domains, accounts; and what it warns about."""

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from accounts import clock
from accounts.models import Account, Domain, Event, Reason, Stage
from leads.admin.rules import consequence
from leads.models import Policy
from tests.admin.conftest import errors
from tests.factories import AccountFactory

pytestmark = pytest.mark.django_db


def add(model: str) -> str:
    return reverse(f"admin:{model}_add")


def page(row) -> str:
    return reverse(f"admin:{row._meta.label_lower.replace('.', '_')}_change", args=[row.pk])


def said(response) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request) if message.level_tag == "warning"]


def a_reason(**facts) -> dict:
    return {
        "label": "Waits for an audit",
        "code": "audit",
        "disposition": "nurture",
        "test": "They named the audit.",
        "is_active": "on",
        "nurture_kind": "remarket",
        "program": "marketing",
        "recycle_months": "6",
        "order": "300",
    } | facts


def test_a_reason_that_says_what_was_observed_is_kept_without_a_word(desk):
    response = desk.post(add("accounts_reason"), a_reason())
    assert response.status_code == 302
    assert Reason.objects.get(code="audit").label == "Waits for an audit"
    assert said(response) == []


@pytest.mark.parametrize("label", ["Not a fit", "No budget", "Bad lead", "junk", "Junk lead", "not  a fit, really"])
def test_a_vague_label_is_warned_about(desk, label):
    response = desk.post(add("accounts_reason"), a_reason(label=label))
    assert said(response) == [f"“{label}” is vague. Say what was observed, so that two people choose the same."]


@pytest.mark.parametrize("label", ["Budget not available for 6+ months", "Fitting another tool", "Adjunct staff"])
def test_a_label_that_only_sounds_alike_is_not(desk, label):
    assert said(desk.post(add("accounts_reason"), a_reason(label=label))) == []


def test_the_ninth_active_reason_of_a_kind_is_warned_about_and_the_eighth_is_not(desk):
    there = Reason.objects.to_choose("nurture").filter(nurture_kind="remarket").count()
    for number in range(8 - there):
        last = desk.post(add("accounts_reason"), a_reason(code=f"r{number}", label=f"Reason {number}"))
        assert said(last) == []
    response = desk.post(add("accounts_reason"), a_reason(code="ninth", label="The ninth"))
    assert said(response) == [
        "9 active reasons of the kind “Remarket” are more than anybody reads. "
        "Keep 8 at most: switch off those hardly chosen."
    ]


def test_a_switched_off_reason_counts_for_nothing(desk):
    for number in range(8):
        desk.post(add("accounts_reason"), a_reason(code=f"r{number}", label=f"Reason {number}", is_active=""))
    assert said(desk.post(add("accounts_reason"), a_reason())) == []


def test_the_code_of_a_reason_is_not_typed_over(desk):
    reason = Reason.objects.get(code="auto_abandoned")
    desk.post(page(reason), a_reason(label="Went quiet", code="mine", disposition="unqualified"))
    reason.refresh_from_db()
    assert (reason.code, reason.label, reason.disposition) == ("auto_abandoned", "Went quiet", "nurture")


def test_a_system_reason_stays_active_and_out_of_peoples_hands(desk):
    reason = Reason.objects.get(code="auto_abandoned")
    desk.post(page(reason), a_reason(is_active="", is_prequalification="on", is_system=""))
    reason.refresh_from_db()
    assert (reason.is_active, reason.is_prequalification, reason.is_system) == (True, False, True)


def test_not_now_without_a_kind_is_refused_at_the_field(desk):
    response = desk.post(add("accounts_reason"), a_reason(nurture_kind=""))
    assert errors(response)["nurture_kind"] == ["Not now needs a kind: who takes care of them meanwhile."]
    assert not Reason.objects.filter(code="audit").exists()


def test_never_with_a_kind_is_refused_at_the_field(desk):
    response = desk.post(add("accounts_reason"), a_reason(disposition="unqualified"))
    assert errors(response)["nurture_kind"] == ["Only not now has a kind. Leave this empty."]


def test_a_loss_says_what_its_people_become(desk):
    response = desk.post(add("accounts_reason"), a_reason(disposition="loss", nurture_kind=""))
    assert errors(response)["becomes"] == ["Choose what the people of a lost opportunity become."]


def test_another_qualifying_stage_takes_the_tick_from_the_first(desk):
    booked = Stage.objects.get(order=1)
    facts = {"name": booked.name, "order": 1, "probability": 10, "entry_criteria": ""}
    assert desk.post(page(booked), facts | {"is_qualifying": "on"}).status_code == 302
    assert list(Stage.objects.filter(is_qualifying=True)) == [booked]


def test_the_last_qualifying_stage_cannot_lose_its_tick(desk):
    held = Stage.objects.get(is_qualifying=True)
    facts = {"name": held.name, "order": held.order, "probability": 20, "entry_criteria": ""}
    response = desk.post(page(held), facts)
    assert errors(response)["is_qualifying"] == [
        "One stage must be the qualifying stage. Tick it at another one instead."
    ]
    assert Stage.objects.get(is_qualifying=True) == held


def policy(at, **facts) -> dict:
    return {
        "name": "Response",
        "valid_from_0": f"{at:%Y-%m-%d}",
        "valid_from_1": f"{at:%H:%M:%S}",
        "target_minutes": "60",
        "limit_minutes": "480",
        "order": "100",
        "at_limit": "move",
        "is_active": "on",
    } | facts


def test_changing_a_policy_adds_its_next_version_and_leaves_the_last(desk, rita):
    before = list(Policy.objects.values())
    name = Policy.objects.first().name if before else "Response"
    tomorrow = (clock.now() + timedelta(days=1)).astimezone(rita.zone)
    assert desk.post(add("leads_policy"), policy(tomorrow, name=name)).status_code == 302
    newest = Policy.objects.order_by("-version").first()
    assert (newest.version, newest.target_minutes) == (len(before) + 1, 60)
    assert list(Policy.objects.exclude(pk=newest.pk).values()) == before


def test_a_policy_of_no_minutes_is_refused(desk, rita):
    """Every lead would be over its limit the moment it comes."""
    facts = policy(clock.now().astimezone(rita.zone), target_minutes="0", limit_minutes="0")
    assert errors(desk.post(add("leads_policy"), facts)) == {
        "target_minutes": ["At least 1 minute: at 0 every lead is late when it comes."]
    }


def test_a_policy_in_force_cannot_be_typed_over(desk):
    held = Policy.objects.create(name="Old", valid_from=clock.now(), target_minutes=120, limit_minutes=1440)
    assert desk.post(page(held), policy(clock.now(), target_minutes="5")).status_code == 403
    held.refresh_from_db()
    assert held.target_minutes == 120


def test_a_policy_does_not_begin_in_the_past(desk, rita):
    number = Policy.objects.count()
    yesterday = (clock.now() - timedelta(days=1)).astimezone(rita.zone)
    response = desk.post(add("leads_policy"), policy(yesterday))
    assert errors(response) == {
        "valid_from": ["That is past. A version begins now or later; rounds keep the one they began with."]
    }
    assert Policy.objects.count() == number


def test_the_target_does_not_lie_beyond_the_limit(desk, rita):
    tomorrow = (clock.now() + timedelta(days=1)).astimezone(rita.zone)
    response = desk.post(add("leads_policy"), policy(tomorrow, target_minutes="500"))
    assert errors(response)["limit_minutes"] == ["The limit lies at or after the target."]


def test_the_consequence_of_a_policy_stands_under_its_fields(desk):
    text = desk.get(add("leads_policy")).content.decode()
    assert "Evenings and weekends count." in text


def test_the_consequence_says_the_hours_of_a_friday():
    assert consequence(120, 1440) == (
        "Assigned on Friday at 15:05, a lead is at risk from Friday 16:35, over target after Friday 17:05 (2 h) "
        "and over limit after Saturday 15:05 (24 h). Evenings and weekends count."
    )


def test_revops_says_that_a_shipped_free_domain_is_an_employer_and_takes_it_back(desk):
    desk.post(add("accounts_domain"), {"name": "WWW.Mailhouse.example", "kind": "free"})
    row = Domain.objects.get(name="mailhouse.example")
    assert row.kind == "free"
    desk.post(reverse("admin:accounts_domain_delete", args=[row.pk]), {"post": "yes"})
    assert not Domain.objects.exists()


def test_a_companys_own_domain_is_kept_with_the_company(desk):
    row = Domain.objects.create(name="nordlicht.example", account=AccountFactory(domain="nordlicht.example"))
    assert desk.post(page(row), {"name": row.name, "kind": "free"}).status_code == 403
    assert desk.post(reverse("admin:accounts_domain_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    assert Domain.objects.get().kind == "company"


NO_DOMAINS = {"domains-TOTAL_FORMS": "0", "domains-INITIAL_FORMS": "0"}


def test_a_new_account_brings_its_domain(desk):
    response = desk.post(
        add("accounts_account"), NO_DOMAINS | {"name": "Nordlicht Energi", "domain": "https://WWW.Nordlicht.no/x"}
    )
    assert response.status_code == 302
    account = Account.objects.get()
    assert (account.domain, account.name_key != "") == ("nordlicht.no", True)
    assert [d.name for d in account.domains.all()] == ["nordlicht.no"]


def test_a_domain_that_is_known_makes_no_second_account(desk):
    first = AccountFactory(domain="nordlicht.no")
    Domain.objects.create(name="nordlicht.no", account=first)
    response = desk.post(add("accounts_account"), NO_DOMAINS | {"name": "Another", "domain": "nordlicht.no"})
    assert errors(response)["domain"] == ["nordlicht.no is known already."]
    assert list(Account.objects.all()) == [first]


def test_an_owner_that_an_account_had_not_goes_on_record(desk, house):
    account = AccountFactory()
    facts = NO_DOMAINS | {"name": account.name, "development_owner": house.ben.pk}
    assert desk.post(page(account), facts).status_code == 302
    account.refresh_from_db()
    event = Event.objects.get(account_id=account.pk)
    assert account.development_owner == house.ben
    assert (event.kind, event.move, event.door, event.actor_id) == (
        *("owner", "development_owner", "admin"),
        house.rita.pk,
    )
    assert event.data == {"from": None, "to": house.ben.pk}


def test_an_owner_there_is_changes_where_it_is_asked_what_moves_along(desk, house):
    account = AccountFactory(development_owner=house.ana, is_target=True)
    shown = desk.get(page(account)).content.decode()
    facts = NO_DOMAINS | {"name": "Renamed", "is_target": "on", "development_owner": house.ben.pk}
    assert desk.post(page(account), facts).status_code == 302
    account.refresh_from_db()
    assert (account.name, account.development_owner) == ("Renamed", house.ana)
    assert ('name="development_owner"' in shown, f'href="/accounts/{account.pk}/"' in shown) == (False, True)
    assert Event.objects.filter(account_id=account.pk, kind="owner").count() == 0
