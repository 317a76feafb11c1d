"""Who has a lead before and after its meetings: the hand-off point, the passing to sales, and the way back (MEET-4, MEET-5, SLA-6).

Called by booking and outcomes within their transaction; `accept` and `refuse` by the receiver's page.
"""

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from accounts import ownership
from accounts.lines import Lines
from accounts.messages import post
from accounts.models import Door, Event, Opportunity, OpportunityStatus, User
from leads.lifecycle import Refused, Seen, Step, turn
from leads.models import LeadStatus, Spell
from leads.notices import notice
from leads.receiving import Receiver, change_hands
from meetings.models import HandOff, HandOffPoint, HandOffRule, Meeting
from meetings.record import may

ACCEPT_WITHIN = timedelta(hours=24)


def point_for(amount: Decimal, segment: str) -> str:
    """Say when a lead is handed over, by contract value and segment (MOTION-6). A rule of the segment goes before one of all. One query."""
    rules = [
        r
        for r in HandOffRule.objects.all()
        if r.from_amount <= amount and r.segment.casefold() in ("", segment.casefold())
    ]
    if not rules:
        return HandOffPoint.COMPLETED
    return max(rules, key=lambda r: (bool(r.segment), r.from_amount)).point


def give(step: Step, to: User, *, data: dict | None = None) -> None:
    """Put a lead in hand into the seller's hands, within a turn. Its sales development owner stays who it was (ACC-7)."""
    lead = step.lead
    if lead.owner_id != to.pk:
        found_by = lead.development_owner
        change_hands(step, Receiver(to, step.at, counts_caps=False), how=Spell.How.REASSIGNED, data=data)
        lead.development_owner = found_by
    lead.opportunity_owner = to


def return_to_source(step: Step, meeting: Meeting, *, data: dict | None = None) -> User | None:
    """Put a lead in hand back into the hands of the SDR who sourced the meeting, and say in whose it is then (MEET-5).

    One who left is stood in for by their manager.
    """
    lead, to = step.lead, meeting.sourced_by
    if to is not None and not to.is_active:
        to = Lines().manager(user=to.pk)
    if not lead.is_open or to is None:
        return lead.owner
    if lead.owner_id != to.pk:
        seller = lead.opportunity_owner
        change_hands(step, Receiver(to, step.at, counts_caps=False), how=Spell.How.RETURNED, data=data)
        lead.development_owner = meeting.sourced_by
        lead.opportunity_owner = seller
    return to


def begin(meeting: Meeting, *, at: datetime, accepted: bool) -> HandOff:
    """Begin the passing of a lead to sales: waiting for the receiver's word, or accepted by their disposition. One query or two."""
    facts = {
        "kind": HandOff.Kind.SALE, "opportunity": meeting.opportunity, "lead": meeting.lead, "giver": meeting.sourced_by,
        "receiver": meeting.owner,
    }  # fmt: skip
    if accepted:
        open_one = HandOff.objects.filter(
            kind=HandOff.Kind.SALE, opportunity=meeting.opportunity, lead=meeting.lead, outcome=""
        )
        closed = {
            "outcome": HandOff.Outcome.ACCEPTED,
            "ended_at": at,
            "ended_by": meeting.disposed_by,
            "sweep_at": None,
        }
        if open_one.update(**closed):
            return HandOff.objects.filter(opportunity=meeting.opportunity, lead=meeting.lead, ended_at=at).latest("pk")
        began = min(meeting.starts_at, at)
        return HandOff.objects.create(**facts, began_at=began, limit_at=began + ACCEPT_WITHIN, **closed)
    limit = at + ACCEPT_WITHIN
    found, _made = HandOff.objects.get_or_create(
        kind=HandOff.Kind.SALE, opportunity=meeting.opportunity, lead=meeting.lead, outcome="",
        defaults=facts | {"began_at": at, "limit_at": limit, "sweep_at": limit},
    )  # fmt: skip
    return found


def pass_on(step: Step, old: Meeting, new: Meeting) -> None:
    """Let a lead handed over with its meeting, and the word waited for, go along to who holds it now; the 24 hours run on."""
    if new.point != HandOffPoint.SCHEDULED:
        return
    give(step, new.owner, data={"meeting": new.pk})
    HandOff.objects.filter(
        kind=HandOff.Kind.SALE, opportunity=new.opportunity, lead=new.lead, receiver=old.owner, outcome=""
    ).update(receiver=new.owner)


def drop(meeting: Meeting, *, at: datetime) -> None:
    """End what waits of this lead's passing to sales: there is nothing to hand over any more. One query."""
    HandOff.objects.filter(
        kind=HandOff.Kind.SALE, opportunity=meeting.opportunity, lead=meeting.lead, outcome=""
    ).update(outcome=HandOff.Outcome.DROPPED, ended_at=at, sweep_at=None)


def _waiting(hand_off: HandOff, by: User) -> HandOff:
    Opportunity.objects.select_for_update(no_key=True).get(pk=hand_off.opportunity_id)
    row = HandOff.objects.select_related(
        "receiver", "giver", "opportunity__product", "opportunity__account", "lead"
    ).get(pk=hand_off.pk)
    may(by, "answer", row)
    if row.outcome:
        who = row.ended_by.get_short_name() if row.ended_by else "LeadOps"
        raise Refused(f"{who} answered already: {row.get_outcome_display().lower()}.", "already")
    return row


def accept(hand_off: HandOff, *, by: User, at: datetime, door: str = Door.PAGE) -> HandOff:
    """Take on what is handed over. Who accepts a customer that nobody was named for becomes the success owner."""
    with transaction.atomic():
        row = _waiting(hand_off, by)
        _end(row, HandOff.Outcome.ACCEPTED, by, at)
        if row.kind == HandOff.Kind.SUCCESS and row.receiver_id is None:
            row.receiver = by
            row.save(update_fields=["receiver"])
            ownership.change([row.opportunity], "success_owner", to=by, by=by, at=at, door=door)
            ownership.change([row.opportunity.account], "success_owner", to=by, by=by, at=at, door=door)
        _told(row, "hand_off_accepted", by, at, door)
    return row


def refuse(
    hand_off: HandOff, *, why: str, by: User, at: datetime, oversold: bool = False, door: str = Door.PAGE
) -> HandOff:
    """Refuse what is handed over, with a reason: it goes back to who gave it (SLA-6). A customer may be *oversold* (ACC-11)."""
    if not why.strip():
        raise Refused("Write why you refuse it.", "why")
    with transaction.atomic():
        row = _waiting(hand_off, by)
        row.why, row.is_oversold = why.strip()[:2_000], oversold and row.kind == HandOff.Kind.SUCCESS
        _end(row, HandOff.Outcome.REFUSED, by, at)
        if row.kind == HandOff.Kind.SALE and row.lead_id and row.giver_id:
            turn([Seen(row.lead_id)], lambda step: _back(step, row), by=by, at=at, door=door)
        _told(row, "hand_off_refused", by, at, door)
    return row


def _back(step: Step, row: HandOff) -> None:
    if step.lead.status not in LeadStatus.OPEN or step.lead.owner_id != row.receiver_id:
        raise Refused("It is in other hands already.", "state")
    change_hands(
        step, Receiver(row.giver, step.at, counts_caps=False), how=Spell.How.RETURNED, data={"hand_off": row.pk}
    )


def _end(row: HandOff, outcome: str, by: User | None, at: datetime) -> None:
    row.outcome, row.ended_at, row.ended_by, row.sweep_at = outcome, at, by, None
    row.save(update_fields=["outcome", "ended_at", "ended_by", "sweep_at", "why", "is_oversold"])


def _told(row: HandOff, kind: str, by: User, at: datetime, door: str) -> None:
    Event.objects.create(
        kind="hand_off", move=row.outcome, at=at, recorded_at=at, door=door, actor_id=by.pk, account_id=row.opportunity.account_id,
        opportunity_id=row.opportunity_id, lead_id=row.lead_id,
        data={"hand_off": row.pk, "kind": row.kind, "from": row.giver_id, "to": row.receiver_id, "oversold": row.is_oversold},
    )  # fmt: skip
    told = (
        []
        if row.giver_id == by.pk
        else notice(row.giver, kind, str(row.pk), at=at, lead=row.lead_id, sale=row.opportunity.name)
    )
    if row.outcome == HandOff.Outcome.REFUSED:
        manager = Lines().manager(user=row.giver_id)
        told += notice(manager, kind, str(row.pk), at=at, lead=row.lead_id, sale=row.opportunity.name)
    post(told)


def to_success(sale: Opportunity, *, missing: list[str], by: User | None, at: datetime) -> HandOff:
    """Hand a customer to the success manager, with what is still missing of its entry criteria (ACC-11). Two queries."""
    assert sale.status == OpportunityStatus.WON
    receiver = sale.success_owner or sale.account.success_owner
    limit = at + ACCEPT_WITHIN
    return HandOff.objects.create(
        kind=HandOff.Kind.SUCCESS, opportunity=sale, giver=sale.opportunity_owner or by, receiver=receiver, missing=missing, began_at=at,
        limit_at=limit, sweep_at=limit,
    )  # fmt: skip
