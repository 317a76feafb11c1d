"""Releasing what a reason held (LIFE-8): which reason, how many, into which queue; then how far it is, and who stayed and why."""

from django import forms
from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import PermissionDenied
from django.db.models import Func, IntegerField, OuterRef
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_http_methods

from accounts import clock
from accounts.models import Batch, NurtureKind, Reason
from accounts.permissions import Scope, allowed
from leads import receivers, releasing, tasks
from leads.models import Lead, LeadStatus

ENOUGH, LIST = 1_000, 20


class ReleaseForm(forms.Form):
    """Which reason is gone, and where they wait to be pulled."""

    reason = forms.ModelChoiceField(
        Reason.objects.none(),
        label="The reason that is gone",
        empty_label=None,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose the reason that is gone.",
            "invalid_choice": "Choose a reason of the list.",
        },
    )
    queue = forms.TypedChoiceField(
        coerce=int,
        label="Queue they wait in",
        help_text="Reps pull them from there.",
        error_messages={"required": "Choose a queue.", "invalid_choice": "Choose a queue of the list."},
    )

    def __init__(self, data, *, user):
        super().__init__(data)
        some = Lead.objects.filter(status=LeadStatus.NURTURE, reason=OuterRef("pk"), gone_as="").values("pk")
        number = Func(ArraySubquery(some[: ENOUGH + 1]), function="cardinality", output_field=IntegerField())
        # What a rep keeps for later is the rep's to take up again.
        reasons = Reason.objects.filter(disposition="nurture").exclude(nurture_kind=NurtureKind.SALES)
        reasons = reasons.annotate(number=number).filter(number__gt=0)
        self.fields["reason"].queryset = reasons.order_by("-number", "order", "pk")
        self.fields["reason"].label_from_instance = _said
        self.queues = {team.pk: team for team in receivers.teams_below(user)}
        self.fields["queue"].choices = [("", "Choose"), *((pk, str(team)) for pk, team in self.queues.items())]


def _said(reason: Reason) -> str:
    return f"{reason.label}: {f'more than {ENOUGH:,}' if reason.number > ENOUGH else reason.number}"


def _revops(user) -> None:
    if Scope.ALL not in allowed(user, "leads.assign"):
        raise PermissionDenied("Only RevOps can release all that a reason holds.")


@require_http_methods(["GET", "POST"])
def release(request):
    """Choose the reason and the queue; few are released at once, many in the background."""
    _revops(request.user)
    form = ReleaseForm(request.POST if request.method == "POST" else None, user=request.user)
    if request.method == "POST" and form.is_valid():
        at, queue = clock.now(), form.queues[form.cleaned_data["queue"]]
        batch = releasing.start(form.cleaned_data["reason"], queue=queue, by=request.user, at=at)
        tasks.begin_release(batch)
        return HttpResponseRedirect(reverse("release-done", args=[batch.pk]))
    before = Batch.objects.filter(kind=releasing.KIND).select_related("by", "team").order_by("-pk")[:LIST]
    context = {"form": form, "before": before, "now": clock.now()}
    return render(request, "leads/release.html", context, status=422 if form.is_bound else 200)


@require_GET
def done(request, pk: int):
    """Show how far it is, and what came of it."""
    _revops(request.user)
    batch = Batch.objects.filter(pk=pk, kind=releasing.KIND).select_related("by", "team").first()
    if batch is None:
        raise Http404("no such release")
    stayed = [
        {"why": releasing.STAYED.get(code, "not possible"), "number": number}
        for code, number in sorted(batch.options["stayed"].items())
    ]
    context = {"batch": batch, "stayed": stayed, "far": sum(batch.counts.values())}
    is_part = request.headers.get("HX-Request") == "true"
    return render(request, "leads/_release.html" if is_part else "leads/release_done.html", context)


urlpatterns = [
    path("release/", release, name="release"),
    path("release/<int:pk>/", done, name="release-done"),
]
