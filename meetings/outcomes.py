"""What came of a meeting, and what follows, each in one transaction (MEET-2 to MEET-7). Called by the AE's page, the signed link, the API.

Three at once, a double click, a link used after the page: one effect; whoever comes second is told who did what. A correction keeps the
moment of the first word and the value of the last; each version stays on record.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction

from accounts.lines import Lines
from accounts.messages import post
from accounts.models import Disposition, Door, OpportunityStatus, Reason, Stage, User
from leads import dispositions, touches
from leads.lifecycle import Refused, Seen, Step, turn
from leads.models import Channel, Credit, LeadStatus, Outcome, Task, TouchOutcome
from meetings import closing, credited, handing, opportunities
from meetings.models import HandOffPoint, Meeting, MeetingStatus
from meetings.record import hold, may, tell, what_happened, with_lead

NO_SHOWS = 3  # 1 + 2 further, in one round
DUTY = timedelta(days=7)  # 7 x 24 h
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
    meeting: Meeting, *, reason: Reason, by: User, at: datetime, version: int | None = None, door: str = Door.PAGE
) -> Meeting:
    """It was held, and it is not now or never, for the AE's reason: the round ends with it (MEET-4)."""
    return _dispose(meeting, MeetingStatus.UNQUALIFIED, by=by, at=at, reason=reason, version=version, door=door)


def no_show(meeting: Meeting, *, by: User, at: datetime, version: int | None = None, door: str = Door.PAGE) -> Meeting:
    """We were there and they were not: back to the SDR, who looks for a new time; the third of a round ends it (MEET-5, MEET-6)."""
    return _dispose(meeting, MeetingStatus.NO_SHOW, by=by, at=at, version=version, door=door)


def missed_by_owner(
    meeting: Meeting, *, by: User, at: datetime, version: int | None = None, door: str = Door.PAGE
) -> Meeting:
    """They were there and we were not: no no-show of theirs; the SDR looks for a new time, the manager is told (MEET-5)."""
    return _dispose(meeting, MeetingStatus.MISSED, by=by, at=at, version=version, door=door)


def dispose(
    meeting: Meeting, status: str, *, by: User, at: datetime, reason: Reason | None = None, version: int | None = None,
    door: str = Door.PAGE,
    claimed_by: User | None = None,
) -> Meeting:  # fmt: skip
    """Say what came of a meeting, by its name: the one way in for doors that take it as a value."""
    return _dispose(meeting, status, by=by, at=at, reason=reason, version=version, door=door, claimed_by=claimed_by)


def _dispose(meeting, status, *, by, at, reason=None, version=None, door, claimed_by=None) -> Meeting:
    fits(status, reason)
    with transaction.atomic():
        row = hold(meeting)
        may(by, "disposition", row)
        if row.status != MeetingStatus.BOOKED:
            raise Refused(what_happened(row), "already")
        if version is not None and version != row.version:
            raise Refused(what_happened(row), "stale")
        if at < row.starts_at:
            raise Refused("It has not begun yet. Move it or call it off.", "early")
        _stand(row, status, reason, by, at)
        row.disposed_at = row.ended_at = at
        row.disposed_by, row.sweep_at = by, None
        _save(row)
        _follow(row, by, at, door, "disposition", claimed_by=claimed_by.pk if claimed_by else None)
    return row


def fits(status: str, reason: Reason | None) -> None:
    """Refuse what nobody can say of a meeting."""
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


def _stand(row: Meeting, status: str, reason: Reason | None, by: User | None, at: datetime) -> None:
    if row.status != status:  # another reason of the same end is no move
        getattr(row, MOVES[status])()
    row.reason = reason
    row.version += 1
    row.is_credited = status in MeetingStatus.HELD and row.sourced_by_id is not None and not credited.is_elsewhere(row)


def _save(row: Meeting) -> None:
    row.save(
        update_fields=["status", "reason", "version", "is_credited", "disposed_at", "disposed_by", "ended_at", "sweep_at", "corrected_at",
                       "claim", "claimed_at", "claimed_by"]
    )  # fmt: skip


def _follow(row: Meeting, by: User | None, at: datetime, door: str, move: str, **data) -> None:
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
    def change(step: Step) -> None:
        _met(step, row)
        step.close_tasks(Task.Kind.RESCHEDULE, outcome=Task.Outcome.DONE)

    happen(change)
    sale = row.opportunity
    if sale.status == OpportunityStatus.NOT_QUALIFIED and not sale.gone_as:
        sale = closing.reopen(sale, by=by, at=at, door=door)
    if sale.status == OpportunityStatus.OPEN and not sale.gone_as:
        stage = Stage.objects.get(is_qualifying=True)
        current = opportunities.hold(sale)
        if current.stage.order < stage.order:
            opportunities.advance(sale, stage, by=None, at=at, door=door)
        else:
            opportunities.qualify_leads(current, at=at, door=door)
        if row.point != HandOffPoint.NONE:
            handing.begin(row, at=at, accepted=True)


def _after_unqualified(row: Meeting, by: User | None, at: datetime, door: str, happen: Callable) -> None:
    def change(step: Step) -> None:
        _met(step, row)
        # The round it was booked in ends with the AE's reason; one that came later, or a customer's, is not theirs to end.
        if step.lead.is_open and step.lead.cycle_id == row.cycle_id:
            step.close_tasks(Task.Kind.RESCHEDULE, outcome=Task.Outcome.DONE)
            dispositions.end_by_meeting(step, row.reason)

    happen(change)
    handing.drop(row, at=at)
    closing.close_if_given_up(row.opportunity, at=at, door=door)


def _after_no_show(row: Meeting, by: User | None, at: datetime, door: str, happen: Callable) -> None:
    limit = Reason.objects.get(code="no_show_limit")
    number = Meeting.objects.filter(cycle=row.cycle_id, status=MeetingStatus.NO_SHOW).count() if row.cycle_id else 0
    told: list = []

    def change(step: Step) -> None:
        _done(step, row)
        if not step.lead.is_open or step.lead.cycle_id != row.cycle_id:
            return
        to = handing.return_to_source(step, row, data={"meeting": row.pk})
        told.extend(tell(to, "no_show", str(row.pk), at=at, meeting=row, number=number))
        if number >= NO_SHOWS:
            dispositions.end_by_meeting(step, limit)
            return
        _look_for_a_time(step, at, number)

    happen(change)
    if row.pool_id:
        Credit.objects.create(
            pool_id=row.pool_id, user=row.owner, lead_id=row.lead_id, why=Credit.Why.NO_SHOW, at=at, by=by
        )
    post(told)
    handing.drop(row, at=at)
    closing.close_if_given_up(row.opportunity, at=at, door=door)


def _look_for_a_time(step: Step, at: datetime, number: int) -> None:
    """Give whoever has the lead seven days to find a new time (MEET-6); a duty that runs already begins anew."""
    step.close_tasks(Task.Kind.RESCHEDULE, outcome=Task.Outcome.DROPPED)
    lead = step.lead
    step.add(
        Task(kind=Task.Kind.RESCHEDULE, lead=lead, cycle=step.cycle, owner=lead.owner, team=lead.team, created_by=step.by, began_at=at,
             what=f"Did not come ({number} of {NO_SHOWS}): find a new time", due_at=at, sweep_at=at + DUTY),
        "duty",
    )  # fmt: skip


def _after_missed(row: Meeting, by: User | None, at: datetime, door: str, happen: Callable) -> None:
    told: list = []

    def change(step: Step) -> None:
        _done(step, row)
        if not step.lead.is_open or step.lead.cycle_id != row.cycle_id:
            return
        to = handing.return_to_source(step, row, data={"meeting": row.pk})
        told.extend(tell(to, "missed", str(row.pk), at=at, meeting=row))
        what = f"{row.owner.get_short_name()} missed the meeting: find a new time"
        step.add(
            Task(kind=Task.Kind.FOLLOW_UP, lead=step.lead, cycle=step.cycle, owner=step.lead.owner, team=step.lead.team, created_by=step.by,
                 began_at=at, due_at=at, what=what),
        )  # fmt: skip

    happen(change)
    handing.drop(row, at=at)
    post([*told, *tell(Lines().manager(user=row.owner_id), "missed", str(row.pk), at=at, meeting=row)])


def correct(
    meeting: Meeting, status: str, *, by: User, at: datetime, reason: Reason | None = None, version: int | None = None,
    door: str = Door.PAGE,
) -> Meeting:  # fmt: skip
    """Correct what was said of a meeting: what had followed from it is taken back as far as nobody went on from there, and what follows
    from the right word happens. Who said it for 24 hours, a manager later. The first moment stays, and so does every version.
    """
    fits(status, reason)
    with transaction.atomic():
        row = hold(meeting, version=version)
        may(by, "correct", row)
        if not row.is_disposed:
            raise Refused("Nothing was said of this meeting yet.", "state")
        if (row.status, row.reason_id) == (status, reason.pk if reason else None):
            raise Refused(what_happened(row), "already")
        if by.pk == row.owner_id and by.role not in dispositions.LATER and at - row.disposed_at > CORRECT_WITHIN:
            raise Refused("After 24 hours a manager corrects it.", "too_late")
        was, was_credited = row.status, row.is_credited
        _unfollow(row, by, at, door)
        _stand(row, status, reason, by, at)
        row.corrected_at = at
        _save(row)
        _follow(row, by, at, door, "correct", was=was)
        if was_credited and not row.is_credited:
            credited.pass_on(row, by=by, at=at, door=door)
    return row


def _unfollow(row: Meeting, by: User | None, at: datetime, door: str) -> None:
    """Take back what followed from the wrong word: the end of the round, the duty, the turn."""
    by_it = {
        MeetingStatus.QUALIFIED: (Outcome.QUALIFIED,), MeetingStatus.UNQUALIFIED: (Outcome.NURTURE, Outcome.UNQUALIFIED),
        MeetingStatus.NO_SHOW: (Outcome.NURTURE,),
    }.get(row.status, ())  # fmt: skip

    said, went_on = (row.disposed_at, row.corrected_at), row.status == MeetingStatus.QUALIFIED and _went_on(row)

    def change(step: Step) -> None:
        lead, cycle = step.lead, step.cycle
        ended_here = (
            cycle is not None and cycle.pk == row.cycle_id and cycle.ended_at in said and cycle.outcome in by_it
        )
        if ended_here and not went_on and lead.status in LeadStatus.ENDED and lead.status_since <= cycle.ended_at:
            dispositions.restore(step)
        for task in step.open_tasks:
            if task.kind == Task.Kind.RESCHEDULE and task.began_at in said:  # that of another no-show runs on
                step.close_task(task, Task.Outcome.DROPPED)

    turn([Seen(row.lead_id)], change, by=by, at=at, door=door)
    if row.status == MeetingStatus.QUALIFIED and not went_on:
        _step_back(row, at, door)
    if row.status == MeetingStatus.NO_SHOW and row.pool_id:
        Credit.objects.create(
            pool_id=row.pool_id, user=row.owner, lead_id=row.lead_id, why=Credit.Why.NO_SHOW, turns=-1, at=at, by=by
        )


def _went_on(row: Meeting) -> bool:
    """Whether its sale is qualified without it: by another meeting, or since it is past the qualifying stage, or won. One query."""
    sale = row.opportunity
    if sale.status == OpportunityStatus.WON or (sale.status == OpportunityStatus.OPEN and sale.pipeline_at is not None):
        return True
    others = Meeting.objects.filter(opportunity=row.opportunity_id, status=MeetingStatus.QUALIFIED).exclude(pk=row.pk)
    return others.exists()


def _step_back(row: Meeting, at: datetime, door: str) -> None:
    """Put a sale back to where it began, if it had come to the qualifying stage by this meeting alone. Its stamps stay."""
    sale = row.opportunity
    if sale.status == OpportunityStatus.OPEN and sale.stage.is_qualifying:
        first = Stage.objects.filter(status=OpportunityStatus.OPEN).order_by("order").first()
        opportunities.advance(sale, first, by=None, at=at, door=door)
