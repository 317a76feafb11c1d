"""What a report is asked, and which two people are compared, read from an address. What is wrong is said by its field.

Used by the pages, their files and the API, so that all understand and refuse the same.
"""

from datetime import datetime

from django import forms
from django.db.models import QuerySet

from accounts.models import Role, Team, User
from accounts.permissions import Scope, allowed, people_of, teams_of
from leads.models import GoToMarket, Motion, Source
from reporting import permissions
from reporting.filters import MATES, Filters
from reporting.frame import Metric
from reporting.questions import NONE_SUCH, USUAL, Known

MANY = 300
YES_NO = [("", "Any"), ("1", "Yes"), ("0", "No")]
REPS = (Role.SDR, Role.AE, Role.CSM, Role.MANAGER)


MY_TEAM = "team"
ROUND = dict.fromkeys(("invalid", "min_value", "max_value"), "Rounds are numbered from 1 to 9999.")


def _choice(label: str, choices: list) -> forms.ChoiceField:
    return forms.ChoiceField(required=False, label=label, choices=choices, error_messages=NONE_SUCH)


def _number(label: str) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(required=False, label=label, coerce=int, empty_value=None, error_messages=NONE_SUCH)


class Asked(Known):
    """Period, as of when, filters, how to tell apart."""

    by = _choice("Told apart by", [])
    team, rep = _number("Team"), _number("Rep")
    whose = _choice("Whose", [("", "Everybody's"), (MY_TEAM, "My team's")])
    motion = _choice("Motion", [("", "Any"), *Motion.choices])
    go_to_market = _choice("Go-to-market", [("", "Any"), *GoToMarket.choices])
    source, campaign = _number("Source"), _number("Campaign")
    segment = forms.CharField(required=False, label="Segment", max_length=40)
    region = forms.CharField(required=False, label="Region", max_length=40)
    target = _choice("Target account", YES_NO)
    cycle = forms.IntegerField(required=False, label="Round", min_value=1, max_value=9999, error_messages=ROUND)
    again = _choice("Came round again", YES_NO)
    matured = _choice("Matured only", [("", "No"), ("1", "Yes")])
    fully_worked = _choice("Fully worked only", [("", "No"), ("1", "Yes")])

    def __init__(
        self, data, user: User, metric: Metric | None, now: datetime, beside: tuple[str, ...] | None = None, usual: str = ""
    ):  # fmt: skip
        self.user, self.metric = user, metric
        super().__init__(data, now, usual or (metric.usual if metric and metric.usual else USUAL), beside)
        sees = permissions.sees_people(user)
        kept = [d for d in metric.relation.dimensions if sees or not d.is_people] if metric else []
        self.fields["by"].choices = [("", "As usual"), ("all", "Not at all"), *((d.name, d.title) for d in kept)]
        self._choose("source", Source.objects.filter(parent=None).exclude(name=""))
        self._choose("campaign", Source.objects.exclude(parent=None))
        self._choose("rep", _people(user))
        self._choose("team", _teams(user))
        if Scope.ALL not in allowed(user, "reports.see"):
            del self.fields["whose"]  # who sees no more than their team's has nobody else's
        for name in metric.relation.ignores if metric else ():
            self.fields.pop(name, None)
        if metric and not metric.ripe:
            self.fields.pop("matured")

    def foreign(self, name: str) -> str:
        """Say that this is not asked here; a filter by its name."""
        if name not in self.base_fields:
            return super().foreign(name)
        return f"{self.base_fields[name].label or name} is not asked here, or not by you."

    def clean(self):
        """One's own number is nobody's secret."""
        if self.beside is not None and self.data.get("rep") == str(self.user.pk):
            self.beside = (*self.beside, "rep")
        return super().clean()

    def _choose(self, name: str, rows: QuerySet) -> None:
        """Offer rows by name; no choice where there are none."""
        if choices := _offered(rows, self.data.get(name)):
            self.fields[name].choices = [("", "Any"), *choices]
        else:
            del self.fields[name]

    def narrowed_by(self) -> str:
        """Name the filters that are on, as a sentence lists them; '' where none is."""
        names = [
            self.fields[name].label for name in self.said() if name not in ("period", "first", "last", "by", "as_of")
        ]
        return " or ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))

    def by_asked(self) -> str | None:
        by = self.said().get("by")
        return "" if by == "all" else by

    def filters(self) -> Filters:
        said = self.said()
        plain = ("team", "rep", "motion", "go_to_market", "source", "campaign", "segment", "region", "cycle")
        facts = {name: said[name] for name in plain if name in said}
        facts |= {name: said[name] == "1" for name in ("target", "again") if name in said}
        facts |= {name: True for name in ("fully_worked", "matured") if said.get(name) == "1"}
        if said.get("whose") == MY_TEAM:
            facts |= {"reach": MATES, "whose": self.user.pk}
        return permissions.narrowed(self.user, Filters(**facts))


class Two(Known):
    """Which two people, of whom both are one's to compare (REP-9)."""

    left, right = _number("One"), _number("The other")

    def __init__(self, data, user: User, now: datetime, beside: tuple[str, ...] | None = None):
        super().__init__(data, now, beside=beside)
        people = _offered(_people(user), data.get("left"), data.get("right"))
        for name in ("left", "right"):
            self.fields[name].choices = [("", "Choose"), *people]

    def clean(self):
        """Nobody stands beside themselves; of two, both are named."""
        said = super().clean()
        left, right = said.get("left"), said.get("right")
        if self.errors.keys() & {"left", "right"}:
            return said
        if left and left == right:
            name = dict(self.fields["right"].choices)[right]
            self.add_error("right", f"{name} stands on both sides. Choose two different people.")
        elif bool(left) != bool(right):
            self.add_error("right" if left else "left", "Choose whom to set beside.")
        return said

    def pair(self) -> list[User]:
        """Return the two who are asked for, or nobody. Only of a question that is understood. A query."""
        self.is_valid()
        asked = [self.cleaned_data.get(name) for name in ("left", "right")]
        found = User.objects.in_bulk([pk for pk in asked if pk])
        return [found[pk] for pk in asked if pk]


def _offered(rows: QuerySet, *asked: str | None) -> list[tuple[int, str]]:
    """Return rows by name, the first of many; one further on that is asked for is understood too. A query, or two."""
    choices = list(rows.order_by("name").values_list("pk", "name")[:MANY])
    further = [pk for pk in asked if pk and pk.isascii() and pk.isdecimal() and len(pk) < 19]
    if len(choices) == MANY and further:
        offered = {pk for pk, _name in choices}
        choices += [row for row in rows.filter(pk__in=further).values_list("pk", "name") if row[0] not in offered]
    return choices


def _people(user) -> QuerySet:
    scope = allowed(user, "reports.see")
    if Scope.ALL in scope:
        return User.objects.filter(role__in=REPS)
    return User.objects.filter(pk__in=people_of(user) | {user.pk}) if Scope.TEAM in scope else User.objects.none()


def _teams(user) -> QuerySet:
    scope = allowed(user, "reports.see")
    teams = Team.objects.exclude(kind=Team.Kind.PRODUCT)
    if Scope.TEAM in scope:
        return teams.filter(pk__in=teams_of(user))
    return teams if scope & permissions.HOUSE else teams.none()
