"""The sweeps of a lead's life: each finds what is due by a stored deadline and lets the process that owns the rule do it.

Listed in `leadops/schedules.py`. To add one: a due function and an act function here, one `Sweep`, one line there (docs/sweeps.md).
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.sweeping import Sweep
from leads import attention, deadlines, exceptions, mornings, pulling, pulls, recycling
from leads.lifecycle import Result
from leads.models import Cycle, Lead, LeadStatus, Task

SOON, HOURLY = timedelta(minutes=10), timedelta(hours=1)


def _through(process: Callable[..., Result], **more) -> Callable[[list[int], datetime, datetime], int]:
    """Have a process do it to the leads that nobody else holds just now."""

    def act(leads: list[int], at: datetime, recorded_at: datetime) -> int:
        return len(process(leads, at=at, recorded_at=recorded_at, skip_locked=True, **more).done)

    return act


def abandoned(at: datetime) -> QuerySet:
    """Rounds untouched for too long, by `cycle_to_abandon` (LIFE-6)."""
    due = Cycle.objects.filter(ended_at__isnull=True, abandon_at__lte=at).order_by("abandon_at", "pk")
    return due.values_list("lead_id", flat=True)


def coming_back(at: datetime) -> QuerySet:
    """Nurtured leads whose date has come, kept ones among them, by `lead_recycle_due` (LIFE-8, LIFE-9)."""
    due = Lead.objects.filter(status=LeadStatus.NURTURE, recycle_at__lte=at, gone_as="")
    return due.order_by("recycle_at", "pk").values_list("pk", flat=True)


def untouched_pulls(at: datetime) -> QuerySet:
    """Pulls that nobody touched for three working days, by `cycle_to_return`, unless something holds them (ROUTE-5)."""
    granted = Q(kind=Task.Kind.EXCEPTION, accepted_at__isnull=False)
    held = Task.objects.filter(Q(kind__in=deadlines.HOLDING) | granted, lead=OuterRef("lead"), done_at__isnull=True)
    due = Cycle.objects.filter(ended_at__isnull=True, first_touch_at__isnull=True, return_at__lte=at)
    return due.filter(~Exists(held)).order_by("return_at", "pk").values_list("lead_id", flat=True)


def standing_exceptions(at: datetime) -> QuerySet:
    """Exceptions past their review or 14 days old, by `task_exception_due` (LIFE-10)."""
    due = Task.objects.filter(kind=Task.Kind.EXCEPTION, done_at__isnull=True, sweep_at__lte=at)
    return due.order_by("sweep_at", "pk").values_list("lead_id", flat=True)


def long_working(at: datetime) -> QuerySet:
    """Rounds 21 days in working that nobody was warned of, by `cycle_to_warn` (LIFE-7)."""
    due = attention.long_working(at).filter(warned_at__isnull=True)
    return due.order_by("working_at", "pk").values_list("lead_id", flat=True)


def people_at_eight(at: datetime) -> QuerySet:
    """People whose morning it is (SLA-4, LIFE-14)."""
    return mornings.without_a_morning(at).values_list("pk", flat=True)


def tell_the_morning(people: list[int], at: datetime, recorded_at: datetime) -> int:
    return mornings.tell_the_morning(people, at=at)


def ended_days(at: datetime) -> QuerySet:
    """People who pull, whose day has ended (ROUTE-5)."""
    return pulls.without_an_end(at).values_list("pk", flat=True)


def end_the_day(people: list[int], at: datetime, recorded_at: datetime) -> int:
    return pulls.end_the_day(people, at)


ABANDON = Sweep("auto-abandon", SOON, abandoned, _through(recycling.abandon))
COME_BACK = Sweep("come-back", SOON, coming_back, _through(recycling.come_back))
UNTOUCHED_PULLS = Sweep("untouched-pulls", SOON, untouched_pulls, _through(pulling.give_back_untouched))
EXCEPTIONS = Sweep("exceptions", SOON, standing_exceptions, _through(exceptions.remind))
LONG_WORKING = Sweep("long-working", HOURLY, long_working, _through(attention.warn))
MORNING = Sweep("morning", timedelta(minutes=5), people_at_eight, tell_the_morning)
DAY_END = Sweep("day-end", timedelta(minutes=5), ended_days, end_the_day)

# In the order in which they are run by hand: a warning before what it warns of, what ends before what comes back.
SWEEPS = [LONG_WORKING, ABANDON, UNTOUCHED_PULLS, COME_BACK, EXCEPTIONS, DAY_END, MORNING]
