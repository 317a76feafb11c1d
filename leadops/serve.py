"""``./run``: everything from an empty folder to a working LeadOps, and back to no process at all.

It holds the data folder for itself, keeps the database, brings tables and files up to date,
makes the demo world once, and then lets the supervisor keep web and jobs alive.
"""

import argparse
import contextlib
import fcntl
import http.client
import json
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from leadops import database
from leadops.supervisor import Group, Supervisor, adopt_orphans, banish

logger = logging.getLogger(__name__)

PEOPLE = """\
  ana, ben    SDR, North        cleo  manager of North
  dov         SDR, South        hugo  manager of South
  eva, finn   AE                nora  manager of both
  carl        CSM               mark  marketing
  rita        RevOps            lena  leadership
  root        superuser"""


def main() -> None:
    """Serve until told to stop; exit with a message when that is not possible."""
    options = _options()
    data = database.data_folder()
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    supervisor = Supervisor(
        groups=[],
        heartbeat=_heartbeat,
        housekeeping=lambda: None,
        ping_seconds=float(os.environ.get("LEADOPS_PING_SECONDS", "10")),
        silence_seconds=float(os.environ.get("LEADOPS_SILENCE_SECONDS", "45")),
    )
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, supervisor.leave)
    try:
        with _alone(data, options), contextlib.ExitStack() as stack:
            _port_is_free(options)
            banish(str(data))
            adopt_orphans()
            if not database.is_external():
                _say("database")
                stack.enter_context(database.in_use())
            _serve(options, data, supervisor)
    except database.Unavailable as problem:
        sys.exit(f"The database cannot be used: {problem}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run", description="Serve LeadOps.")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--demo", action="store_true", help="make the demo world here too")
    options = parser.parse_args()
    options.address = os.environ.get("LEADOPS_BIND", "127.0.0.1")
    return options


def _say(text: str) -> None:
    print(f"LeadOps: {text}", flush=True)


def _serve(options: argparse.Namespace, data: Path, supervisor: Supervisor) -> None:
    _say("tables and files")
    if not _step(["prepare"], data, supervisor, role="owner"):
        return
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "leadops.settings"
    os.environ["LEADOPS_DB_ROLE"] = "app"
    os.environ["PGCONNECT_TIMEOUT"] = "5"
    django.setup()
    if _wants_demo(options):
        _say("demo world (once)")
        if not _step(["demo", *(["--demo"] if options.demo else [])], data, supervisor, role="app"):
            return
    supervisor.groups = _groups(options, str(data))
    supervisor.housekeeping = _Housekeeping(options)
    _say("web and jobs")
    supervisor.run()
    _say("stopped")


def _step(command: list[str], data: Path, supervisor: Supervisor, *, role: str) -> bool:
    """Run one management command to its end; say whether to go on."""
    step = Group(
        name=command[0],
        command=[sys.executable, "-m", "django", *command],
        mark=str(data),
        patience=5,
        environment={"DJANGO_SETTINGS_MODULE": "leadops.settings", "LEADOPS_DB_ROLE": role},
    )
    step.start()
    assert step.process is not None
    while step.is_running() and not supervisor.leaving:
        time.sleep(0.05)
    code = step.process.poll()
    step.end()
    if code:
        sys.exit(f"LeadOps: {command[0]} failed")
    return not supervisor.leaving


def _wants_demo(options: argparse.Namespace) -> bool:
    from django.core.management import get_commands

    if os.environ.get("LEADOPS_DEMO") == "0" or "demo" not in get_commands():
        return False
    if database.is_external() and not options.demo:
        return False
    return not _query(_has_people)


def _has_people() -> bool:
    from django.contrib.auth import get_user_model

    return get_user_model().objects.exists()


def _has_demo() -> bool:
    from django.contrib.auth import get_user_model

    return get_user_model().objects.filter(username="ana").exists()


def _query(question: Callable[[], bool]) -> bool:
    """Ask, and leave no connection open that children would inherit."""
    from django.db import connection

    try:
        return question()
    finally:
        connection.close()


def _groups(options: argparse.Namespace, mark: str) -> list[Group]:
    environment = {"DJANGO_SETTINGS_MODULE": "leadops.settings", "LEADOPS_DB_ROLE": "app"}
    web = [
        *(sys.executable, "-m", "gunicorn", "leadops.wsgi:application"),
        *("--bind", f"{options.address}:{options.port}"),
        *("--workers", "2", "--threads", "4", "--preload"),
        *("--timeout", "60", "--graceful-timeout", "5"),
        *("--log-level", "warning", "--no-control-socket"),
    ]
    jobs = [sys.executable, "-m", "django", "qcluster"]
    return [
        Group("web", web, mark, patience=8, environment=environment),
        Group("jobs", jobs, mark, patience=8, environment=environment),
    ]


def _heartbeat() -> float | None:
    """Ring the job cluster; return the seconds of its silence, or None without a database."""
    from django.db import Error, connection
    from django.utils import timezone

    from leadops import jobs

    try:
        with connection.cursor() as cursor:
            # A stuck database must not stop the supervisor from looking after the rest.
            cursor.execute("SET statement_timeout = '5s'")
        last = jobs.last_sign_of_life()
        jobs.ring()
    except Error as problem:
        logger.warning("cannot ring the jobs: %s", problem)
        connection.close()
        return None
    return (timezone.now() - last).total_seconds() if last else float("inf")


class _Housekeeping:
    """Keeps the embedded database up, and says once when everything works."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.announced = False
        self.has_demo = _query(_has_demo)

    def __call__(self) -> None:
        if not database.is_external():
            try:
                database.keep_running()
            except database.Unavailable as problem:
                logger.error("the database cannot be started: %s", problem)
        if not self.announced and _is_healthy(self.options):
            self.announced = True
            _announce(self.options, demo=self.has_demo)


def _is_healthy(options: argparse.Namespace) -> bool:
    web = http.client.HTTPConnection(options.address, options.port, timeout=2)
    try:
        web.request("GET", "/healthz", headers={"Host": "localhost"})
        answer = web.getresponse()
        return answer.status == 200 and json.load(answer)["jobs"] == "ok"
    except (OSError, http.client.HTTPException, ValueError):
        return False
    finally:
        web.close()


def _announce(options: argparse.Namespace, *, demo: bool) -> None:
    print(f"\nLeadOps is at http://{options.address}:{options.port}/\n")
    if demo:
        print(f"Sign in with the password demo as\n{PEOPLE}\n")
    else:
        print("Make the first person with: ./run manage createsuperuser\n")
    print("Ctrl-C stops everything.", flush=True)


@contextlib.contextmanager
def _alone(data: Path, options: argparse.Namespace) -> Iterator[None]:
    """Hold the data folder for this run, or say who holds it."""
    with (data / "leadops.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            sys.exit(f"LeadOps already runs on {data}: {lock.read().strip()}")
        lock.truncate(0)
        lock.write(f"http://{options.address}:{options.port}/ (process {os.getpid()})\n")
        lock.flush()
        yield


def _port_is_free(options: argparse.Namespace) -> None:
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((options.address, options.port))
        except OSError as problem:
            sys.exit(
                f"LeadOps cannot listen on {options.address}:{options.port}"
                f" ({problem.strerror}); try ./run --port {options.port + 1}"
            )


if __name__ == "__main__":
    main()
