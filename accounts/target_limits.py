"""How many target accounts one person may have, and how long one may lie idle (ACC-6). Asked by every change of who develops a company."""

from collections.abc import Sequence
from datetime import timedelta

from accounts.models import Account, User

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
