"""Pages that show figures: the list of reports, a report, the rows behind one of its figures, its file.

Everything is a GET whose address is the whole question, so that it can be shared; whoever may see less sees less (SAFE-1).
"""

from datetime import datetime
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts import clock
from accounts.record_keeping import record_export
from accounts.spreadsheets import csv_lines
from reporting import answers, exports, moments, permissions, rows, shown, words
from reporting.forms import Asked
from reporting.frame import Measure, Metric
from reporting.metrics import METRICS
from reporting.reports import GROUPS
from reporting.views.asking import Unclear, place, says_what_is_unclear, understood

PAGE = 50
OF_PAGE, OF_ROWS = ("drawn",), ("measure", "part", "line", "after")


class Question:
    """What one request asks of one metric, and of whom. Raises Unclear for what is not understood."""

    def __init__(self, request, name: str, beside: tuple[str, ...] = ()):
        if not permissions.can_see_reports(request.user):
            raise PermissionDenied("You have no figures here.")
        if name not in METRICS:
            raise Http404("no such report")
        self.metric: Metric = METRICS[name]
        self.now: datetime = clock.now()
        self.address = reverse("report", args=[name])
        self.form = Asked(request.GET, request.user, self.metric, self.now, beside)
        understood(self.form, self.metric.title, self.address)
        self.said = self.form.said()
        self.period = self.form.period_asked()
        self.filters = self.form.filters()
        self.as_of = moments.report_moment(self.metric, self.period, self.now, self.form.moment_asked())

    def drawn(self, asked: str) -> Measure:
        """Return which figure is drawn. Raises Unclear."""
        measure = self.metric.measure(asked or self.metric.drawn)
        if measure is None:
            why = f"There is no figure “{asked[:40]}” in this report."
            raise Unclear(self.metric.title, self.address, [{"where": "Drawn", "why": why}], self.form)
        return measure

    def answer(self) -> answers.Answer:
        by = self.form.by_asked()
        return answers.answer(self.metric, self.period, self.filters, self.as_of, by=by, now=self.now)


@require_GET
def reports(request):
    """List the reports."""
    if not permissions.can_see_reports(request.user):
        raise PermissionDenied("You have no figures here.")
    groups = [{"title": title, "metrics": [METRICS[name] for name in names]} for title, names in GROUPS]
    is_own = not permissions.can_see_overview(request.user)
    context = {"groups": groups, "is_own": is_own, "sees_people": permissions.sees_people(request.user)}
    return render(request, "reporting/reports.html", context)


@require_GET
@says_what_is_unclear
def report(request, name):
    """Show one report: picture, table, the period before, each figure's definition and target."""
    asked = Question(request, name, OF_PAGE)
    measure = asked.drawn(request.GET.get("drawn", ""))
    answer = asked.answer()
    by = answer.by.name if answer.by else ""
    address = shown.addresses(reverse("report-rows", args=[name]), asked.said, by)
    before = shown.of_before(reverse("report-rows", args=[name]), asked.said, answer)
    is_week = by == "hour_of_week"
    context = {
        "metric": asked.metric,
        "form": asked.form,
        "answer": answer,
        "measure": measure,
        "sentence": words.sentence(answer, measure),
        "picture": None if is_week else shown.picture(answer, measure),
        "week": shown.week(answer, measure, address) if is_week else None,
        "figures": shown.figures(answer, address, before),
        "table": shown.table(answer, address, before),
        "alerts": asked.metric.alerts(answer) if asked.metric.alerts else [],
        "left_out_url": address(measure="left-out", part="n") if answer.total.left_out else "",
        "file": f"{reverse('report-file', args=[name])}?{urlencode(asked.said)}"
        if permissions.can_take_out(request.user)
        else "",
        "is_narrowed": bool(asked.form.narrowed_by()),
        "take_off": "" if any(cell.base for cell in answer.total.cells.values()) else asked.form.narrowed_by(),
        "now": asked.now,
    }
    return render(request, "reporting/report.html", context)


@require_GET
@says_what_is_unclear
def report_rows(request, name):
    """Show the rows that one figure counts, paged by key."""
    asked = Question(request, name, OF_ROWS)
    after = place(request.GET, "after", asked.metric.title, asked.address)
    which = exports.which(asked.metric, asked.filters, asked.form.by_asked(), request.GET)
    if which is None:
        raise Http404("no such figure")
    page = answers.rows(
        asked.metric, which.measure, which.part, asked.period, asked.filters, asked.as_of, now=asked.now, by=which.by, key=which.key,
        is_narrowed=which.is_narrowed, after=after, limit=PAGE,
    )  # fmt: skip
    given = {**request.GET.dict(), "after": page.after}
    context = {
        "metric": asked.metric,
        "measure": which.measure,
        "part": which.part,
        "noun": words.noun(page.number, asked.metric.stands_on(which.by, asked.filters).noun),
        "page": page,
        "rows": rows.said(page, asked.now, request.user),
        "summed": words.said(which.measure, answers.Cell(page.total, page.number)) if page.total is not None else "",
        "period": asked.period,
        "pager": {"older": f"{request.path}?{urlencode(given)}"} if page.after else {},
        "back": f"{reverse('report', args=[name])}?{urlencode(asked.said)}",
        "label": words.called(which.by, which.key, which.label),
    }
    return render(request, "reporting/rows.html", context)


@require_GET
@says_what_is_unclear
def report_file(request, name):
    """Hand a report out as CSV; who took it is on record."""
    if not permissions.can_take_out(request.user):
        raise PermissionDenied("Only who sees more than their own figures takes them out.")
    asked = Question(request, name)
    with transaction.atomic():
        answer = asked.answer()
        record_export(request.user, f"report {name}", len(answer.lines) + 1, asked.now)
    file = StreamingHttpResponse(csv_lines(exports.lines(answer)), content_type="text/csv; charset=utf-8")
    file["Content-Disposition"] = f'attachment; filename="{name}-{asked.period.first}-{asked.period.last}.csv"'
    return file
