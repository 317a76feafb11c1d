"""`manage.py import_leads FILE`: bring a file of leads in, and say what became of it."""

import csv
from argparse import ArgumentTypeError
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from time import sleep

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.clock import now
from accounts.models import Batch
from accounts.spreadsheets import neutral
from leads import importing
from leads.import_batches import RESULTS, rejected, rejected_file
from leads.import_dates import ORDERS
from leads.import_files import FileProblem
from leads.import_presets import IMPORT_FIELDS, PRESETS

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
SHOWN = 200  # rejected rows printed; --rejected writes them all


def pair(text: str) -> tuple[str, str]:
    column, equals, name = text.rpartition("=")
    if not equals or not column:
        raise ArgumentTypeError(f"“{text}” is not column=field")
    return column, name


def by_source(counts: Mapping[str, Sequence[int]]) -> Iterator[str]:
    """Say line by line how many came by each source, the largest first; nothing of none. Pure."""
    sources = sorted(counts.items(), key=lambda item: (-sum(item[1]), item[0]))
    if sources:
        width = max(len("(blank)"), *(len(name) for name, _counts in sources))
        yield f"{'source':<{width}}  {'rows':>7}  {'created':>7}  {'updated':>7}  unchanged"
    for name, (created, updated, unchanged) in sources:
        total = created + updated + unchanged
        yield f"{name or '(blank)':<{width}}  {total:>7}  {created:>7}  {updated:>7}  {unchanged:>9}"


class Command(BaseCommand):
    help = "Bring a file of leads in: CSV or .xlsx, told apart by content."

    def add_arguments(self, parser):
        parser.add_argument("file", metavar="FILE", help="CSV or .xlsx")
        parser.add_argument(
            "--preset", choices=list(PRESETS), help="the program that wrote it; else told by its header"
        )
        parser.add_argument(
            "--map", action="append", default=[], type=pair, metavar="COLUMN=FIELD",
            help=f"what a column means; again for each. Without a field the column is left out. Fields: {', '.join(IMPORT_FIELDS)}",
        )  # fmt: skip
        parser.add_argument("--source", default="", help="where they come from, when no column says it")
        parser.add_argument("--motion", choices=["slg", "plg"], default="", help="when no column says it; default slg")
        parser.add_argument(
            "--go-to-market", choices=["inbound", "outbound"], default="", help="likewise; default outbound"
        )
        parser.add_argument("--system", default="", help="whose the external ids are; default the preset's, else csv")
        parser.add_argument("--date-order", choices=ORDERS, default="", help="when the dates themselves do not tell")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, and save nothing")
        parser.add_argument("--rejected", metavar="FILE", help="write the rejected rows there, to mend and send again")

    def handle(self, *, file, dry_run, **options):
        path = Path(file)
        self.rejected_to = Path(options["rejected"]) if options["rejected"] else None
        chosen = {
            name: options[name] for name in ("preset", "source", "motion", "go_to_market", "system", "date_order")
        }
        chosen["map"] = dict(options["map"])
        try:
            with transaction.atomic(durable=True):
                with path.open("rb") as stream:
                    batch = importing.read(stream, path.name, by=None, at=now(), options=chosen)
                self._say_how(batch)
                if dry_run:
                    importing.check(batch, at=now())
                    self._say_what(batch)
                    transaction.set_rollback(True)
                    return
                importing.start(batch, at=now())
            batch.refresh_from_db()
        except OSError as problem:
            raise CommandError(f"{file} cannot be opened: {problem.strerror}.") from None
        except FileProblem as problem:
            raise CommandError(f"{path.name}: {problem} Nothing was saved.") from None
        except importing.Problem as problem:
            option = f" (--{problem.option.replace('_', '-')})" if problem.option else ""
            raise CommandError(f"{path.name}: {problem.words}{option} Nothing was saved.") from None
        self._run(batch)

    def _run(self, batch: Batch) -> None:
        is_screen = self.stderr.isatty()
        try:
            while batch.status == Batch.Status.RUNNING:
                went = importing.run_chunk(batch.pk, at=now())
                batch.refresh_from_db()
                if not went and batch.status == Batch.Status.RUNNING:
                    sleep(0.2)  # somebody else is at it; what they do is not done twice
                if is_screen:
                    done = sum(batch.counts[result] for result in RESULTS)
                    self.stderr.write(f"\r{done:,} of {batch.rows:,} rows", ending="")
        except KeyboardInterrupt:
            importing.cancel(batch, at=now())
            raise CommandError("Stopped. What was saved stays; the same command again goes on with the rest.") from None
        if is_screen:
            self.stderr.write("\r", ending="")
        if batch.status != Batch.Status.DONE:
            raise CommandError(f"{batch.get_status_display()}. {batch.error}".strip())
        self._say_what(batch)

    def _say_how(self, batch: Batch) -> None:
        told = batch.options
        how = [told["form"], told["encoding"], DELIMITERS.get(told["delimiter"], "")]
        self.stdout.write(f"{batch.name}: {batch.rows} rows ({', '.join(filter(None, how))})")
        if told["preset"]:
            self.stdout.write(f"preset: {PRESETS[told['preset']].label}")
        read = [f"{column} -> {name}" for column, name in told["map"].items() if name]
        self.stdout.write(f"columns: {', '.join(read) or 'none'}")
        if unread := [column for column in batch.header if not told["map"].get(column)]:
            self.stdout.write(f"not read: {', '.join(unread)}")

    def _say_what(self, batch: Batch) -> None:
        number = batch.counts["rejected"]
        for row in islice(rejected(batch), SHOWN):
            column = f", column {row.column}" if row.column else ""
            self.stdout.write(f"rejected line {row.number}{column}: {row.error}")
        if self.rejected_to:
            with self.rejected_to.open("w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows([neutral(cell) for cell in row] for row in rejected_file(batch))
            self.stdout.write(f"all {number} rejected rows are in {self.rejected_to}")
        elif number > SHOWN:
            self.stdout.write(f"and {number - SHOWN} more; --rejected FILE writes them all")
        for line in by_source(batch.counts["sources"]):
            self.stdout.write(line)
        self.stdout.write(" ".join(f"{result}={batch.counts[result]}" for result in RESULTS))
