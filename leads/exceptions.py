"""Exceptions (LIFE-10): a round left out of every metric and limit, asked for by a rep, granted by a manager, reviewed by a date."""

from datetime import datetime, timedelta

from accounts.lines import Lines
from accounts.models import Disposition, Door, Reason, User
from accounts.workdays import next_morning
from leads.lifecycle import Refused, Result, Step, turn
from leads.models import Task
from leads.notices import notice

UNRESOLVED = timedelta(days=14)


def ask(
    leads, *, reason: Reason, review_at: datetime, by: User, at: datetime, what: str = "", door: str = Door.PAGE
) -> Result:
    """Ask that a round be left out until a review date. It counts as before until somebody grants it."""
    if reason.disposition != Disposition.EXCEPTION:
        raise Refused(f"“{reason.label}” is no reason for an exception.", "reason")
    if review_at <= at:
        raise Refused("The review date is past. Choose a later one.", "past")

    def change(step: Step) -> None:
        step.may("ask_exception")
        if not step.lead.is_open:
            raise Refused(
                f"{step.lead.name} is {step.lead.state_label}; only a lead in hand needs an exception.", "state"
            )
        if _standing(step):
            raise Refused("An exception is asked for already.", "already")
        step.add(
            Task(kind=Task.Kind.EXCEPTION, lead=step.lead, cycle=step.cycle, owner=step.lead.owner, reason=reason, what=what[:200],
                 created_by=by, began_at=step.at, due_at=review_at, sweep_at=min(review_at, step.at + UNRESOLVED)),
            "exception",
        )  # fmt: skip
        step.record("exception_asked", reason_id=reason.pk)

    return turn(leads, change, by=by, at=at, door=door)


def grant(leads, *, by: User, at: datetime, door: str = Door.PAGE) -> Result:
    """Grant what was asked: from now on the round is out of every metric and limit."""

    def change(step: Step) -> None:
        step.may("grant_exception")
        task = _standing(step)
        if task is None or task.accepted_at:
            raise Refused("There is nothing to grant.", "state")
        task.accepted_by, task.accepted_at = by, step.at
        step.changed_tasks[task.pk] = task
        step.cycle.has_exception = step.cycle_changed = True
        step.record("exception_granted", reason_id=task.reason_id)

    return turn(leads, change, by=by, at=at, door=door)


def close(leads, *, by: User, at: datetime, door: str = Door.PAGE) -> Result:
    """End an exception, or refuse one that was asked for. What it covered stays left out."""

    def change(step: Step) -> None:
        step.may("grant_exception")
        task = _standing(step)
        if task is None:
            raise Refused("There is no exception.", "state")
        was_granted = task.accepted_at is not None
        step.close_task(task, Task.Outcome.DONE if was_granted else Task.Outcome.REFUSED)
        step.record("exception_closed" if was_granted else "exception_refused", reason_id=task.reason_id)

    return turn(leads, change, by=by, at=at, door=door)


def remind(leads, *, at: datetime, recorded_at: datetime | None = None, skip_locked: bool = False) -> Result:
    """Tell the manager of exceptions past their review date or unresolved for 14 days, then every morning until they end (LIFE-10).

    Called by the sweep. Told once a day of the manager's, at most, however late it is; dated when it was due.
    """
    lines = Lines()

    def change(step: Step) -> None:
        task = _standing(step)
        if task is None or task.sweep_at is None or task.sweep_at > at:
            raise Refused("Not due.", "not_due")
        step.at = task.sweep_at
        manager = lines.manager(user=task.owner_id, team=task.team_id if task.owner_id is None else None)
        kind = "exception_due" if task.accepted_at else "exception_waits"
        key = f"{task.pk}:{at.astimezone(manager.zone).date()}" if manager else ""
        for row in notice(manager, kind, key, at=step.at, lead=step.lead.pk, reason=task.reason_id):
            step.add(row)
        task.level += 1
        task.sweep_at = next_morning(manager, at) if manager else at + timedelta(days=1)
        step.changed_tasks[task.pk] = task

    return turn(leads, change, by=None, at=at, door=Door.SWEEP, recorded_at=recorded_at or at, skip_locked=skip_locked)


def _standing(step: Step) -> Task | None:
    return next((t for t in step.open_tasks if t.kind == Task.Kind.EXCEPTION), None)
