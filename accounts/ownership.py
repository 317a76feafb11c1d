"""Who owns an account or an opportunity, role by role (ACC-7). A change of hands never erases the last: both stay on record."""

from datetime import datetime

from django.db import transaction

from accounts.models import Account, Door, Event, Opportunity, User

ROLES = ("development_owner", "opportunity_owner", "success_owner")


def change(rows, role: str, *, to: User | None, by: User | None, at: datetime, door: str = Door.PAGE) -> int:
    """Put one role of these accounts or opportunities into someone's hands, and say how many changed.

    Locked in id order; three queries whatever the number. Raises ValueError for a role that does not exist.
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
