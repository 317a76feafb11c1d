"""Pages of figures of people: one's own numbers, two reps side by side, what pay is based on; each with its file.

A file leaves the house, so it is for who sees more than their own figures (SAFE-1), and who took it is on record (SAFE-2).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts import clock
from accounts.models import Opportunity, User
from accounts.record_keeping import record_export
from accounts.spreadsheets import csv_lines
from meetings.models import Meeting
from meetings.permissions import visible_to
from reporting import exports_people, mine, pay, permissions
from reporting.filters import Filters
from reporting.forms import Two
from reporting.models import BonusRate
from reporting.period import Period
from reporting.questions import Known, Month
from reporting.views.asking import says_what_is_unclear, understood


def _may_take_out(user) -> None:
    if not permissions.can_take_out(user):
        raise PermissionDenied("Only who sees more than their own figures takes them out.")


def _file(user, lines: Iterable[list], name: str, number: int, now) -> StreamingHttpResponse:
    """Hand lines out as CSV, and write down who took how many."""
    with transaction.atomic():
        record_export(user, f"report {name.partition(' ')[0]}", number, now)
    file = StreamingHttpResponse(csv_lines(lines), content_type="text/csv; charset=utf-8")
    file["Content-Disposition"] = f'attachment; filename="{name.replace(" ", "-")}.csv"'
    return file


def _file_of(request, name: str, **said) -> str:
    """Return where the same question has its file; nowhere for who takes none out."""
    return f"{reverse(name)}?{urlencode(said)}" if permissions.can_take_out(request.user) else ""


def _days(form: Known) -> dict[str, str]:
    """Say the days that were understood, and as known on which, as an address says it."""
    period, on = form.period_asked(), form.said().get("as_of")
    return {"first": period.first.isoformat(), "last": period.last.isoformat()} | ({"as_of": on} if on else {})


def _mine(request) -> tuple[Known, Period, list[mine.Own], object]:
    if not permissions.can_see_reports(request.user) or not permissions.sees_people(request.user):
        raise PermissionDenied("My numbers are for who works leads.")
    now = clock.now()
    form = Known(request.GET, now, beside=())
    understood(form, "My numbers", reverse("my-numbers"))
    period = form.period_asked()
    return form, period, mine.board(request.user, period, now=now, asked=form.moment_asked()), now


@require_GET
@says_what_is_unclear
def my_numbers(request):
    """Show a person's own figures beside their team's (WORK-9)."""
    form, period, board, now = _mine(request)
    opens_team = mine.whose_team(request.user) is not None
    context = {
        "lines": board,
        "period": period,
        "form": form,
        "opens_team": opens_team,
        "now": now,
        "known": form.cleaned_data["as_of"],
    }
    return render(
        request, "reporting/mine.html", context | {"file": _file_of(request, "my-numbers-file", **_days(form))}
    )


@require_GET
@says_what_is_unclear
def my_numbers_file(request):
    """Hand one's own figures out as CSV."""
    _may_take_out(request.user)
    form, period, board, now = _mine(request)
    lines = exports_people.mine(request.user, _days(form), board)
    return _file(request.user, lines, f"mine {period.first} {period.last}", len(board), now)


@dataclass(frozen=True, slots=True)
class _Two:
    form: Two
    period: Period
    chosen: list
    pairs: list[mine.Pair]
    now: object


def _two(request) -> _Two:
    if not permissions.can_see_overview(request.user) or not permissions.sees_people(request.user):
        raise PermissionDenied("Two reps are compared by a manager or RevOps.")
    now = clock.now()
    form = Two(request.GET, request.user, now, ())
    understood(form, "Two reps side by side", reverse("two-reps"))
    period, chosen = form.period_asked(), form.pair()
    filters = permissions.narrowed(request.user, Filters())
    pairs = mine.side_by_side(chosen, period, filters, now=now, asked=form.moment_asked()) if chosen else []
    return _Two(form, period, chosen, pairs, now)


@require_GET
@says_what_is_unclear
def two_reps(request):
    """Set two reps side by side, in every metric that tells reps apart (REP-9)."""
    asked = _two(request)
    file = ""
    if asked.pairs:
        left, right = (person.pk for person in asked.chosen)
        file = _file_of(request, "two-reps-file", left=left, right=right, **_days(asked.form))
    context = {
        "form": asked.form,
        "period": asked.period,
        "chosen": asked.chosen,
        "lines": asked.pairs,
        "file": file,
        "known": asked.form.cleaned_data["as_of"],
    }
    return render(request, "reporting/two.html", context)


@require_GET
@says_what_is_unclear
def two_reps_file(request):
    """Hand the figures of two reps out as CSV; of nobody, where nobody is asked for."""
    _may_take_out(request.user)
    asked = _two(request)
    lines = exports_people.two(asked.chosen, _days(asked.form), asked.pairs)
    return _file(request.user, lines, f"two {asked.period.first} {asked.period.last}", len(asked.pairs), asked.now)


@dataclass(frozen=True, slots=True)
class _Statement:
    form: Month
    month: Period
    lines: list[dict]
    found: list[pay.Line]
    people: dict[int, User]
    sales: dict[int, str]
    is_frozen: bool
    now: object


def _statement(request) -> _Statement:
    """Read the statement that is asked for, its people and sales named, with where each is. Nine queries."""
    user = request.user
    if not permissions.can_see_reports(user) or not permissions.sees_people(user):
        raise PermissionDenied("Statements are for who is paid by them, their managers and RevOps.")
    now = clock.now()
    form = Month(request.GET, pay.months(now), ())
    understood(form, "Pay basis", reverse("pay"))
    month = form.month_asked()
    found, is_frozen = pay.statement(month, permissions.paid(user), now=now)
    people = User.objects.in_bulk({line.person for line in found})
    named = Opportunity.objects.filter(pk__in={line.opportunity for line in found}).select_related("product", "account")
    sales = {sale.pk: sale.name for sale in named}
    meetings, opened = _opened(user, found)
    lines = [
        {
            "line": line,
            "person": people.get(line.person),
            "what": pay.WHAT[line.what],
            "sale": sales.get(line.opportunity, ""),
            "url": reverse("meeting", args=[line.row]) if line.what == "meeting" and line.row in meetings else "",
            "sale_url": reverse("opportunity", args=[line.opportunity]) if line.opportunity in opened else "",
        }
        for line in found
    ]
    lines.sort(key=lambda row: (str(row["person"]), row["line"].what, row["line"].at))
    return _Statement(form, month, lines, found, people, sales, is_frozen, now)


def _opened(user, found: list[pay.Line]) -> tuple[set[int], set[int]]:
    """Return which meetings and opportunities of these lines somebody may open. Two queries."""
    of_meetings = {line.row for line in found if line.what == "meeting"}
    meetings = visible_to(Meeting.objects.filter(pk__in=of_meetings), user)
    sales = visible_to(Opportunity.objects.filter(pk__in={line.opportunity for line in found}), user)
    return set(meetings.values_list("pk", flat=True)), set(sales.values_list("pk", flat=True))


@require_GET
@says_what_is_unclear
def pay_statement(request):
    """Show what pay is based on, of a month: one's own lines, or one's people's; frozen once the month has closed (REP-19)."""
    asked = _statement(request)
    sums = [
        (asked.people[person], currency, total, doubt) for person, currency, total, doubt in pay.bonuses(asked.found)
    ]
    context = {
        "form": asked.form, "months": asked.form.months, "month": asked.month, "lines": asked.lines,
        "is_frozen": asked.is_frozen, "now": asked.now,
        "rates": BonusRate.in_force(asked.month.starts_at), "sums": sorted(sums, key=lambda row: (str(row[0]), row[1])),
        "file": _file_of(request, "pay-file", month=f"{asked.month.first:%Y-%m}"),
    }  # fmt: skip
    return render(request, "reporting/pay.html", context)


@require_GET
@says_what_is_unclear
def pay_file(request):
    """Hand a statement out as CSV, line by line."""
    _may_take_out(request.user)
    asked = _statement(request)
    names = {pk: str(person) for pk, person in asked.people.items()}
    lines = exports_people.statement(
        asked.month, [row["line"] for row in asked.lines], asked.is_frozen, names, asked.sales
    )
    return _file(request.user, lines, f"pay {asked.month.first}", len(asked.found), asked.now)
