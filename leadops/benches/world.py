"""The world that everything is measured in: 50 reps, an account for every five leads, five touches a lead, rounds of every outcome; a
sale for every fifty leads with ten meetings each, and a meeting that nobody spoke of for every hundred.

Made by SQL (`world_rows.py`, `meeting_rows.py`), proven sound by every rule of `leadops/invariants.py`, then kept beside the real
database under a name that says what it was made from, for a day: clocks run on, and an older world would be late everywhere. What is
measured works in a copy, so that the next run finds the world as it was.
"""

import contextlib
import hashlib
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from accounts.clock import now
from accounts.models import Membership, Role, Team, User
from leadops import invariants
from leadops.benches import importing, meeting_rows, world_rows
from leadops.scratch import scratch_database, within

REPS, LINES, SELLERS = 50, 5, 5  # reps; the lines they are in; account executives
LASTS = timedelta(hours=20)


@contextlib.contextmanager
def world(leads: int, say: Callable[[str], None]) -> Iterator[None]:
    """Work in a copy of a filled database of this many leads, made when there is none; the copy is dropped at the end."""
    kept = _kept(leads, say)
    began = time.perf_counter()
    with scratch_database("bench", template=kept):
        say(f"copied in {time.perf_counter() - began:.0f} s")
        yield


def _kept(leads: int, say: Callable[[str], None]) -> str:
    """Name the kept database of this many leads, after filling it where it is missing or too old; those made otherwise are dropped."""
    stem = f"leadops_world_{leads}_"
    name = stem + _fingerprint()
    found = _databases(stem)
    if name in found and found[name] and now() - found[name] < LASTS:
        say(f"{leads:,} leads, filled at {found[name]:%H:%M} and kept")
        return name
    with connection.cursor() as cursor:
        for old in found:
            cursor.execute(f'DROP DATABASE "{old}"')
        cursor.execute(f'CREATE DATABASE "{name}"')
    with within(name):
        call_command("migrate", verbosity=0)
        began = time.perf_counter()
        at = now()
        fill(leads, at)
        say(f"{leads:,} leads and what they went through, made by SQL in {time.perf_counter() - began:.0f} s")
        began = time.perf_counter()
        if broken := invariants.broken():
            raise AssertionError(f"the world is not sound: {broken}")
        say(f"sound by {len(invariants.INVARIANTS)} rules, asked in {time.perf_counter() - began:.0f} s")
    with connection.cursor() as cursor:
        cursor.execute(f"COMMENT ON DATABASE \"{name}\" IS '{at.isoformat()}'")  # it is whole
    return name


def _databases(stem: str) -> dict[str, datetime | None]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT datname, shobj_description(oid, 'pg_database') FROM pg_database WHERE starts_with(datname, %s)",
            [stem],
        )
        return {name: datetime.fromisoformat(words) if words else None for name, words in cursor.fetchall()}


def _fingerprint() -> str:
    """Summarise what a world is made from: the migrations and the statements here."""
    made_from = [str(sorted(MigrationLoader(None).disk_migrations))]
    made_from += [Path(module.__file__).read_text() for module in (world_rows, meeting_rows)]
    made_from += [importing.WHO, importing.ADDRESS]
    return hashlib.sha256("".join("".join(made_from).split()).encode()).hexdigest()[:10]


def fill(leads: int, at: datetime) -> None:
    """Fill an empty database, indexes and constraints put back afterwards, as a restored one would be."""
    people = _people()
    facts = {
        "first": importing.FIRST, "last": importing.LAST, "firm": importing.FIRMS, "kind": importing.KINDS, "form": importing.FORMS,
        "source": list(importing.SOURCES), "leads": leads, "firms": leads // 5 + 1, "at": at, "unspoken": leads // 100 // SELLERS,
        **people,
    }  # fmt: skip
    with connection.cursor() as cursor:
        back = importing.take_down(cursor, world_rows.TABLES)
        for setting in ("synchronous_commit = off", "work_mem = '256MB'", "maintenance_work_mem = '512MB'"):
            cursor.execute(f"SET {setting}")
        for statement in (*world_rows.PLAN, *world_rows.ROWS, *meeting_rows.ROWS):
            cursor.execute(statement, facts)
        for statement in back:
            cursor.execute(statement)
        for table in world_rows.TABLES:
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), greatest((SELECT max(id) FROM {table}), 1))"
            )
        cursor.execute("VACUUM ANALYZE")
    connection.close()  # and with it what was set for filling


def _people() -> dict[str, object]:
    """Make who works here: reps in lines, a manager of each, one above them all, sellers, RevOps. Nobody of them has a password."""

    def person(name: str, role: str, **more) -> User:
        return User.objects.create(
            username=name, name=name.replace("-", " ").title(), role=role, email=f"{name}@leadops.example", **more
        )

    boss = person("boss", Role.MANAGER, is_staff=True)
    person("revops", Role.REVOPS, is_staff=True)
    person("marketing", Role.MARKETING)
    house = Team.objects.create(name="House", manager=boss)
    teams = [
        Team.objects.create(name=f"Line {n}", manager=person(f"manager-{n}", Role.MANAGER, is_staff=True), parent=house)
        for n in range(LINES)
    ]
    reps = [person(f"rep-{n}", Role.SDR) for n in range(REPS)]
    sellers = [person(f"seller-{n}", Role.AE) for n in range(SELLERS)]
    Membership.objects.bulk_create(Membership(user=rep, team=teams[n % LINES]) for n, rep in enumerate(reps))
    Membership.objects.bulk_create(Membership(user=seller, team=teams[n]) for n, seller in enumerate(sellers))
    return {
        "reps": [rep.pk for rep in reps], "teams": [team.pk for team in teams], "sellers": [seller.pk for seller in sellers],
        "product": Team.objects.get(kind=Team.Kind.PRODUCT).pk,
    }  # fmt: skip
