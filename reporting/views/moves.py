"""The leads behind a number of moves of the clock, the last moved first (REP-8)."""

from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts import clock
from accounts.models import User
from leads.models import Lead, LeadStatus
from reporting import charts, life, moves, permissions
from reporting.questions import Time
from reporting.views.asking import LAST, place, says_what_is_unclear, understood
from reporting.views.overview import PAGE

STATES = dict(LeadStatus.choices)


@require_GET
@says_what_is_unclear
def moved(request):
    """List the moves behind one number of the clock. A fixed number of queries."""
    user, given = request.user, request.GET
    if not permissions.can_see_overview(user) or not permissions.sees_people(user):
        raise PermissionDenied("The leads behind the clock are for their managers and RevOps.")
    name, motion = given.get("move", "raw"), given.get("motion", "")
    if name not in life.TO_HAND or motion not in ("", *charts.PLACES):
        raise Http404("no such move")
    now = clock.now()
    form = Time(given, now, life.WEEK, ("move", "motion", "before"))
    understood(form, moves.WORDS[name], reverse("overview"))
    before = place(given, "before", moves.WORDS[name], reverse("overview"), LAST)
    period, of = form.period_asked(), permissions.of_whom(user)
    found = life.of(of, period, now)
    rows = moves.listed(found, name, motion, of, period, now, before, PAGE + 1)
    said = {key: value for key, value in given.items() if key in ("move", "motion", "period", "first", "last")}
    older = f"{request.path}?{urlencode(said | {'before': rows[PAGE - 1].pk})}" if len(rows) > PAGE else ""
    said_time = {key: value for key, value in said.items() if key not in ("move", "motion")}
    context = {
        "words": moves.WORDS[name], "lane": charts.PLACES.get(motion, ""), "number": moves.number_of(found, name, motion),
        "rows": _said(rows[:PAGE]), "period": period, "life": found, "now": now, "pager": {"older": older} if older else {},
        "back": f"{reverse('overview')}?{urlencode(said_time)}",
    }  # fmt: skip
    return render(request, "reporting/moves.html", context)


def _said(rows: list[moves.Move]) -> list[dict]:
    """Name the leads and people of a page. Two queries."""
    leads = Lead.objects.only("status", "first_name", "last_name", "email", "company", "phone").in_bulk(
        {row.lead for row in rows}
    )
    people = User.objects.in_bulk({row.by for row in rows if row.by})
    return [
        {
            "lead": leads.get(row.lead),
            "at": row.at,
            "by": people.get(row.by, ""),
            "before": STATES.get(row.before, row.before),
            "after": STATES.get(row.after, row.after),
        }
        for row in rows
    ]
