"""A person's working days, in their own zone, and the company's months. Pure: asked by the processes that wait for working days or
months, and by what is told in the morning. Wall-clock times, so that a daylight-saving night neither skips nor doubles anything
(TIME-3)."""

import calendar
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from django.conf import settings

from accounts.models import User

MORNING = time(8)


def after_months(at: datetime, months: int, zone: tzinfo | None = None) -> datetime:
    """Add calendar months on the company's wall clock, or on that of a zone: the time of day stays (LIFE-8).

    31 August and six months is the last of February. An hour that a night in spring leaves out is the one after it.
    """
    here = at.astimezone(zone or ZoneInfo(settings.LEADOPS_TIME_ZONE))
    month = here.month - 1 + months
    year, month = here.year + month // 12, month % 12 + 1
    day = min(here.day, calendar.monthrange(year, month)[1])
    return here.replace(year=year, month=month, day=day, fold=0).astimezone(at.tzinfo)


def working_days_after(user: User, at: datetime, number: int) -> datetime:
    """Return the same time of day, this many of the person's working days later."""
    here = at.astimezone(user.zone)
    on, days = here.date(), set(user.work_days) or {1, 2, 3, 4, 5}
    while number:
        on += timedelta(days=1)
        number -= on.isoweekday() in days
    return datetime.combine(on, here.timetz().replace(tzinfo=None), user.zone).astimezone(at.tzinfo)


def works_on(user: User, on: date) -> bool:
    """Say whether this is a working day of theirs."""
    return on.isoweekday() in (set(user.work_days) or {1, 2, 3, 4, 5})


def is_on_shift(user: User, at: datetime) -> bool:
    """Say whether this moment lies in the person's working hours. Shifts say who can act now, never soften a clock."""
    here = at.astimezone(user.zone)
    on_day = here.isoweekday() in (set(user.work_days) or {1, 2, 3, 4, 5})
    return on_day and user.work_start <= here.time().replace(tzinfo=None) < user.work_end


def next_shift(user: User, at: datetime) -> datetime:
    """Return when the person's next shift begins, after this moment."""
    on, days = at.astimezone(user.zone).date(), set(user.work_days) or {1, 2, 3, 4, 5}
    while (start := datetime.combine(on, user.work_start, user.zone)) <= at or on.isoweekday() not in days:
        on += timedelta(days=1)
    return start.astimezone(UTC)


def next_morning(user: User, at: datetime) -> datetime:
    """Return 08:00 of the person's next day: what is told every morning is told once a day, however late the last was."""
    return _morning(user, at, 1)


def last_morning(user: User, at: datetime) -> datetime:
    """Return the last 08:00 of the person's that is not after this moment."""
    today = _morning(user, at, 0)
    return today if today <= at else _morning(user, at, -1)


def _morning(user: User, at: datetime, days: int) -> datetime:
    on = at.astimezone(user.zone).date() + timedelta(days=days)
    return datetime.combine(on, MORNING, user.zone).astimezone(at.tzinfo)
