"""The lists of the day (MEET-3): what each holds, how many rows of it a page draws, and the key by which it goes on.

Read by the page of the day and by the answer to every act on it. A list is read one row further than it is drawn, and never counted:
that row says there is more, and the last one drawn is the key of the next page. On the first page all lists begin; a page with a key
(`?more=due&after=...`) goes on with one.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db.models import Model, Q, QuerySet
from django.urls import reverse
from django.utils.http import urlencode

from accounts.permissions import Scope, allowed
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


def due(place) -> QuerySet:
    """What this person holds and has not told of, the longest waiting first, by `meeting_of_owner`."""
    return Meeting.objects.filter(owner=place.user).due(place.at).select_related(*BESIDE)


def words(place) -> QuerySet:
    """What a manager must confirm or settle, and what their people leave without a disposition; nothing for others."""
    if not allowed(place.user, "meetings.settle"):
        return Meeting.objects.none()
    asked = Q(status=MeetingStatus.BOOKED) & (~Q(claim="") | Q(due_at__lte=place.at))
    contested = Q(contested_at__isnull=False, settled_at__isnull=True)
    seen = permissions.visible_to(Meeting.objects.filter(asked | contested), place.user)
    return seen.exclude(owner=place.user, claim="").select_related(*BESIDE, "contested_by")


def hand_offs(place) -> QuerySet:
    """The passings that wait for this person's word; for a manager their team's, those without a receiver too."""
    waiting = HandOff.objects.filter(outcome="").select_related(
        "opportunity__product", "opportunity__account", "giver", "receiver", "lead"
    )
    if allowed(place.user, "hand_offs.answer") & (Scope.TEAM | Scope.ALL):
        return permissions.visible_to(waiting, place.user)
    return waiting.filter(receiver=place.user)


def ahead(place) -> QuerySet:
    """What is still to come in the next seven days, held or brought about by this person."""
    mine = Meeting.objects.filter(Q(owner=place.user) | Q(sourced_by=place.user)).ahead(place.at)
    return mine.filter(starts_at__lt=week_ends(place.user, place.at)).select_related(*BESIDE)


def others(place) -> QuerySet:
    """What this person brought about, another holds, and nobody told of yet."""
    mine = Meeting.objects.filter(sourced_by=place.user).exclude(owner=place.user)
    return mine.due(place.at).select_related(*BESIDE)


KINDS = {
    "due": Kind(due, 20), "words": Kind(words, 12), "hand_offs": Kind(hand_offs, 5, by="limit_at"),
    "ahead": Kind(ahead, 15), "others": Kind(others, 12),
}  # fmt: skip


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
        """Read what is drawn of every list. One query for each list of this page, however long it is."""
        wanted = [self.name] if self.after else list(KINDS)
        return {name: _read(place, name, self.after) if name in wanted else Read() for name in KINDS}


def _read(place, name: str, after: tuple[datetime, int] | None) -> Read:
    kind = KINDS[name]
    rows = kind.of(place)
    if after:
        moment, pk = after
        # the first half is what an index begins at; the second tells rows of one moment apart
        rows = rows.filter(Q(**{f"{kind.by}__gte": moment}) & (Q(**{f"{kind.by}__gt": moment}) | Q(pk__gt=pk)))
    found = list(rows.order_by(kind.by, "pk")[: kind.size + 1])
    drawn = found[: kind.size]
    more = _key(name, getattr(drawn[-1], kind.by), drawn[-1].pk) if len(found) > kind.size else ""
    return Read(drawn, f"{reverse('meetings')}?{more}" if more else "")


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
