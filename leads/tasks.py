"""What the job cluster is rung for on behalf of leads. Only a doorbell: the Batch row is the truth, and a lost ring is made up for by
`resume_imports` every minute."""

from datetime import timedelta
from time import monotonic

from django.db.models import Q
from django_q.tasks import async_task

from accounts import clock
from accounts.models import Batch
from leads import import_undo, importing, releasing

BUSY = 10  # seconds a job works before it rings for the rest, well within the cluster's time limit
AT_ONCE = 2_000  # leads released while the person waits
QUIET = timedelta(seconds=60)


def ring_import(pk: int) -> None:
    """Ask the job cluster to go on with an import."""
    async_task("leads.tasks.run_import", pk, group=f"import {pk}")


def ring_check(pk: int) -> None:
    """Ask the job cluster to look at an import before anything is saved."""
    async_task("leads.tasks.check_import", pk, group=f"import {pk}")


def run_import(pk: int) -> None:
    """Take in chunk after chunk for ten seconds, then ring for the rest."""
    until = monotonic() + BUSY
    while importing.run_chunk(pk, at=clock.now()):
        if monotonic() > until:
            ring_import(pk)
            return


def check_import(pk: int) -> None:
    """Say what a run would do. What cannot be decided without a person is kept with the batch, for its page."""
    batch = Batch.objects.get(pk=pk)
    if batch.status not in (Batch.Status.READ, Batch.Status.CHECKED):
        return
    try:
        importing.check(batch, at=clock.now())
    except importing.Problem as problem:
        Batch.objects.filter(pk=pk).update(error=problem.words)


def ring_undo(pk: int) -> None:
    """Ask the job cluster to go on with taking an import back."""
    async_task("leads.tasks.undo_import", pk, group=f"import {pk}")


def undo_import(pk: int) -> None:
    """Take back part after part for ten seconds, then ring for the rest."""
    until = monotonic() + BUSY
    while import_undo.undo_chunk(pk, at=clock.now()):
        if monotonic() > until:
            ring_undo(pk)
            return


def ring_release(pk: int) -> None:
    """Ask the job cluster to go on with releasing what a reason held."""
    async_task("leads.tasks.release", pk, group=f"release {pk}")


def begin_release(batch: Batch) -> None:
    """Release few at once, while the person waits; ring for many."""
    if batch.rows > AT_ONCE:
        ring_release(batch.pk)
    else:
        while releasing.release_chunk(batch.pk, at=batch.created_at):
            pass


def release(pk: int) -> None:
    """Release part after part for ten seconds, then ring for the rest."""
    until = monotonic() + BUSY
    while releasing.release_chunk(pk, at=clock.now()):
        if monotonic() > until:
            ring_release(pk)
            return


def resume_imports() -> None:
    """Ring again for every import and release that runs, waits to be looked at, or is being undone: whoever is at it already is left
    alone."""
    ours = Batch.objects.filter(kind__in=("leads", releasing.KIND))
    running = ours.filter(status=Batch.Status.RUNNING)
    for pk, kind in running.values_list("pk", "kind"):
        (ring_release if kind == releasing.KIND else ring_import)(pk)
    recent = clock.now() - timedelta(hours=1)
    waiting = ours.filter(Q(error="") & Q(options__waits=True), status=Batch.Status.READ, created_at__gt=recent)
    for pk in waiting.values_list("pk", flat=True):
        ring_check(pk)
    for pk in ours.filter(options__undo__done=False).values_list("pk", flat=True):
        ring_undo(pk)
