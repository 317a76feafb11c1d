"""Target accounts that nobody works go to somebody else, or back to the round robin (ACC-6). Called by the sweep `target-accounts`."""

from collections import Counter
from datetime import datetime

from django.db.models import Max

from accounts import ownership
from accounts.models import Account, Door, Event, Team, User
from accounts.targets import IDLE_AFTER, MOST
from leads import assignment, routing, routing_rules
from leads.lifecycle import Seen
from leads.managers import Managers
from leads.models import Lead, LeadStatus, RoutingRule, Touch
from leads.notices import notice


def last_worked(accounts: list[int]) -> dict[int, datetime]:
    """Say when somebody last reached out to anybody at these companies. One query, by `touch_of_lead`."""
    touched = Touch.objects.filter(lead__account__in=accounts, is_automated=False, withdrawn_at__isnull=True)
    return dict(touched.order_by().values_list("lead__account").annotate(last=Max("occurred_at")))


def give_back_idle(accounts: list[int], at: datetime, recorded_at: datetime) -> int:
    """Look at these target accounts; those that nobody worked for 30 days change hands, and the manager is told.

    To the next in turn of the pool that the rules name for target accounts, who has room for one more; their leads in hand go along.
    Where there is none, the account is nobody's and its next lead goes in turn. Returns how many were looked at.
    """
    locked = Account.objects.filter(pk__in=accounts, gone_as="", idle_at__lte=at).order_by("pk")
    rows = list(locked.select_for_update(no_key=True, skip_locked=True))
    worked, idle = last_worked([account.pk for account in rows]), []
    for account in rows:
        is_kept = account.is_target and account.development_owner_id is not None
        due = worked[account.pk] + IDLE_AFTER if account.pk in worked else account.idle_at
        account.idle_at = max(due, account.idle_at) if is_kept else None
        if is_kept and account.idle_at <= at:
            idle.append(account)
    if idle:
        _hand_on(idle, at, recorded_at)
    Account.objects.bulk_update(rows, ["idle_at"])
    return len(rows)


def _hand_on(idle: list[Account], at: datetime, recorded_at: datetime) -> None:
    managers, events = Managers(at), []
    # The leads before the pool, as everywhere; their assignment locks them again.
    held = Lead.objects.filter(account__in=[a.pk for a in idle], status__in=LeadStatus.OPEN, gone_as="").order_by("pk")
    leads = list(held.select_for_update(no_key=True))
    owners = User.objects.in_bulk({account.development_owner_id for account in idle})
    rule = rule_of(at)
    pool = rule.pool if rule else None
    router = routing.Router({}, at, teams=[pool] if pool else [])
    room = _room(router, pool)
    for account in idle:
        old, due = owners[account.development_owner_id], account.idle_at
        full = [user for user, left in room.items() if left <= 0]
        new = router.in_turn(pool, role=rule.owner_role, exclude=[old.pk, *full]).user if rule else None
        if new is not None:
            room[new.pk] -= 1
        ownership.change([account], "development_owner", to=new, by=None, at=at, door=Door.SWEEP)
        theirs = [Seen(lead.pk) for lead in leads if lead.account_id == account.pk and lead.owner_id == old.pk]
        if new is not None and theirs:
            assignment.assign(theirs, to=new, by=None, at=at, door=Door.SWEEP, recorded_at=recorded_at)
        account.idle_at = at + IDLE_AFTER if new else None
        facts = {"from": old.pk, "to": new.pk if new else None}
        events.append(
            Event(
                kind="idle_account", at=due, recorded_at=recorded_at, door=Door.SWEEP, account_id=account.pk, data=facts
            )
        )
        key = f"{account.pk}:{due.isoformat()}"
        told = {"account": account.name, "receiver": str(new) if new else "the round robin", "owner": old.pk}
        for row in notice(managers.manager(user=old.pk), "idle_account", key, at=due, **told):
            row.save(force_insert=True)
    router.settle()
    Event.objects.bulk_create(events)


def rule_of(at: datetime) -> RoutingRule | None:
    """Return the first rule in force that is for target accounts."""
    return next((r for r in routing_rules.in_force(at) if r.is_target and r.pool.is_active), None)


def _room(router: routing.Router, pool: Team | None) -> Counter:
    """Say how many more target accounts each of a pool may have."""
    if pool is None:
        return Counter()
    people = [place.user for place in router.pools[pool.pk].places]
    held = Counter(
        Account.objects.filter(is_target=True, gone_as="", development_owner__in=people).values_list(
            "development_owner", flat=True
        )
    )
    return Counter({user: MOST - held[user] for user in people})
