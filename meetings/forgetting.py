"""A person who is erased is met no more (LIFE-11): what was booked is called off, what waited to be handed over falls away.

Called by `leads/erasure.py` within its transaction, once nothing of the person is left, so that nothing told here names them. What was held
stays with its counts; an appointment that is over is still said by who held it. Its sale, if it was the last hope, is closed by the sweep.
"""

from datetime import datetime

from accounts.messages import post
from accounts.models import User
from meetings import invitations
from meetings.models import HandOff, Meeting, MeetingStatus
from meetings.record import BESIDE, put_on_record, tell


def hold(leads: list[int]) -> set[int]:
    """Lock the meetings of these people, and return those of whom somebody else holds one: the leads are held already, so nobody is
    waited for. Two queries."""
    rows = Meeting.objects.filter(lead__in=leads).order_by("pk")
    held = set(rows.select_for_update(no_key=True, skip_locked=True, of=("self",)).values_list("pk", flat=True))
    return {lead for pk, lead in rows.values_list("pk", "lead") if pk not in held}


def call_off(leads: list[int], *, by: User, at: datetime, door: str) -> None:
    """Call off the meetings ahead of people who are gone, and tell who holds them. About five queries a meeting; they are held."""
    HandOff.objects.filter(lead__in=leads, outcome="").update(
        outcome=HandOff.Outcome.DROPPED, ended_at=at, ended_by=by, sweep_at=None
    )
    ahead = Meeting.objects.filter(lead__in=leads, status=MeetingStatus.BOOKED, starts_at__gt=at)
    for row in ahead.select_related(*BESIDE).order_by("pk"):
        row.cancel()
        row.ended_at, row.sweep_at, row.version = at, None, row.version + 1
        row.save(update_fields=["status", "ended_at", "sweep_at", "version"])
        put_on_record(None, row, "cancel", by=by, at=at, door=door)
        post([
            *tell(row.owner, "meeting_cancelled", str(row.pk), at=at, meeting=row),
            *invitations.cancel(row, only=row.owner),
        ])  # fmt: skip
