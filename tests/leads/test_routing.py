"""ROUTE-1, line by line: for each a lead that takes it and one that just misses it, and the trace that says why."""

from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
from django.db import DatabaseError
from django.db.models import QuerySet

from accounts import targets
from accounts.models import Absence, Account, Door, Event, Membership, Message, Product, Team, User
from accounts.sweeping import run
from leads import (
    assignment,
    dispositions,
    intake,
    pulling,
    rehearsal,
    routing_rules,
    routing_words,
    signals,
    target_accounts,
    touches,
)
from leads.lifecycle import Result
from leads.models import Credit, Cycle, Lead, Policy, RoutingRule, Share, Source, Spell
from leads.receiving import NotAvailable
from leads.refusals import Refused
from leads.response_sweeps import POOLS, RESPONSE
from leads.routing import Ask, is_c_level, places
from tests.lasting import all_halted, at_once, in_processes
from tests.leads.routes import DAY, asks, company, make_pool, opportunity, route, rule, worked
from tests.leads.states import HOUR, NOON, raw, reason


@pytest.fixture
def pool(house) -> Team:
    return make_pool("Inbound", house.ana, house.ben, manager=house.cleo)


def goes(lead: Lead, **more) -> tuple[str, str]:
    after = asks(lead, **more)
    return str(after.owner or after.team), route(lead)["path"]


# The lines of ROUTE-1, in their order.


@pytest.mark.django_db
def test_an_explicit_owner_comes_first(house, pool):
    account = company(is_target=True, development_owner=house.dov)

    assert goes(raw(account=account), to=house.ben) == ("Ben Ito", "explicit")
    assert goes(raw(account=account)) == ("Dov Katz", "target")


@pytest.mark.django_db
def test_an_open_opportunity_goes_to_its_owner_of_the_product_asked_for_else_the_furthest(house, pool):
    account, other = company(), Product.objects.create(name="Route Desk")
    opportunity(account, house.eva, stage=2)
    opportunity(account, house.finn, stage=1, product=other)

    assert goes(raw(account=account)) == ("Eva Lund", "opportunity")
    assert goes(raw(account=account), product=other) == ("Finn Hart", "opportunity")


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["not_qualified"])
def test_a_closed_opportunity_is_nobodys(house, pool, status):
    account = company()
    opportunity(account, house.eva, status=status)

    assert goes(raw(account=account)) == ("Ana Berg", "last")


@pytest.mark.django_db
def test_a_customer_goes_to_its_csm_else_to_the_ae_who_closed_it(house, pool):
    with_csm, without = company(success_owner=house.carl), company()
    for account in (with_csm, without):
        opportunity(account, house.eva, status="won")

    assert goes(raw(account=with_csm)) == ("Carl Voss", "customer")
    assert goes(raw(account=without)) == ("Eva Lund", "customer")
    assert goes(raw(account=company(success_owner=house.carl))) == ("Ana Berg", "last"), "no customer yet"


@pytest.mark.django_db
def test_a_customer_whose_csm_is_away_or_gone_goes_to_the_ae_who_closed_it(house, pool):
    account = company(success_owner=house.carl)
    opportunity(account, house.eva, status="won")
    away = Absence.objects.create(user=house.carl, starts_at=NOON - DAY, ends_at=NOON + HOUR)
    lead = raw(account=account)

    assert goes(lead) == ("Eva Lund", "customer")
    assert route(lead)["tried"] == [["customer", house.carl.pk, "away"]]
    away.delete()
    User.objects.filter(pk=house.carl.pk).update(is_active=False)
    assert goes(raw(account=account)) == ("Eva Lund", "customer")


@pytest.mark.django_db
def test_a_kept_lead_goes_to_who_keeps_it_and_another_nurtured_one_does_not(house, pool):
    kept, remarket = (worked(house.dov) for _ in range(2))
    dispositions.keep([kept], until=NOON + 30 * DAY, by=house.dov, at=NOON + HOUR)
    dispositions.nurture([remarket], reason=reason("budget_later"), by=house.dov, at=NOON + HOUR)
    later = NOON + 100 * DAY

    assert goes(Lead.objects.get(pk=kept.pk), at=later) == ("Dov Katz", "keeper")
    assert goes(Lead.objects.get(pk=remarket.pk), at=later) == ("Ana Berg", "last")


@pytest.mark.django_db
def test_a_head_of_a_target_account_or_enterprise_who_asks_goes_to_the_ae(house, pool):
    account = company(is_target=True, development_owner=house.dov, opportunity_owner=house.eva)
    closers = make_pool("Closers", house.finn)
    rule("Heads", closers, owner_role="ae", segment="Enterprise")

    assert goes(raw(account=account, title="CEO")) == ("Eva Lund", "c_level")
    assert goes(raw(account=account, title="Head of Sales")) == ("Dov Katz", "target")
    assert goes(raw(segment="enterprise", title="Chief Operations Officer")) == ("Finn Hart", "c_level")
    assert goes(raw(segment="small", title="CEO")) == ("Ana Berg", "last")


@pytest.mark.parametrize(
    ("title", "is_one"),
    [
        ("CEO", True), ("Co-Founder & CTO", True), ("Chief Revenue Officer", True), ("Managing Director", True), ("CCO", True),
        ("Geschäftsführerin", True), ("CHRO", True), ("President", True), ("Vice President Sales", False), ("Head of IT", False),
        ("Coordinator", False), ("", False),
    ],
)  # fmt: skip
def test_who_leads_a_company(title, is_one):
    assert is_c_level(title) is is_one


@pytest.mark.django_db
def test_a_target_account_goes_to_its_owner_and_an_account_that_is_none_does_not(house, pool):
    assert goes(raw(account=company(is_target=True, development_owner=house.dov))) == ("Dov Katz", "target")
    assert goes(raw(account=company(development_owner=house.dov))) == ("Ana Berg", "last")


@pytest.mark.django_db
def test_one_company_is_not_called_by_two(house, pool):
    account = company()
    worked(house.dov, account=account)

    assert goes(raw(account=account)) == ("Dov Katz", "company")
    assert goes(raw(account=company())) == ("Ana Berg", "last")


@pytest.mark.django_db
def test_two_of_one_company_in_one_batch_go_to_one(house, pool):
    account = company()
    leads = [raw(account=account) for _ in range(3)]

    done = assignment.route(leads, by=None, at=NOON).done

    assert len({lead.owner for lead in done}) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(("days", "path"), [(90, ("Dov Katz", "back")), (91, ("Ana Berg", "last"))])
def test_back_within_ninety_days_goes_to_who_worked_it_last(house, pool, days, path):
    lead = worked(house.dov)
    dispositions.nurture([lead], reason=reason("budget_later"), by=house.dov, at=NOON + HOUR)

    assert goes(Lead.objects.get(pk=lead.pk), at=NOON + HOUR + days * DAY) == path


@pytest.mark.django_db
def test_then_the_first_rule_that_matches(house, pool):
    source = Source.objects.create(name="Website")
    west = make_pool("West", house.dov)
    first = rule("West, high", west, 1, region="West", score_from=80, source=source)
    second = rule("All", pool, 2)

    assert goes(raw(region="west", score=80, source=source)) == ("Dov Katz", "rule")
    lead = raw(region="West", score=79, source=source)
    assert goes(lead) == ("Ana Berg", "rule")
    assert (route(lead)["rule"], route(lead)["rules"]) == (second.pk, [[first.pk, "score_from"]])


@pytest.mark.django_db
def test_what_no_rule_matches_goes_to_its_queue_else_the_first_pool_and_revops_hear_once_a_day(house, pool):
    rule("Outbound", pool, go_to_market="outbound")

    assert goes(raw(team=house.south)) == ("Dov Katz", "queue")
    assert [goes(raw()) for _ in range(2)] == [("Ana Berg", "last"), ("Ben Ito", "last")]
    assert sorted(Message.objects.filter(kind="unrouted").values_list("to__username", flat=True)) == ["rita", "root"]


@pytest.mark.django_db
def test_without_any_pool_nobody_is_routed_and_nothing_is_written(house):
    lead = raw()

    with pytest.raises(Refused, match="No pool"):
        asks(lead)
    assert (Lead.objects.get(pk=lead.pk).status, Event.objects.filter(lead_id=lead.pk).count()) == ("raw", 0)


# Absences.


@pytest.mark.django_db
def test_the_delegate_stands_in_and_without_one_the_next_line_is_asked(house, pool):
    account = company(is_target=True, development_owner=house.dov)
    away = Absence.objects.create(user=house.dov, starts_at=NOON - DAY, ends_at=NOON + 5 * DAY, delegate=house.finn)
    lead = raw(account=account)
    assert goes(lead) == ("Finn Hart", "target")
    assert route(lead)["for"] == house.dov.pk

    Absence.objects.filter(pk=away.pk).update(delegate=None)
    other = raw(account=company(is_target=True, development_owner=house.dov))
    assert goes(other) == ("Ana Berg", "last")
    assert route(other)["tried"] == [["target", house.dov.pk, "away"]]


@pytest.mark.django_db
def test_a_pools_absent_full_and_other_roles_are_passed_over_and_the_trace_says_so(house, pool):
    Membership.objects.bulk_create(
        [Membership(user=house.dov, team=pool, cap_open=0), Membership(user=house.eva, team=pool)]
    )
    Absence.objects.create(user=house.ana, starts_at=NOON - DAY, ends_at=NOON + HOUR)
    rule("SDRs", pool, owner_role="sdr")
    lead = raw()

    assert goes(lead) == ("Ben Ito", "rule")
    assert dict(route(lead)["skipped"]) == {
        house.ana.pk: "away", house.dov.pk: "cap", house.eva.pk: "role",
    }  # fmt: skip


@pytest.mark.django_db
def test_a_cap_counts_what_comes_in_the_same_batch_by_another_pool_or_by_name(house, pool):
    west = make_pool("West", house.ana, house.dov)
    Membership.objects.filter(user__in=(house.ana, house.dov)).update(cap_open=1)
    rule("West", west, 1, region="West")
    rule("All", pool, 2)
    theirs = company(is_target=True, development_owner=house.dov)

    done = assignment.route(
        [raw(region="West"), raw(), raw(), raw(account=theirs), raw(region="West")], by=None, at=NOON
    ).done

    assert [lead.owner or lead.team for lead in done] == [house.ana, house.ben, house.ben, house.dov, west]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("shipped")
def test_a_cap_holds_over_two_pools_that_take_in_at_once(house):
    west, east = make_pool("West", house.ana, cap_open=5), make_pool("East", house.ana, cap_open=5)
    for n, pool in enumerate((west, east)):
        Source.objects.create(name=pool.name, created_at=NOON)
        rule(pool.name, pool, n, source=Source.objects.get(name=pool.name))

    answers = at_once(*[lambda name=name, n=n: take_one(name, n) for n in range(8) for name in ("West", "East")])

    assert [a for a in answers if isinstance(a, Exception)] == []
    assert Lead.objects.filter(owner=house.ana).count() == 5
    assert Lead.objects.filter(team__in=(west, east)).count() == 11


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("shipped")
def test_a_cap_holds_over_pulls_and_gifts_of_one_moment(house):
    Membership.objects.filter(user=house.ana).update(cap_open=3)
    leads = [raw(team=house.north) for _ in range(8)]
    pull = partial(pulling.pull, house.north, by=house.ana, at=NOON)
    gifts = [partial(assignment.assign, [lead], to=house.ana, by=house.cleo, at=NOON) for lead in leads[:4]]

    answers = at_once(*[pull] * 4, *gifts)

    assert {type(a) for a in answers} <= {Result, NotAvailable}
    assert Lead.objects.filter(owner=house.ana).count() == 3


def take_one(source: str, number: int) -> Lead:
    row = intake.make_row(
        {"email": f"{source}{number}@c{source}{number}.no", "source": source}, kind="hand_raise", what="demo"
    )
    return intake.take([row], by=None, at=NOON, door=Door.API)[0].lead


@pytest.mark.django_db
def test_nobody_there_the_pool_holds_it_and_the_clock_runs(house, pool):
    Membership.objects.filter(team=pool).update(weight=0)

    lead = asks(raw())

    assert (lead.owner, lead.team, lead.cycle.limit_at) == (None, pool, NOON + DAY)
    assert Message.objects.get(kind="waits").to == house.cleo


@pytest.mark.django_db
def test_what_waits_for_an_ae_goes_to_no_sdr_a_minute_later_nor_at_its_limit(house, pool):
    """The rule asks for AEs of a pool in which none is there: the pool's other people are not right for it."""
    rule("Heads", pool, owner_role="ae")
    held, late = asks(raw()), asks(raw())
    assert (held.owner, late.owner) == (None, None)

    assert run(POOLS, NOON + timedelta(minutes=1)).done == 0
    run(RESPONSE, NOON + DAY + HOUR)
    assert [Lead.objects.get(pk=lead.pk).owner for lead in (held, late)] == [None, None]

    Membership.objects.create(user=house.eva, team=pool)
    run(POOLS, NOON + DAY + 2 * HOUR)
    assert [Lead.objects.get(pk=lead.pk).owner for lead in (held, late)] == [house.eva, house.eva]


# Pulls.


@pytest.mark.django_db
def test_a_pull_gives_what_is_somebody_elses_to_that_one_and_takes_the_next(house, pool):
    theirs = raw(team=house.north, account=company(is_target=True, development_owner=house.dov))
    free = raw(team=house.north)

    result = pulling.pull(house.north, by=house.ana, at=NOON)

    assert [lead.pk for lead in result.done] == [free.pk]
    after = Lead.objects.select_related("cycle").get(pk=theirs.pk)
    assert (after.owner, after.cycle.trigger) == (house.dov, "route")


@pytest.mark.django_db
def test_only_what_a_person_took_or_gave_goes_back_and_nobody_who_asks_for_us_is_dropped(house, pool):
    """A round that ends *returned* is in no figure: a rep would be rid of a hand raise, and nobody would answer."""
    asked, pulled, given = asks(raw(team=house.north)), raw(team=house.north), raw(team=house.north)
    assert asked.owner == house.ana
    assignment.assign([pulled], to=house.ana, by=house.ana, at=NOON, trigger="pull")
    assignment.assign([given], to=house.ana, by=house.cleo, at=NOON)

    assert why_not(asked, house.ana) == why_not(asked, house.cleo) == why_not(given, house.ana) == "not_pulled"
    signals.raise_hand([pulled.pk], what="call", by=None, at=NOON)
    assert why_not(pulled, house.ana) == "held", "they asked for us meanwhile"
    assert pulling.give_back([given.pk], by=house.cleo, at=NOON + HOUR).lead.team == house.north, (
        "who gave it takes it back"
    )


def why_not(lead: Lead, by: User) -> str:
    """Say why a lead does not go back to its queue."""
    (_lead, refused), *_ = pulling.give_back([lead.pk], by=by, at=NOON + HOUR).refused
    return refused.code


# The rule's policy, and policies by criteria.


@pytest.mark.django_db
def test_a_lead_gets_the_first_policy_that_matches_and_its_rule_may_name_another(house, pool):
    paper = Source.objects.create(name="Whitepaper")
    facts = {"valid_from": NOON - DAY, "limit_minutes": 6000}
    Policy.objects.create(name="Targets", order=1, is_target=True, target_minutes=30, **facts)
    Policy.objects.create(name="Papers", order=2, source=paper, target_minutes=480, **facts)
    Policy.objects.create(name="Slow", order=200, target_minutes=4000, **facts)
    rule("Booth", pool, segment="booth", policy_name="Slow")

    def target(**more) -> int:
        cycle = asks(raw(**more)).cycle
        return (cycle.target_at - cycle.assigned_at) // timedelta(minutes=1)

    assert target() == 120
    assert target(source=paper) == 480
    assert target(source=paper, account=company(is_target=True)) == 30
    assert target(segment="Booth") == 4000


@pytest.mark.django_db
def test_a_round_keeps_the_version_it_began_with_and_one_switched_off_promises_nothing(house, pool):
    first = asks(raw()).cycle
    Policy.objects.create(name="Response", version=2, valid_from=NOON + HOUR, target_minutes=60)
    second = asks(raw(), at=NOON + HOUR).cycle
    Policy.objects.create(name="Response", version=3, valid_from=NOON + 2 * HOUR, is_active=False)
    third = asks(raw(), at=NOON + 2 * HOUR).cycle

    assert [c.policy and c.policy.version for c in (Cycle.objects.get(pk=first.pk), second, third)] == [1, 2, None]
    assert third.target_at is None


# Words.


@pytest.mark.django_db
def test_a_decision_in_one_sentence_and_its_trace(house, pool):
    west = rule("West", make_pool("Westerners", house.dov), 1, region="West")
    all_of_them = rule("All", pool, 2)
    lead = raw()
    asks(lead)

    kept = route(lead)

    said = routing_words.sentence(kept, "Ana", pool="Inbound", rule="All")
    assert said == "Went to Ana: the next in turn of Inbound, by the rule “All”."
    assert routing_words.lines(kept, {}, {west.pk: "West"}) == ["The rule “West” does not match: the region."]
    assert routing_words.ids(kept) == {"people": set(), "teams": {pool.pk}, "rules": {west.pk, all_of_them.pk}}


# Rehearsal.


@pytest.mark.django_db
def test_a_made_up_lead_goes_nowhere_and_says_where_it_would(house, pool):
    rule("All", pool)
    before = (Event.objects.count(), Share.objects.count())

    decision = rehearsal.try_out(Ask(account=company(is_target=True, development_owner=house.dov)), NOON)
    other = rehearsal.try_out(Ask(), NOON)

    assert (decision.path, decision.user) == ("target", house.dov)
    assert (other.path, other.user, other.rule.name) == ("rule", house.ana, "All")
    assert (Event.objects.count(), Share.objects.count()) == before


@pytest.mark.django_db
def test_the_last_weeks_under_a_draft_beside_what_happened(house, pool):
    rule("All", pool)
    west = make_pool("West", house.dov)
    for region in ("West", "East", "West", "East"):
        asks(raw(region=region))
    asks(raw(region="West", account=company(is_target=True, development_owner=house.dov)))
    assignment.assign([raw()], to=house.ben, by=None, at=NOON, trigger="round_robin")
    assert routing_rules.begin_draft(at=NOON) == 1
    draft = [RoutingRule(pk=99, name="West", pool=west, region="West"), *routing_rules.draft()]

    same = rehearsal.replay(NOON - DAY, NOON + DAY, routing_rules.in_force(NOON))
    result = rehearsal.replay(NOON - DAY, NOON + DAY, draft)

    assert (same.rounds, same.named, same.unrecorded, same.moved_pool, same.unmatched) == (6, 1, 1, 0, 0)
    assert (result.rounds, result.named, result.unrecorded, result.moved_pool) == (6, 1, 1, 2)
    assert {k: dict(v) for k, v in result.pools.items()} == {pool.pk: {"was": 4, "would": 2}, west.pk: {"would": 2}}
    assert dict(result.people[house.dov.pk]) == {"would": 2}


@pytest.mark.django_db
def test_the_examples_of_a_replay_are_the_newest(house, pool, monkeypatch):
    monkeypatch.setattr(rehearsal, "SHOWN", 2)
    rule("All", pool)
    leads = [asks(raw(region="West"), at=NOON + n * HOUR) for n in range(3)]
    draft = [RoutingRule(pk=99, name="West", pool=make_pool("West", house.dov), region="West")]

    result = rehearsal.replay(NOON - DAY, NOON + DAY, draft)

    assert (result.moved_pool, [moved.lead for moved in result.examples]) == (3, [lead.pk for lead in leads[1:]])


@pytest.mark.django_db
def test_a_draft_is_switched_on_all_at_once_and_what_was_in_force_stays_to_be_read(house, pool):
    old = rule("All", pool)
    routing_rules.begin_draft(at=NOON)
    RoutingRule.objects.filter(valid_from=None).update(name="All of them")

    assert routing_rules.switch_on(by=house.rita, at=NOON + HOUR) == 1

    assert [r.name for r in routing_rules.in_force(NOON)] == ["All"]
    assert [r.name for r in routing_rules.in_force(NOON + HOUR)] == ["All of them"]
    assert Event.objects.get(kind="rules").data["ended"] == [old.pk]
    with pytest.raises(Refused, match="no draft"):
        routing_rules.switch_on(by=house.rita, at=NOON + 2 * HOUR)


# Target accounts.


@pytest.mark.django_db
def test_nobody_has_more_than_fifty_target_accounts(house):
    accounts = [company() for _ in range(51)]
    assert targets.give(accounts[:50], to=house.ana, by=house.rita, at=NOON) == 50

    with pytest.raises(targets.TooMany, match="at most 50"):
        targets.give(accounts[50:], to=house.ana, by=house.rita, at=NOON)
    assert Account.objects.filter(development_owner=house.ana).count() == 50
    assert targets.give(accounts[:1], to=house.ana, by=house.rita, at=NOON) == 0, "theirs already"


@pytest.mark.django_db
def test_a_target_account_that_nobody_works_for_thirty_days_changes_hands_and_one_that_is_worked_does_not(house):
    pool = make_pool("Targets", house.ana, house.ben, manager=house.cleo)
    Membership.objects.create(user=house.eva, team=pool, weight=300)
    rule("Targets", pool, is_target=True, owner_role="sdr")
    idle, kept = company(), company()
    targets.give([idle, kept], to=house.ana, by=house.rita, at=NOON)
    lead = assignment.assign([raw(account=idle)], to=house.ana, by=None, at=NOON).lead
    other = assignment.assign([raw(account=kept)], to=house.ana, by=None, at=NOON).lead
    touches.log([other], channel="call", outcome="sent", by=house.ana, at=NOON + 20 * DAY)
    due = NOON + 30 * DAY

    early = target_accounts.give_back_idle([idle.pk, kept.pk], due - HOUR, due)
    target_accounts.give_back_idle([idle.pk, kept.pk], due, due)
    target_accounts.give_back_idle([idle.pk, kept.pk], due, due)

    idle.refresh_from_db()
    kept.refresh_from_db()
    assert (early, idle.development_owner, kept.development_owner) == (0, house.ben, house.ana)
    assert (idle.idle_at, kept.idle_at) == (due + 30 * DAY, NOON + 50 * DAY)
    assert Lead.objects.get(pk=lead.pk).owner == house.ben
    told = Message.objects.get(kind="idle_account")
    assert (told.to, told.created_at, told.data["account"]) == (house.cleo, due, idle.name)
    assert Event.objects.get(kind="idle_account").at == due


@pytest.mark.django_db
def test_with_no_pool_for_targets_an_idle_account_goes_back_to_the_round_robin(house, pool):
    account = company()
    targets.give([account], to=house.ana, by=house.rita, at=NOON)

    target_accounts.give_back_idle([account.pk], NOON + 31 * DAY, NOON + 31 * DAY)

    account.refresh_from_db()
    assert (account.development_owner, account.idle_at, account.is_target) == (None, None, True)
    assert goes(raw(account=account), at=NOON + 31 * DAY)[1] == "last"


# Under concurrent intake.


def take_in(index: int, each: int, guarded: bool) -> list[float]:
    """Take in people who ask for us, one request after the other. Runs in a process of its own."""

    if not guarded:
        _without_the_lock()
    done = []
    for n in range(each):
        row = intake.make_row(
            {"email": f"p{index}.{n}@c{index}x{n}.no", "last_name": f"Asks {index} {n}", "source": "Website"},
            kind="hand_raise", what="demo",
        )  # fmt: skip
        at = NOON + (HOUR if n >= each // 2 else timedelta(0)) + timedelta(seconds=n)
        try:
            done.append(intake.take([row], by=None, at=at, door=Door.API)[0].lead)
        except DatabaseError:
            done.append(None)
    return done


def _without_the_lock() -> None:
    """Read the pools as they stand, but let nobody wait: what two read at once, both write."""
    QuerySet.select_for_update = lambda rows, **_how: rows


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("shipped")
def test_by_four_processes_at_once_shares_stay_within_one_of_the_weights_and_caps_hold(house):
    pool = make_pool("Inbound", house.ana, house.ben, manager=house.cleo)
    Membership.objects.create(user=house.dov, team=pool, weight=50)
    Membership.objects.create(user=house.eva, team=pool, cap_day=7)
    Absence.objects.create(user=house.ana, starts_at=NOON + HOUR, ends_at=NOON + 9 * HOUR)

    answers = in_processes(4, take_in, 60, True)

    assert [a for a in answers if isinstance(a, Exception) or None in a] == []
    got = Counter(Spell.objects.filter(pool=pool).values_list("owner__username", flat=True))
    assert sum(got.values()) == 240
    assert got["eva"] == 7
    kept = {s.user.username: s for s in Share.objects.select_related("user")}
    assert {name: s.received for name, s in kept.items()} == dict(got)
    assert [name for name, s in kept.items() if abs(s.due - s.received) > 1.0001] == []
    assert abs(got["ben"] - 2 * got["dov"]) <= 3, "twice the weight, each within one"
    before, after = (Spell.objects.filter(pool=pool, owner=house.ana, **when).count() for when in (
        {"began_at__lt": NOON + HOUR}, {"began_at__gte": NOON + HOUR},
    ))  # fmt: skip
    assert (before > 0, after) == (True, 0), "she is away from the middle on"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("shipped")
def test_the_control_without_the_pools_lock_turns_are_taken_twice(house):
    pool = make_pool("Inbound", house.ana, house.ben, manager=house.cleo)
    Membership.objects.create(user=house.dov, team=pool, weight=50)

    Source.objects.create(name="Website", created_at=NOON)  # else they would wait for each other to make it

    all_halted("leads_share", 4, lambda: in_processes(4, take_in, 40, False))

    got = Counter(Spell.objects.filter(pool=pool).values_list("owner__username", flat=True))
    received = dict(Share.objects.values_list("user__username", "received"))
    assert received != dict(got), "the control: shares were written over each other"


@pytest.mark.django_db
def test_a_false_identity_gives_its_turn_back_once(house, pool):
    lead = asks(raw())
    touches.log([lead], channel="call", outcome="wrong_number", by=house.ana, at=NOON + HOUR)

    dispositions.unqualify([lead.pk], reason=reason("false_identity"), by=house.ana, at=NOON + 2 * HOUR)

    assert list(Credit.objects.values_list("user__username", "pool__name", "turns", "why")) == [
        ("ana", "Inbound", 1, "false_identity")
    ]
    assert [(p.user, p.behind) for p in places(pool, NOON + 3 * HOUR)] == [(house.ana.pk, 0.5), (house.ben.pk, 0.5)]
