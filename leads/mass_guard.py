"""The guard against throwing leads away unseen (WORK-7): more than ten untouched leads of one source ended by one rep within an hour
wait for the manager, out of the rep's queue.

Asked by `dispositions` within a turn; the manager's answer is in `leads/wishes.py`.
"""

from collections import Counter
from datetime import UTC, timedelta

from django.db import connection
from django.db.models import Count

from accounts.models import Reason, Role
from accounts.permissions import manager_of
from leads import notices
from leads.lifecycle import Step
from leads.models import Cycle, Outcome, Task
from leads.step import size_of

LIMIT, WITHIN = 10, timedelta(hours=1)
LOCK = 0x1EAD3A  # the space of advisory locks that reps take who end untouched leads


def must_wait(step: Step) -> bool:
    """Say whether one more untouched lead of this source, ended by this rep, is too many. Three queries a turn, none for managers."""
    by = step.by
    if by is None or by.is_superuser or by.role in (Role.MANAGER, Role.REVOPS):
        return False
    if step.turn.ended_unseen is None:
        step.turn.ended_unseen = _counted(by, step.at)
    source = step.cycle.source_id
    if step.turn.ended_unseen[source] >= LIMIT:
        return True
    step.turn.ended_unseen[source] += 1
    return False


def _counted(by, at) -> Counter:
    """Count by source what this rep ended unseen of late, or asked to. Who ends leads in two windows at once is counted in turn:
    the second waits until the first is done. Three queries."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, by.pk])
    since = at - WITHIN
    ended = Cycle.objects.filter(
        ended_by=by, ended_at__gt=since, touches=0, outcome__in=(Outcome.NURTURE, Outcome.UNQUALIFIED)
    )
    waiting = Task.objects.filter(
        kind=Task.Kind.REVIEW, created_by=by, began_at__gt=since, done_at__isnull=True, reason__isnull=False
    )
    counts = Counter(dict(ended.values_list("source").annotate(n=Count("id"))))
    counts.update(dict(waiting.values_list("cycle__source").annotate(n=Count("id"))))
    return counts


def wait(step: Step, reason: Reason, size: str = "") -> Task:
    """Put the wish to end a lead before the manager instead of ending it, with the size where its reason asks for one. The clock runs on;
    the rep's queue no longer shows it."""
    manager = step.turn.remember("manager", lambda: manager_of(step.by))
    task = Task(
        kind=Task.Kind.REVIEW, lead=step.lead, cycle=step.cycle, owner=manager, reason=reason, created_by=step.by, began_at=step.at,
        due_at=step.at + timedelta(hours=24), sweep_at=step.at + timedelta(hours=24), what=size_of(reason, size),
    )  # fmt: skip
    step.turn.remember("wishes told", lambda: step.tell(_telling(step, manager)) or True)
    step.record("disposition_waits", reason_id=reason.pk, data={"manager": manager.pk if manager else None})
    return step.add(task, "review")


def asked(step: Step) -> Task | None:
    """Return the wish to end this lead that waits for the manager's word."""
    return next((t for t in step.open_tasks if t.kind == Task.Kind.REVIEW and t.reason_id), None)


def _telling(step: Step, manager) -> list:
    """Return what tells the manager that wishes of this rep wait, once an hour and rep however many there are."""
    hour = step.at.astimezone(UTC).strftime("%Y%m%d%H")
    key = f"{step.by.pk}:{hour}"
    return notices.notice(manager, "wishes", key, at=step.turn.recorded_at, rep=step.by.pk, name=str(step.by))
