"""The frame of every sweep: a pass over all rows whose stored deadline has come (TIME-1). Apps write `Sweep`s, `leadops/schedules.py`
lists them; the job cluster, `manage.py sweep` and a made-up world run them.

It promises: safe at any moment, twice, and in two places at once. Rows are taken in batches, each in one transaction with all its
effects; what another run holds is passed over; a run ends after some twenty seconds and says what it left. A row that raises, hangs
or kills its worker is found by taking ever smaller parts, tried three times, and put aside with a word to RevOps; the others go on.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts.models import Message, Parked, Role, SweepRun, User

BATCH, PART = 200, 25  # rows in one transaction, its locks gone in 200 ms; rows looked at more closely together
LOOK = 20_000  # keys read at once
TRIES = 3
MOST_FAILURES = 20  # in one run; beyond, it is not the rows' fault
KEPT = 50  # runs of a sweep that are remembered
PATIENCE = timedelta(seconds=3)  # for one statement
LOCK = 0x1EAD05  # the space of advisory locks that runs hold while they live


@dataclass(frozen=True)
class Sweep:
    """One sweep.

    `due(at)` names the rows whose deadline has come, longest overdue first: a queryset of keys, by one indexed predicate on a stored
    deadline. `act(keys, at, recorded_at)` does what is due to at most `batch` of them, through the real process functions, and
    returns how many it changed; it looks again under lock, since others were faster perhaps. Only an act that must send something
    says `in_one_transaction=False` and sees to its own.
    """

    name: str
    every: timedelta
    due: Callable[[datetime], QuerySet]
    act: Callable[[list[int], datetime, datetime], int]
    batch: int = BATCH
    in_one_transaction: bool = True

    @property
    def late_after(self) -> timedelta:
        """How long after the last good run it counts as late."""
        return 2 * self.every + timedelta(minutes=2)


class NotNow(Exception):
    """Raised by an act that can do nothing just now, whatever the row (mail is down). What is due waits for the next run."""


class TooManyFailures(Exception):
    """So many rows failed that something else must be wrong; the run stops."""


def run(
    sweep: Sweep,
    at: datetime,
    *,
    recorded_at: datetime | None = None,
    seconds: float | None = 20,
    keep_run: bool = True,
) -> SweepRun:
    """Do all that is due at this moment, and say how much it was. `seconds` bounds the run, None does not.

    `recorded_at` is when we learn it, if that is another moment. Outside any transaction, so that what is in hand is known to
    whoever comes after a kill. Raises what stopped the run as a whole: a database out of reach, or TooManyFailures. Three queries,
    and for each batch one more than those of its act. `keep_run=False` leaves no row behind: for made-up worlds.
    """
    # In UTC: limits are taken from these moments, and on a wall's clock a day may have 25 hours.
    at, recorded_at = at.astimezone(UTC), (recorded_at or at).astimezone(UTC)
    this = _Run(sweep, at, recorded_at, seconds, keep_run)
    try:
        this.work()
    except Exception as problem:
        this.finish(_words(problem))
        raise
    except BaseException:
        # Cut off by a signal: as dead as if killed, and the rows in hand as suspicious.
        if not connection.in_atomic_block:
            connection.close()
        raise
    this.finish()
    return this.row


def release(sweep: str, keys: Sequence[int] | None = None) -> int:
    """Let parked rows (all of a sweep's when none is named) be tried again. Returns how many. One query."""
    rows = Parked.objects.filter(sweep=sweep, parked_at__isnull=False)
    return (rows if keys is None else rows.filter(key__in=keys)).delete()[0]


class _Run:
    def __init__(self, sweep: Sweep, at: datetime, recorded_at: datetime, seconds: float | None, keep_run: bool):
        self.sweep, self.at, self.recorded_at = sweep, at, recorded_at
        self.ends = time.monotonic() + seconds if seconds is not None else float("inf")
        self.row = SweepRun(name=sweep.name, as_of=at, started_at=Now())
        self.suspects: list[list[int]] = []
        if keep_run:
            # Lock and row appear together: nobody can find the row and take its run for dead.
            with transaction.atomic():
                self.row.save(force_insert=True)
                _lock("pg_advisory_lock", self.row.pk)
            self._inherit()
        else:
            connection.ensure_connection()
        self.session = connection.connection

    def work(self) -> None:
        """Take what is due, the unsuspicious first, so that a bad row holds up nobody but itself."""
        passed: set[int] = set()
        while True:
            looked = list(self.sweep.due(self.at)[:LOOK])
            if not looked:
                return
            known = dict(Parked.objects.filter(sweep=self.sweep.name).values_list("key", "parked_at"))
            keys = [key for key in looked if key not in passed and known.get(key) is None]
            if not keys:
                return
            passed.update(looked)
            self.row.found += len(keys)
            self._take(keys, [key for key in keys if key in known])
            if len(looked) < LOOK or self._is_over():
                return

    def finish(self, error: str = "") -> None:
        """Leave word of the run, forget old ones, and let go of its lock."""
        self.row.error, self.row.batch = error, None
        if self.row.pk is None or self._has_lost_its_session():
            return  # what was in hand stays on its row, for the next run to find
        counts = {name: getattr(self.row, name) for name in ("found", "done", "failed", "left", "error")}
        SweepRun.objects.filter(pk=self.row.pk).update(finished_at=Now(), batch=None, **counts)
        runs = SweepRun.objects.filter(name=self.sweep.name).order_by("-started_at").values_list("pk", flat=True)
        if old := list(runs[KEPT : 2 * KEPT]):
            SweepRun.objects.filter(pk__in=old).delete()
        _lock("pg_advisory_unlock", self.row.pk)

    def _inherit(self) -> None:
        """Find the runs that died, and what they had in hand: their killer may be among it."""
        mine = SweepRun.objects.filter(name=self.sweep.name, finished_at__isnull=True).exclude(pk=self.row.pk)
        for pk in list(mine.values_list("pk", flat=True)):
            if not _lock("pg_try_advisory_lock", pk):
                continue  # it lives
            dead = SweepRun.objects.filter(pk=pk, finished_at__isnull=True)
            batch = dead.values_list("batch", flat=True).first()
            if dead.update(finished_at=Now(), error="died", batch=None) and batch:
                self.suspects.append(batch)
            _lock("pg_advisory_unlock", pk)

    def _take(self, keys: list[int], tried: list[int]) -> None:
        due, alone = set(keys), set(tried)
        groups = [[k for k in group if k in due and k not in alone] for group in self.suspects]
        suspicious = {key for group in groups for key in group}
        rest = [key for key in keys if key not in suspicious and key not in alone]
        for part in _cut(rest, self.sweep.batch):
            self._attempt(part)
        for group in groups:
            for part in _cut(group, PART if len(group) > PART else 1):
                self._attempt(part, careful=True)
        for key in tried:
            self._attempt([key], careful=True)
        self.suspects = []

    def _attempt(self, keys: list[int], careful: bool = False) -> None:
        """Do what is due to these rows, or to as many of them as can be. `careful` counts the try of a single row before it."""
        if self._is_over():
            self.row.left += len(keys)
            return
        tries = self._count_a_try(keys[0]) if careful and len(keys) == 1 else 0
        if tries > TRIES:
            self._park(keys[0], "")
            return
        self._have_in_hand(keys)
        try:
            with self._bounds():
                done = self.sweep.act(keys, self.at, self.recorded_at)
        except NotNow:
            self.ends = 0
            self.row.left += len(keys)
        except Exception as problem:
            if self._has_lost_its_session():
                raise
            if len(keys) > 1:
                for part in _cut(keys, PART if len(keys) > PART else 1):
                    self._attempt(part, careful=True)
            else:
                self._failed(keys[0], tries or self._count_a_try(keys[0]), _words(problem))
        else:
            self.row.done += done
            if tries:
                Parked.objects.filter(sweep=self.sweep.name, key=keys[0]).delete()

    def _has_lost_its_session(self) -> bool:
        """Say whether the database went away. Django may have found it again; the lock and the rows in hand are lost all the same."""
        return connection.connection is not self.session

    def _is_over(self) -> bool:
        return time.monotonic() > self.ends

    def _bounds(self):
        return _bounded() if self.sweep.in_one_transaction else nullcontext()

    def _have_in_hand(self, keys: list[int]) -> None:
        if self.row.pk is not None:
            SweepRun.objects.filter(pk=self.row.pk).update(batch=keys)

    def _count_a_try(self, key: int) -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {Parked._meta.db_table} (sweep, key, tries, error, tried_at) VALUES (%s, %s, 1, '', %s)"
                " ON CONFLICT (sweep, key) DO UPDATE SET tries = accounts_parked.tries + 1, tried_at = EXCLUDED.tried_at"
                " RETURNING tries",
                [self.sweep.name, key, self.recorded_at],
            )
            return cursor.fetchone()[0]

    def _failed(self, key: int, tries: int, words: str) -> None:
        self.row.failed += 1
        Parked.objects.filter(sweep=self.sweep.name, key=key).update(error=words)
        if tries >= TRIES:
            self._park(key, words)
        if self.row.failed >= MOST_FAILURES:
            raise TooManyFailures(f"{self.row.failed} rows failed, the last with: {words}")

    def _park(self, key: int, words: str) -> None:
        """Put a row aside and tell RevOps, both or neither."""
        words = words or f"its worker died {TRIES} times, with nothing else in hand"
        with transaction.atomic():
            row = Parked.objects.select_for_update().get(sweep=self.sweep.name, key=key)
            row.parked_at, row.error = self.recorded_at, words
            row.save(update_fields=["parked_at", "error"])
            Message.objects.bulk_create(
                (
                    Message(
                        to=person, kind="parked", data={"sweep": self.sweep.name, "key": key, "error": words},
                        created_at=self.recorded_at, dedupe_key=f"parked:{row.pk}:{person.pk}",
                    )
                    for person in User.objects.filter(role=Role.REVOPS, is_active=True)
                ),
                ignore_conflicts=True,
            )  # fmt: skip


class _bounded:
    """One transaction in which nothing waits or hangs for long, and whose locks are gone should this process freeze."""

    def __enter__(self):
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        with connection.cursor() as cursor:
            longest = f"{PATIENCE.total_seconds():.0f}s"
            cursor.execute(
                "SELECT set_config('statement_timeout', %s, true), set_config('lock_timeout', %s, true),"
                " set_config('idle_in_transaction_session_timeout', '10s', true)",
                [longest, longest],
            )

    def __exit__(self, *problem):
        return self.atomic.__exit__(*problem)


def _lock(function: str, number: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", [LOCK, number & 0x7FFFFFFF])
        return cursor.fetchone()[0] is not False


def _cut(keys: Sequence[int], size: int) -> list[list[int]]:
    return [list(keys[start : start + size]) for start in range(0, len(keys), size)]


def _words(problem: BaseException) -> str:
    """Say what went wrong in one line. The first only: what follows may quote a row, and rows hold people."""
    first = (str(problem).splitlines() or [""])[0]
    return f"{type(problem).__name__}: {first}"[:300]
