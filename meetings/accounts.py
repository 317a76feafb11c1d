"""Companies as this app sees them: who may see one, and a change of owner with what moves along (ACC-7). Called by the account page.

The rights are those of `accounts/permissions.py`; a company is one's own who owns it, sells there, or has a lead of it in sight.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts import ownership
from accounts.models import Account, Door, Opportunity, OpportunityStatus, User
from accounts.permissions import Scope, allowed, people_of
from accounts.target_limits import TooMany
from leads import assignment
from leads.lifecycle import BATCH, Forbidden, Refused
from leads.models import Lead, LeadStatus
from meetings import passing, permissions
from meetings.models import Meeting, MeetingStatus

ROLES = ("development_owner", "opportunity_owner", "success_owner")


def visible_to(accounts: QuerySet, user: User, at: datetime) -> QuerySet:
    """Keep the companies this person may see. No query of its own beyond the teams."""
    scope = allowed(user, "accounts.see")
    accounts = accounts.filter(gone_as="")
    if Scope.ALL in scope:
        return accounts
    if not scope & ~Scope.KEY:
        return accounts.none()
    people = {user.pk} | (people_of(user) if Scope.TEAM in scope else set())
    mine = Q(Exists(Lead.objects.visible_to(user, at).filter(account=OuterRef("pk"))))
    sales = Opportunity.objects.filter(account=OuterRef("pk"), gone_as="")
    for role in ROLES:
        theirs = {f"{role}__in": people}
        mine |= Q(**theirs) | Q(Exists(sales.filter(**theirs)))
    return accounts.filter(mine)


def may_change(user: User, account: Account) -> bool:
    """Say whether this person may say who owns a company: managers of those who do, RevOps, or whoever owns it."""
    scope = allowed(user, "accounts.edit")
    owners = {getattr(account, f"{role}_id") for role in ROLES} - {None}
    if Scope.ALL in scope:
        return True
    if Scope.TEAM in scope:
        return not owners or bool(owners & (people_of(user) | {user.pk}))
    return bool(scope) and account.opportunity_owner_id == user.pk


def change_owner(
    account: Account, role: str, *, to: User, along: set[str] = frozenset(), by: User, at: datetime, door: str = Door.PAGE
) -> dict[str, int]:  # fmt: skip
    """Put one role of a company into someone's hands, and with it what is named in `along` of the last owner's there: open leads
    (their tasks go with them), meetings ahead, open opportunities. All or nothing; says how many of each went."""
    with transaction.atomic():
        account = Account.objects.select_for_update(no_key=True).get(pk=account.pk)
        if account.gone_as:
            raise Refused(f"{account.name} was merged or undone.", "gone")
        if not may_change(by, account):
            raise Forbidden(f"Who owns {account.name} is not yours to say.")
        last = getattr(account, role)
        if last == to:
            raise Refused(f"{to.get_short_name()} owns it already.", "to")
        try:
            ownership.change([account], role, to=to, by=by, at=at, door=door)
        except TooMany as problem:
            raise Refused(problem.words, "to") from None
        moved = dict.fromkeys(("opportunities", "leads", "meetings"), 0)
        if last is None:
            return moved
        # The order of locks is everywhere the same: account, opportunity, lead, meeting.
        if "opportunities" in along:
            moved["opportunities"] = _sales(account, role, last, to, by, at, door)
        if "leads" in along:
            moved["leads"] = _leads(account, last, to, by, at, door)
        if "meetings" in along:
            moved["meetings"] = _meetings(account, last, to, by, at, door)
    return moved


def _sales(account, role, last, to, by, at, door) -> int:
    rows = Opportunity.objects.filter(account=account, status=OpportunityStatus.OPEN, gone_as="", **{role: last})
    return ownership.change(rows.order_by("pk"), role, to=to, by=by, at=at, door=door)


def _leads(account, last, to, by, at, door) -> int:
    ids = list(
        Lead.objects.filter(account=account, owner=last, status__in=LeadStatus.OPEN, gone_as="")
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    for start in range(0, len(ids), BATCH):
        result = assignment.assign(ids[start : start + BATCH], to=to, by=by, at=at, door=door)
        for _lead, refusal in result.refused:
            raise refusal
    return len(ids)


def _meetings(account, last, to, by, at, door) -> int:
    ahead = Meeting.objects.filter(account=account, owner=last, status=MeetingStatus.BOOKED, starts_at__gt=at)
    ids = [row.pk for row in ahead.select_related("lead").order_by("pk") if permissions.can(by, "move", row)]
    result = passing.give(Meeting.objects.filter(pk__in=ids), to=to, by=by, at=at, door=door)
    for _lead, refusal in result.refused:
        raise refusal
    return len(ids)
