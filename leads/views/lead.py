"""One lead on its own page (WORK-3), and the older part of its timeline."""

from django.shortcuts import render
from django.views.decorators.http import require_GET

from leads import timeline
from leads.views import again, answers, privacy
from leads.views.desk import Desk
from leads.views.panel import older_url, part_of


@require_GET
def lead(request, pk):
    """Show all that is known of a lead, with the act that was asked for."""
    desk = Desk(request, place="lead")
    found = desk.again(pk)
    if found is None:
        return privacy.gone(request, pk)
    unsent = again.typed(desk)
    if unsent and unsent[0] == found.pk:
        return answers.lead_page(request, desk, found, unsent[1], **unsent[2])
    return answers.lead_page(request, desk, found, request.GET.get("act", ""))


@require_GET
def older(request, pk):
    """Show what happened before: the next entries in place of the button, or without a script a page of them."""
    desk = Desk(request, place="lead")
    found = desk.lead(pk)
    before = request.GET.get("before", "")
    before = int(before) if before.isdecimal() and len(before) < 19 else None
    part = part_of(request)
    entries, more = timeline.of(found, desk.at, before, part)
    context = {"entries": entries, "older": older_url(found, more, part), "now": desk.at, "lead": found}
    return render(request, "components/_timeline.html" if desk.is_htmx else "leads/timeline.html", context)
