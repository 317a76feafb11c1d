"""Times and numbers the way people read them.

Pages, mails and exports say a duration, a moment and a count in the same words everywhere; nothing here asks the clock
or the database, so `now` and the zone are arguments. The screen's script says durations by the same rule
(leadops/static/leadops/js/clock.js).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo

DASH = "–"
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
EXACT_UP_TO = 1_000


def duration(length: timedelta | float | None) -> str:
    """Say how long: `38 min`, `65 h 59 min`, from 100 hours on `5 d 3 h`.

    Never rounded up, so a limit is not called passed before it is. A length below zero reads as its size; the words
    beside it say which way.
    """
    if length is None:
        return DASH
    seconds = length.total_seconds() if isinstance(length, timedelta) else length
    minutes = int(abs(seconds) // 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 100:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def day(on: date, today: date) -> str:
    """Say a day as seen from today: `tomorrow`, `Thu 15 Oct`, with the year when it is another one."""
    away = (on - today).days
    if away in (-1, 0, 1):
        return ("yesterday", "today", "tomorrow")[away + 1]
    name = f"{DAYS[on.weekday()]} {on.day} {MONTHS[on.month - 1]}"
    return name if on.year == today.year else f"{name} {on.year}"


def moment(at: datetime | None, zone: tzinfo, now: datetime) -> str:
    """Say a moment in the reader's zone: `today 14:00`, `Thu 15 Oct 10:00`."""
    if at is None:
        return DASH
    at, now = at.astimezone(zone), now.astimezone(zone)
    return f"{day(at.date(), now.date())} {at:%H:%M}"


def when(at: datetime, zone: tzinfo, now: datetime) -> str:
    """Say within a sentence when something was done: `at 14:00`; not today, `yesterday at 14:00`, `on Thu 15 Oct at 10:00`."""
    at, now = at.astimezone(zone), now.astimezone(zone)
    on = day(at.date(), now.date())
    said = "" if on == "today" else f"{on} " if on in ("yesterday", "tomorrow") else f"on {on} "
    return f"{said}at {at:%H:%M}"


def ago(at: datetime | None, now: datetime) -> str:
    """Say how far a moment lies back: `8 min ago`; ahead of now it reads `in 8 min`."""
    if at is None:
        return DASH
    away = now - at
    if abs(away) < timedelta(minutes=1):
        return "just now"
    return f"{duration(away)} ago" if away > timedelta(0) else f"in {duration(away)}"


def count(n: int | None, estimated: bool = False) -> str:
    """Say how many: `7,870`. An estimate says so beyond 1,000: `about 12,400`."""
    if n is None:
        return DASH
    if not estimated or n <= EXACT_UP_TO:
        return f"{n:,}"
    step = 10 ** (len(str(n)) - 3)
    return f"about {n // step * step:,}"
