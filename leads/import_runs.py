"""A file of leads on its way in: started, stopped, and run chunk after chunk (IN-3).

Called through `leads/importing.py` by the pages, the background job and the command. The Batch row is the truth: a lost or
doubled job changes nothing, for each chunk takes the batch's row, goes on where the last one ended, and moves on in the same
transaction in which its leads were saved.
"""

import contextlib
import gc
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from django.db import DataError, IntegrityError, connection, transaction

from accounts.models import Batch, BatchRow, Door
from leads import intake
from leads.import_batches import CHUNK, Counts, keep, part, reader, rows_after
from leads.intake import REJECTED, Taken
from leads.intake_people import ERASED
from leads.intake_rows import IntakeRow

Status = Batch.Status


@contextlib.contextmanager
def _without_collecting() -> Iterator[None]:
    """Look for no garbage cycles meanwhile: a chunk makes a hundred thousand objects and none, and the search takes a fifth of it."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def start(batch: Batch, *, at: datetime) -> bool:
    """Let a batch run: one that was read or checked, and again one that was stopped or failed, but none that was undone.

    True if it now runs.
    """
    can = (Status.READ, Status.CHECKED, Status.CANCELLED, Status.FAILED)
    with transaction.atomic():
        batch = Batch.objects.select_for_update().get(pk=batch.pk)
        if batch.status not in can or batch.options.get("undo"):
            return batch.status == Status.RUNNING
        reader(batch, at)  # what is missing is said before anything begins
        if not batch.done_to:
            BatchRow.objects.filter(batch=batch, result=REJECTED).update(result="", column="", error="")
            batch.counts, batch.started_at = Counts().data, at
        batch.status, batch.error, batch.finished_at = Status.RUNNING, "", None
        batch.save()
    return True


def cancel(batch: Batch, *, at: datetime) -> bool:
    """Stop a batch at the end of its chunk. What was saved stays; starting it again goes on from there."""
    stopped = Batch.objects.filter(pk=batch.pk, status=Status.RUNNING).update(status=Status.CANCELLED, finished_at=at)
    return bool(stopped)


def run(batch: Batch, at: datetime, progress: Callable[[Batch], bool | None] | None = None) -> Batch:
    """Run a batch to its end, until `progress`, asked after each chunk, answers False, or as far as another job lets us.

    With many rows the caller had better ask for chunk after chunk itself, each at its own moment.
    """
    start(batch, at=at)
    while run_chunk(batch.pk, at=at):
        batch.refresh_from_db()
        if progress and progress(batch) is False:
            return batch
    batch.refresh_from_db()
    return batch


def run_chunk(pk: int, *, at: datetime) -> bool:
    """Take in the next two thousand rows; False when nothing is left to do here: done, stopped, or another job is at it.

    One transaction: leads, what became of each row, and how far the batch is. Where it fails, the batch says so and can be
    started again.
    """
    try:
        with transaction.atomic(), _without_collecting():
            running = Batch.objects.filter(pk=pk, status=Status.RUNNING)
            batch = running.select_for_update(skip_locked=True, no_key=True).first()
            if batch is None:
                return False
            with connection.cursor() as cursor:
                # What a crash of the server takes back, it takes back whole, and the batch goes on from there.
                cursor.execute("SET LOCAL synchronous_commit = off")
            rows = rows_after(batch, batch.done_to)
            if rows:
                _run_rows(batch, rows, at)
                batch.done_to = rows[-1][0]
            if len(rows) < CHUNK:
                batch.status, batch.finished_at = Status.DONE, at
            batch.save(update_fields=["counts", "done_to", "status", "finished_at"])
            return batch.status == Status.RUNNING
    except Exception as problem:
        Batch.objects.filter(pk=pk, status=Status.RUNNING).update(
            status=Status.FAILED,
            error=f"Stopped: {type(problem).__name__}. What was saved stays; start it again.",
            finished_at=at,
        )
        raise


def _run_rows(batch: Batch, rows: Sequence[tuple[int, str]], at: datetime) -> None:
    good, results = part(reader(batch, at), rows)
    taken = _take(batch, [row for _number, row in good], at)
    counts = Counts(batch.counts)
    for (number, row), one in zip(good, taken, strict=True):
        results[number] = (one.result, one.lead, "", one.words[:300])
        if one.result != REJECTED:
            counts.add(one.result, row.source)
    counts.add(REJECTED, number=Counter(result[0] for result in results.values())[REJECTED])
    batch.counts = counts.data
    keep(batch, results)
    # Of who asked to be erased no file keeps anything, a later one neither (LIFE-11).
    erased = [number for number, result in results.items() if result[3] == ERASED]
    if erased:
        BatchRow.objects.filter(batch=batch, number__in=erased).update(cells=[])


def _take(batch: Batch, rows: Sequence[IntakeRow], at: datetime) -> list[Taken]:
    """Take rows in; where the database refuses, split them down to the one it refuses."""
    if not rows:
        return []
    try:
        return intake.take(rows, by=batch.by, at=at, door=Door.IMPORT, batch=batch)
    except (DataError, IntegrityError) as problem:
        if len(rows) == 1:
            return [Taken(REJECTED, None, f"The database refused it: {str(problem).splitlines()[0]}"[:300])]
    half = len(rows) // 2
    return _take(batch, rows[:half], at) + _take(batch, rows[half:], at)
