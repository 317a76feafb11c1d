"""What other currencies are worth in the house's, as RevOps keeps it by day (metrics: currency at the entry date's rate).

`keep` is called by the admin; the sums of `reporting/relations/sales.py` read the rows. A row is never changed: a period that has closed
reads what was on record at its closing, and no row may give another rate to a day of a closed month that had one.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import connection, transaction

from accounts.models import User
from leads.lifecycle import Refused
from meetings.opportunities import known_currency
from reporting import pay
from reporting.models import HOUSE, ExchangeRate

EARLIEST, AHEAD = date(2000, 1, 1), timedelta(days=366)  # held by the database too


def keep(currency: str, from_date: date, rate: Decimal, *, by: User | None, at: datetime) -> ExchangeRate:
    """Put on record what one of a currency is worth from a day on. Three queries. Raises what `refuse_unfit` raises."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [0x1EAD20])
        currency = refuse_unfit(currency, from_date, rate, at=at)
        return ExchangeRate.objects.create(currency=currency, from_date=from_date, rate=rate, recorded_at=at, by=by)


def refuse_unfit(currency: str, from_date: date, rate: Decimal, *, at: datetime) -> str:
    """Return the currency as it is kept. One query.

    Raises Refused for the house's own currency and what is none, for a rate that none can be, for a day that is a slip of the hand (before
    2000, or more than a year ahead), and for a day of a closed month that has a rate: sums that are closed are not written anew. A gap
    before the first rate may be filled at any time.
    """
    currency = known_currency(currency)
    if currency == HOUSE:
        raise Refused(f"{HOUSE} is what all sums are in. It needs no rate.", "currency")
    if rate <= 0:
        raise Refused("A rate is above zero.", "rate")
    if from_date < EARLIEST:
        raise Refused(f"A rate counts from {EARLIEST:%-d %B %Y} at the earliest. Choose a later day.", "from_date")
    if from_date > (latest := at.date() + AHEAD):
        raise Refused(
            f"A rate counts from a year ahead at the latest, {latest:%-d %B %Y}. Choose an earlier day.", "from_date"
        )
    has_one = ExchangeRate.objects.filter(currency=currency, from_date__lte=from_date)
    if pay.month_of(from_date).closes_at <= at and has_one.exists():
        words = f"{from_date:%B %Y} is closed, and {currency} has a rate there. Choose a later day."
        raise Refused(words, "from_date")
    return currency
