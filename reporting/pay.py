"""What pay is based on (REP-19): of a calendar month, line by line, each person's meetings, pipeline and won sales, frozen at its closing.

A statement is written once, five days after its month ended, from what was known then, and never changes: what turns out otherwise later is
of a later month. A line that is contested is marked, also when that happens after the freezing. Before the closing it is a preview.
Each line says its bonus too, by RevOps' rates in force when the month began, in the house's currency where a rate of the day it entered the
pipeline is kept; that is frozen with it. Called by the page, the API, the job.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from meetings.models import Meeting
from reporting.models import HOUSE, BonusRate, Figure
from reporting.period import ZONE, Period, add_months
from reporting.relations import meetings, sales

SPOKEN_OF = "o.disposed_at >= %(starts_at)s AND o.disposed_at < %(ends_at)s"
WHAT = {"meeting": "Meeting held", "pipeline": "Pipeline", "won": "Won"}
MEETINGS = """
SELECT r.owner_id, 'meeting', r.id, r.disposed_at, 1::numeric, 'EUR', 1::numeric, r.opportunity_id,
  r.contested_at IS NOT NULL AND r.settled_at IS NULL
FROM ({meetings}) r WHERE r.is_credited AND r.disposed_at >= %(starts_at)s AND r.disposed_at < %(ends_at)s
"""
PIPELINE = """
SELECT r.owner_id, 'pipeline', r.id, r.pipeline_at, r.entry_amount, r.entry_currency, r.entry_rate, r.id, false
FROM ({sales}) r WHERE r.owner_id IS NOT NULL AND r.pipeline_at >= %(starts_at)s AND r.pipeline_at < %(ends_at)s
"""
WON = """
SELECT r.owner_id, 'won', r.id, r.closed_at, r.amount, r.currency, r.rate, r.id, false
FROM ({sales}) r WHERE r.owner_id IS NOT NULL AND r.status = 'won' AND r.closed_at >= %(starts_at)s AND r.closed_at < %(ends_at)s
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a statement: whose, what for, when, how much, and what one of its currency was worth; None where there was no rate."""

    person: int
    what: str
    row: int
    at: datetime
    value: Decimal
    currency: str
    rate: Decimal | None
    opportunity: int
    is_contested: bool
    bonus: Decimal = Decimal(0)

    @property
    def in_house(self) -> Decimal | None:
        """Its value in the house's currency, to the cent."""
        return None if self.rate is None else (self.value * self.rate).quantize(Decimal("0.01"), ROUND_HALF_UP)

    @property
    def bonus_currency(self) -> str:
        return self.currency if self.rate is None else HOUSE


def lines(period: Period, known: datetime) -> list[Line]:
    """Return what is known of a period at a moment, line by line, each with its bonus. Four queries."""
    values = {
        "zone": period.zone,
        "starts_at": period.starts_at,
        "ends_at": period.ends_at,
        "as_of": known,
        "known": known,
    }
    found = []
    with connection.cursor() as cursor:
        for sql in (MEETINGS, PIPELINE, WON):
            cursor.execute(
                sql.format(meetings=meetings.source(False, SPOKEN_OF), sales=sales.opportunities(False))
                + " ORDER BY 4, 3",
                values,
            )
            found += [Line(*row) for row in cursor.fetchall()]
    rates = BonusRate.in_force(period.starts_at)
    return [
        replace(line, bonus=rates.of(line.what, line.value if line.rate is None else line.in_house)) for line in found
    ]


def bonuses(found: Iterable[Line]) -> list[tuple[int, str, Decimal, Decimal]]:
    """Sum the bonuses by person and currency: in all, and what of it is contested. Pure."""
    sums: dict[tuple[int, str], list[Decimal]] = {}
    for line in found:
        total = sums.setdefault((line.person, line.bonus_currency), [Decimal(0), Decimal(0)])
        total[0] += line.bonus
        total[1] += line.bonus if line.is_contested else 0
    return [(person, currency, *total) for (person, currency), total in sorted(sums.items())]


def freeze(period: Period, *, at: datetime) -> int:
    """Write the statement of a period that has closed, once, as known at its closing; say how many lines. A second call writes none.

    Raises ValueError before the closing.
    """
    if at < period.closes_at:
        raise ValueError(f"{period} closes {period.closes_at:%Y-%m-%d}")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [0x1EAD19])
        if is_frozen(period):
            return 0
        found = lines(period, period.closes_at)
        rows = [_figure(line, period, at) for line in found]
        rows.append(
            Figure(
                kind=Figure.Kind.PAY, day=period.first, until=period.until, key="closed", value=len(rows), frozen_at=at
            )
        )
        Figure.objects.bulk_create(rows)
    return len(found)


def _figure(line: Line, period: Period, at: datetime) -> Figure:
    data = {
        "at": line.at.isoformat(),
        "currency": line.currency,
        "rate": None if line.rate is None else str(line.rate),
        "opportunity": line.opportunity,
        "contested": line.is_contested,
        "bonus": str(line.bonus),
    }
    return Figure(kind=Figure.Kind.PAY, day=period.first, until=period.until, key=f"{line.what}:{line.row}", person_id=line.person,
                  value=line.value, data=data, frozen_at=at)  # fmt: skip


def is_frozen(period: Period) -> bool:
    return Figure.objects.filter(kind=Figure.Kind.PAY, day=period.first, until=period.until, key="closed").exists()


def statement(period: Period, people: Iterable[int] | None, *, now: datetime) -> tuple[list[Line], bool]:
    """Return the lines of these people (None: everybody) and whether they are frozen; else a preview of what is known, at
    the latest at its closing. Five queries."""
    people = None if people is None else set(people)
    is_written = is_frozen(period)
    if is_written:
        rows = Figure.objects.filter(
            kind=Figure.Kind.PAY, day=period.first, until=period.until, person__isnull=False
        ).order_by("pk")
        if people is not None:
            rows = rows.filter(person__in=people)
        found = [_line(row) for row in rows]
    else:
        found = [line for line in lines(period, min(now, period.closes_at)) if people is None or line.person in people]
    contested = _contested([line.row for line in found if line.what == "meeting"])
    return [
        replace(line, is_contested=line.is_contested or (line.what == "meeting" and line.row in contested))
        for line in found
    ], is_written


def _line(row: Figure) -> Line:
    what, number = row.key.split(":")
    data = row.data
    at = datetime.fromisoformat(data["at"])
    # one that was frozen before rates were kept has none, and its bonus is in its own currency
    rate = data.get("rate", "1" if data["currency"] == HOUSE else None)
    return Line(
        row.person_id, what, int(number), at, row.value, data["currency"], rate and Decimal(rate), data["opportunity"], data["contested"],
        Decimal(data.get("bonus", "0")),
    )  # fmt: skip


def _contested(ids: list[int]) -> set[int]:
    """Name the meetings that are contested and not settled now."""
    return set(
        Meeting.objects.filter(pk__in=ids, contested_at__isnull=False, settled_at__isnull=True).values_list(
            "pk", flat=True
        )
    )


def month_of(on: date) -> Period:
    """Return the calendar month a day lies in."""
    first = on.replace(day=1)
    return Period(first, add_months(first, 1))


def months(now: datetime) -> list[Period]:
    """Return the months whose statements are shown: this one and the eleven before, the latest first."""
    this = now.astimezone(ZoneInfo(ZONE)).date()
    return [month_of(add_months(this, -n)) for n in range(12)]


def months_to_freeze(now: datetime, back: int = 3) -> list[Period]:
    """Return the last months that have closed: a job that was down makes up for them."""
    this = now.date().replace(day=1)
    months = [month_of(add_months(this, -n)) for n in range(back, 0, -1)]
    return [month for month in months if month.closes_at <= now]
