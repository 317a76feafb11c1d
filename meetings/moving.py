"""A booked meeting before it begins: moved to another time, or called off (MEET-2). Called by pages, the API, and by a sale that is lost.

A move is a link of a chain: the row ends, the next one takes its invitation on. Neither is a disposition.
"""

from datetime import UTC, datetime, timedelta

from django.db import transaction

from accounts.lines import Lines
from accounts.messages import post
from accounts.models import Door, User
from leads.lifecycle import Refused, Step
from leads.models import Task
from meetings import entering, handing, holders, invitations, points
from meetings.models import HandOffPoint, Meeting, MeetingStatus
from meetings.record import hold, may, tell, what_happened, with_lead

MOVES_BY_THEM = 3  # then the manager is told


def reschedule(
    meeting: Meeting, *, starts_at: datetime, by: User | None, at: datetime, minutes: int | None = None, owner: User | None = None,
    is_theirs: bool = False, version: int | None = None, door: str = Door.PAGE,
) -> Meeting:  # fmt: skip
    """Move a meeting to another time, before it began: this row ends *rescheduled*, the next of the chain takes its invitation on.

    `is_theirs`: they asked for it; at their third in a chain the manager is told (MEET-6). Returns the new row.
    """
    starts_at = starts_at.astimezone(UTC)
    with transaction.atomic():
        old = hold(meeting, at=at, version=version)
        may(by, "move", old)
        _still_ahead(old, at, "moved")
        length = timedelta(minutes=minutes) if minutes else old.ends_at - old.starts_at
        entering.refuse_no_time(starts_at, length // timedelta(minutes=1), at)
        new = Meeting(
            **{name: getattr(old, name) for name in ("lead", "account", "opportunity", "sourced_by", "zone", "place", "point", "persona")},
            owner=owner or old.owner, pool=old.pool if owner in (None, old.owner) else None, next_step=old.next_step, booked_by=by,
            starts_at=starts_at, ends_at=starts_at + length, due_at=starts_at + entering.DUE, sweep_at=starts_at + length, previous=old,
            uid=old.uid, sequence=old.sequence + 1, booked_at=at, recorded_at=at,
        )  # fmt: skip
        holders.able(new.owner, new)
        old.move()
        _end(old, at, is_theirs)
        made = {}

        def change(step: Step) -> None:
            _close_task(step, old)
            new.point = points.agreed(new.point, new.owner, step.lead)
            entering.enter(step, new)
            made.update(step.made)
            if new.owner_id != old.owner_id and step.lead.is_open and step.lead.owner_id == old.owner_id:
                handing.pass_on(step, old, new)

        facts = {"to": starts_at.isoformat(), "theirs": is_theirs}
        with_lead(old, change, "reschedule", by=by, at=at, door=door, **facts)
        if "meeting" not in made:
            raise Refused("This lead is gone.", "gone")
        entering.finish(new, made, by)
        if new.owner_id != old.owner_id:
            post(invitations.cancel(old, only=old.owner))
        if is_theirs:
            _count_moves(new, at)
    return new


def cancel(
    meeting: Meeting,
    *,
    by: User | None,
    at: datetime,
    is_theirs: bool = False,
    version: int | None = None,
    door: str = Door.PAGE,
) -> Meeting:
    """Call a meeting off, before it began. No no-show; a lead that was handed over with it goes back to who found it."""
    with transaction.atomic():
        row = hold(meeting, at=at, version=version)
        may(by, "cancel", row)
        _still_ahead(row, at, "cancelled")
        row.cancel()
        _end(row, at, is_theirs)

        def change(step: Step) -> None:
            _close_task(step, row)
            if row.point == HandOffPoint.SCHEDULED and step.lead.owner_id == row.owner_id:
                handing.return_to_source(step, row, data={"meeting": row.pk})

        with_lead(row, change, "cancel", by=by, at=at, door=door, theirs=is_theirs)
        handing.drop(row, at=at)
        told = [person for person in {row.owner, row.sourced_by} if person is not None and person != by]
        post([m for person in told for m in tell(person, "meeting_cancelled", str(row.pk), at=at, meeting=row)])
        post(invitations.cancel(row))
    return row


def _still_ahead(row: Meeting, at: datetime, done: str) -> None:
    if row.status != MeetingStatus.BOOKED:
        raise Refused(what_happened(row, at), "already")
    if at >= row.starts_at:
        raise Refused(f"It has begun: it cannot be {done} any more. Say what came of it.", "late")


def _end(row: Meeting, at: datetime, is_theirs: bool) -> None:
    row.ended_at, row.is_theirs, row.sweep_at = at, is_theirs, None
    row.version += 1
    row.save(update_fields=["status", "ended_at", "is_theirs", "sweep_at", "version"])


def _close_task(step: Step, row: Meeting) -> None:
    for task in step.open_tasks:
        if task.pk == row.task_id:
            step.close_task(task, Task.Outcome.DROPPED)


def _count_moves(new: Meeting, at: datetime) -> None:
    """Tell the manager at the third time they moved one invitation (MEET-6)."""
    moved = Meeting.objects.filter(uid=new.uid, status=MeetingStatus.RESCHEDULED, is_theirs=True).count()
    if moved == MOVES_BY_THEM:
        manager = Lines().manager(user=(new.sourced_by or new.owner).pk)
        post(tell(manager, "moved_often", str(new.uid), at=at, meeting=new))
