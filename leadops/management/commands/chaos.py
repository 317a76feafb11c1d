"""`./run chaos [PART ...]`: kill things on purpose, in a scratch world, and count what breaks."""

from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from leadops.chaos import (
    boundaries,
    clocks,
    limits,
    olist,
    outage,
    poison,
    restarts,
    shares,
    soak,
    spreadsheets,
    sweeps,
    tree,
    week,
)
from leadops.chaos.house import FAST
from leadops.scratch import scratch_database

CONTROLS = 3  # two must meet for harm to come; where they did not, they get another chance


def _control(say, o) -> bool:
    """Take the guards off: the same kills must do harm, or they prove nothing."""
    what = {"rows": o["rows"] or 1_000, "kills": o["kills"] or 60, "guarded": False}
    return any(sweeps.main(say, seed=o["seed"] + number, **what) for number in range(CONTROLS))


# The full numbers of what was promised; tests run a seeded tenth.
PARTS = {
    "sweeps": lambda say, o: sweeps.main(say, rows=o["rows"] or 5_000, kills=o["kills"] or 300, seed=o["seed"]),
    "control": _control,
    "boundaries": lambda say, o: boundaries.main(say, seed=o["seed"], every=o["every"]),
    "poison": lambda say, o: poison.main(
        say, rows=o["rows"] or 1_000, seed=o["seed"], patience=timedelta(seconds=o["patience"])
    ),
    "clocks": lambda say, o: clocks.main(say, rows=o["rows"] or 600, kills=o["kills"] or 300, seed=o["seed"]),
    "week": lambda say, o: week.main(say, kills=o["kills"] or 300, seed=o["seed"]),
    "shares": lambda say, o: shares.main(say, intakes=o["rows"] or 8_000),
    "shares-control": lambda say, o: shares.main(say, intakes=o["rows"] or 800, guarded=False),
    "limits": lambda say, o: limits.main(say, rounds=o["rows"] or 2_000),
    "limits-control": lambda say, o: limits.main(say, rounds=o["rows"] or 200, guarded=False),
    "outage": lambda say, o: outage.main(say, rows=o["rows"] or 10_000),
    "spreadsheets": lambda say, o: spreadsheets.main(say),
    "olist": lambda say, o: olist.main(say, leads=o["leads"], opportunities=o["opportunities"]),
    "soak": lambda say, o: soak.main(say, days=o["days"], reps=8, seed=o["seed"]),
    "tree": lambda say, o: tree.main(
        say, kills=o["kills"] or 60, seed=o["seed"], heart=FAST if o["fast"] else {}, built=o["built"]
    ),
    "restarts": lambda say, o: restarts.main(
        say, restarts=o["kills"] or 20, control=o["kills"] or 3, seed=o["seed"], built=o["built"]
    ),
}
OF_FILES = {"olist"}  # these need files that are not ours to keep, so they are asked for by name
AT_HOME = {"tree", "restarts"}  # these run a whole LeadOps, with a database of its own


class Command(BaseCommand):
    help = "Kill things on purpose and count what breaks. Works on databases of its own."
    requires_system_checks = ()

    def add_arguments(self, parser) -> None:
        parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; none: all but olist")
        parser.add_argument("--rows", type=int)
        parser.add_argument("--kills", type=int)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--every", type=int, default=1, help="boundaries: kill at one in so many")
        parser.add_argument("--days", type=int, default=90, help="soak: days that a made-up company lives")
        parser.add_argument("--patience", type=int, default=3, help="poison: seconds for one statement")
        parser.add_argument(
            "--fast", action="store_true", help="tree: jobs that are silent for 8 s are replaced, not 45 s"
        )
        parser.add_argument("--leads", type=Path, help="olist: who was first in touch when, and from where")
        parser.add_argument("--opportunities", type=Path, help="olist: which of them were won when, by whom")
        parser.add_argument("--built", type=Path, help="tree, restarts: a data folder to copy, instead of making one")

    def handle(self, *, parts: list[str], **options) -> None:
        if unknown := set(parts) - set(PARTS):
            raise CommandError(f"No such part: {', '.join(sorted(unknown))}.")
        if OF_FILES & set(parts) and not (options["leads"] and options["opportunities"]):
            raise CommandError("olist needs its files: --leads FILE --opportunities FILE.")
        failed = [
            name for name in parts or [name for name in PARTS if name not in OF_FILES] if not self._hold(name, options)
        ]
        if failed:
            raise CommandError(f"Not as promised: {', '.join(failed)}.")

    def _hold(self, part: str, options: dict) -> bool:
        """Run one part, and say whether it went as promised."""
        with nullcontext() if part in AT_HOME else scratch_database("chaos"):
            return PARTS[part](self._say, options)

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
