"""Random kills over four that sweep at once, while more and more becomes due: nothing twice, nothing missing, nothing half."""

import random
import time
from collections.abc import Callable

from leadops.chaos.crew import SharedNumber, fork, kill, sweep_until, wait, without_guard
from leadops.chaos.world import KINDS, World, a_world

CREW = 4
EVERY = 3  # kills, more becomes due
BATCH = 0.06  # seconds that a batch takes, or a little more
WAIT = 0.3  # seconds, for somebody to have rows in hand


def main(say: Callable[[str], None], *, rows: int, kills: int, seed: int, guarded: bool = True) -> bool:
    """Kill and count; say the figures; return whether all is right. The control (not guarded) is right when it finds harm."""
    with a_world(rows, groups=max(len(KINDS), kills // EVERY)) as world:
        began = time.monotonic()
        amid = attack(world, kills, random.Random(seed), guarded)
        wrong = world.wrong()
        took = time.monotonic() - began
    what = "" if guarded else "control, without the compare-and-set: "
    say(
        f"{what}{rows:,} rows due, {kills} kills -9 ({amid} with rows in hand) over {CREW} sweeping at once, seed {seed}, "
        f"{took:.0f} s: {wrong}"
    )
    return bool(wrong) != guarded


def attack(world: World, kills: int, chance: random.Random, guarded: bool = True) -> int:
    """Let a crew sweep, move its clock on and kill one of it, `kills` times, then let it finish. Return how many were killed amid.

    Every other kill is aimed: at somebody who has rows in hand, at any moment of the batch. The others come at any moment at all.
    """
    clock, last, amid = SharedNumber(0), world.groups - 1, 0
    busy = [SharedNumber(0) for _ in range(CREW)]

    def work(number: int) -> None:
        if not guarded:
            without_guard()
        sweep_until(world.sweeps, world.moment, clock, last, busy[number])

    crew = [fork(lambda n=n: work(n)) for n in range(CREW)]
    for tick in range(kills):
        clock.value = tick * world.groups // kills
        if tick % 2:
            unlucky = _somebody_busy(busy, chance)
            time.sleep(chance.uniform(0, BATCH))
        else:
            time.sleep(chance.uniform(0, 0.12))
            unlucky = chance.randrange(CREW)
        kill(crew[unlucky])
        amid += busy[unlucky].value > 0
        busy[unlucky].value = 0
        crew[unlucky] = fork(lambda n=unlucky: work(n))
    clock.value = last
    for child in crew:
        wait(child)
    return amid


def _somebody_busy(busy: list[SharedNumber], chance: random.Random) -> int:
    """Wait for somebody who has rows in hand, and name them; anybody, where nobody comes by any."""
    ends = time.monotonic() + WAIT
    while time.monotonic() < ends:
        if found := [number for number, hand in enumerate(busy) if hand.value > 0]:
            return chance.choice(found)
        time.sleep(0.001)
    return chance.randrange(CREW)
