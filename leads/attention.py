"""Leads that somebody should look at: those about to go by themselves, long in working, silent, or nobody's (LIFE-6, LIFE-7, LIFE-14).

The querysets are for pages and figures; what is told of them is told by the sweeps (`leads/sweeps.py`).
"""

from datetime import UTC, datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from accounts.models import User
from leads import deadlines
from leads.lifecycle import Refused, Result, Step, turn
from leads.models import Cycle, Lead, LeadStatus, Motion, Task
from leads.notices import notice

SILENT_FOR = timedelta(days=7)


def leaving(owner: User, at: datetime) -> QuerySet[Lead]:
    """Return what this person will lose within three days unless they touch it, the next first (LIFE-6)."""
    rounds = Lead.objects.filter(owner=owner, status__in=LeadStatus.OPEN, gone_as="", cycle__ended_at__isnull=True)
    return rounds.filter(cycle__abandon_at__lte=at.astimezone(UTC) + deadlines.GOES_WITHIN).order_by(
        "cycle__abandon_at", "pk"
    )


def long_working(at: datetime) -> QuerySet[Cycle]:
    """Return the rounds that are 21 days in working and not qualified, without a standing exception (LIFE-7)."""
    rounds = Cycle.objects.filter(
        ended_at__isnull=True, working_at__lte=at.astimezone(UTC) - deadlines.QUALIFY_WITHIN, motion=Motion.SLG
    )
    return rounds.filter(~Exists(_granted(OuterRef("lead"))))


def silent(at: datetime) -> QuerySet[Lead]:
    """Return the working leads with which nothing happened for seven days, without a standing exception (LIFE-14)."""
    rows = Lead.objects.filter(status=LeadStatus.WORKING, gone_as="").filter(~Exists(_granted(OuterRef("pk"))))
    return rows.alias(active_at=Coalesce("last_activity_at", "status_since")).filter(
        active_at__lte=at.astimezone(UTC) - SILENT_FOR
    )


def nobodys() -> QuerySet[Lead]:
    """Return the leads in no program, no queue and no one's hands (LIFE-14). Who is never, or asked us to stop, is left in peace."""
    rows = Lead.objects.filter(owner__isnull=True, team__isnull=True, gone_as="", opted_out_at__isnull=True)
    in_no_program = Q(status=LeadStatus.NURTURE, reason__program="")
    return rows.filter(Q(status__in=(LeadStatus.RAW, LeadStatus.QUALIFIED)) | in_no_program)


def _granted(lead) -> QuerySet[Task]:
    return Task.objects.filter(lead=lead, kind=Task.Kind.EXCEPTION, done_at__isnull=True, accepted_at__isnull=False)


def warn(leads, *, at: datetime, recorded_at: datetime | None = None, skip_locked: bool = False) -> Result:
    """Tell owners, once a round, that it is in working for 21 days (LIFE-7). A warning only: nothing moves."""

    def change(step: Step) -> None:
        cycle = step.cycle
        is_told = cycle is None or cycle.motion != Motion.SLG or cycle.warned_at is not None
        if step.lead.status != LeadStatus.WORKING or is_told or any(map(deadlines.is_exception, step.open_tasks)):
            raise Refused("Not due.", "not_due")
        due = max(cycle.working_at + deadlines.QUALIFY_WITHIN, step.lead.status_since)
        if due > at:
            raise Refused("Not due.", "not_due")
        step.at = cycle.warned_at = due
        step.cycle_changed = True
        for row in notice(step.lead.owner, "long_working", str(cycle.pk), at=due, lead=step.lead.pk):
            step.add(row)

    return turn(leads, change, by=None, at=at, recorded_at=recorded_at or at, door="sweep", skip_locked=skip_locked)
