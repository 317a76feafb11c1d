"""Reports: the list of them, and one, as its page shows it (REP)."""

from datetime import timedelta
from decimal import Decimal

from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.response import Response

from accounts.api.fields import Id, Said, Word
from accounts.api.problems import Unreadable
from accounts.api.resource import Resource
from accounts.permissions import allowed
from leads.models import GoToMarket, Motion
from reporting import answers
from reporting.forms import YES_NO, Asked
from reporting.metrics import METRICS
from reporting.period import NAMED


class MeasureOut(serializers.Serializer):
    """One figure of a report."""

    name = serializers.CharField()
    title = serializers.CharField()


class ReportOut(serializers.Serializer):
    """One report there is."""

    name = serializers.CharField()
    title = serializers.CharField()
    definition = serializers.CharField(allow_blank=True)
    measures = MeasureOut(many=True)


class ReportsOut(serializers.Serializer):
    """All of them: the list is short."""

    items = ReportOut(many=True)


class FigureOut(serializers.Serializer):
    """A figure: its value (null where there is nothing to divide by), the rows it counts, and those it is a share of."""

    measure = serializers.CharField()
    value = serializers.FloatField(allow_null=True)
    n = serializers.IntegerField()
    of = serializers.IntegerField(allow_null=True)


class LineOut(serializers.Serializer):
    """One line of the table."""

    key = serializers.CharField(allow_null=True)
    label = serializers.CharField(allow_blank=True)
    figures = FigureOut(many=True)
    left_out = serializers.IntegerField(help_text="Exceptions, in no figure.")
    still_open = serializers.IntegerField()


class AnsweredOut(serializers.Serializer):
    """A report: all, the period before, and each line by what it is told apart by."""

    report = ReportOut()
    first = serializers.DateField()
    last = serializers.DateField()
    as_of = serializers.DateTimeField(allow_null=True, help_text="As known at that moment; null: now.")
    by = serializers.CharField(allow_null=True)
    total = LineOut()
    before = LineOut()
    lines = LineOut(many=True)
    is_cut = serializers.BooleanField(help_text="There are more lines than are told.")


class Question(Said):
    """What is asked. A closed period answers as of its closing, unless `as_of` says otherwise."""

    period = serializers.ChoiceField(NAMED, required=False)
    first = serializers.DateField(required=False)
    last = serializers.DateField(required=False)
    as_of = serializers.DateField(required=False)
    by = Word(max_length=40, help_text="What lines are told apart by; `all`: not at all.")
    team = Id(required=False)
    rep = Id(required=False)
    motion = serializers.ChoiceField(Motion.choices, required=False)
    go_to_market = serializers.ChoiceField(GoToMarket.choices, required=False)
    source = Id(required=False)
    campaign = Id(required=False)
    segment = Word(max_length=40)
    region = Word(max_length=40)
    target = serializers.ChoiceField(YES_NO[1:], required=False)
    cycle = serializers.IntegerField(required=False, min_value=1, max_value=9999)
    again = serializers.ChoiceField(YES_NO[1:], required=False)
    fully_worked = serializers.ChoiceField([("1", "Yes")], required=False)


class OfReports(Resource):
    """Figures. An API client is told sums, no people."""

    tag = "reports"

    def reaches(self, row):
        return allowed(self.user, row)


class Reports(OfReports):
    """The reports there are."""

    rights, gives = {"GET": "reports.see"}, {"GET": ReportsOut}

    def get(self, request):
        """List the reports, with their definitions."""
        return Response({"items": [report(metric) for metric in METRICS.values()]})


class OneReport(OfReports):
    """One report."""

    rights, gives, asks = {"GET": "reports.see"}, {"GET": AnsweredOut}, {"GET": Question}

    def get(self, request, name):
        """Answer one report: the same figures as its page and its file."""
        metric = METRICS.get(name)
        if metric is None:
            raise NotFound("There is no such report. /api/v1/reports/ lists those that are.")
        said = self.asked()
        form = Asked(request.query_params, self.user, metric, self.at)
        if errors := {field: ["This report is not asked that by you."] for field in said if field not in form.fields}:
            raise Unreadable(errors)
        if not form.is_valid():
            raise Unreadable({field: list(words) for field, words in form.errors.items()})
        period = form.period_asked()
        as_of = answers.report_moment(metric, period, self.at, form.moment_asked())
        found = answers.answer(metric, period, form.filters(), as_of, by=form.by_asked(), now=self.at)
        return Response({
            "report": report(metric), "first": period.first, "last": period.last, "as_of": found.as_of,
            "by": found.by.name if found.by else None, "total": _line(found.total), "before": _line(found.before),
            "lines": [_line(line) for line in found.lines], "is_cut": found.is_cut,
        })  # fmt: skip


def report(metric) -> dict:
    measures = [{"name": measure.name, "title": measure.title} for measure in metric.measures]
    return {"name": metric.name, "title": metric.title, "definition": metric.definition, "measures": measures}


def _line(line: answers.Line) -> dict:
    figures = [
        {"measure": name, "value": _number(cell.value), "n": cell.n, "of": cell.of} for name, cell in line.cells.items()
    ]
    key = None if line.key is None else str(line.key)
    return {
        "key": key,
        "label": line.label,
        "figures": figures,
        "left_out": line.left_out,
        "still_open": line.still_open,
    }


def _number(value):
    if isinstance(value, timedelta):
        return value.total_seconds()
    return float(value) if isinstance(value, Decimal) else value
