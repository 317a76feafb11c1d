"""A meeting in the calendars: the time it may have, its task on the lead, and who is told of it (MEET-1).

Called by `booking.py` and `moving.py` within the lead's turn; `what_to_do` by whoever gives a meeting to another.
"""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from accounts.messages import post
from accounts.models import User
from leads.lifecycle import Refused, Step
from leads.models import Channel, Task
from meetings import holders, invitations
from meetings.models import Meeting
from meetings.record import tell

DUE = timedelta(hours=24)  # from the scheduled start
SHORTEST, LONGEST = 10, 480  # minutes


def refuse_no_time(starts_at: datetime, minutes: int, at: datetime) -> None:
    """Refuse a time that no meeting can have: past, more than a year away, too short or too long. Pure."""
    if starts_at <= at:
        raise Refused("That time is past. Choose a later one.", "past")
    if starts_at > at + timedelta(days=366):
        raise Refused("That is more than a year away. Choose an earlier time.", "far")
    if not SHORTEST <= minutes <= LONGEST:
        raise Refused(f"A meeting takes {SHORTEST} minutes to {LONGEST // 60} hours.", "length")


def enter(step: Step, meeting: Meeting) -> None:
    """Enter a meeting into the calendar, within a turn, with its task on the lead. Who is taken then is said by the database."""
    meeting.lead, meeting.cycle = step.lead, step.cycle if step.lead.is_open else None
    holders.hold_calendar(meeting.owner)
    try:
        with transaction.atomic():
            meeting.save(force_insert=True)
    except IntegrityError as problem:
        words = str(problem)
        if "meeting_owner_free" in words:
            raise Refused(
                f"{meeting.owner.get_short_name()} has another meeting then. Choose another time.", "busy"
            ) from problem
        if "meeting_lead_free" in words:
            raise Refused(f"{step.lead.name} has another meeting with us then.", "busy") from problem
        raise
    step.add(
        Task(kind=Task.Kind.MEETING, lead=step.lead, cycle=meeting.cycle, owner=meeting.owner, channel=Channel.MEETING,
             what=what_to_do(meeting), created_by=step.by, began_at=step.at, due_at=meeting.starts_at),
        "meeting",
    )  # fmt: skip


def what_to_do(meeting: Meeting) -> str:
    return f"Meeting with {meeting.owner.get_short_name()}"


def finish(meeting: Meeting, made: dict, by: User | None) -> None:
    """Tie the meeting to its task, and tell who holds it, who sourced it and the prospect."""
    meeting.task = made["meeting"]
    Meeting.objects.filter(pk=meeting.pk).update(task=meeting.task)
    told = [person for person in {meeting.owner, meeting.sourced_by} if person is not None and person != by]
    rows = [
        m
        for person in told
        for m in tell(person, "meeting_booked", str(meeting.pk), at=meeting.booked_at, meeting=meeting)
    ]
    post([*rows, *invitations.request(meeting)])
