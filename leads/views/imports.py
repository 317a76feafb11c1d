"""Bringing in a file, in four steps that are each an address: the file, its columns, a look before anything is saved, the run (IN-3).

The pages only ask and show; `leads/importing.py` does it, in the background, and the browser may be closed meanwhile.
"""

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import clock
from accounts.context import address
from accounts.models import Batch, BatchRow, Team
from accounts.permissions import Scope, allowed
from accounts.record_keeping import record_export
from accounts.spreadsheets import csv_lines
from leads import import_desk, importing, permissions
from leads.import_batches import RESULTS
from leads.import_dates import ORDERS
from leads.import_presets import IMPORT_FIELDS, PRESETS
from leads.models import GoToMarket, Motion, Source

LIST, SHOWN = 50, 20  # batches on the list, rejected rows on the page
FIELD_LABELS = {
    "external_id": "External id",
    "go_to_market": "Go-to-market",
    "created_at": "Came to us at",
    "name": "Full name",
}
FIELDS = [
    ("", "leave out"),
    *((name, FIELD_LABELS.get(name, name.replace("_", " ").capitalize())) for name in IMPORT_FIELDS),
]
ORDER_LABELS = {"dmy": "Day first: 31.12.2026", "mdy": "Month first: 12/31/2026", "ymd": "Year first: 2026-12-31"}


class FileForm(forms.Form):
    """The file, and what is true of all its rows."""

    file = forms.FileField(
        label="CSV or Excel file",
        help_text="Told apart by its content; any encoding, comma, semicolon or tab.",
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx,text/csv"}),
        error_messages={"empty": "This file is empty.", "required": "Choose a file."},
    )
    team = forms.ModelChoiceField(
        Team.objects.none(), required=False, label="Queue", empty_label="No queue", help_text="Where they wait."
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = import_desk.queues_of(user)


class ColumnsForm(forms.Form):
    """What the columns mean, and what holds for rows that do not say."""

    source = forms.CharField(required=False, max_length=120, help_text="For all rows, unless a column says it.")
    motion = forms.ChoiceField(choices=Motion.choices, required=False)
    go_to_market = forms.ChoiceField(choices=GoToMarket.choices, required=False, label="Go-to-market")
    system = forms.CharField(required=False, max_length=40, help_text="Whose the external ids are.")
    date_order = forms.ChoiceField(
        choices=[("", "As the dates themselves tell"), *((order, ORDER_LABELS[order]) for order in ORDERS)],
        required=False,
        label="Dates",
    )
    preset = forms.ChoiceField(
        choices=[("", "Guessed from the header"), *((p.name, p.label) for p in PRESETS.values())], required=False
    )
    team = forms.ModelChoiceField(Team.objects.none(), required=False, label="Queue", empty_label="No queue")

    def __init__(self, *args, user, batch, **kwargs):
        options = batch.options
        initial = {
            name: options.get(name) or ""
            for name in ("source", "motion", "go_to_market", "system", "date_order", "preset")
        }
        super().__init__(
            *args, initial=initial | {"team": batch.team_id, "motion": options.get("motion") or "slg"}, **kwargs
        )
        self.fields["source"].widget.attrs |= {"list": "sources", "autocomplete": "off"}
        self.fields["team"].queryset = import_desk.queues_of(user)


def one(request, pk: int) -> Batch:
    batch = import_desk.visible(request.user).filter(pk=pk).first()
    if batch is None:
        raise Http404("no such import in scope")
    return batch


def may_import(user) -> None:
    if not permissions.can(user, "import"):
        raise PermissionDenied(permissions.refusal(user, "import"))


@require_GET
def imports(request):
    """List the imports, newest first, by key."""
    may_import(request.user)
    batches = import_desk.visible(request.user).order_by("-pk")
    older = request.GET.get("older", "")
    if older.isdecimal() and len(older) < 19:
        batches = batches.filter(pk__lt=int(older))
    rows = list(batches[: LIST + 1])
    pager = {"older": f"?older={rows[LIST - 1].pk}"} if len(rows) > LIST else {}
    history = address("histories") if allowed(request.user, "leads.assign") & Scope.ALL else None
    return render(
        request, "leads/imports.html", {"batches": rows[:LIST], "pager": pager, "now": clock.now(), "history": history}
    )


@require_http_methods(["GET", "POST"])
def new(request):
    """Step 1: choose the file. It is kept as it is; nothing else is saved."""
    may_import(request.user)
    form = FileForm(request.POST or None, request.FILES or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        file, team = form.cleaned_data["file"], form.cleaned_data["team"]
        try:
            batch = importing.read(
                file.file, file.name, by=request.user, at=clock.now(), options={"team": team.pk if team else None}
            )
        except (importing.FileProblem, importing.Problem) as problem:
            form.add_error("file", str(problem))
        else:
            return HttpResponseRedirect(reverse("import-columns", args=[batch.pk]))
    return render(request, "leads/import_new.html", {"form": form, "step": 1}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def columns(request, pk: int):
    """Step 2: say what the columns mean. What was understood from the header is filled in."""
    batch = one(request, pk)
    if batch.status not in (Batch.Status.READ, Batch.Status.CHECKED):
        return HttpResponseRedirect(reverse("import", args=[pk]))
    form = ColumnsForm(request.POST or None, user=request.user, batch=batch)
    problem = batch.error
    meant = batch.options.get("map", {})
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        meant = {column: request.POST.get(f"column-{place}", "") for place, column in enumerate(batch.header)}
        preset_changed = said["preset"] != (batch.options.get("preset") or "")
        options = {**said, "map": {} if preset_changed else meant, "team": said["team"].pk if said["team"] else None}
        try:
            import_desk.choose(batch, options, at=clock.now())
            return HttpResponseRedirect(reverse("import-columns" if preset_changed else "import-check", args=[pk]))
        except importing.Problem as wrong:
            problem = wrong.words
            if wrong.option in form.fields:
                form.add_error(wrong.option, wrong.words)
    sources = Source.objects.named().values_list("name", flat=True)[:300]
    context = {
        "batch": batch,
        "form": form,
        "columns": _columns(batch, meant),
        "fields": FIELDS,
        "problem": problem,
        "sources": sources,
        "step": 2,
    }
    return render(
        request, "leads/import_columns.html", context, status=422 if problem and request.method == "POST" else 200
    )


def _columns(batch: Batch, meant: dict) -> list[dict]:
    """Return each column with a sample from the first row, and what it means by now."""
    first = BatchRow.objects.filter(batch=batch).order_by("number").values_list("cells", flat=True).first() or []
    samples = dict(enumerate(first))
    return [
        {"name": column, "sample": samples.get(place, ""), "meant": meant.get(column, ""), "place": place}
        for place, column in enumerate(batch.header)
    ]


@require_GET
def check(request, pk: int):
    """Step 3: what a run would do. Nothing is saved yet."""
    batch = one(request, pk)
    if batch.status not in (Batch.Status.READ, Batch.Status.CHECKED):
        return HttpResponseRedirect(reverse("import", args=[pk]))
    if batch.error:
        back = reverse("import-columns", args=[pk])
        if request.headers.get("HX-Request") == "true":
            return HttpResponse(headers={"HX-Redirect": back})
        return HttpResponseRedirect(back)
    return _shown(request, batch, "leads/import_check.html", "leads/_import_check.html", 3)


@require_GET
def show(request, pk: int):
    """Step 4: how far it is, and what came of it."""
    batch = one(request, pk)
    if batch.status == Batch.Status.READ:
        return HttpResponseRedirect(reverse("import-columns", args=[pk]))
    if batch.status == Batch.Status.CHECKED:
        return HttpResponseRedirect(reverse("import-check", args=[pk]))
    return _shown(request, batch, "leads/import.html", "leads/_import.html", 4)


def _shown(request, batch: Batch, page: str, part: str, step: int):
    rejected = list(BatchRow.objects.filter(batch=batch, result="rejected").order_by("number")[: SHOWN + 1])
    counts = batch.counts or {}
    context = {
        "batch": batch, "counts": counts, "taken": sum(counts.get(name, 0) for name in ("created", "updated", "unchanged")),
        "new": counts.get("created", 0) + counts.get("updated", 0), "done": sum(counts.get(n, 0) for n in RESULTS),
        "rejected": rejected[:SHOWN], "more": len(rejected) > SHOWN, "step": step, "now": clock.now(),
        "unread": [column for column in batch.header if not batch.options.get("map", {}).get(column)],
        "sources": sorted(counts.get("sources", {}).items(), key=lambda pair: (-sum(pair[1]), pair[0])),
    }  # fmt: skip
    polled = request.headers.get("HX-Request") == "true"
    return render(request, part if polled else page, context)


@require_POST
def run(request, pk: int):
    """Start it, or go on with one that was stopped or failed."""
    batch = one(request, pk)
    try:
        import_desk.begin(batch, at=clock.now())
    except importing.Problem as problem:
        Batch.objects.filter(pk=pk).update(error=problem.words)
        return HttpResponseRedirect(reverse("import-columns", args=[pk]))
    return HttpResponseRedirect(reverse("import", args=[pk]))


@require_POST
def cancel(request, pk: int):
    """Stop it after the rows at hand. What was saved stays."""
    importing.cancel(one(request, pk), at=clock.now())
    return HttpResponseRedirect(reverse("import", args=[pk]))


@require_GET
def rejected(request, pk: int):
    """The rejected rows as a file, to be mended and sent again."""
    batch = one(request, pk)
    return rejected_rows(request.user, batch)


def rejected_rows(user, batch: Batch) -> StreamingHttpResponse:
    """Answer with the rejected rows of one file; who took them is on record."""
    number = BatchRow.objects.filter(batch=batch, result="rejected").count()
    record_export(user, "import_rejected", number, clock.now())
    answer = StreamingHttpResponse(csv_lines(importing.rejected_file(batch)), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="rejected-{batch.pk}.csv"'
    return answer


urlpatterns = [
    path("imports/", imports, name="imports"),
    path("imports/new/", new, name="import-new"),
    path("imports/<int:pk>/", show, name="import"),
    path("imports/<int:pk>/columns/", columns, name="import-columns"),
    path("imports/<int:pk>/check/", check, name="import-check"),
    path("imports/<int:pk>/run/", run, name="import-run"),
    path("imports/<int:pk>/cancel/", cancel, name="import-cancel"),
    path("imports/<int:pk>/rejected/", rejected, name="import-rejected"),
]
