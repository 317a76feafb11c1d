"""Processes that sweep and may be killed: forked from one that has read everything, so that a new one is there in a moment."""

import mmap
import os
import signal
import struct
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.backends.signals import connection_created

from accounts import sweeping
from accounts.sweeping import Sweep

PAUSE = 0.003


class SharedNumber:
    """One number that a parent writes and its children read."""

    def __init__(self, value: int = 0):
        self._memory = mmap.mmap(-1, 8)
        self.value = value

    @property
    def value(self) -> int:
        return struct.unpack("q", self._memory[:8])[0]

    @value.setter
    def value(self, value: int) -> None:
        self._memory[:8] = struct.pack("q", value)


def noting(sweep: Sweep, busy: SharedNumber) -> Sweep:
    """Have a sweep note while it has rows in hand."""

    def act(keys: list[int], at: datetime, recorded_at: datetime) -> int:
        busy.value = len(keys)
        return sweep.act(keys, at, recorded_at)

    return replace(sweep, act=act)


def as_application(sender, connection, **_) -> None:
    """Take the application's role on every new connection: what it may not do, chaos must not do either."""
    with connection.cursor() as cursor:
        cursor.execute(f'SET ROLE "{settings.LEADOPS_APP_ROLE}"')


def fork(work: Callable[[], None]) -> int:
    """Do something in a child with a connection of its own, as the application; return its number. The parent holds no connection."""
    connection.close()
    child = os.fork()
    if child:
        return child
    code = 70
    try:
        connection_created.connect(as_application)
        work()
        code = 0
    finally:
        os._exit(code)


def wait(child: int) -> int:
    """Wait for a child; return how it ended: 0 well, -9 killed."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def kill(child: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    wait(child)


def sweep_until(
    sweeps: Sequence[Sweep], moment: Callable[[int], datetime], clock: SharedNumber, last: int, busy: SharedNumber
) -> None:
    """Sweep on and on, as of the moment that the clock shows, until nothing is left at the last."""
    idle, sweeps = 0, [noting(sweep, busy) for sweep in sweeps]
    while idle < 3:
        now, found = clock.value, 0
        for sweep in sweeps:
            try:
                found += sweeping.run(sweep, moment(now), seconds=None).found
            except DatabaseError:
                connection.close()
                found += 1
            busy.value = 0
        idle = idle + 1 if now >= last and not found else 0
        time.sleep(PAUSE)


def without_guard() -> None:
    """Take the guards off, for the control: no lock, and no comparison of what was read with what is there."""
    from django.db.models import QuerySet

    from leads import lifecycle

    real, QuerySet.select_for_update = lifecycle.update_each, lambda self, *_, **__: self
    lifecycle.update_each = lambda rows, fields, guard=None: real(rows, fields)
