"""Somebody is away for a while, or for good: the delegate named, what they hold handed over (ROUTE-6, ROUTE-9)."""

from datetime import datetime

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts import clock
from accounts.models import Absence, User
from accounts.permissions import Scope, allowed
from accounts.words import count, moment
from leads import away as planning
from leads import handing_over, receivers
from leads.lifecycle import Refused
from leads.views.coming_back import gone_over, person_below


class AwayForm(forms.Form):
    """The days somebody is away, the first and the last of them whole; from two on with a delegate (ROUTE-9)."""

    first = forms.DateField(label="First day away", widget=forms.DateInput({"type": "date"}))
    last = forms.DateField(label="Last day away", widget=forms.DateInput({"type": "date"}))
    delegate = forms.TypedChoiceField(
        label="Who stands in", coerce=int, empty_value=None, required=False,
        help_text="New leads go to them meanwhile. Needed from two days on.",
    )  # fmt: skip
    note = forms.CharField(required=False, max_length=200, label="Note")

    def __init__(self, data, *, user: User, by: User, at: datetime):
        super().__init__(data)
        self.user, self.at = user, at
        self.people = {p.pk: p for p in receivers.people_below(by) if p.pk != user.pk}
        self.fields["delegate"].choices = [("", "Nobody"), *((pk, str(p)) for pk, p in self.people.items())]
        today = at.astimezone(user.zone).date().isoformat()
        for name in ("first", "last"):
            self.fields[name].widget.attrs["min"] = today

    def clean(self) -> dict:
        said = super().clean()
        first, last = said.get("first"), said.get("last")
        if first is None or last is None:
            return said
        delegate = self.people.get(said.get("delegate"))
        facts = {"first": first, "last": last, "delegate": delegate, "note": said.get("note", "")}
        try:
            self.absence = planning.absence(self.user, **facts, at=self.at)
        except Refused as refusal:
            self.add_error(refusal.code, refusal.words)
        return said


@require_http_methods(["GET", "POST"])
def away(request, pk):
    """Plan an absence of somebody, with who stands in."""
    person, at = person_below(request.user, pk), clock.now()
    form = AwayForm(request.POST if request.method == "POST" else None, user=person, by=request.user, at=at)
    if request.method == "POST" and form.is_valid():
        form.absence.save()
        until = moment(form.absence.ends_at, person.zone, at)
        stands_in = f" {form.absence.delegate} stands in." if form.absence.delegate else ""
        messages.success(request, f"{person} is away until {until}.{stands_in}")
        return HttpResponseRedirect(f"{reverse('team')}?show=open&rep={person.pk}")
    planned = Absence.objects.filter(user=person, ends_at__gt=at).select_related("delegate")
    context = {"person": person, "form": form, "planned": planned, "now": at}
    return render(request, "leads/away.html", context, status=422 if form.errors else 200)


class LeaveForm(forms.Form):
    """Who gets the leads in work, who the rest, and whether the person is switched off then."""

    to = forms.ChoiceField(
        label="Leads in work go to",
        error_messages={"required": "Choose who.", "invalid_choice": "Choose somebody of the list."},
    )
    rest = forms.TypedChoiceField(
        label="Kept leads, companies, opportunities and meetings go to", coerce=int, empty_value=None, required=False
    )
    off = forms.BooleanField(required=False, label="Switch them off then: they cannot sign in and get nothing.")

    def __init__(self, data, *, user: User, by: User, held: handing_over.Held):
        super().__init__(data)
        self.people = {p.pk: p for p in receivers.people_below(by) if p.pk != user.pk}
        teams = receivers.teams_below(by)
        self.receivers = {f"u{pk}": p for pk, p in self.people.items()}
        self.receivers |= {f"{how}{t.pk}": t for how in "tq" for t in teams}
        self.fields["to"].choices = [
            ("", "Choose"),
            ("People", [(f"u{pk}", str(p)) for pk, p in self.people.items()]),
            ("In turn", [(f"t{t.pk}", f"{t}, in turn") for t in teams]),
            ("Queues", [(f"q{t.pk}", f"Queue of {t}") for t in teams]),
        ]
        self.fields["rest"].choices = [("", "Nobody"), *((pk, str(p)) for pk, p in self.people.items())]
        self.fields["to"].required = held.leads > 0
        if Scope.ALL not in allowed(by, "people.change"):
            del self.fields["off"]

    @property
    def said(self) -> dict:
        found = self.cleaned_data
        how = {"u": "person", "t": "turn", "q": "queue"}.get(found["to"][:1], "person")
        rest = self.people.get(found.get("rest"))
        return {"how": how, "to": self.receivers.get(found["to"]), "rest": rest, "off": bool(found.get("off"))}


@require_http_methods(["GET", "POST"])
def leave(request, pk):
    """Show what somebody holds and what would come of handing it over; do exactly that, and switch them off where that is theirs to do."""
    person = person_below(request.user, pk)
    if person.is_superuser and not request.user.is_superuser:
        raise PermissionDenied("Only a superuser switches off a superuser.")
    held = handing_over.held(person)
    form = LeaveForm(request.POST if request.method == "POST" else None, user=person, by=request.user, held=held)
    look, changed = None, False
    if request.method == "POST" and form.is_valid():
        said = {"by": request.user, "at": clock.now(), **form.said}
        try:
            if request.POST.get("step") == "do":
                result, look = handing_over.carry_out(person, request.POST.get("print", ""), **said)
                if result is not None:
                    _tell(request, person, result)
                    return HttpResponseRedirect(reverse("team-leave", args=[person.pk]))
                changed = True
            else:
                look = handing_over.look(person, **said)
        except Refused as refusal:
            form.add_error(refusal.code if refusal.code in form.fields else None, refusal.words)
    context = {
        "person": person,
        "form": form,
        "held": held,
        "managers": _who_switches_off(request),
        "look": look,
        "changed": changed,
        "gone_over": gone_over(person),
        "now": clock.now(),
    }
    return render(request, "leads/leave.html", context, status=409 if changed else 422 if form.errors else 200)


def _tell(request, person: User, result) -> None:
    off = "" if person.is_active else f" {person} is switched off."
    messages.success(request, f"{count(len(result.done))} handed over.{off}")
    for words in list(dict.fromkeys(refusal.words for _lead, refusal in result.refused))[:5]:
        messages.warning(request, f"Not handed over: {words}")


def _who_switches_off(request) -> str:
    """Name who in RevOps switches people off, for those who cannot."""
    if Scope.ALL in allowed(request.user, "people.change"):
        return ""
    names = User.objects.filter(Q(role="revops"), is_active=True).order_by("name").values_list("name", flat=True)[:3]
    return " or ".join(names) or "RevOps"
