"""One lead in a thousand that raises, one that hangs, one that kills its worker: the others are done, these put aside and told."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import connection

from accounts import sweeping
from accounts.models import Message, Parked
from leadops.chaos.crew import fork, wait
from leadops.chaos.world import KINDS, World, a_world

RUNS = 20


def main(say: Callable[[str], None], *, rows: int, seed: int, patience: timedelta = sweeping.PATIENCE) -> bool:
    """Poison three leads and sweep as often as it takes; say the figures; return whether all is right."""
    sweeping.PATIENCE = patience
    with a_world(rows, groups=1, kinds=("abandon",)) as world:
        leads = list(world.leads())
        raises, hangs, kills = (leads[(seed * 7919 + n * rows // 3) % rows] for n in range(3))
        began = time.monotonic()
        with _poison(raises, hangs):
            deaths, runs = _sweep(world, kills)
        took = time.monotonic() - began
        parked = set(Parked.objects.filter(parked_at__isnull=False).values_list("key", flat=True))
        told = set(Message.objects.filter(kind="parked", to=world.revops).values_list("data__key", flat=True))
        done = Message.objects.filter(kind="auto_abandoned").count()
    say(
        f"{rows:,} rows with one that raises, one that hangs, one that kills: {done} done, {len(parked)} put aside, {len(told)} told;"
        f" {runs} runs, {deaths} workers dead, {took:.0f} s"
    )
    return (done, parked, told) == (rows - 3, {raises, hangs, kills}, {raises, hangs, kills})


def _sweep(world: World, killer: int) -> tuple[int, int]:
    """Sweep in workers, one after the other, until nothing is due that may be tried. Return how many died and how many ran."""
    sweep, deaths = KINDS["abandon"][0], 0

    def work() -> None:
        _kill_at(killer)
        if not sweeping.run(sweep, world.moment(0), seconds=None).found:
            os._exit(3)

    for run in range(1, RUNS + 1):
        code = wait(fork(work))
        deaths += code == -signal.SIGKILL
        if code == 3:
            return deaths, run
    return deaths, RUNS


@contextmanager
def _poison(raises: int, hangs: int) -> Iterator[None]:
    _ask(
        "CREATE FUNCTION chaos_poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF NEW.id = {hangs} THEN PERFORM pg_sleep(3600); END IF; RAISE EXCEPTION 'poison'; END $$"
    )
    _ask(
        "CREATE TRIGGER chaos_poison BEFORE UPDATE ON leads_lead FOR EACH ROW"
        f" WHEN (OLD.id IN ({raises}, {hangs})) EXECUTE FUNCTION chaos_poison()"
    )
    try:
        yield
    finally:
        _ask("DROP FUNCTION chaos_poison CASCADE")


def _ask(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _kill_at(killer: int) -> None:
    """Have this process die as soon as it decides about one lead, as a broken library would make it."""
    from leads import recycling

    real = recycling.abandon_due

    def fatal(step):
        if step.lead.pk == killer:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(step)

    recycling.abandon_due = fatal
