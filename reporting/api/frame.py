"""What the addresses of figures have in common: who may, the time that is asked for, a figure and a line as they are told."""

from datetime import timedelta
from decimal import Decimal

from rest_framework import serializers

from accounts.api.fields import Said
from accounts.api.problems import Unreadable
from accounts.api.resource import Forbidden, Resource
from accounts.permissions import allowed
from reporting import answers, permissions
from reporting.forms import Asked
from reporting.period import NAMED


class FigureOut(serializers.Serializer):
    """A figure: its value (null where there is nothing to divide by), the rows it counts, and those it is a share of."""

    measure = serializers.CharField()
    value = serializers.FloatField(allow_null=True, help_text="A share is a fraction, a time is in seconds.")
    n = serializers.IntegerField()
    of = serializers.IntegerField(allow_null=True)


class Days(Said):
    """The time that is asked for: by its name, or from a day to a day."""

    period = serializers.ChoiceField(NAMED, required=False)
    first = serializers.DateField(required=False, help_text="With `last`, instead of `period`.")
    last = serializers.DateField(required=False)

    def validate(self, said: dict) -> dict:
        first, last = said.get("first"), said.get("last")
        if bool(first) != bool(last):
            raise serializers.ValidationError({"first" if last else "last": ["Say the first day and the last."]})
        return said


class Known(Days):
    """And as known on which day."""

    as_of = serializers.DateField(required=False, help_text="As known at the end of that day.")


def readable(form):
    """Return a form that is understood. Raises Unreadable, which names the fields."""
    if not form.is_valid():
        raise Unreadable({field: list(words) for field, words in form.errors.items()})
    return form


class OfReports(Resource):
    """Figures. An API client is told sums, no people: `needs` is what whoever asks for more must be."""

    tag = "reports"
    needs: tuple = ()

    @classmethod
    def scope(cls, method):
        return "" if cls.needs else super().scope(method)

    def enter(self, method, **kwargs):
        super().enter(method, **kwargs)
        if self.needs and (self.is_client or not all(may(self.user) for may in self.needs)):
            raise Forbidden(self.why(""))

    def reaches(self, row):
        return allowed(self.user, row)

    def form(self, metric=None, usual: str = "") -> Asked:
        """Read the time and the filters that are asked, as a page's address is read; what is not asked of this metric is refused."""
        said = self.asked()
        form = Asked(self.request.query_params, self.user, metric, self.at, usual=usual)
        asks = {name for name in said if name in Asked.base_fields}
        if errors := {name: ["This is not asked here by you."] for name in asks - form.fields.keys()}:
            raise Unreadable(errors)
        return readable(form)


ABOVE = (permissions.can_see_overview, permissions.sees_people)


def figure(name: str, cell: answers.Cell) -> dict:
    return {"measure": name, "value": number(cell.value), "n": cell.n, "of": cell.of}


def number(value):
    if isinstance(value, timedelta):
        return value.total_seconds()
    return float(value) if isinstance(value, Decimal) else value
