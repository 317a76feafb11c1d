"""What one was told: the bell of every page, the page of messages, and by which way each kind is to come (WORK-8)."""

from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import clock, telling
from accounts.gathering import by_day
from accounts.models import Way

PAGE = 50


@require_GET
def messages(request):
    """Show what this person was told, by day and by lead, newest first; by key."""
    return render(request, "accounts/messages.html", _inbox(request))


def _inbox(request) -> dict:
    """Read one page of messages. Two queries beyond the bell's."""
    user, at, older = request.user, clock.now(), request.GET.get("older", "")
    older = older if older.isdecimal() and len(older) < 19 else ""
    rows = telling.in_page(user).filter(pk__lt=int(older)) if older else telling.in_page(user)
    rows = list(rows[: PAGE + 1])
    told = telling.said(rows[:PAGE], user, at)
    pager = {"older": f"?older={rows[PAGE - 1].pk}"} if len(rows) > PAGE else {}
    newest = rows[0].pk if rows else 0
    return {
        "days": by_day(told),
        "newest": newest,
        "pager": pager,
        "now": at,
        "query": f"?older={older}" if older else "",
    }


@require_GET
@never_cache
def bell(request):
    """Answer the bell of an open page: nothing while nothing changed; else itself anew, with what is new in words (SLA-3)."""
    newest, known, unread = _number(request, "newest"), _number(request, "unread"), telling.unread(request.user)
    if (unread[0] if unread else 0) <= newest and len(unread) == known:
        return HttpResponse(status=204)
    new = [pk for pk in unread if pk > newest]
    news = None
    if new:
        rows = telling.in_page(request.user).filter(pk=new[0])
        news = next(iter(telling.said(list(rows), request.user, clock.now())), None)
    drawn = telling.Bell(len(unread), max([newest, *unread[:1]]))
    return render(request, "components/_bell.html", {"bell": drawn, "news": news, "more": len(new) - 1})


def _number(request, name: str) -> int:
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else 0


@require_POST
def read(request):
    """Note what was read: these messages, or all up to the newest that was shown."""
    text = request.POST.get("only", "")
    only = [int(part) for part in text.split(",") if part.isdecimal() and len(part) < 19][: 4 * PAGE]
    newest = request.POST.get("newest", "")
    up_to = int(newest) if newest.isdecimal() and len(newest) < 19 else 0
    telling.read(request.user, at=clock.now(), up_to=up_to, only=only)
    if request.headers.get("HX-Request") == "true":
        unread = telling.unread(request.user)
        shown = _inbox(request) | {"bell": telling.Bell(len(unread), max([up_to, *unread[:1]])), "is_swap": True}
        return render(request, "accounts/_messages.html", shown)
    return redirect("messages")


@require_http_methods(["GET", "POST"])
def ways(request):
    """Show and keep by which way each kind of message comes."""
    user = request.user
    if request.method == "POST":
        try:
            telling.choose(
                user,
                {kind.code: request.POST[kind.code] for kind in telling.kinds_of(user) if kind.code in request.POST},
            )
        except ValueError:
            return HttpResponseBadRequest(render(request, "400.html").content)
        return redirect(f"{reverse('message-ways')}?kept=1")
    kinds = [
        {
            "code": kind.code,
            "label": kind.label,
            "ways": [way for way in Way if way in kind.ways],
            "way": telling.way_of(user, kind.code),
        }
        for kind in telling.kinds_of(user)
    ]
    return render(request, "accounts/ways.html", {"kinds": kinds, "kept": "kept" in request.GET})
