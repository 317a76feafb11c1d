"""Leads that somebody should look at: those about to go by themselves, long in working, silent, or nobody's (LIFE-6, LIFE-7, LIFE-14).

The querysets are for pages and figures; what is told of them is told by the sweeps (`leads/sweeps.py`).
"""

from datetime import UTC, datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from accounts.models import Message, Role, User
from accounts.workdays import last_morning, next_morning
from accounts.writing import update_each
from leads import deadlines
from leads.lifecycle import Refused, Result, Step, turn
from leads.models import Cycle, Lead, LeadStatus, Motion, Task
from leads.notices import notice
from leads.permissions import visible_to

SILENT_FOR = timedelta(days=7)
ENOUGH = 1_000  # counts are exact up to here
TOLD = (Role.MANAGER, Role.REVOPS)


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


def without_a_morning(at: datetime) -> QuerySet[User]:
    """Return the managers and RevOps whose morning's figures are due, or whose first morning is not set yet."""
    people = User.objects.filter(role__in=TOLD, is_active=True)
    return people.filter(Q(morning_at__isnull=True) | Q(morning_at__lte=at)).order_by("morning_at", "pk")


def tell_the_morning(people, *, at: datetime) -> int:
    """Tell each of these, once a morning of theirs, how many leads nobody is talking to; return how many were due.

    A manager's are those of their people; nobody's leads are RevOps' to tell of. A clean house says nothing. Late, it is told once,
    dated that morning. Two queries, and two for each who is due. In a transaction.
    """
    rows = without_a_morning(at).filter(pk__in=people).order_by("pk").select_for_update(no_key=True, skip_locked=True)
    due = list(rows)
    messages: list[Message] = []
    for person in due:
        if person.morning_at is not None:
            messages += _figures(person, last_morning(person, at), at)
        person.morning_at = next_morning(person, at)
    Message.objects.bulk_create(messages, ignore_conflicts=True)
    update_each(due, ["morning_at"])
    return len(due)


def _figures(person: User, morning: datetime, at: datetime) -> list[Message]:
    figures = {"silent": _count(visible_to(silent(at), person, at))}
    if person.role == Role.REVOPS:
        figures["nobody"] = _count(nobodys())
    if not any(figures.values()):
        return []
    return notice(person, "morning", str(morning.astimezone(person.zone).date()), at=morning, **figures)


def _count(rows: QuerySet) -> int:
    return rows.order_by()[: ENOUGH + 1].count()
