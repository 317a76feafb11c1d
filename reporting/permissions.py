"""Who may see which figures (SAFE-1): a manager those of their people, the house its sums."""

from accounts.permissions import Scope, allowed
from leads.models import Lead

HOUSE = Scope.ALL | Scope.NUMBERS


def can_see_overview(user) -> bool:
    return bool(allowed(user, "reports.see") & (HOUSE | Scope.TEAM))


def counted(user):
    """Return the leads that this person's figures count: all, or their team's, or none."""
    scope = allowed(user, "reports.see")
    if scope & HOUSE:
        return Lead.objects.filter(gone_as="")
    return Lead.objects.visible_to(user) if scope & Scope.TEAM else Lead.objects.none()
