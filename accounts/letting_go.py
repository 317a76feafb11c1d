"""Companies that were made for people who are gone: when nothing else hangs on them they go too (ruling 5).

Called when an import is undone and when a person is erased, within their transaction, with accounts that hold no lead any more.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Exists, OuterRef

from accounts.models import Account, Domain, Event, Opportunity, User

BLANK = {"name": "erased", "name_key": "", "domain": "", "website": "", "country": ""}
ROLES = ("development_owner", "opportunity_owner", "success_owner")


def let_go(
    accounts: Iterable[int],
    *,
    by: User | None,
    at: datetime,
    door: str,
    since: datetime | None = None,
    blank: bool = False,
) -> list[int]:
    """Make tombstones of these accounts, as far as nobody made them anything: no opportunity, no owner, no target, no merge.

    `since`: only those made from then on. Their domains are free again, so that whoever comes next makes a new one. Returns
    which went. Five queries.
    """
    with_lock = Account.objects.live().filter(pk__in=list(accounts), is_target=False, **dict.fromkeys(ROLES))
    if since is not None:
        with_lock = with_lock.filter(created_at__gte=since)
    free = with_lock.exclude(Exists(Opportunity.objects.filter(account=OuterRef("pk"), gone_as="")))
    free = free.exclude(Exists(Account.objects.filter(merged_into=OuterRef("pk"))))
    ids = sorted(free.order_by("pk").values_list("pk", flat=True))
    if not ids:
        return []
    # Who is just bringing in a person of one of these holds it, and is waited for.
    list(Account.objects.select_for_update().filter(pk__in=ids).order_by("pk").values_list("pk"))
    Domain.objects.filter(account__in=ids).delete()
    Account.objects.filter(pk__in=ids).update(gone_as="undone")
    actor = by.pk if by else None
    Event.objects.bulk_create(
        Event(kind="account_gone", at=at, recorded_at=at, door=door, actor_id=actor, account_id=pk) for pk in ids
    )
    return ids


def blank(accounts: Iterable[int]) -> None:
    """Take name and domain from those of these accounts that are let go: they may tell who was there. One query."""
    Account.objects.filter(pk__in=list(accounts), gone_as="undone").update(**BLANK)
