"""A LeadOps that was started once, for tests that start and kill one: copies of its data folder start fast."""

import fcntl
from pathlib import Path

import pytest

from leadops.chaos.house import House, wait_until


@pytest.fixture(scope="session")
def built(tmp_path_factory, worker_id) -> Path:
    """A data folder with tables and files in it; the tests' workers share one."""
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
