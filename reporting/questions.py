"""The time that a page of figures is asked for, and how a question says what is wrong with it, field by field (SAFE-3).

A question that is not understood has no answer: a filter that was left out without a word would give the figures of another question.
Used by `reporting/forms.py`, the clock, the pay basis, and the API, so that all refuse the same.
"""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django import forms

from reporting.period import LONGEST, NAMED, ZONE, Period, named

USUAL = "last-30"
BY_DAYS = ("days", "From and to")
NEVER = "A day between 1 Jan 1971 and 31 Dec 2199."
NONE_SUCH = {"invalid_choice": "There is no “%(value)s” to choose here, or not for you."}


def day(label: str) -> forms.DateField:
    error = {"invalid": "That is no day. Write it as 2026-10-31."}
    return forms.DateField(
        required=False, label=label, error_messages=error, widget=forms.DateInput(attrs={"type": "date"})
    )


class Question(forms.Form):
    """What a page may be asked. `beside` names what else its address may say, where the page judges that itself; None: anything."""

    def __init__(self, data, beside: tuple[str, ...] | None = None):
        super().__init__(data)
        self.beside = beside
        for field in self.fields.values():
            field.widget.attrs["class"] = "input"

    def clean(self):
        """Refuse what is asked and is nothing here: whoever asks it believes that it does something."""
        if self.beside is not None:
            for name in self.data.keys() - self.fields.keys() - set(self.beside):
                if self.data.get(name):
                    self.add_error(None, self.foreign(name))
        return super().clean()

    def foreign(self, name: str) -> str:
        return f"There is no “{name[:40]}” to ask here."

    def problems(self) -> list[dict[str, str]]:
        """Say what is wrong with the question, and where; nothing, where it is understood."""
        self.is_valid()
        return [
            {"where": self.fields[name].label if name in self.fields else "", "why": str(word)}
            for name, words in self.errors.items()
            for word in words
        ]


class Time(Question):
    """Which days: by a name, else from and to."""

    period = forms.ChoiceField(required=False, label="Period", choices=[*NAMED, BY_DAYS], error_messages=NONE_SUCH)
    first, last = day("From"), day("To")

    def __init__(self, data, now: datetime, usual: str = USUAL, beside: tuple[str, ...] | None = None):
        if not data.get("period"):
            said = data.dict() if hasattr(data, "dict") else dict(data)
            data = said | {"period": "days" if data.get("first") or data.get("last") else usual}
        super().__init__(data, beside)
        self.now = now

    @property
    def names(self) -> list[tuple[str, str]]:
        return [*NAMED, BY_DAYS]

    @property
    def asked(self) -> dict[str, str]:
        """Return what stands in the address, for a page that draws its fields itself."""
        return {name: self.data.get(name, "") for name in ("period", "first", "last")}

    def clean(self):
        """Hold the days to one another: both or neither, the first first, at most ten years, and none that nobody reckons with."""
        said = super().clean()
        first, last = said.get("first"), said.get("last")
        for name, on in (("first", first), ("last", last)):
            if on and not 1970 < on.year < 2200:
                self.add_error(name, NEVER)
        if self.errors.keys() & {"first", "last"}:
            return said
        if not (first or last):
            if said.get("period") == BY_DAYS[0]:
                self.add_error("first", "Say the first day and the last, or choose a period.")
        elif not (first and last):
            self.add_error("last" if first else "first", "Say the first day and the last.")
        elif first > last:
            self.add_error("last", f"{last:%-d %b %Y} is before {first:%-d %b %Y}, the first day.")
        elif last - first >= LONGEST:
            self.add_error("last", "At most ten years after the first day.")
        return said

    def said(self) -> dict:
        """Return what was chosen and understood, as an address says it."""
        self.is_valid()
        found = {name: value for name, value in self.cleaned_data.items() if value not in ("", None)}
        if found.get("period") == BY_DAYS[0]:
            del found["period"]
        return {name: value.isoformat() if isinstance(value, date) else value for name, value in found.items()}

    def period_asked(self) -> Period:
        """Return the days that are asked for. Only of a question that is understood."""
        self.is_valid()
        first, last = self.cleaned_data.get("first"), self.cleaned_data.get("last")
        if first and last:
            return Period(first, last + timedelta(days=1))
        return named(self.cleaned_data["period"], self.now)


class Known(Time):
    """Which days, and as known on which day."""

    as_of = day("As known on")

    def clean(self):
        """Besides the days: what was known is known of a day that has begun."""
        said = super().clean()
        on, today = said.get("as_of"), self.now.astimezone(ZoneInfo(ZONE)).date()
        if on and on.year <= 1970:
            self.add_error("as_of", NEVER)
        elif on and on > today:
            self.add_error("as_of", f"{on:%-d %b %Y} has not come yet: nothing is known as of then.")
        return said

    def moment_asked(self) -> datetime | None:
        """Return the end of the day as of which the figures are asked."""
        self.is_valid()
        on = self.cleaned_data.get("as_of")
        if not on:
            return None
        return datetime.combine(on + timedelta(days=1), time(), ZoneInfo(ZONE))


class MonthField(forms.ChoiceField):
    """A month, said as `2026-10` or by its first day."""

    def to_python(self, value):
        said = super().to_python(value)
        return said[:7] if len(said) == 10 and said.endswith("-01") else said


class Month(Question):
    """Which month: this one, or one of the eleven before."""

    month = MonthField(
        required=False, label="Month",
        error_messages={"invalid_choice": "This month or one of the eleven before, as 2026-10: there is no statement of “%(value)s”."},
    )  # fmt: skip

    def __init__(self, data, months: list[Period], beside: tuple[str, ...] | None = None):
        super().__init__(data, beside)
        self.months = months
        self.fields["month"].choices = [(f"{month.first:%Y-%m}", f"{month.first:%B %Y}") for month in self.months]

    def month_asked(self) -> Period:
        """Return the month that is asked for, this one if none is. Only of a question that is understood."""
        self.is_valid()
        asked = self.cleaned_data.get("month")
        return next((month for month in self.months if f"{month.first:%Y-%m}" == asked), self.months[0])
