"""Reports: the list of them, and one, as its page shows it (REP)."""

from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.response import Response

from accounts.api.fields import Id, Word
from leads.models import GoToMarket, Motion
from reporting import answers, moments
from reporting.api.frame import FigureOut, Known, OfReports, figure
from reporting.forms import MY_TEAM, YES_NO
from reporting.metrics import METRICS


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


class LineOut(serializers.Serializer):
    """One line of the table."""

    key = serializers.CharField(allow_null=True)
    label = serializers.CharField(allow_blank=True)
    figures = FigureOut(many=True)
    left_out = serializers.IntegerField(help_text="Exceptions, in no figure.")
    still_open = serializers.IntegerField()


class AlertOut(serializers.Serializer):
    """What in the answer somebody should look at."""

    words = serializers.CharField()
    is_few = serializers.BooleanField(help_text="Of fewer than 20 rows: too few to judge by.")


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
    alerts = AlertOut(many=True)


class Question(Known):
    """What is asked. A closed period answers as of its closing, unless `as_of` says otherwise."""

    by = Word(max_length=40, help_text="What lines are told apart by; `all`: not at all.")
    team = Id(required=False)
    rep = Id(required=False)
    whose = serializers.ChoiceField(
        [(MY_TEAM, "My team's")], required=False, help_text="Of your own team only, where you see everybody's."
    )
    motion = serializers.ChoiceField(Motion.choices, required=False)
    go_to_market = serializers.ChoiceField(GoToMarket.choices, required=False)
    source = Id(required=False)
    campaign = Id(required=False)
    segment = Word(max_length=40)
    region = Word(max_length=40)
    target = serializers.ChoiceField(YES_NO[1:], required=False)
    cycle = serializers.IntegerField(required=False, min_value=1, max_value=9999)
    again = serializers.ChoiceField(YES_NO[1:], required=False)
    matured = serializers.ChoiceField(
        [("1", "Yes")], required=False, help_text="Only what has had its time, however it ended."
    )
    fully_worked = serializers.ChoiceField([("1", "Yes")], required=False)


class Reports(OfReports):
    """The reports there are."""

    rights, gives = {"GET": "reports.see"}, {"GET": ReportsOut}

    def get(self, request):
        """List the reports, with their definitions."""
        return Response({"items": [report(metric) for metric in METRICS.values()]})


class Asking(OfReports):
    """One question about one metric, read as the page reads it."""

    def question(self, name: str):
        """Return the metric, the form, the period, and as of when it reports. Raises NotFound, Unreadable."""
        metric = METRICS.get(name)
        if metric is None:
            raise NotFound("There is no such report. /api/v1/reports/ lists those that are.")
        form = self.form(metric)
        period = form.period_asked()
        return metric, form, period, moments.report_moment(metric, period, self.at, form.moment_asked())


class OneReport(Asking):
    """One report."""

    rights, gives, asks = {"GET": "reports.see"}, {"GET": AnsweredOut}, {"GET": Question}

    def get(self, request, name):
        """Answer one report: the same figures as its page and its file."""
        metric, form, period, as_of = self.question(name)
        found = answers.answer(metric, period, form.filters(), as_of, by=form.by_asked(), now=self.at)
        alerts = metric.alerts(found) if metric.alerts else []
        return Response({
            "report": report(metric), "first": period.first, "last": period.last, "as_of": found.as_of,
            "by": found.by.name if found.by else None, "total": _line(found.total), "before": _line(found.before),
            "lines": [_line(line) for line in found.lines], "is_cut": found.is_cut,
            "alerts": [{"words": alert.words, "is_few": alert.is_few} for alert in alerts],
        })  # fmt: skip


def report(metric) -> dict:
    measures = [{"name": measure.name, "title": measure.title} for measure in metric.measures]
    return {"name": metric.name, "title": metric.title, "definition": metric.definition, "measures": measures}


def _line(line: answers.Line) -> dict:
    figures = [figure(name, cell) for name, cell in line.cells.items()]
    key = None if line.key is None else str(line.key)
    return {
        "key": key, "label": line.label, "figures": figures, "left_out": line.left_out, "still_open": line.still_open,
    }  # fmt: skip
