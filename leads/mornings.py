"""What is told every morning at 08:00, by the clock on each wall: managers how tidy their room is (SLA-4), RevOps what is nobody's
(LIFE-14).

Done by the sweep `morning`, by a stored moment a person, so that a day of 23 or 25 hours has one morning too (TIME-3). Late, it is told
once, dated that morning. A manager's absence goes to theirs.
"""

from datetime import datetime

from django.db.models import Q, QuerySet

from accounts.models import Message, Role, User
from accounts.permissions import people_of, teams_of
from accounts.workdays import last_morning, next_morning
from accounts.writing import update_each
from leads import attention, room
from leads.managers import Managers
from leads.notices import notice
from leads.permissions import visible_to

ENOUGH = 1_000  # counts are exact up to here
TOLD = (Role.MANAGER, Role.REVOPS)


def without_a_morning(at: datetime) -> QuerySet[User]:
    """Return the managers and RevOps whose morning is due, or whose first morning is not set yet."""
    people = User.objects.filter(role__in=TOLD, is_active=True)
    return people.filter(Q(morning_at__isnull=True) | Q(morning_at__lte=at)).order_by("morning_at", "pk")


def tell_the_morning(people, *, at: datetime) -> int:
    """Tell each of these their morning, once; return how many were due.

    Four queries, and for each who is due as many as their room has lines and two. In a transaction.
    """
    rows = without_a_morning(at).filter(pk__in=people).order_by("pk").select_for_update(no_key=True, skip_locked=True)
    due, managers = list(rows), Managers(at)
    messages: list[Message] = []
    for person in due:
        if person.morning_at is not None:
            morning = last_morning(person, at)
            messages += (
                _loose_ends(person, morning, at) if person.role == Role.REVOPS else _room(person, morning, at, managers)
            )
        person.morning_at = next_morning(person, at)
    Message.objects.bulk_create(messages, ignore_conflicts=True)
    update_each(due, ["morning_at"])
    return len(due)


def _room(person: User, morning: datetime, at: datetime, managers: Managers) -> list[Message]:
    """Say how tidy a manager's room is, to them; while they are away to who stands above them. Nobody's room is nobody's news."""
    people = people_of(person)
    if not people:
        return []
    kept = room.of(User.objects.filter(pk__in={*people, person.pk}), list(teams_of(person)), at).kept()
    reader = managers.there(person)
    of = {} if reader == person or reader is None else {"of": str(person)}
    key = f"{person.pk}:{morning.astimezone(person.zone).date()}"
    return notice(reader or person, "room", key, at=morning, **kept, **of)


def _loose_ends(person: User, morning: datetime, at: datetime) -> list[Message]:
    """Tell RevOps how many leads nobody is talking to; a clean house says nothing."""
    figures = {"silent": _count(visible_to(attention.silent(at), person, at)), "nobody": _count(attention.nobodys())}
    if not any(figures.values()):
        return []
    return notice(person, "morning", str(morning.astimezone(person.zone).date()), at=morning, **figures)


def _count(rows: QuerySet) -> int:
    return rows.order_by()[: ENOUGH + 1].count()
