"""Whose turn it is in a pool: sharing by weight, and what a pool's people may still receive (ROUTE-2).

`take_turn` and `share` are pure. `Pool` is one pool as it stands, read under its lock by `leads/routing.py`, which also writes it back.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from fractions import Fraction

from django.db import connection
from django.db.models import Count, Q
from django.utils import timezone

from accounts.models import Absence, Team, User
from accounts.workdays import is_on_shift
from leads.models import Credit, Lead, LeadStatus, Share, Spell

NEVER = datetime.min.replace(tzinfo=UTC)
FINE = 9  # decimals that count: shares are kept as floating point


@dataclass(slots=True)
class Place:
    """One person's place in a pool this month: what they weigh, were due, got and were credited, and what they may still get."""

    user: int
    weight: int
    due: float = 0
    received: int = 0
    credits: int = 0
    room: int | None = None  # how many more; None is no cap
    last_at: datetime | None = None
    role: str = ""
    away: str = ""  # why they cannot receive, if so

    @property
    def behind(self) -> float:
        """How many turns they are short of their share; below zero is ahead of it."""
        return self.due + self.credits - self.received

    @property
    def is_able(self) -> bool:
        return not self.away and self.weight > 0 and (self.room is None or self.room > 0)


def take_turn(places: Sequence[Place], at: datetime | None = None) -> Place | None:
    """Give the next lead to one of these places, and keep the account; None where nobody can receive.

    Each who could receive is due their weight's part of it. It goes to the largest shortfall: among those who are behind, to the
    one who would be a whole lead behind first, which by equal weights is the one furthest behind. By the plain difference, small
    weights could fall more than one behind among many; so nobody ever is. Ties by weight, then who waited longest, then id.
    """
    able = [p for p in places if p.is_able]
    if not able:
        return None
    weights = sum(p.weight for p in able)
    for p in able:
        p.due += Fraction(p.weight, weights) if type(p.due) is Fraction else p.weight / weights
    behind = [p for p in able if round(p.behind, FINE) > 0]
    if behind:
        order = [
            (round((1 - p.behind) * weights / p.weight, FINE), -p.weight, p.last_at or NEVER, p.user) for p in behind
        ]
    else:
        behind, order = able, [(round(-p.behind, FINE), -p.weight, p.last_at or NEVER, p.user) for p in able]
    best = behind[min(range(len(behind)), key=order.__getitem__)]
    best.received += 1
    best.last_at = at or best.last_at
    if best.room is not None:
        best.room -= 1
    return best


def share(places: Sequence[Place], number: int) -> list[int | None]:
    """Say who would receive each of the next `number` leads, None where nobody is left. Pure: the places stay as they are."""
    ours = [replace(p) for p in places]
    return [chosen.user if (chosen := take_turn(ours)) else None for _ in range(number)]


@dataclass(slots=True)
class Pool:
    """One pool as it stands at a moment, with everybody in it."""

    team: Team
    at: datetime
    places: list[Place]
    changed: bool = False
    skipped: list[tuple[int, str]] = field(default_factory=list)
    users: dict[int, User] = field(default_factory=dict)
    there: dict[int, bool] = field(default_factory=dict)  # on shift at this moment, as far as it was asked

    def take(self, role: str = "", exclude: Iterable[int] = (), on_shift: bool = False) -> User | None:
        """Take the turn of the next who can receive, and keep in `skipped` who could not and why."""
        out, self.skipped = set(exclude), []
        able = []
        for place in self.places:
            why = place.away or self._why_not(place, role, out, on_shift)
            if why:
                self.skipped.append((place.user, why))
            else:
                able.append(place)
        chosen = take_turn(able, self.at)
        if chosen is None:
            return None
        self.changed = True
        return self.user(chosen.user)

    def user(self, pk: int) -> User:
        """Return one of the pool's people, read when first asked for."""
        if pk not in self.users:
            self.users[pk] = User.objects.get(pk=pk)
        return self.users[pk]

    def _why_not(self, place: Place, role: str, out: set[int], on_shift: bool) -> str:
        if role and place.role != role:
            return "role"
        if place.user in out:
            return "had_it"
        if not place.is_able:
            return "cap" if place.weight > 0 else "weight"
        return "off_shift" if on_shift and not self._is_there(place.user) else ""

    def _is_there(self, user: int) -> bool:
        if user not in self.there:
            if not self.there:
                self.users |= User.objects.in_bulk([place.user for place in self.places])
            self.there[user] = is_on_shift(self.user(user), self.at)
        return self.there[user]


# Everybody in some pools, with what they were due and got this month, and whether they are there: in one statement, since every
# hand raise asks for it while it holds the pool.
STANDING = """
SELECT m.team_id, m.user_id, m.weight, m.cap_open, m.cap_day, u.role, u.is_active,
  EXISTS (SELECT FROM accounts_absence a WHERE a.user_id = m.user_id AND a.starts_at <= %(at)s AND a.ends_at > %(at)s),
  coalesce(s.due, 0), coalesce(s.received, 0), s.last_at,
  (SELECT coalesce(sum(c.turns), 0) FROM leads_credit c WHERE c.pool_id = m.team_id AND c.user_id = m.user_id AND c.at >= %(month)s)
FROM accounts_membership m JOIN accounts_user u ON u.id = m.user_id
  LEFT JOIN leads_share s ON s.pool_id = m.team_id AND s.user_id = m.user_id AND s.month = %(day)s
WHERE m.team_id = ANY(%(teams)s::bigint[]) ORDER BY m.team_id, m.user_id
"""


# One transaction after the other gives to somebody who has a cap: by id, after the pools.
LOCK = 0x1EADCA
ALONE = """
SELECT pg_advisory_xact_lock(%(key)s, u::integer) FROM (SELECT DISTINCT unnest(%(users)s::bigint[]) AS u ORDER BY 1) AS capped
"""


def pools(teams: Iterable[Team], at: datetime, hold: bool = False) -> dict[int, Pool]:
    """Read these pools as they stand. One query for any number, three where somebody has a cap. The caller holds their rows.

    With `hold` whoever has a cap is held too, one query more: their leads are counted over all pools, and another may have another pool.
    """
    found = {team.pk: Pool(team, at, []) for team in teams}
    month = month_of(at)
    with connection.cursor() as cursor:
        cursor.execute(STANDING, {"at": at, "month": month, "day": month.date(), "teams": list(found)})
        rows = cursor.fetchall()
    capped = [
        user for _team, user, _weight, most_open, most_day, *_ in rows if most_open is not None or most_day is not None
    ]
    if hold and capped:
        _hold(capped)
    held, today = (open_leads(capped), received_today(capped, at)) if capped else ({}, {})
    for team, user, weight, most_open, most_day, role, is_active, is_gone, due, received, last_at, credits in rows:
        why = "inactive" if not is_active else "away" if is_gone else ""
        room = room_in(most_open, most_day, held.get(user, 0), today.get(user, 0))
        found[team].places.append(Place(user, weight, due, received, credits, room, last_at, role, why))
    return found


def _hold(users: Sequence[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(ALONE, {"key": LOCK, "users": users})


def use_room(pools: Iterable[Pool], user: int) -> None:
    """Let one lead that somebody got otherwise count against their caps in these pools."""
    for place in (place for pool in pools for place in pool.places):
        if place.user == user and place.room is not None:
            place.room = max(0, place.room - 1)


def places(team: Team, at: datetime) -> list[Place]:
    """List the places of a pool as they stand, those who cannot receive among them."""
    return pools([team], at)[team.pk].places


def keep(pools: Iterable[Pool]) -> None:
    """Write back what was due and received. One query."""
    rows = [
        Share(
            pool=pool.team, user_id=p.user, month=month_of(pool.at).date(), due=p.due, received=p.received, last_at=p.last_at
        )
        for pool in pools
        if pool.changed
        for p in pool.places
        if p.due or p.received
    ]  # fmt: skip
    Share.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["pool", "user", "month"], update_fields=["due", "received", "last_at"]
    )  # fmt: skip


def credits_for_nobody(step) -> list[Credit]:
    """Give back the turn that a lead cost whose identity is false. One query, where there was a turn."""
    spell = Spell.objects.filter(cycle=step.cycle, pool__isnull=False, owner__isnull=False).order_by("-pk").first()
    if (
        spell is None
        or Credit.objects.filter(lead=step.lead, user=spell.owner_id, why=Credit.Why.FALSE_IDENTITY).exists()
    ):
        return []
    return [credit(spell, Credit.Why.FALSE_IDENTITY, at=step.at, by=step.by)]


def credit(spell: Spell, why: str, *, at: datetime, by: User | None = None) -> Credit:
    """Return the row that gives back the turn somebody took for this spell: a no-show, a merged duplicate, a false identity."""
    return Credit(pool_id=spell.pool_id, user_id=spell.owner_id, lead_id=spell.lead_id, why=why, by=by, at=at)


def month_of(at: datetime) -> datetime:
    """Return the start of the month that `at` falls in, by the house's clock, the same for whoever asks."""
    here = timezone.localtime(at, timezone.get_default_timezone())
    return here.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def room_in(most_open: int | None, most_day: int | None, held: int, today: int) -> int | None:
    """Say how many more leads a person may receive by one membership's caps; None without a cap. Pure."""
    left = [cap - has for cap, has in ((most_open, held), (most_day, today)) if cap is not None]
    return max(0, min(left)) if left else None


def open_leads(users: Sequence[int]) -> Mapping[int, int]:
    """Count the leads each of these people has in hand. One query."""
    rows = Lead.objects.filter(owner__in=users, status__in=LeadStatus.OPEN, gone_as="")
    return dict(rows.values_list("owner").annotate(n=Count("id")))


def received_today(users: Sequence[int], at: datetime) -> Mapping[int, int]:
    """Count what each of these people received since midnight, by the house's clock. One query."""
    here = timezone.localtime(at, timezone.get_default_timezone())
    midnight = here.replace(hour=0, minute=0, second=0, microsecond=0)
    rows = Spell.objects.filter(owner__in=users, began_at__gte=midnight)
    return dict(rows.values_list("owner").annotate(n=Count("id")))


def room_of(user: User, at: datetime) -> int | None:
    """Say how many more leads a person may receive under the tightest of their caps; None without a cap. At most four queries.

    Whoever has one is held to the end of the transaction, as by `pools`: two who give to them count one after the other.
    """
    caps = list(user.memberships.filter(Q(cap_open__isnull=False) | Q(cap_day__isnull=False)))
    if not caps:
        return None
    _hold([user.pk])
    held, today = open_leads([user.pk]).get(user.pk, 0), received_today([user.pk], at).get(user.pk, 0)
    return min(room_in(m.cap_open, m.cap_day, held, today) for m in caps)


def is_away(user: User, at: datetime) -> bool:
    """Say whether a person is absent at this moment. One query."""
    return Absence.objects.filter(user=user, starts_at__lte=at, ends_at__gt=at).exists()
