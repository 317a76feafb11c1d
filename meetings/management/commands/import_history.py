"""`manage.py import_history`: bring over what happened in another system, and say what became of it (IN-4)."""

import contextlib
from itertools import islice
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.clock import now
from accounts.models import Batch
from leads.import_batches import RESULTS, Problem, rejected
from leads.import_dates import ORDERS
from leads.import_files import FileProblem
from leads.management.commands.import_leads import by_source, pair
from meetings.history import fields, looking, reading, runs

SHOWN = 50


class Command(BaseCommand):
    help = "Bring over history: leads, touches, meetings and opportunities, as if they had happened here."

    def add_arguments(self, parser):
        for kind in fields.KINDS:
            parser.add_argument(f"--{kind}", metavar="FILE", help="CSV or .xlsx")
            parser.add_argument(
                f"--map-{kind}", action="append", default=[], type=pair, metavar="COLUMN=FIELD",
                help=f"what a column means; again for each. Fields: {', '.join(fields.FIELDS[kind])}",
            )  # fmt: skip
        parser.add_argument("--source", default="", help="where the leads came from, when no column says it")
        parser.add_argument("--motion", choices=["slg", "plg"], default="", help="when no column says it; default slg")
        parser.add_argument(
            "--go-to-market", choices=["inbound", "outbound"], default="", help="likewise; default outbound"
        )
        parser.add_argument("--system", default="", help="whose the external ids are; default csv")
        parser.add_argument("--product", default="", help="what was sold, when no column says it")
        parser.add_argument("--currency", default="", help="likewise; default EUR")
        parser.add_argument("--date-order", choices=ORDERS, default="", help="when the dates themselves do not tell")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, and save nothing")

    def handle(self, *, dry_run, **options):
        paths = {kind: Path(options[kind]) for kind in fields.KINDS if options[kind]}
        chosen = {
            name: options[name]
            for name in ("source", "motion", "go_to_market", "system", "product", "currency", "date_order")
        }
        chosen["map"] = {kind: dict(options[f"map_{kind}"]) for kind in paths}
        try:
            with transaction.atomic(durable=True), contextlib.ExitStack() as stack:
                files = {kind: (stack.enter_context(path.open("rb")), path.name) for kind, path in paths.items()}
                batches = reading.read(files, by=None, at=now(), options=chosen)
                self._say_how(batches)
                said = looking.check(batches[0], at=now())
                self._say_people(said["former"], dry_run)
                for name, number in said["stages"].most_common():
                    self.stdout.write(f"no stage is called {name}: open sales there ({number}) begin at the first")
                if dry_run:
                    self._say_sources(said["sources"].data["sources"])
                    for batch, counts in said["files"].items():
                        self._say_what(batch, counts)
                    transaction.set_rollback(True)
                    return
            runs.run(batches[0], at=now())
        except OSError as problem:
            raise CommandError(f"{problem.filename} cannot be opened: {problem.strerror}.") from None
        except FileProblem as problem:
            raise CommandError(f"{problem} Nothing was saved.") from None
        except Problem as problem:
            raise CommandError(f"{problem.words} (--{problem.option.replace('_', '-')}) Nothing was saved.") from None
        told = Batch.objects.filter(pk__in=[batch.pk for batch in batches]).order_by("pk")
        self._say_sources(told[0].options.get("sources", {}))
        self._say_untold(told[0].options.get("untold", {}))
        for batch in told:
            self._say_what(batch, batch.counts)

    def _say_how(self, batches: list[Batch]) -> None:
        for batch in batches:
            read = [f"{column} -> {name}" for column, name in batch.options["map"].items() if name]
            self.stdout.write(f"{batch.name}: {batch.rows} rows of {reading.kind_of(batch)}; {', '.join(read)}")

    def _say_people(self, former: set[str], dry_run: bool) -> None:
        if former:
            names = ", ".join(sorted(former)[:5]) + (", ..." if len(former) > 5 else "")
            would = "would become" if dry_run else "become"
            what = f"{len(former)} people who are not here {would} former colleagues"
            if len(former) == 1:
                what = f"1 person who is not here {'would become' if dry_run else 'becomes'} a former colleague"
            self.stdout.write(f"{what}, switched off: {names}")

    def _say_sources(self, sources) -> None:
        for line in by_source(sources):
            self.stdout.write(line)

    def _say_untold(self, untold) -> None:
        for line, column, words in untold.get("first", ()):
            self.stdout.write(f"came in, not told: line {line}{f', column {column}' if column else ''}: {words}")

    def _say_what(self, batch: Batch, counts) -> None:
        for row in islice(rejected(batch), SHOWN):
            column = f", column {row.column}" if row.column else ""
            self.stdout.write(f"{batch.name}, rejected line {row.number}{column}: {row.error}")
        if counts["rejected"] > SHOWN:
            self.stdout.write(f"and {counts['rejected'] - SHOWN} more")
        self.stdout.write(f"{reading.kind_of(batch)}: " + " ".join(f"{result}={counts[result]}" for result in RESULTS))
