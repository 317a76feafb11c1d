"""Routing without anybody receiving anything: where a made-up lead would go, and the last weeks under other rules (ROUTE-4).

Called by the admin. Reads only; the pools are not held, so what it says of turns is true at this moment and no longer.
"""

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from accounts.models import Absence, Account, Event, User
from leads import routing_rules, sharing
from leads.models import Cycle, Motion, RoutingRule, Trigger
from leads.routing import Ask, Decision, Router

ROUTED = (Trigger.ACTION, Trigger.SCORE, Trigger.ROUND_ROBIN, Trigger.ROUTE)
BY_RULES = ("rule", "queue", "last", "turn")  # paths that other rules may change; the others name a person
MOST = 20_000
SHOWN = 100


def try_out(ask: Ask, at: datetime, rules: Sequence[RoutingRule] | None = None) -> Decision:
    """Say where a made-up lead would go at this moment, with its trace; under other rules if they are given. About ten queries.

    Raises Refused where no pool would receive it.
    """
    return Router({0: ask}, at, hold=False, rules=list(rules) if rules is not None else None).decide(0)


@dataclass(slots=True)
class Moved:
    """One round that would have gone to another pool."""

    lead: int
    at: datetime
    was_pool: int | None
    pool: int | None


@dataclass(slots=True)
class Replay:
    """What became of the rounds of some weeks, and what would have under other rules."""

    rounds: int = 0
    named: int = 0  # went to a person by name, whatever the rules
    unrecorded: int = 0  # given by no decision that is on record: nothing to compare with
    unmatched: int = 0  # no rule would have matched
    moved_pool: int = 0
    pools: dict[int | None, Counter] = field(default_factory=dict)  # by pool: was, would
    people: dict[int, Counter] = field(default_factory=dict)
    examples: deque[Moved] = field(default_factory=lambda: deque(maxlen=SHOWN))  # the newest, in the order they came


def replay(since: datetime, until: datetime, rules: Sequence[RoutingRule]) -> Replay:
    """Send the rounds that routing began in this time through other rules, in their order, beside what happened (ROUTE-4).

    By the facts each round froze when it began. Whoever got a lead by name keeps it. Turns begin anew, by today's members and weights
    and the absences of then, without caps: they show how shares would move, not who would have had which lead. At most 20,000
    rounds, the newest; eight queries.
    """
    result = Replay()
    cycles = Cycle.objects.filter(assigned_at__gte=since, assigned_at__lt=until, trigger__in=ROUTED, motion=Motion.SLG)
    newest = list(cycles.select_related("account").order_by("-assigned_at", "-pk")[:MOST])
    routes = _routes([cycle.pk for cycle in newest])
    turns = _Turns(rules, since, until)
    for cycle in reversed(newest):
        was = routes.get(cycle.pk, {})
        result.rounds += 1
        if not was:
            result.unrecorded += 1
            continue
        if was.get("path") not in BY_RULES:
            result.named += 1
            continue
        rule, _tried = routing_rules.first_match(rules, _ask(cycle))
        result.unmatched += rule is None
        pool = rule.pool_id if rule else was.get("pool")
        owner = turns.take(rule, cycle.assigned_at) if rule else cycle.owner_id
        _count(result.pools, was.get("pool"), pool)
        _count(result.people, cycle.owner_id, owner)
        if pool != was.get("pool"):
            result.moved_pool += 1
            result.examples.append(Moved(cycle.lead_id, cycle.assigned_at, was.get("pool"), pool))
    return result


def _count(table: dict, was, would) -> None:
    table.setdefault(was, Counter())["was"] += 1
    table.setdefault(would, Counter())["would"] += 1


def _ask(cycle: Cycle) -> Ask:
    account = cycle.account
    if account is not None and account.is_target != cycle.is_target:
        account = Account(pk=account.pk, is_target=cycle.is_target)
    return Ask(
        cycle.motion, cycle.go_to_market, cycle.segment, cycle.region, cycle.source_id, cycle.campaign_id, cycle.score,
        account=account or (Account(is_target=True) if cycle.is_target else None),
    )  # fmt: skip


def _routes(cycles: list[int]) -> dict[int, dict]:
    """Read what routing kept of how these rounds began."""
    kept = Event.objects.filter(cycle_id__in=cycles, kind="transition", data__has_key="route")
    return {cycle: data["route"] for cycle, data in kept.order_by("pk").values_list("cycle_id", "data")}


class _Turns:
    """The pools of some rules from an even start, with who was away when."""

    def __init__(self, rules: Sequence[RoutingRule], since: datetime, until: datetime):
        teams = {rule.pool_id: rule.pool for rule in rules}
        self.pools = sharing.pools(teams.values(), until)
        for pool in self.pools.values():
            pool.places = [replace(p, due=0, received=0, credits=0, room=None, last_at=None) for p in pool.places]
        users = {p.user for pool in self.pools.values() for p in pool.places}
        self.active = dict(User.objects.filter(pk__in=users).values_list("pk", "is_active"))
        rows = Absence.objects.filter(user__in=users, starts_at__lt=until, ends_at__gt=since)
        self.absences = list(rows.values_list("user", "starts_at", "ends_at"))

    def take(self, rule: RoutingRule, at: datetime) -> int | None:
        pool = self.pools[rule.pool_id]
        pool.at = at
        away = {user for user, starts, ends in self.absences if starts <= at < ends}
        for place in pool.places:
            place.away = "away" if place.user in away else "" if self.active[place.user] else "inactive"
        chosen = pool.take(rule.owner_role)
        return chosen.pk if chosen else None
