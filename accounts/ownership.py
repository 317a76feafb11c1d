"""Who owns an account or an opportunity, role by role (ACC-7). A change of hands never erases the last: both stay on record."""

from datetime import datetime

from django.db import transaction

from accounts.models import Account, Door, Event, Opportunity, User
from accounts.target_limits import IDLE_AFTER, MOST, TooMany, held_by

ROLES = ("development_owner", "opportunity_owner", "success_owner")


def change(rows, role: str, *, to: User | None, by: User | None, at: datetime, door: str = Door.PAGE) -> int:
    """Put one role of these accounts or opportunities into someone's hands, and say how many changed.

    Locked in id order; three queries whatever the number, and three where target accounts are among them. Raises ValueError for a role
    that does not exist, TooMany where somebody would develop more than 50 target accounts (ACC-6).
    """
    if role not in ROLES:
        raise ValueError(f"{role} is no role")
    rows = list(rows)
    if not rows:
        return 0
    model = type(rows[0])
    with transaction.atomic():
        locked = model.objects.select_for_update(no_key=True).filter(pk__in=[row.pk for row in rows]).order_by("pk")
        changed = [row for row in locked if getattr(row, f"{role}_id") != (to.pk if to else None)]
        model.objects.filter(pk__in=[row.pk for row in changed]).update(**{role: to})
        if model is Account and role == "development_owner":
            _have_targets([row.pk for row in changed if row.is_target], to, at)
        Event.objects.bulk_create(
            Event(
                kind="owner", move=role, at=at, recorded_at=at, door=door, actor_id=by.pk if by else None,
                account_id=row.pk if isinstance(row, Account) else row.account_id,
                opportunity_id=row.pk if isinstance(row, Opportunity) else None,
                data={"from": getattr(row, f"{role}_id"), "to": to.pk if to else None},
            )
            for row in changed
        )  # fmt: skip
    return len(changed)


def _have_targets(ids: list[int], to: User | None, at: datetime) -> None:
    """Hold the limit of target accounts, and let their thirty days begin with whoever has them now."""
    if not ids:
        return
    if to is not None and (has := held_by(to, but=ids)) + len(ids) > MOST:
        raise TooMany(to, has)
    Account.objects.filter(pk__in=ids).update(idle_at=at + IDLE_AFTER if to else None)
