"""What a metric is made of. Used by the files of `reporting/metrics/`, read by `reporting/answers.py`.

A metric stands on a relation: rows of one kind (rounds, hands, touches, opportunities, ...), each with a moment by which it falls in a
period, and columns. A measure says which rows count, and what of them. So a figure and the rows it opens to are one sentence of SQL
said twice, and cannot differ. Expressions are constants of this code; whatever a person chose is a parameter.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

COUNT, SUM, SHARE, MEDIAN, P90, MEAN = "count", "sum", "share", "median", "p90", "mean"
PERCENTILES = {MEDIAN: 0.5, P90: 0.9}
FEW = 20  # below it is greyed


@dataclass(frozen=True, slots=True)
class Dimension:
    """One way to tell rows apart. `labels` maps what was found to words; `is_people` is not shown to who sees no people."""

    name: str
    title: str
    sql: str
    labels: Callable[[list], dict] = field(default=lambda keys: {})
    kind: str = "text"  # text, number, date or pair (two numbers): how a key is read back from an address
    is_people: bool = False
    is_time: bool = False
    empty: str = "none"


@dataclass(frozen=True, slots=True)
class Relation:
    """Rows of one kind. `sql(is_live)` is what stands after FROM, as `r`; `at` its moment, `key` its id; `columns` what a list shows.

    `owner`, `other` and `team` are whose a row is: by them a manager's figures reach over their people. `left_out` are rows that no measure
    counts and that are told beside it, unless a measure says otherwise.
    """

    name: str
    noun: str
    sql: Callable[[bool], str]
    at: str
    dimensions: tuple[Dimension, ...]
    columns: tuple[tuple[str, str, str], ...]  # title, SQL, kind (lead, person, moment, text, money)
    key: str = "r.id"
    owner: str = "r.owner_id"
    team: str = "r.team_id"
    other: str = ""  # where a row is two people's: the second of them
    left_out: str = "r.has_exception"
    lead: str = "r.lead_id"
    fully_worked: str = "true"  # an answer, or an end by a person after a touch
    ignores: tuple[str, ...] = ()  # filters that say nothing about these rows
    facts: tuple[str, ...] = ()  # expressions in brackets that several measures ask: worked out once a row

    def dimension(self, name: str) -> Dimension | None:
        return next((d for d in self.dimensions if d.name == name), None)


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure: which rows count (`where`), of which (`of`, for a share), or what of them is summed or averaged (`value`)."""

    name: str
    title: str
    means: str
    how: str = COUNT
    where: str = "true"
    of: str = "true"
    value: str = ""
    unit: str = ""  # time, money, days, percent
    target: float | None = None
    target_says: str = ""
    more_is_better: bool = True
    counts_left_out: bool = False

    @property
    def parts(self) -> tuple[str, ...]:
        return ("n", "of") if self.how == SHARE else ("n",)

    def predicate(self, part: str = "n") -> str:
        """Return which rows a part of this figure counts."""
        if self.how == SHARE:
            return f"({self.of})" if part == "of" else f"({self.of}) AND ({self.where})"
        return f"({self.where}) AND ({self.value}) IS NOT NULL" if self.value else f"({self.where})"


@dataclass(frozen=True, slots=True)
class Alert:
    """What in an answer somebody should look at; `is_few` is shown grey: fewer than 20 rows are too few to judge by."""

    words: str
    is_few: bool = False


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: its definition, where it stands, its measures, how it is told apart at first, which measure is drawn."""

    name: str
    title: str
    rule: str
    definition: str
    relation: Relation
    measures: tuple[Measure, ...]
    by: str = ""
    drawn: str = ""
    by_hands: Relation | None = None  # for a rep's own figures: their time with the round instead of the whole round
    matures: bool = False  # a cohort: read as known now, however old
    open_rows: str = ""  # rows that may still change within their limit: immature
    ripe: str = ""  # rows that have had their time, however they ended: *matured only* counts these
    usual: str = ""  # the period it is read over, where not the last 30 days
    finish: Callable | None = None  # what is worked out of several lines of an answer
    alerts: Callable | None = None  # what in an answer somebody should look at

    def measure(self, name: str) -> Measure | None:
        return next((m for m in self.measures if m.name == name), None)

    def stands_on(self, by: str, filters) -> Relation:
        """Return the rows it is counted over: by rep, a rep's hands where the metric knows them; else the whole rows."""
        return self.by_hands if self.by_hands and (by == "rep" or filters.rep) else self.relation
