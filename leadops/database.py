"""Where LeadOps keeps its data: the PostgreSQL server named in the environment, or its own.

With ``DATABASE_URL`` set, that server is used as it is. Without it, one runs inside the data
folder, from programs that are installed as a Python package. `manage.py`, `leadops.serve` and
the tests hold it with `in_use`; settings ask only for its address.

It promises: any number of processes may start at once and share one server; the last one to
leave stops it; and there are two roles, an owner that shapes tables and an application that may
only use them.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import psycopg
from psycopg import sql

from leadops.postgres import Server, Unavailable

__all__ = ["Unavailable"]

BASE = Path(__file__).resolve().parent.parent
OWNER = "leadops_owner"
APPLICATION = "leadops_app"
NAME = "leadops"
ROLE_LOCK = 0x1EAD0B5


def is_external() -> bool:
    """Say whether the environment names a server of its own."""
    return bool(os.environ.get("DATABASE_URL"))


def data_folder() -> Path:
    """Return the folder that holds everything LeadOps keeps outside of an external database."""
    return Path(os.environ.get("LEADOPS_DATA") or BASE / ".data").resolve()


def settings_for(address: str) -> dict[str, Any]:
    """Translate a database address into Django's terms.

    Query parameters become connection options. Raise `Unavailable` for anything that is not
    PostgreSQL.
    """
    parts = urlsplit(address)
    if parts.scheme not in ("postgres", "postgresql"):
        raise Unavailable(f"only postgresql:// addresses are understood, not {parts.scheme}://")
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", "") or unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
    }


def url(role: str = "app", *, data: Path | None = None, name: str = NAME) -> str:
    """Return the address of the embedded database for the ``owner`` or the ``app`` role."""
    user = OWNER if role == "owner" else APPLICATION
    return f"postgresql://{user}@/{name}?host={quote(str(_server(data).sockets), safe='/')}"


@contextlib.contextmanager
def in_use(data: Path | None = None, *, disposable: bool = False) -> Iterator[None]:
    """Keep the embedded server running for the length of the block.

    Start it when it is not running, and stop it at the end when nobody else is using it.
    ``disposable`` trades safety for speed and is for data that tests make. Raise `Unavailable`
    when it cannot be started.
    """
    server = _server(data)
    server.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # The system lets go of the lock when its holder dies, so a killed user is never counted.
    with (server.folder / "database.users").open("a") as users:
        try:
            with _one_at_a_time(server):
                _start(server, disposable=disposable)
                fcntl.flock(users, fcntl.LOCK_SH)
            yield
        finally:
            with _one_at_a_time(server):
                if _is_last(users):
                    server.stop()


def keep_running(data: Path | None = None) -> None:
    """Start the embedded server again if it died under those who use it. Cheap when it lives.

    Only for callers inside `in_use`. Raise `Unavailable` when it cannot be started.
    """
    server = _server(data)
    if server.main_process() is None:
        with _one_at_a_time(server):
            _start(server, disposable=False)


def processes(data: Path | None = None) -> list[int]:
    """List the embedded server's processes."""
    return _server(data).processes()


def prepare(connection: psycopg.Connection, *, owner: str, application: str) -> None:
    """Let the application use whatever the owner will create in this database.

    The application may read and write rows, never truncate; migrations take away more from the
    tables that are records. Safe to repeat; ``connection`` is the owner's or a superuser's.
    """
    for statement in (
        "GRANT USAGE ON SCHEMA public TO {application}",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public"
        " GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {application}",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {application}",
    ):
        roles = {"owner": sql.Identifier(owner), "application": sql.Identifier(application)}
        connection.execute(sql.SQL(statement).format(**roles))


def _server(data: Path | None) -> Server:
    return Server(data.resolve() if data else data_folder())


@contextlib.contextmanager
def _one_at_a_time(server: Server) -> Iterator[None]:
    with (server.folder / "database.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_last(users: IO[str]) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _start(server: Server, *, disposable: bool) -> None:
    server.start(disposable=disposable)
    with server.connect() as connection:
        # Roles belong to the whole server, so a check and a creation must not interleave.
        connection.execute("SELECT pg_advisory_lock(%s)", [ROLE_LOCK])
        present = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
        if OWNER not in present:
            connection.execute(f"CREATE ROLE {OWNER} LOGIN CREATEDB")
        if APPLICATION not in present:
            connection.execute(f"CREATE ROLE {APPLICATION} LOGIN")
        # The owner may look at the world with the application's eyes; never the reverse.
        connection.execute(f"GRANT {APPLICATION} TO {OWNER}")
        databases = {row[0] for row in connection.execute("SELECT datname FROM pg_database")}
        if NAME not in databases:
            # What template1 has, every database made from it has, those of tests included.
            with server.connect("template1") as template:
                prepare(template, owner=OWNER, application=APPLICATION)
            connection.execute(f"CREATE DATABASE {NAME} OWNER {OWNER}")
