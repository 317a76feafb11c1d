"""ROUTE-1 as a table: for each of its lines a lead that takes it and one that just misses it, with the trace and the sentence of both."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.db.models import Count

from accounts import clock
from accounts.models import Absence, Account, Membership, Message, Product, Team
from leads import assignment, dispositions, pulling, timeline
from leads.models import Lead, RoutingRule, Source, Spell
from leads.routing import Router, ask_of
from tests.cast import House
from tests.leads.routes import DAY, asks, company, make_pool, opportunity, route, rule, worked
from tests.leads.states import HOUR, NOON, raw, reason

ENDED = NOON + HOUR


@dataclass
class World:
    """The house, the pool of everybody, and the last rule, which catches all and tells RevOps."""

    house: House
    pool: Team
    last: RoutingRule

    def __getattr__(self, name: str):
        return getattr(self.house, name)

    def account(self, owner: str = "", **facts) -> Account:
        return company(**facts, **({"development_owner": getattr(self.house, owner)} if owner else {}))

    def caught(self, *tried, **more) -> dict:
        """Return the trace of what the last rule caught."""
        return (
            {"path": "rule", "pool": self.pool.pk, "rule": self.last.pk}
            | ({"rules": [list(t) for t in tried]} if tried else {})
            | more
        )


@dataclass
class Case:
    """A lead, how it asks, the trace that is kept, and what the lead page says of it after *They asked for us.*"""

    lead: Lead
    trace: dict
    said: str = "Went to Ana: the next in turn of Inbound, by the rule “All the others”."
    how: dict = field(default_factory=dict)


@pytest.fixture
def world(house) -> World:
    pool = make_pool("Inbound", house.ana, house.ben, manager=house.cleo)
    return World(house, pool, rule("All the others", pool, 900, tells_revops=True))


def named(w: World) -> Case:
    return Case(
        raw(account=w.account("dov", is_target=True)),
        {"path": "explicit"},
        "Went to Ben: who was named for it.",
        {"to": w.ben},
    )


def named_but_away(w: World) -> Case:
    Absence.objects.create(user=w.ben, starts_at=NOON, ends_at=NOON + DAY)
    trace = w.caught(tried=[["explicit", w.ben.pk, "away"]], skipped=[[w.ben.pk, "away"]])
    return Case(raw(), trace, how={"to": w.ben})


def of_the_product(w: World) -> Case:
    account, other = w.account(), Product.objects.create(name="Route Desk")
    opportunity(account, w.eva, stage=3)
    opportunity(account, w.finn, stage=1, product=other)
    said = "Went to Finn: who has the open opportunity at this company."
    return Case(raw(account=account), {"path": "opportunity"}, said, {"product": other})


def of_no_product_there(w: World) -> Case:
    account, other = w.account(), Product.objects.create(name="Route Desk")
    opportunity(account, w.finn, stage=1)
    opportunity(account, w.eva, stage=3, product=Product.objects.create(name="Depot"))
    said = "Went to Eva: who has the open opportunity at this company."
    return Case(raw(account=account), {"path": "opportunity"}, said, {"product": other})


def not_qualified(w: World) -> Case:
    account = w.account()
    opportunity(account, w.eva, stage=3, status="not_qualified")
    return Case(raw(account=account), w.caught())


def customer(w: World) -> Case:
    account = w.account(success_owner=w.carl)
    opportunity(account, w.eva, status="won")
    return Case(raw(account=account), {"path": "customer"}, "Went to Carl: who looks after this customer.")


def customer_without_csm(w: World) -> Case:
    account = w.account()
    opportunity(account, w.eva, status="won")
    return Case(raw(account=account), {"path": "customer"}, "Went to Eva: who looks after this customer.")


def no_customer_yet(w: World) -> Case:
    account = w.account(success_owner=w.carl)
    opportunity(account, None)
    return Case(raw(account=account), w.caught())


def kept(w: World) -> Case:
    lead = worked(w.dov)
    dispositions.keep([lead], until=NOON + 200 * DAY, by=w.dov, at=ENDED)
    return Case(
        Lead.objects.get(pk=lead.pk), {"path": "keeper"}, "Went to Dov: who keeps this lead.", {"at": ENDED + 91 * DAY}
    )


def nurtured(w: World) -> Case:
    return Case(ended(w), w.caught(), how={"at": ENDED + 91 * DAY})


def ended(w: World, **facts) -> Lead:
    lead = worked(w.dov, **facts)
    dispositions.nurture([lead], reason=reason("budget_later"), by=w.dov, at=ENDED)
    return Lead.objects.get(pk=lead.pk)


HEAD = "Went to Eva: the account executive, since a head of the company asks."


def head_of_a_target(w: World) -> Case:
    return Case(
        raw(account=w.account("dov", is_target=True, opportunity_owner=w.eva), title="CEO"), {"path": "c_level"}, HEAD
    )


def vice_president_of_a_target(w: World) -> Case:
    lead = raw(account=w.account("dov", is_target=True, opportunity_owner=w.eva), title="Vice President")
    return Case(lead, {"path": "target"}, "Went to Dov: who has this target account.")


def head_of_an_enterprise(w: World) -> Case:
    return Case(
        raw(account=w.account(opportunity_owner=w.eva, segment="Enterprise"), title="CFO"), {"path": "c_level"}, HEAD
    )


def head_of_an_enterprise_without_an_ae(w: World) -> Case:
    closers = make_pool("Closers", w.finn)
    made = rule("Heads", closers, 5, owner_role="ae", segment="enterprise")
    trace = {"path": "c_level", "pool": closers.pk, "rule": made.pk}
    return Case(raw(segment="enterprise", title="CFO"), trace, HEAD.replace("Eva", "Finn"))


def head_of_a_mid_size(w: World) -> Case:
    return Case(raw(account=w.account(opportunity_owner=w.eva, segment="mid"), title="CFO"), w.caught())


def target(w: World) -> Case:
    return Case(
        raw(account=w.account("dov", is_target=True)), {"path": "target"}, "Went to Dov: who has this target account."
    )


def no_target(w: World) -> Case:
    return Case(raw(account=w.account("dov")), w.caught())


def colleague_in_hand(w: World) -> Case:
    account = w.account()
    worked(w.dov, account=account)
    return Case(raw(account=account), {"path": "company"}, "Went to Dov: who works another lead at this company.")


def colleague_ended(w: World) -> Case:
    account = w.account()
    ended(w, account=account)
    return Case(raw(account=account), w.caught(), how={"at": ENDED})


def back_in_ninety_days(w: World) -> Case:
    return Case(ended(w), {"path": "back"}, "Went to Dov: who worked it last.", {"at": ENDED + 90 * DAY})


def back_a_second_later(w: World) -> Case:
    return Case(ended(w), w.caught(), how={"at": ENDED + 90 * DAY + timedelta(seconds=1)})


def back_from_a_round_nobody_worked(w: World) -> Case:
    lead = assignment.assign([raw(team=w.south)], to=w.dov, by=w.dov, at=NOON, trigger="pull").lead
    pulling.give_back([lead], by=w.dov, at=ENDED)
    return Case(Lead.objects.get(pk=lead.pk), w.caught(), how={"at": ENDED})


def stood_in_for(w: World) -> Case:
    Absence.objects.create(user=w.dov, starts_at=NOON, ends_at=NOON + DAY, delegate=w.finn)
    said = "Went to Finn: who has this target account. Finn stands in for Dov."
    return Case(raw(account=w.account("dov", is_target=True)), {"path": "target", "for": w.dov.pk}, said)


def back_from_leave(w: World) -> Case:
    Absence.objects.create(user=w.dov, starts_at=NOON - DAY, ends_at=NOON, delegate=w.finn)
    return Case(
        raw(account=w.account("dov", is_target=True)), {"path": "target"}, "Went to Dov: who has this target account."
    )


def nobody_stands_in(w: World) -> Case:
    Absence.objects.create(user=w.dov, starts_at=NOON, ends_at=NOON + DAY, delegate=w.finn)
    Absence.objects.create(user=w.finn, starts_at=NOON, ends_at=NOON + DAY)
    return Case(raw(account=w.account("dov", is_target=True)), w.caught(tried=[["target", w.dov.pk, "away"]]))


def somebody_switched_off(w: World) -> Case:
    w.dov.is_active = False
    w.dov.save()
    return Case(raw(account=w.account("dov", is_target=True)), w.caught(tried=[["target", w.dov.pk, "inactive"]]))


def in_the_pool(w: World) -> Case:
    Membership.objects.filter(user=w.ana).update(cap_open=0)
    Absence.objects.create(user=w.ben, starts_at=NOON, ends_at=NOON + DAY)
    Membership.objects.create(team=w.pool, user=w.dov, weight=1)
    trace = w.caught(skipped=[[w.ana.pk, "cap"], [w.ben.pk, "away"]])
    return Case(raw(), trace, "Went to Dov: the next in turn of Inbound, by the rule “All the others”.")


def nobody_in_the_pool(w: World) -> Case:
    Membership.objects.filter(team=w.pool).update(cap_open=0)
    trace = w.caught(skipped=[[w.ana.pk, "cap"], [w.ben.pk, "cap"]])
    return Case(raw(), trace, "Waits in Inbound: nobody there could receive it.")


# Who takes a line, and who just misses it.
LINES: dict[str, tuple[Callable[[World], Case], ...]] = {
    "an explicit owner": (named, named_but_away),
    "an open opportunity, its owner of the product asked for": (of_the_product, of_no_product_there),
    "an open opportunity, else the furthest": (of_no_product_there, not_qualified),
    "a customer, its CSM": (customer, customer_without_csm),
    "a customer, else the AE who closed it": (customer_without_csm, no_customer_yet),
    "kept by a rep": (kept, nurtured),
    "a head of a target account": (head_of_a_target, vice_president_of_a_target),
    "a head of an enterprise": (head_of_an_enterprise, head_of_a_mid_size),
    "a head of an enterprise that has no AE yet": (head_of_an_enterprise_without_an_ae, head_of_a_mid_size),
    "a target account": (target, no_target),
    "one company is not called by two": (colleague_in_hand, colleague_ended),
    "back within 90 days": (back_in_ninety_days, back_a_second_later),
    "who last worked it": (back_in_ninety_days, back_from_a_round_nobody_worked),
    "whoever is absent is stood in for": (stood_in_for, back_from_leave),
    "a delegate who is there": (stood_in_for, nobody_stands_in),
    "somebody who still works here": (target, somebody_switched_off),
    "a pool": (in_the_pool, nobody_in_the_pool),
}


@pytest.mark.django_db
@pytest.mark.parametrize("which", [0, 1], ids=["takes", "misses"])
@pytest.mark.parametrize("line", LINES)
def test_each_line_is_taken_by_one_and_just_missed_by_another_and_the_page_says_why(line, which, world, client_of):
    case = LINES[line][which](world)

    asks(case.lead, **case.how)

    assert route(case.lead) == case.trace
    assert said(case.lead) == f"They asked for us. {case.said}"
    assert case.said in client_of(world.rita).get(f"/leads/{case.lead.pk}/").content.decode()


def said(lead: Lead) -> str:
    """Return what the timeline of the lead page says last of whose it became."""
    fresh = Lead.objects.select_related("source", "cycle").get(pk=lead.pk)
    return next(entry.text for entry in timeline.of(fresh, clock.now())[0] if entry.icon == "pull")


@pytest.mark.django_db
def test_who_could_take_every_line_takes_them_in_this_order(world):
    """Take away what the first line stands on, and the next one answers; down to the last rule."""
    w = world
    account = w.account(is_target=True, development_owner=w.ben, success_owner=w.carl, opportunity_owner=w.finn)
    lead = worked(w.dov, account=account, title="CEO")
    dispositions.keep([lead], until=NOON + 200 * DAY, by=w.dov, at=ENDED)
    worked(w.ana, account=account)
    unsold = opportunity(account, w.eva)
    sold = opportunity(account, w.finn, status="won", product=Product.objects.create(name="Depot"))

    def would(**asked) -> str:
        fresh = Lead.objects.select_related("account", "cycle", "owner", "team").get(pk=lead.pk)
        ask = ask_of(fresh, Account.objects.get(pk=account.pk), ENDED, is_hand_raise=True, **asked)
        return Router({fresh.pk: ask}, ENDED, hold=False).decide(fresh.pk).path

    found = [would(explicit=w.ben), would()]
    unsold.delete()
    found.append(would())
    sold.delete()
    found.append(would())
    Lead.objects.filter(pk=lead.pk).update(nurture_kind="remarket")
    found.append(would())
    Lead.objects.filter(pk=lead.pk).update(title="Buyer")
    found.append(would())
    Account.objects.filter(pk=account.pk).update(is_target=False)
    found.append(would())
    dispositions.nurture(
        list(Lead.objects.filter(account=account).exclude(pk=lead.pk)),
        reason=reason("budget_later"),
        by=w.ana,
        at=ENDED,
    )
    found.append(would())
    Lead.objects.filter(pk=lead.pk).update(development_owner=None)
    found.append(would())

    assert found == ["explicit", "opportunity", "customer", "keeper", "c_level", "target", "company", "back", "rule"]


# Rules and their criteria: the first that matches. What a rule asks for, who meets it, and who just misses it.
CRITERIA: dict[str, Callable[[World], tuple[dict, dict, dict]]] = {
    "motion": lambda w: ({"motion": "plg"}, {}, {}),
    "go_to_market": lambda w: ({"go_to_market": "outbound"}, {"go_to_market": "outbound"}, {}),
    "segment": lambda w: ({"segment": "Enterprise"}, {"segment": "enterprise"}, {"segment": "mid"}),
    "region": lambda w: ({"region": "West"}, {"account": w.account(region="west")}, {"region": "East"}),
    "source": lambda w: ({"source": source("Website")}, {"source": source("Website")}, {"source": source("Booth")}),
    "campaign": lambda w: (
        {"campaign": source("Spring")},
        {"campaign": source("Spring")},
        {"source": source("Spring")},
    ),
    "score_from": lambda w: ({"score_from": 80}, {"score": 80}, {"score": 79}),
    "score_to": lambda w: ({"score_to": 80}, {"score": 80}, {"score": None}),
    "is_target": lambda w: ({"is_target": True}, {"account": w.account(is_target=True)}, {"account": w.account()}),
    "pool": lambda w: ({}, {}, {}),
}


def source(name: str) -> Source:
    return Source.objects.get_or_create(name=name, parent=None)[0]


@pytest.mark.django_db
@pytest.mark.parametrize("criterion", CRITERIA)
def test_each_criterion_of_a_rule_is_met_by_one_and_just_missed_by_another(criterion, world):
    asked, meets, misses = CRITERIA[criterion](world)
    west = make_pool("West", world.dov)
    first = rule("First", west, 1, **asked)
    taken, missed = raw(**meets), raw(**misses)

    if criterion != "motion":  # what is product-led never comes here: no rule of sales takes it
        assignment.route([taken], by=None, at=NOON)
        assert route(taken) == {"path": "rule", "pool": west.pk, "rule": first.pk}
        assert said(taken) == "Went to Dov: the next in turn of West, by the rule “First”."
    if criterion == "pool":
        west.is_active = False
        west.save()
    assignment.route([missed], by=None, at=NOON)

    assert route(missed) == world.caught((first.pk, criterion))
    assert said(missed) == "Went to Ana: the next in turn of Inbound, by the rule “All the others”."


@pytest.mark.django_db
def test_the_last_rule_tells_revops_once_a_day_and_one_before_it_does_not(world):
    rule("West", make_pool("West", world.dov), 1, region="West")

    asks(raw(region="West"))
    assert Message.objects.filter(kind="unrouted").count() == 0

    for _ in range(2):
        asks(raw())
    assert sorted(Message.objects.filter(kind="unrouted").values_list("to__username", flat=True)) == ["rita", "root"]


# What is done with a lead in hand, and pulls, keep their trace too.


@pytest.mark.django_db
def test_a_pull_obeys_the_order_and_what_went_to_somebody_else_says_why(world):
    Absence.objects.create(user=world.dov, starts_at=NOON, ends_at=NOON + DAY, delegate=world.finn)
    account = world.account("dov", is_target=True)
    theirs, second = (raw(team=world.north, account=account) for _ in range(2))
    free = raw(team=world.north)

    result = pulling.pull(world.north, by=world.ana, at=NOON, number=2)

    assert [lead.pk for lead in result.done] == [free.pk]
    for lead in (theirs, second):
        assert route(lead) == {"path": "target", "for": world.dov.pk}
        assert said(lead) == "Went to Finn: who has this target account. Finn stands in for Dov."


@pytest.mark.django_db
def test_shared_out_in_hand_the_page_says_from_whom_to_whom_and_why(world):
    lead = assignment.assign([raw()], to=world.ana, by=None, at=NOON).lead

    assignment.share_out([lead], team=world.pool, by=world.rita, at=NOON + HOUR, note="Ana is full", restart_clock=True)

    fresh = Lead.objects.select_related("source", "cycle").get(pk=lead.pk)
    told = [entry.text for entry in timeline.of(fresh, clock.now())[0] if entry.icon == "swap"]
    assert told == ["Rita gave this lead from Ana to Ben, the next in turn of Inbound; its clock began again."]


@pytest.mark.django_db
def test_in_several_pools_a_person_takes_turns_in_each_and_a_cap_of_one_is_none_of_the_other(world):
    night = make_pool("Off hours", world.ana, world.dov)
    rule("Night", night, 1, region="Night")
    Membership.objects.filter(team=night, user=world.ana).update(cap_day=1)

    for _ in range(4):
        asks(raw(region="Night"))
        asks(raw())

    got = (
        Spell.objects.values_list("pool__name", "owner__username")
        .annotate(n=Count("pk"))
        .order_by("pool__name", "owner__username")
    )
    assert list(got) == [("Inbound", "ana", 2), ("Inbound", "ben", 2), ("Off hours", "ana", 1), ("Off hours", "dov", 3)]
