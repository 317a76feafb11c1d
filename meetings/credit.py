"""The SDR's side of a meeting: recorded by them where nobody said what came of it, credited once per opportunity, contested (MEET-7).

The credit is the mark on a meeting, not its lead's owner: so it survives hand-off, reassignment and leaving.
"""

from datetime import datetime, timedelta

from django.db import transaction

from accounts.lines import Lines
from accounts.messages import post
from accounts.models import Door, Reason, User
from leads.lifecycle import Refused
from leads.step import number_of, size_of
from meetings import outcomes
from meetings.models import Meeting, MeetingStatus
from meetings.record import hold, may, put_on_record, tell, what_happened

CLAIM_AFTER = timedelta(hours=48)  # from the scheduled start
CONTEST_WITHIN = timedelta(days=5)
CLAIM = ["claim", "claim_reason", "claim_size", "claimed_at", "claimed_by", "version"]


def claim(
    meeting: Meeting, status: str, *, by: User, at: datetime, reason: Reason | None = None, size: str = "", door: str = Door.PAGE
) -> Meeting:  # fmt: skip
    """Record what came of a meeting that had no disposition for 48 hours: the SDR says it, their manager confirms it."""
    outcomes.fits(status, reason, size)
    with transaction.atomic():
        row = hold(meeting, at=at)
        may(by, "claim", row)
        if row.status != MeetingStatus.BOOKED:
            raise Refused(what_happened(row, at), "already")
        if at < row.starts_at + CLAIM_AFTER:
            raise Refused(f"{row.owner.get_short_name()} has 48 hours from its start to say what came of it.", "early")
        if row.claim:
            raise Refused(f"{row.claimed_by.get_short_name()} recorded it; the manager confirms it.", "already")
        row.claim, row.claim_reason, row.claimed_at, row.claimed_by = status, reason, at, by
        row.claim_size = size_of(reason, size)
        row.version += 1
        row.save(update_fields=CLAIM)
        put_on_record(None, row, "claim", by=by, at=at, door=door, status=status)
        post(tell(_manager(by), "meeting_claimed", str(row.pk), at=at, meeting=row))
    return row


def confirm(meeting: Meeting, *, by: User, at: datetime, door: str = Door.PAGE) -> Meeting:
    """Confirm what an SDR recorded: it is the disposition from now on, and what follows happens."""
    with transaction.atomic():
        row = hold(meeting, at=at)
        may(by, "confirm", row)
        if not row.claim or row.status != MeetingStatus.BOOKED:
            raise Refused(what_happened(row, at) if row.is_disposed else "Nobody recorded what came of it.", "already")
        facts = {"reason": row.claim_reason, "size": row.claim_size, "claimed_by": row.claimed_by}
        return outcomes.dispose(row, row.claim, by=by, at=at, door=door, **facts)


def deny(meeting: Meeting, *, by: User, at: datetime, door: str = Door.PAGE) -> Meeting:
    """Say no to what an SDR recorded: it waits for its owner's word as before."""
    with transaction.atomic():
        row = hold(meeting, at=at)
        may(by, "confirm", row)
        if not row.claim or row.status != MeetingStatus.BOOKED:
            raise Refused("Nobody recorded what came of it.", "already")
        who = row.claimed_by
        row.claim, row.claim_reason, row.claim_size, row.claimed_at, row.claimed_by = "", None, "", None, None
        row.version += 1
        row.save(update_fields=CLAIM)
        put_on_record(None, row, "deny", by=by, at=at, door=door)
        post(tell(who, "meeting_denied", f"{row.pk}:{row.version}", at=at, meeting=row))
    return row


def contest(meeting: Meeting, *, why: str, by: User, at: datetime, door: str = Door.PAGE) -> Meeting:
    """Contest what was said of a meeting, or that it is not credited, within five days of its disposition. Once."""
    if not why.strip():
        raise Refused("Write why you contest it.", "why")
    with transaction.atomic():
        row = hold(meeting, at=at)
        may(by, "contest", row)
        if not row.is_disposed:
            raise Refused("Nothing was said of this meeting yet.", "state")
        if row.contested_at is not None:
            raise Refused("It is contested already.", "already")
        if at > (row.corrected_at or row.disposed_at) + CONTEST_WITHIN:
            raise Refused("It can be contested for five days.", "too_late")
        row.contested_at, row.contested_by, row.contest = at, by, why.strip()[:2_000]
        row.version += 1
        row.save(update_fields=["contested_at", "contested_by", "contest", "version"])
        put_on_record(None, row, "contest", by=by, at=at, door=door)
        post(tell(_manager(by), "meeting_contested", str(row.pk), at=at, meeting=row))
    return row


def settle(
    meeting: Meeting, *, upheld: bool, by: User, at: datetime, status: str = "", reason: Reason | None = None, size: str = "",
    door: str = Door.PAGE,
) -> Meeting:  # fmt: skip
    """Settle what is contested: it stands as it was, or is upheld, corrected to `status` where that is another."""
    with transaction.atomic():
        row = hold(meeting, at=at)
        may(by, "settle", row)
        if row.contested_at is None or row.settled_at is not None:
            raise Refused("There is nothing to settle.", "state")
        if by.pk == row.contested_by_id:
            raise Refused("Somebody else settles what you contest.", "own")
        is_other = (status, reason) != (row.status, row.reason) or number_of(size) not in ("", row.size)
        if upheld and status and is_other:
            row = outcomes.correct(row, status, by=by, at=at, reason=reason, size=size, door=door)
        row.settled_at, row.settled_by = at, by
        row.version += 1
        row.save(update_fields=["settled_at", "settled_by", "version"])
        put_on_record(None, row, "settle", by=by, at=at, door=door, upheld=upheld)
        post(
            tell(row.contested_by, "meeting_settled", str(row.pk), at=at, meeting=row, upheld="yes" if upheld else "no")
        )
    return row


def _manager(person: User) -> User | None:
    return Lines().manager(user=person.pk)
