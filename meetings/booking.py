"""Meetings booked, moved and called off (MEET-1, MEET-2). Called by the lead page, the queue, the form, the API and simulation.

Each happens in one transaction: the opportunity opens or is joined, the meeting stands in the AE's calendar, the lead has a task that
says so, and what the hand-off point asks for is done. Nothing below this app asks about meetings: it sees the task.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import Q

from accounts import changes
from accounts.matching import Company, accounts_for
from accounts.messages import post
from accounts.models import Account, Door, Opportunity, Product, Team, User
from leads import signals, touches
from leads.lifecycle import Refused, Seen, Step, turn
from leads.models import Channel, Lead, LeadStatus, Motion, Task, TouchOutcome
from meetings import handing, holders, invitations, opportunities
from meetings.models import HandOffPoint, Meeting, MeetingStatus
from meetings.record import hold, may, put_on_record, tell, what_happened, with_lead

DUE = timedelta(hours=24)  # from the scheduled start
SHORTEST, LONGEST = 10, 480  # minutes
MOVES_BY_THEM = 3  # then the manager is told


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
    _sensible(starts_at, minutes, at)
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
            due_at=starts_at + DUE, sweep_at=starts_at + length, previous=_before(row),
            point=handing.point_for(sale, row.segment or account.segment),
        )  # fmt: skip

        def change(step: Step) -> None:
            step.may("book")
            _bookable(step)
            meeting.sourced_by = meeting.previous.sourced_by if meeting.previous else _finder(step.lead)
            holders.choose(step, meeting, owner, pool)
            enter(step, meeting)
            _reached(step, meeting)
            put_on_record(
                step, meeting, "book", by=by, at=at, door=door, by_them=by is None, previous=meeting.previous_id
            )
            if meeting.point == HandOffPoint.SCHEDULED and step.lead.is_open:
                had_by = step.lead.owner_id
                handing.give(step, meeting.owner, data={"meeting": meeting.pk})
                handing.begin(meeting, at=at, accepted=False, had_by=had_by)

        result = turn([seen], change, by=by, at=at, door=door)
        result.lead  # noqa: B018  raises what was refused
        _finish(meeting, result.made[row.pk], by)
        if row.account_id is None and Lead.objects.filter(pk=row.pk, account__isnull=True).update(account=account):
            changes.note(row, {"account_id": [None, account.pk]}, by=by, at=at, door=door)
    return meeting


def _sensible(starts_at: datetime, minutes: int, at: datetime) -> None:
    if starts_at <= at:
        raise Refused("That time is past. Choose a later one.", "past")
    if starts_at > at + timedelta(days=366):
        raise Refused("That is more than a year away. Choose an earlier time.", "far")
    if not SHORTEST <= minutes <= LONGEST:
        raise Refused(f"A meeting takes {SHORTEST} minutes to {LONGEST // 60} hours.", "length")


def _asked_for_us(seen: Seen, product: Product, at: datetime, door: str) -> Seen:
    """Let who books a meeting by themselves ask for us with it, where they are in nobody's hands."""
    waits = Lead.objects.filter(pk=seen.lead, gone_as="").exclude(status__in=(*LeadStatus.OPEN, LeadStatus.QUALIFIED))
    if waits.exists():
        signals.raise_hand([seen.lead], what="meeting", by=None, at=at, product=product, door=door).lead  # noqa: B018
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


def enter(step: Step, meeting: Meeting) -> None:
    """Enter a meeting into the calendar, within a turn, with its task on the lead. Who is taken then is said by the database."""
    meeting.lead, meeting.cycle = step.lead, step.cycle if step.lead.is_open else None
    holders.hold_calendar(meeting.owner)
    try:
        with transaction.atomic():
            meeting.save(force_insert=True)
    except IntegrityError as problem:
        words = str(problem)
        if "meeting_owner_free" in words:
            raise Refused(
                f"{meeting.owner.get_short_name()} has another meeting then. Choose another time.", "busy"
            ) from problem
        if "meeting_lead_free" in words:
            raise Refused(f"{step.lead.name} has another meeting with us then.", "busy") from problem
        raise
    step.add(
        Task(kind=Task.Kind.MEETING, lead=step.lead, cycle=meeting.cycle, owner=meeting.owner, channel=Channel.MEETING,
             what=what_to_do(meeting), created_by=step.by, began_at=step.at, due_at=meeting.starts_at),
        "meeting",
    )  # fmt: skip


def what_to_do(meeting: Meeting) -> str:
    return f"Meeting with {meeting.owner.get_short_name()}"


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


def _finish(meeting: Meeting, made: dict, by: User | None) -> None:
    """Tie the meeting to its task, and tell who holds it, who sourced it and the prospect."""
    meeting.task = made["meeting"]
    Meeting.objects.filter(pk=meeting.pk).update(task=meeting.task)
    told = [person for person in {meeting.owner, meeting.sourced_by} if person is not None and person != by]
    rows = [
        m
        for person in told
        for m in tell(person, "meeting_booked", str(meeting.pk), at=meeting.booked_at, meeting=meeting)
    ]
    post([*rows, *invitations.request(meeting)])


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
        _sensible(starts_at, length // timedelta(minutes=1), at)
        new = Meeting(
            **{name: getattr(old, name) for name in ("lead", "account", "opportunity", "sourced_by", "zone", "place", "point", "persona")},
            owner=owner or old.owner, pool=old.pool if owner in (None, old.owner) else None, next_step=old.next_step, booked_by=by,
            starts_at=starts_at, ends_at=starts_at + length, due_at=starts_at + DUE, sweep_at=starts_at + length, previous=old, uid=old.uid,
            sequence=old.sequence + 1, booked_at=at, recorded_at=at,
        )  # fmt: skip
        holders.able(new.owner, new)
        old.move()
        _end(old, at, is_theirs)
        made = {}

        def change(step: Step) -> None:
            _close_task(step, old)
            new.point = handing.agreed(new.point, new.owner, step.lead)
            enter(step, new)
            made.update(step.made)
            if new.owner_id != old.owner_id and step.lead.is_open and step.lead.owner_id == old.owner_id:
                handing.pass_on(step, old, new)

        facts = {"to": starts_at.isoformat(), "theirs": is_theirs}
        with_lead(old, change, "reschedule", by=by, at=at, door=door, **facts)
        if "meeting" not in made:
            raise Refused("This lead is gone.", "gone")
        _finish(new, made, by)
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
    moved = Meeting.objects.filter(Q(uid=new.uid), status=MeetingStatus.RESCHEDULED, is_theirs=True).count()
    if moved == MOVES_BY_THEM:
        manager = handing.Lines().manager(user=(new.sourced_by or new.owner).pk)
        post(tell(manager, "moved_often", str(new.uid), at=at, meeting=new))
