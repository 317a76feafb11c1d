"""Who may see and do what with a lead (SAFE-1). Asked by every process, page, admin and API.

The table is `accounts/permissions.py`; here is in which of its scopes a lead lies for a person, and
the shield (MOTION-2). Nothing here looks at hours or at what the state allows: the 24 hours of a
take-back, say, are the process's. No other clock than the database's is read, for the seven days in
which who lost a lead still sees it.
"""

from datetime import datetime, timedelta

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Opportunity, OpportunityStatus, Role, User
from accounts.permissions import HOLDERS, ROWS, Scope, allowed, own_teams_of, people_of, teams_of
from leads.models import ContactRole, LeadStatus, Motion, Spell, Task

STILL_SEEN = timedelta(days=7)  # by who lost it (ROUTE-7)

# What a person may ask to do, and the row of the table that answers.
ACTIONS = {
    "see": "leads.see",
    "create": "leads.create",
    "edit_contact": "leads.edit_contact",
    "touch": "leads.touch",
    "book": "meetings.book",
    "qualify_card": "leads.task",
    "withdraw": "leads.touch",
    "nurture": "leads.disposition",
    "unqualify": "leads.disposition",
    "keep": "leads.keep",
    "qualify": "leads.qualify",
    "discard": "leads.discard",
    "set_aside": "leads.set_aside",
    "reopen": "leads.reopen",
    "take_back": "leads.take_back",
    "pull": "leads.pull",
    "give_back": "leads.give_back",
    "assign": "leads.assign",
    "hand_raise": "leads.hand_raise",
    "note": "leads.note",
    "task": "leads.task",
    "opt_out": "leads.opt_out",
    "clear_opt_out": "leads.clear_opt_out",
    "ask_exception": "leads.ask_exception",
    "grant_exception": "leads.grant_exception",
    "import": "leads.import",
    "export": "leads.export",
    "erase": "leads.erase",
}
# These are not about one lead: whoever may at all, may.
AT_ALL = ("import", "export")
# Of a lead that belongs to the product, a seller may do none of these (MOTION-2).
SHIELDED = ("touch", "book", "pull", "keep", "ask_exception")

# What each is called when it is refused.
VERBS = {
    "see": "see this lead",
    "create": "bring in leads",
    "edit_contact": "change who a lead is",
    "touch": "log a touch",
    "book": "book a meeting",
    "qualify_card": "fill the qualification card",
    "withdraw": "withdraw a touch",
    "nurture": "end a round",
    "unqualify": "end a round",
    "keep": "keep a lead for later",
    "qualify": "qualify a lead",
    "discard": "discard a lead",
    "set_aside": "set a lead aside",
    "reopen": "reopen a lead",
    "take_back": "take an end back",
    "pull": "pull a lead",
    "give_back": "give a lead back",
    "assign": "assign leads",
    "hand_raise": "note that they asked for us",
    "note": "write a note",
    "task": "plan a task",
    "opt_out": "note an opt-out",
    "clear_opt_out": "clear an opt-out",
    "ask_exception": "ask for an exception",
    "grant_exception": "grant an exception",
    "import": "import leads",
    "export": "export leads",
    "erase": "erase a person",
}


def can(user: User, action: str, lead=None, *, at: datetime | None = None) -> bool:
    """Say whether this person may do this to this lead; without one, whether they ever may.

    Raises KeyError for an action nobody wrote down. Mostly no query beyond the teams of the user,
    read once; one where it depends on who held, ended or brought in the lead.
    """
    scope = allowed(user, ACTIONS[action])
    if lead is None or action in AT_ALL:
        return bool(scope)
    if lead.gone_as or (action in SHIELDED and lead.is_shielded and not _sells(user, lead)):
        return False
    if Scope.ALL in scope or Scope.KEY in scope:
        return True
    return any(lies(user, lead, at) for part, lies in LIES.items() if part in scope)


def refusal(user: User, action: str, lead=None) -> str:
    """Say in one sentence why not, for the person who asked. At most two queries."""
    if not allowed(user, ACTIONS[action]):
        return f"Only {_who_may(action)} can {VERBS[action]}."
    if lead is None:
        return f"You cannot {VERBS[action]}."
    if lead.gone_as:
        return "This lead is gone: it was merged, erased or its import undone."
    if lead.is_shielded:
        return "This lead belongs to the product. Sales gets it when it is handed over."
    if action == "take_back" and lead.cycle and lead.cycle.ended_by and not lead.is_open:
        who = lead.cycle.ended_by.get_short_name()
        return f"{who} ended this round. {who} or a manager takes it back."
    if lead.owner_id and lead.owner_id != user.pk:
        return f"This is {possessive(lead.owner.get_short_name())} lead."
    if lead.team_id:
        return f"This lead waits in the queue of {lead.team}."
    if lead.is_open:
        return f"This is your lead, but {_who_may(action)} can {VERBS[action]} here."
    return f"{lead.name} is {lead.state_label} and in nobody's hands."


def may_give_to(user: User, to) -> bool:
    """Say whether this person may put leads into these hands: the other end of an assignment.

    A manager: people and teams of theirs, and themselves; RevOps: anybody; a seller: only
    themselves, by a pull or a lead they bring in. Marketing, leadership, RevOps and API clients
    hold no leads, whoever gives them.
    """
    if isinstance(to, User) and Role(to.role) not in HOLDERS:
        return False
    scope = allowed(user, "leads.assign")
    if Scope.ALL in scope:
        return True
    if Scope.TEAM in scope:
        reach = people_of(user) | {user.pk} if isinstance(to, User) else teams_of(user)
        return to.pk in reach
    return bool(scope | allowed(user, "leads.pull")) and to == user


def visible_to(leads: models.QuerySet, user: User, at: datetime | None = None) -> models.QuerySet:
    """Keep the leads this person may see, tombstones left out.

    Every branch is an index look-up and the subqueries are arrays computed once, so that the planner
    can join them by bitmap: fast with a million leads. No query of its own beyond the teams.
    """
    scope = allowed(user, ACTIONS["see"])
    leads = leads.filter(gone_as="")
    if Scope.ALL in scope:
        return leads
    wanted = Q(pk__in=[])
    for part, where in WHERE.items():
        if part in scope:
            wanted |= where(user, at)
    return leads.filter(wanted)


def _who_may(action: str) -> str:
    """Name the roles that ever may, as a person would list them."""
    cells = ROWS[ACTIONS[action]]
    names = {Role.MANAGER: "a manager", Role.MARKETING: "marketing", Role.API: "an API client"}
    roles = [
        names.get(role, f"an {role.label}" if role in (Role.SDR, Role.AE) else role.label)
        for role in Role
        if cells[role] and role not in (Role.CSM, Role.API)
    ]
    return roles[0] if len(roles) == 1 else f"{', '.join(roles[:-1])} or {roles[-1]}"


def possessive(name: str) -> str:
    """Say whose: `Ben's`, `Hans'`."""
    return f"{name}'" if name.endswith("s") else f"{name}'s"


class AnyOf(models.Func):
    """`column = ANY (ARRAY(subquery))`: unlike IN, an index serves it also within an OR."""

    template = "%(expressions)s)"
    arg_joiner = " = ANY("
    output_field = models.BooleanField()
    conditional = True

    def __init__(self, column: str, rows: models.QuerySet):
        super().__init__(models.F(column), ArraySubquery(rows))


def _since(at: datetime | None):
    return (at if at is not None else Now()) - STILL_SEEN


def _spells(user, at):
    return Spell.objects.filter(owner=user, ended_at__gte=_since(at))


def _roles(user):
    return ContactRole.objects.filter(opportunity__opportunity_owner=user, opportunity__gone_as="")


def _meetings(user):
    """What says below meetings that somebody holds one: a task of theirs on its lead, for as long as it stood or was held."""
    return Task.objects.filter(owner=user, kind=Task.Kind.MEETING).exclude(outcome=Task.Outcome.DROPPED)


def _sales(user):
    return Opportunity.objects.filter(opportunity_owner=user, status=OpportunityStatus.OPEN, gone_as="")


def _sells(user, lead) -> bool:
    """Whether they own an open opportunity at its account: for them the shield is open."""
    return lead.account_id is not None and _sales(user).filter(account=lead.account_id).exists()


def _shield() -> Q:
    return Q(motion=Motion.PLG, status__in=LeadStatus.OPEN)


def _team_where(user, at) -> Q:
    """What lies below a manager: in the hands of their people and teams, or ended there."""
    people = [*people_of(user), user.pk]
    return (
        Q(owner__in=people) | Q(team__in=teams_of(user)) | Q(development_owner__in=people, status__in=LeadStatus.ENDED)
    )


def _in_team(user, lead) -> bool:
    people = people_of(user) | {user.pk}
    return (
        lead.owner_id in people
        or lead.team_id in teams_of(user)
        or (lead.status in LeadStatus.ENDED and lead.development_owner_id in people)
    )


def _brought_in(user, lead) -> bool:
    """A raw lead in nobody's hands whose first signal came through them."""
    if lead.status != LeadStatus.RAW or lead.owner_id or lead.team_id:
        return False
    return lead.signals.order_by("pk").values_list("by_id", flat=True).first() == user.pk


# Each scope as a condition on many leads ...
WHERE = {
    Scope.OWN: lambda user, at: Q(owner=user),
    Scope.LOST: lambda user, at: Q(AnyOf("pk", _spells(user, at).values("lead"))) & ~_shield(),
    Scope.QUEUES: lambda user, at: Q(team__in=teams_of(user)) & ~_shield(),
    Scope.MEETINGS: lambda user, at: (
        (Q(AnyOf("pk", _roles(user).values("lead"))) | Q(AnyOf("pk", _meetings(user).values("lead")))) & ~_shield()
    ),
    Scope.SALES: lambda user, at: Q(AnyOf("account", _sales(user).values("account"))) & _shield(),
    Scope.TEAM: _team_where,
    Scope.RAW: lambda user, at: Q(status=LeadStatus.RAW),
    Scope.NURTURE: lambda user, at: Q(status=LeadStatus.NURTURE),
}
# ... and as a question about one, the cheapest first.
LIES = {
    Scope.OWN: lambda user, lead, at: lead.owner_id == user.pk,
    Scope.RAW: lambda user, lead, at: lead.status == LeadStatus.RAW,
    Scope.NURTURE: lambda user, lead, at: lead.status == LeadStatus.NURTURE,
    Scope.TEAM: lambda user, lead, at: _in_team(user, lead),
    Scope.QUEUES: lambda user, lead, at: lead.team_id in teams_of(user) and not lead.is_shielded,
    Scope.POOLS: lambda user, lead, at: lead.team_id in own_teams_of(user) and not lead.is_shielded,
    Scope.ENDED: lambda user, lead, at: lead.cycle is not None and lead.cycle.ended_by_id == user.pk,
    Scope.CREATED: lambda user, lead, at: _brought_in(user, lead),
    Scope.LOST: lambda user, lead, at: not lead.is_shielded and _spells(user, at).filter(lead=lead.pk).exists(),
    Scope.MEETINGS: lambda user, lead, at: (
        not lead.is_shielded
        and (_roles(user).filter(lead=lead.pk).exists() or _meetings(user).filter(lead=lead.pk).exists())
    ),
    Scope.OPEN_MEETINGS: lambda user, lead, at: (
        not lead.is_shielded
        and (
            _roles(user).filter(lead=lead.pk, opportunity__status=OpportunityStatus.OPEN).exists()
            or _meetings(user).filter(lead=lead.pk, done_at=None).exists()
        )
    ),
    Scope.SALES: lambda user, lead, at: lead.is_shielded and _sells(user, lead),
}
