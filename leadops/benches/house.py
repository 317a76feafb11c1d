"""How fast the whole house is with a million leads: every page beside the pinned floor, and what changes many beside bare SQL.

Called by `manage.py bench`. Prints one line a thing and what was asked of it, and writes the figures as JSON where told.
"""

import json
import os
import secrets
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from django.core.management import call_command
from django.db import connection
from django.test import override_settings

from accounts import sweeping
from accounts.clock import now
from leadops import priority
from leadops.benches import abandoning, importing, pages, rows_in, served, speaking
from leadops.benches.pages import Counter, Figure
from leadops.benches.world import world
from leadops.chaos.crew import fork, wait
from leadops.scratch import scratch_database
from leads import importing as imports
from leads.models import Lead
from leads.sweeps import ABANDON
from reporting import counting

ROWS, DUE = 50_000, 10_000  # of an imported file; leads that are auto-abandoned
TOUCHES = 200  # at least so many, while a sweep and an import run
HEAD = f"{'what':<15}{'median ms':>11}{'95 % ms':>11}{'queries':>9}{'x floor':>9}  asked"


def main(say: Callable[[str], None], leads: int, file: str | None) -> None:
    """Fill, measure, print, write."""
    call_command("collectstatic", interactive=False, verbosity=0)  # pages name their styles by what is in them
    rows, due = min(ROWS, leads), min(DUE, leads // 100)
    with tempfile.TemporaryDirectory() as folder, override_settings(ROOT_URLCONF="leadops.benches.floor"):
        empty = _import_empty(Path(folder), rows)
        with world(leads, say):
            began = time.perf_counter()
            made = counting.count(now())  # by the job that counts every ten minutes, here for the first time
            say(f"{made} daily figures made in {time.perf_counter() - began:.1f} s")
            found = pages.measure()
            more = served.figures()
            full = _import_full(Path(folder), rows, leads)
            touch = _touch(Path(folder), rows, leads)
            sweeps = [speaking.figure(now()), _sweep(due)]
    figures = [*found, touch, empty, full, *sweeps]
    say(HEAD)
    for figure in figures:
        say(_line(figure))
    _say_more(say, more, found)
    if file:
        Path(file).write_text(json.dumps([figure.json() for figure in figures], indent=1) + "\n")


def _line(figure: Figure) -> str:
    ratio = "" if figure.ratio is None else f"{figure.ratio:.1f}"
    kept = "" if figure.is_kept is None else "  kept" if figure.is_kept else "  NOT KEPT"
    numbers = f"{figure.median:>11,.1f}{figure.p95:>11,.1f}{figure.queries:>9,}{ratio:>9}"
    return f"{figure.what:<15}{numbers}  {figure.asked}{kept}".rstrip()


def _say_more(say: Callable[[str], None], more: dict[str, float], found: list[Figure]) -> None:
    biggest = max(found, key=lambda figure: figure.size)
    for words, is_kept in (
        (f"{more['pages']:.0f} queue pages a second at 4 clients, 2 workers (asked: 80)", more["pages"] >= 80),
        (f"first page {more['first']:.2f} s (asked: 1)", more["first"] <= 1),
        (f"all processes but PostgreSQL {more['memory']:.0f} MB (asked: under 450)", more["memory"] < 450),
        (f"biggest page {biggest.size / 1000:.0f} kB, {biggest.what} (asked: under 100)", biggest.size < 100_000),
    ):
        say(f"{words}{'' if is_kept else '  NOT KEPT'}")


def _import_empty(folder: Path, rows: int) -> Figure:
    file = folder / "empty.csv"
    importing.write_file(file, rows, 0)
    with scratch_database("floor"):
        floor = rows_in.bring_in(file)
        left = rows_in.counts()
    with scratch_database("bench"):
        figure = _import("import_empty", file, floor)
        _compare(left, rows_in.counts())
    return figure


def _import_full(folder: Path, rows: int, leads: int) -> Figure:
    theirs, ours = folder / "theirs.csv", folder / "ours.csv"
    importing.write_file(theirs, rows, leads)
    importing.write_file(ours, rows, leads, after=2 * rows)
    before = rows_in.counts()
    floor = rows_in.bring_in(theirs)
    between = rows_in.counts()
    figure = _import("import_full", ours, floor)
    after = rows_in.counts()
    _compare(
        {t: between[t] - before[t] for t in before if "lead" in t},
        {t: after[t] - between[t] for t in before if "lead" in t},
    )
    return figure


def _compare(theirs: dict[str, int], ours: dict[str, int]) -> None:
    """Refuse to compare with statements that leave something else; a sixtieth may differ, where chance drew a person twice."""
    differ = {
        t: (theirs[t], ours[t])
        for t in ours
        if abs(theirs[t] - ours[t]) > max(2, ours[t] // 60) and t != "leads_source"
    }
    if differ:
        raise AssertionError(f"the floor leaves other rows (its, ours): {differ}")


def _import(what: str, file: Path, floor: float) -> Figure:
    counter = Counter()
    with connection.execute_wrapper(counter):
        began = time.perf_counter()
        _bring_in(file)
        took = (time.perf_counter() - began) * 1000
    rows = sum(1 for _ in file.open()) - 1
    figure = Figure(what, [took], counter.number, took / floor)
    figure.asked = f"beside SQL alone ({floor:,.0f} ms); {rows / took * 1000:,.0f} rows a second"
    return figure


def _bring_in(file: Path) -> None:
    with file.open("rb") as stream:
        batch = imports.read(stream, file.name, by=None, at=now(), options={"go_to_market": "inbound"})
    imports.start(batch, at=now())
    while imports.run_chunk(batch.pk, at=now()):
        pass


def _sweep(due: int) -> Figure:
    """Auto-abandon many, beside the one statement that leaves the same rows."""
    at = abandoning._make_due(due)
    floor = abandoning._statement(at) * 1000
    counter = Counter()
    with connection.execute_wrapper(counter):
        took, _held = abandoning._sweep(at)
    figure = Figure("sweep_abandon", [took * 1000], counter.number, took * 1000 / floor)
    figure.asked = f"<= 4 x one statement ({floor:,.0f} ms); {due / took:,.0f} a second"
    figure.is_kept = figure.ratio <= 4
    return figure


def _touch(folder: Path, rows: int, leads: int) -> Figure:
    """Log touches by the page's own form while a file comes in and a sweep abandons what is due, both as the job cluster runs them."""
    file, busy = folder / "meanwhile.csv", folder / "busy"
    importing.write_file(file, rows, leads, after=4 * rows)
    busy.touch()
    figure = Figure("touch", asked="95 % <= 50 ms, while a sweep and an import run")
    children = [fork(lambda: _bring_in_once(file, busy)), fork(lambda: _sweep_on(busy))]
    try:
        _call_down_a_list(figure, busy)
    finally:
        busy.unlink(missing_ok=True)
        codes = [wait(child) for child in children]
    if any(codes):
        raise AssertionError(f"what ran meanwhile ended with {codes}")
    figure.is_kept = figure.p95 <= 50
    return figure


def _as_a_worker() -> None:
    """Be to the system what a worker of the job cluster is: in a session apart from the pages', and giving way to them."""
    os.setsid()
    priority.give_way()


def _bring_in_once(file: Path, busy: Path) -> None:
    _as_a_worker()
    try:
        _bring_in(file)
    finally:
        busy.unlink(missing_ok=True)


def _sweep_on(busy: Path) -> None:
    """Abandon what will be due in forty days, as often as the cluster would look and more."""
    _as_a_worker()
    at = now() + timedelta(days=40)
    while busy.exists():
        sweeping.run(ABANDON, at, seconds=5, keep_run=False)
        time.sleep(0.2)


def _call_down_a_list(figure: Figure, busy: Path) -> None:
    """Log one touch after the other, as long as the import runs and at least so many, as one who calls down a list."""
    pulled = Lead.objects.filter(owner__isnull=False, status="assigned", go_to_market="outbound").order_by("pk")
    client = pages.sign_in(pulled.first().owner)
    called = list(pulled.filter(owner=pulled.first().owner)[:50])
    while busy.exists() or len(figure.times) < TOUCHES:
        number = len(figure.times)
        lead, counter = called[number % len(called)], Counter()
        said = {"channel": "call", "outcome": "no_answer", "note": "", "cycle": lead.cycle_id, "version": lead.version}
        said |= {"token": secrets.token_urlsafe(12), "place": "lead"}
        with connection.execute_wrapper(counter):
            began = time.perf_counter()
            answer = client.post(f"/leads/{lead.pk}/touches/", said)
            took = (time.perf_counter() - began) * 1000
        if answer.status_code != 302:
            raise AssertionError(f"a touch answered {answer.status_code}: {answer.content[:500]}")
        figure.times.append(took)
        figure.queries = max(figure.queries, counter.number)
        time.sleep(0.02)
