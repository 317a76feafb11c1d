"""One question, one answer: a metric over a period, narrowed, as of a moment (REP, the head of section 12). Pages, files and API ask here.

`answer` gives every figure with the one of the period before and how it is told apart; `rows` gives the rows that one figure counts. Both
are made of the same conditions. Five queries an answer at most, however many rows; nothing is changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection

from reporting.filters import Filters
from reporting.frame import COUNT, FEW, MEAN, PERCENTILES, SHARE, SUM, Dimension, Measure, Metric, Relation
from reporting.moments import before_moment
from reporting.period import Period

MOST = 400  # lines of one table


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure: its value, or None where there is nothing to divide by; `n` rows of it, `of` those it is a share of."""

    value: float | int | None
    n: int
    of: int | None = None

    @property
    def is_few(self) -> bool:
        """Too few rows to judge by."""
        return self.base < FEW and self.of is not None

    @property
    def base(self) -> int:
        return self.n if self.of is None else self.of


@dataclass(slots=True)
class Line:
    """One line of a table: what it is of, its figures by measure, and the rows that are left out beside it."""

    key: object
    label: str
    cells: dict[str, Cell]
    left_out: int = 0
    still_open: int = 0


@dataclass(slots=True)
class Answer:
    """The answer to one question."""

    metric: Metric
    period: Period
    filters: Filters
    as_of: datetime | None
    by: Dimension | None
    total: Line
    before: Line
    lines: list[Line] = field(default_factory=list)
    is_cut: bool = False
    before_as_of: datetime | None = None
    now: datetime | None = None


def answer(
    metric: Metric, period: Period, filters: Filters, as_of: datetime | None = None, *, by: str | None = None, now: datetime
) -> Answer:  # fmt: skip
    """Answer one metric for a period. `as_of=None` is what is known now; `by` names a dimension, '' none. Five queries at most.

    A closed period is not asked otherwise by itself: `moments.report_moment` says as of when. Raises KeyError for an unknown dimension.
    """
    wanted = metric.by if by is None else by
    relation = metric.stands_on(wanted, filters)
    dimension = relation.dimension(wanted) if wanted else None
    if wanted and (dimension is None or (dimension.is_people and not filters.shows_people)):
        dimension = None
    read = _read(metric, relation, period, filters, as_of, now, dimension)
    total = read.pop(ALL, None) or _nothing(metric)
    before_as_of = before_moment(metric, period, as_of, now)
    before = _read(metric, relation, period.before(), filters, before_as_of, now, None).get(ALL)
    lines = _labelled(dimension, read.values()) if dimension else []
    found = Answer(
        metric, period, filters, as_of, dimension, total, before or _nothing(metric), lines[:MOST], len(lines) > MOST, before_as_of, now,
    )  # fmt: skip
    if metric.finish:
        metric.finish(found)
    return found


ALL = object()


def _read(metric, relation, period, filters, as_of, now, dimension) -> dict[object, Line]:
    """Read the lines and the total in one pass: what a row is asked is worked out once, before rows are sorted and grouped."""
    asked = _Asked(relation)
    left_out = asked.count(relation.left_out) if relation.left_out else "0"
    open_rows = (
        asked.count(f"NOT ({relation.left_out or 'false'}) AND ({metric.open_rows})") if metric.open_rows else "0"
    )
    selects = [aggregate for measure in metric.measures for aggregate in asked.aggregates(measure)]
    source, values = _from(metric, relation, period, filters, as_of, now)
    key = dimension.sql if dimension else "NULL"
    head, tail = ("GROUPING(q.k), q.k", "GROUP BY GROUPING SETS ((), (q.k))") if dimension else ("1, NULL", "")
    rows_asked = f"SELECT {', '.join([f'{key} AS k', *asked.columns])} FROM ({asked.facts(source)}) r OFFSET 0"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join([head, left_out, open_rows, *selects])} FROM ({rows_asked}) q {tail}", values
        )
        rows = cursor.fetchall()
    lines = {}
    for is_all, found, out, still_open, *figures in rows:
        lines[ALL if is_all else found] = Line(found, "", _cells(metric, figures), out, still_open)
    return lines


class _Asked:
    """What is asked of each row, each thing once: whether it counts, or what of it is summed or averaged; and the aggregates of that.

    What a relation calls a fact is worked out before, once however many measures ask it. (`OFFSET 0` keeps the planner from putting the
    expressions back where they were.)
    """

    def __init__(self, relation: Relation):
        self.relation = relation
        self._said: dict[str, str] = {}
        self._facts: dict[str, str] = {}

    def facts(self, source: str) -> str:
        return f"SELECT {', '.join(['r.*', *(f'{fact} AS {name}' for fact, name in self._facts.items())])} FROM {source} OFFSET 0"

    @property
    def columns(self) -> list[str]:
        return [f"({said}) AS {name}" for said, name in self._said.items()]

    def count(self, said: str) -> str:
        return f"count(*) FILTER (WHERE {self._column(said)})"

    def aggregates(self, measure: Measure) -> list[str]:
        """Say a measure as aggregates: the rows of each part, and the value where it is not their number."""
        asks = [_counted(measure, self.relation, part) for part in measure.parts]
        if measure.how in (COUNT, SHARE):
            return [self.count(ask) for ask in asks]
        value = self._column(f"CASE WHEN {asks[0]} THEN {measure.value} END")
        if measure.how in PERCENTILES:
            return [f"count({value})", f"percentile_cont({PERCENTILES[measure.how]}) WITHIN GROUP (ORDER BY {value})"]
        # Exact, in whatever order rows come: a sum of floats is another one in another order, and a closed period's figure stays.
        mean = f"avg({value}::numeric)::float8" if measure.unit == "time" else f"avg({value})"
        return [f"count({value})", mean if measure.how == MEAN else f"sum({value})"]

    def _column(self, said: str) -> str:
        for number, fact in enumerate(self.relation.facts):
            if fact in said:
                self._facts[fact] = f"fact{number}"
                said = said.replace(fact, f"r.fact{number}")
        name = self._said.setdefault(said, f"c{len(self._said)}")
        return f"q.{name}"


def _counted(measure: Measure, relation: Relation, part: str) -> str:
    said = measure.predicate(part)
    return said if measure.counts_left_out or not relation.left_out else f"NOT ({relation.left_out}) AND {said}"


def _cells(metric: Metric, figures: Sequence) -> dict[str, Cell]:
    found, cells = iter(figures), {}
    for measure in metric.measures:
        n = next(found)
        if measure.how == SHARE:
            of = next(found)
            cells[measure.name] = Cell(n / of if of else None, n, of)
        elif measure.how == COUNT:
            cells[measure.name] = Cell(n, n)
        else:
            value = next(found)
            of = None if measure.how == SUM else n
            cells[measure.name] = Cell((value or 0) if measure.how == SUM else value, n, of)
    return cells


def _from(metric: Metric, relation: Relation, period: Period, filters: Filters, as_of, now) -> tuple[str, dict]:
    """Say where rows come from: the relation as known, the period, the filters."""
    said, values = filters.at(as_of).where(relation)
    said = [f"{relation.at} >= %(starts_at)s AND {relation.at} < %(ends_at)s", *said]
    if filters.matured and metric.ripe:
        said.append(f"({metric.ripe})")
    values |= {
        "starts_at": period.starts_at, "ends_at": period.ends_at, "zone": period.zone, "as_of": as_of, "known": as_of or now,
        "first": period.first, "until": period.until,
    }  # fmt: skip
    return f"({relation.sql(as_of is None)}) r WHERE {' AND '.join(said)}", values


def _nothing(metric: Metric) -> Line:
    zeros = {
        m.name: Cell(0 if m.how in (COUNT, SUM) else None, 0, None if m.how in (COUNT, SUM) else 0)
        for m in metric.measures
    }
    return Line(None, "", zeros)


def _labelled(dimension: Dimension, lines) -> list[Line]:
    lines = list(lines)
    words = dimension.labels([line.key for line in lines])
    for line in lines:
        line.label = dimension.empty if line.key is None else str(words.get(line.key, line.key))
    if dimension.is_time or dimension.name in ("weekday", "hour", "hour_of_week", "cycle"):
        return sorted(lines, key=lambda line: (line.key is None, line.key))
    return sorted(lines, key=lambda line: (-max(c.base for c in line.cells.values()), line.label))


@dataclass(slots=True)
class Rows:
    """One page of the rows that a figure counts, and how many there are in all."""

    titles: list[tuple[str, str]]
    rows: list[tuple]
    number: int
    total: float | None
    after: int | None


def rows(
    metric: Metric, measure: Measure, part: str, period: Period, filters: Filters, as_of: datetime | None = None, *, now: datetime,
    by: str = "", key: object = None, is_narrowed: bool = False, after: int = 0, limit: int = 50,
) -> Rows:  # fmt: skip
    """Return the rows that one figure counts, paged by key: `is_narrowed` to those of one line of the table by `by`. Two queries."""
    relation = metric.stands_on(by, filters)
    source, values = _from(metric, relation, period, filters, as_of, now)
    said = _counted(measure, relation, part)
    if is_narrowed:
        dimension = relation.dimension(by)
        said += f" AND ({dimension.sql}) IS NOT DISTINCT FROM %(key)s"
        values["key"] = key
    value = measure.value if measure.value and part == "n" else "NULL::numeric"
    columns = [
        (title, sql, kind)
        for title, sql, kind in relation.columns
        if filters.shows_people or kind not in ("lead", "person")
    ]
    picked = ", ".join([relation.key, value, *(sql for _title, sql, _kind in columns)])
    total = f"sum({value})" if measure.how == SUM else "NULL"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*), {total} FROM {source} AND {said}", values)
        number, summed = cursor.fetchone()
        page = f"{source} AND {said} AND {relation.key} > %(after)s ORDER BY {relation.key} LIMIT %(limit)s"
        cursor.execute(f"SELECT {picked} FROM {page}", values | {"after": after, "limit": limit + 1})
        found = cursor.fetchall()
    more, found = len(found) > limit, found[:limit]
    titles = [(title, kind) for title, _sql, kind in columns]
    if measure.value:
        titles.append((measure.title, measure.unit or "number"))
    shown = [(*row[2:], *([row[1]] if measure.value else [])) for row in found]
    return Rows(titles, shown, number, summed, found[-1][0] if more else None)
