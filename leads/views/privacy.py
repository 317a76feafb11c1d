"""What a person asked of us, done by RevOps: to be erased (LIFE-11), or to be written to again after an opt-out."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods

from accounts.models import Door
from accounts.names import fold
from leads import consent, erasure, permissions
from leads.lifecycle import Refused, Seen
from leads.models import Lead
from leads.notes import LONGEST
from leads.views.desk import Desk


class EraseForm(forms.Form):
    """The person once more, by number or name, so that a slip erases nobody."""

    who = forms.CharField(
        label="Type the lead's number or name",
        max_length=220,
        error_messages={"required": "Type the number or the name."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args, lead: Lead, **kwargs):
        super().__init__(*args, **kwargs)
        self.lead = lead

    def clean_who(self) -> str:
        typed = " ".join(fold(self.cleaned_data["who"]).split())
        if typed not in (str(self.lead.pk), f"#{self.lead.pk}", " ".join(fold(self.lead.name).split())):
            raise forms.ValidationError(f"That is not {self.lead.name}, and not {self.lead.pk}. Nothing was erased.")
        return typed


class ProofForm(forms.Form):
    """What proves that they want to hear from us again."""

    proof = forms.CharField(
        label="What proves it",
        max_length=LONGEST,
        help_text="Their mail, the form they filled, with its date. It is kept as a note.",
        error_messages={"required": "Write what proves that they want to hear from us again."},
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@require_http_methods(["GET", "POST"])
def erase(request, pk: int):
    """Show what will go, and erase the person once their number or name is typed."""
    desk, lead = _asked_of(request, pk, "erase")
    form = EraseForm(request.POST if request.method == "POST" else None, lead=lead)
    if request.method == "POST" and form.is_valid():
        try:
            erasure.erase([Seen(lead.pk)], by=desk.user, at=desk.at, door=Door.PAGE).whole()
        except Refused as refusal:
            form.add_error(None, refusal.words)
        else:
            messages.success(request, f"Lead {pk} is erased. The counts stay; no file brings this person back.")
            return HttpResponseRedirect(reverse("leads"))
    context = {"lead": lead, "form": form, "going": erasure.preview(lead)}
    return render(request, "leads/erase.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def clear(request, pk: int):
    """Take an opt-out off, with its proof."""
    desk, lead = _asked_of(request, pk, "clear_opt_out")
    form = ProofForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            proof = form.cleaned_data["proof"]
            consent.clear([Seen(lead.pk)], by=desk.user, at=desk.at, proof=proof, door=Door.PAGE).whole()
        except Refused as refusal:
            form.add_error("proof", refusal.words)
        else:
            messages.success(request, "The opt-out is cleared; what proves it is a note on the lead.")
            return HttpResponseRedirect(reverse("lead", args=[pk]))
    context = {"lead": lead, "form": form, "is_out": lead.opted_out_at or lead.opted_out_channels}
    return render(request, "leads/clear_opt_out.html", context, status=422 if form.is_bound else 200)


def _asked_of(request, pk: int, action: str) -> tuple[Desk, Lead]:
    desk = Desk(request, place="lead")
    lead = desk.lead(pk)
    if not permissions.can(desk.user, action, lead, at=desk.at):
        raise PermissionDenied(permissions.refusal(desk.user, action, lead))
    return desk, lead


def gone(request, pk: int):
    """Tell RevOps that the lead at this address is erased; to everybody else it is not there."""
    lead = Lead.objects.filter(pk=pk, gone_as="erased").first()
    if lead is None or not permissions.can(request.user, "erase"):
        raise Http404("no such lead in scope")
    return render(request, "leads/erased.html", {"lead": lead}, status=410)


urlpatterns = [
    path("leads/<int:pk>/erase/", erase, name="erase"),
    path("leads/<int:pk>/opt-out/clear/", clear, name="opt-out-clear"),
]
