"""Pages first: where the processors are busy, whoever works through a job gives way to whoever waits for a page, and its half of the
embedded database with it. So a rep who logs a call is not kept waiting by a file that is imported meanwhile.

Only workers that have begun a job do; who watches over them, and what starts, does not.
"""

import contextlib
import os
from pathlib import Path

from django.db import connection
from django.db.backends.signals import connection_created

from leadops import database

PAGES_FIRST = 5  # a third of the weight: on a host that pages alone keep busy, jobs still end in their time
_gives_way: set[int] = set()  # the number of this process, once it does; a child of it begins anew


def give_way(*_, **__) -> None:
    """Let pages go first from now on, in this process and in its sessions. Called before each job; costs something at the first."""
    if os.getpid() not in _gives_way:
        _gives_way.clear()
        _gives_way.add(os.getpid())
        _lower(0)
        connection_created.connect(_session_too, dispatch_uid="pages-first")
        if connection.connection is not None:
            _session_too(connection)


def _session_too(connection, **_) -> None:
    """Only of our own server: its processes are on this host, and ours. Each is a session to the system, which may weigh those."""
    if os.getpid() in _gives_way and not database.is_external():
        process = connection.connection.info.backend_pid
        _lower(process)
        with contextlib.suppress(OSError):
            Path(f"/proc/{process}/autogroup").write_text(str(PAGES_FIRST))


def _lower(process: int) -> None:
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, process, max(PAGES_FIRST, os.getpriority(os.PRIO_PROCESS, process)))
