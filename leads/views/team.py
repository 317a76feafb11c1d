"""A manager's day: what needs them now, whose it is, and their answers to what waits for their word (ADMIN-1, WORK-7, LIFE-10)."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from accounts import clock
from accounts.middleware import asks_by_itself
from accounts.models import Disposition, Door, Team
from accounts.prepared import Prepared
from accounts.words import count, duration, moment
from leads import board, bulk, exceptions, sla, wishes
from leads.lifecycle import Seen
from leads.models import Lead, Task
from leads.queue import ENOUGH
from leads.views.picking import picked, value_of

# key, label, colour of the figure, what stands over the list
FIGURES = (
    ("over", "Past limit", "over", "Past limit"),
    ("late", "Target missed", "late", "Target missed"),
    ("risk", "At risk", "risk", "At risk"),
    ("queue", "In queues", "", "Waiting in queues"),
    ("unplanned", "No next step", "", "Working, without a next step"),
    ("quiet", "Quiet 7 days", "", "Working, and nothing for 7 days"),
    ("overdue", "Overdue tasks", "", "Tasks past their day"),
    ("word", "Your word", "", "Waiting for your word"),
    ("asked", "Exceptions asked", "", "Exceptions asked for"),
    ("review", "Past review", "", "Exceptions past their review date"),
    ("nobody", "Nobody’s", "", "In no program, no queue and no one’s hands"),
)
HEADINGS = {key: heading for key, _label, _kind, heading in FIGURES} | {"": "By clock", "open": "In hand"}
ENDS = {Disposition.NURTURE: "not now", Disposition.UNQUALIFIED: "never"}


def board_of(request) -> board.Board:
    """Return the board of who asks, narrowed to the rep they chose; refuse those who lead nobody."""
    if not board.leads_people(request.user):
        raise PermissionDenied("Only who leads a team has its page.")
    rep = request.GET.get("rep", "")
    return board.Board(request.user, clock.now(), int(rep) if rep.isdecimal() and len(rep) < 19 else None)


def all_of(request) -> list[tuple]:
    """Name all the leads of the view that the page showed, up to as many as may change at once."""
    return board_of(request).ids(view_of(request), bulk.MOST)


def view_of(request) -> str:
    view = request.GET.get("show", "")
    return view if view in HEADINGS else ""


@require_GET
def team(request):
    """Show the day. A page that asks by itself gets the figures anew, and how many rows are new; the list is left in peace."""
    here, view = board_of(request), view_of(request)
    listed = here.listed(view)
    context = _live(here, view) | {"news": _news(request, listed)}
    if asks_by_itself(request):
        return render(request, "leads/_team_live.html", context | {"is_poll": True})
    total = _total(here, view)
    context |= {
        "rows": [_row(lead, task, view, here.at) for lead, task in listed],
        "have": ",".join(str(lead.pk) for lead, _task in listed),
        "words": here.words if view == "word" else [],
        "heading": HEADINGS[view],
        "total": total,
        "is_cut": total is not None and total > len(listed),
        "most": bulk.MOST,
        "show": view,
        "query": urlencode({name: value for name, value in {"show": view, "rep": here.rep}.items() if value}),
        "chosen_rep": here.users.get(here.rep) if here.rep else None,
        "all_reps": _address(show=view),
        "teams": _teams(here),
        "now": here.at,
        "back": _address(show=view, rep=here.rep),
    }
    return render(request, "leads/team.html", context)


def _live(here, view: str) -> dict:
    """Return what a page that stays open asks for anew: the figures and the lines of the reps."""
    figures = [
        {
            "key": key, "label": label, "kind": kind if here.figures[key] else "", "url": _address(show=key, rep=here.rep),
            "count": f"{count(ENOUGH)}+" if here.figures[key] > ENOUGH else count(here.figures[key]), "current": key == view,
        }
        for key, label, kind, _heading in FIGURES
        if key != "nobody" or here.is_all
    ]  # fmt: skip
    is_clean = not any(here.figures[key] for key in ("over", "late", "risk"))
    url = reverse("team")
    return {
        "figures": figures,
        "reps": [_rep(rep, url, here.at) for rep in here.reps],
        "is_clean": is_clean,
        "here": _address(show=view, rep=here.rep),
    }


CELLS = (
    ("open", "Open"),
    ("over", "Past limit"),
    ("risk", "At risk"),
    ("unplanned", "No next step"),
    ("quiet", "Quiet"),
)


def _rep(rep, here: str, at) -> dict:
    away = rep.user.away
    till = timezone.datetime.fromisoformat(away["till"]) if away else None
    # Five addresses and more a line, of fifty lines: put together from what is known to need no quoting.
    pk = rep.user.pk
    cells = [
        {"label": label, "count": rep.counts[key], "url": f"{here}?show={key}&rep={pk}", "warn": key == "over"}
        for key, label in CELLS
    ]
    return {
        "pk": pk,
        "name": str(rep.user),
        "is_active": rep.user.is_active,
        "url": f"{here}?rep={pk}",
        "away_url": f"{here}{pk}/away/",
        "leave_url": f"{here}{pk}/leave/",
        "cells": cells,
        "done": rep.counts["done"],
        "away": moment(till, timezone.get_current_timezone(), at) if till else "",
        "delegate": (away or {}).get("delegate") or "",
    }


def _news(request, listed) -> int:
    """Count the rows that were not there when the page was drawn."""
    have = request.GET.get("have")
    if have is None:
        return 0
    known = set(have.split(","))
    return sum(str(lead.pk) not in known for lead, _task in listed)


def _total(here, view: str) -> int | None:
    if view == "" or (
        here.rep and view not in ("open", "over", "late", "risk", "unplanned", "quiet", "overdue", "asked", "review")
    ):
        return None
    counts = next((r.counts for r in here.reps if r.user.pk == here.rep), None) if here.rep else here.figures
    return (counts or {}).get(view, 0)


def _row(lead: Lead, task: Task | None, view: str, at) -> dict:
    has_limit = task is not None and task.limit_at is not None
    holder = lead.owner or lead.team
    return {
        "id": lead.pk,
        "value": value_of(lead),
        "name": lead.name,
        "url": f"/leads/{lead.pk}/",
        "company": lead.account.name if lead.account else lead.company,
        "clock": sla.task_clock(task, at) if has_limit else sla.clock_of(lead, lead.cycle, at),
        "holder": str(holder) if holder else "",
        "is_queue": lead.team_id is not None,
        "what": WHAT.get(view, _came)(lead, task, at),
        "state": lead.state_label,
    }


def _came(lead, _task, _at) -> str:
    return ", ".join(filter(None, (lead.source.name if lead.source else "", lead.get_go_to_market_display().lower())))


def _idle(lead, _task, at) -> str:
    return f"nothing for {duration(at - (lead.last_activity_at or lead.status_since))}"


def _last_touch(lead, _task, at) -> str:
    last = lead.cycle.last_touch_at if lead.cycle else None
    return f"last touch {moment(last, timezone.get_current_timezone(), at)}" if last else "no touch yet"


def _wish(lead, task, _at) -> str:
    return f"{task.created_by.get_short_name()}: {ENDS[task.reason.disposition]}, {task.reason.label.lower()}"


def _exception(lead, task, at) -> str:
    until = moment(task.due_at, timezone.get_current_timezone(), at).rsplit(" ", 1)[0]
    who = (
        f"{task.accepted_by.get_short_name()} granted it"
        if task.accepted_by
        else f"{task.created_by.get_short_name()} asks"
    )
    more = f" {task.what}" if task.what else ""
    return f"{who}: {task.reason.label.lower()}, review {until}.{more}"


def _waits(lead, _task, at) -> str:
    return f"{lead.state_label} since {moment(lead.status_since, timezone.get_current_timezone(), at)}"


WHAT = {
    "word": _wish, "asked": _exception, "review": _exception, "quiet": _idle, "unplanned": _last_touch, "open": _last_touch,
    "queue": _waits, "nobody": _waits,
}  # fmt: skip


NAMES = Prepared(lambda teams: Team.objects.filter(pk__in=teams, is_active=True).order_by("name").values_list("name"))


def _teams(here) -> str:
    if here.is_all:
        return "Everybody"
    return ", ".join(name for (name,) in NAMES.rows(here.teams))


def _address(**query) -> str:
    query = {name: value for name, value in query.items() if value}
    return reverse("team") + (f"?{urlencode(query)}" if query else "")


@require_POST
def words(request):
    """Answer wishes to end leads unseen (WORK-7): let them pass, or send them back into the rep's queue, with a note."""
    note = request.POST.get("note", "").strip()[:2000]
    return _answer(
        request,
        {
            "allow": ("passed", wishes.allow),
            "disallow": ("sent back", lambda seen, **when: wishes.disallow(seen, note=note, **when)),
        },
    )


@require_POST
def exception_answers(request):
    """Answer what reps ask to leave out (LIFE-10): grant it; refuse it or end it."""
    return _answer(request, {"grant": ("granted", exceptions.grant), "close": ("closed", exceptions.close)})


def _answer(request, acts: dict):
    here = board_of(request)
    seen = picked(request, {"team": lambda: all_of(request)})
    name = request.POST.get("act", "")
    if not seen or name not in acts:
        messages.warning(request, "Tick at least one lead first.")
        return HttpResponseRedirect(back_of(request))
    word, act = acts[name]
    result = act([Seen(s.lead, s.cycle) for s in seen], by=here.user, at=here.at, door=Door.PAGE)
    if result.done:
        messages.success(request, f"{count(len(result.done))} {word}.")
    for words_said in dict.fromkeys(refusal.words for _lead, refusal in result.refused[:5]):
        messages.warning(request, f"Not {word}: {words_said}")
    return HttpResponseRedirect(back_of(request))


def back_of(request) -> str:
    """Say where an act on many was begun: a page of ours, else the first page."""
    url = request.POST.get("back", "")
    is_ours = url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)
    return url if is_ours else reverse("home")
