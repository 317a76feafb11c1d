"""PostgreSQL stopped at once and started again under load: what was acknowledged is there, and nothing is half.

Writers log touches through the real function, as the application, and note each that was acknowledged in a file. The supervisor of a
running LeadOps brings its database back. The control commits without waiting for the disk, and must lose something.
"""

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
from django.db import DatabaseError, InterfaceError, connection

from accounts.models import Door, Membership, Role, Team, User
from leadops import database, invariants
from leadops.chaos.crew import fork, wait
from leadops.chaos.house import House, a_house, wait_until
from leads import assignment, intake, touches
from leads.models import Lead, Touch

WRITERS, LEADS = 4, 40  # leads of each writer
BACK_WITHIN = 30.0  # seconds
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def main(say: Callable[[str], None], *, restarts: int, control: int, seed: int, built: Path | None = None) -> bool:
    """Restart so many times under load, then some more as a control; say the figures; return whether all is right."""
    chance = random.Random(seed)
    with a_house(built=built) as house:
        reps = _people()
        kept = _attack(say, house, reps, restarts, chance, durable=True)
        broken = invariants.broken()
        say(f"rules broken after it: {', '.join(broken) or 'none'}")
        harmed = not _attack(say, house, reps, control, chance, durable=False)
    return kept and not broken and harmed


def _attack(say, house: House, reps: list[User], restarts: int, chance: random.Random, *, durable: bool) -> bool:
    """Restart amid the writers; return whether everything that was acknowledged is there."""
    name = "write" if durable else "control"
    notes = [house.data / f"{name}-{number}" for number in range(WRITERS)]
    stop = house.data / f"{name}-stop"
    writers = [fork(lambda n=n: _write(reps[n], notes[n], stop, durable)) for n in range(WRITERS)]
    wait_until(lambda: all(note.exists() and note.stat().st_size for note in notes))
    down = [_restart(house, chance) for _ in range(restarts)]
    time.sleep(0.5)
    stop.touch()
    ended = [wait(writer) for writer in writers]
    wait_until(house.is_well)
    noted = [int(line) for note in notes for line in note.read_text().split()]
    lost = len(set(noted) - set(Touch.objects.filter(pk__in=noted).values_list("pk", flat=True)))
    say(
        f"{'' if durable else 'control, without waiting for the disk: '}{restarts} restarts at once under {WRITERS} writers,"
        f" away for {max(down):.1f} s at most: {len(noted):,} writes acknowledged, {lost} lost"
    )
    return ended == [0] * WRITERS and not lost


def _people() -> list[User]:
    """Make reps with leads of their own, through the real functions."""
    team = Team.objects.create(name="Chaos")
    reps = []
    for number in range(WRITERS):
        reps.append(User.objects.create(username=f"writer-{number}", name=f"Writer {number}", role=Role.SDR))
        Membership.objects.create(user=reps[-1], team=team)
        rows = [intake.make_row({"email": f"p{n}@c{number}-{n}.no", "last_name": f"Lead {n}"}) for n in range(LEADS)]
        taken = intake.take(rows, by=None, at=NOON, door=Door.API)
        assignment.assign([one.lead for one in taken], to=reps[-1], by=None, at=NOON)
    return reps


def _write(rep: User, note: Path, stop: Path, durable: bool) -> None:
    """Log touch after touch until told to stop, whatever the database does, and note each that was acknowledged."""
    leads, number = [], 0
    with note.open("a") as noted:
        while not stop.exists():
            try:
                leads = leads or list(Lead.objects.filter(owner=rep).values_list("pk", flat=True))
                lead, at = leads[number % LEADS], NOON + timedelta(minutes=number + 1)
                _set_durable(durable)
                result = touches.log([lead], channel="call", outcome="no_answer", by=rep, at=at)
            except (DatabaseError, InterfaceError):
                with suppress(DatabaseError, InterfaceError):
                    connection.close()
                time.sleep(0.02)
                continue
            number += 1
            noted.write(f"{result.made[lead]['touch'].pk}\n")
            noted.flush()


def _set_durable(durable: bool) -> None:
    if not durable:
        with connection.cursor() as cursor:
            cursor.execute("SET synchronous_commit = off")


def _restart(house: House, chance: random.Random) -> float:
    """Stop the database at once, as `pg_ctl stop -m immediate` does, amid the load; return the seconds until it answers again."""
    time.sleep(chance.uniform(0.3, 1.2))
    first = house.database_process()
    os.kill(first, signal.SIGQUIT)

    def answers() -> bool:
        with suppress(psycopg.Error, OSError, ValueError, IndexError):
            if house.database_process() != first:
                psycopg.connect(database.url(data=house.data), connect_timeout=2).close()
                return True
        return False

    return wait_until(answers, BACK_WITHIN, 0.02)
