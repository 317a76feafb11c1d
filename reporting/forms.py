"""What a report is asked, read from its address. What is not understood is left out rather than refused: an old link still opens."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django import forms

from accounts.models import Role, Team, User
from accounts.permissions import Scope, allowed, people_of, teams_of
from leads.models import GoToMarket, Motion, Source
from reporting import permissions
from reporting.filters import Filters
from reporting.frame import Metric
from reporting.period import LONGEST, NAMED, ZONE, Period, named

MANY = 300
USUAL = "last-30"
BY_DAYS = ("days", "From and to")
YES_NO = [("", "Any"), ("1", "Yes"), ("0", "No")]
REPS = (Role.SDR, Role.AE, Role.CSM, Role.MANAGER)


def _day() -> forms.DateField:
    return forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))


class Time(forms.Form):
    """Which days: by a name, else from and to."""

    period = forms.ChoiceField(required=False, label="Period", choices=[*NAMED, BY_DAYS])
    first, last = _day(), _day()

    def __init__(self, data, now: datetime):
        super().__init__(data)
        self.now = now
        self.fields["first"].label, self.fields["last"].label = "From", "To"
        for field in self.fields.values():
            field.widget.attrs["class"] = "input"

    @property
    def names(self) -> list[tuple[str, str]]:
        return [*NAMED, BY_DAYS]

    @property
    def asked(self) -> dict[str, str]:
        """Return what stands in the address, for a page that draws its fields itself."""
        return {name: self.data.get(name, "") for name in ("period", "first", "last")}

    def said(self) -> dict:
        """Return what was chosen and understood, as an address says it."""
        self.is_valid()
        found = {name: value for name, value in self.cleaned_data.items() if value not in ("", None)}
        return {name: value.isoformat() if isinstance(value, date) else value for name, value in found.items()}

    def period_asked(self) -> Period:
        self.is_valid()
        first, last = self.cleaned_data.get("first"), self.cleaned_data.get("last")
        whole = first and last and first <= last and first.year > 1970 and last.year < 9000
        if whole and last - first < LONGEST:
            return Period(first, last + timedelta(days=1))
        name = self.cleaned_data.get("period")
        return named(name if name in dict(NAMED) else USUAL, self.now)


class Asked(Time):
    """Period, filters, how to tell apart, as of when."""

    as_of = _day()
    by = forms.ChoiceField(required=False, label="Told apart by")
    team = forms.TypedChoiceField(required=False, label="Team", coerce=int, empty_value=None)
    rep = forms.TypedChoiceField(required=False, label="Rep", coerce=int, empty_value=None)
    motion = forms.ChoiceField(required=False, label="Motion", choices=[("", "Any"), *Motion.choices])
    go_to_market = forms.ChoiceField(required=False, label="Go-to-market", choices=[("", "Any"), *GoToMarket.choices])
    source = forms.TypedChoiceField(required=False, label="Source", coerce=int, empty_value=None)
    campaign = forms.TypedChoiceField(required=False, label="Campaign", coerce=int, empty_value=None)
    segment = forms.CharField(required=False, label="Segment", max_length=40)
    region = forms.CharField(required=False, label="Region", max_length=40)
    target = forms.ChoiceField(required=False, label="Target account", choices=YES_NO)
    cycle = forms.IntegerField(required=False, label="Round", min_value=1, max_value=9999)
    again = forms.ChoiceField(required=False, label="Came round again", choices=YES_NO)
    matured = forms.ChoiceField(required=False, label="Matured only", choices=[("", "No"), ("1", "Yes")])
    fully_worked = forms.ChoiceField(required=False, label="Fully worked only", choices=[("", "No"), ("1", "Yes")])

    def __init__(self, data, user: User, metric: Metric | None, now: datetime):
        if not data.get("period") and not data.get("first"):
            usual = metric.usual if metric and metric.usual else USUAL
            data = {**data.dict(), "period": usual} if hasattr(data, "dict") else {**data, "period": usual}
        super().__init__(data, now)
        self.user, self.metric = user, metric
        sees = permissions.sees_people(user)
        kept = [d for d in metric.relation.dimensions if sees or not d.is_people] if metric else []
        self.fields["by"].choices = [("", "As usual"), ("all", "Not at all"), *((d.name, d.title) for d in kept)]
        sources = Source.objects.order_by("name").values_list("pk", "name", "parent_id")[: 2 * MANY]
        self._choose("source", [(pk, name) for pk, name, parent in sources if parent is None and name])
        self._choose("campaign", [(pk, name) for pk, name, parent in sources if parent is not None])
        self._choose("rep", _people(user))
        self._choose("team", _teams(user))
        for name in metric.relation.ignores if metric else ():
            self.fields.pop(name, None)
        if metric and not metric.ripe:
            self.fields.pop("matured")
        self.fields["as_of"].label = "As known on"

    def _choose(self, name: str, choices: list) -> None:
        if choices:
            self.fields[name].choices = [("", "Any"), *choices[:MANY]]
        else:
            del self.fields[name]

    def moment_asked(self) -> datetime | None:
        """Return the end of the day as of which the figures are asked."""
        self.is_valid()
        on = self.cleaned_data.get("as_of")
        if not on or not 1970 < on.year < 9000:
            return None
        return datetime.combine(on + timedelta(days=1), time(), ZoneInfo(ZONE))

    def by_asked(self) -> str | None:
        by = self.said().get("by")
        return "" if by == "all" else by

    def filters(self) -> Filters:
        said = self.said()
        plain = ("team", "rep", "motion", "go_to_market", "source", "campaign", "segment", "region", "cycle")
        facts = {name: said[name] for name in plain if name in said}
        facts |= {name: said[name] == "1" for name in ("target", "again") if name in said}
        facts |= {name: True for name in ("fully_worked", "matured") if said.get(name) == "1"}
        return permissions.narrowed(self.user, Filters(**facts))


def _people(user) -> list[tuple[int, str]]:
    scope = allowed(user, "reports.see")
    if Scope.ALL in scope:
        people = User.objects.filter(role__in=REPS)
    elif Scope.TEAM in scope:
        people = User.objects.filter(pk__in=people_of(user) | {user.pk})
    else:
        return []
    return list(people.order_by("name").values_list("pk", "name")[:MANY])


def _teams(user) -> list[tuple[int, str]]:
    scope = allowed(user, "reports.see")
    teams = Team.objects.exclude(kind=Team.Kind.PRODUCT).order_by("name")
    if Scope.TEAM in scope:
        teams = teams.filter(pk__in=teams_of(user))
    elif not scope & permissions.HOUSE:
        return []
    return list(teams.values_list("pk", "name")[:MANY])
