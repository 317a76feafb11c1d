"""The day of whoever holds meetings (MEET-3): what is due its disposition, the day, the week with the packs, hand-offs that wait.

The first page of an account executive. An SDR sees the meetings they brought about, and what they may record after 48 hours; a manager
what waits for their word. A fixed number of queries, however many rows.
"""

from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from accounts.permissions import Scope, allowed
from leads.views.answers import said
from meetings import permissions
from meetings.models import HandOff, Meeting, MeetingStatus
from meetings.views import rows
from meetings.views.acting import Place

MOST = 50
PAGE = 25
BESIDE = (
    "lead__owner",
    "owner",
    "sourced_by",
    "opportunity__product",
    "opportunity__account",
    "account",
    "reason",
    "claimed_by",
)


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


def day(place: Place) -> dict:
    """Return what stands on the page of the day."""
    user, at = place.user, place.at
    mine = Meeting.objects.filter(Q(owner=user) | Q(sourced_by=user)).select_related(*BESIDE)
    booked = mine.filter(status=MeetingStatus.BOOKED, starts_at__lt=week_ends(user, at)).order_by("starts_at", "pk")
    near = list(booked[: 2 * MOST])
    due = [row for row in near if row.starts_at <= at]
    own, others = [r for r in due if r.owner_id == user.pk], [r for r in due if r.owner_id != user.pk]
    words = waits_for_a_word(place)
    read = [*near, *words]
    drawn = dict(zip((row.pk for row in read), rows.meetings(place, read), strict=True))
    today = day_ends(user, at)
    ahead = [row for row in near if row.starts_at > at]
    parts = {
        "due": own,
        "today": [row for row in ahead if row.starts_at < today],
        "week": [row for row in ahead if row.starts_at >= today],
        "others": others,
        "words": words,
    }
    shown = {name: [drawn[row.pk] for row in part] for name, part in parts.items()}
    waiting = hand_offs(place)
    return shown | {
        "hand_offs": [rows.hand_off(place, row) for row in waiting],
        "reasons": rows.reasons() if any(row["can"]["tell"] for row in drawn.values()) else [],
        "is_more": len(near) == 2 * MOST,
        "next": next((row for row in shown["today"] + shown["week"]), None),
    }


def hand_offs(place: Place) -> list[HandOff]:
    """List the passings that wait for this person's word; for a manager their team's, those without a receiver too. One query."""
    waiting = HandOff.objects.filter(outcome="").select_related(
        "opportunity__product", "opportunity__account", "giver", "receiver", "lead"
    )
    scope = allowed(place.user, "hand_offs.answer")
    if scope & (Scope.TEAM | Scope.ALL):
        waiting = permissions.visible_to(waiting, place.user)
    else:
        waiting = waiting.filter(receiver=place.user)
    return list(waiting.order_by("limit_at", "pk")[:MOST])


def waits_for_a_word(place: Place) -> list[Meeting]:
    """List what a manager must confirm or settle, and what their people leave without a disposition. One query, none for others."""
    if not allowed(place.user, "meetings.settle"):
        return []
    asked = Q(status=MeetingStatus.BOOKED) & (~Q(claim="") | Q(due_at__lte=place.at))
    contested = Q(contested_at__isnull=False, settled_at__isnull=True)
    seen = permissions.visible_to(Meeting.objects.filter(asked | contested), place.user)
    return list(
        seen.exclude(owner=place.user, claim="")
        .select_related(*BESIDE, "contested_by")
        .order_by("starts_at", "pk")[:MOST]
    )


def day_ends(user, at: datetime) -> datetime:
    here = at.astimezone(user.zone)
    return (here + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)


def week_ends(user, at: datetime) -> datetime:
    return day_ends(user, at) + timedelta(days=6)


def past(place: Place) -> dict:
    """Return the meetings that are over, newest first, paged by key. Two queries."""
    seen = permissions.visible_to(Meeting.objects.exclude(status=MeetingStatus.BOOKED), place.user).select_related(
        *BESIDE
    )
    before = place.request.GET.get("before", "")
    when, _comma, pk = before.partition(",")
    try:
        moment, key = datetime.fromisoformat(when), int(pk)
    except ValueError:
        moment = None
    if moment is not None and moment.tzinfo is not None:
        seen = seen.filter(Q(starts_at__lt=moment) | Q(starts_at=moment, pk__lt=key))
    found = list(seen.order_by("-starts_at", "-pk")[: PAGE + 1])
    drawn, last = rows.meetings(place, found[:PAGE]), found[PAGE - 1] if len(found) > PAGE else None
    key = {"show": "past", "before": f"{last.starts_at.isoformat()},{last.pk}"} if last else {}
    newest = f"{reverse('meetings')}?show=past" if moment is not None else ""
    return {
        "past": drawn,
        "pager": {"older": f"{reverse('meetings')}?{urlencode(key)}" if last else "", "newer": newest},
    }
