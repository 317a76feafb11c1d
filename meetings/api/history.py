"""Bringing history over by the API (IN-4): its files posted, their columns said, looked at, run, what was rejected, taken back."""

from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response

from accounts.api.fields import Said, Word
from accounts.api.paging import Page, page
from accounts.api.problems import Problem
from accounts.api.schema import listed
from accounts.models import Batch, BatchRow, Door
from accounts.record_keeping import record_export
from leads import importing
from leads.api.frame import Refusing, named
from leads.api.imports import CountsOut, OfRows, RejectedOut, rejected
from leads.import_batches import RESULTS
from leads.import_desk import queues_of
from leads.lifecycle import Refused
from meetings.history import desk, fields, reading, runs


class Meant(serializers.DictField):
    """What each column of one file means."""

    def __init__(self):
        super().__init__(child=serializers.CharField(allow_blank=True, max_length=60), required=False)


class FileOut(serializers.Serializer):
    """One file of a history: how it is read, what became of its rows; before the run, what would."""

    kind = serializers.ChoiceField(fields.KINDS)
    name = serializers.CharField()
    rows = serializers.IntegerField()
    header = serializers.ListField(child=serializers.CharField(allow_blank=True))
    columns = serializers.DictField(child=serializers.CharField(allow_blank=True), help_text="What each means.")
    lacks = serializers.CharField(allow_blank=True, help_text="Which column that is needed was not said yet.")
    counts = CountsOut()


class HistoryUndoOut(serializers.Serializer):
    """How far taking it back is: who is gone, who stays because somebody worked them, and the sales that are gone."""

    gone = serializers.IntegerField()
    kept = serializers.IntegerField()
    sales = serializers.IntegerField()
    done = serializers.BooleanField()


class UntoldOut(serializers.Serializer):
    """A lead that came in while what happened to it could not be told, and why."""

    line = serializers.IntegerField()
    column = serializers.CharField(allow_blank=True)
    why = serializers.CharField()


class HistoryOut(serializers.Serializer):
    """One history: its files, how they are read, how far it is."""

    id = serializers.IntegerField()
    by = serializers.CharField(allow_null=True)
    team = serializers.CharField(allow_null=True, help_text="In whose queue raw ones wait.")
    status = serializers.ChoiceField(Batch.Status.values)
    source = serializers.CharField(allow_blank=True)
    motion = serializers.CharField(allow_blank=True)
    go_to_market = serializers.CharField(allow_blank=True)
    system = serializers.CharField(allow_blank=True)
    product = serializers.CharField(allow_blank=True)
    currency = serializers.CharField(allow_blank=True)
    date_order = serializers.CharField(allow_blank=True)
    files = FileOut(many=True)
    former = serializers.ListField(child=serializers.CharField(allow_blank=True), help_text="Named, and not here.")
    stages = serializers.ListField(child=serializers.CharField(), help_text="Of open sales, and not here.")
    untold = UntoldOut(many=True, help_text="The first leads that came in without what happened.")
    problem = serializers.CharField(allow_blank=True, help_text="Why it cannot go on.")
    undo = HistoryUndoOut(allow_null=True)
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


def history_out(row: Batch, files: list[Batch]) -> dict:
    options, same = row.options, ("id", "status", "created_at", "started_at", "finished_at")
    looked, undo = options.get("looked", {}), options.get("undo")
    return HistoryOut({
        **{name: getattr(row, name) for name in same}, **{name: options.get(name) or "" for name in desk.GIVEN},
        "by": row.by.username if row.by else None, "team": row.team.name if row.team else None, "problem": row.error,
        "files": [_file(file, looked.get("files", {})) for file in files], "former": looked.get("former", []),
        "stages": [name for name, _number in looked.get("stages", [])],
        "untold": [dict(zip(("line", "column", "why"), row, strict=True)) for row in options.get("untold", {}).get("first", [])],
        "undo": {name: undo[name] for name in ("gone", "kept", "sales", "done")} if undo else None,
    }).data  # fmt: skip


def _file(row: Batch, looked: dict) -> dict:
    kind = reading.kind_of(row)
    counts = row.counts or looked.get(kind, {})
    return {
        "kind": kind, "name": row.name, "rows": row.rows, "header": row.header, "columns": row.options.get("map", {}),
        "lacks": reading.lacks(row) or reading.doubts(row), "counts": {name: counts.get(name, 0) for name in RESULTS},
    }  # fmt: skip


class OfAll(OfRows):
    """What holds for rows that do not say."""

    product = Word(max_length=80, help_text="What was sold.")
    currency = Word(max_length=3, help_text="EUR, if not said.")


class NewHistory(OfAll):
    """The files, CSV or .xlsx, each of one kind; at least one."""

    leads = serializers.FileField(required=False)
    touches = serializers.FileField(required=False)
    meetings = serializers.FileField(required=False)
    opportunities = serializers.FileField(required=False)
    team = Word(max_length=80, help_text="In whose queue raw ones wait.")


class HistoryColumns(OfAll):
    """What the columns of each file mean; one that is not named keeps what it meant, empty leaves it out."""

    leads = Meant()
    touches = Meant()
    meetings = Meant()
    opportunities = Meant()


class OfHistories(Refusing):
    """What was brought over."""

    tag = "histories"
    rights = {"GET": "leads.import", "POST": "leads.import"}
    gives = {"GET": HistoryOut, "POST": HistoryOut}
    needs_words = "History is brought over by RevOps: it speaks for everybody's work."

    def enter(self, method, **kwargs):
        super().enter(method)
        if not desk.may_bring(self.user):
            raise Problem(403, "forbidden", self.needs_words)

    def handle_exception(self, problem):
        if isinstance(problem, importing.FileProblem):
            problem = Problem(422, "file", str(problem), problem.kind)
        elif isinstance(problem, importing.Problem):
            option = problem.option.removeprefix("map-").replace("-", "_")
            problem = Problem(422, "invalid", problem.words, "" if option == "file" else option)
        return super().handle_exception(problem)


class Histories(OfHistories):
    """What was brought over."""

    parser_classes = [MultiPartParser]
    says, gives, asks = {"POST": NewHistory}, {"GET": listed(HistoryOut), "POST": HistoryOut}, {"GET": Page}

    def get(self, request):
        """List what was brought over, newest first."""
        found, cursor = page(desk.leading(), self.asked())
        files: dict[int, list[Batch]] = {}
        for file in desk.parts().filter(led_by__in=[row.pk for row in found]).order_by("pk"):
            files.setdefault(file.led_by, []).append(file)
        return Response({"items": [history_out(row, files[row.pk]) for row in found], "next_cursor": cursor})

    def post(self, request):
        """Post the files, as a form (multipart). They are kept as they are; nothing else is saved before it is run."""
        return self.act(self._read)

    def _read(self, said: dict) -> dict:
        files = {kind: (said[kind].file, said[kind].name) for kind in fields.KINDS if kind in said}
        options = {name: said.get(name, "") for name in desk.GIVEN}
        team = named(queues_of(self.user), "name", said["team"], "team") if said.get("team") else None
        batches = reading.read(files, by=self.user, at=self.at, options=options | {"team": team.pk if team else None})
        return history_out(desk.leading().get(pk=batches[0].pk), batches)


class OfHistory(OfHistories):
    """One history, and one thing about it."""

    rights = {"POST": "leads.import"}
    says = {"POST": Said}

    def enter(self, method, *, pk):
        super().enter(method)
        self.row = desk.leading().filter(pk=pk).first()
        if self.row is None:
            raise NotFound("There is no such history.")

    def post(self, request, pk):
        return self.act(self.do)

    def again(self) -> dict:
        return history_out(desk.leading().get(pk=self.row.pk), reading.files_of(self.row))


class OneHistory(OfHistory):
    """One history."""

    rights = {"GET": "leads.import"}

    def get(self, request, pk):
        """Read how far a history is, and what came of it; before the run, what would."""
        return Response(self.again())


class HistoryMeaning(OfHistory):
    """What the columns of its files mean."""

    says = {"POST": HistoryColumns}

    def post(self, request, pk):
        """Say what the columns mean, and look at the rows: what a run would do. Nothing is saved yet."""
        return super().post(request, pk)

    def do(self, said):
        if self.row.status not in (Batch.Status.READ, Batch.Status.CHECKED):
            raise Refused("It has begun: its columns are settled.", "state")
        held = {reading.kind_of(file): file.options["map"] for file in reading.files_of(self.row)}
        if errors := {
            kind: ["There is no such file here."] for kind in fields.KINDS if kind in said and kind not in held
        }:
            raise serializers.ValidationError(errors)
        maps = {kind: dict(meant) | said.get(kind, {}) for kind, meant in held.items()}
        given = {name: said.get(name, self.row.options.get(name) or "") for name in desk.GIVEN}
        desk.choose(self.row, maps, given, at=self.at)
        return self.again()


class HistoryRuns(OfHistory):
    """A history that runs."""

    def post(self, request, pk):
        """Let it run, in the background; or go on, where it was stopped or failed."""
        return super().post(request, pk)

    def do(self, said):
        if self.row.status == Batch.Status.DONE or self.row.options.get("undo"):
            raise Refused("It is over: a history runs once.", "state")
        desk.begin(self.row, at=self.at)
        return self.again()


class HistoryCancellations(OfHistory):
    """A history stopped."""

    def post(self, request, pk):
        """Stop it after the part at hand. What was told stays."""
        return super().post(request, pk)

    def do(self, said):
        if not runs.cancel(self.row, at=self.at):
            raise Refused("It does not run.", "state")
        return self.again()


class HistoryUndos(OfHistory):
    """A history taken back."""

    def post(self, request, pk):
        """Take it back, whole, in the background: who was not worked since is gone, who was stays. `undo` tells how far it is."""
        return super().post(request, pk)

    def do(self, said):
        desk.take_back(self.row, by=self.user, at=self.at)
        return self.again()


class WhichFile(Page):
    """Of which file."""

    kind = serializers.ChoiceField(fields.KINDS, required=False, help_text="Of all, if not said.")


class HistoryRejectedOut(RejectedOut):
    """One row that was not taken, of which file, and why."""

    kind = serializers.CharField()


class HistoryRejected(OfHistory):
    """The rows that were not taken."""

    rights, gives, asks = {"GET": "leads.import"}, {"GET": listed(HistoryRejectedOut)}, {"GET": WhichFile}

    def get(self, request, pk):
        """List the rejected rows, the first first. Who took how many is on record."""
        said = self.asked()
        kinds = {file.pk: reading.kind_of(file) for file in reading.files_of(self.row)}
        files = [file for file, kind in kinds.items() if said.get("kind", kind) == kind]
        rows = BatchRow.objects.filter(batch__in=files, result=BatchRow.Result.REJECTED)
        answer = self.listed(
            rows, lambda row: rejected(row) | {"kind": kinds[row.batch_id]}, newest_first=False, said=said
        )
        record_export(self.user, "import_rejected", len(answer.data["items"]), self.at, door=Door.API)
        return answer
