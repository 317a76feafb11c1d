"""Who may see which figures (SAFE-1): a rep their own, a manager those of their people, the house its sums, some without people."""

from dataclasses import replace

from accounts.models import User
from accounts.permissions import ROWS, Scope, allowed, people_of, read_reach, teams_of
from leads.models import Lead
from reporting.filters import MANAGED, MATES, Filters

HOUSE = Scope.ALL | Scope.NUMBERS
BEYOND_OWN = HOUSE | Scope.TEAM


def can_see_overview(user) -> bool:
    return bool(allowed(user, "reports.see") & BEYOND_OWN)


def can_see_reports(user) -> bool:
    return bool(allowed(user, "reports.see"))


def can_take_out(user) -> bool:
    """Say whether figures may leave the house with this person as a file: sums, so whoever sees more than their own."""
    return can_see_overview(user)


def sees_people(user) -> bool:
    """Say whether figures are shown by person, and rows with names."""
    return bool(allowed(user, "reports.see") & (Scope.ALL | Scope.TEAM | Scope.OWN))


def counted(user):
    """Return the leads that this person's figures count: all, or their team's, or none."""
    scope = allowed(user, "reports.see")
    if scope & HOUSE:
        return Lead.objects.filter(gone_as="")
    return Lead.objects.visible_to(user) if scope & Scope.TEAM else Lead.objects.none()


def of_whom(user) -> tuple[list[int], list[int]] | None:
    """Return the people and queues whose leads somebody sees the life of; None is the house."""
    if allowed(user, "reports.see") & HOUSE:
        return None
    return sorted(people_of(user) | {user.pk}), sorted(teams_of(user))


def watched() -> list[tuple[list[int], list[int]]]:
    """Return whose leads' life is seen by those who see no more than their people's, each once. Two queries."""
    roles = [role for role, scope in ROWS["reports.see"].items() if scope & Scope.TEAM and not scope & HOUSE]
    managers = list(User.objects.filter(role__in=roles, is_active=True, is_superuser=False))
    read_reach(managers)
    found = {(tuple(people), tuple(teams)) for people, teams in map(of_whom, managers)}
    return [(list(people), list(teams)) for people, teams in sorted(found)]


def paid(user) -> frozenset[int] | None:
    """Return whose statements somebody sees: their own, their people's, or, as None, everybody's."""
    scope = allowed(user, "reports.see")
    if Scope.ALL in scope:
        return None
    return frozenset(people_of(user) | {user.pk}) if Scope.TEAM in scope else frozenset([user.pk])


def narrowed(user, filters: Filters) -> Filters:
    """Narrow what was asked to what this person may see. Asking for more finds nothing; an API client sees sums. No query.

    How far a manager sees is today's; who was in their teams is read as of the moment of the report (`Filters.at`).
    """
    scope = allowed(user, "reports.see")
    if Scope.ALL in scope:
        return filters
    if Scope.TEAM in scope:
        return replace(filters, reach=MANAGED, whose=user.pk)
    if scope & (Scope.NUMBERS | Scope.KEY):
        return replace(filters, rep=None, shows_people=False)
    if Scope.OWN in scope:
        return replace(filters, rep=user.pk, people=frozenset([user.pk]), teams=frozenset())
    return replace(filters, people=frozenset(), teams=frozenset())


def of_their_team(user, filters: Filters) -> Filters:
    """Return the same question about somebody's whole team: sums beside their own, and no names (WORK-9). Of a manager: their people."""
    reach = MANAGED if allowed(user, "reports.see") & Scope.TEAM else MATES
    return replace(filters, rep=None, reach=reach, whose=user.pk, shows_people=False)
