"""The day of one rep: the list, the lead beside it, and the next one pulled from a queue."""

from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from accounts.models import Door, Team
from accounts.permissions import own_teams_of
from accounts.words import moment
from leads import permissions, pulling, pulls
from leads.lifecycle import Refused
from leads.queue import PLACE
from leads.views import acting, again, answers
from leads.views.desk import Desk, works_a_queue


@require_GET
def queue(request):
    """Show what is to do, in one order, with the lead that was asked for or the first one beside it."""
    if not works_a_queue(request.user):
        raise PermissionDenied("Only who reaches out to leads has a queue.")
    desk = Desk(request, place="queue")
    start = int(text) if (text := request.GET.get("start", "")).isdecimal() and len(text) < 6 else 0
    asked, kind, more = request.GET.get("lead", ""), request.GET.get("act", ""), {}
    if (unsent := again.typed(desk)) and (lead := desk.again(unsent[0])):
        asked, kind, more = str(lead.pk), unsent[1], unsent[2]
    elif asked.isdecimal():
        lead = desk.lead(int(asked))
    else:
        first = next(iter(desk.queue.view(desk.view)[start:]), None)
        lead = desk.again(first.lead) if first else None
    return answers.queue_page(request, desk, lead, kind, start=start, is_open=asked.isdecimal(), **more)


@require_GET
def lead(request, pk):
    """Show one lead beside the queue: the fragment for #lead, or without a script the whole page."""
    desk = Desk(request, place="queue")
    found = desk.lead(pk)
    if not desk.is_htmx:
        return HttpResponseRedirect(desk.address(found.pk))
    return render(request, "leads/_panel.html", answers.fragment(desk, found))


@require_POST
def pull(request):
    """Take the next lead of one's own queues into one's hands (ROUTE-5), and open it."""
    if not permissions.can(request.user, "pull"):
        raise PermissionDenied(permissions.refusal(request.user, "pull"))
    desk = Desk(request, place="queue")
    desk.view = desk.view if desk.view in PLACE else ""

    def take(_seen) -> dict:
        for team in Team.objects.filter(pk__in=own_teams_of(desk.user), is_active=True).order_by("pk"):
            got = pulling.pull(team, by=desk.user, at=desk.at, door=Door.PAGE)
            if got.done or got.refused:
                lead = got.lead
                return acting.did(
                    desk, lead, f"Pulled: {lead.name}.", stays=True, undo={"kind": "give_back", "cycle": lead.cycle_id}
                )
        raise Refused("Nobody waits in the queues of your teams.", "empty")

    try:
        then = acting.once(desk, "pull", take)
    except Refused as refusal:
        return acting.refused_pull(desk, _ran_dry(desk) if refusal.code == "empty" else refusal)
    desk.view = ""
    lead = desk.again(then["lead"])
    return answers.done(desk, lead, then, lead, relist=True)


def _ran_dry(desk) -> Refused:
    """Have the manager told that there is nothing to pull, once a day, and say so."""
    told = pulls.ran_dry(desk.user, desk.at)
    if told is None:
        return Refused("The list is empty.", "empty")
    at = moment(told.created_at, desk.user.zone, desk.at)
    return Refused(
        f"The list is empty. {told.to.get_short_name()} was told {at}; your goal does not count today.", "empty"
    )
