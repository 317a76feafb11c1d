"""How the pages answer: the queue, a lead, and after an act either the parts that changed (htmx) or the way to the next page.

The fragment an act returns is the fragment the page shows without a script: one set of templates.
"""

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from accounts.context import address
from accounts.words import moment
from leads import permissions, queue, rows
from leads.models import Lead
from leads.pulls import LEAST, MOST, stand
from leads.views import acts
from leads.views.panel import full

PAGE = 50
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def fragment(desk, lead: Lead | None, kind: str = "", **more) -> dict:
    """Return what #lead shows: the panel, and in it the act that was asked for or the usual one."""
    base = {"now": desk.at, "place": desk.place}
    if lead is None:
        return base | {"panel": None, "act": None, "empty": nothing(desk)}
    panel = full(desk, lead) | more.pop("panel", {})
    error, typed = more.pop("error", None), more.pop("typed", None)
    shown = acts.act(desk, lead, kind, panel, error=error, typed=typed) if kind else None
    return base | {"panel": panel, "view": desk.view, "act": shown or acts.default(desk, lead, panel, typed)}


def summary(desk) -> dict:
    """Return the counts of the day: what is to do, and the views beside the list."""
    counts = desk.queue.counts()
    todo = len(desk.queue.entries)
    named = [("", "All", todo, ""), *((g.key, g.short, counts[g.key], g.dot) for g in queue.GROUPS)]
    if counts[queue.LATER.key] or desk.view == queue.LATER.key:
        named.append((queue.LATER.key, queue.LATER.short, counts[queue.LATER.key], ""))
    views = [
        {"url": _queue(view=key), "label": label, "count": count, "dot": dot, "current": key == desk.view}
        for key, label, count, dot in named
    ]
    groups = [{"key": g.key, "label": g.label, "count": counts[g.key]} for g in (*queue.GROUPS, queue.LATER)]
    return {"todo": todo, "views": views, "groups": groups}


def listed(desk, start: int = 0) -> dict:
    """Return what stands in #list: up to 50 rows in their groups, and what comes after them."""
    entries = desk.queue.view(desk.view)
    drawn = rows.of(entries[start : start + PAGE], desk.at)
    day = summary(desk)
    groups = [group | {"rows": [row for row in drawn if row.group == group["key"]]} for group in day["groups"]]
    here = desk.at.astimezone(desk.user.zone)
    rest = len(entries) - start - PAGE
    later = len(desk.queue.later)
    return day | {
        "groups": groups,
        "rows_shown": len(drawn),
        "view": desk.view,
        "today": f"{DAYS[here.weekday()]} {here.day} {MONTHS[here.month - 1]}",
        "more": {"url": _queue(view=desk.view, start=start + PAGE), "count": min(rest, PAGE)} if rest > 0 else None,
        "fewer": {"url": _queue(view=desk.view, start=max(0, start - PAGE))} if start else None,
        "later": {"count": later, "url": _queue(view=queue.LATER.key)} if desk.view != queue.LATER.key else None,
        "pull": pulls(desk),
        "token": desk.token,
        "empty": nothing(desk),
    }


def _queue(**query) -> str:
    parts = "&".join(f"{name}={value}" for name, value in query.items() if value)
    return address("queue") + (f"?{parts}" if parts else "")


def pulls(desk) -> dict | None:
    """Say how many this person may pull, and why not when it is none; None for those who never pull."""
    if not permissions.can(desk.user, "pull"):
        return None
    waiting, today, bell = stand(desk.user, desk.at)
    return {
        "bell": bell,
        "waiting": min(waiting, queue.ENOUGH),
        "is_more": waiting > queue.ENOUGH,
        "refused": "" if waiting else "Nobody waits in the queues of your teams.",
        "today": today,
        "goal": f"{LEAST} to {MOST}",
    }


def nothing(desk) -> dict:
    """Say that there is nothing to do, and what comes next."""
    if desk.view and desk.view != queue.LATER.key and desk.queue.entries:
        link = {"url": reverse("queue"), "label": "Show all"}
        return {"title": "Nothing here", "text": "Other leads are waiting for you.", "link": link}
    if desk.queue.later:
        first = moment(desk.queue.later[0].task.due_at, desk.user.zone, desk.at)
        link = {"url": _queue(view=queue.LATER.key), "label": "Show them"}
        return {"title": f"Nothing is due until {first}", "text": "You can pull the next lead meanwhile.", "link": link}
    return {"title": "All done for today", "text": "What comes in appears here.", "link": None}


def queue_page(request, desk, lead: Lead | None, kind: str = "", *, start: int = 0, is_open=False, status=200, **more):
    """Draw the whole queue page."""
    context = listed(desk, start) | fragment(desk, lead, kind, **more)
    context |= {"is_open": is_open, "toast": said(request)}
    if context["pull"]:
        context["bell"] = context["pull"]["bell"]  # read beside it
    return render(request, "leads/queue.html", context, status=status)


def lead_page(request, desk, lead: Lead, kind: str = "", *, status=200, **more):
    """Draw a lead's own page."""
    context = fragment(desk, lead, kind, **more) | {"toast": said(request)}
    return render(request, "leads/lead.html", context, status=status)


def say(request, toast: dict | None) -> None:
    """Keep a toast for the next page."""
    if toast:
        request.session["toast"] = toast


def said(request) -> dict | None:
    """Take the toast that the last act left."""
    return request.session.pop("toast", None) if "toast" in request.session else None


def wrong(desk, lead: Lead, kind: str, *, status: int, **more) -> HttpResponse:
    """Answer an act that was refused: the same panel with what went wrong and what was typed, on the page it came from.

    Where the lead moved on under the hand, or a pull found nothing (`relist`), the list and the counts beside it are as old as the
    panel was: they come along as they are now. A form filled wrongly changes nothing.
    """
    relist = more.pop("relist", False)
    if desk.is_htmx:
        context = fragment(desk, lead, kind, **more)
        if desk.place == "queue" and (relist or status != 422):
            desk.look_again()
            context |= {"refused": True, "relist": relist}
            context |= listed(desk) if relist else summary(desk) | _row_now(desk, lead)
            return render(desk.request, "leads/_answer.html", context, status=status)
        return render(desk.request, "leads/_panel.html", context, status=status)
    if desk.place == "queue":
        return queue_page(desk.request, desk, lead, kind, is_open=True, status=status, **more)
    return lead_page(desk.request, desk, lead, kind, status=status, **more)


def done(desk, lead: Lead, then: dict, next_lead: Lead | None, *, relist: bool = False) -> HttpResponse:
    """Answer an act that was done: the next lead (or the same one), what left the list, the counts, the toast with its undo."""
    toast = {"text": then["text"], "undo_url": reverse("undo", args=[then["undo"]]) if then.get("undo") else ""}
    kind = then.get("asks", "")
    if not desk.is_htmx:
        say(desk.request, toast)
        url = desk.address(next_lead.pk if next_lead else None, act=kind)
        return HttpResponseRedirect(url + ("#act" if kind else "#lead" if next_lead else ""))
    context = fragment(desk, next_lead, kind) | {"toast": toast, "relist": relist}
    if desk.place == "queue":
        context |= listed(desk) if relist else summary(desk) | changed(desk, lead, then.get("group", ""))
    response = render(desk.request, "leads/_answer.html", context)
    if desk.place == "queue":
        response["HX-Replace-Url"] = desk.address(next_lead.pk if next_lead else None)
    return response


def changed(desk, lead: Lead, group: str) -> dict:
    """Return what to redraw of the list: the row of the lead that was acted on. The head of its group is counted where it is seen.

    The row stays where it is and says something new when there is still something to do; else it leaves. The order of the
    others is never touched under the hand.
    """
    return _row_now(desk, lead) if group else {}


def _row_now(desk, lead: Lead) -> dict:
    """Draw the row of a lead as it is now, or as one that leaves; nothing where the page shows no row of it."""
    if not desk.shows_row:
        return {}
    entry = next((e for e in desk.queue.view(desk.view) if e.lead == lead.pk), None)
    return {"fresh": rows.of([entry], desk.at)} if entry else {"gone": [rows.leaving(lead)]}
