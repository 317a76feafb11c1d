"""The sweeps of promised times and fair hands: clocks nobody answers, leads a pool holds, target accounts nobody works.

Listed in `leadops/schedules.py` beside those of a lead's life (`leads/sweeps.py`).
"""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import Account
from accounts.sweeping import Sweep
from leads import assignment, escalation, target_accounts
from leads.models import LeadStatus, Spell, Task

MINUTE = timedelta(minutes=1)


def unanswered(at: datetime) -> QuerySet:
    """Leads with a clock that must be looked at, by `task_clock_due`, unless an exception stands (SLA-3)."""
    granted = Task.objects.filter(
        lead=OuterRef("lead"), kind=Task.Kind.EXCEPTION, done_at__isnull=True, accepted_at__isnull=False
    )
    due = Task.objects.filter(limit_at__isnull=False, done_at__isnull=True, sweep_at__lte=at, lead__gone_as="")
    return due.filter(~Exists(granted)).order_by("sweep_at", "pk").values_list("lead_id", flat=True)


def held_by_pools(at: datetime) -> QuerySet:
    """Leads that a pool holds because nobody in it could receive them, by `task_of_team` (ROUTE-3)."""
    spell = Spell.objects.filter(lead=OuterRef("lead"), ended_at__isnull=True, pool=OuterRef("team"))
    held = Task.objects.filter(kind=Task.Kind.RESPONSE, done_at__isnull=True, team__isnull=False, lead__gone_as="")
    held = held.filter(Exists(spell), lead__status=LeadStatus.ASSIGNED, began_at__lte=at)
    return held.order_by("due_at", "pk").values_list("lead_id", flat=True)


def hand_out(leads: list[int], at: datetime, recorded_at: datetime) -> int:
    return len(assignment.hand_out(leads, at=at, recorded_at=recorded_at).done)


def idle_targets(at: datetime) -> QuerySet:
    """Target accounts at which it must be looked whether anybody worked them, by `account_idle` (ACC-6)."""
    due = Account.objects.filter(idle_at__lte=at, gone_as="")
    return due.order_by("idle_at", "pk").values_list("pk", flat=True)


RESPONSE = Sweep("response", MINUTE, unanswered, escalation.escalate)
POOLS = Sweep("pools", MINUTE, held_by_pools, hand_out)
TARGETS = Sweep("target-accounts", timedelta(hours=1), idle_targets, target_accounts.give_back_idle)

# What waits in a pool before what escalates.
SWEEPS = [POOLS, RESPONSE, TARGETS]
