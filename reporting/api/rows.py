"""The rows behind a figure by the API (REP-8): as many as it says, the same as its page opens to."""

from datetime import date, datetime, timedelta

from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.response import Response

from accounts.api.fields import Word
from accounts.api.paging import PAGE, Page, read_number, write
from reporting import answers, exports, permissions, rows
from reporting.api.frame import number
from reporting.api.reports import Asking, Question


class RowsQuestion(Question, Page):
    """Which figure of which answer: asked as the report is, with the measure, its part, and its line."""

    measure = Word(max_length=40, help_text="The one that is drawn, if not said; `left-out`: those in no figure.")
    part = serializers.ChoiceField(["n", "of"], default="n", help_text="`of`: those that it is a share of.")
    line = Word(max_length=120, help_text="The `key` of a line, `-` for one without; of all if not said.")


class ColumnOut(serializers.Serializer):
    """One column."""

    title = serializers.CharField()
    kind = serializers.CharField(help_text="lead, person, moment, money, time, ...")


class CellOut(serializers.Serializer):
    """One cell: as it is, and as the page says it."""

    value = serializers.CharField(allow_null=True, allow_blank=True, help_text="Of a lead, a person, ...: the number.")
    words = serializers.CharField(allow_blank=True)


class RowOut(serializers.Serializer):
    """One row that is counted."""

    cells = CellOut(many=True)


class RowsOut(serializers.Serializer):
    """One page of the rows that a figure counts."""

    measure = serializers.CharField()
    title = serializers.CharField()
    part = serializers.CharField()
    noun = serializers.CharField(help_text="What the rows are.")
    number = serializers.IntegerField(help_text="How many there are in all.")
    total = serializers.FloatField(allow_null=True, help_text="Of a sum: what they come to.")
    columns = ColumnOut(many=True)
    items = RowOut(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class ReportRows(Asking):
    """The rows behind a figure."""

    needs = (permissions.can_see_reports,)
    rights, gives, asks = {"GET": "reports.see"}, {"GET": RowsOut}, {"GET": RowsQuestion}

    def get(self, request, name):
        """List the rows that one figure of a report counts; whom one may not see by name has no column."""
        metric, form, period, as_of = self.question(name)
        said, filters = self.asked(), form.filters()
        which = exports.which(metric, filters, form.by_asked(), said)
        if which is None:
            raise NotFound("There is no such figure in this report.")
        page = answers.rows(
            metric, which.measure, which.part, period, filters, as_of, now=self.at, by=which.by, key=which.key,
            is_narrowed=which.is_narrowed, after=read_number(said), limit=said.get("limit", PAGE),
        )  # fmt: skip
        words = rows.said(page, self.at)
        items = [
            {"cells": [{"value": _plain(value), "words": cell.text} for value, cell in zip(row, says, strict=True)]}
            for row, says in zip(page.rows, words, strict=True)
        ]
        return Response({
            "measure": which.measure.name, "title": which.measure.title, "part": which.part,
            "noun": metric.stands_on(which.by, filters).noun, "number": page.number, "total": number(page.total),
            "columns": [{"title": title, "kind": kind} for title, kind in page.titles], "items": items,
            "next_cursor": write([page.after]) if page.after else None,
        })  # fmt: skip


def _plain(value: object) -> str | None:
    """Say a cell for a program: moments in ISO, times in seconds, numbers as they are."""
    if isinstance(value, timedelta):
        value = value.total_seconds()
    if isinstance(value, datetime | date):
        return value.isoformat()
    return None if value is None else str(value)
