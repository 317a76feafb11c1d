"""Which promise a lead gets: the first response policy in force that matches it (SLA-1, SLA-7). Asked by every turn that starts a clock.

Also the machine's half of a clock: how far it has escalated (`Task.level`) and when a sweep must look next (`Task.sweep_at`).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from accounts.models import Account
from leads.models import Lead, Policy, Task

SOON = timedelta(minutes=15)  # the owner is told so long before the target
# How far a clock has escalated: nothing told yet, told that the target is near, told that it passed, limit passed.
FRESH, NEAR, MISSED, BREACHED = 0, 1, 2, 3
CLOCKS = (Task.Kind.RESPONSE, Task.Kind.HAND_RAISE, Task.Kind.REPLY)


def versions() -> list[Policy]:
    """Read every version of every policy, in order. One query of a small table."""
    return list(Policy.objects.order_by("order", "name", "-valid_from", "-version"))


def in_force(policies: Iterable[Policy], at: datetime) -> list[Policy]:
    """Keep of each name the newest version that has begun, in order; one that is switched off promises nothing. Pure."""
    newest: dict[str, Policy] = {}
    for policy in policies:
        if policy.valid_from <= at:
            has = newest.get(policy.name)
            if has is None or (policy.valid_from, policy.version) > (has.valid_from, has.version):
                newest[policy.name] = policy
    return sorted((p for p in newest.values() if p.is_active), key=lambda p: (p.order, p.name))


def policy_of(
    policies: Sequence[Policy], lead: Lead, account: Account | None, at: datetime, name: str = ""
) -> Policy | None:
    """Return the policy of a lead: the one its routing rule names, else the first that matches. Pure."""
    now = in_force(policies, at)
    named = next((p for p in now if p.name == name), None) if name else None
    return named or next((p for p in now if matches(p, lead, account)), None)


def matches(policy: Policy, lead: Lead, account: Account | None) -> bool:
    """Say whether a policy's criteria fit a lead; what is empty fits everything. Pure."""
    segment = lead.segment or (account.segment if account else "")
    return (
        policy.source_id in (None, lead.source_id, lead.campaign_id)
        and policy.segment.casefold() in ("", segment.casefold())
        and policy.is_target in (None, bool(account and account.is_target))
    )


def next_look(began: datetime, target: datetime, limit: datetime, at: datetime) -> tuple[int, datetime]:
    """Return level and next look of a clock as it stands at a moment: what is past then is not told any more. Pure.

    A target so near that nobody could be told of it 15 minutes before is told of when it comes.
    """
    if at < target - SOON and target - SOON > began:
        return FRESH, target - SOON
    return (NEAR, target) if at < target else (MISSED, limit)


def start(task: Task) -> Task:
    """Have the sweep look at a new clock."""
    task.level, task.sweep_at = next_look(task.began_at, task.due_at, task.limit_at, task.began_at)
    return task


def keep(step) -> None:
    """Put on record that a limit was passed, where a clock is stopped after it and no sweep saw it (SLA-3).

    It is dated when it was due; nothing moves and nobody is told. Called for every lead that changes in a turn. No query.
    """
    for task in step.changed_tasks.values():
        if task.kind not in CLOCKS or task.done_at is None or task.sweep_at is None or task.level >= BREACHED:
            continue
        if task.done_at > (limit := limit_of(task)):
            # Left where a sweep looks: should the touch be withdrawn, the lead moves on after all.
            task.level = BREACHED
            owner = task.owner_id if task.cycle_id is None else step.was_owner_id
            step.record("breach", at=limit, data={"task": task.pk, "kind": task.kind, "owner": owner})


def limit_of(task: Task) -> datetime:
    """Return the limit of the clock that runs for whoever has the lead now, from where the sweep looks next. Pure."""
    if task.level == MISSED:
        return task.sweep_at
    return task.sweep_at + (task.limit_at - task.due_at) + (SOON if task.level == FRESH else timedelta(0))


def hand_on(task: Task, at: datetime, own: bool) -> None:
    """Set when the sweep looks at a clock that comes into other hands.

    The lead's clock runs on as it is. The new owner's spell has one of its own (ROUTE-7): it escalates from `at` where the lead was
    taken by its limit, or was past it already; else where the lead's stands.
    """
    if task.kind not in CLOCKS or task.limit_at is None:
        return
    target, limit = task.due_at - task.began_at, task.limit_at - task.began_at
    begins = at if own or at >= task.limit_at else task.began_at
    task.level, task.sweep_at = next_look(begins, begins + target, begins + limit, at)
