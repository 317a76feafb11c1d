"""A rep's own figures beside their team's (WORK-9), and two reps side by side (REP-9). The same metrics as every report."""

from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse

from accounts.models import User
from reporting import answers, permissions, words
from reporting.answers import Answer, Cell
from reporting.filters import Filters
from reporting.forms import Asked
from reporting.frame import Measure, Metric
from reporting.metrics import METRICS
from reporting.period import Period

# Which figures a rep sees of themselves, and which two reps are compared by.
OWN = (
    ("assignment", ("assigned", "received")),
    ("pulls", ("in_band", "median")),
    ("response", ("median", "target", "limit")),
    ("pick-up", ("rate", "untouched")),
    ("qualified", ("rate", "of_assigned", "qualified")),
    ("activity", ("touches", "reached")),
    ("pipeline", ("value", "entered")),
    ("cohorts", ("sourced", "won")),
)
RANKED = 2  # people a rank needs


@dataclass(frozen=True, slots=True)
class Own:
    """One figure: mine, my team's, and where I stand in it."""

    metric: Metric
    measure: Measure
    mine: str
    base: str
    team: str
    tone: str
    change: str
    rank: str
    cell: Cell
    of_team: Cell
    url: str


def board(user: User, period: Period, *, now: datetime) -> list[Own]:
    """Return a person's figures with those of their team beside, and their rank, without anybody else's name. Four queries a metric."""
    own = permissions.narrowed(user, Filters(rep=user.pk)).only(user.pk)
    team = permissions.of_their_team(user, Filters())
    lines = []
    for name, measures in OWN:
        metric = METRICS[name]
        as_of = answers.report_moment(metric, period, now)
        mine = answers.answer(metric, period, own, as_of, by="", now=now)
        # By person, as the rep's own are: of their time with a round, not of the whole round.
        each = answers.answer(metric, period, _named(team), as_of, by="rep", now=now)
        for measure in map(metric.measure, measures):
            lines.append(_own(metric, measure, mine, each, user))
    return lines


def _named(team: Filters) -> Filters:
    """The team told apart by person, to count ranks by; nothing of it but the rank is shown."""
    return replace(team, shows_people=True)


def _own(metric: Metric, measure: Measure, mine: Answer, each: Answer, user: User) -> Own:
    cell, before = mine.total.cells[measure.name], mine.before.cells[measure.name]
    of_team = each.total.cells[measure.name]
    return Own(
        metric, measure, words.said(measure, cell), words.base(measure, cell), words.said(measure, of_team), words.tone(measure, cell),
        words.change(measure, cell, before), rank(each, measure, user.pk), cell, of_team,
        rows_of(mine, measure, user.pk),
    )  # fmt: skip


def rows_of(answer: Answer, measure: Measure, person: int) -> str:
    """Return where the rows of one person's figure are; '' where there are none."""
    if not answer.total.cells[measure.name].n:
        return ""
    days = {"first": answer.period.first.isoformat(), "last": answer.period.last.isoformat()}
    asked = urlencode(days | {"by": "all", "rep": person, "measure": measure.name, "part": "n"})
    return f"{reverse('report-rows', args=[answer.metric.name])}?{asked}"


def rank(each: Answer, measure: Measure, person: int) -> str:
    """Say where somebody stands among the people of an answer: `2 of 5`. Who has nothing to divide by is in no rank."""
    cells = {line.key: line.cells[measure.name].value for line in each.lines if line.key}
    values = {key: float(value) for key, value in cells.items() if value is not None}
    if person not in values or len(values) < RANKED:
        return ""
    better = [v for v in values.values() if (v > values[person] if measure.more_is_better else v < values[person])]
    return f"{len(better) + 1} of {len(values)}"


@dataclass(frozen=True, slots=True)
class Pair:
    """One figure of two people."""

    metric: Metric
    measure: Measure
    sides: list[dict]
    cells: list[Cell]


def side_by_side(people: list[User], period: Period, filters: Filters, *, now: datetime) -> list[Pair]:
    """Return every figure of two people. Four queries a metric."""
    lines = []
    for name, measures in OWN:
        metric = METRICS[name]
        as_of = answers.report_moment(metric, period, now)
        both = [answers.answer(metric, period, filters.only(p.pk), as_of, by="", now=now) for p in people]
        for measure in map(metric.measure, measures):
            cells = [answer.total.cells[measure.name] for answer in both]
            sides = [
                {
                    "text": words.said(measure, c),
                    "base": words.base(measure, c),
                    "tone": words.tone(measure, c),
                    "who": str(p),
                    "url": rows_of(a, measure, p.pk),
                }
                for c, a, p in zip(cells, both, people, strict=True)
            ]
            lines.append(Pair(metric, measure, sides, cells))
    return lines


def person_of(form: Asked, chosen: str | None) -> User | None:
    """Return a person that the one who asks may compare."""
    offered = {str(pk) for pk, _name in form.fields["rep"].choices} if "rep" in form.fields else set()
    return User.objects.filter(pk=int(chosen)).first() if chosen and chosen.isdecimal() and chosen in offered else None
