"""The time a report is about: whole days in the report's time zone, from `first` up to but without `until` (metrics, for all of them).

Pure. Used by every metric, page, file and answer of the API. A period that is over is closed five days later, when the last thing of it
may have been contested (MEET-7): from then on its figures are those that were known at that moment.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

ZONE = settings.LEADOPS_TIME_ZONE  # the company's
TO_CLOSE = timedelta(days=5)
LONGEST = timedelta(days=3660)
NAMED = (
    ("this-month", "This month"),
    ("last-month", "Last month"),
    ("last-7", "Last 7 days"),
    ("last-30", "Last 30 days"),
    ("last-90", "Last 90 days"),
    ("last-180", "Last 180 days"),
    ("this-quarter", "This quarter"),
    ("last-quarter", "Last quarter"),
    ("this-year", "This year"),
    ("last-12-months", "Last 12 months"),
)


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `first`, before `until`."""

    first: date
    until: date
    zone: str = ZONE

    @property
    def starts_at(self) -> datetime:
        return self._midnight(self.first)

    @property
    def ends_at(self) -> datetime:
        return self._midnight(self.until)

    @property
    def closes_at(self) -> datetime:
        return self._midnight(self.until + TO_CLOSE)

    @property
    def last(self) -> date:
        return self.until - timedelta(days=1)

    @property
    def days(self) -> int:
        return (self.until - self.first).days

    def before(self) -> "Period":
        """Return the period before: the calendar months before whole calendar months, else as many days."""
        if self.first.day == 1 and self.until.day == 1:
            months = (self.until.year - self.first.year) * 12 + self.until.month - self.first.month
            return Period(add_months(self.first, -months), self.first, self.zone)
        return Period(self.first - (self.until - self.first), self.first, self.zone)

    def known_at(self, now: datetime) -> datetime | None:
        """Return as of when it reports unless told otherwise: its closing once that has passed, else None for what is known now."""
        return self.closes_at if self.closes_at <= now else None

    def __str__(self) -> str:
        return f"{self.first:%-d %b %Y} to {self.last:%-d %b %Y}" if self.days > 1 else f"{self.first:%-d %b %Y}"

    def _midnight(self, on: date) -> datetime:
        return datetime.combine(on, time(), ZoneInfo(self.zone))


def add_months(on: date, months: int) -> date:
    """Return the first of the month this many months away."""
    month = on.month - 1 + months
    return date(on.year + month // 12, month % 12 + 1, 1)


def steps(period: Period, unit: str, until: date) -> list[date]:
    """Return the days, the Mondays or the firsts of months that a period touches, before `until`, as lines of a table name them. Pure."""
    last = min(period.last, until - timedelta(days=1))
    if unit == "month":
        found = [period.first.replace(day=1)]
        while (after := add_months(found[-1], 1)) <= last:
            found.append(after)
        return found if period.first <= last else []
    first = period.first - timedelta(days=period.first.weekday()) if unit == "week" else period.first
    apart = 7 if unit == "week" else 1
    return [first + timedelta(days=days) for days in range(0, (last - first).days + 1, apart)]


def named(name: str, now: datetime, zone: str = ZONE) -> Period:
    """Return a period by its name, as seen from a moment. Raises KeyError for a name that is not in NAMED."""
    today = now.astimezone(ZoneInfo(zone)).date()
    tomorrow, month = today + timedelta(days=1), today.replace(day=1)
    quarter = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
    if name.startswith("last-") and name[5:].isdecimal() and name in dict(NAMED):
        return Period(tomorrow - timedelta(days=int(name[5:])), tomorrow, zone)
    first, until = {
        "this-month": (month, add_months(month, 1)),
        "last-month": (add_months(month, -1), month),
        "this-quarter": (quarter, add_months(quarter, 3)),
        "last-quarter": (add_months(quarter, -3), quarter),
        "last-12-months": (month.replace(year=month.year - 1), month),
        "this-year": (date(today.year, 1, 1), date(today.year + 1, 1, 1)),
    }[name]
    return Period(first, until, zone)
