"""Round again: leads given up on by time, and leads that come back by time or because what blocked them is gone.

Functions only; the sweeps that call them carry the due moment of each lead in its `Seen.at` (LIFE-6, LIFE-8).
"""

from datetime import datetime, timedelta

from accounts.models import Door, NurtureKind, Reason, Team, User
from leads.assignment import _Receiver, begin
from leads.dispositions import _end
from leads.lifecycle import Refused, Result, Step, turn
from leads.models import GoToMarket, LeadStatus, Motion, Outcome, Task, Trigger

WORKING_FOR, UNTOUCHED_FOR, NEVER_TOUCHED_FOR = timedelta(days=30), timedelta(days=7), timedelta(days=14)
ANSWERS = (Task.Kind.REPLY, Task.Kind.HAND_RAISE)


def abandon_due(step: Step) -> datetime | None:
    """Say when a lead in hand is auto-abandoned, or None while something holds it (LIFE-6).

    In working 30 days or more and no rep touch for 7 or more; inbound and never touched, 14 days. Sales-led only. A reply, a hand
    raise or an exception holds it.
    """
    lead, cycle = step.lead, step.cycle
    if not lead.is_open or lead.motion != Motion.SLG or any(map(_holds, step.open_tasks)):
        return None
    if lead.status == LeadStatus.WORKING:
        return max(cycle.working_at + WORKING_FOR, (cycle.last_touch_at or cycle.working_at) + UNTOUCHED_FOR)
    return (
        cycle.assigned_at + NEVER_TOUCHED_FOR
        if cycle.go_to_market == GoToMarket.INBOUND and not cycle.touches
        else None
    )


def _holds(task: Task) -> bool:
    """A prospect who answered, or an exception that was granted."""
    return task.kind in ANSWERS or (task.kind == Task.Kind.EXCEPTION and task.accepted_at is not None)


def abandon(leads, *, at: datetime, door: str = Door.SWEEP, recorded_at: datetime | None = None) -> Result:
    """Auto-abandon what is due, dated when it was due. Never a person's choice (LIFE-5)."""
    reason = Reason.objects.get(code="auto_abandoned")

    def change(step: Step) -> None:
        due = abandon_due(step)
        if due is None or due > at:
            raise Refused("Not due.", "not_due")
        step.at = due
        _end(step, Outcome.NURTURE, "nurture", reason)

    return turn(leads, change, by=None, at=at, door=door, recorded_at=recorded_at or at)


def come_back(
    leads, *, at: datetime, queue: Team | None, door: str = Door.SWEEP, recorded_at: datetime | None = None
) -> Result:
    """Bring back nurtured leads whose time has come: a kept one to its rep as a new round, any other into the outbound queue."""

    def change(step: Step) -> None:
        lead = step.lead
        if lead.status != LeadStatus.NURTURE or lead.recycle_at is None or lead.recycle_at > at:
            raise Refused("Not due.", "not_due")
        step.at = max(lead.recycle_at, lead.status_since)
        if lead.nurture_kind == NurtureKind.SALES and lead.owner_id:
            begin(step, _Receiver(lead.owner, at, counts_caps=False), Trigger.RECYCLE)
        else:
            _to_queue(step, queue)

    return turn(leads, change, by=None, at=at, door=door, recorded_at=recorded_at or at)


def release(reason: Reason, leads, *, queue: Team | None, by: User, at: datetime, door: str = Door.PAGE) -> Result:
    """Let leads held for one reason come back because the reason is gone (the feature shipped): into the outbound queue."""

    def change(step: Step) -> None:
        step.may("assign")
        if step.lead.status != LeadStatus.NURTURE or step.lead.reason_id != reason.pk:
            raise Refused(f"{step.lead.name} is not held for “{reason.label}”.", "state")
        _to_queue(step, queue)

    return turn(leads, change, by=by, at=at, door=door)


def _to_queue(step: Step, queue: Team | None) -> None:
    lead = step.lead
    if lead.opted_out_at:
        raise Refused(f"{lead.name} asked us to stop.", "opted_out")
    if lead.pk in step.turn.in_open_opportunity:
        raise Refused(f"{lead.name} is in an open opportunity.", "open_opportunity")
    if step.account and step.account.relationship == "customer":
        raise Refused(f"{lead.name} is a customer's.", "customer")
    # What is recycled into a queue of sellers is sales-led (MOTION-4).
    lead.motion, lead.recycle_at = Motion.SLG, None
    step.record("recycled", data={"team": queue.pk if queue else None})
    step.close_tasks(outcome=Task.Outcome.DONE)
    step.own(None, queue)
