"""What is late, at risk, past its day, without a next step or quiet, said as conditions of the database (SLA-1, WORK-6, LIFE-14).

Read by the team's page (`leads/board.py`) and by the cleaned room (`leads/room.py`); of one lead `leads/sla.py` says the same.
"""

from datetime import datetime

from django.db.models import DurationField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import LessThanOrEqual

from leads import attention, sla
from leads.models import LeadStatus, Task
from leads.queue import PLANNED

EXCEPTION = Q(kind=Task.Kind.EXCEPTION)
CLOCK = Q(limit_at__isnull=False) & ~Q(kind__in=(Task.Kind.EXCEPTION, Task.Kind.REVIEW))


def granted() -> QuerySet:
    """The leads that are left out of every limit (LIFE-10): few."""
    return Task.objects.filter(EXCEPTION, done_at__isnull=True, accepted_at__isnull=False).values("lead")


def clocks(at: datetime) -> tuple[dict[str, Q], Q]:
    """Say as conditions on tasks what `sla.response_clock` says of one: past limit, target missed, at risk."""
    running = CLOCK & ~Q(lead__in=granted())
    way = ExpressionWrapper((F("due_at") - F("began_at")) * Value(sla.AT_RISK), output_field=DurationField())
    late = {"over": running & Q(limit_at__lt=at), "late": running & Q(limit_at__gte=at, due_at__lt=at)}
    return late, running & Q(due_at__gte=at, began_at__lte=Value(at) - way)


def overdue(at: datetime) -> Q:
    """Say as a condition on tasks which are past their day: planned, and not done by then."""
    return Q(kind__in=PLANNED, due_at__lt=at)


def unplanned() -> Q:
    """Working, and nothing is planned (WORK-6)."""
    planned = Task.objects.filter(done_at__isnull=True).exclude(EXCEPTION, accepted_at__isnull=True)
    return Q(status=LeadStatus.WORKING) & ~Exists(planned.filter(lead=OuterRef("pk")))


def quiet(at: datetime) -> Q:
    """Working, and nothing happened for seven days (LIFE-14)."""
    since = at - attention.SILENT_FOR
    active_at = Coalesce("last_activity_at", "status_since")
    return Q(status=LeadStatus.WORKING) & LessThanOrEqual(active_at, since) & ~Q(pk__in=granted())
