"""Companies as this app sees them: who may see one, and a change of its owner or a sale's with what moves along (ACC-7). Called by their
pages and the API.

The rights are those of `accounts/permissions.py`; a company is one's own who owns it, sells there, or has a lead of it in sight.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts import ownership
from accounts.models import Account, Door, Opportunity, OpportunityStatus, User
from accounts.permissions import Scope, allowed, people_of
from accounts.target_limits import TooMany
from leads import assignment, giving_tasks
from leads.dispositions import LATER
from leads.lifecycle import BATCH, Forbidden, Refused
from leads.models import ContactRole, Lead, LeadStatus, Task
from meetings import opportunities, passing, permissions
from meetings.models import Meeting, MeetingStatus
from meetings.record import may

# The roles of a company, and which of its sales go along with each: one that was won is a customer of success from then on, and its
# contract's end is told to who has it.
ALIVE = {
    "development_owner": (OpportunityStatus.OPEN,),
    "opportunity_owner": (OpportunityStatus.OPEN,),
    "success_owner": (OpportunityStatus.OPEN, OpportunityStatus.WON),
}
ROLES = tuple(ALIVE)


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


def there(row: Account | Opportunity, role: str, at: datetime) -> dict[str, QuerySet]:
    """Return what the owner of one role has at a company, or at one sale, that could move along with it (ACC-7). No query."""
    last = getattr(row, f"{role}_id")
    if isinstance(row, Account):
        leads, meetings = Lead.objects.filter(account=row), Meeting.objects.filter(account=row)
    else:
        people = ContactRole.objects.filter(opportunity=row).values("lead")
        leads, meetings = Lead.objects.filter(pk__in=people), Meeting.objects.filter(opportunity=row)
    leads = leads.filter(gone_as="")
    found = {
        "leads": leads.filter(owner=last, status__in=LeadStatus.OPEN).order_by("pk"),
        # What a clock asks for stays with who has the lead; a follow-up can be somebody else's.
        "tasks": Task.objects.filter(owner=last, kind=Task.Kind.FOLLOW_UP, done_at=None, lead__in=leads.values("pk")),
        "meetings": meetings.filter(owner=last, status=MeetingStatus.BOOKED, starts_at__gt=at),
    }
    if isinstance(row, Account):
        found["opportunities"] = _alive(row, role).filter(**{role: last}).order_by("pk")
    return found


def _alive(account: Account, role: str) -> QuerySet:
    return Opportunity.objects.filter(account=account, status__in=ALIVE[role], gone_as="")


def change_owner(
    account: Account, role: str, *, to: User, along: set[str] = frozenset(), by: User, at: datetime, door: str = Door.PAGE
) -> dict[str, int]:  # fmt: skip
    """Put one role of a company into someone's hands, and with it what is named in `along` of the last owner's there: open leads
    (what is planned for them goes along), follow-ups, meetings ahead, open opportunities with the word they wait for (of success, won ones
    too). All or nothing; says how many of each went."""
    with transaction.atomic():
        account = Account.objects.select_for_update(no_key=True).get(pk=account.pk)
        if account.gone_as:
            raise Refused(f"{account.name} was merged or undone.", "gone")
        if not may_change(by, account):
            raise Forbidden(f"Who owns {account.name} is not yours to say.")
        return _change(account, role, to, along, by, at, door)


def change_owner_of_sale(
    sale: Opportunity, role: str, *, to: User, along: set[str] = frozenset(), by: User, at: datetime, door: str = Door.PAGE
) -> dict[str, int]:  # fmt: skip
    """Put one role of an open opportunity into someone's hands, and with it what is named in `along` of the last owner's at it: its open
    leads, follow-ups, meetings ahead; what waits for the word of who has this role follows by itself. All or nothing; says how many of each
    went."""
    with transaction.atomic():
        row = opportunities.hold(sale)
        may(by, "change", row)
        if role == "development_owner" and by.role not in LATER and not by.is_superuser:
            raise Forbidden("A manager says who is credited for having found it.")
        return _change(row, role, to, along, by, at, door)


def _change(
    row: Account | Opportunity, role: str, to: User, along, by: User, at: datetime, door: str
) -> dict[str, int]:
    last, held = getattr(row, role), there(row, role, at)
    if last == to:
        raise Refused(f"{to.get_short_name()} owns it already.", "to")
    # The order of locks is everywhere the same: account, opportunity, lead, meeting.
    moved = dict.fromkeys(("opportunities", "leads", "tasks", "meetings"), 0)
    sales = [row.pk] if isinstance(row, Opportunity) else []
    if last is not None and "opportunities" in along and "opportunities" in held:
        # Of a sale that nobody has in this role, whoever has the company answers.
        sales = list(_alive(row, role).filter(Q(**{role: last}) | Q(**{role: None})).values_list("pk", flat=True))
        moved["opportunities"] = ownership.change(held["opportunities"], role, to=to, by=by, at=at, door=door)
    # Which they are is asked before anything moves: a follow-up goes along with its lead, and is counted once.
    ids = {
        name: list(rows.values_list("pk", flat=True))
        for name, rows in held.items()
        if last is not None and name in along
    }
    meetings = [
        m.pk
        for m in Meeting.objects.filter(pk__in=ids.get("meetings", ())).select_related("lead")
        if permissions.can(by, "move", m)
    ]
    try:
        ownership.change([row], role, to=to, by=by, at=at, door=door)
    except TooMany as problem:
        raise Refused(problem.words, "to") from None
    passing.follow_owner(sales, role, last=last, to=to, by=by, at=at, door=door)
    if "tasks" in ids:
        moved["tasks"] = len(ids["tasks"])
        giving_tasks.give(ids["tasks"], to=to, by=by, at=at, door=door, whose_asked=False).whole()
    for start in range(0, len(ids.get("leads", ())), BATCH):
        part = assignment.assign(ids["leads"][start : start + BATCH], to=to, by=by, at=at, door=door)
        moved["leads"] += len(part.whole().done)
    if meetings:
        moved["meetings"] = len(meetings)
        passing.give(Meeting.objects.filter(pk__in=meetings), to=to, by=by, at=at, door=door).whole()
    return moved


def consolidate(account: Account, *, to: User, by: User, at: datetime, door: str = Door.PAGE) -> int:
    """Put all open opportunities of one account under one owner (ACC-12), with the words they wait for; say how many changed hands."""
    if not to.is_active:
        raise Refused(f"{to} is switched off and receives nothing.", "inactive")
    role = "opportunity_owner"
    with transaction.atomic():
        Account.objects.select_for_update(no_key=True).get(pk=account.pk)
        rows = list(_alive(account, role).select_related(*opportunities.BESIDE).order_by("pk"))
        for row in rows:
            may(by, "change", row)
        changed = ownership.change(rows, role, to=to, by=by, at=at, door=door)
        ownership.change([account], role, to=to, by=by, at=at, door=door)
        for last in {row.opportunity_owner for row in rows} - {to}:
            of_them = [row.pk for row in rows if row.opportunity_owner == last]
            passing.follow_owner(of_them, role, last=last, to=to, by=by, at=at, door=door)
    return changed
