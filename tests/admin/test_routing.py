"""Routing in the admin: a draft is written, tried, replayed and switched on; a manager gives a turn back."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts import clock
from accounts.models import Account, Domain, Event, Membership, Team
from leads import signals
from leads.models import Credit, Lead, RoutingRule, Source
from tests.leads.states import raw

pytestmark = pytest.mark.django_db
TRY, DRAFT = "admin:leads_routingrule_try", "admin:leads_routingrule_draft"


@pytest.fixture
def pool(house) -> Team:
    pool = Team.objects.create(name="Inbound", kind="pool", manager=house.cleo)
    Membership.objects.create(user=house.ana, team=pool)
    RoutingRule.objects.create(name="All", pool=pool, valid_from=clock.now() - timedelta(days=1))
    return pool


def test_a_made_up_lead_is_told_where_it_would_go_and_why(desk, house, pool):
    account = Account.objects.create(
        name="Kettler", name_key="kettler", domain="kettler.no", is_target=True, development_owner=house.dov, created_at=clock.now()
    )  # fmt: skip
    Domain.objects.create(name="kettler.no", account=account)

    free = desk.get(reverse(TRY), {"go_to_market": "inbound"})
    theirs = desk.get(reverse(TRY), {"go_to_market": "inbound", "domain": "www.kettler.no"})
    unknown = desk.get(reverse(TRY), {"go_to_market": "inbound", "domain": "nowhere.no"})
    named = desk.get(reverse(TRY), {"go_to_market": "inbound", "named": house.ben.pk})

    assert free.context["said"] == "Would go to Ana Berg: the next in turn of Inbound, by the rule “All”."
    assert theirs.context["said"] == "Would go to Dov Katz: who has this target account."
    assert named.context["said"].startswith("Would go to Ben ")
    assert unknown.context["form"].errors == {"domain": ["No company has the domain “nowhere.no”."]}
    assert (Lead.objects.count(), Event.objects.count()) == (0, 0)


def test_a_draft_is_begun_edited_replayed_and_switched_on(desk, house, pool):
    lead = raw(created_at=clock.now(), status_since=clock.now(), recorded_at=clock.now())
    assert signals.raise_hand([lead], what="demo", by=None, at=clock.now()).lead.owner == house.ana
    assert desk.get(reverse(DRAFT)).context["replay"] is None

    desk.post(reverse(DRAFT), {"do": "begin"})
    draft = RoutingRule.objects.get(valid_from=None)
    desk.post(
        reverse("admin:leads_routingrule_change", args=[draft.pk]), {"name": "South", "order": "1", "pool": house.south.pk}
    )  # fmt: skip
    page = desk.get(reverse(DRAFT)).context
    assert (page["replay"].rounds, page["replay"].moved_pool) == (1, 1)
    assert [(row["lead"], row["was"], row["would"]) for row in page["examples"]] == [(lead, pool, house.south)]

    assert desk.post(reverse(DRAFT), {"do": "switch_on"}).status_code == 302
    assert [r.name for r in RoutingRule.objects.filter(valid_until=None)] == ["South"]


@pytest.mark.parametrize(
    ("typed", "errors"),
    [
        ({"policy_name": "Nosuch"}, {"policy_name": ["There is no policy “Nosuch”. There are: Response."]}),
        ({"score_from": "150"}, {"score_from": ["A score is 100 at most: this rule would match nobody."]}),
        ({"score_from": "80", "score_to": "20"}, {"score_to": ["This is below the lowest score: the rule would match nobody."]}),
    ],
)  # fmt: skip
def test_a_rule_that_could_not_do_what_it_says_is_refused_where_it_is_typed(desk, pool, typed, errors):
    facts = {"name": "New", "order": "5", "pool": pool.pk}

    refused = desk.post(reverse("admin:leads_routingrule_add"), facts | typed)
    taken = desk.post(reverse("admin:leads_routingrule_add"), facts | {"policy_name": "Response", "score_from": "66"})

    assert errors.items() <= refused.context["adminform"].form.errors.items()
    assert (taken.status_code, RoutingRule.objects.filter(valid_from=None).count()) == (302, 1)


def test_a_made_up_lead_of_a_campaign_goes_by_that_campaigns_rule(desk, house, pool):
    event = Source.objects.create(name="Event")
    fair, other = (Source.objects.create(name=name, parent=event) for name in ("Fair", "Mailing"))
    RoutingRule.objects.create(name="Fair", order=0, pool=house.south, campaign=fair, valid_from=clock.now())

    said = [
        desk.get(reverse(TRY), {"go_to_market": "inbound", "campaign": one.pk, "source": event.pk}).context["said"]
        for one in (fair, other)
    ]

    assert ["South" in words for words in said] == [True, False]


def test_a_rule_in_force_is_neither_changed_nor_deleted(desk, pool):
    rule = RoutingRule.objects.get()

    changed = desk.post(reverse("admin:leads_routingrule_change", args=[rule.pk]), {"name": "None", "order": "1"})
    deleted = desk.post(reverse("admin:leads_routingrule_delete", args=[rule.pk]), {"post": "yes"})

    assert (changed.status_code, deleted.status_code, RoutingRule.objects.get().name) == (403, 403, "All")


def test_a_manager_looks_at_the_draft_and_does_not_switch_it_on(client_of, cleo, pool):
    RoutingRule.objects.create(name="Draft", pool=pool)

    looked = client_of(cleo).get(reverse(DRAFT))
    switched = client_of(cleo).post(reverse(DRAFT), {"do": "switch_on"})

    assert (looked.status_code, looked.context["may_change"], switched.status_code) == (200, False, 403)
    assert RoutingRule.objects.filter(valid_from=None).count() == 1


def test_a_manager_gives_a_turn_back_to_one_of_theirs(client_of, cleo, house, north):
    response = client_of(cleo).post(
        reverse("admin:leads_credit_add"), {"pool": north.pk, "user": house.ana.pk, "turns": "1"}
    )

    credit = Credit.objects.get()
    assert (response.status_code, credit.user, credit.by, credit.why) == (302, house.ana, cleo, "manager")


def test_a_manager_gives_none_to_somebody_elses(client_of, cleo, house, south):
    client_of(cleo).post(reverse("admin:leads_credit_add"), {"pool": south.pk, "user": house.dov.pk, "turns": "1"})

    assert Credit.objects.count() == 0


def test_the_fifty_first_target_account_is_refused(desk, house):
    Account.objects.bulk_create(
        Account(name=f"K{n}", name_key=f"k{n}", domain=f"k{n}.no", is_target=True, development_owner=house.ana, created_at=clock.now())
        for n in range(50)
    )  # fmt: skip
    facts = {"name": "One more", "is_target": "on", "development_owner": house.ana.pk}
    forms = {"domains-TOTAL_FORMS": "0", "domains-INITIAL_FORMS": "0"}

    refused = desk.post(reverse("admin:accounts_account_add"), facts | forms)
    taken = desk.post(reverse("admin:accounts_account_add"), facts | forms | {"development_owner": house.ben.pk})

    assert refused.context["adminform"].form.errors == {
        "development_owner": ["Ana Berg has 50 target accounts; at most 50 can be worked by one person."]
    }
    assert (taken.status_code, Account.objects.get(name="One more").idle_at is not None) == (302, True)
