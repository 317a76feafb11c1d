"""The real thing, started as `./run` starts it, with a faster heart."""

import contextlib
import fcntl
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from leadops import database
from leadops.supervisor import ghosts

pytestmark = pytest.mark.processes

PATIENCE = 60


class House:
    """One running LeadOps on a data folder of its own."""

    def __init__(self, data: Path):
        self.data = data
        self.port = free_port()
        self.said = data.with_name(f"{data.name}.out")

    def start(self, *arguments: str) -> "House":
        strange = ("DJANGO_", "LEADOPS_", "DATABASE_URL", "COV_")
        environment = {key: value for key, value in os.environ.items() if not key.startswith(strange)}
        environment |= {"LEADOPS_DATA": str(self.data), "LEADOPS_DEMO": "0"}
        environment |= {"LEADOPS_PING_SECONDS": "0.5", "LEADOPS_SILENCE_SECONDS": "3"}
        with self.said.open("a") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "leadops.serve", "--port", str(self.port), *arguments],
                cwd=database.BASE,
                env=environment,
                stdout=out,
                stderr=out,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
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
        import psycopg

        with contextlib.suppress(psycopg.Error), psycopg.connect(database.url(data=self.data)) as connection:
            query = "SELECT extract(epoch FROM max(finished_at))::float FROM accounts_sweeprun WHERE name = 'ping'"
            return connection.execute(query).fetchone()[0] or 0.0
        return 0.0

    def members(self) -> dict[str, list[int]]:
        """The processes by what they do, eldest first."""
        found: dict[str, list[int]] = {"web": [], "jobs": []}
        for process in sorted(ghosts(str(self.data)), key=started):
            line = Path(f"/proc/{process}/cmdline").read_bytes()
            found["jobs" if b"qcluster" in line else "web"].append(process)
        return found

    def end(self, sign: signal.Signals = signal.SIGINT) -> int:
        # The terminal sends Ctrl-C to the whole foreground group.
        os.killpg(self.process.pid, sign)
        return self.process.wait(PATIENCE)

    def left(self) -> list[int]:
        return [*ghosts(str(self.data)), *database.processes(self.data)]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def started(process: int) -> tuple[int, int]:
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]), process
    return 0, process


def wait_until(true, seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def built(tmp_path_factory, worker_id):
    """A data folder with tables and files in it, for copies that start fast."""
    shared = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        shared = shared.parent
    first = House(shared / "built-house")
    with (shared / "built-house.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not first.data.exists():
            first.start()
            wait_until(first.is_well)
            first.end()
            assert first.left() == []
    return first.data


def copy(built: Path, to: Path) -> Path:
    shutil.copytree(built, to, ignore=shutil.ignore_patterns("sockets", "database.*", "leadops.lock"))
    to.chmod(0o700)
    return to


@pytest.fixture(scope="module")
def house(built, tmp_path_factory):
    house = House(copy(built, tmp_path_factory.mktemp("house") / "data")).start()
    try:
        wait_until(house.is_well)
        yield house
    finally:
        house.end()
    assert house.left() == []


@pytest.mark.parametrize(
    ("group", "position"),
    [
        pytest.param("web", 0, id="the web's main process"),
        pytest.param("web", 1, id="a web worker"),
        pytest.param("jobs", 0, id="the job cluster's main process"),
        pytest.param("jobs", 1, id="its sentinel"),
        pytest.param("jobs", 2, id="an idle worker"),
        pytest.param("jobs", 3, id="the other worker"),
        pytest.param("jobs", 4, id="its monitor"),
        pytest.param("jobs", 5, id="its pusher"),
    ],
)
def test_whoever_is_killed_is_replaced_and_leaves_no_ghost(house, group, position):
    wait_until(lambda: house.is_well() and [len(members) for members in house.members().values()] == [3, 6])
    before = house.members()

    os.kill(before[group][position], signal.SIGKILL)
    killed_at = time.time()

    wait_until(lambda: house.last_ping() > killed_at + 1 and house.is_well())
    wait_until(lambda: [len(members) for members in house.members().values()] == [3, 6])
    sessions = {name: {os.getsid(process) for process in found} for name, found in house.members().items()}
    assert before[group][position] not in house.members()[group]
    assert {name: len(found) for name, found in sessions.items()} == {"web": 1, "jobs": 1}


def test_a_cluster_that_hangs_is_replaced_as_a_whole(house):
    wait_until(lambda: house.is_well() and len(house.members()["jobs"]) == 6)
    hung = house.members()["jobs"]

    for process in hung:
        os.kill(process, signal.SIGSTOP)
    stopped_at = time.time()

    wait_until(lambda: house.last_ping() > stopped_at + 1)
    wait_until(lambda: not any(Path(f"/proc/{process}").exists() for process in hung))


def test_a_database_killed_outright_comes_back(house):
    wait_until(house.is_well)
    killed = int((house.data / "postgres/postmaster.pid").read_text().split()[0])

    os.kill(killed, signal.SIGKILL)
    killed_at = time.time()

    wait_until(lambda: house.last_ping() > killed_at and house.is_well())


def test_a_second_run_on_the_same_folder_says_who_is_there(house):
    second = House(house.data)
    second.said = house.said.with_name("second.out")

    assert second.start().process.wait(PATIENCE) == 1
    assert re.search(rf"already runs on .*:{house.port}/", second.said.read_text())
    assert house.is_well()


def test_a_taken_port_is_said_and_nothing_is_left(house, tmp_path):
    second = House(tmp_path / "data")
    second.port = house.port

    assert second.start().process.wait(PATIENCE) == 1
    assert f"cannot listen on 127.0.0.1:{house.port}" in second.said.read_text()
    assert second.left() == []


@pytest.mark.parametrize(
    ("sign", "moment"),
    [
        pytest.param(signal.SIGINT, 0.2, id="Ctrl-C before the first word"),
        pytest.param(signal.SIGINT, 0.7, id="Ctrl-C while the database is made"),
        pytest.param(signal.SIGTERM, 1.7, id="TERM while tables are made"),
        pytest.param(signal.SIGHUP, 2.7, id="the terminal closes while web and jobs start"),
    ],
)
def test_leaving_before_it_is_ready_leaves_no_process(tmp_path, sign, moment):
    house = House(tmp_path / "data").start()
    time.sleep(moment)

    # Before its first word a signal simply ends it; from then on it ends in order.
    assert house.end(sign) in ((0, 1, -sign) if moment < 0.5 else (0,))

    assert house.left() == []


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_leaving_when_all_is_well_leaves_no_process_and_the_same_data(built, tmp_path, sign):
    house = House(copy(built, tmp_path / "data")).start()
    wait_until(house.is_well)

    assert house.end(sign) == 0

    assert house.left() == []
    with database.in_use(house.data):
        assert house.last_ping() > 0


def test_when_the_supervisor_itself_is_killed_its_children_end_and_the_next_run_works(built, tmp_path):
    house = House(copy(built, tmp_path / "data")).start()
    wait_until(house.is_well)

    os.kill(house.process.pid, signal.SIGKILL)
    house.process.wait()

    wait_until(lambda: not list(ghosts(str(house.data))))
    house.start()
    wait_until(house.is_well)
    assert house.end() == 0
    assert house.left() == []
