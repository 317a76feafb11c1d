"""An answer as a page shows it: columns, lines, each figure with the rows it opens to, the picture's data. No query.

Whatever can be clicked carries the whole question in its address, so that a link says the same to whoever may see it.
"""

from collections.abc import Callable
from urllib.parse import urlencode

from reporting import words
from reporting.answers import Answer, Cell, Line
from reporting.frame import COUNT, FEW, SHARE, SUM, Measure

Address = Callable[..., str]


def table(answer: Answer, address: Address, before: Address | None = None) -> dict:
    """Return the columns, the line of all, and the lines told apart."""
    measures = answer.metric.measures
    return {
        "columns": [{"title": m.title, "means": m.means, "name": m.name} for m in measures],
        "total": _line(answer, answer.total, address, is_total=True),
        "before": _line(answer, answer.before, before, is_total=True),
        "lines": [_line(answer, line, address) for line in answer.lines],
    }


def figures(answer: Answer, address: Address, before_address: Address | None = None) -> list[dict]:
    """Return each figure of all with its definition, its target and the period before."""
    found = []
    for measure in answer.metric.measures:
        cell, before = answer.total.cells[measure.name], answer.before.cells[measure.name]
        found.append(
            _cell(answer, answer.total, measure, address, is_total=True)
            | {
                "title": measure.title,
                "means": measure.means,
                "target": measure.target_says,
                "before": words.said(measure, before),
                "before_url": before_address(measure=measure.name, part="n") if before_address and before.n else "",
                "change": words.change(measure, cell, before),
            }
        )
    return found


def _line(answer: Answer, line: Line, address: Address | None, is_total: bool = False) -> dict:
    cells = [_cell(answer, line, measure, address, is_total) for measure in answer.metric.measures]
    label = words.line_called(answer, line)
    return {"label": label, "key": line.key, "cells": cells, "left_out": line.left_out}


def _cell(answer: Answer, line: Line, measure: Measure, address: Address | None, is_total: bool = False) -> dict:
    cell = line.cells[measure.name]
    shown = {
        "name": measure.name, "title": measure.title, "text": words.said(measure, cell), "base": words.base(measure, cell),
        "tone": words.tone(measure, cell), "is_nil": cell.value is None, "url": "", "of_url": "", "n": cell.n, "of": cell.of,
    }  # fmt: skip
    if address is None:
        return shown
    where = {} if is_total or answer.by is None else {"line": said_key(line.key)}
    if cell.n:
        shown["url"] = address(measure=measure.name, part="n", **where)
    if measure.how == SHARE and cell.of:
        shown["of_url"] = address(measure=measure.name, part="of", **where)
    return shown


def said_key(key: object) -> str:
    """Say the key of a line as an address does; the nameless line is a lone dash."""
    return "-" if key is None else str(key)


def addresses(here: str, said: dict, by: str) -> Address:
    """Return how a figure's rows are addressed: the whole question, and which figure."""
    return lambda **which: f"{here}?{urlencode(said | ({'by': by or 'all'}) | which)}"


def of_before(here: str, said: dict, answer: Answer) -> Address:
    """Return how the rows of the period before are addressed: the same question of its days, as of when it was read."""
    days = answer.period.before()
    left = {"period", "as_of"} if answer.before_as_of != answer.as_of else {"period"}
    asked = {name: value for name, value in said.items() if name not in left}
    return addresses(
        here,
        asked | {"first": days.first.isoformat(), "last": days.last.isoformat()},
        answer.by.name if answer.by else "",
    )


def picture(answer: Answer, measure: Measure) -> dict | None:
    """Return the data of the picture, or None where there is nothing to draw."""
    lines = [line for line in answer.lines if line.cells[measure.name].value is not None]
    if len(lines) < 2 or not any(line.cells[measure.name].value for line in lines):
        return None
    points = (
        _in_time(answer, measure, lines)
        if answer.by.is_time
        else [(words.line_called(answer, line), line.cells[measure.name]) for line in lines[: words.DRAWN]]
    )
    scale = {"time": 1 / 3600, "": 100 if measure.how == SHARE else 1}.get(measure.unit, 1)
    return {
        "kind": "line" if answer.by.is_time else "bar",
        "labels": [label for label, _cell in points],
        "values": [None if cell.value is None else round(float(cell.value) * scale, 2) for _label, cell in points],
        "says": [words.said(measure, cell) for _label, cell in points],
        "few": [cell.is_few for _label, cell in points],
        "whole": measure.how == COUNT,
        "few_says": f"Fewer than {FEW}",
        "title": measure.title,
        "unit": {"time": "h", "money": "€", "days": "days", "percent": "%"}.get(
            measure.unit, "%" if measure.how == SHARE else ""
        ),
        "target": None if measure.target is None else measure.target * scale,
        "target_says": measure.target_says,
    }


def _in_time(answer: Answer, measure: Measure, lines: list[Line]) -> list[tuple[str, Cell]]:
    """Return a point for every day, week or month of the period: where no line is, nothing was counted, or there is a gap."""
    there = {line.key: line.cells[measure.name] for line in lines}
    nothing = Cell(0 if measure.how in (COUNT, SUM) else None, 0)
    return [
        (words.called(answer.by.name, step, str(step)), there.get(step, nothing)) for step in words.steps_of(answer)
    ]


def week(answer: Answer, measure: Measure, address: Address) -> list[dict]:
    """Return the hours of a week as seven lines of twenty-four, each with how strong it is, from 0 to 4."""
    found = {line.key: line for line in answer.lines}
    most = max((line.cells[measure.name].value or 0 for line in answer.lines), default=0)
    days = []
    for day, name in enumerate(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")):
        hours = []
        for hour in range(24):
            line = found.get(day * 24 + hour)
            value = line.cells[measure.name].value if line else 0
            strength = 0 if not value else 1 + int(3 * value / most)
            url = (
                address(measure=measure.name, part="n", line=str(line.key))
                if line and line.cells[measure.name].n
                else ""
            )
            text = words.said(measure, line.cells[measure.name]) if line and value else ""
            hours.append({"hour": hour, "text": text, "strength": strength, "url": url})
        days.append({"day": name, "hours": hours})
    return days
