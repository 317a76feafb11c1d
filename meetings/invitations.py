"""Invitations, updates and cancellations of meetings by mail (MEET-1). Called by booking, in the transaction that makes them true.

One meeting has one UID, however often it is moved: each row of its chain is sent with the next SEQUENCE, a cancellation with one more.
All times are written in UTC, so that they are right in whichever zone, on both sides of a daylight-saving change. To the prospect at
most once, to who holds it at least once, as the outbox promises (`accounts/messages.py`).
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from email.message import MIMEPart
from email.utils import parseaddr
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from icalendar import Calendar, Event, vCalAddress, vText

from accounts import messages
from accounts.models import Message, User
from accounts.words import DAYS, MONTHS
from leads.models import Channel
from meetings.models import Meeting, MeetingStatus

PRODUCT = "-//LeadOps//Meetings//EN"


def house() -> str:
    """Return the domain that stamps what leaves the house."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "leadops"


def uid(meeting: Meeting) -> str:
    """Return what a meeting is known by in every calendar, the same after every move. Pure."""
    return f"{meeting.uid}@{house()}"


def calendar(method: str = "", name: str = "") -> Calendar:
    """Begin an empty calendar."""
    made = Calendar()
    made.add("prodid", PRODUCT)
    made.add("version", "2.0")
    if method:
        made.add("method", method)
    if name:
        made.add("name", name)
        made.add("x-wr-calname", name)
    return made


def entry(
    meeting: Meeting, *, sequence: int | None = None, cancelled: bool = False, stamped: datetime | None = None
) -> Event:
    """Return one meeting as calendars have it. No query where lead, owner and opportunity were read beside it."""
    event = Event()
    event.add("uid", uid(meeting))
    event.add("sequence", meeting.sequence if sequence is None else sequence)
    event.add("dtstamp", (stamped or meeting.booked_at).astimezone(UTC))
    event.add("dtstart", meeting.starts_at.astimezone(UTC))
    event.add("dtend", meeting.ends_at.astimezone(UTC))
    event.add("summary", title(meeting))
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    if meeting.place:
        event.add("location", meeting.place)
    if meeting.owner.email:
        event["organizer"] = _person(meeting.owner.email, str(meeting.owner))
    if meeting.lead.email and not meeting.lead.gone_as:
        attendee = _person(meeting.lead.email, meeting.lead.name)
        attendee.params["rsvp"] = vText("TRUE")
        event.add("attendee", attendee, encode=0)
    return event


def _person(address: str, name: str) -> vCalAddress:
    person = vCalAddress(f"mailto:{address}")
    person.params["cn"] = vText(name)
    return person


def title(meeting: Meeting) -> str:
    """Say what a meeting is, to both sides: the product, and who meets."""
    return called(meeting.opportunity.product.name, "" if meeting.lead.gone_as else meeting.lead.name, meeting.owner)


def called(product: str, lead: str, owner: User) -> str:
    """Say what a meeting is from its parts; without a lead that is gone. Pure."""
    return f"{product}: {' and '.join(filter(None, [lead, str(owner)]))}"


def request(meeting: Meeting) -> list[Message]:
    """Return the mails that invite to a meeting, or move it: to the prospect, unless they asked us not to mail, and to who holds it."""
    made = calendar("REQUEST")
    made.add_component(entry(meeting))
    moved = meeting.sequence > 0
    subject = f"{'New time' if moved else 'Invitation'}: {title(meeting)}"
    words = "The meeting has a new time." if moved else "You are invited to a meeting."
    return list(
        _mails(meeting, "invitation", str(meeting.sequence), subject, words, made, "REQUEST", meeting.booked_at)
    )


def passed_on(meeting: Meeting, at: datetime) -> list[Message]:
    """Return the mails that say who holds a meeting from now on: to the prospect and to them, as an update of the invitation."""
    made = calendar("REQUEST")
    made.add_component(entry(meeting, stamped=at))
    words = f"The meeting is with {meeting.owner} now. Its time stays."
    return list(
        _mails(meeting, "invitation", str(meeting.sequence), f"Changed: {title(meeting)}", words, made, "REQUEST", at)
    )


def cancel(meeting: Meeting, *, only: User | None = None) -> list[Message]:
    """Return the mails that call a meeting off; `only` to one of the house, who does not hold it any more."""
    made = calendar("CANCEL")
    made.add_component(entry(meeting, sequence=meeting.sequence + 1, cancelled=True, stamped=meeting.ended_at))
    subject, words = f"Cancelled: {title(meeting)}", "The meeting is cancelled."
    return list(
        _mails(meeting, "cancellation", str(meeting.sequence + 1), subject, words, made, "CANCEL", meeting.ended_at, only)
    )  # fmt: skip


def _mails(
    meeting, kind, key, subject, words, made: Calendar, method, at, only: User | None = None
) -> Iterable[Message]:
    facts = {"ics": made.to_ical().decode(), "method": method, "meeting": meeting.pk}
    key = f"{meeting.uid}:{key}"
    lead, holder = meeting.lead, only or meeting.owner
    may_mail = (
        lead.email and not lead.gone_as and not lead.opted_out_at and Channel.EMAIL not in lead.opted_out_channels
    )
    if only is None and may_mail:
        body = _body(words, meeting, [meeting.zone, meeting.owner.time_zone])
        yield messages.mail(
            kind=kind, key=key, subject=subject, body=body, at=at, address=lead.email, lead=lead.pk, **facts
        )
    if holder.email:
        body = _body(words, meeting, [meeting.owner.time_zone, meeting.zone])
        yield messages.mail(kind=kind, key=key, subject=subject, body=body, at=at, to=holder, lead=lead.pk, **facts)


def _body(words: str, meeting: Meeting, zones: list[str]) -> str:
    times = [
        f"{when(meeting.starts_at, zone)} ({zone.replace('_', ' ')})" for zone in dict.fromkeys(filter(None, zones))
    ]
    lines = [words, "", title(meeting), *times, *filter(None, [meeting.place])]
    return "\n".join(lines)


# It looks through the disk, anew each time: thirty times as long as the rest of a mail takes (measured).
known_zones = cache(available_timezones)


def when(moment: datetime, zone: str) -> str:
    """Say a moment on somebody's wall, with its year: `Tue 3 Mar 2026, 13:00`. A zone nobody knows is UTC. Pure."""
    here = moment.astimezone(ZoneInfo(zone) if zone in known_zones() else UTC)
    return f"{DAYS[here.weekday()]} {here.day} {MONTHS[here.month - 1]} {here.year}, {here:%H:%M}"


def feed(user: User, since: datetime) -> bytes:
    """Return the calendar of one person as their calendar program reads it: what they hold from then on, moved and cancelled ones as they
    stand now. One query."""
    stands = (MeetingStatus.BOOKED, *MeetingStatus.DISPOSED)
    rows = (
        Meeting.objects.filter(owner=user, starts_at__gte=since, status__in=stands)
        .for_a_list()
        .order_by("starts_at", "pk")
    )
    made = calendar(name=f"Meetings of {user.get_short_name()}")
    for meeting in rows:
        made.add_component(entry(meeting))
    return made.to_ical()


def attachment(ics: str, method: str) -> MIMEPart:
    """Return the part of a mail that calendar programs read. Pure."""
    part = MIMEPart()
    part.set_content(
        ics, subtype="calendar", params={"method": method}, disposition="attachment", filename="invitation.ics"
    )
    return part
