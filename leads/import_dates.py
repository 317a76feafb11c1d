"""Dates in a file: in which order a whole column writes them, and what each says (ruling 7).

Called by `leads/importing.py`. A date without a time is midnight UTC, a time without a zone is UTC, so that the same file
says the same whoever reads it, wherever.
"""

import functools
import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone

ORDERS = ("dmy", "mdy", "ymd")
EARLIEST = 1970
SURE = 0.9  # of the dates that can be read in one order only; the others are mistakes

MONTHS = {name: n for n, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}  # noqa: SIM905
CLOCK = (
    r"(?:[T ,]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
    r"\s*(?P<half>[ap]m)?\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?"
)
YEAR_FIRST = re.compile(rf"(?P<y>\d{{4}})([-/.]?)(?P<m>\d{{1,2}})\2(?P<d>\d{{1,2}}){CLOCK}", re.IGNORECASE)
NAMED = re.compile(
    rf"(?:(?P<d>\d{{1,2}})[-. ]+(?P<m>[a-z]{{3,9}})\.?|(?P<m2>[a-z]{{3,9}})\.? (?P<d2>\d{{1,2}}),?)[-. ]+(?P<y>\d{{4}}){CLOCK}",
    re.IGNORECASE,
)
NUMBERS = re.compile(rf"(?P<a>\d{{1,2}})([-/. ])(?P<b>\d{{1,2}})\2(?P<c>\d{{4}}|\d{{2}}){CLOCK}", re.IGNORECASE)


class Ambiguous(Exception):
    """A column whose dates can be read in several orders; `example` is one of them.

    `against` holds, by order, a text that can be read in that order alone, where such texts contradict each other.
    """

    def __init__(self, example: str, against: dict[str, str] | None = None):
        super().__init__(example)
        self.example, self.against = example, against or {}


def order_of(texts: Iterable[str]) -> str:
    """Infer in which order a column writes its dates; '' when no date in it leaves a doubt.

    Dates that are impossible in every order say nothing. Raises Ambiguous when the others do not decide.
    """
    readings: Counter[frozenset[str]] = Counter()
    doubtful, alone = "", {}
    for text in texts:
        days = _readings(text.strip())
        if (days and len(set(days.values())) > 1) or len(days) == 1:
            readings[frozenset(days)] += 1
            doubtful = doubtful or (text.strip() if len(days) > 1 else "")
            if len(days) == 1:
                alone.setdefault(next(iter(days)), text)
    decisive = Counter({next(iter(orders)): n for orders, n in readings.items() if len(orders) == 1})
    if decisive:
        order, votes = decisive.most_common(1)[0]
        if votes >= SURE * decisive.total():
            return order
        raise Ambiguous(doubtful or alone[order].strip(), alone)
    common = frozenset.intersection(*readings) if readings else frozenset()
    if doubtful and len(common) != 1:
        raise Ambiguous(doubtful)
    return next(iter(common), "")


def _readings(text: str) -> dict[str, date]:
    """Say which day each order makes of a date whose order is open."""
    found = NUMBERS.fullmatch(text)
    if not found:
        return {}
    a, b, c = int(found["a"]), int(found["b"]), int(found["c"])
    parts = {"dmy": (_year(found["c"]), b, a), "mdy": (_year(found["c"]), a, b)}
    if len(found["c"]) == 2 and "-" in found[2]:  # nobody writes the year first with points or strokes, and short
        parts["ymd"] = (_year(found["a"]), b, c)
    days = {}
    for order, (year, month, day) in parts.items():
        try:
            days[order] = date(year, month, day)
        except ValueError:
            continue
    return days


def _year(text: str) -> int:
    year = int(text)
    return year if len(text) == 4 else year + (2000 if year < 70 else 1900)


@functools.lru_cache(maxsize=8_192)
def read(text: str, order: str) -> datetime:
    """Read one date, in this order where its form leaves it open. Raises ValueError with words for what is none."""
    text = " ".join(text.split())
    try:
        if found := YEAR_FIRST.fullmatch(text):
            day = date(int(found["y"]), int(found["m"]), int(found["d"]))
        elif found := NAMED.fullmatch(text):
            month = MONTHS[(found["m"] or found["m2"])[:3].lower()]
            day = date(int(found["y"]), month, int(found["d"] or found["d2"]))
        else:
            found = NUMBERS.fullmatch(text)
            days = _readings(text)
            day = days[order] if order or len(set(days.values())) != 1 else next(iter(days.values()))
        moment = _moment(day, found)
    except (ValueError, KeyError, OverflowError):
        raise ValueError(f"“{text[:40]}” is no date.") from None
    if day.year < EARLIEST:
        raise ValueError(f"“{text[:40]}” is before {EARLIEST}.")
    return moment


def _moment(day: date, found: re.Match) -> datetime:
    if not found["hour"]:
        return datetime(day.year, day.month, day.day, tzinfo=UTC)
    hour = int(found["hour"])
    if found["half"]:
        if not 1 <= hour <= 12:
            raise ValueError
        hour = hour % 12 + (12 if found["half"].lower() == "pm" else 0)
    zone = found["zone"] or "Z"
    offset = timedelta()
    if zone[0] in "+-":
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:])) * (-1 if zone[0] == "-" else 1)
    local = datetime(
        day.year, day.month, day.day, hour, int(found["minute"]), int(found["second"] or 0), tzinfo=timezone(offset)
    )
    return local.astimezone(UTC)
