"""The clock people see: how far a lead is on the way to its target and its limit, in calendar hours, never softened (SLA-1, SLA-2).

Pure: moments in, a Clock out. The templates' clock chip and the queue's order read it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.words import duration
from leads.models import LeadStatus, Task

GOALS = {Task.Kind.HAND_RAISE: "your answer", Task.Kind.REPLY: "your answer", Task.Kind.REVIEW: "the manager's word"}
FIRST = "the first touch"
AT_RISK = 0.75  # the last quarter of the way to the target


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock at one moment. `figure` and `word` say it: 12 min left, 38 min over target, 42 h over limit, 8 min ago."""

    kind: str  # ok, risk, late, over, hold, due
    figure: str
    word: str
    now: datetime
    due_at: datetime | None = None
    target_at: datetime | None = None
    limit_at: datetime | None = None
    share: float = 0.0
    goal: str = FIRST  # what it runs for


def kind_of(began_at: datetime, target_at: datetime, limit_at: datetime, now: datetime) -> str:
    """Say which of the four a response clock is in, without drawing it."""
    if now > limit_at:
        return "over"
    if now > target_at:
        return "late"
    return "risk" if _share(began_at, target_at, now) >= AT_RISK else "ok"


def response_clock(
    began_at: datetime, target_at: datetime, limit_at: datetime, now: datetime, goal: str = FIRST
) -> Clock:
    """Say where a response clock stands: on track, at risk, target missed, limit breached. Exactly at the target is within."""
    facts = {
        "now": now,
        "due_at": target_at if now <= limit_at else limit_at,
        "target_at": target_at,
        "limit_at": limit_at,
        "goal": goal,
    }
    if now > limit_at:
        return Clock("over", duration(now - limit_at), "over limit", share=1.0, **facts)
    if now > target_at:
        return Clock("late", duration(now - target_at), "over target", share=_share(began_at, limit_at, now), **facts)
    share = _share(began_at, target_at, now)
    return Clock("risk" if share >= AT_RISK else "ok", duration(target_at - now), "left", share=share, **facts)


def _share(start: datetime, end: datetime, now: datetime) -> float:
    length = (end - start) / timedelta(seconds=1)
    return min(1.0, max(0.0, ((now - start) / timedelta(seconds=1)) / length)) if length > 0 else 1.0


def clock_of(lead, cycle, now: datetime) -> Clock | None:
    """Return the response clock of an assigned lead, or None where none runs (outbound, product-led, touched, booked by themselves)."""
    if (
        lead.status != LeadStatus.ASSIGNED
        or cycle is None
        or cycle.target_at is None
        or cycle.first_touch_at is not None
        or cycle.self_booked_at is not None
    ):
        return None
    return response_clock(cycle.assigned_at, cycle.target_at, cycle.limit_at, now)


def task_clock(task: Task, now: datetime) -> Clock:
    """Return the clock of one task: with a limit a response clock, without one the moment it is due or how long it waits."""
    if task.limit_at is not None:
        return response_clock(task.began_at, task.due_at, task.limit_at, now, GOALS.get(task.kind, FIRST))
    if task.due_at <= now:
        return Clock("due", duration(now - task.due_at), "ago", now, due_at=task.due_at)
    return Clock("due", duration(task.due_at - now), "left", now, due_at=task.due_at)
