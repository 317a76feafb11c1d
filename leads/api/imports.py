"""Files of leads by the API (IN-3): posted, their columns understood, run, looked after, what was rejected, taken back."""

from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response

from accounts.api.fields import Said, Word
from accounts.api.paging import Page
from accounts.api.problems import Problem
from accounts.api.schema import listed
from accounts.models import Batch, BatchRow, Door
from accounts.record_keeping import record_export
from leads import import_desk, importing
from leads.api.frame import Refusing, named
from leads.import_batches import RESULTS
from leads.import_dates import ORDERS
from leads.import_presets import PRESETS
from leads.lifecycle import Refused
from leads.models import GoToMarket, Motion

GIVEN = ("source", "motion", "go_to_market", "system", "date_order", "preset")


class CountsOut(serializers.Serializer):
    """What became of the rows; before the run, what would."""

    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    rejected = serializers.IntegerField()


class TakenBackOut(serializers.Serializer):
    """How far taking it back is: leads that are gone, and those that stay because somebody worked them."""

    gone = serializers.IntegerField()
    kept = serializers.IntegerField()
    done = serializers.BooleanField()


class ImportOut(serializers.Serializer):
    """One file: how it is read, how far it is."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    by = serializers.CharField(allow_null=True)
    team = serializers.CharField(allow_null=True, help_text="In whose queue they wait.")
    status = serializers.ChoiceField(Batch.Status.values)
    rows = serializers.IntegerField()
    done_to = serializers.IntegerField(help_text="The last line that was taken in.")
    counts = CountsOut()
    header = serializers.ListField(child=serializers.CharField(allow_blank=True))
    columns = serializers.DictField(
        child=serializers.CharField(allow_blank=True), help_text="What each means; empty: left out."
    )
    source = serializers.CharField(allow_blank=True)
    motion = serializers.CharField(allow_blank=True)
    go_to_market = serializers.CharField(allow_blank=True)
    system = serializers.CharField(allow_blank=True)
    date_order = serializers.CharField(allow_blank=True)
    preset = serializers.CharField(allow_blank=True)
    problem = serializers.CharField(allow_blank=True, help_text="Why it cannot go on.")
    undo = TakenBackOut(allow_null=True)
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


def batch_out(row: Batch) -> dict:
    undo = row.options.get("undo")
    same = ("id", "name", "status", "rows", "done_to", "header", "created_at", "started_at", "finished_at")
    return ImportOut({
        **{name: getattr(row, name) for name in same}, **{name: row.options.get(name) or "" for name in GIVEN},
        "by": row.by.username if row.by else None, "team": row.team.name if row.team else None, "problem": row.error,
        "counts": {name: row.counts.get(name, 0) for name in RESULTS}, "columns": row.options.get("map", {}),
        "undo": {name: undo[name] for name in ("gone", "kept", "done")} if undo else None,
    }).data  # fmt: skip


class OfRows(Said):
    """What holds for rows that do not say."""

    source = Word(max_length=120, help_text="Where they come from, unless a column says it.")
    motion = serializers.ChoiceField(Motion.choices, required=False)
    go_to_market = serializers.ChoiceField(GoToMarket.choices, required=False)
    system = Word(max_length=40, help_text="Whose the external ids are.")
    date_order = serializers.ChoiceField(ORDERS, required=False, help_text="As the dates themselves tell, if not said.")


class Given(OfRows):
    """What holds for all rows of a file."""

    preset = serializers.ChoiceField(list(PRESETS), required=False)
    team = Word(max_length=80, help_text="In whose queue they wait.")


class NewImport(Given):
    """A file, CSV or .xlsx, told apart by its content."""

    file = serializers.FileField()


class Columns(Given):
    """What the columns mean; one that is not named keeps what its header tells."""

    columns = serializers.DictField(child=serializers.CharField(allow_blank=True, max_length=40), required=False)


class OfImports(Refusing):
    """Files of leads."""

    tag = "imports"
    rights = {"GET": "leads.import", "POST": "leads.import"}
    gives = {"GET": ImportOut, "POST": ImportOut}

    def handle_exception(self, problem):
        if isinstance(problem, importing.FileProblem):
            problem = Problem(422, "file", str(problem), "file")
        elif isinstance(problem, importing.Problem):
            option = {"map": "columns"}.get(problem.option, problem.option)
            problem = Problem(422, "invalid", problem.words, option)
        return super().handle_exception(problem)

    def options(self, said: dict, batch: Batch | None = None) -> dict:
        """Return what is to hold: what is said, else what held."""
        kept = batch.options if batch else {}
        given = {name: said.get(name, kept.get(name) or "") for name in GIVEN}
        queues, team = import_desk.queues_of(self.user), batch.team_id if batch else None
        if "team" in said:
            team = named(queues, "name", said["team"], "team").pk if said["team"] else None
        return given | {"team": team}


class Imports(OfImports):
    """Files of leads."""

    parser_classes = [MultiPartParser]
    says, gives, asks = {"POST": NewImport}, {"GET": listed(ImportOut), "POST": ImportOut}, {"GET": Page}

    def get(self, request):
        """List the imports you may see, newest first."""
        return self.listed(import_desk.visible(self.user), batch_out)

    def post(self, request):
        """Post a file, as a form with a file (multipart). It is kept as it is; no lead is made before it is run."""
        return self.act(self._read)

    def _read(self, said: dict) -> dict:
        said = dict(said)
        file = said.pop("file")
        options = {name: value for name, value in self.options(said).items() if value}
        batch = importing.read(file.file, file.name, by=self.user, at=self.at, options=options)
        return batch_out(batch)


class OfImport(OfImports):
    """One file, and one thing about it."""

    rights = {"POST": "leads.import"}
    says = {"POST": Said}

    def enter(self, method, *, pk):
        if self.is_client:
            super().enter(method)
        self.batch = import_desk.visible(self.user).filter(pk=pk).first()
        if self.batch is None:
            raise NotFound("There is no such import that you see.")

    def post(self, request, pk):
        return self.act(self.do)

    def again(self) -> dict:
        return batch_out(Batch.objects.select_related("by", "team").get(pk=self.batch.pk))


class OneImport(OfImport):
    """One file."""

    rights = {"GET": "leads.import"}

    def get(self, request, pk):
        """Read how far an import is, and what came of it."""
        return Response(batch_out(self.batch))


class ImportColumns(OfImport):
    """What the columns of a file mean."""

    says = {"POST": Columns}

    def post(self, request, pk):
        """Say what the columns mean, and look at the rows: what a run would do. No lead is made yet."""
        return super().post(request, pk)

    def do(self, said):
        if self.batch.status not in (Batch.Status.READ, Batch.Status.CHECKED):
            raise Refused("It has begun: its columns are settled.", "state")
        meant = {} if "preset" in said else self.batch.options.get("map", {})
        options = self.options(said, self.batch) | {"map": meant | said.get("columns", {})}
        import_desk.choose(self.batch, options, at=self.at)
        return self.again()


class ImportRuns(OfImport):
    """An import that runs."""

    def post(self, request, pk):
        """Let it run, in the background; or go on, where it was stopped or failed."""
        return super().post(request, pk)

    def do(self, said):
        import_desk.begin(self.batch, at=self.at)
        return self.again()


class ImportCancellations(OfImport):
    """An import stopped."""

    def post(self, request, pk):
        """Stop it after the rows at hand. What was saved stays."""
        return super().post(request, pk)

    def do(self, said):
        if not importing.cancel(self.batch, at=self.at):
            raise Refused("It does not run.", "state")
        return self.again()


class ImportUndos(OfImport):
    """An import taken back."""

    def post(self, request, pk):
        """Take it back: who was not worked since is gone, who was stays. `undo` tells how far it is."""
        return super().post(request, pk)

    def do(self, said):
        import_desk.take_back(self.batch, by=self.user, at=self.at)
        return self.again()


class RejectedOut(serializers.Serializer):
    """One row that was not taken, and why."""

    id = serializers.IntegerField()
    line = serializers.IntegerField(help_text="In the file, the header being 1.")
    column = serializers.CharField(allow_blank=True)
    why = serializers.CharField(allow_blank=True)
    cells = serializers.ListField(child=serializers.CharField(allow_blank=True))


class ImportRejected(OfImport):
    """The rows that were not taken."""

    rights, gives, asks = {"GET": "leads.import"}, {"GET": listed(RejectedOut)}, {"GET": Page}

    def get(self, request, pk):
        """List the rejected rows, the first first. Who took how many is on record."""
        rows = BatchRow.objects.filter(batch=self.batch, result=BatchRow.Result.REJECTED)
        answer = self.listed(rows, rejected, newest_first=False)
        record_export(self.user, "import_rejected", len(answer.data["items"]), self.at, door=Door.API)
        return answer


def rejected(row: BatchRow) -> dict:
    return {"id": row.pk, "line": row.number, "column": row.column, "why": row.error, "cells": row.cells}
