"""How many leads somebody pulls in a working day, against the goal of 10 to 15 (ROUTE-5).

The rep sees the count beside the queue. When their day ends, by the clock on their wall, the sweep `day-end` looks at it once and tells
the manager who fell outside: never of a day of absence, nor of one on which their queue was empty, at its end or when they asked it. What
was told stands under one key a person and day; the morning's clean room reads it there (`fell_outside`).
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Func, IntegerField, Q, QuerySet

from accounts import telling
from accounts.models import Absence, Door, Event, Message, Role, User
from accounts.permissions import own_teams_of
from accounts.prepared import Prepared
from accounts.workdays import works_on
from accounts.writing import update_each
from leads import permissions, queue
from leads.managers import Managers
from leads.models import Cycle, Outcome, Trigger
from leads.notices import notice

LEAST, MOST = 10, 15
MADE_UP = 14  # days that a sweep which slept makes up


def pulled(people: Sequence[int], since: datetime, until: datetime) -> Counter[int]:
    """Count what each of these pulled, by `cycle_assigned`; what went back untouched within that time does not count. One query."""
    return Counter(_rounds(people, since, until).values_list("owner", flat=True))


def _rounds(people: Sequence[int], since: datetime, until: datetime) -> QuerySet[Cycle]:
    rounds = Cycle.objects.filter(trigger=Trigger.PULL, owner__in=people, assigned_at__gte=since, assigned_at__lt=until)
    return rounds.exclude(outcome=Outcome.RETURNED, first_touch_at__isnull=True, ended_at__lt=until)


class Stand(NamedTuple):
    """What stands above somebody's queue: who waits to be pulled, what they pulled since midnight, and the bell."""

    waiting: int
    pulled: int
    bell: telling.Bell


def stand(user: User, at: datetime) -> Stand:
    """Count who waits to be pulled by somebody, up to one more than `queue.ENOUGH`, and what they pulled; look at their bell. One query."""
    since, until = _midnight(user, at.astimezone(user.zone).date()), at + timedelta(microseconds=1)
    given = (sorted(own_teams_of(user)), user.pk, since, until, telling.not_in_page(user))
    for left, waiting, pulled, unread in STAND.rows(*given):
        return Stand(min(left + waiting, queue.ENOUGH + 1), pulled, telling.bell_of(unread))
    return Stand(0, 0, telling.bell_of([]))


def _stand(teams: list[int], user: int, since: datetime, until: datetime, kinds: list[str]) -> QuerySet:
    # Their team, not their key: so `lead_waiting` alone answers it.
    waiting = queue.in_queues(teams).order_by().values("team")[: queue.ENOUGH + 1]
    left = queue.left_in_queues(teams).order_by().values("team")[: queue.ENOUGH + 1]
    columns = (
        _number(left),
        _number(waiting),
        _number(_rounds([user], since, until).values("pk")),
        ArraySubquery(telling.not_read(user, kinds)),
    )
    return User.objects.filter(pk=user).order_by().values_list(*columns)


def _number(rows: QuerySet) -> Func:
    return Func(
        ArraySubquery(rows), template="COALESCE(CARDINALITY(%(expressions)s::bigint[]), 0)", output_field=IntegerField()
    )


STAND = Prepared(_stand)


def ran_dry(user: User, at: datetime) -> Message | None:
    """Tell the manager, once a day, that somebody found nothing to pull: this day's goal does not count. Four queries."""
    key = _key("dry", user, at.astimezone(user.zone).date())
    rows = notice(Managers(at).manager(user=user.pk), "dry", "", at=at, rep=user.pk, name=str(user))
    for row in rows:
        row.dedupe_key = key
    Message.objects.bulk_create(rows, ignore_conflicts=True)
    return Message.objects.select_related("to").filter(dedupe_key=key).first()


def without_an_end(at: datetime) -> QuerySet[User]:
    """Return who pulls, and whose day has ended or was never looked at."""
    people = User.objects.filter(role=Role.SDR, is_active=True)
    return people.filter(Q(day_ends_at__isnull=True) | Q(day_ends_at__lte=at)).order_by("day_ends_at", "pk")


def end_the_day(people: Sequence[int], at: datetime) -> int:
    """Look once at every day of these that has ended, and tell of those outside the goal; return how many people were due.

    Dated when the day ended, however late. Two queries, and some five for each day. In a transaction.
    """
    due = list(without_an_end(at).filter(pk__in=people).order_by("pk").select_for_update(no_key=True, skip_locked=True))
    managers, messages = Managers(at), []
    for person in due:
        end = person.day_ends_at
        while end is not None and end <= at:
            if end > at - timedelta(days=MADE_UP):
                messages += _judge(person, end, at, managers)
            end = next_end(person, end)
        person.day_ends_at = end or next_end(person, at)
    Message.objects.bulk_create(messages, ignore_conflicts=True)
    update_each(due, ["day_ends_at"])
    return len(due)


def _judge(person: User, end: datetime, at: datetime, managers: Managers) -> list[Message]:
    """Return what is told of one day that ended: nothing of one within the goal, or of which nothing could be asked."""
    on = end.astimezone(person.zone).date()
    start = _midnight(person, on)
    number = pulled([person.pk], start, end)[person.pk]
    if LEAST <= number <= MOST or person.date_joined > start or not permissions.can(person, "pull"):
        return []
    was_away = Absence.objects.filter(
        user=person, starts_at__lt=end, ends_at__gt=datetime.combine(on, person.work_start, person.zone)
    )
    is_dry = number < LEAST and (
        not _is_waited_for(person) or Message.objects.filter(dedupe_key=_key("dry", person, on)).exists()
    )
    if was_away.exists():
        return []
    if is_dry:
        _keep_starved(person, number, end, at)
        return []
    facts = {"rep": person.pk, "name": str(person), "pulled": number, "day": f"{on:%a} {on.day} {on:%b}"}
    rows = notice(managers.manager(user=person.pk), "pulls", "", at=end, **facts)
    for row in rows:
        row.dedupe_key = _key("pulls", person, on)
    return rows


def _keep_starved(person: User, number: int, end: datetime, at: datetime) -> None:
    """Put on record that somebody had nothing left to pull on a day: the figures hold it against nobody (REP-1)."""
    facts = {"at": end, "recorded_at": max(at, end), "door": Door.SWEEP, "actor_id": person.pk}
    Event.objects.create(kind="starved", data={"pulled": number}, **facts)


def _is_waited_for(person: User) -> bool:
    teams = own_teams_of(person)
    return queue.in_queues(teams).exists() or queue.left_in_queues(teams).exists()


def fell_outside(people: Sequence[int], at: datetime) -> dict[int, int]:
    """Say of whom it was told within the last day that they fell outside, and how many they had pulled. One query, by the key."""
    days = [(at - timedelta(days=n)).date() for n in (-1, 0, 1, 2)]
    keys = [f"pulls:{person}:{on}" for person in people for on in days]
    rows = Message.objects.filter(dedupe_key__in=keys, created_at__gt=at - timedelta(days=1), created_at__lte=at)
    return {data["rep"]: data["pulled"] for data in rows.values_list("data", flat=True)}


def next_end(user: User, at: datetime) -> datetime:
    """Return when the next working day of theirs ends, after this moment, by the clock on their wall (TIME-3)."""
    on = at.astimezone(user.zone).date()
    while (end := datetime.combine(on, user.work_end, user.zone)) <= at or not works_on(user, on):
        on += timedelta(days=1)
    return end.astimezone(at.tzinfo)


def _midnight(user: User, on: date) -> datetime:
    return datetime.combine(on, time.min, user.zone)


def _key(kind: str, user: User, on: date) -> str:
    return f"{kind}:{user.pk}:{on}"
