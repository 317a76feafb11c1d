"""The duty to find a new time after a no-show, when its seven days are over (MEET-6). Called by the sweep.

An answer or a new meeting ended it before. With five touches of people made the round ends as abandoned by its rep; with fewer it is put
on record, the manager is told, and somebody else has the lead for three days; then it goes by itself.
"""

from datetime import datetime, timedelta

from accounts.models import Door, Reason
from leads import dispositions
from leads.deadlines import is_exception
from leads.escalation import Hands
from leads.lifecycle import Refused, Result, Step, turn
from leads.managers import Managers
from leads.models import Spell, Task, Touch
from leads.notices import notice
from leads.receiving import Receiver, change_hands

WINDOW, SECOND = timedelta(days=7), timedelta(days=3)
ENOUGH = 5  # touches of people
FIRST_HANDS, SECOND_HANDS = 0, 1


def run_out(
    leads: list[int], *, at: datetime, recorded_at: datetime | None = None, skip_locked: bool = False
) -> Result:
    """Do what follows where the time to find a new time is over. About fifteen queries for any number of leads."""
    managers = Managers(at)

    def change(step: Step) -> None:
        task = next((t for t in step.open_tasks if t.kind == Task.Kind.RESCHEDULE), None)
        if task is None or task.sweep_at is None or task.sweep_at > at:
            raise Refused("Not due.", "not_due")
        if any(map(is_exception, step.open_tasks)):
            raise Refused("An exception stands.", "held")
        due = task.sweep_at
        if task.level == FIRST_HANDS and _touches(step, task) < ENOUGH:
            _to_another(step, task, due, managers)
            return
        step.at = due
        code = "rep_abandoned" if task.level == FIRST_HANDS else "auto_abandoned"
        for row in notice(step.lead.owner, "duty_over", str(task.pk), at=due, lead=step.lead.pk):
            step.add(row)
        dispositions.end_by_meeting(step, step.turn.remember("reasons", _reasons)[code])

    return turn(leads, change, by=None, at=at, door=Door.SWEEP, recorded_at=recorded_at or at, skip_locked=skip_locked)


def _reasons() -> dict[str, Reason]:
    return {reason.code: reason for reason in Reason.objects.filter(code__in=("rep_abandoned", "auto_abandoned"))}


def _touches(step: Step, task: Task) -> int:
    """Count the touches of people in the duty's window. One query a turn."""

    def read() -> dict[int, list[datetime]]:
        found: dict[int, list[datetime]] = {}
        rows = Touch.objects.filter(lead__in=step.turn.ids, is_automated=False, withdrawn_at__isnull=True)
        for cycle, moment in rows.values_list("cycle", "occurred_at"):
            found.setdefault(cycle, []).append(moment)
        return found

    moments = step.turn.remember("touches", read).get(task.cycle_id, ())
    return sum(task.began_at < moment <= task.began_at + WINDOW for moment in moments)


def _to_another(step: Step, task: Task, due: datetime, managers: Managers) -> None:
    """Give the lead to somebody else for three days, where there is anybody; the manager is told either way."""
    hands = step.turn.remember("hands", lambda: Hands(step.turn, managers))
    lead = step.lead
    step.record("duty_broken", at=due, data={"task": task.pk, "owner": lead.owner_id, "touches": _touches(step, task)})
    manager = managers.manager(user=lead.owner_id, team=lead.team_id if lead.owner_id is None else None)
    for row in notice(manager, "duty_broken", str(task.pk), at=due, lead=lead.pk, owner=lead.owner_id):
        step.add(row)
    decision = hands.next_of_role(step)
    if decision is not None:
        data = {"why": "duty", "route": decision.trace()}
        receiver = Receiver(decision.user, step.at, counts_caps=False)
        change_hands(step, receiver, how=Spell.How.SLA, pool=decision.pool, data=data)
    task.level, task.sweep_at = SECOND_HANDS, step.at + SECOND
    step.changed_tasks[task.pk] = task
