"""The whole product as it is served: how soon the first page is there, how many queue pages a second, how much memory.

Starts `leadops.serve` on the measured copy, with a data folder of its own, and asks it over the wire as browsers do.
"""

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from django.conf import settings
from django.db import connection

from accounts.models import User
from leadops import database
from leadops.benches.pages import HOST, sign_in
from leadops.chaos.crew import fork, wait

CLIENTS, SECONDS = 4, 10


def figures() -> dict[str, float]:
    """Say seconds to the first page, queue pages a second at four clients, and the megabytes of all processes."""
    cookies = [
        sign_in(user).cookies["sessionid"].value for user in User.objects.filter(username__startswith="rep-")[:CLIENTS]
    ]
    with tempfile.TemporaryDirectory() as folder, _served(Path(folder)) as (process, port):
        first = _ask(port, cookies[0])
        for cookie in cookies * 3:
            _ask(port, cookie)
        pages = _load(port, cookies, Path(folder))
        return {"first": first, "pages": pages, "memory": sum(map(_pss, _family(process.pid)))}


@contextlib.contextmanager
def _served(folder: Path) -> Iterator[tuple[subprocess.Popen, int]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "DATABASE_URL": _address("app"), "LEADOPS_OWNER_URL": _address("owner"), "LEADOPS_SECRET_KEY": settings.SECRET_KEY,
        "LEADOPS_DATA": str(folder / "data"), "LEADOPS_DEMO": "0", "LEADOPS_DB_ROLE": "app",
    }  # fmt: skip
    command = [sys.executable, "-m", "leadops.serve", "--port", str(port)]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, env=environment, cwd=settings.BASE_DIR, stdout=log, stderr=log)
    try:
        _wait_until_well(process, port, folder / "log")
        yield process, port
    finally:
        process.terminate()
        process.wait(30)


def _address(role: str) -> str:
    """Name the measured copy as the application, or as its owner."""
    name = connection.settings_dict["NAME"]
    if not database.is_external():
        return database.url(role, name=name)
    given = (
        os.environ["DATABASE_URL"] if role == "app" else os.environ.get("LEADOPS_OWNER_URL", os.environ["DATABASE_URL"])
    )
    return urlunsplit(urlsplit(given)._replace(path="/" + quote(name)))


def _wait_until_well(process: subprocess.Popen, port: int, log: Path) -> None:
    ends = time.monotonic() + 90
    while time.monotonic() < ends and process.poll() is None:
        with contextlib.suppress(OSError, http.client.HTTPException, ValueError, KeyError):
            web = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            web.request("GET", "/healthz", headers={"Host": HOST})
            if json.load(web.getresponse())["jobs"] == "ok":
                return
        time.sleep(0.3)
    raise AssertionError(f"LeadOps did not come up: {log.read_text()[-2000:]}")


def _ask(port: int, cookie: str) -> float:
    began = time.perf_counter()
    web = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    web.request("GET", "/queue/", headers={"Host": HOST, "Cookie": f"sessionid={cookie}"})
    answer = web.getresponse()
    answer.read()
    web.close()
    if answer.status != 200:
        raise AssertionError(f"/queue/ answered {answer.status}")
    return time.perf_counter() - began


def _load(port: int, cookies: list[str], folder: Path) -> float:
    """Have each client ask for its queue again and again; return the pages a second of all."""

    def work(number: int, cookie: str) -> None:
        ends, pages = time.monotonic() + SECONDS, 0
        while time.monotonic() < ends:
            _ask(port, cookie)
            pages += 1
        (folder / f"client-{number}").write_text(str(pages))

    children = [fork(lambda n=n, cookie=cookie: work(n, cookie)) for n, cookie in enumerate(cookies)]
    for child in children:
        wait(child)
    return sum(int((folder / f"client-{n}").read_text()) for n in range(len(cookies))) / SECONDS


def _family(pid: int) -> list[int]:
    """List a process and all below it."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    found, wave = {pid}, {pid}
    while wave:
        wave = {child for child, parent in parents.items() if parent in wave} - found
        found |= wave
    return sorted(found)


def _pss(pid: int) -> float:
    """Return the megabytes of one process, what it shares counted in proportion."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0
