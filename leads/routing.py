"""Whose turn it is. Pure sharing by weight, and what a team's members may still receive. Called by assignment and signals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from accounts.models import Absence, Membership, Team, User
from leads.models import Lead, LeadStatus, Spell


@dataclass(slots=True)
class Place:
    """One person's place in the order of a team: what they weigh, what they got this month, what they may still get."""

    user: int
    weight: int
    received: int = 0
    room: int | None = None  # how many more; None is no cap


def share(places: Sequence[Place], number: int) -> list[int | None]:
    """Say who receives each of the next `number` leads.

    Each goes to the largest shortfall from the weighted share of the month so far, ties by weight, then who received least, then id
    (ROUTE-2). Nobody below weight 1 or without room receives; None where nobody is left. Pure.
    """
    order: list[int | None] = []
    received = {p.user: p.received for p in places}
    room = {p.user: p.room for p in places}
    for _ in range(number):
        able = [p for p in places if p.weight > 0 and (room[p.user] is None or room[p.user] > 0)]
        if not able:
            order.append(None)
            continue
        total, weights = sum(received[p.user] for p in able) + 1, sum(p.weight for p in able)
        best = max(
            able, key=lambda p: (total * p.weight / weights - received[p.user], p.weight, -received[p.user], -p.user)
        )
        received[best.user] += 1
        if room[best.user] is not None:
            room[best.user] -= 1
        order.append(best.user)
    return order


def month_of(at: datetime) -> datetime:
    """Return the start of the month that `at` falls in, in the current zone."""
    return timezone.localtime(at).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def places(team: Team, at: datetime) -> list[Place]:
    """List the members of a team who may receive leads now, with this month's counts. Two queries.

    Absent and switched-off people are left out. The caller holds the team's row, so that two who share out at once take turns.
    """
    away = Absence.objects.filter(user=OuterRef("user"), starts_at__lte=at, ends_at__gt=at)
    members = list(
        Membership.objects.filter(team=team, user__is_active=True, weight__gt=0)
        .exclude(Exists(away))
        .order_by("user_id")
    )
    got = dict(Spell.objects.filter(pool=team, began_at__gte=month_of(at)).values_list("owner").annotate(n=Count("id")))
    held = open_leads([m.user_id for m in members])
    today = received_today([m.user_id for m in members], at) if any(m.cap_day is not None for m in members) else {}
    return [
        Place(m.user_id, m.weight, got.get(m.user_id, 0), _room(m, held.get(m.user_id, 0), today.get(m.user_id, 0)))
        for m in members
    ]


def _room(membership: Membership, held: int, today: int) -> int | None:
    left = [cap - has for cap, has in ((membership.cap_open, held), (membership.cap_day, today)) if cap is not None]
    return max(0, min(left)) if left else None


def open_leads(users: Sequence[int]) -> Mapping[int, int]:
    """Count the leads each of these people has in hand. One query."""
    rows = Lead.objects.filter(owner__in=users, status__in=LeadStatus.OPEN, gone_as="")
    return dict(rows.values_list("owner").annotate(n=Count("id")))


def received_today(users: Sequence[int], at: datetime) -> Mapping[int, int]:
    """Count what each of these people received since midnight. One query."""
    midnight = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = Spell.objects.filter(owner__in=users, began_at__gte=midnight)
    return dict(rows.values_list("owner").annotate(n=Count("id")))


def room_of(user: User, at: datetime) -> int | None:
    """Say how many more leads a person may receive under the tightest of their caps; None without a cap. At most three queries."""
    caps = list(user.memberships.filter(Q(cap_open__isnull=False) | Q(cap_day__isnull=False)))
    if not caps:
        return None
    held, today = open_leads([user.pk]).get(user.pk, 0), received_today([user.pk], at).get(user.pk, 0)
    return min(_room(m, held, today) for m in caps)


def is_away(user: User, at: datetime) -> bool:
    """Say whether a person is absent at this moment. One query."""
    return Absence.objects.filter(user=user, starts_at__lte=at, ends_at__gt=at).exists()


class StandIns:
    """Who receives for somebody: they, while away their delegate (ROUTE-1, ROUTE-9). One query for each person asked about."""

    def __init__(self):
        self._absences: dict[int, list[Absence]] = {}

    def of(self, user: User, at: datetime) -> User | None:
        """Return who receives, or None for one who is switched off. Away without a delegate who is there, it waits for them."""
        if not user.is_active:
            return None
        away = next((a for a in self._of(user) if a.starts_at <= at < a.ends_at), None)
        if away is None or away.delegate is None or not away.delegate.is_active:
            return user
        delegate_is_away = any(a.starts_at <= at < a.ends_at for a in self._of(away.delegate))
        return user if delegate_is_away else away.delegate

    def _of(self, user: User) -> list[Absence]:
        if user.pk not in self._absences:
            self._absences[user.pk] = list(Absence.objects.filter(user=user).select_related("delegate"))
        return self._absences[user.pk]
