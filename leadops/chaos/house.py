"""One running LeadOps, started as `./run` starts it, on a data folder of its own: what chaos and the tests of the supervisor kill."""

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import connection

from leadops import database
from leadops.supervisor import end_with_parent, ghosts

PATIENCE = 60
WHOLE = {"web": 3, "jobs": 6}  # processes: a main one and two workers; main, sentinel, two workers, monitor, pusher
# A faster heart than the shipped one, so that a test need not wait for it.
FAST = {"LEADOPS_PING_SECONDS": "0.5", "LEADOPS_SILENCE_SECONDS": "8"}


def _as_from_a_terminal() -> None:
    end_with_parent()
    # Whoever was started in the background of a shell is deaf to Ctrl-C, and so would be all that it starts.
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class House:
    """One running LeadOps, and what can be seen of it from outside."""

    def __init__(self, data: Path, heart: dict[str, str] = FAST):
        self.data, self.heart = data, heart
        self.port = free_port()
        self.said = data.with_name(f"{data.name}.out")

    def start(self, *arguments: str) -> "House":
        strange = ("DJANGO_", "LEADOPS_", "DATABASE_URL", "COV_")
        environment = {key: value for key, value in os.environ.items() if not key.startswith(strange)}
        environment |= {"LEADOPS_DATA": str(self.data), "LEADOPS_DEMO": "0"} | self.heart
        with self.said.open("a") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "leadops.serve", "--port", str(self.port), *arguments],
                cwd=database.BASE,
                env=environment,
                stdout=out,
                stderr=out,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=_as_from_a_terminal,
            )
        return self

    def health(self) -> dict[str, str]:
        web = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        with contextlib.closing(web):
            try:
                web.request("GET", "/healthz")
                return json.load(web.getresponse())
            except (OSError, http.client.HTTPException, ValueError):
                return {}

    def is_well(self) -> bool:
        answer = self.health()
        return answer.get("database") == "ok" and answer.get("jobs") == "ok"

    def last_ping(self) -> float:
        with contextlib.suppress(psycopg.Error), psycopg.connect(database.url(data=self.data)) as asked:
            query = "SELECT extract(epoch FROM max(finished_at))::float FROM accounts_sweeprun WHERE name = 'ping'"
            return asked.execute(query).fetchone()[0] or 0.0
        return 0.0

    def members(self) -> dict[str, list[int]]:
        """The processes by what they do, eldest first."""
        found: dict[str, list[int]] = {"web": [], "jobs": []}
        for process in sorted(ghosts(str(self.data)), key=started):
            line = Path(f"/proc/{process}/cmdline").read_bytes()
            found["jobs" if b"qcluster" in line else "web"].append(process)
        return found

    def is_whole(self) -> bool:
        """Say whether everybody is there and nobody else: each group of one session."""
        with contextlib.suppress(OSError):  # somebody left while we looked
            found = self.members()
            sessions = {name: len({os.getsid(process) for process in group}) for name, group in found.items()}
            return {name: len(group) for name, group in found.items()} == WHOLE and set(sessions.values()) == {1}
        return False

    def database_process(self) -> int:
        return int((self.data / "postgres/postmaster.pid").read_text().split()[0])

    def end(self, sign: signal.Signals = signal.SIGINT) -> int:
        # The terminal sends Ctrl-C to the whole foreground group.
        os.killpg(self.process.pid, sign)
        return self.process.wait(PATIENCE)

    def left(self) -> list[int]:
        return [*ghosts(str(self.data)), *database.processes(self.data)]


@contextlib.contextmanager
def a_house(heart: dict[str, str] = FAST, built: Path | None = None) -> Iterator[House]:
    """Make a house, from nothing or as a copy of the data folder of one that was built before, and leave nothing of it."""
    folder = Path(tempfile.mkdtemp(prefix="leadops-chaos-"))
    if built is not None:
        copy(built, folder / "data")
    # Jobs are signed: ours are to be believed there.
    house = House(folder / "data", heart | {"LEADOPS_SECRET_KEY": settings.SECRET_KEY}).start()
    try:
        wait_until(house.is_well, 2 * PATIENCE)
        with at_home(house):
            yield house
    finally:
        if house.process.poll() is None:
            house.end()
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def at_home(house: House) -> Iterator[None]:
    """Have this process and its children speak to the house's own database, as the application."""
    before = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict.update(database.settings_for(database.url(data=house.data)))
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(before)


def copy(built: Path, to: Path) -> Path:
    """Copy the data folder of a house that does not run."""
    shutil.copytree(built, to, ignore=shutil.ignore_patterns("sockets", "database.*", "leadops.lock"))
    to.chmod(0o700)
    return to


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def started(process: int) -> tuple[int, int]:
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]), process
    return 0, process


def wait_until(true: Callable[[], object], seconds: float = PATIENCE, pause: float = 0.1) -> float:
    """Wait until it is so, and return how long that took. Raises TimeoutError."""
    began = time.monotonic()
    while not true():
        if time.monotonic() - began > seconds:
            raise TimeoutError(f"waited {seconds:.0f} s for {getattr(true, '__name__', 'it')}")
        time.sleep(pause)
    return time.monotonic() - began
