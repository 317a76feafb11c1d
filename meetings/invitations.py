"""Invitations, updates and cancellations of meetings by mail, and the private calendar of each user (MEET-1)."""

from accounts.models import Message, User
from meetings.models import Meeting


def request(meeting: Meeting) -> list[Message]:
    """Return the mails that invite to a meeting, or move it, to the prospect (at most once) and to who holds it."""
    return []


def cancel(meeting: Meeting, *, only: User | None = None) -> list[Message]:
    """Return the mails that call a meeting off."""
    return []
