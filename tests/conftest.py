"""What every test stands on: a database server of the tests' own, and the application's role."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from psycopg import sql

from leadops import database

pytest_plugins = ["tests.cast", "tests.house", "tests.lasting", "tests.post_office"]
_server = contextlib.ExitStack()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--days", type=int, default=22, help="how long the made-up stretch is that all figures are computed over"
    )


def pytest_configure(config: pytest.Config) -> None:
    if not database.is_external():
        _server.enter_context(database.in_use(disposable=True))
        if not hasattr(config, "workerinput"):
            _forget_killed_runs()


def _forget_killed_runs() -> None:
    """Drop the databases of runs that could not do it themselves; each is named for its process."""
    with psycopg.connect(database.url("owner", name="postgres"), autocommit=True) as server:
        query = "SELECT datname FROM pg_database WHERE datname ~ '^test_leadops_[0-9]+(_gw[0-9]+)?$'"
        for (name,) in server.execute(query).fetchall():
            if not Path(f"/proc/{name.split('_')[2]}").exists():
                server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def pytest_unconfigure(config: pytest.Config) -> None:
    _server.close()


@contextlib.contextmanager
def _application_role() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(f'SET ROLE "{settings.LEADOPS_APP_ROLE}"')
    try:
        yield
    finally:
        # A refused statement leaves the transaction unusable until its savepoint is rolled back,
        # which also takes the role back.
        if not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute("RESET ROLE")


@pytest.fixture
def rung(monkeypatch) -> list[tuple]:
    """What the job cluster was rung for, instead of ringing."""
    calls: list[tuple] = []
    for app in ("leads", "meetings"):
        monkeypatch.setattr(f"{app}.tasks.async_task", lambda name, *args, **_: calls.append((name, *args)))
    return calls


@pytest.fixture
def as_application(db: None) -> Callable[[], contextlib.AbstractContextManager[None]]:
    """Return a context in which the database grants only what the application may do.

    Provoke a refusal inside ``transaction.atomic()`` within the context.
    """
    return _application_role
