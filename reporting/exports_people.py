"""Figures of people as lines of a file: one's own, those of two reps, what pay is based on. The same as their pages and the API say.

Called by `reporting/views/people.py`. Numbers stay numbers: a share is a fraction, a time is in seconds.
"""

from collections.abc import Iterable, Iterator, Mapping

from accounts.models import User
from reporting import pay, words
from reporting.answers import Cell
from reporting.mine import Own, Pair
from reporting.models import HOUSE
from reporting.period import Period


def mine(person: User, days: Mapping[str, str], board: Iterable[Own]) -> Iterator[list]:
    """Yield one's own figures beside the team's: a head, then a line a figure."""
    yield ["My numbers", str(person), *_asked(days)]
    yield ["Report", "Figure", *_besides("Mine"), "Change", *_besides("My team"), "Where I stand", "Target", "Judged"]
    for line in board:
        yield [
            line.metric.title, line.measure.title, *_figure(line.cell), line.change, *_figure(line.of_team), line.rank,
            line.measure.target_says, line.tone,
        ]  # fmt: skip


def two(people: list[User], days: Mapping[str, str], pairs: Iterable[Pair]) -> Iterator[list]:
    """Yield the figures of two people side by side."""
    yield ["Two reps side by side", *_asked(days)]
    yield ["Report", "Figure", *(word for person in people for word in _besides(str(person)))]
    for line in pairs:
        yield [line.metric.title, line.measure.title, *(word for cell in line.cells for word in _figure(cell))]


def _asked(days: Mapping[str, str]) -> list[str]:
    known = [f"as known on {days['as_of']}"] if "as_of" in days else []
    return [f"{days['first']} to {days['last']}", *known]


def statement(
    month: Period, found: Iterable[pay.Line], is_frozen: bool, names: Mapping[int, str], sales: Mapping[int, str]
) -> Iterator[list]:
    """Yield a statement line by line, in the order in which they are given. A meeting is one, and no money."""
    yield [
        "Pay basis",
        f"{month.first} to {month.last}",
        f"frozen as known {month.closes_at.isoformat()}" if is_frozen else "preview",
    ]
    money = ("Value", "Currency", "Rate", f"In {HOUSE}", "Bonus", "Bonus currency")
    yield ["Person", "For", "Opportunity", "When", *money, "Contested"]
    for line in found:
        yield [
            names.get(line.person, ""), pay.WHAT[line.what], sales.get(line.opportunity, ""), line.at.isoformat(), *_worth(line),
            f"{line.bonus:.2f}", line.bonus_currency, "contested" if line.is_contested else "",
        ]  # fmt: skip


def _worth(line: pay.Line) -> list[str]:
    """Say what a line counts: its value, in what, at which rate, and in the house's currency; of a meeting only that it is one."""
    if line.what == "meeting":
        return [f"{line.value:.0f}", "", "", ""]
    if line.rate is None:
        return [f"{line.value:.2f}", line.currency, "", ""]
    return [f"{line.value:.2f}", line.currency, f"{line.rate.normalize():f}", f"{line.in_house:.2f}"]


def _besides(whose: str) -> list[str]:
    return [whose, f"{whose}: of these", f"{whose}: of"]


def _figure(cell: Cell) -> list:
    """Say a figure: its value, the rows it counts, those it is a share or an average of."""
    return [words.plain(cell), cell.n, "" if cell.of is None else cell.of]
