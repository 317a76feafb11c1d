"""What follows from what was said of a meeting, in the transaction that says it (MEET-4 to MEET-6). Called by `outcomes.py` only.

The lead, its sale, the hand-off, the duty to find a new time, the turn of who held it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from accounts.lines import Lines
from accounts.messages import post
from accounts.models import Message, OpportunityStatus, Reason, Stage, User
from leads import dispositions, touches
from leads.lifecycle import Step
from leads.models import Channel, Credit, Lead, LeadStatus, Task, TouchOutcome
from meetings import closing, handing, opportunities, points
from meetings.models import HandOffPoint, Meeting, MeetingStatus
from meetings.record import tell, with_lead

NO_SHOWS = 3  # 1 + 2 further, in one round
DUTY = timedelta(days=7)  # 7 x 24 h
# The sales by which whoever was met is qualified: open again is what was closed as never qualified.
GOES_ON = (OpportunityStatus.OPEN, OpportunityStatus.NOT_QUALIFIED, OpportunityStatus.WON)


def follow(row: Meeting, by: User | None, at: datetime, door: str, move: str, **data) -> None:
    """Let what follows from a disposition happen, in the transaction that made it."""
    facts = {"status": row.status, "reason": row.reason_id, "version": row.version, "credited": row.is_credited} | data
    after = {
        MeetingStatus.QUALIFIED: _after_qualified, MeetingStatus.UNQUALIFIED: _after_unqualified,
        MeetingStatus.NO_SHOW: _after_no_show, MeetingStatus.MISSED: _after_missed,
    }[row.status]  # fmt: skip
    after(row, by, at, door, lambda change: with_lead(row, change, move, by=by, at=at, door=door, **facts))


def _met(step: Step, row: Meeting) -> None:
    """Let a meeting that was held count as a touch of who held it, and close its task."""
    if step.lead.is_open and step.lead.cycle_id == row.cycle_id:
        touches.reach(step, Channel.MEETING, TouchOutcome.INTERESTED, by=row.owner, when=row.starts_at)
    _done(step, row)


def _done(step: Step, row: Meeting) -> None:
    for task in step.open_tasks:
        if task.pk == row.task_id:
            step.close_task(task, Task.Outcome.DONE)


def _after_qualified(row: Meeting, by: User | None, at: datetime, door: str, happen: Callable) -> None:
    had_by: list[int | None] = []  # empty: in nobody's hands, or qualified before
    sale = row.opportunity

    def change(step: Step) -> None:
        if step.lead.is_open:
            had_by.append(step.lead.owner_id)
        _met(step, row)
        step.close_tasks(Task.Kind.RESCHEDULE, outcome=Task.Outcome.DONE)
        if step.lead.is_open and (sale.gone_as or sale.status not in GOES_ON):
            _go_on(step, "They may buy, but the sale is closed: book a new meeting, or say what becomes of them")

    happen(change)
    if sale.status == OpportunityStatus.NOT_QUALIFIED and not sale.gone_as:
        sale = closing.reopen(sale, by=by, at=at, door=door)
    if sale.status == OpportunityStatus.OPEN and not sale.gone_as:
        stage = Stage.objects.get(is_qualifying=True)
        current = row.opportunity = opportunities.hold(sale)
        hands = {row.lead_id: points.receiver_of(row)}
        if current.stage.order < stage.order:
            opportunities.advance(sale, stage, by=None, at=at, hands=hands, door=door)
        else:
            opportunities.qualify_leads(current, at=at, door=door, hands=hands)
        if row.point != HandOffPoint.NONE:
            passes = bool(had_by) and Lead.objects.filter(pk=row.lead_id, status=LeadStatus.QUALIFIED).exists()
            handing.begin(row, at=at, accepted=True, passes=passes, had_by=had_by[0] if had_by else None)
    elif sale.status == OpportunityStatus.WON and not sale.gone_as:
        opportunities.qualify_leads(sale, at=at, door=door, hands={row.lead_id: points.receiver_of(row)})


def _after_unqualified(row: Meeting, by: User | None, at: datetime, door: str, happen: Callable) -> None:
    def change(step: Step) -> None:
        _met(step, row)
        # The round it was booked in ends with the AE's reason; one that came later, or a customer's, is not theirs to end.
        if step.lead.is_open and step.lead.cycle_id == row.cycle_id:
            step.close_tasks(Task.Kind.RESCHEDULE, outcome=Task.Outcome.DONE)
            dispositions.end_by_meeting(step, row.reason, size=row.size)

    happen(change)
    handing.drop(row, at=at)
    closing.close_if_given_up(row.opportunity, at=at, door=door)


def _after_no_show(row: Meeting, by: User | None, at: datetime, door: str, happen: Callable) -> None:
    limit = Reason.objects.get(code="no_show_limit")
    number = Meeting.objects.filter(cycle=row.cycle_id, status=MeetingStatus.NO_SHOW).count() if row.cycle_id else 0

    def go_on(step: Step) -> None:
        if number >= NO_SHOWS:
            dispositions.end_by_meeting(step, limit)
            return
        look_for_a_time(step, at, number)

    def hears(to: User | None) -> list[Message]:
        return tell(to, "no_show", str(row.pk), at=at, meeting=row, number=number)

    told = _not_met(row, happen, go_on, hears)
    if row.pool_id:
        Credit.objects.create(
            pool_id=row.pool_id, user=row.owner, lead_id=row.lead_id, why=Credit.Why.NO_SHOW, at=at, by=by
        )
    post(told)
    handing.drop(row, at=at)
    closing.close_if_given_up(row.opportunity, at=at, door=door)


def look_for_a_time(step: Step, at: datetime, number: int) -> None:
    """Give whoever has the lead seven days to find a new time (MEET-6); a duty that runs already begins anew."""
    step.close_tasks(Task.Kind.RESCHEDULE, outcome=Task.Outcome.DROPPED)
    lead = step.lead
    step.add(
        Task(kind=Task.Kind.RESCHEDULE, lead=lead, cycle=step.cycle, owner=lead.owner, team=lead.team, created_by=step.by, began_at=at,
             what=f"Did not come ({number} of {NO_SHOWS}): find a new time", due_at=at, sweep_at=at + DUTY),
        "duty",
    )  # fmt: skip


def _after_missed(row: Meeting, by: User | None, at: datetime, door: str, happen: Callable) -> None:
    what = f"{row.owner.get_short_name()} missed the meeting: find a new time"

    def hears(to: User | None) -> list[Message]:
        return tell(to, "missed", str(row.pk), at=at, meeting=row)

    told = _not_met(row, happen, lambda step: _go_on(step, what), hears)
    handing.drop(row, at=at)
    post([*told, *hears(Lines().manager(user=row.owner_id))])


def _not_met(
    row: Meeting, happen: Callable, go_on: Callable[[Step], None], hears: Callable[[User | None], list[Message]]
) -> list[Message]:
    """Let a meeting that did not happen bring its lead back to the SDR, as long as the round goes on that it was booked in; what is to be
    done next is `go_on`. Return what the SDR is told (`hears`)."""
    told: list[Message] = []

    def change(step: Step) -> None:
        _done(step, row)
        if not step.lead.is_open or step.lead.cycle_id != row.cycle_id:
            return
        to = handing.return_to_source(step, row, data={"meeting": row.pk})
        told.extend(hears(to))
        go_on(step)

    happen(change)
    return told


def _go_on(step: Step, what: str) -> None:
    """Give whoever has the lead its next step (WORK-6), due at once."""
    lead = step.lead
    step.add(
        Task(kind=Task.Kind.FOLLOW_UP, lead=lead, cycle=step.cycle, owner=lead.owner, team=lead.team, created_by=step.by,
             began_at=step.at, due_at=step.at, what=what),
    )  # fmt: skip
