"""What people are told, and by which way (WORK-8): the kinds of messages there are, what each says, and whether it reaches somebody in
the page, by mail or both.

A process writes a `Message` for the page; nothing else. Here the page, the bell and the mail read it: each app adds the kinds it tells of
(`add`, in its `notices`), and the app that knows leads says how they are called (`name_leads_with`). A person chooses the way of each kind;
what the house promises to tell in the page (`ways` without mail alone or none) stays there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from accounts.models import Message, User, Way
from accounts.prepared import Prepared

EVERYWHERE = (Way.PAGE, Way.MAIL, Way.BOTH, Way.NONE)
IN_PAGE = (Way.PAGE, Way.BOTH)  # what the page has to say, whatever somebody would rather hear
MOST = 100  # the bell counts up to one less


@dataclass(frozen=True)
class Named:
    """A lead as its reader may know it: its name, and its page if they may open it."""

    name: str
    url: str = ""


@dataclass(frozen=True)
class Kind:
    """One kind of message: its label among the settings, what it says, by which way unless somebody chose another, and to whom it comes.

    `words` is a sentence with the message's data to fill in, or a function of the message and the name of its lead. `url` leads to more;
    `lines` are its parts, each with an address.
    """

    code: str
    label: str
    words: str | Callable[[Message, str], str] = ""
    way: Way = Way.PAGE
    ways: tuple[Way, ...] = EVERYWHERE
    roles: tuple[str, ...] = ()  # none: everybody
    url: str | Callable[[Message], str] = ""
    lines: Callable[[Message], Sequence[tuple[str, str]]] | None = None


@dataclass(frozen=True)
class Told:
    """One message as its reader sees it."""

    message: Message
    lead: Named | None
    words: str
    url: str = ""
    lines: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Bell:
    """What the bell of a page shows: how many messages are unread, and which is the newest it knows of."""

    number: int
    newest: int = 0

    @property
    def figure(self) -> str:
        return str(self.number) if self.number < MOST else f"{MOST - 1}+"


KINDS: dict[str, Kind] = {}
_names: list[Callable[[Sequence[int], User, datetime], dict[int, Named]]] = []


def add(*kinds: Kind) -> None:
    """Add kinds of messages. Called once, when an app begins."""
    KINDS.update({kind.code: kind for kind in kinds})


def name_leads_with(names: Callable[[Sequence[int], User, datetime], dict[int, Named]]) -> None:
    """Say who knows what leads are called: for a reader, so that nobody is told more than they may see."""
    _names[:] = [names]


def kinds_of(user: User) -> list[Kind]:
    """List the kinds that may come to this person, in their order."""
    return [kind for kind in KINDS.values() if not kind.roles or user.role in kind.roles]


def way_of(user: User, code: str) -> Way:
    """Return the way a kind takes to this person: what they chose, where that is possible; else the kind's own."""
    kind = KINDS.get(code)
    if kind is None:
        return Way.PAGE
    chosen = user.told_by.get(code)
    return Way(chosen) if chosen in kind.ways else kind.way


def choose(user: User, ways: dict[str, str]) -> None:
    """Keep by which way each kind is to come. Raises ValueError for a way that a kind does not have. One query."""
    known = {kind.code: kind for kind in kinds_of(user)}
    for code, way in ways.items():
        if code not in known or way not in known[code].ways:
            raise ValueError(f"{code} does not come by {way}")
    kept = {code: way for code, way in (user.told_by | ways).items() if code in KINDS and way != KINDS[code].way}
    User.objects.filter(pk=user.pk).update(told_by=kept)
    user.told_by = kept


def not_in_page(user: User) -> list[str]:
    """Name the kinds this person does not want in the page."""
    return [code for code in KINDS if way_of(user, code) not in IN_PAGE]


def in_page(user: User) -> QuerySet[Message]:
    """Return what this person is told in the page, the newest first, by `message_of`."""
    return _in_page(user.pk, not_in_page(user))


def _in_page(user: int, without: list[str]) -> QuerySet[Message]:
    return Message.objects.filter(to=user, channel=Message.Channel.PAGE).exclude(kind__in=without).order_by("-pk")


def unread(user: User) -> list[int]:
    """Name what is unread, the newest first, at most a hundred. One query, by `message_unread`."""
    return [pk for (pk,) in UNREAD.rows(user.pk, not_in_page(user))]


def not_read(user: int, kinds: list[str]) -> QuerySet:
    """Return the keys of what is unread, the newest first, at most a hundred, without what is not for the page."""
    return _in_page(user, kinds).filter(read_at__isnull=True).values_list("pk")[:MOST]


UNREAD = Prepared(not_read)


def bell(user: User) -> Bell:
    """Return the bell as it is now. One query."""
    return bell_of(unread(user))


def bell_of(unread: Sequence[int]) -> Bell:
    """Return the bell over what is unread, the newest first. Pure."""
    return Bell(len(unread), unread[0] if unread else 0)


def read(user: User, *, at: datetime, up_to: int | None = None, only: Sequence[int] = ()) -> int:
    """Note that somebody has read what they were told, up to a message or these only; return how many were new. One query."""
    rows = Message.objects.filter(to=user, channel=Message.Channel.PAGE, read_at__isnull=True)
    rows = rows.filter(pk__in=only) if only else rows.filter(pk__lte=up_to or 0)
    return rows.update(read_at=at)


def said(messages: Sequence[Message], reader: User, at: datetime) -> list[Told]:
    """Say messages to a reader. One question to who names the leads."""
    ids = {message.lead_id for message in messages if message.lead_id}
    names = _names[0](sorted(ids), reader, at) if ids and _names else {}
    return [_say(message, names.get(message.lead_id)) for message in messages]


def _say(message: Message, lead: Named | None) -> Told:
    kind = KINDS.get(message.kind)
    if message.lead_id and lead is None:
        lead = Named("A lead")
    words = kind.words if kind else message.subject
    name = lead.name if lead else ""
    text = words(message, name) if callable(words) else words.format_map(_Facts(message.data | {"lead": name}))
    url = lead.url if lead else ""
    if kind and kind.url:
        url = kind.url(message) if callable(kind.url) else kind.url
    lines = tuple(kind.lines(message)) if kind and kind.lines else ()
    return Told(message, lead, text or "There is news.", url, lines)


class _Facts(dict):
    """What a sentence is filled in with; what an old message does not have stays blank."""

    def __missing__(self, name: str) -> str:
        return ""
