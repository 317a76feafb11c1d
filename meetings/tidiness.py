"""What of meetings makes a manager's room untidy (SLA-4): without a disposition, and hand-offs not accepted. Read by `leads/room.py`."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Count

from leads.room import Line
from meetings.models import HandOff, Meeting, MeetingStatus


def silent(people: Sequence[int], teams: Sequence[int], at: datetime) -> dict[int, int]:
    """Count by holder the meetings whose 24 hours are over without a word, by `meeting_of_owner`. One query."""
    rows = Meeting.objects.filter(owner__in=people, status=MeetingStatus.BOOKED, due_at__lte=at)
    return dict(rows.values_list("owner").annotate(number=Count("pk")))


def waiting(people: Sequence[int], teams: Sequence[int], at: datetime) -> dict[int, int]:
    """Count by receiver the hand-offs that wait past their 24 hours, by `handoff_of_receiver`. One query."""
    rows = HandOff.objects.filter(receiver__in=people, outcome="", limit_at__lte=at)
    return dict(rows.values_list("receiver").annotate(number=Count("pk")))


SILENT = Line(
    "meetings",
    "Meetings without a word",
    "meeting without a word",
    "meetings without a word",
    silent,
    url=lambda _p: "/meetings/",
)
WAITING = Line(
    "hand_offs",
    "Hand-offs not accepted",
    "hand-off not accepted",
    "hand-offs not accepted",
    waiting,
    url=lambda _p: "/meetings/",
)
