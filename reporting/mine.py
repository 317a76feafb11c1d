"""A rep's own figures beside their team's (WORK-9), and two reps side by side (REP-9). The same metrics as every report."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.urls import reverse

from accounts.models import User
from accounts.permissions import Scope, allowed
from reporting import answers, moments, permissions, words
from reporting.answers import Answer, Cell
from reporting.filters import Filters
from reporting.forms import MY_TEAM
from reporting.frame import SHARE, Measure, Metric
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
    team: str
    tone: str
    change: str
    rank: str
    cell: Cell
    of_team: Cell
    sides: list[dict]
    rank_url: str

    @property
    def called(self) -> str:
        return f"{self.metric.title}: {self.measure.title.lower()}"


def board(user: User, period: Period, *, now: datetime, asked: datetime | None = None) -> list[Own]:
    """Return a person's figures with those of their team beside, and their rank, without anybody else's name; as known at a moment, if one
    is asked for. Four queries a metric."""
    own = permissions.narrowed(user, Filters(rep=user.pk)).only(user.pk)
    team = permissions.of_their_team(user, Filters())
    lines = []
    for name, measures in OWN:
        metric = METRICS[name]
        as_of = moments.report_moment(metric, period, now, asked)
        mine = answers.answer(metric, period, own, as_of, by="", now=now)
        # By person, as the rep's own are: of their time with a round, not of the whole round.
        each = answers.answer(metric, period, _named(team), as_of, by="rep", now=now)
        for measure in map(metric.measure, measures):
            lines.append(_own(metric, measure, mine, each, user, _known(asked)))
    return lines


def whose_team(user: User) -> dict[str, str] | None:
    """Say how an address asks for the rows of somebody's team; None where they may not see them: a rep sees their team's sums (WORK-9)."""
    scope = allowed(user, "reports.see")
    return {"whose": MY_TEAM} if Scope.ALL in scope else {} if Scope.TEAM in scope else None


def _named(team: Filters) -> Filters:
    """The team told apart by person, to count ranks by; nothing of it but the rank is shown."""
    return replace(team, shows_people=True)


def _known(asked: datetime | None) -> dict[str, str]:
    """Say how an address asks for what was known then: by the day that ended."""
    return {"as_of": (asked - timedelta(days=1)).date().isoformat()} if asked else {}


def _own(metric: Metric, measure: Measure, mine: Answer, each: Answer, user: User, known: dict) -> Own:
    cell, before = mine.total.cells[measure.name], mine.before.cells[measure.name]
    of_team = each.total.cells[measure.name]
    whose, place = whose_team(user), rank(each, measure, user.pk)
    sides = [
        shown(mine, measure, "Mine", {"by": "all", "rep": user.pk} | known),
        shown(each, measure, "My team", None if whose is None else {"by": "rep"} | whose | known),
    ]
    return Own(
        metric, measure, words.said(measure, cell), words.said(measure, of_team), words.tone(measure, cell),
        words.change(measure, cell, before), place, cell, of_team, sides,
        "" if whose is None or not place else _address("report", each, {"by": "rep"} | whose | known),
    )  # fmt: skip


def shown(answer: Answer, measure: Measure, who: str, asked: dict | None) -> dict:
    """Say a figure of all as a cell of a table: its words, and where its rows are, also those that it is a share of; nowhere for None."""
    cell = answer.total.cells[measure.name]
    said = {
        "text": words.said(measure, cell), "title": who, "tone": words.tone(measure, cell), "is_nil": cell.value is None,
        "n": cell.n, "of": cell.of if measure.how == SHARE else None, "base": words.base(measure, cell), "url": "", "of_url": "",
    }  # fmt: skip
    if asked is None:
        return said | {"says_base": bool(cell.base)}
    rows = lambda part: _address("report-rows", answer, asked | {"measure": measure.name, "part": part})  # noqa: E731
    return said | {
        "url": rows("n") if cell.n else "",
        "of_url": rows("of") if measure.how == SHARE and cell.of else "",
        "says_base": measure.how != SHARE and cell.n not in (0, cell.value),
    }


def _address(page: str, answer: Answer, asked: dict) -> str:
    days = {"first": answer.period.first.isoformat(), "last": answer.period.last.isoformat()}
    return f"{reverse(page, args=[answer.metric.name])}?{urlencode(days | asked)}"


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

    @property
    def called(self) -> str:
        return f"{self.metric.title}: {self.measure.title.lower()}"


def side_by_side(
    people: list[User], period: Period, filters: Filters, *, now: datetime, asked: datetime | None = None
) -> list[Pair]:
    """Return every figure of two people; as known at a moment, if one is asked for. Four queries a metric."""
    lines = []
    for name, measures in OWN:
        metric = METRICS[name]
        as_of = moments.report_moment(metric, period, now, asked)
        both = [answers.answer(metric, period, filters.only(p.pk), as_of, by="", now=now) for p in people]
        for measure in map(metric.measure, measures):
            cells = [answer.total.cells[measure.name] for answer in both]
            sides = [
                shown(answer, measure, str(person), {"by": "all", "rep": person.pk} | _known(asked))
                for answer, person in zip(both, people, strict=True)
            ]
            lines.append(Pair(metric, measure, sides, cells))
    return lines
