"""The day of whoever holds meetings (MEET-3): what is due its disposition, the day, the week with the packs, hand-offs that wait.

The first page of an account executive. An SDR sees the meetings they brought about, and what they may record after 48 hours; a manager
what waits for their word. A fixed number of queries, however many rows.
"""

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from accounts.permissions import Scope, allowed
from leads.views.answers import said
from meetings import permissions
from meetings.models import Meeting, MeetingStatus
from meetings.views import lists, rows
from meetings.views.acting import Place

PAGE = 25  # of what is past
WHOLE = 10  # due meetings that are drawn with their form


@require_GET
def meetings(request):
    """Show the day, or what is past."""
    place = Place(request)
    refuse_who_sees_none(place)
    show = "past" if request.GET.get("show") == "past" else ""
    context = past(place) if show else day(place)
    return render(
        request,
        "meetings/day.html",
        context | {"show": show, "now": place.at, "token": place.token, "toast": said(request)},
    )


def refuse_who_sees_none(place: Place) -> None:
    """Refuse whoever has nothing to do with meetings."""
    if not allowed(place.user, "meetings.see") & ~Scope.KEY:
        raise PermissionDenied(f"{place.user.get_role_display()} sees no meetings.")


def day(place: Place, at_row: int = 0) -> dict:
    """Return what stands on the page of the day, or of one of its lists further on.

    The first that are due are drawn with their forms, told in one press; those after them as lines that open theirs. The reasons stand
    in the first form alone, and are asked for by the others. `at_row` is drawn with all of it wherever it stands: something was just
    said of it, and refused. Eight queries at most, however many rows.
    """
    page = lists.Page.asked(place.request)
    found = page.read(place)
    due = found["due"].rows
    whole = [row for number, row in enumerate(due) if number < WHOLE or row.pk == at_row]
    read = [*whole, *(row for name in ("words", "ahead", "others") for row in found[name].rows)]
    drawn = dict(zip((row.pk for row in read), rows.meetings(place, read), strict=True))
    for row in whole[1:]:
        drawn[row.pk]["is_short"] = row.pk != at_row
    shown = {name: [drawn[row.pk] for row in found[name].rows] for name in ("words", "others")}
    today = lists.day_ends(place.user, place.at)
    ahead = [drawn[row.pk] for row in found["ahead"].rows]
    asked = any(row["can"]["tell"] for row in drawn.values()) or found["hand_offs"].rows
    return (
        shown
        | (rows.all_reasons() if asked else {"reasons": [], "refusals": []})
        | {
            "due": [drawn[row.pk] if row in whole else rows.line(place, row) for row in due],
            "today": [row for row in ahead if row["at"] < today],
            "week": [row for row in ahead if row["at"] >= today],
            "hand_offs": rows.hand_offs(place, found["hand_offs"].rows),
            "more": {name: part.more for name, part in found.items()},
            "next": next(iter(ahead), None),
            "only": page.name,
        }
        | way_back(page)
    )


def way_back(page: lists.Page) -> dict:
    """Return what a form of a row carries, so that its answer draws the page it was pressed on."""
    return {"carry": page.query, "back": reverse("meetings") + page.query}


def past(place: Place) -> dict:
    """Return the meetings that are over, newest first, paged by key. Two queries."""
    seen = permissions.visible_to(Meeting.objects.exclude(status=MeetingStatus.BOOKED), place.user).select_related(
        *lists.BESIDE
    )
    before = lists.key_of(place.request.GET.get("before", ""))
    if before:
        moment, pk = before
        seen = seen.filter(Q(starts_at__lt=moment) | Q(starts_at=moment, pk__lt=pk))
    found = list(seen.order_by("-starts_at", "-pk")[: PAGE + 1])
    drawn, last = rows.meetings(place, found[:PAGE]), found[PAGE - 1] if len(found) > PAGE else None
    key = {"show": "past", "before": f"{last.starts_at.isoformat()},{last.pk}"} if last else {}
    newest = f"{reverse('meetings')}?show=past" if before else ""
    return {
        "past": drawn,
        "pager": {"older": f"{reverse('meetings')}?{urlencode(key)}" if last else "", "newer": newest},
    }
