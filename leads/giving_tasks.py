"""Tasks into other hands without their lead: what one person was to follow up is another's (ROUTE-6, ACC-7).

Called by the admin, and by whoever gives a company to another. Every other kind of task goes with what it is of: its lead, its meeting,
the manager's word.
"""

from collections.abc import Iterable
from datetime import datetime

from accounts.models import Door, User
from leads import permissions
from leads.lifecycle import BATCH, Forbidden, Refused, Result, Step, both, turn
from leads.models import Task


def give(
    tasks: Iterable[int], *, to: User, by: User, at: datetime, door: str = Door.PAGE, whose_asked: bool = True
) -> Result:
    """Give these open follow-ups to another, whoever has their leads; on record with each lead. A lead is refused as a whole.

    `whose_asked=False`: the caller asked whose it is to give them to that person. One query, ten for each 500 leads.
    """
    rows: dict[int, set[int]] = {}
    for task, lead in Task.objects.filter(pk__in=list(tasks)).order_by("pk").values_list("pk", "lead"):
        rows.setdefault(lead, set()).add(task)

    def change(step: Step) -> None:
        step.may("task")
        if whose_asked and not permissions.may_give_to(by, to):
            raise Forbidden(f"{to} is not yours to give tasks to.")
        if not to.is_active:
            raise Refused(f"{to} is switched off and receives nothing.", "inactive")
        chosen = [task for task in step.open_tasks if task.pk in rows[step.lead.pk]]
        for task in chosen:
            if task.kind != Task.Kind.FOLLOW_UP:
                raise Refused(f"“{task.get_kind_display()}” goes along with its lead. Reassign the lead.", "kind")
        chosen = [task for task in chosen if task.owner_id != to.pk]
        if not chosen:
            raise Refused(f"{to} has it already, or it is done.", "already")
        for task in chosen:
            last, task.owner, task.team = task.owner_id, to, None
            step.changed_tasks[task.pk] = task
            step.record("owner", data={"from": last, "to": to.pk, "roles": ["follow_up"]})

    result, leads = Result(), sorted(rows)
    for start in range(0, len(leads), BATCH):
        both(result, turn(leads[start : start + BATCH], change, by=by, at=at, door=door))
    return result
