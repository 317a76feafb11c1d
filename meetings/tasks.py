"""What the job cluster is rung for on behalf of meetings and history. Only a doorbell: the Batch row is the truth, and a lost ring is
made up for by `resume_history` every minute."""

from datetime import timedelta
from time import monotonic

from django_q.tasks import async_task

from accounts import clock
from accounts.models import Batch
from leads.tasks import BUSY
from meetings import medians
from meetings.history import looking, reading, runs, undoing


def keep_medians() -> str:
    """Keep how engaged the middle company of each segment is, once a day."""
    return f"{medians.keep(clock.now())} medians"


def ring_history(pk: int) -> None:
    """Ask the job cluster to go on with a history."""
    async_task("meetings.tasks.run_history", pk, group=f"history {pk}")


def run_history(pk: int) -> None:
    """Do part after part for ten seconds, then ring for the rest."""
    until = monotonic() + BUSY
    while runs.run_chunk(pk, at=clock.now()):
        if monotonic() > until:
            ring_history(pk)
            return


def ring_look(pk: int) -> None:
    """Ask the job cluster to look at a history before anything is saved."""
    async_task("meetings.tasks.look_at_history", pk, group=f"history {pk}")


def look_at_history(pk: int) -> None:
    """Say what a run would do."""
    looking.look(pk, at=clock.now())


def ring_undo(pk: int) -> None:
    """Ask the job cluster to go on with taking a history back."""
    async_task("meetings.tasks.undo_history", pk, group=f"history {pk}")


def undo_history(pk: int) -> None:
    """Take back part after part for ten seconds, then ring for the rest."""
    until = monotonic() + BUSY
    while undoing.undo_chunk(pk, at=clock.now()):
        if monotonic() > until:
            ring_undo(pk)
            return


def resume_history() -> None:
    """Ring again for every history that runs, waits to be looked at, or is being undone: whoever is at it already is left alone."""
    ours = Batch.objects.filter(kind__startswith=reading.PAST)
    for pk in ours.filter(status=Batch.Status.RUNNING).values_list("pk", flat=True):
        ring_history(pk)
    recent = clock.now() - timedelta(hours=1)
    for pk in ours.filter(status=Batch.Status.READ, options__waits=True, created_at__gt=recent).values_list(
        "pk", flat=True
    ):
        ring_look(pk)
    for pk in ours.filter(options__undo__done=False).values_list("pk", flat=True):
        ring_undo(pk)
