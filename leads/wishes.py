"""Wishes to end leads unseen (WORK-7): the manager's yes, the manager's no, and the rep who takes their own wish back.

A wish is made by `dispositions.end` where the mass guard says that it is one too many; until its answer the clock of its lead runs on.
"""

from datetime import datetime

from accounts.models import Door, Reason, User
from leads.dispositions import end_as_reason_says, refuse_while_met
from leads.lifecycle import Refused, Result, Step, turn
from leads.mass_guard import asked
from leads.models import LeadStatus, Task
from leads.notes import attach


def allow(leads, *, by: User, at: datetime, door: str = Door.PAGE) -> Result:
    """The manager's yes to ends that wait (WORK-7): made now, for the reason asked, as the one who asked."""

    def change(step: Step) -> None:
        task = _waiting(step)
        reason = step.turn.remember("reasons", lambda: Reason.objects.in_bulk())[task.reason_id]
        refuse_while_met(step)
        step.close_task(task, Task.Outcome.DONE)
        size, by = task.what if reason.asks_size else "", task.created_by_id
        end_as_reason_says(step, reason, size=size, by=by, data={"asked_by": by})

    return turn(leads, change, by=by, at=at, door=door)


def disallow(leads, *, by: User, at: datetime, note: str = "", door: str = Door.PAGE) -> Result:
    """The manager's no: the leads go back into the rep's queue, their clocks as they were."""

    def change(step: Step) -> None:
        step.close_task(_waiting(step), Task.Outcome.REFUSED)
        step.record("disposition_refused")
        if note.strip():
            attach(step, note)

    return turn(leads, change, by=by, at=at, door=door)


def unask(leads, *, by: User, at: datetime, door: str = Door.PAGE) -> Result:
    """Take back one's own wish to end leads, before the manager answered it."""

    def change(step: Step) -> None:
        task = asked(step)
        if task is None or task.created_by_id != by.pk:
            raise Refused(f"{step.lead.name} waits for nobody's word.", "state")
        step.close_task(task, Task.Outcome.DROPPED)
        step.record("disposition_unasked", reason_id=task.reason_id)

    return turn(leads, change, by=by, at=at, door=door)


def _waiting(step: Step) -> Task:
    step.may("grant_exception")
    task = asked(step)
    if task is None:
        raise Refused(f"{step.lead.name} waits for nobody's word.", "state")
    if step.lead.status != LeadStatus.ASSIGNED or step.cycle.touches:
        raise Refused(f"{step.lead.name} was touched meanwhile; the rep ends it themselves.", "touched")
    return task
