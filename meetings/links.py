"""Signed links from a mail to the page where an AE says what came of a meeting (MEET-3).

Opening one changes nothing: the page asks, and only what is sent from there counts. A link is good once, since it names the version of the
meeting it was made for, and until the moment after which the SDR may record it. It names its reader, and opens for nobody else.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from json import dumps

from django.conf import settings
from django.core.signing import BadSignature, Signer, b64_encode

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


class Maker:
    """Makes many links: what follows from the house's secret is computed once, half of the work (measured)."""

    def __init__(self) -> None:
        signer = Signer(salt=SALT)
        self.sep, self.root = signer.sep, settings.LEADOPS_URL.rstrip("/")
        # what Signer does for each text
        key = sha256((signer.salt + "signer" + signer.key).encode()).digest()
        self._begun = hmac.new(key, digestmod=sha256)

    def token(self, meeting: Meeting, user: User, status: str = "") -> str:
        """Return the token of a link for one person, to say one thing or any of one meeting. Pure."""
        until = (meeting.starts_at + GOOD_FOR).timestamp()
        said = {"m": meeting.pk, "v": meeting.version, "u": user.pk, "s": status, "t": until}
        value = b64_encode(dumps(said, separators=(",", ":")).encode()).decode()
        signing = self._begun.copy()
        signing.update(value.encode())
        return f"{value}{self.sep}{b64_encode(signing.digest()).decode()}"

    def address(self, meeting: Meeting, user: User, status: str = "") -> str:
        """Return the whole address, as a mail has it. Pure."""
        return self.root + PATH.format(token=self.token(meeting, user, status))


def make(meeting: Meeting, user: User, status: str = "") -> str:
    """Return the token of one link. Pure."""
    return Maker().token(meeting, user, status)


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
        raise Refused(what_happened(meeting, at), "used")
    if at.timestamp() >= said["t"]:
        raise Refused("This link is too old. Open the meeting itself.", "expired")
    return Link(meeting, user, said["s"])
