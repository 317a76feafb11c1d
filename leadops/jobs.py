"""The job cluster's own sign of life. The supervisor rings it; `/healthz` reads it."""

from datetime import datetime

from django.utils import timezone
from django_q.tasks import async_task

from accounts.models import SweepRun

PING = "ping"


def ring() -> None:
    """Ask the job cluster to show that it is alive."""
    async_task("leadops.jobs.ping", save=False)


def ping() -> None:
    """Leave a sign of life; one row, however often."""
    now = timezone.now()
    SweepRun.objects.update_or_create(
        name=PING, defaults={"started_at": now, "finished_at": now}
    )


def last_ping() -> datetime | None:
    """Return when the job cluster last showed that it was alive."""
    return SweepRun.objects.filter(name=PING).values_list("finished_at", flat=True).first()
