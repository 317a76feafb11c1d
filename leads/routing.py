"""To whom a lead goes, in the order of ROUTE-1, and why. Called by assignment, hand raises and the pull, inside their transaction.

A `Router` answers for a whole batch: it reads once what is known of the leads' companies, holds the rows of the pools that it will
need in id order, decides lead by lead in memory, and writes the pools' shares back. Every decision keeps its trace: ids and codes only.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from accounts.models import Absence, Account, NurtureKind, Product, Role, Team, User
from leads import routing_rules, sharing
from leads.models import Lead, LeadStatus, Outcome, RoutingRule
from leads.refusals import Refused
from leads.routing_known import Known
from leads.sharing import Place, is_away, open_leads, places, received_today, room_of, share

BACK_WITHIN = timedelta(days=90)
ENTERPRISE = "enterprise"
C_LEVEL = re.compile(
    r"\b(c[abcdefgilmoprst]o|chro|ciso|cpto|chief \w+|managing director|(co-?)?founder|gesch[aä]ftsf[uü]hr\w*|vorstand\w*"
    r"|(?<!vice )(?<!vice-)president)\b",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Ask:
    """What routing looks at of one lead: a real one, or one made up to see where it would go."""

    motion: str = "slg"
    go_to_market: str = "inbound"
    segment: str = ""
    region: str = ""
    source_id: int | None = None
    campaign_id: int | None = None
    score: int | None = None
    title: str = ""
    account: Account | None = None
    lead: int | None = None
    explicit: User | None = None
    product: Product | None = None
    is_hand_raise: bool = False
    keeper: int | None = None
    worked_last: int | None = None  # who, if it was within 90 days
    queue: Team | None = None

    @property
    def is_target(self) -> bool:
        return bool(self.account and self.account.is_target)


def ask_of(lead: Lead, account: Account | None, at: datetime, queue: Team | None = None, **more) -> Ask:
    """Say of a lead what routing looks at; `queue` is the door's, for one that waits in none. Pure."""
    cycle, worked_last = lead.cycle, None
    is_back = cycle is not None and cycle.ended_at is not None and at - cycle.ended_at <= BACK_WITHIN
    if is_back and (cycle.touches or (cycle.ended_by_id and cycle.outcome in Outcome.DISPOSITIONS)):
        worked_last = lead.development_owner_id
    waits = lead.team if lead.status in LeadStatus.WAITING else None
    return Ask(
        lead.motion, lead.go_to_market, lead.segment or (account.segment if account else ""),
        lead.region or (account.region if account else ""), lead.source_id, lead.campaign_id, lead.score, lead.title, account, lead.pk,
        keeper=lead.owner_id if lead.nurture_kind == NurtureKind.SALES else None, worked_last=worked_last,
        queue=waits or queue, **more,
    )  # fmt: skip


@dataclass(slots=True)
class Decision:
    """Whose a lead becomes, by which path, and what was tried before. `pool` is whose turn it took; nobody there: it holds the lead."""

    path: str
    user: User | None = None
    pool: Team | None = None
    rule: RoutingRule | None = None
    instead_of: int | None = None
    tried: list[list] = field(default_factory=list)
    rules_tried: list[list] = field(default_factory=list)
    skipped: list[tuple[int, str]] = field(default_factory=list)

    @property
    def tells_revops(self) -> bool:
        return self.path == "last" or bool(self.rule and self.rule.tells_revops)

    @property
    def policy_name(self) -> str:
        return self.rule.policy_name if self.rule else ""

    def trace(self) -> dict:
        """Return what the record keeps: ids and codes, what is empty left out."""
        facts = {
            "path": self.path, "pool": self.pool.pk if self.pool else None, "rule": self.rule.pk if self.rule else None,
            "for": self.instead_of, "tried": self.tried, "rules": self.rules_tried, "skipped": [list(s) for s in self.skipped[:20]],
        }  # fmt: skip
        return {name: value for name, value in facts.items() if value}


class Router:
    """Decides for the leads of one batch. `hold` locks the pools it may need, in id order, until the transaction ends."""

    def __init__(
        self, asks: Mapping[int, Ask], at: datetime, *, rules: list[RoutingRule] | None = None, hold=True, teams=(), named_only=False
    ):  # fmt: skip
        self.asks, self.at = asks, at
        self.rules = rules if rules is not None else routing_rules.in_force(at) if asks and not named_only else []
        self.known = Known(asks.values(), at)
        wanted = {team.pk for team in teams}
        if not named_only:
            wanted |= {route.pool.pk for route in map(self._route, asks.values()) if route.pool and not route.user}
        rows = Team.objects.filter(pk__in=wanted).order_by("pk")
        self.pools = (
            sharing.pools(rows.select_for_update(no_key=True) if hold and wanted else rows, at, hold=hold)
            if wanted
            else {}
        )

    def decide(self, lead: int) -> Decision:
        """Decide for one lead of the batch, and take the turn where it goes in turn. Raises Refused where there is no pool at all."""
        ask = self.asks[lead]
        decision = self._route(ask)
        if decision.user is None and decision.pool is None:
            raise Refused("No pool receives who asks for us. RevOps makes one.", "no_pool")
        if decision.user is None:
            self._in_turn(decision, decision.rule.owner_role if decision.rule else "")
        elif self.pools:
            sharing.use_room(self.pools.values(), decision.user.pk)
        if decision.user and ask.account and decision.path != "explicit":
            self.known.joined.setdefault(ask.account.pk, decision.user.pk)
        return decision

    def holder(self, lead: int) -> Decision:
        """Say who has this lead's company or knows the person, before any rule and pool; `user` is None for nobody."""
        return self._named(self.asks[lead])

    def in_turn(self, team: Team, *, role: str = "", exclude=(), on_shift: bool = False) -> Decision:
        """Take the next turn of a pool that is held."""
        decision = Decision("turn", pool=team)
        self._in_turn(decision, role, exclude, on_shift)
        return decision

    def settle(self) -> None:
        """Write the pools' shares back."""
        sharing.keep(self.pools.values())

    def _in_turn(self, decision: Decision, role: str = "", exclude=(), on_shift: bool = False) -> None:
        pool = self.pools[decision.pool.pk]
        decision.user = pool.take(role, exclude, on_shift)
        decision.skipped = pool.skipped
        if decision.user:
            sharing.use_room((other for other in self.pools.values() if other is not pool), decision.user.pk)

    def _route(self, ask: Ask) -> Decision:
        """Go through ROUTE-1 in its order, up to the person or the pool; no turn is taken here."""
        decision = self._named(ask)
        if decision.user or decision.pool:
            return decision
        rule, decision.rules_tried = routing_rules.first_match(self.rules, ask)
        if rule:
            decision.path, decision.rule, decision.pool = "rule", rule, rule.pool
        elif ask.queue:
            decision.path, decision.pool = "queue", ask.queue
        else:
            decision.path, decision.pool = "last", self.known.first_pool
        return decision

    def _named(self, ask: Ask) -> Decision:
        """Ask whoever the lead or its company names already; for a C-level's hand raise perhaps the AEs' pool."""
        decision = Decision("")
        for path, person in ((path, person) for path, find in PATHS for person in _each(find(self, ask))):
            if isinstance(person, RoutingRule):
                decision.path, decision.rule, decision.pool = path, person, person.pool
                return decision
            if person is None:
                continue
            receiver, why = self.known.receiver(person)
            if receiver is None:
                decision.tried.append([path, person, why])
                continue
            decision.path, decision.user = path, receiver
            decision.instead_of = person if receiver.pk != person else None
            return decision
        return decision

    def _explicit(self, ask: Ask):
        return ask.explicit.pk if ask.explicit else None

    def _open_opportunity(self, ask: Ask):
        return self.known.opportunity_owner(ask.account, ask.product)

    def _customer(self, ask: Ask):
        return self.known.customer_owners(ask.account)

    def _keeper(self, ask: Ask):
        return ask.keeper

    def _c_level(self, ask: Ask):
        """The account's AE, else the AEs' pool of the first rule that has one."""
        if not (ask.is_hand_raise and is_c_level(ask.title)):
            return None
        if not (ask.is_target or ask.segment.casefold() == ENTERPRISE):
            return None
        if ask.account and ask.account.opportunity_owner_id:
            return ask.account.opportunity_owner_id
        return routing_rules.first_match([r for r in self.rules if r.owner_role == Role.AE], ask)[0]

    def _target(self, ask: Ask):
        return (ask.account.development_owner_id or ask.account.opportunity_owner_id) if ask.is_target else None

    def _same_company(self, ask: Ask):
        return self.known.holder(ask.account, but=ask.lead)

    def _back(self, ask: Ask):
        return ask.worked_last


def _each(found) -> list:
    """Return whom a line names, one after the other."""
    return found if isinstance(found, list) else [found]


# ROUTE-1, in its order; rules and pools come after.
PATHS = (
    ("explicit", Router._explicit),
    ("opportunity", Router._open_opportunity),
    ("customer", Router._customer),
    ("keeper", Router._keeper),
    ("c_level", Router._c_level),
    ("target", Router._target),
    ("company", Router._same_company),
    ("back", Router._back),
)


def is_c_level(title: str) -> bool:
    """Say whether a title is one of those who lead a company. Pure."""
    return bool(C_LEVEL.search(title))


def of_turn(turn, **more) -> Router:
    """Return the router of a turn, made at its first question for all its leads. `more` is what all of them have in common."""

    def make() -> Router:
        asks = {s.lead.pk: ask_of(s.lead, s.account, turn.at, **more) for s in turn.steps}
        router = Router(asks, turn.at)
        turn.closing.append(router.settle)
        return router

    return turn.remember("router", make)


def holding(turn, teams) -> Router:
    """Return a router that only shares out over these pools, for a turn. They are locked until its transaction ends."""

    def make() -> Router:
        router = Router({}, turn.at, teams=teams() if callable(teams) else teams)
        turn.closing.append(router.settle)
        return router

    return turn.remember("router", make)


class StandIns:
    """Who receives for somebody: they, while away their delegate (ROUTE-1, ROUTE-9). One query for each person asked about."""

    def __init__(self):
        self._absences: dict[int, list[Absence]] = {}

    def of(self, user: User, at: datetime) -> User | None:
        """Return who receives, or None for one who is switched off. Away without a delegate who is there, it waits for them."""
        if not user.is_active:
            return None
        away = next((a for a in self._of(user) if a.starts_at <= at < a.ends_at), None)
        if away is None or away.delegate is None or not away.delegate.is_active:
            return user
        delegate_is_away = any(a.starts_at <= at < a.ends_at for a in self._of(away.delegate))
        return user if delegate_is_away else away.delegate

    def _of(self, user: User) -> list[Absence]:
        if user.pk not in self._absences:
            self._absences[user.pk] = list(Absence.objects.filter(user=user).select_related("delegate"))
        return self._absences[user.pk]


__all__ = [
    "Ask", "Decision", "Place", "Router", "StandIns", "ask_of", "holding", "is_away", "is_c_level", "of_turn", "open_leads", "places",
    "received_today", "room_of", "share",
]  # fmt: skip
