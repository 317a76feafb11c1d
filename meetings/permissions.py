"""Who may see and do what with a meeting, an opportunity and a hand-off (SAFE-1). Asked by every process, page, admin and API.

The table is `accounts/permissions.py`; here is in which of its scopes a row lies for a person. A meeting is one's own who holds it,
brought it about, or has its lead; an opportunity one's own by any of its three roles; a hand-off by either side.
"""

from collections.abc import Callable

from django.db import models
from django.db.models import Q

from accounts.models import Opportunity, User
from accounts.permissions import Scope, allowed, people_of
from leads.permissions import possessive
from meetings.models import HandOff, Meeting

# What a person may ask to do with a row of each kind, and the row of the table that answers.
ACTIONS = {
    Meeting: {
        "see": "meetings.see",
        "move": "meetings.move",
        "cancel": "meetings.move",
        "disposition": "meetings.disposition",
        "correct": "meetings.disposition",
        "claim": "meetings.claim",
        "contest": "meetings.claim",
        "confirm": "meetings.settle",
        "settle": "meetings.settle",
    },
    Opportunity: {"see": "opportunities.see", "change": "opportunities.change"},
    HandOff: {"see": "hand_offs.see", "answer": "hand_offs.answer", "again": "hand_offs.answer"},
}
VERBS = {
    "see": "see this", "move": "move this meeting", "cancel": "cancel this meeting", "disposition": "say what came of this meeting",
    "correct": "correct what was said of this meeting", "claim": "record this meeting", "contest": "contest this meeting",
    "confirm": "confirm this meeting", "settle": "settle this", "change": "change this opportunity", "answer": "answer this hand-off",
    "again": "hand this over again",
}  # fmt: skip


def _meeting_people(row: Meeting, action: str) -> set[int | None]:
    """Whose own a meeting is: to dispose of it, of who holds it; to claim or contest, of who brought it about; else also of the lead's."""
    if action in ("disposition", "correct"):
        return {row.owner_id}
    if action in ("claim", "contest"):
        return {row.sourced_by_id}
    return {row.owner_id, row.sourced_by_id, row.lead.owner_id}


def _sale_people(row: Opportunity, action: str) -> set[int | None]:
    if action == "change":
        return {row.opportunity_owner_id}
    return {row.development_owner_id, row.opportunity_owner_id, row.success_owner_id}


def _hand_off_people(row: HandOff, action: str) -> set[int | None]:
    """Whose own a hand-off is: to answer, of who receives it; to hand over again what was sent back, of who gave it; else of both."""
    sides = {"answer": {row.receiver_id}, "again": {row.giver_id}}
    return sides.get(action, {row.giver_id, row.receiver_id})


PEOPLE: dict[type, Callable[[object, str], set[int | None]]] = {
    Meeting: _meeting_people,
    Opportunity: _sale_people,
    HandOff: _hand_off_people,
}
COLUMNS = {
    Meeting: ("owner", "sourced_by", "lead__owner"),
    Opportunity: ("development_owner", "opportunity_owner", "success_owner"),
    HandOff: ("giver", "receiver"),
}


def can(user: User, action: str, row: Meeting | Opportunity | HandOff) -> bool:
    """Say whether this person may do this to this row. Raises KeyError for an action nobody wrote down.

    No query beyond the teams of the user, read once, and the lead of a meeting where it was not read beside it. One who has no team's
    reach over a row reaches it as their own all the same: a manager who holds a meeting disposes of it.
    """
    scope = allowed(user, ACTIONS[type(row)][action])
    if getattr(row, "gone_as", ""):
        return False
    if Scope.ALL in scope or Scope.KEY in scope:
        return True
    mine = PEOPLE[type(row)](row, action)
    if Scope.OWN in scope and user.pk in mine:
        return True
    theirs = PEOPLE[type(row)](row, "see") | mine
    return Scope.TEAM in scope and bool(theirs & (people_of(user) | {user.pk}))


def refusal(user: User, action: str, row) -> str:
    """Say in one sentence why not, for the person who asked."""
    if not allowed(user, ACTIONS[type(row)][action]):
        return f"{user.get_role_display()}s cannot {VERBS[action]}."
    if isinstance(row, Meeting):
        who = row.sourced_by if action in ("claim", "contest") else row.owner
    else:
        giver = isinstance(row, HandOff) and action == "again"
        who = row.opportunity_owner if isinstance(row, Opportunity) else row.giver if giver else row.receiver
    whose = f"This is {possessive(who.get_short_name())}" if who else "This is nobody's"
    return f"{whose}: you cannot {VERBS[action]}."


def reach_over(model: type[models.Model], user: User) -> frozenset[int] | None:
    """Return the people whose meetings, opportunities or hand-offs this person may see; None: everybody's. No query beyond the teams."""
    scope = allowed(user, ACTIONS[model]["see"])
    if Scope.ALL in scope:
        return None
    mine = {user.pk} if Scope.OWN in scope else set()
    return frozenset(mine | people_of(user) | {user.pk}) if Scope.TEAM in scope else frozenset(mine)


def visible_to(rows: models.QuerySet, user: User) -> models.QuerySet:
    """Keep the meetings, opportunities or hand-offs this person may see. No query of its own beyond the teams."""
    people = reach_over(rows.model, user)
    if rows.model is Opportunity:
        rows = rows.filter(gone_as="")
    if people is None:
        return rows
    wanted = Q(pk__in=[])
    for column in COLUMNS[rows.model] if people else ():
        wanted |= Q(**{f"{column}__in": people})
    return rows.filter(wanted)
