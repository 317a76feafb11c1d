"""Days passing in a made-up company. Called by `manage.py simulate` and by the demo."""

import hashlib
from datetime import date, datetime, timedelta

from django.db import connection

from accounts.models import Role
from leadops.simulation import arriving, machine, reps, staff
from leadops.simulation.world import DAY, World, at_hour


def live(world: World, *, per_day: int, quiet: timedelta = timedelta(0)) -> None:
    """Let a company live from the start of its world to the end, with about this many new leads on a working day.

    In the last hours, the `quiet`, chance brings nobody and nobody works by chance.
    """
    for on in world.days():
        world.plan(max(at_hour(next(world.house.of(Role.REVOPS)), on, 0), world.start), a_day, on, per_day, quiet)
    world.run()


def a_day(world: World, midnight: datetime, on: date, per_day: int, quiet: timedelta) -> None:
    """Plan one day: who comes, who works, what is swept."""
    with world.ending(quiet):
        arriving.plan_a_day(world, on, per_day)
        reps.plan_a_day(world, on)
        staff.plan_a_day(world, on)
    machine.plan_a_day(world, midnight)


def grant_leave(world: World) -> None:
    """Let half of the sellers go on leave once, with a colleague to stand in."""
    sellers = list(world.house.of(Role.SDR))
    length = (world.end - world.start) / DAY
    for n, rep in enumerate(sellers):
        if world.chance(0.5) and length > 4:
            delegate = sellers[(n + 1) % len(sellers)] if len(sellers) > 1 else None
            begins = world.start + timedelta(days=world.random.uniform(1, length - 2))
            world.house.away(rep, begins, world.random.choice((1, 3, 5, 9)), delegate, "Leave", at=world.start)


def digest() -> str:
    """Summarise everything that happened, without numbers of rows: two worlds from one seed have the same digest."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT l.email, e.at, e.recorded_at, e.kind, e.move, e.door, e.from_status, e.to_status, e.stayed, r.code, u.username"
            " FROM accounts_event e JOIN leads_lead l ON l.id = e.lead_id"
            " LEFT JOIN accounts_reason r ON r.id = e.reason_id LEFT JOIN accounts_user u ON u.id = e.actor_id ORDER BY e.id"
        )
        told = hashlib.sha256()
        for row in cursor.fetchall():
            told.update(repr(row).encode())
    return told.hexdigest()
