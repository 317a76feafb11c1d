"""Pages first: who works through a job gives way, with the sessions it opens."""

import os

import pytest
from django.db import connection
from django_q.signals import pre_execute

from leadops import database, priority
from leadops.chaos.crew import wait

pytestmark = pytest.mark.django_db


@pytest.fixture
def session():
    """Another session of this process, opened and closed."""
    other = connection.copy()
    other.ensure_connection()
    yield other
    other.close()


def weight(session) -> int:
    return 0 if database.is_external() else os.getpriority(os.PRIO_PROCESS, session.connection.info.backend_pid)


def in_a_worker(work) -> int:
    """Do this in a child, as a job is done, and return how it ended."""
    child = os.fork()
    if child:
        return wait(child)
    code = 70
    try:
        code = work()
    finally:
        os._exit(code)


def test_a_worker_gives_way_from_its_first_job_on():
    def work() -> int:
        before = os.getpriority(os.PRIO_PROCESS, 0)
        for _ in range(2):
            pre_execute.send(sender="django_q", func=None, task=None)
        return 0 if os.getpriority(os.PRIO_PROCESS, 0) == max(priority.PAGES_FIRST, before) else 1

    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert in_a_worker(work) == 0
    assert os.getpriority(os.PRIO_PROCESS, 0) == own


def test_a_session_of_a_worker_gives_way_on_our_own_server(session, monkeypatch):
    before = weight(session)
    monkeypatch.setattr(priority, "_gives_way", {os.getpid()})

    priority._session_too(session)

    assert (before, weight(session)) == (0, 0 if database.is_external() else priority.PAGES_FIRST)


@pytest.mark.parametrize("worker", [False, True])
def test_no_session_of_a_page_gives_way_and_none_on_somebody_elses_server(session, monkeypatch, worker):
    if worker:
        monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/leadops")
    monkeypatch.setattr(priority, "_gives_way", {os.getpid() if worker else 1})
    lowered = []
    monkeypatch.setattr(priority, "_lower", lowered.append)

    priority._session_too(session)

    assert lowered == []


def test_a_process_that_is_gone_is_no_error():
    priority._lower(2**22 - 7)
