"""Figures of people by the API: one's own, those of two reps, what pay is based on (WORK-9, REP-9, REP-19). For people."""

from rest_framework import serializers
from rest_framework.response import Response

from accounts.api.fields import Id
from accounts.api.paging import PAGE, Page, read, write
from accounts.api.problems import Unreadable
from accounts.models import User
from reporting import mine, pay, permissions, words
from reporting.api.frame import ABOVE, FigureOut, Known, OfReports, figure, readable
from reporting.filters import Filters
from reporting.forms import Two
from reporting.questions import Month


class OwnOut(serializers.Serializer):
    """One figure of one's own, that of one's team beside it."""

    report = serializers.CharField()
    title = serializers.CharField()
    mine = FigureOut()
    team = FigureOut()
    change = serializers.CharField(allow_blank=True, help_text="On the period before, in words.")
    rank = serializers.CharField(allow_blank=True, help_text="`2 of 5`; empty where there is none.")
    target = serializers.FloatField(allow_null=True)
    tone = serializers.CharField(allow_blank=True, help_text="met, short, few (too few to judge) or empty.")


class OwnsOut(serializers.Serializer):
    """One's own numbers: the list is short."""

    first = serializers.DateField()
    last = serializers.DateField()
    items = OwnOut(many=True)


class Mine(OfReports):
    """One's own numbers."""

    needs = (permissions.sees_people,)
    rights, gives, asks = {"GET": "reports.see"}, {"GET": OwnsOut}, {"GET": Known}

    def get(self, request):
        """Answer your own figures beside those of your team (WORK-9)."""
        form = self.form()
        period, asked = form.period_asked(), form.moment_asked()
        items = [_own(line) for line in mine.board(self.user, period, now=self.at, asked=asked)]
        return Response({"first": period.first, "last": period.last, "items": items})


def _own(line: mine.Own) -> dict:
    return {
        "report": line.metric.name, "title": line.measure.title, "mine": figure(line.measure.name, line.cell),
        "team": figure(line.measure.name, line.of_team), "change": line.change, "rank": line.rank, "target": line.measure.target,
        "tone": line.tone,
    }  # fmt: skip


class TwoQuestion(Known):
    """Which two: their numbers, as `by=rep` of a report names them."""

    left = Id()
    right = Id()


class PairOut(serializers.Serializer):
    """One figure of two people."""

    report = serializers.CharField()
    title = serializers.CharField()
    left = FigureOut()
    right = FigureOut()
    tones = serializers.ListField(child=serializers.CharField(allow_blank=True), help_text="Of the left, of the right.")


class PairsOut(serializers.Serializer):
    """Two people side by side: the list is short."""

    first = serializers.DateField()
    last = serializers.DateField()
    left = serializers.CharField(help_text="The name they sign in with.")
    right = serializers.CharField()
    items = PairOut(many=True)


class TwoReps(OfReports):
    """Two reps side by side."""

    needs = ABOVE
    rights, gives, asks = {"GET": "reports.see"}, {"GET": PairsOut}, {"GET": TwoQuestion}

    def get(self, request):
        """Set two of your people side by side, in every figure that tells reps apart (REP-9)."""
        self.asked()
        form = readable(Two(self.request.query_params, self.user, self.at))
        period, pair = form.period_asked(), form.pair()
        filters = permissions.narrowed(self.user, Filters())
        lines = mine.side_by_side(pair, period, filters, now=self.at, asked=form.moment_asked())
        names = {side: person.username for side, person in zip(("left", "right"), pair, strict=True)}
        return Response({"first": period.first, "last": period.last, **names, "items": [_pair(line) for line in lines]})


def _pair(line: mine.Pair) -> dict:
    left, right = (figure(line.measure.name, cell) for cell in line.cells)
    tones = [words.tone(line.measure, cell) for cell in line.cells]
    return {"report": line.metric.name, "title": line.measure.title, "left": left, "right": right, "tones": tones}


class Statement(Page):
    """Which month."""

    month = serializers.RegexField(
        r"^[0-9]{4}-[0-9]{2}(-01)?$", required=False,
        help_text="`2026-10`, or its first day: this month, or one of the eleven before; this month, if not said.",
        error_messages={"invalid": "A month, as 2026-10, or its first day."},
    )  # fmt: skip


class PayLineOut(serializers.Serializer):
    """One line of a statement."""

    person = serializers.CharField(help_text="The name they sign in with.")
    what = serializers.ChoiceField(list(pay.WHAT))
    at = serializers.DateTimeField()
    value = serializers.DecimalField(16, 2)
    currency = serializers.CharField()
    rate = serializers.DecimalField(
        18,
        8,
        allow_null=True,
        help_text="What one of it was worth in EUR the day it entered the pipeline; null: nobody kept a rate.",
    )
    in_house = serializers.DecimalField(16, 2, allow_null=True, help_text="The value in EUR by that rate.")
    meeting = serializers.IntegerField(allow_null=True)
    opportunity = serializers.IntegerField()
    is_contested = serializers.BooleanField()
    bonus = serializers.DecimalField(
        16, 2, help_text="By the rates in force when the month began, in `bonus_currency`."
    )
    bonus_currency = serializers.CharField(help_text="EUR, or the line's own where there is no rate.")


class StatementOut(serializers.Serializer):
    """What pay of a month is based on."""

    first = serializers.DateField()
    last = serializers.DateField()
    closes_at = serializers.DateTimeField()
    is_frozen = serializers.BooleanField(help_text="Else a preview of what is known now.")
    items = PayLineOut(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class Pay(OfReports):
    """What pay is based on."""

    needs = (permissions.sees_people,)
    rights, gives, asks = {"GET": "reports.see"}, {"GET": StatementOut}, {"GET": Statement}

    def get(self, request):
        """Answer what pay of a month is based on: your own lines, or your people's; frozen once the month has closed (REP-19)."""
        said = self.asked()
        month = readable(Month(said, pay.months(self.at))).month_asked()
        found, is_frozen = pay.statement(month, permissions.paid(self.user), now=self.at)
        lines = sorted(found, key=_key)
        if "cursor" in said:
            after = _after(said["cursor"])
            lines = [line for line in lines if _key(line) > after]
        limit = said.get("limit", PAGE)
        shown = lines[:limit]
        people = User.objects.in_bulk({line.person for line in shown})
        items = [_line(line, people[line.person].username) for line in shown]
        cursor = write(list(_key(shown[-1]))) if len(lines) > limit else None
        return Response({
            "first": month.first, "last": month.last, "closes_at": month.closes_at, "is_frozen": is_frozen, "items": items,
            "next_cursor": cursor,
        })  # fmt: skip


def _key(line: pay.Line) -> tuple[int, str, int]:
    return line.person, line.what, line.row


def _after(cursor: str) -> tuple:
    key = read(cursor)
    if [type(part) for part in key] != [int, str, int]:
        raise Unreadable({"cursor": ["This cursor is none of ours. Begin without one."]})
    return tuple(key)


def _line(line: pay.Line, person: str) -> dict:
    same = (
        "what",
        "at",
        "value",
        "currency",
        "rate",
        "in_house",
        "opportunity",
        "is_contested",
        "bonus",
        "bonus_currency",
    )
    meeting = line.row if line.what == "meeting" else None
    return PayLineOut({name: getattr(line, name) for name in same} | {"person": person, "meeting": meeting}).data
