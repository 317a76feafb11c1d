"""A person who leaves hands over first (ROUTE-6): what they hold, into whose hands, and then they are switched off.

Called by the page of a leave; the admin asks `held` before it switches somebody off.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts import ownership
from accounts.models import Account, Door, Opportunity, OpportunityStatus, Team, User
from accounts.target_limits import TooMany
from leads import bulk, handed_over
from leads.lifecycle import BATCH, Refused, Result, Seen, Step, turn
from leads.models import Lead, LeadStatus, Task


@dataclass(frozen=True, slots=True)
class Held:
    """What somebody holds: leads in hand, tasks of theirs, leads kept or of their roles, companies and opportunities, teams."""

    leads: int
    tasks: int
    kept: int
    rows: int
    teams: tuple[str, ...]
    meetings: int = 0
    hand_offs: int = 0

    def __bool__(self) -> bool:
        return bool(self.leads or self.kept or self.rows or self.teams or self.meetings or self.hand_offs)


@dataclass(frozen=True, slots=True)
class Above:
    """What somebody holds above leads: counted by its name in `Held`, given to another (what came of it, and the numbers of what went, by
    their names), and of those numbers what came back, with how many stayed."""

    held: Callable[[User], dict[str, int]]
    pass_on: Callable[..., tuple[Result, dict[str, list[int]]]]
    bring_back: Callable[..., tuple[Result, dict[str, list[int]]]]


above: list[Above] = []


def also(found: Above) -> None:
    """Say what somebody holds above leads. Called once, when an app begins."""
    above[:] = [found]


def held(user: User) -> Held:
    """Count what a person holds. Seven queries and more: one for each role."""
    return Held(
        leads=in_hand(user).count(),
        tasks=Task.objects.filter(owner=user, done_at__isnull=True).count(),
        kept=beyond(user).count(),
        rows=sum(rows.count() for rows, _role in _owned(user)),
        teams=tuple(Team.objects.filter(manager=user, is_active=True).values_list("name", flat=True)),
        **{name: number for one in above for name, number in one.held(user).items()},
    )


def in_hand(user: User):
    """Return the leads in work that somebody holds."""
    return Lead.objects.filter(owner=user, status__in=LeadStatus.OPEN, gone_as="")


def beyond(user: User):
    """Return the leads that are somebody's without being in work: kept, waiting for their word, of a role of theirs."""
    mine = Q(owner=user) & ~Q(status__in=LeadStatus.OPEN)
    # A meeting is held above.
    others = Task.objects.filter(owner=user, done_at__isnull=True).exclude(kind=Task.Kind.MEETING)
    asked = Q(pk__in=others.exclude(lead__owner=user).values("lead"))
    return Lead.objects.filter(mine | asked | Q(opportunity_owner=user) | Q(success_owner=user), gone_as="")


def _owned(user: User):
    """Yield companies and open opportunities by the role somebody has in them; credit for development stays (ACC-7)."""
    for role in ownership.ROLES:
        yield Account.objects.filter(**{role: user}, gone_as=""), role
    for role in ("opportunity_owner", "success_owner"):
        yield Opportunity.objects.filter(**{role: user}, status=OpportunityStatus.OPEN, gone_as=""), role


def _of(user: User) -> Iterator[QuerySet]:
    """Yield the companies, the open opportunities and the leads that are somebody's."""
    owned = [rows for rows, _role in _owned(user)]
    for model in (Account, Opportunity):
        yield reduce(or_, (rows for rows in owned if rows.model is model))
    yield in_hand(user) | beyond(user)


def lock(accounts: QuerySet, opportunities: QuerySet, leads: QuerySet) -> None:
    """Lock what changes hands in several steps, in the order of all locks; whoever has a cap is held after that. Three queries."""
    for rows in (accounts, opportunities, leads):
        list(bulk.in_one_order(rows).values_list("pk"))


def hand_over(
    user: User, *, how: str, to: User | Team | None, rest: User | None, by: User, at: datetime, off: bool = False, door: str = Door.PAGE
) -> Result:  # fmt: skip
    """Hand over all that somebody holds: leads in work as `bulk.Change` says, everything else to `rest`. Then switch them off, if asked.
    A meeting of who has its lead too goes along with it, every other to `rest`. What went is kept, to be taken back (`hand_over_undo`).

    All of it or, where a lead is refused, what could be moved: they stay switched on while they hold a lead. Raises Refused
    for the same person, a missing `rest`, one who would have too many target accounts, teams they manage.
    """
    if user in (to, rest):
        raise Refused(f"Choose somebody else than {user}.", "to")
    before = held(user)
    if (before.kept or before.rows or before.meetings or before.hand_offs) and rest is None:
        raise Refused("Choose who gets what is not in work: kept leads, companies, opportunities, meetings.", "rest")
    if off and before.teams:
        raise Refused(f"{user} manages {', '.join(before.teams)}. RevOps names another manager first.", "teams")
    with transaction.atomic():
        was_on = user.is_active
        lock(*_of(user))
        # Switched off already while it is shared out, so that nothing comes back to them in turn.
        User.objects.filter(pk=user.pk).update(is_active=False)
        result, went = Result(), handed_over.Went(to=rest.pk if rest else None)
        for seen in _batches(in_hand(user)):
            change = bulk.Change("assign", how, to)
            states = {s.lead: (s.lead, LeadStatus.ASSIGNED) for s in seen}
            bulk.both(result, bulk.process(change, seen, states, by=by, at=at, door=door))
        went.leads = [handed_over.in_work(lead) for lead in result.done]
        if rest is not None:
            _give_rest(user, rest, result, went, by=by, at=at, door=door)
        stays = user.is_active and (not off or bool(result.refused))
        User.objects.filter(pk=user.pk).update(is_active=stays)
        went.off = was_on and not stays
        handed_over.keep(user, went, by=by, at=at)
    user.is_active = stays
    return result


def _give_rest(user: User, rest: User, result: Result, went: handed_over.Went, **when) -> None:
    """Give what is not a lead in work to one person, and note what went."""
    for one in above:
        given, numbers = one.pass_on(user, to=rest, **when)
        bulk.both(result, given)
        went.above |= numbers
    passed = pass_on(beyond(user).values_list("pk", flat=True), leaver=user, to=rest, **when)
    bulk.both(result, passed)
    owners = [event for event in passed.events if event.kind == "owner"]
    went.kept = [[event.lead_id, event.data["roles"], event.data["tasks"]] for event in owners]
    for rows, role in _owned(user):
        rows = list(rows)
        try:
            ownership.change(rows, role, to=rest, **when)
        except TooMany as problem:
            raise Refused(problem.words, "rest") from None
        went.roles += [[row._meta.model_name, role, row.pk] for row in rows]


@dataclass(frozen=True, slots=True)
class Look:
    """What a hand-over would do: who gets how many of the leads in work, how many rows change hands in all, what stays and why, whether
    the person is switched off then. `print` holds a deed against it."""

    shares: list[tuple[str, int]]
    number: int
    refused: list[tuple[str, int]]
    stays_on: bool
    print: str


def look(user: User, **said) -> Look:
    """Say what `hand_over` would do: the real thing, run and rolled back. Raises what it raises."""
    with transaction.atomic():
        _result, seen = _look(user, said)
        transaction.set_rollback(True)
    user.refresh_from_db(fields=["is_active"])
    return seen


def carry_out(user: User, expected: str, **said) -> tuple[Result | None, Look]:
    """Hand over as it was looked at. Where it comes out otherwise by now nothing is done, and the result is None."""
    with transaction.atomic():
        result, seen = _look(user, said)
        if seen.print == expected:
            return result, seen
        transaction.set_rollback(True)
    user.refresh_from_db(fields=["is_active"])
    return None, seen


def _look(user: User, said: dict) -> tuple[Result, Look]:
    mine = set(in_hand(user).values_list("pk", flat=True))
    result = hand_over(user, **said)
    to = {lead.pk: str(lead.owner or lead.team or "") for lead in result.done}
    why = Counter(refusal.words for _lead, refusal in result.refused)
    facts = sorted(to.items()), sorted(getattr(lead, "pk", lead) for lead, _refusal in result.refused), user.is_active
    print_ = hashlib.sha256(repr(facts).encode()).hexdigest()[:16]
    shares = Counter(name for pk, name in to.items() if pk in mine).most_common()
    seen = Look(shares, len(result.done), why.most_common(), user.is_active, print_)
    return result, seen


def pass_on(leads, *, leaver: User, to: User, by: User, at: datetime, door: str = Door.PAGE) -> Result:
    """Give what somebody is to leads that are not in work to another: keeper, owner of a role, who is asked (ROUTE-6)."""

    def change(step: Step) -> None:
        lead, roles, tasks = step.lead, [], []
        step.may("assign")
        if lead.owner_id == leaver.pk and not lead.is_open:
            step.own(to, None)
            roles.append("owner")
        for role in ("opportunity_owner", "success_owner"):
            if getattr(lead, f"{role}_id") == leaver.pk:
                setattr(lead, role, to)
                roles.append(role)
        for task in step.open_tasks:
            if task.owner_id == leaver.pk and task.kind != Task.Kind.MEETING:  # which goes with its meeting
                task.owner = to
                step.changed_tasks[task.pk] = task
                tasks.append(task.pk)
        step.record("owner", data={"from": leaver.pk, "to": to.pk, "roles": roles, "tasks": tasks})

    return turn(leads, change, by=by, at=at, door=door)


def _batches(leads) -> Iterator[list[Seen]]:
    ids = list(leads.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), BATCH):
        yield [Seen(pk) for pk in ids[start : start + BATCH]]
