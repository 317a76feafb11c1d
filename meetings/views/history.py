"""Bringing history over, in four steps that are each an address: the files, their columns, a look before anything is saved, the run (IN-4).

For RevOps: it speaks for everybody's work. The pages only ask and show; `runs` and `undoing` do it, in the background where it is much.
"""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import clock
from accounts.models import Batch, BatchRow
from leads import importing
from leads.import_batches import RESULTS
from leads.import_desk import queues_of
from leads.lifecycle import Refused
from leads.views.imports import LIST, ORDER_LABELS, SHOWN, rejected_rows
from meetings.history import desk, fields, reading, runs, undoing
from meetings.history.desk import GIVEN

LABELS = {"leads": "Leads", "touches": "Touches", "meetings": "Meetings", "opportunities": "Opportunities"}


class GivenForm(forms.Form):
    """What holds for rows that do not say."""

    source = forms.CharField(
        required=False, max_length=120, help_text="Where the leads came from, unless a column says it."
    )
    motion = forms.ChoiceField(choices=[("slg", "Sales-led"), ("plg", "Product-led")], required=False)
    go_to_market = forms.ChoiceField(
        choices=[("outbound", "Outbound"), ("inbound", "Inbound")], required=False, label="Go-to-market"
    )
    system = forms.CharField(required=False, max_length=40, help_text="Whose the external ids are.")
    product = forms.CharField(required=False, max_length=80, help_text="What was sold, unless a column says it.")
    currency = forms.CharField(required=False, max_length=3, help_text="EUR, unless a column says it.")
    date_order = forms.ChoiceField(
        choices=[("", "As the dates themselves tell"), *ORDER_LABELS.items()], required=False, label="Dates"
    )


class FilesForm(GivenForm):
    """The files, each of one kind; at least one."""

    team = forms.ModelChoiceField(
        None, required=False, label="Queue", empty_label="No queue", help_text="Where raw ones wait."
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = queues_of(user)
        accept = forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx,text/csv"})
        for kind in fields.KINDS:
            self.fields[kind] = forms.FileField(label=LABELS[kind], required=False, widget=accept)

    @property
    def choosers(self):
        return [self[kind] for kind in fields.KINDS]

    def clean(self):
        found = super().clean()
        if not any(found.get(kind) for kind in fields.KINDS) and not self.errors:
            raise forms.ValidationError("Choose at least one file.")
        return found


def may_bring(user) -> None:
    if not desk.may_bring(user):
        raise PermissionDenied("History is brought over by RevOps: it speaks for everybody's work.")


def one(request, pk: int) -> Batch:
    """Return the leading batch of a history."""
    may_bring(request.user)
    batch = Batch.objects.filter(pk=pk, kind__startswith=reading.PAST, options__history=pk).select_related("by").first()
    if batch is None:
        raise Http404("no such history")
    return batch


@require_GET
def histories(request):
    """List what was brought over, newest first, by key."""
    may_bring(request.user)
    batches = Batch.objects.filter(kind__startswith=reading.PAST).select_related("by").order_by("-pk")
    older = request.GET.get("older", "")
    if older.isdecimal() and len(older) < 19:
        batches = batches.filter(pk__lt=int(older))
    rows = list(batches[: LIST + 1])
    for row in rows:
        row.kind_label = LABELS[reading.kind_of(row)]
    pager = {"older": f"?older={rows[LIST - 1].pk}"} if len(rows) > LIST else {}
    return render(request, "meetings/histories.html", {"batches": rows[:LIST], "pager": pager, "now": clock.now()})


@require_http_methods(["GET", "POST"])
def new(request):
    """Step 1: choose the files. They are kept as they are; nothing else is saved."""
    may_bring(request.user)
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form = FilesForm(*sent, user=request.user)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        files = {kind: (said[kind].file, said[kind].name) for kind in fields.KINDS if said.get(kind)}
        options = {name: said[name] for name in GIVEN} | {"team": said["team"].pk if said["team"] else None}
        try:
            batches = reading.read(files, by=request.user, at=clock.now(), options=options)
        except (importing.FileProblem, importing.Problem) as problem:
            form.add_error(None, str(problem))
        else:
            return HttpResponseRedirect(reverse("history-columns", args=[batches[0].pk]))
    return render(request, "meetings/history_new.html", {"form": form, "step": 1}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def columns(request, pk: int):
    """Step 2: say what the columns mean. What was understood from the headers is filled in."""
    leading = one(request, pk)
    if leading.status not in (Batch.Status.READ, Batch.Status.CHECKED):
        return HttpResponseRedirect(reverse("history", args=[pk]))
    form = GivenForm(request.POST or None, initial={name: leading.options.get(name, "") for name in GIVEN})
    batches, problem, maps = reading.files_of(leading), "", {}
    if request.method == "POST" and form.is_valid():
        maps = {
            reading.kind_of(batch): {
                c: request.POST.get(f"{batch.pk}-{place}", "") for place, c in enumerate(batch.header)
            }
            for batch in batches
        }
        try:
            desk.choose(leading, maps, form.cleaned_data, at=clock.now())
            return HttpResponseRedirect(reverse("history", args=[pk]))
        except importing.Problem as wrong:
            problem = wrong.words
            if wrong.option in form.fields:
                form.add_error(wrong.option, wrong.words)
    context = {
        "leading": leading,
        "files": [_columns(b, maps) for b in batches],
        "form": form,
        "problem": problem,
        "lacks": []
        if maps
        else [words for batch in batches for words in (reading.lacks(batch), reading.doubts(batch)) if words],
        "step": 2,
    }
    return render(request, "meetings/history_columns.html", context, status=422 if problem or form.errors else 200)


def _columns(batch: Batch, maps: dict) -> dict:
    """Say of one file which columns it has, and what each means. One query."""
    first = BatchRow.objects.filter(batch=batch).order_by("number").values_list("cells", flat=True).first() or []
    kind = reading.kind_of(batch)
    meant = maps.get(kind) or batch.options["map"]
    names = [*fields.FIELDS[kind], *(name for name in meant.values() if name.startswith(fields.STAGE))]
    choices = [("", "leave out"), *((name, name.replace("_", " ").capitalize()) for name in dict.fromkeys(names))]
    rows = [
        {
            "name": column,
            "sample": first[place] if place < len(first) else "",
            "meant": meant.get(column, ""),
            "id": f"{batch.pk}-{place}",
        }
        for place, column in enumerate(batch.header)
    ]
    return {"batch": batch, "label": LABELS[kind], "columns": rows, "choices": choices}


@require_GET
def show(request, pk: int):
    """Step 3 and 4: what a run would do, how far it is, what came of it."""
    leading = one(request, pk)
    if leading.status == Batch.Status.READ and not leading.options.get("waits"):
        return HttpResponseRedirect(reverse("history-columns", args=[pk]))
    looked = leading.options.get("looked", {})
    sources = leading.options.get("sources") or looked.get("sources", {})
    files = []
    for batch in reading.files_of(leading):
        kind = reading.kind_of(batch)
        counts = batch.counts or looked.get("files", {}).get(kind, {})
        rejected = list(BatchRow.objects.filter(batch=batch, result="rejected").order_by("number")[: SHOWN + 1])
        files.append({"batch": batch, "label": LABELS[kind], "counts": {name: counts.get(name, 0) for name in RESULTS},
                      "rejected": rejected[:SHOWN], "more": len(rejected) > SHOWN})  # fmt: skip
    context = {
        "leading": leading, "files": files, "looked": looked, "undone": leading.options.get("undo"), "now": clock.now(),
        "step": 4 if leading.status not in (Batch.Status.READ, Batch.Status.CHECKED) else 3, "can_undo": leading.status in undoing.OVER,
        "sources": sorted(sources.items(), key=lambda pair: (-sum(pair[1]), pair[0])),
    }  # fmt: skip
    polled = request.headers.get("HX-Request") == "true"
    return render(request, "meetings/_history.html" if polled else "meetings/history.html", context)


@require_POST
def run(request, pk: int):
    """Start it, or go on with one that was stopped or failed."""
    leading = one(request, pk)
    try:
        desk.begin(leading, at=clock.now())
    except importing.Problem as problem:
        messages.error(request, problem.words)
        return HttpResponseRedirect(reverse("history-columns", args=[pk]))
    return HttpResponseRedirect(reverse("history", args=[pk]))


@require_POST
def cancel(request, pk: int):
    """Stop it after the part at hand. What was told stays."""
    runs.cancel(one(request, pk), at=clock.now())
    return HttpResponseRedirect(reverse("history", args=[pk]))


@require_POST
def undo(request, pk: int):
    """Take it back, whole, in the background."""
    leading = one(request, pk)
    try:
        desk.take_back(leading, by=request.user, at=clock.now())
    except Refused as refusal:
        messages.error(request, refusal.words)
    return HttpResponseRedirect(reverse("history", args=[pk]))


@require_GET
def rejected(request, pk: int, file: int):
    """The rejected rows of one file, to be mended and sent again."""
    leading = one(request, pk)
    batch = next((batch for batch in reading.files_of(leading) if batch.pk == file), None)
    if batch is None:
        raise Http404("no such file")
    return rejected_rows(request.user, batch)


urlpatterns = [
    path("history/", histories, name="histories"),
    path("history/new/", new, name="history-new"),
    path("history/<int:pk>/", show, name="history"),
    path("history/<int:pk>/columns/", columns, name="history-columns"),
    path("history/<int:pk>/run/", run, name="history-run"),
    path("history/<int:pk>/cancel/", cancel, name="history-cancel"),
    path("history/<int:pk>/undo/", undo, name="history-undo"),
    path("history/<int:pk>/rejected/<int:file>/", rejected, name="history-rejected"),
]
