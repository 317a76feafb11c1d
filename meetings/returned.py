"""A lead that its receiver sent back, handed over again (MEET-4, SLA-6). Called by its page, which the pages of its sale and lead lead to,
and by the API. A customer that success sent back has `customers.py`.

The receiver's reason stays on record with the passing that it ended; this one is another, with 24 hours of its own.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from accounts import ownership
from accounts.messages import post
from accounts.models import Door, Event, Opportunity, OpportunityStatus, Role, User
from leads.lifecycle import Refused, Seen, Step, turn
from leads.models import LeadStatus
from leads.notices import notice
from meetings import handing, passing
from meetings.models import HandOff, Meeting, MeetingStatus
from meetings.models.hand_off import ACCEPT_WITHIN
from meetings.record import may

TAKERS = (Role.AE, Role.MANAGER)  # who sells


def of_sale(sale: Opportunity) -> list[HandOff]:
    """List the leads of an open sale that were sent back and wait in the hands of who gave them. One query."""
    last: dict[int, HandOff] = {}
    rows = HandOff.objects.filter(opportunity=sale, kind=HandOff.Kind.SALE, lead__gone_as="").order_by("pk")
    for row in rows.select_related("lead", "giver", "receiver", "reason", "ended_by", "opportunity"):
        last[row.lead_id] = row
    return [row for row in last.values() if is_back(row)]


def is_back(row: HandOff) -> bool:
    """Say whether what this passing was of can be handed over again: it was sent back, and its sale and lead go on. Pure, where those were
    read beside it."""
    goes_on = row.opportunity.status == OpportunityStatus.OPEN and not row.opportunity.gone_as
    return (
        (row.kind, row.outcome) == (HandOff.Kind.SALE, HandOff.Outcome.REFUSED)
        and goes_on
        and row.lead is not None
        and row.lead.status in (*LeadStatus.OPEN, LeadStatus.QUALIFIED)
    )


def since(row: HandOff) -> HandOff | None:
    """Return the last passing of the same lead after this one. One query."""
    rows = HandOff.objects.filter(kind=row.kind, opportunity=row.opportunity_id, lead=row.lead_id, pk__gt=row.pk)
    return rows.select_related("receiver").order_by("pk").last()


def takers() -> QuerySet[User]:
    """Return who a lead may be handed to."""
    return User.objects.filter(role__in=TAKERS, is_active=True).order_by("name", "pk")


def hand_over(hand_off: HandOff, *, to: User | None = None, by: User, at: datetime, door: str = Door.PAGE) -> HandOff:
    """Hand a lead over again that was sent back: to who sent it back, or to another, who has 24 hours to accept.

    The lead is theirs at once, with what is ahead of the meetings of the one who sent it back; and the sale, where that was whose it was.
    Refused: what was not sent back or is handed over anew already, a sale that is closed, a lead that is not in hand any more, somebody who
    sells nothing, has it, or is taken when its meeting is.
    """
    with transaction.atomic():
        row = handing.hold(hand_off)
        may(by, "again", row)
        to = to or row.receiver
        _refuse(row, to)
        if row.opportunity.opportunity_owner_id == row.receiver_id != to.pk:
            sale = row.opportunity
            ownership.change([sale], "opportunity_owner", to=to, by=by, at=at, door=door)
            facts = {"last": row.receiver, "to": to, "by": by, "at": at, "door": door}
            passing.follow_owner([sale.pk], "opportunity_owner", **facts)
        made: list[HandOff] = []
        turn([Seen(row.lead_id)], lambda step: made.append(_again(step, row, to)), by=by, at=at, door=door).whole()
        _told(made[0], by, at, door)
    return made[0]


def _refuse(row: HandOff, to: User | None) -> None:
    if row.kind != HandOff.Kind.SALE or row.outcome != HandOff.Outcome.REFUSED:
        raise Refused("Only a lead that was sent back is handed over again.", "state")
    if (other := since(row)) is not None:
        who = other.receiver.get_short_name() if other.receiver else "somebody"
        raise Refused(f"It was handed to {who} since.", "already")
    if row.opportunity.status != OpportunityStatus.OPEN or row.opportunity.gone_as:
        raise Refused(f"{row.opportunity.name} is closed: {row.opportunity.get_status_display().lower()}.", "state")
    if to is None or not to.is_active or Role(to.role) not in TAKERS:
        raise Refused("Choose somebody who sells.", "to")


def _again(step: Step, row: HandOff, to: User) -> HandOff:
    """Put the lead, and what is ahead of it, into the hands of who is to accept it, within a turn."""
    lead = step.lead
    if lead.status not in (*LeadStatus.OPEN, LeadStatus.QUALIFIED):
        raise Refused(f"{lead.name} is {lead.state_label}; only who is in hand is handed over.", "state")
    if lead.opted_out_at:
        raise Refused(f"{lead.name} asked us to stop on every channel.", "opted_out")
    if lead.owner_id == to.pk:
        raise Refused(f"{to.get_short_name()} has {lead.name} already.", "to")
    if lead.is_open:
        handing.give(step, to, data={"hand_off": row.pk})
    else:
        step.record("owner", data={"from": lead.owner_id, "to": to.pk, "hand_off": row.pk})
        step.own(to, None)
        lead.opportunity_owner = to
    met = Meeting.objects.filter(lead=lead.pk, opportunity=row.opportunity_id)
    if to.pk != row.receiver_id:
        ahead = met.filter(owner=row.receiver_id, status=MeetingStatus.BOOKED, starts_at__gt=step.at)
        for meeting in ahead.order_by("starts_at").values_list("pk", flat=True):
            passing.take(step, meeting, to)
    limit, last = step.at + ACCEPT_WITHIN, met.order_by("starts_at").last()
    return HandOff.objects.create(
        kind=row.kind, opportunity=row.opportunity, lead_id=lead.pk, giver=row.giver, receiver=to, began_at=step.at,
        recorded_at=step.at, limit_at=limit, sweep_at=limit, missing=handing.missing_of(last) if last else row.missing,
    )  # fmt: skip


def _told(row: HandOff, by: User, at: datetime, door: str) -> None:
    Event.objects.create(
        kind="hand_off", move="again", at=at, recorded_at=at, door=door, actor_id=by.pk, account_id=row.opportunity.account_id,
        opportunity_id=row.opportunity_id, lead_id=row.lead_id,
        data={"hand_off": row.pk, "kind": row.kind, "from": row.giver_id, "to": row.receiver_id},
    )  # fmt: skip
    if row.receiver_id != by.pk:
        facts = {"lead": row.lead_id, "sale": row.opportunity.name, "opportunity": row.opportunity_id}
        post(notice(row.receiver, "hand_off_again", str(row.pk), at=at, **facts))
