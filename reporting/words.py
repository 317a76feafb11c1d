"""Figures in words: how a value is said, and the sentence under a picture that says what it shows. Pure; the sentence is computed."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from accounts.words import DASH, count, duration
from reporting.answers import Answer, Cell, Line
from reporting.frame import COUNT, FEW, MEAN, MEDIAN, P90, SHARE, SUM, Measure
from reporting.period import steps

DRAWN = 20  # bars of a picture; the table has them all
ONE = {
    "rounds": "round", "leads in a rep's hands": "lead in a rep's hands", "opportunities": "opportunity", "touches": "touch",
    "passed limits": "passed limit", "working days": "working day", "meetings": "meeting", "hand-offs": "hand-off",
    "companies": "company", "times somebody asked for us": "time somebody asked for us",
}  # fmt: skip
DAYS = {"day": "%d %b %Y", "week": "%d %b %Y", "month": "%b %Y"}


def said(measure: Measure, cell: Cell) -> str:
    """Say one figure."""
    if cell.value is None:
        return DASH
    if measure.how == SHARE:
        return f"{100 * cell.value:.1f} %".replace(".0 %", " %")
    if measure.unit == "time":
        return duration(float(cell.value))
    if measure.unit == "money":
        return f"€ {float(cell.value):,.0f}"
    if measure.unit == "days":
        return days(float(cell.value))
    if measure.unit == "percent":
        return f"{float(cell.value):,.1f} %".replace(".0 %", " %")
    if measure.how in (MEDIAN, MEAN, P90):
        return f"{float(cell.value):,.1f}".removesuffix(".0")
    return count(int(cell.value))


def plain(cell: Cell) -> float | int | str:
    """Say a figure as a file does: a fraction, seconds, a number; nothing where there is nothing to divide by."""
    value = cell.value
    return "" if value is None else value if isinstance(value, int) else round(float(value), 6)


def days(number: float) -> str:
    """Say a number of calendar days: `14 days`, `48.44 days`."""
    said = f"{number:,.2f}".rstrip("0").rstrip(".").replace("-", "−")
    return f"{said} day" if said == "1" else f"{said} days"


def noun(number: int | None, many: str) -> str:
    """Say what so many are: `rounds`, and of one `round`."""
    return ONE[many] if number == 1 else many


def base(measure: Measure, cell: Cell) -> str:
    """Say what stands behind a figure: `162 of 200`, or how many rows it is of."""
    if measure.how == SHARE:
        return f"{count(cell.n)} of {count(cell.of)}"
    return "" if measure.how == COUNT else f"of {count(cell.n)}"


def change(measure: Measure, cell: Cell, before: Cell) -> str:
    """Say how a figure stands beside that of the period before; nothing where either has nothing to divide by."""
    if cell.value is None or before.value is None:
        return ""
    now, then = float(cell.value), float(before.value)
    if measure.how == SHARE:
        points = round(100 * (now - then), 1)
        return "as before" if not points else f"{points:+.1f} points".replace(".0 ", " ").replace("-", "−")
    if now == then:
        return "as before"
    if measure.unit == "time":
        return f"{duration(abs(now - then))} {'more' if now > then else 'less'}"
    sign = "+" if now > then else "−"
    if measure.unit == "days":
        return f"{sign}{days(abs(now - then))}"
    apart = f"{abs(now - then):,.1f}".removesuffix(".0")
    if apart == "0":
        return "as before"
    return f"{sign}{'€ ' if measure.unit == 'money' else ''}{apart}{' points' if measure.unit == 'percent' else ''}"


def tone(measure: Measure, cell: Cell) -> str:
    """Say whether a figure met its target: met, short, few (too few to judge) or nothing."""
    if cell.value is None:
        return ""
    if cell.is_few:
        return "few"
    if measure.target is None:
        return ""
    value = float(cell.value)
    return "met" if (value >= measure.target if measure.more_is_better else value <= measure.target) else "short"


def sentence(answer: Answer, measure: Measure) -> str:
    """Say what the picture shows, in words computed from its data."""
    total, before = answer.total.cells[measure.name], answer.before.cells[measure.name]
    many = answer.metric.stands_on(answer.by.name if answer.by else "", answer.filters).noun
    if not total.base:
        if measure.how not in (COUNT, SUM):
            return f"{measure.title} in {answer.period}: nothing to work it out from."
        return f"Nothing to show: no {many} in {answer.period}."
    head = f"{measure.title} in {answer.period}: {said(measure, total)}"
    if measure.how not in (COUNT, SUM):
        head += f" ({base(measure, total)} {noun(total.base, many)})"
    moved = change(measure, total, before)
    head += f", {moved}{'' if moved == 'as before' else ' on the period before'}." if moved else "."
    return head + _ends(answer, measure) + _beside(answer, measure)


def called(by: str, key: object, label: str) -> str:
    """Name what a line stands for as people do: a day as they write it, where a file and a program read it by ISO."""
    form = DAYS.get(by) if key is not None else None
    return f"{key:{form}}".lstrip("0") if form else label


def line_called(answer: Answer, line: Line) -> str:
    """Name a line of an answer."""
    return called(answer.by.name if answer.by else "", line.key, line.label)


def steps_of(answer: Answer) -> list[date]:
    """Return every day, week or month of the period up to what was known, also those without a line; none by another dimension."""
    if answer.by is None or answer.by.name not in DAYS:
        return []
    known = (answer.as_of or answer.now or answer.period.ends_at).astimezone(ZoneInfo(answer.period.zone))
    return steps(answer.period, answer.by.name, known.date() + timedelta(days=1))


def _beside(answer: Answer, measure: Measure) -> str:
    """Say what of the picture the table does not: days without a line, lines that are not drawn."""
    steps, there = steps_of(answer), {line.key for line in answer.lines if line.cells[measure.name].base}
    if missing := sum(step not in there for step in steps):
        what = "Nothing" if measure.how in (COUNT, SUM) else "Nothing to work it out from"
        each = f"{answer.by.name}{'s' if len(steps) != 1 else ''}"
        return f" {what} in {missing} of {len(steps)} {each}." if there else ""
    drawn = [line for line in answer.lines if line.cells[measure.name].value is not None]
    if answer.by and not answer.by.is_time and answer.by.name != "hour_of_week" and len(drawn) > DRAWN:
        return f" Of {len(drawn)} the first {DRAWN} are drawn."
    return ""


def _few(answer: Answer, measure: Measure, judged: list[Line]) -> str:
    """Say that there is nothing to set side by side: none has enough, or a single one."""
    if not judged:
        return f"there are fewer than {FEW} in each: too few to judge."
    return f"only {line_called(answer, judged[0])} has {FEW} or more: {said(measure, judged[0].cells[measure.name])}."


def _ends(answer: Answer, measure: Measure) -> str:
    """Name the highest and the lowest that can be judged."""
    lines = [line for line in answer.lines if line.cells[measure.name].value is not None]
    judged = [line for line in lines if not line.cells[measure.name].is_few]
    if len(judged) < 2:
        if lines and measure.how not in (COUNT, SUM) and len(lines) > 1:
            return f" Told apart by {answer.by.title.lower()} {_few(answer, measure, judged)}"
        return ""
    ranked = sorted(judged, key=lambda line: float(line.cells[measure.name].value))
    low, high = ranked[0], ranked[-1]
    if low.cells[measure.name].value == high.cells[measure.name].value:
        return f" The same for each {answer.by.title.lower()}{'' if judged == lines else f' with {FEW} or more'}."
    figures = (
        f"{line_called(answer, high)} ({said(measure, high.cells[measure.name])})",
        f"{line_called(answer, low)} ({said(measure, low.cells[measure.name])})",
    )
    among = "Highest" if judged == lines else f"Of those with {FEW} or more the highest"
    return f" {among}: {figures[0]}; lowest: {figures[1]}."
