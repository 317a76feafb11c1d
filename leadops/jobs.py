"""The job cluster's own affairs: its sign of life, and what it forgets at night.

The supervisor rings and listens; `/healthz` listens too.
"""

from datetime import datetime, timedelta

from django.core.management import call_command
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django_q.models import Schedule, Task
from django_q.tasks import async_task

from accounts.models import SweepRun
from leadops.schedules import JOBS, Job

PING = "ping"
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


def forget_finished() -> None:
    """Delete what old jobs left behind."""
    Task.objects.filter(stopped__lt=timezone.now() - KEPT).delete()


def forget_sessions() -> None:
    """Delete the sessions that have ended."""
    call_command("clearsessions")


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
        right |= {"repeats": -1}
        if schedule.pk and all(getattr(schedule, key) == value for key, value in right.items()):
            continue
        for key, value in right.items():
            setattr(schedule, key, value)
        schedule.full_clean(exclude=["next_run"])
        schedule.next_run = schedule.calculate_next_run(timezone.now())
        schedule.save()
        changed += 1
    return changed, removed
