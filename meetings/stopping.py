"""Somebody who asked us to stop on every channel and has a meeting ahead (LIFE-11). Called by `leads/consent.py` within its turn.

They agreed to that meeting themselves, and a mail they are tired of is no cancellation: it stands, nothing more is sent to them about it,
and who holds it and who brought it about are told at once, to call it off or to ask whether they still come.
"""

from leads.lifecycle import Step
from meetings.models import Meeting, MeetingStatus
from meetings.record import tell


def tell_who_meets(step: Step) -> None:
    """Tell who holds or brought about what is ahead of a lead that asks us to stop. One query a turn."""
    for row in step.turn.remember("meetings ahead", lambda: _ahead(step)):
        if row.lead_id != step.lead.pk:
            continue
        for person in {row.owner, row.sourced_by} - {None, step.by}:
            step.tell(tell(person, "meeting_unwanted", f"{row.pk}:{step.at:%Y%m%d%H%M%S}", at=step.at, meeting=row))


def _ahead(step: Step) -> list[Meeting]:
    rows = Meeting.objects.filter(lead__in=step.turn.ids, status=MeetingStatus.BOOKED, starts_at__gt=step.turn.at)
    return list(rows.select_related("owner", "sourced_by").order_by("pk"))
