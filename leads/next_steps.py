"""What follows a touch, and when somebody may choose to go on. Pure: asked by the pages, which pass it on to `touches` and `notes`.

A working lead always has a next step (WORK-6): where nobody was reached it is planned by itself, else the rep is asked.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from accounts.models import User
from accounts.words import DAYS, MONTHS, moment
from accounts.workdays import after_months
from leads.models import Channel, Lead, TouchOutcome


@dataclass(frozen=True, slots=True)
class Step:
    """A plan: when, and by which channel (empty: whichever fits)."""

    at: datetime
    channel: str = ""
    what: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One moment to choose."""

    value: str
    label: str
    help: str
    at: datetime
    refused: str = ""


def working_day(user: User, at: datetime, number: int = 1) -> datetime:
    """Return the start of the person's working day that is this many working days ahead, in their own zone."""
    on, days = at.astimezone(user.zone).date(), set(user.work_days) or {1, 2, 3, 4, 5}
    while number:
        on += timedelta(days=1)
        number -= on.isoweekday() in days
    return start_of(user, on)


def start_of(user: User, on: date) -> datetime:
    """Return the moment the person's day begins on this date: a wall clock's, so that daylight saving changes nothing."""
    return datetime.combine(on, time(user.work_start.hour, user.work_start.minute), user.zone)


def after(lead: Lead, channel: str, outcome: str, user: User, at: datetime) -> Step | None:
    """Return the step that follows a touch by itself, or None where the rep must say.

    Nobody reached: the next working day, by the other channel. A wrong number is not called again, a bounced address not written to.
    """
    if outcome not in TouchOutcome.UNANSWERED:
        return None
    able = [c for c in (Channel.CALL, Channel.EMAIL) if _can(lead, c)]
    if outcome == TouchOutcome.WRONG_NUMBER:
        able = [c for c in able if c != Channel.CALL]
    elif outcome == TouchOutcome.BOUNCED:
        able = [c for c in able if c != Channel.EMAIL]
    other = next((c for c in able if c != channel), able[0] if able else "")
    what = "" if other else "Find another way to reach them."
    return Step(working_day(user, at), other, what)


def _can(lead: Lead, channel: str) -> bool:
    known = lead.phone if channel == Channel.CALL else lead.email
    return bool(known) and channel not in lead.opted_out_channels


def words(step: Step, user: User, at: datetime) -> str:
    """Say a plan: `email tomorrow 09:00`."""
    what = Channel(step.channel).label.lower() if step.channel else "find another way"
    return f"{what} {moment(step.at, user.zone, at)}"


def to_go_on(user: User, at: datetime) -> list[Choice]:
    """List when to go on with a working lead."""
    here = at.astimezone(user.zone).date()
    sunday = here + timedelta(days=6 - here.weekday())
    wanted = (
        ("Next working day", working_day(user, at)),
        ("In three working days", working_day(user, at, 3)),
        ("Next week", working_day(user, start_of(user, sunday))),
        ("In two weeks", working_day(user, at + timedelta(days=13))),
        ("In a month", working_day(user, after_months(at, 1, user.zone) - timedelta(days=1))),
    )
    return _choices(wanted, user)


def to_keep(user: User, at: datetime) -> list[Choice]:
    """List until when to keep a lead."""
    wanted = (
        ("Two weeks", working_day(user, at + timedelta(days=13))),
        ("A month", working_day(user, after_months(at, 1, user.zone) - timedelta(days=1))),
        ("Three months", working_day(user, after_months(at, 3, user.zone) - timedelta(days=1))),
        ("Six months", working_day(user, after_months(at, 6, user.zone) - timedelta(days=1))),
    )
    return _choices(wanted, user)


def _choices(wanted, user: User) -> list[Choice]:
    """Offer each moment once: on a Saturday the next working day and next week are the same."""
    first = {when: label for label, when in reversed(wanted)}
    return [Choice(when.isoformat(), first[when], _long(when, user), when) for when in sorted(first)]


def _long(when: datetime, user: User) -> str:
    here = when.astimezone(user.zone)
    return f"{DAYS[here.weekday()]} {here.day} {MONTHS[here.month - 1]} {here:%H:%M}"


def best(lead: Lead) -> str:
    """Say by which channel to go on with a lead: by phone where we have one and may, else by mail, else any."""
    return next((c for c in (Channel.CALL, Channel.EMAIL) if _can(lead, c)), "")
