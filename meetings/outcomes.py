"""What came of a meeting, and what follows, each in one transaction (MEET-2 to MEET-7). Called by the AE's page, the signed link, the API.

Three at once, a double click, a link used after the page: one effect; whoever comes second is told who did what. A correction keeps the
moment of the first word and the value of the last; each version stays on record.
"""

from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import Disposition, Door, Reason, User
from leads import dispositions
from leads.lifecycle import Refused
from leads.step import size_of
from meetings import credited, repairing
from meetings.following import follow
from meetings.models import Meeting, MeetingStatus
from meetings.record import hold, may, what_happened

CORRECT_WITHIN = timedelta(hours=24)  # by who said it; later a manager
MOVES = {
    MeetingStatus.QUALIFIED: "qualify", MeetingStatus.UNQUALIFIED: "unqualify",
    MeetingStatus.NO_SHOW: "not_shown", MeetingStatus.MISSED: "miss",
}  # fmt: skip


def complete_qualified(
    meeting: Meeting, *, by: User, at: datetime, version: int | None = None, door: str = Door.PAGE
) -> Meeting:
    """It was held, and they may buy: the sale reaches the qualifying stage, the lead is qualified and the AE's (MEET-4)."""
    return _dispose(meeting, MeetingStatus.QUALIFIED, by=by, at=at, version=version, door=door)


def complete_unqualified(
    meeting: Meeting, *, reason: Reason, by: User, at: datetime, size: str = "", version: int | None = None, door: str = Door.PAGE
) -> Meeting:  # fmt: skip
    """It was held, and it is not now or never, for the AE's reason: the round ends with it (MEET-4)."""
    return _dispose(
        meeting, MeetingStatus.UNQUALIFIED, by=by, at=at, reason=reason, size=size, version=version, door=door
    )


def no_show(meeting: Meeting, *, by: User, at: datetime, version: int | None = None, door: str = Door.PAGE) -> Meeting:
    """We were there and they were not: back to the SDR, who looks for a new time; the third of a round ends it (MEET-5, MEET-6)."""
    return _dispose(meeting, MeetingStatus.NO_SHOW, by=by, at=at, version=version, door=door)


def missed_by_owner(
    meeting: Meeting, *, by: User, at: datetime, version: int | None = None, door: str = Door.PAGE
) -> Meeting:
    """They were there and we were not: no no-show of theirs; the SDR looks for a new time, the manager is told (MEET-5)."""
    return _dispose(meeting, MeetingStatus.MISSED, by=by, at=at, version=version, door=door)


def dispose(
    meeting: Meeting, status: str, *, by: User, at: datetime, reason: Reason | None = None, size: str = "", version: int | None = None,
    door: str = Door.PAGE,
    claimed_by: User | None = None,
) -> Meeting:  # fmt: skip
    """Say what came of a meeting, by its name: the one way in for doors that take it as a value."""
    facts = {"reason": reason, "size": size, "version": version, "claimed_by": claimed_by}
    return _dispose(meeting, status, by=by, at=at, door=door, **facts)


def _dispose(meeting, status, *, by, at, reason=None, size="", version=None, door, claimed_by=None) -> Meeting:
    fits(status, reason, size)
    with transaction.atomic():
        row = hold(meeting, at=at)
        may(by, "disposition", row)
        if row.status != MeetingStatus.BOOKED:
            raise Refused(what_happened(row, at), "already")
        if version is not None and version != row.version:
            raise Refused(what_happened(row, at), "stale")
        if at < row.starts_at:
            raise Refused("It has not begun yet. Move it or call it off.", "early")
        _stand(row, status, reason, size)
        row.disposed_at = row.ended_at = at
        row.disposed_by, row.sweep_at = by, None
        _save(row)
        follow(row, by, at, door, "disposition", claimed_by=claimed_by.pk if claimed_by else None)
    return row


def fits(status: str, reason: Reason | None, size: str) -> None:
    """Refuse what nobody can say of a meeting: a reason that does not fit, one that asks for the size without it (LIFE-4)."""
    if status not in MOVES:
        raise Refused("Choose what came of it.", "status")
    if (status == MeetingStatus.UNQUALIFIED) != (reason is not None):
        raise Refused("Choose why: not now, or never." if reason is None else "That needs no reason.", "reason")
    if reason is not None and (
        reason.disposition not in (Disposition.NURTURE, Disposition.UNQUALIFIED)
        or reason.is_system
        or not reason.is_active
    ):
        raise Refused(f"“{reason.label}” is no reason for this.", "reason")
    size_of(reason, size)


def _stand(row: Meeting, status: str, reason: Reason | None, size: str) -> None:
    if row.status != status:  # another reason of the same end is no move
        getattr(row, MOVES[status])()
    row.reason, row.size = reason, size_of(reason, size)
    row.version += 1
    row.is_credited = status in MeetingStatus.HELD and row.sourced_by_id is not None and not credited.is_elsewhere(row)


def _save(row: Meeting) -> None:
    row.save(
        update_fields=["status", "reason", "size", "version", "is_credited", "disposed_at", "disposed_by", "ended_at", "sweep_at",
                       "corrected_at", "claim", "claimed_at", "claimed_by"]
    )  # fmt: skip


def correct(
    meeting: Meeting, status: str, *, by: User, at: datetime, reason: Reason | None = None, size: str = "", version: int | None = None,
    door: str = Door.PAGE,
) -> Meeting:  # fmt: skip
    """Correct what was said of a meeting: what had followed from it is taken back as far as nobody went on from there, and what follows
    from the right word happens. Who said it for 24 hours, a manager later. The first moment stays, and so does every version.
    """
    fits(status, reason, size)
    with transaction.atomic():
        row = hold(meeting, at=at, version=version)
        may(by, "correct", row)
        if not row.is_disposed:
            raise Refused("Nothing was said of this meeting yet.", "state")
        if (row.status, row.reason, row.size) == (status, reason, size_of(reason, size)):
            raise Refused(what_happened(row, at), "already")
        if by.pk == row.owner_id and by.role not in dispositions.LATER and at - row.disposed_at > CORRECT_WITHIN:
            raise Refused("After 24 hours a manager corrects it.", "too_late")
        was, was_credited = row.status, row.is_credited
        repairing.unfollow(row, status, by, at, door)
        _stand(row, status, reason, size)
        row.corrected_at = at
        _save(row)
        follow(row, by, at, door, "correct", was=was)
        if was_credited and not row.is_credited:
            credited.pass_on(row, by=by, at=at, door=door)
    return row
