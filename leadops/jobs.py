"""The job cluster's own affairs: its sign of life, the sweeps it rings for, and what it forgets at night.

The supervisor rings and listens; `/healthz` listens too.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.core.management import call_command
from django.db import transaction
from django.db.models import F, Max, Q
from django.utils import timezone
from django_q.models import Schedule, Task
from django_q.tasks import async_task

from accounts import clock, sweeping, webhooks
from accounts.models import Message, Receipt, Role, SweepRun, User
from leadops import invariants
from leadops.schedules import JOBS, SWEEPS, Job
from leads.notices import notice

PING = "ping"
LISTED = "listed"
KEPT = timedelta(days=30)


def ring() -> None:
    """Ask the job cluster to show that it is alive."""
    async_task("leadops.jobs.ping", save=False)


def ping() -> None:
    """Leave a sign of life; one row, however often."""
    now = timezone.now()
    moments = {"started_at": now, "finished_at": now}
    # Two first pings at once may leave two rows; that must not make every later one fail.
    if not SweepRun.objects.filter(name=PING).update(**moments):
        SweepRun.objects.create(name=PING, **moments)


def last_sign_of_life() -> datetime | None:
    """Return when the cluster last answered a ring or finished any task.

    Behind a long queue a ring waits its turn, and finished tasks speak for the cluster. Two
    queries.
    """
    pinged = SweepRun.objects.filter(name=PING).aggregate(last=Max("finished_at"))["last"]
    finished = Task.objects.aggregate(last=Max("stopped"))["last"]
    return max((moment for moment in (pinged, finished) if moment), default=None)


def sweep(name: str) -> str:
    """Run one sweep as of now; when its time did not suffice, ring for the rest."""
    run = sweeping.run(SWEEPS[name], clock.now())
    if run.left and run.done:
        async_task("leadops.jobs.sweep", name, group=f"sweep {name}")
    return f"{run.found} due, {run.done} done, {run.failed} failed, {run.left} left"


@dataclass(frozen=True)
class Pulse:
    """How one sweep does: the start of its last good run, how long ago that is, and whether the next one is late."""

    name: str
    last: datetime | None
    lag: timedelta | None
    is_late: bool


def pulses(now: datetime) -> list[Pulse]:
    """Say how every sweep does. One query.

    Good is a run that came to its end, as of the moment it ran. A sweep never seen is as old as its place on the list.
    """
    good = Q(error="", finished_at__isnull=False, as_of__gte=F("started_at") - timedelta(minutes=1))
    rows = SweepRun.objects.filter(name__in=SWEEPS).values("name")
    rows = rows.annotate(last=Max("started_at", filter=good), listed=Max("started_at", filter=Q(error=LISTED)))
    seen = {row["name"]: row for row in rows}
    return [_pulse(name, seen.get(name, {}), now) for name in SWEEPS]


def _pulse(name: str, seen: dict, now: datetime) -> Pulse:
    last = seen.get("last")
    # After a start everybody has the time to run once, however long nothing ran before.
    since = max(filter(None, (last, seen.get("listed"))), default=datetime.min.replace(tzinfo=UTC))
    return Pulse(name, last, now - last if last else None, now - since > SWEEPS[name].late_after)


def prove() -> None:
    """Ring once for every rule of soundness: each has a job's whole time."""
    for rule in invariants.INVARIANTS:
        async_task("leadops.jobs.prove_rule", rule.name, group="prove")


def prove_rule(name: str) -> str:
    """Ask one rule of soundness; where it does not hold, tell RevOps, once a day."""
    at = clock.now()
    rule = next(rule for rule in invariants.INVARIANTS if rule.name == name)
    [(_rule, rows)] = invariants.check([rule])
    if rows:
        people = User.objects.filter(role=Role.REVOPS, is_active=True)
        told = [notice(p, "unsound", f"{name}:{at:%Y-%m-%d}", at=at, rule=name, says=rule.says) for p in people]
        Message.objects.bulk_create([message for each in told for message in each], ignore_conflicts=True)
    return f"{len(rows)} rows break it"


def forget_finished() -> None:
    """Delete what old jobs left behind."""
    Task.objects.filter(stopped__lt=timezone.now() - KEPT).delete()


def forget_sessions() -> None:
    """Delete the sessions that have ended."""
    call_command("clearsessions")


def forget_receipts() -> None:
    """Delete what was answered two days ago and longer: no form is pressed again after that, and no end taken back."""
    Receipt.objects.filter(at__lt=timezone.now() - timedelta(days=2)).delete()


def forget_deliveries() -> None:
    """Delete the events that were delivered a month ago and longer."""
    webhooks.forget(clock.now())


@transaction.atomic
def sync(jobs: list[Job] = JOBS) -> tuple[int, int]:
    """Make the schedules equal to the list; return how many were changed and removed.

    A schedule that is already right keeps its next run. A new or changed one first runs at its
    cron line's next moment.
    """
    # Two hosts may start at once, and names are not unique in the cluster's own table.
    present: dict[str | None, Schedule] = {}
    removed = changed = 0
    wanted = {job.name: job for job in jobs}
    for schedule in Schedule.objects.select_for_update().order_by("id"):
        if schedule.name in wanted and schedule.name not in present:
            present[schedule.name] = schedule
        else:
            schedule.delete()
            removed += 1
    for job in jobs:
        schedule = present.get(job.name) or Schedule(name=job.name)
        right = {"func": job.function, "schedule_type": Schedule.CRON, "cron": job.cron}
        right |= {"repeats": -1, "args": repr((job.argument,)) if job.argument else None}
        if schedule.pk and all(getattr(schedule, key) == value for key, value in right.items()):
            continue
        for key, value in right.items():
            setattr(schedule, key, value)
        schedule.full_clean(exclude=["next_run"])
        schedule.next_run = schedule.calculate_next_run(timezone.now())
        schedule.save()
        changed += 1
    list_sweeps()
    return changed, removed


def list_sweeps() -> None:
    """Note that every sweep is on the list, from now."""
    now = timezone.now()
    listed = SweepRun.objects.filter(error=LISTED)
    listed.delete()
    SweepRun.objects.bulk_create(SweepRun(name=name, started_at=now, finished_at=now, error=LISTED) for name in SWEEPS)
