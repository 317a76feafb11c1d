"""The moments a round waits for, as they follow from its rows: when it is auto-abandoned, and until when something holds it.

Called by `lifecycle.Turn.write` for every lead that changes, so that whichever process moves the stored deadline's grounds moves
the deadline with them (ruling 3: deadlines are stored, partially indexed, swept). Pure: rows in, moments out.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from leads.models import Cycle, GoToMarket, Lead, LeadStatus, Motion, Task

WORKING_FOR, UNTOUCHED_FOR, NEVER_TOUCHED_FOR = timedelta(days=30), timedelta(days=7), timedelta(days=14)
QUALIFY_WITHIN = timedelta(days=21)
GOES_WITHIN = timedelta(days=3)
RETURN_AFTER = 3  # working days
# What of them waits for an answer of ours; a meeting ahead, or without its disposition; a no-show for whom a new time is looked for.
HOLDING = (Task.Kind.REPLY, Task.Kind.HAND_RAISE, Task.Kind.MEETING, Task.Kind.RESCHEDULE)


def holds(task: Task) -> bool:
    """Say whether an open task keeps its round from being given up on: they answered, a meeting is ahead or without its disposition, a
    no-show has its new time to find, or an exception was granted (LIFE-6)."""
    return task.kind in HOLDING or is_exception(task)


def is_exception(task: Task) -> bool:
    """Say whether a task is an exception that was granted: it is out of every limit (LIFE-10)."""
    return task.kind == Task.Kind.EXCEPTION and task.accepted_at is not None


def abandon_at(lead: Lead, cycle: Cycle, tasks: Iterable[Task]) -> datetime | None:
    """Say when a round is auto-abandoned, or None while that is not to come (LIFE-6). `tasks` are the lead's open ones.

    In working 30 days or more and no rep touch for 7 or more; inbound and never touched, 14 days. Sales-led only. The seven days of
    quiet begin anew when what held the round ends, or when its disposition is taken back: nobody could touch it meanwhile.
    """
    if lead.status not in LeadStatus.OPEN or lead.motion != Motion.SLG or any(map(holds, tasks)):
        return None
    again = max(filter(None, (lead.status_since, cycle.freed_at)))
    if lead.status == LeadStatus.WORKING:
        quiet_since = max(cycle.last_touch_at or cycle.working_at, again)
        return max(cycle.working_at + WORKING_FOR, quiet_since + UNTOUCHED_FOR)
    if cycle.go_to_market != GoToMarket.INBOUND or cycle.touches:
        return None
    due = cycle.assigned_at + NEVER_TOUCHED_FOR
    return due if due >= again else again + UNTOUCHED_FOR


def keep(step) -> None:
    """Bring the stored deadlines of one lead within a turn in line with what was decided. No query."""
    cycle = step.new_cycle or step.cycle
    if cycle is None or cycle.ended_at is not None:
        return
    added = [row for row in step.rows if isinstance(row, Task) and row.cycle is cycle]
    tasks = [t for t in (*step.open_tasks, *added) if t.cycle_id == cycle.pk]
    freed = [t.done_at for t in step.changed_tasks.values() if t.done_at is not None and holds(t)]
    if freed and step.new_cycle is None and not any(map(holds, tasks)):
        cycle.freed_at = max([*freed, *filter(None, [cycle.freed_at])])
        step.cycle_changed = True
    due = abandon_at(step.lead, cycle, tasks)
    if due != cycle.abandon_at:
        cycle.abandon_at = due
        step.cycle_changed = step.new_cycle is None or step.cycle_changed
