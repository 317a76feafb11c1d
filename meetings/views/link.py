"""From a mail to the word about a meeting (MEET-3): a page that changes nothing until it is pressed. And the calendar feed (MEET-1).

Both are opened by a secret instead of a sign-in. A link that was used, or is too old, says what happened instead.
"""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from leads.lifecycle import Refused
from meetings import feeds, links, outcomes
from meetings.views import forms, rows
from meetings.views.acting import Place, Wrong, do
from meetings.views.meeting import words
from meetings.views.words import cards_of


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def say(request, token):
    """Ask what came of a meeting; say it once it is pressed."""
    place = Place(request)
    try:
        link = links.read(token, place.at)
    except Refused as refusal:
        status = 409 if refusal.code == "used" and request.method == "POST" else 200
        return render(request, "meetings/say.html", {"over": refusal.words}, status=status)
    if request.user.is_authenticated and request.user.pk != link.user.pk:
        raise PermissionDenied(f"This link is {link.user.get_short_name()}'s.")
    place.user = link.user
    with timezone.override(link.user.zone):
        return _asked(place, link)


def _asked(place: Place, link: links.Link):
    request, row, wrong = place.request, link.meeting, None
    if request.method == "POST":
        try:
            done = do(place, "say", forms.OutcomeForm(request.POST), lambda given: _said(place, link, given))
            return render(request, "meetings/say.html", {"done": done})
        except Wrong as refused:
            wrong = refused
    context = {
        "row": rows.meeting(place, row, cards_of([row.lead_id]).get(row.lead_id)), "reasons": rows.reasons(), "now": place.at,
        "token": place.token, "wrong": wrong, "chosen": link.status, "url": request.path,
    }  # fmt: skip
    return render(request, "meetings/say.html", context, status=wrong.status if wrong else 200)


def _said(place: Place, link: links.Link, given: dict) -> str:
    status, reason = given["outcome"]
    facts = {"reason": reason, "size": given["size"], "version": link.version}
    now = outcomes.dispose(link.meeting, status, by=link.user, at=place.at, **facts)
    return words(now)


@require_POST
def feed(request):
    """Make a new calendar address and show it, once; or let none be good any more."""
    place = Place(request)
    if request.POST.get("do") == "revoke":
        feeds.revoke(request.user)
        return render(request, "meetings/feed.html", {"address": ""})
    token = feeds.make(request.user)
    address = settings.LEADOPS_URL.rstrip("/") + reverse("calendar-feed", args=[token])
    response = render(request, "meetings/feed.html", {"address": address, "now": place.at})
    response["Cache-Control"] = "no-store"
    return response


@login_not_required
@never_cache
@require_GET
def calendar(request, token):
    """Return somebody's meetings as calendar programs read them; 404 for an address that is good for nothing."""
    found = feeds.read(token, Place(request).at)
    if found is None:
        raise Http404("no such calendar")
    return HttpResponse(found, content_type="text/calendar; charset=utf-8")


urlpatterns = [
    path("meetings/say/<str:token>/", say, name="meeting-link"),
    path("account/calendar/", feed, name="feed"),
    path("calendar/<str:token>.ics", calendar, name="calendar-feed"),
]
