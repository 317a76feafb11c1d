"""The lists of the day (MEET-3): what each holds, how many rows of it a page draws, and the key by which it goes on.

Read by the page of the day and by the answer to every act on it. A list is read one row further than it is drawn, and never counted:
that row says there is more, and the last one drawn is the key of the next page. On the first page all lists begin; a page with a key
(`?more=due&after=...`) goes on with one.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple

from django.db.models import Model, Q, QuerySet
from django.urls import reverse
from django.utils.http import urlencode

from accounts.models import User
from accounts.permissions import Scope, allowed, know_reach, people_of
from accounts.prepared import Prepared
from meetings import permissions
from meetings.models import HandOff, Meeting, MeetingStatus

BESIDE = (
    "lead__owner",
    "owner",
    "sourced_by",
    "opportunity__product",
    "opportunity__account",
    "account",
    "reason",
    "claimed_by",
)


@dataclass(frozen=True)
class Kind:
    """One list: the rows of it for a person, what it is ordered by, and how many a page draws."""

    of: Callable[..., QuerySet]
    size: int
    by: str = "starts_at"


@dataclass(frozen=True)
class Read:
    """What was read of one list: the rows that are drawn, and where it goes on."""

    rows: list[Model] = field(default_factory=list)
    more: str = ""


class Asker(NamedTuple):
    """Whose lists these are, from what moment they are looked at, and when the week from then ends."""

    user: User
    at: datetime
    until: datetime


def due(who: Asker) -> QuerySet:
    """What this person holds and has not told of, the longest waiting first, by `meeting_of_owner`."""
    return Meeting.objects.filter(owner=who.user).due(who.at)


def words(who: Asker) -> QuerySet:
    """What a manager must confirm or settle, and what their people leave without a disposition; nothing for others."""
    if not allowed(who.user, "meetings.settle"):
        return Meeting.objects.none()
    asked = Q(status=MeetingStatus.BOOKED) & (~Q(claim="") | Q(due_at__lte=who.at))
    contested = Q(contested_at__isnull=False, settled_at__isnull=True)
    seen = permissions.visible_to(Meeting.objects.filter(asked | contested), who.user)
    return seen.exclude(owner=who.user, claim="")


def hand_offs(who: Asker) -> QuerySet:
    """The passings that wait for this person's word; for a manager their team's, those without a receiver too."""
    waiting = HandOff.objects.filter(outcome="")
    if allowed(who.user, "hand_offs.answer") & (Scope.TEAM | Scope.ALL):
        return permissions.visible_to(waiting, who.user)
    return waiting.filter(receiver=who.user)


def ahead(who: Asker) -> QuerySet:
    """What is still to come in the next seven days, held or brought about by this person."""
    mine = Meeting.objects.filter(Q(owner=who.user) | Q(sourced_by=who.user)).ahead(who.at)
    return mine.filter(starts_at__lt=who.until)


def others(who: Asker) -> QuerySet:
    """What this person brought about, another holds, and nobody told of yet, by `meeting_sourced_open`."""
    mine = Meeting.objects.filter(sourced_by=who.user).exclude(owner=who.user)
    return mine.due(who.at)


KINDS = {
    "due": Kind(due, 20), "words": Kind(words, 12), "hand_offs": Kind(hand_offs, 5, by="limit_at"),
    "ahead": Kind(ahead, 15), "others": Kind(others, 12),
}  # fmt: skip
MANAGED = ("words", "hand_offs")  # those that may hold what one's people do


@cache
def _asked(name: str, role: str, is_superuser: bool) -> Prepared:
    """Ask which rows are on one list, from its start or after a key: one question for everybody of a role."""
    kind = KINDS[name]

    def build(user: int, people: list, at: datetime, until: datetime, *key) -> QuerySet:
        reader = User(pk=user, role=role, is_superuser=is_superuser)
        know_reach(reader, (), (), people)
        rows = kind.of(Asker(reader, at, until))
        if key:
            moment, pk = key
            # the first half is what an index begins at; the second tells rows of one moment apart
            rows = rows.filter(Q(**{f"{kind.by}__gte": moment}) & (Q(**{f"{kind.by}__gt": moment}) | Q(pk__gt=pk)))
        return rows.order_by(kind.by, "pk").values_list("pk", kind.by)[: kind.size + 1]

    return Prepared(build, may_leave=True)


@dataclass(frozen=True)
class Page:
    """Where a page begins: everything from its start, or one list after a key."""

    name: str = ""
    after: tuple[datetime, int] | None = None

    @classmethod
    def asked(cls, request) -> "Page":
        """Read which page was asked for; what is no list or no key is the first page."""
        name, key = request.GET.get("more", ""), key_of(request.GET.get("after", ""))
        return cls(name, key) if name in KINDS and key else cls()

    @property
    def query(self) -> str:
        """What stands behind an address to come back to this page."""
        return f"?{_key(self.name, *self.after)}" if self.after else ""

    def read(self, place) -> dict[str, Read]:
        """Read what is drawn of every list. One query for each list of this page, and two for what stands in their rows.

        Which rows they are is asked first, in one table; what stands beside them then, for all lists at once: to plan a join of ten
        tables for each list takes longer than all the rest of the page (measured).
        """
        wanted = [self.name] if self.after else list(KINDS)
        keys = {name: _keys(place, name, self.after) for name in wanted}
        meetings = _beside(MEETINGS, [pk for name in wanted if name != "hand_offs" for pk, _at in keys[name]])
        passings = _beside(HAND_OFFS, [pk for pk, _at in keys.get("hand_offs", ())])
        return {name: _read(name, keys.get(name, []), passings if name == "hand_offs" else meetings) for name in KINDS}


MEETINGS = Prepared(lambda keys: Meeting.objects.filter(pk__in=keys).select_related(*BESIDE, "contested_by"))
HAND_OFFS = Prepared(
    lambda keys: HandOff.objects.filter(pk__in=keys).select_related(
        "opportunity__product", "opportunity__account", "giver", "receiver", "lead"
    )
)
PLACES = 20  # the questions have so many places, or twice, thrice: few statements for any number of rows


def _keys(place, name: str, after: tuple[datetime, int] | None) -> list[tuple[int, datetime]]:
    """Ask which rows are drawn of a list, and the one after them."""
    user = place.user
    people = sorted(people_of(user)) if name in MANAGED and leads_others(user) else []
    asked = _asked(name, user.role, user.is_superuser)
    return asked.rows(user.pk, people, place.at, week_ends(user, place.at), *(after or ()))


def _beside(question: Prepared, keys: list[int]) -> dict[int, Model]:
    """Read rows with all that is drawn beside them. One query; none for none."""
    asked = list(dict.fromkeys(keys))
    return {row.pk: row for row in question.objects(asked + [0] * (-len(asked) % PLACES))} if asked else {}


def _read(name: str, keys: list[tuple[int, datetime]], rows: dict[int, Model]) -> Read:
    """Put the rows of a list in order. One that went between the two questions is left out. Pure."""
    size, drawn = KINDS[name].size, keys[: KINDS[name].size]
    more = _key(name, drawn[-1][1], drawn[-1][0]) if len(keys) > size else ""
    found = [rows[pk] for pk, _at in drawn if pk in rows]
    return Read(found, f"{reverse('meetings')}?{more}" if more else "")


def leads_others(user: User) -> bool:
    """Say whether lists of this person hold what others do."""
    return bool(allowed(user, "hand_offs.answer") & Scope.TEAM or allowed(user, "meetings.settle") & Scope.TEAM)


def key_of(text: str) -> tuple[datetime, int] | None:
    """Read the key a page begins after, a moment and a number; nothing for what is none. Pure."""
    when, _comma, pk = text.partition(",")
    try:
        moment, key = datetime.fromisoformat(when), int(pk)
        if moment.tzinfo is None or not 0 <= key < 2**63:
            return None
        return moment.astimezone(UTC), key
    except (ValueError, OverflowError):
        return None


def _key(name: str, moment: datetime, pk: int) -> str:
    return urlencode({"more": name, "after": f"{moment.isoformat()},{pk}"})


def day_ends(user, at: datetime) -> datetime:
    here = at.astimezone(user.zone)
    return (here + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)


def week_ends(user, at: datetime) -> datetime:
    return day_ends(user, at) + timedelta(days=6)
