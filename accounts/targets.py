"""Target accounts: at most 50 a rep, and when to look whether anybody works them (ACC-6). What is given back is `leads/target_accounts.py`.

Called by the admin and by whoever hands target accounts out.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from accounts import ownership
from accounts.models import Account, Door, User
from accounts.target_limits import IDLE_AFTER, MOST, TooMany, held_by


def give(accounts: Sequence[Account], *, to: User, by: User | None, at: datetime, door: str = Door.PAGE) -> int:
    """Make these companies somebody's target accounts, and say how many changed hands. All of them or none.

    Raises TooMany beyond 50. Nine queries at most.
    """
    ids = [account.pk for account in accounts]
    with transaction.atomic():
        # The accounts before their owner, as everywhere.
        list(Account.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk").values_list("pk"))
        has = held_by(to, but=ids)
        if has + len(ids) > MOST:
            raise TooMany(to, has)
        changed = ownership.change(accounts, "development_owner", to=to, by=by, at=at, door=door)
        Account.objects.filter(pk__in=ids).update(is_target=True, idle_at=at + IDLE_AFTER)
    return changed


__all__ = ["IDLE_AFTER", "MOST", "TooMany", "give", "held_by"]
