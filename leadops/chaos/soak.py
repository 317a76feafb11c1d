"""A season of a made-up company: the data is sound at its end, and every sweep again changes nothing."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.apps import apps
from django.db import connection

from accounts import sweeping
from leadops import invariants
from leadops.schedules import SWEEPS
from leadops.simulation import company, house
from leadops.simulation.world import World
from leads.models import Lead

START = datetime(2026, 8, 3, 5, tzinfo=UTC)  # ninety days from here hold a night of 25 hours
PER_DAY = 8
APPS = ("accounts", "leads", "meetings", "reporting")
NOISE = {"accounts_sweeprun"}  # each run leaves its row


def main(say: Callable[[str], None], *, days: int, reps: int, seed: int) -> bool:
    """Let so many days pass, then ask every rule, and sweep again; say the figures; return whether all is right."""
    began = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
    world = World(house.some(reps, START), seed=seed, start=START, end=START + timedelta(days=days))
    company.grant_leave(world)
    company.live(world, per_day=PER_DAY)
    took, broken = time.monotonic() - began, invariants.broken()
    at = world.end
    last = sweep_all(at)
    before = tables()
    again = sweep_all(at) + sweep_all(at)
    changed = sorted(name for name, digest in tables().items() if digest != before[name])
    say(
        f"{days} days of {reps} reps and {Lead.objects.count():,} leads, seed {seed}, lived in {took:.0f} s:"
        f" {len(invariants.INVARIANTS)} rules, broken {', '.join([*broken, *invariants.broken()]) or 'none'};"
        f" {len(SWEEPS)} sweeps once more did {last}, then twice again {again}; of {len(before)} tables changed"
        f" {', '.join(changed) or 'none'}"
    )
    return not (broken or invariants.broken() or again or changed)


def sweep_all(at: datetime) -> int:
    """Run every sweep once, and say how much they did."""
    return sum(sweeping.run(sweep, at, seconds=None).done for sweep in SWEEPS.values())


def tables() -> dict[str, str]:
    """Summarise every table of ours."""
    names = sorted({m._meta.db_table for name in APPS for m in apps.get_app_config(name).get_models()} - NOISE)
    digests = {}
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(f"SELECT md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))) FROM \"{name}\" t")
            digests[name] = cursor.fetchone()[0] or ""
    return digests
