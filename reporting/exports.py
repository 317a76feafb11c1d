"""A report as lines of a file, and which figure an address means. Used by the pages and whoever hands reports out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from reporting import words
from reporting.answers import Answer, Line
from reporting.filters import Filters
from reporting.frame import COUNT, SHARE, Dimension, Measure, Metric

BIGGEST = 2**63 - 1
PAIR = re.compile(r"[0-9]{0,18}:[0-9]{0,18}")


def lines(answer: Answer) -> Iterator[list]:
    """Yield a report as rows: what it is, its head, all, each line, the period before. Numbers as numbers, shares as fractions."""
    metric, as_of = answer.metric, answer.as_of.isoformat() if answer.as_of else "now"
    yield [metric.title, f"{answer.period.first} to {answer.period.last}", f"as known {as_of}", metric.definition]
    head = [answer.by.title if answer.by else ""]
    for measure in metric.measures:
        head += [measure.title, *_besides(measure)]
    yield [*head, "Rows left out as exceptions", "Rows still open"]
    for label, line in (
        ("All", answer.total),
        *((line.label, line) for line in answer.lines),
        ("Period before", answer.before),
    ):
        yield _line(metric, label, line)


def _besides(measure: Measure) -> list[str]:
    if measure.how == COUNT:
        return []
    return [f"{measure.title}: of these", f"{measure.title}: of"] if measure.how == SHARE else [f"{measure.title}: of"]


def _line(metric: Metric, label: str, line: Line) -> list:
    said: list = [label]
    for measure in metric.measures:
        cell = line.cells[measure.name]
        said.append(words.plain(cell))
        said += [] if measure.how == COUNT else [cell.n, cell.of] if measure.how == SHARE else [cell.n]
    return [*said, line.left_out, line.still_open]


@dataclass(frozen=True, slots=True)
class Which:
    """One figure of a report: the measure, which part of it, and the line it stands in."""

    measure: Measure
    part: str
    by: str
    key: object
    is_narrowed: bool
    label: str


def which(metric: Metric, filters: Filters, by: str | None, given) -> Which | None:
    """Read from an address which figure it means; None where there is none such."""
    measure, part = metric.measure(given.get("measure") or metric.drawn), given.get("part", "n")
    if given.get("measure") == "left-out" and metric.relation.left_out:
        measure = Measure(
            "left-out", "Left out", "Left out as exceptions.", where=metric.relation.left_out, counts_left_out=True
        )
    by = metric.by if by is None else by
    dimension = metric.stands_on(by, filters).dimension(by) if by else None
    if measure is None or part not in measure.parts or (dimension and dimension.is_people and not filters.shows_people):
        return None
    key, is_narrowed, label = None, "line" in given, ""
    if is_narrowed:
        if dimension is None:
            return None
        try:
            key = _key(dimension, given["line"])
        except ValueError:
            return None
        label = dimension.empty if key is None else str(dimension.labels([key]).get(key, key))
    return Which(measure, part, by, key, is_narrowed, label)


def _key(dimension: Dimension, text: str) -> object:
    if text == "-":
        return None
    if dimension.kind == "number":
        number = int(text)
        if abs(number) > BIGGEST:
            raise ValueError(text)
        return number
    if dimension.kind == "pair" and not PAIR.fullmatch(text):
        raise ValueError(text)
    return date.fromisoformat(text) if dimension.kind == "date" else text.replace("\x00", "")
