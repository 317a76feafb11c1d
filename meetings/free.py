"""When somebody is free for a meeting: times to offer, and what is free beside a time that was taken (MEET-1).

Called by the booking page. What is offered is decided again by the database when it is chosen: two may be offered the same time.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from accounts.models import Absence, User
from meetings.models import Meeting, MeetingStatus

AT = (time(9), time(10), time(11), time(13), time(14), time(15), time(16))
AHEAD = timedelta(days=21)
OFFERED = 4
NOTICE = timedelta(hours=2)  # nobody is asked to come at once


def times(
    people: Iterable[User], after: datetime, *, minutes: int, zone: str = "", count: int = OFFERED, spread: bool = True
) -> list[datetime]:
    """Return the next times at which one of these people is free, within their working hours. Two queries, whatever the number.

    `zone`: also while they are awake there, where there is any such time. `spread`: at most two a day, so that there is a choice of
    days; without it the very next ones.
    """
    people = [person for person in people if person.is_active]
    length, first = timedelta(minutes=minutes), after + NOTICE if spread else after
    taken = _taken([p.pk for p in people], first, first + AHEAD + length)
    found: dict[datetime, None] = {}
    free = {start for p in people for start in _slots(p, first) if not _hit(taken[p.pk], start, length)}
    awake = {start for start in free if _is_awake(start, length, zone)} if zone else free
    for start in sorted(awake or free):
        same_day = [other for other in found if other.date() == start.date()]
        if not spread or (len(same_day) < 2 and all(abs(start - other) >= timedelta(hours=3) for other in same_day)):
            found[start] = None
        if len(found) == count:
            break
    return list(found)


def _is_awake(start: datetime, length: timedelta, zone: str) -> bool:
    """Whether a time lies between 8 and 19 on the clocks there."""
    there = start.astimezone(ZoneInfo(zone))
    return there.hour >= 8 and (there + length) <= there.replace(hour=19, minute=0)


def _slots(person: User, after: datetime) -> Iterator[datetime]:
    """Yield the round times within somebody's working hours, in UTC."""
    on, days = after.astimezone(person.zone).date(), set(person.work_days) or {1, 2, 3, 4, 5}
    for _day in range(AHEAD.days):
        for hour in AT if on.isoweekday() in days else ():
            start = datetime.combine(on, hour, person.zone).astimezone(UTC)
            if start > after and person.work_start <= hour < person.work_end:
                yield start
        on += timedelta(days=1)


def _taken(people: list[int], begin: datetime, end: datetime) -> dict[int, list[tuple[datetime, datetime]]]:
    taken: dict[int, list] = {pk: [] for pk in people}
    held = Meeting.objects.filter(owner__in=people, status=MeetingStatus.BOOKED, starts_at__lt=end, ends_at__gt=begin)
    away = Absence.objects.filter(user__in=people, starts_at__lt=end, ends_at__gt=begin)
    for person, start, stop in held.values_list("owner", "starts_at", "ends_at"):
        taken[person].append((start, stop))
    for person, start, stop in away.values_list("user", "starts_at", "ends_at"):
        taken[person].append((start, stop))
    return taken


def _hit(taken: list[tuple[datetime, datetime]], start: datetime, length: timedelta) -> bool:
    return any(start < stop and begin < start + length for begin, stop in taken)
