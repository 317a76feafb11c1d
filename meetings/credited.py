"""For which meeting of a sale its SDR is credited: one that was held, whoever has the lead by then, once a sale (MEET-7).

Asked by `outcomes.py`, under the lock of the sale that every word about its meetings takes.
"""

from datetime import datetime

from accounts.models import User
from meetings.models import Meeting, MeetingStatus
from meetings.record import put_on_record


def is_elsewhere(row: Meeting) -> bool:
    """Whether its SDR, or another, is credited for another meeting of its sale. One query."""
    return Meeting.objects.filter(opportunity=row.opportunity_id, is_credited=True).exclude(pk=row.pk).exists()


def pass_on(row: Meeting, *, by: User | None, at: datetime, door: str) -> None:
    """Credit the SDR of the first other meeting of the sale that was held, now that this one was none after all."""
    held = Meeting.objects.filter(
        opportunity=row.opportunity_id, status__in=MeetingStatus.HELD, sourced_by__isnull=False
    )
    other = held.exclude(pk=row.pk).order_by("disposed_at", "pk").select_for_update(no_key=True).first()
    if other is None:
        return
    other.is_credited = True
    other.save(update_fields=["is_credited"])
    facts = {
        "status": other.status,
        "reason": other.reason_id,
        "version": other.version,
        "credited": True,
        "to": other.sourced_by_id,
    }
    put_on_record(None, other, "credit", by=by, at=at, door=door, **facts)
