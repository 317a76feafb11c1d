"""The real thing, started as `./run` starts it, with a faster heart."""

import os
import re
import signal
import time
from pathlib import Path

import pytest

from leadops import database
from leadops.chaos.house import PATIENCE, House, copy, wait_until
from leadops.supervisor import ghosts

pytestmark = pytest.mark.processes


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
