"""A booking taken back within its minute (WORK-2): as if it had not been, with both facts on record. Called by the undo of the pages.

Invitations that did not leave yet never do; who has theirs already gets the cancellation. The touch it was is withdrawn, with what it had
ended; the turn comes back to whose it was; an opportunity that opened with it is closed as *not qualified*, in no win rate; one that was
there and got its value with it has none again.
"""

from datetime import datetime

from django.db import transaction

from accounts import messages
from accounts.models import Door, User
from leads import touches
from leads.lifecycle import UNDO, Refused
from leads.models import Channel, Credit, Touch
from meetings import closing, invitations, moving, opportunities
from meetings.models import Meeting
from meetings.record import hold


def take_back(meeting: Meeting | int, *, by: User, at: datetime, door: str = Door.PAGE) -> Meeting:
    """Take a booking back, by who made it, within 60 seconds. All of it or nothing; about as many queries as a cancellation, and ten.

    Raises Refused: too late, not theirs, moved or called off meanwhile, begun, or its round ended since.
    """
    with transaction.atomic():
        row = hold(meeting, at=at)
        if row.booked_by_id != by.pk:
            raise Refused("Only who booked a meeting takes it back.", "not_yours")
        if at - row.booked_at > UNDO:
            raise Refused("Too late to undo. Call the meeting off instead: they hear of it.", "too_late")
        row = moving.cancel(row, by=by, at=at, door=door)
        _unsend(row)
        if row.pool_id:
            Credit.objects.create(
                pool_id=row.pool_id, user=row.owner, lead_id=row.lead_id, why=Credit.Why.UNDONE, by=by, at=at
            )
        touch = Touch.objects.filter(
            lead=row.lead_id, by=by, channel=Channel.MEETING, occurred_at=row.booked_at, withdrawn_at__isnull=True
        ).first()
        if touch is not None:
            touches.withdraw(touch, by=by, at=at, door=door).whole()
        closing.withdraw_opening(row, by=by, at=at, door=door)
        opportunities.withdraw_worth(row.opportunity_id, said_at=row.booked_at, by=by, at=at, door=door)
    return row


def _unsend(row: Meeting) -> None:
    """Recall what nobody has got: then neither the invitation nor its cancellation leaves the house. Two queries for each who was asked."""
    for asked, called_off in zip(invitations.request(row), invitations.cancel(row), strict=True):
        if messages.recall([asked.dedupe_key]):
            messages.recall([called_off.dedupe_key])
