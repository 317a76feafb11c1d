"""The first page of managers and leaders."""

from django.core.exceptions import PermissionDenied
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.context import address
from accounts.permissions import Scope, allowed
from reporting import figures, permissions


@require_GET
def overview(request):
    """Show how many leads stand in each state, by motion."""
    if not permissions.can_see_overview(request.user):
        raise PermissionDenied("The overview is for managers, RevOps, marketing and leadership.")
    lines = figures.by_state(permissions.counted(request.user))
    return render(
        request,
        "reporting/overview.html",
        {
            "lines": lines,
            "total": sum(line.total for line in lines),
            "slg": sum(line.slg for line in lines),
            "plg": sum(line.plg for line in lines),
            "is_of_team": bool(allowed(request.user, "reports.see") & Scope.TEAM),
            "leads_url": address("leads") if allowed(request.user, "leads.see") else None,
        },
    )
