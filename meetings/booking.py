"""Meetings booked (MEET-1). Called by the lead page, the queue, the form, the API and simulation; moved or called off: `moving.py`.

All in one transaction: the opportunity opens or is joined, the meeting stands in the AE's calendar, the lead has a task that
says so, and what the hand-off point asks for is done. Nothing below this app asks about meetings: it sees the task.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.db import transaction

from accounts import changes
from accounts.matching import Company, accounts_for
from accounts.models import Account, Door, Opportunity, Product, Team, User
from leads import signals, touches
from leads.lifecycle import Refused, Seen, Step, turn
from leads.models import Channel, Lead, LeadStatus, Motion, Task, TouchOutcome
from meetings import entering, handing, holders, opportunities, points
from meetings.models import HandOffPoint, Meeting, MeetingStatus
from meetings.record import put_on_record


def book(
    lead: Lead | Seen, *, product: Product, starts_at: datetime, by: User | None, at: datetime, minutes: int = 30,
    owner: User | None = None,
    pool: Team | None = None, company: str = "", zone: str = "", place: str = "", persona: str = "", next_step: str = "",
    amount: Decimal = Decimal(0), currency: str = "EUR", door: str = Door.PAGE,
) -> Meeting:  # fmt: skip
    """Book a meeting with a lead: its opportunity opens, or is joined; the AE is the one named, else the sale's, else the pool's next.

    `by=None` is the prospect themselves: the response clock stops, flagged, and nobody's touch is counted (SLA-1); one in nobody's
    hands raises a hand with it. Otherwise a meeting booked with them is a touch. Where the lead has no company, `company` names it
    (ACC-1). Raises Refused: in the past, AE or lead taken then (the database says so), AE away, nobody free, lead not in hand.
    """
    starts_at = starts_at.astimezone(UTC)
    entering.refuse_no_time(starts_at, minutes, at)
    length = timedelta(minutes=minutes)
    seen = lead if isinstance(lead, Seen) else Seen(lead.pk, lead.cycle_id, lead.version)
    if by is None:
        seen = _asked_for_us(seen, product, at, door)
    with transaction.atomic():
        row = (
            Lead.objects.select_related("account", "owner", "development_owner")
            .filter(pk=seen.lead, gone_as="")
            .first()
        )
        if row is None:
            raise Refused("This lead is gone.", "gone")
        account = row.account or _company(row, company, at)
        finder = _finder(row)
        sale = opportunities.open(
            account,
            product,
            leads=[row],
            by=by,
            at=at,
            development_owner=finder,
            amount=amount,
            currency=currency,
            door=door,
        )
        sale = (
            Opportunity.objects.select_for_update(no_key=True, of=("self",))
            .select_related(*opportunities.BESIDE)
            .get(pk=sale.pk)
        )
        meeting = Meeting(
            lead=row, account=account, opportunity=sale, booked_by=by, starts_at=starts_at, ends_at=starts_at + length, zone=zone,
            place=place.strip()[:300], persona=persona.strip()[:80], next_step=next_step.strip(), booked_at=at, recorded_at=at,
            due_at=starts_at + entering.DUE, sweep_at=starts_at + length, previous=_before(row),
            point=points.point_for(sale, row.segment or account.segment),
        )  # fmt: skip

        def change(step: Step) -> None:
            step.may("book")
            _bookable(step)
            meeting.sourced_by = meeting.previous.sourced_by if meeting.previous else _finder(step.lead)
            holders.choose(step, meeting, owner, pool)
            entering.enter(step, meeting)
            _reached(step, meeting)
            put_on_record(
                step, meeting, "book", by=by, at=at, door=door, by_them=by is None, previous=meeting.previous_id
            )
            if meeting.point == HandOffPoint.SCHEDULED and step.lead.is_open:
                had_by = step.lead.owner_id
                handing.give(step, meeting.owner, data={"meeting": meeting.pk})
                handing.begin(meeting, at=at, accepted=False, had_by=had_by)

        result = turn([seen], change, by=by, at=at, door=door)
        result.whole()
        entering.finish(meeting, result.made[row.pk], by)
        if row.account_id is None and Lead.objects.filter(pk=row.pk, account__isnull=True).update(account=account):
            changes.note(row, {"account_id": [None, account.pk]}, by=by, at=at, door=door)
    return meeting


def _asked_for_us(seen: Seen, product: Product, at: datetime, door: str) -> Seen:
    """Let who books a meeting by themselves ask for us with it, where they are in nobody's hands."""
    waits = Lead.objects.filter(pk=seen.lead, gone_as="").exclude(status__in=(*LeadStatus.OPEN, LeadStatus.QUALIFIED))
    if waits.exists():
        signals.raise_hand([seen.lead], what="meeting", by=None, at=at, product=product, door=door).whole()
        return Seen(seen.lead)
    return seen


def _company(lead: Lead, company: str, at: datetime) -> Account:
    """Find or make the company of a lead without one, by its name: free mail names none (ACC-1)."""
    name = company.strip() or lead.company.strip()
    if not name:
        raise Refused("Which company is this? Their address does not say.", "company")
    asked = Company(company=name)
    found = accounts_for([asked], at=at).get(asked)
    if found is None:
        raise Refused("That is no company's name. Write what they are called.", "company")
    return Account.objects.get(pk=found.account)


def _finder(lead: Lead) -> User | None:
    """Say who brings a meeting with this lead about: who found it, also while a seller has it already; nobody where it waits in a queue."""
    if not lead.is_open:
        return lead.development_owner
    return None if lead.owner is None else lead.development_owner or lead.owner


def _before(lead: Lead) -> Meeting | None:
    """Return the meeting that this one follows in its chain: the round's last, if it did not take place. One query."""
    last = Meeting.objects.filter(lead=lead, cycle=lead.cycle_id).order_by("-pk").first() if lead.is_open else None
    did_not = (MeetingStatus.NO_SHOW, MeetingStatus.MISSED, MeetingStatus.CANCELLED)
    return last if last is not None and last.status in did_not else None


def _bookable(step: Step) -> None:
    lead = step.lead
    if lead.opted_out_at and step.by is not None:
        raise Refused(f"{lead.name} asked us to stop on every channel.", "opted_out")
    if not lead.is_open and lead.status != LeadStatus.QUALIFIED:
        raise Refused(f"{lead.name} is {lead.state_label}; a meeting is booked with who is in hand.", "state")
    if lead.is_open and lead.motion == Motion.PLG:
        raise Refused("This lead belongs to the product. Sales gets it when it is handed over.", "shield")


def _reached(step: Step, meeting: Meeting) -> None:
    """Let a booked meeting count for the round: as a touch of who booked it; by themselves, as the flagged end of the clock (SLA-1)."""
    if not step.lead.is_open:
        return
    touches.end_duty(step, step.at)
    if step.by is not None:
        touches.reach(step, Channel.MEETING, TouchOutcome.INTERESTED, booked=True)
        return
    cycle = step.cycle
    cycle.self_booked_at, step.cycle_changed = cycle.self_booked_at or step.at, True
    step.close_tasks(Task.Kind.RESPONSE, Task.Kind.HAND_RAISE, Task.Kind.REPLY, outcome=Task.Outcome.DONE)
