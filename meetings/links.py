"""Signed links from a mail to the page where an AE says what came of a meeting (MEET-3).

Opening one changes nothing: the page asks, and only what is sent from there counts. A link is good once, since it names the version of the
meeting it was made for, and until the moment after which the SDR may record it. It names its reader, and opens for nobody else.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.signing import BadSignature, Signer

from accounts.models import User
from leads.lifecycle import Refused
from meetings.models import Meeting, MeetingStatus
from meetings.record import BESIDE, what_happened

SALT = "meetings.links"
GOOD_FOR = timedelta(hours=48)  # from the scheduled start
PATH = "/meetings/say/{token}/"


@dataclass(frozen=True)
class Link:
    """A link that is good: which meeting it is for, who may use it, and what it says came of it (empty: the page asks)."""

    meeting: Meeting
    user: User
    status: str = ""

    @property
    def version(self) -> int:
        return self.meeting.version


def make(meeting: Meeting, user: User, status: str = "") -> str:
    """Return the token of a link for one person, to say one thing or any of one meeting. Pure."""
    until = (meeting.starts_at + GOOD_FOR).timestamp()
    return Signer(salt=SALT).sign_object({"m": meeting.pk, "v": meeting.version, "u": user.pk, "s": status, "t": until})


def address(meeting: Meeting, user: User, status: str = "") -> str:
    """Return the whole address, as a mail has it. Pure."""
    return settings.LEADOPS_URL.rstrip("/") + PATH.format(token=make(meeting, user, status))


def read(token: str, at: datetime) -> Link:
    """Return what a link is for. Changes nothing. Raises Refused where it is made up, too old, or was used: then who said what. Two
    queries."""
    try:
        said = Signer(salt=SALT).unsign_object(token)
    except (BadSignature, ValueError):
        raise Refused("This link is not whole. Open the meeting itself.", "bad") from None
    meeting = Meeting.objects.select_related(*BESIDE).filter(pk=said["m"]).first()
    user = User.objects.filter(pk=said["u"], is_active=True).first()
    if meeting is None or user is None:
        raise Refused("This link leads to nothing any more.", "gone")
    if meeting.version != said["v"] or meeting.status != MeetingStatus.BOOKED:
        raise Refused(what_happened(meeting), "used")
    if at.timestamp() >= said["t"]:
        raise Refused("This link is too old. Open the meeting itself.", "expired")
    return Link(meeting, user, said["s"])
