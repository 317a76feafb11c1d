"""What routing must know of a batch of leads: who has something at their companies, who is away, and who stands in. Read once a batch."""

from collections.abc import Iterable
from datetime import datetime
from functools import cached_property

from accounts.models import Absence, Account, Opportunity, Product, Team, User
from accounts.models.companies import Relationship
from accounts.permissions import HOLDERS
from leads.models import Lead, LeadStatus, Motion


class Known:
    """The companies of a batch and the people they name. At most five queries, each only where something asks for it."""

    def __init__(self, asks: Iterable, at: datetime):
        self.at = at
        self.asks = list(asks)
        self.accounts = sorted({ask.account.pk for ask in self.asks if ask.account})
        self.joined: dict[int, int] = {}  # who got a lead of a company just now, in this batch

    @cached_property
    def _opportunities(self) -> dict[int, list[Opportunity]]:
        """What is open or won at each company, the furthest stage first, then the newest."""
        found: dict[int, list[Opportunity]] = {}
        # A company whose relationship was read beside it and is new has none.
        new = {
            a.account.pk for a in self.asks if a.account and getattr(a.account, "relationship", "") == Relationship.NEW
        }
        if known := [pk for pk in self.accounts if pk not in new]:
            rows = Opportunity.objects.filter(account__in=known, status__in=("open", "won"), gone_as="")
            for row in rows.select_related("stage").order_by("-stage__order", "-pk"):
                found.setdefault(row.account_id, []).append(row)
        return found

    @cached_property
    def _held(self) -> dict[int, list[tuple[int, int]]]:
        """Which leads of each company are in whose hands, the longest open round first."""
        found: dict[int, list[tuple[int, int]]] = {}
        if self.accounts:
            rows = Lead.objects.filter(
                account__in=self.accounts,
                status__in=LeadStatus.OPEN,
                motion=Motion.SLG,
                owner__isnull=False,
                gone_as="",
            )
            for account, lead, owner in rows.order_by("cycle__assigned_at", "pk").values_list("account", "pk", "owner"):
                found.setdefault(account, []).append((lead, owner))
        return found

    @cached_property
    def _absences(self) -> dict[int, Absence]:
        rows = Absence.objects.filter(starts_at__lte=self.at, ends_at__gt=self.at).select_related("delegate")
        return {a.user_id: a for a in rows}

    @cached_property
    def people(self) -> dict[int, User]:
        """Everybody these leads and their companies name."""
        ids = {a for ask in self.asks for a in (ask.keeper, ask.worked_last, ask.explicit and ask.explicit.pk)}
        for ask in self.asks:
            if account := ask.account:
                ids |= {account.development_owner_id, account.opportunity_owner_id, account.success_owner_id}
        ids |= {row.opportunity_owner_id for rows in self._opportunities.values() for row in rows}
        ids |= {owner for held in self._held.values() for _lead, owner in held}
        return User.objects.in_bulk(ids - {None})

    @cached_property
    def first_pool(self) -> Team | None:
        return Team.objects.filter(kind=Team.Kind.POOL, is_active=True).order_by("pk").first()

    def opportunity_owner(self, account: Account | None, product: Product | None) -> int | None:
        """Name the owner of the open opportunity of the product asked for, else of the furthest one."""
        rows = [row for row in self._opportunities.get(account.pk if account else 0, ()) if row.status == "open"]
        rows.sort(key=lambda row: product is None or row.product_id != product.pk)
        return next((row.opportunity_owner_id for row in rows if row.opportunity_owner_id), None)

    def customer_owners(self, account: Account | None) -> list[int]:
        """Name a customer's CSM, then the AEs who closed something there, the last one first."""
        won = [row for row in self._opportunities.get(account.pk if account else 0, ()) if row.status == "won"]
        won.sort(key=lambda row: row.closed_at, reverse=True)
        owners = [account.success_owner_id, *(row.opportunity_owner_id for row in won)] if won else []
        return list(dict.fromkeys(filter(None, owners)))

    def holder(self, account: Account | None, but: int | None) -> int | None:
        """Name who holds another open round at this company, the one who has it longest."""
        if account is None:
            return None
        held = (owner for lead, owner in self._held.get(account.pk, ()) if lead != but)
        return next(held, self.joined.get(account.pk))

    def receiver(self, person: int) -> tuple[User | None, str]:
        """Say who receives for somebody: they, while away their delegate; else None, and why nobody does."""
        user = self.people.get(person) or User.objects.filter(pk=person).first()
        if user is None or not user.is_active:
            return None, "inactive"
        if user.role not in HOLDERS:
            return None, "role"
        if user.pk not in self._absences:
            return user, ""
        instead = self.stand_in(user)
        return (instead, "") if instead is not None and instead.role in HOLDERS else (None, "away")

    def is_away(self, user: int) -> bool:
        return user in self._absences

    def stand_in(self, user: User) -> User | None:
        """Return the delegate of somebody who is away, if that one is there; None for one who is not away."""
        absence = self._absences.get(user.pk)
        delegate = absence.delegate if absence else None
        return delegate if delegate and delegate.is_active and delegate.pk not in self._absences else None
