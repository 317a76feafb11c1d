"""Target accounts: at most 50 a rep, and when to look whether anybody works them (ACC-6). What is given back is `leads/target_accounts.py`.

Called by the admin and by whoever hands target accounts out.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from accounts import ownership
from accounts.models import Account, Door, User

MOST = 50
IDLE_AFTER = timedelta(days=30)


class TooMany(Exception):
    """Somebody would have more target accounts than one person can work. `words` are for who asked."""

    def __init__(self, user: User, has: int):
        self.words = f"{user} has {has} target accounts; at most {MOST} can be worked by one person."
        super().__init__(self.words)


def held_by(user: User, but: Sequence[int] = ()) -> int:
    """Count somebody's target accounts beside these, and hold the count until the transaction ends. Two queries."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    return Account.objects.filter(is_target=True, gone_as="", development_owner=user).exclude(pk__in=but).count()


def give(accounts: Sequence[Account], *, to: User, by: User | None, at: datetime, door: str = Door.PAGE) -> int:
    """Make these companies somebody's target accounts, and say how many changed hands. All of them or none.

    Raises TooMany beyond 50. Six queries.
    """
    ids = [account.pk for account in accounts]
    with transaction.atomic():
        has = held_by(to, but=ids)
        if has + len(ids) > MOST:
            raise TooMany(to, has)
        changed = ownership.change(accounts, "development_owner", to=to, by=by, at=at, door=door)
        Account.objects.filter(pk__in=ids).update(is_target=True, idle_at=at + IDLE_AFTER)
    return changed
