"""Kills over every role of what runs: jobs go on, nobody works on unseen, and Ctrl-C leaves nothing."""

import contextlib
import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

from django.db import DatabaseError, connection
from django_q.tasks import async_task

from leadops.chaos.house import House, a_house, wait_until

WITHIN = 120.0  # seconds, promised
BUSY = 20.0  # seconds that a job occupies its worker, if it is left in peace
# Who is killed, by its group and its place in it, the eldest first.
ROLES = {
    "idle worker": ("jobs", 2),
    "busy worker": ("jobs", None),
    "sentinel": ("jobs", 1),
    "main": ("jobs", 0),
    "supervisor's child": ("web", 0),
    "PostgreSQL": ("database", None),
}


def main(
    say: Callable[[str], None], *, kills: int, seed: int, heart: dict[str, str], built: Path | None = None
) -> bool:
    """Kill each role in turn, so many times in all; say the figures; return whether all is right."""
    chance, took = random.Random(seed), {role: [] for role in ROLES}
    order = [list(ROLES)[number % len(ROLES)] for number in range(kills)]
    chance.shuffle(order)
    with a_house(heart, built) as house:
        for role in order:
            time.sleep(chance.uniform(0, 1))
            took[role].append(_resumes_after(house, _victim(house, role)))
            wait_until(house.is_whole, WITHIN)
        house.end()
        left = house.left()
    late = 0
    for role, times in took.items():
        good = [seconds for seconds in times if seconds is not None]
        late += len(times) - len(good)
        if good:
            say(
                f"{role}: {len(times)} kills, jobs resumed after {sum(good) / len(good):.1f} s, at most {max(good):.1f} s"
            )
    say(
        f"{kills} kills over {len(ROLES)} roles, seed {seed}: not whole and at work within {WITHIN:.0f} s {late} times,"
        f" left by Ctrl-C {len(left)} processes"
    )
    return not (late or left)


def _victim(house: House, role: str) -> int:
    group, place = ROLES[role]
    if group == "database":
        return house.database_process()
    if role == "busy worker":
        return _busy_worker(house)
    return house.members()[group][place]


def _busy_worker(house: House) -> int:
    """Occupy a worker, and name it."""
    note = house.data / f"busy-{time.monotonic_ns()}"
    async_task("leadops.chaos.tree.occupy", str(note), save=False)
    wait_until(note.exists)
    wait_until(note.read_text)
    return int(note.read_text())


def occupy(note: str) -> None:
    """Be a job that takes long, and say who has it. Rung for again after a kill, it is done at once."""
    with contextlib.suppress(FileExistsError), Path(note).open("x") as file:
        file.write(str(os.getpid()))
        file.flush()
        time.sleep(BUSY)


def answer(note: str) -> None:
    """Be a job that says it was done."""
    Path(note).touch()


def _resumes_after(house: House, victim: int) -> float | None:
    """Kill, and return the seconds until everybody is there again and a job rung for after that is done; None: not in time, or a ghost."""
    note = house.data / f"done-{time.monotonic_ns()}"
    os.kill(victim, signal.SIGKILL)
    began = time.monotonic()
    with contextlib.suppress(TimeoutError):
        wait_until(lambda: not Path(f"/proc/{victim}").exists() and house.is_whole(), WITHIN)
        while not note.exists() and time.monotonic() - began < WITHIN:
            try:
                async_task("leadops.chaos.tree.answer", str(note), save=False)
            except DatabaseError:
                connection.close()
            with contextlib.suppress(TimeoutError):
                wait_until(note.exists, 1)
    return time.monotonic() - began if note.exists() else None
