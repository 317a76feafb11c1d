"""The web and the job cluster, kept alive. `leadops.serve` runs it after everything is ready.

It promises: a child that dies is replaced, slower each time it dies young without having worked; a job cluster that
shows no sign of life is replaced as a whole; nothing that it started outlives it, whichever
process is killed and in whatever order, its own included; Ctrl-C in the terminal reaches only
it, and it ends the others in order.
"""

import contextlib
import ctypes
import logging
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

logger = logging.getLogger(__name__)

# Every process below the supervisor carries this in its environment, so that it can be found
# after its ancestors are gone.
MARK = "LEADOPS_SUPERVISED"
TICK = 0.1
LONGEST_PAUSE = 30.0
STEADY_AFTER = 60.0
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def _prctl(option: int, value: int) -> None:
    # Where the system has no such call, ghosts are only found at the next start.
    with contextlib.suppress(OSError, AttributeError):
        _libc.prctl(option, value, 0, 0, 0)


_libc = ctypes.CDLL(None, use_errno=True)


def end_with_parent() -> None:
    """Have this process told to end when its parent dies, however it dies."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def adopt_orphans() -> None:
    """Make this process the parent of whatever its children leave behind."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def ghosts(mark: str) -> Iterator[int]:
    """Find the processes that carry ``mark``, whoever their parent is now."""
    wanted = f"{MARK}={mark}".encode()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                if wanted in (entry / "environ").read_bytes().split(b"\0"):
                    yield int(entry.name)


def banish(mark: str) -> None:
    """Kill every process that carries ``mark``, and wait until none is left."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        found = list(ghosts(mark))
        if not found:
            return
        for process in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        reap()
        time.sleep(0.02)


def reap() -> None:
    """Take leave of dead orphans; a `Group` takes leave of its own leader."""
    for child in _zombies():
        with contextlib.suppress(ChildProcessError):
            os.waitpid(child, os.WNOHANG)


_leaders: set[int] = set()


def _zombies() -> Iterator[int]:
    own = os.getpid()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) not in _leaders:
            with contextlib.suppress(OSError, IndexError):
                state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
                if state == "Z" and int(parent) == own:
                    yield int(entry.name)


@dataclass
class Group:
    """A child with all its descendants, in a session of its own."""

    name: str
    command: list[str]
    mark: str
    patience: float
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = 0.0
    not_before: float = 0.0

    def start(self) -> None:
        """Start the child. When this process dies, however it dies, the child is told to end."""
        self.process = subprocess.Popen(
            self.command,
            env=os.environ | self.environment | {MARK: self.mark},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=end_with_parent,
        )
        _leaders.add(self.process.pid)
        self.started = time.monotonic()

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def ask_to_end(self) -> None:
        """Tell the leader, which knows how to end its descendants in order."""
        if self.process is not None and self.is_running():
            self.process.terminate()

    def end(self) -> None:
        """Kill whatever is left of the group."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        _leaders.discard(self.process.pid)
        self.process = None

    def plan_restart(self) -> None:
        """Put the next start off, longer each time the group dies young."""
        steady = time.monotonic() - self.started > STEADY_AFTER
        self.pause = 0.25 if steady else min(max(0.25, self.pause * 2), LONGEST_PAUSE)
        self.not_before = time.monotonic() + self.pause


@dataclass
class Supervisor:
    """Keeps groups running until asked to leave.

    ``heartbeat`` is called every ``ping_seconds`` with the seconds since the job cluster was
    started; it rings the cluster and says for how many seconds it has been silent, or None when
    that cannot be known. A silence of ``silence_seconds`` costs the ``jobs`` group its life.
    ``housekeeping`` is called about once a second.
    """

    groups: list[Group]
    heartbeat: Callable[[], float | None]
    housekeeping: Callable[[], None]
    ping_seconds: float
    silence_seconds: float
    leaving: bool = False
    hurried: bool = False

    def run(self) -> None:
        """Keep everything running until asked to leave, then end everything."""
        next_ping = next_chore = 0.0
        try:
            while not self.leaving:
                now = time.monotonic()
                try:
                    for group in self.groups:
                        self._keep(group)
                    if now >= next_chore:
                        next_chore = now + 1
                        reap()
                        self.housekeeping()
                    if now >= next_ping:
                        next_ping = now + self.ping_seconds
                        self._listen()
                except Exception:
                    # Whatever goes wrong here, going on is better than taking all down.
                    logger.exception("the supervisor stumbled")
                    time.sleep(1)
                time.sleep(TICK)
        finally:
            self.end_all()

    def leave(self, *_: object) -> None:
        """Take a signal: the first asks for an orderly end, the second for a quick one."""
        self.hurried = self.leaving
        self.leaving = True

    def end_all(self) -> None:
        """End every group: ask, wait, kill."""
        for group in self.groups:
            group.ask_to_end()
        begun = time.monotonic()
        while any(g.is_running() for g in self.groups) and not self.hurried:
            for group in self.groups:
                if time.monotonic() - begun > group.patience:
                    group.end()
            time.sleep(TICK / 2)
        for group in self.groups:
            group.end()
            banish(group.mark)

    def _keep(self, group: Group) -> None:
        if group.is_running():
            return
        if group.process is not None:
            logger.warning("%s ended (%s); starting it again", group.name, group.process.poll())
            # Its descendants may work on without it.
            group.end()
            group.plan_restart()
        if time.monotonic() >= group.not_before:
            group.start()

    def _listen(self) -> None:
        silent = self.heartbeat()
        for group in self.groups:
            if group.name != "jobs" or silent is None or not group.is_running():
                continue
            age = time.monotonic() - group.started
            if silent < age:
                group.pause = 0.0  # it worked; should it die now, that is no reason to wait
            # A cluster that has just started has had no time to answer.
            silent = min(silent, age)
            if silent > self.silence_seconds:
                logger.warning("jobs silent for %.0f s; replacing the whole group", silent)
                group.end()
                group.plan_restart()
