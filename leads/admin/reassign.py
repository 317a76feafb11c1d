"""Reassign, from the admin's list: choose who receives, see who would be refused, and why (ROUTE-6)."""

import re

from django import forms
from django.contrib import admin, messages
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse

from accounts import clock
from accounts.models import Door, Team, User
from accounts.permissions import Scope, allowed, people_of, teams_of
from leads import assignment
from leads.lifecycle import Seen
from leads.permissions import HOLDERS

MOST = 1_000


class ReassignForm(forms.Form):
    """To whom, and what becomes of the clock."""

    to = forms.ChoiceField(label="To")
    restart_clock = forms.BooleanField(required=False, label="Start the clock again", help_text="Else it runs on.")
    note = forms.CharField(required=False, max_length=500, help_text="Needed to start the clock again, or to reopen.")

    def __init__(self, *args, user: User, **kwargs):
        super().__init__(*args, **kwargs)
        people = User.objects.filter(is_active=True, role__in=HOLDERS)
        teams = Team.objects.filter(is_active=True)
        if Scope.ALL not in allowed(user, "leads.assign"):
            people = people.filter(pk__in=people_of(user) | {user.pk})
            teams = teams.filter(pk__in=teams_of(user))
        self.receivers = {f"person-{p.pk}": p for p in people} | {f"team-{t.pk}": t for t in teams}
        self.fields["to"].choices = [
            ("", "Choose"),
            ("People", [(key, str(to)) for key, to in self.receivers.items() if isinstance(to, User)]),
            ("Queues", [(key, str(to)) for key, to in self.receivers.items() if isinstance(to, Team)]),
        ]

    def clean(self):
        found = super().clean()
        if found.get("restart_clock") and not found.get("note", "").strip():
            self.add_error("note", "Write why the clock starts again.")
        return found

    @property
    def receiver(self) -> User | Team:
        return self.receivers[self.cleaned_data["to"]]


@admin.action(description="Reassign", permissions=["reassign"])
def reassign(modeladmin, request, queryset):
    """Ask to whom, then hand over. What the page showed is what may change: a lead that moved on is refused."""
    if "apply" not in request.POST:
        return _ask(modeladmin, request, queryset, ReassignForm(user=request.user))
    form = ReassignForm(request.POST, user=request.user)
    if not form.is_valid():
        return _ask(modeladmin, request, queryset, form)
    within = set(queryset.values_list("pk", flat=True)[: MOST + 1])
    seen = [s for s in map(_seen, request.POST.getlist("seen")) if s and s.lead in within]
    result = assignment.assign(
        seen,
        to=form.receiver,
        by=request.user,
        at=clock.now(),
        door=Door.ADMIN,
        note=form.cleaned_data["note"],
        restart_clock=form.cleaned_data["restart_clock"],
    )
    _tell(modeladmin, request, form.receiver, result)
    return HttpResponseRedirect(request.get_full_path())


def _ask(modeladmin, request, queryset, form):
    leads = list(queryset.select_related("owner", "team").order_by("-pk")[: MOST + 1])
    if len(leads) > MOST:
        modeladmin.message_user(
            request,
            f"More than {MOST:,} leads are chosen. Filter them first, then reassign what is left.",
            messages.WARNING,
        )
        return None
    return TemplateResponse(
        request,
        "admin/leads/reassign.html",
        {
            **modeladmin.admin_site.each_context(request),
            "title": "Reassign",
            "opts": modeladmin.model._meta,
            "leads": leads,
            "form": form,
        },
        status=422 if form.errors else 200,
    )


def _seen(text: str) -> Seen | None:
    """Read back what the page showed of a lead: number, round, version."""
    found = re.fullmatch(r"(\d{1,18})-(\d{0,18})-(\d{1,9})", text)
    return Seen(int(found[1]), int(found[2]) if found[2] else None, int(found[3])) if found else None


def _tell(modeladmin, request, receiver, result) -> None:
    kept = "" if "restart_clock" in request.POST else ", clocks kept"
    if result.done:
        modeladmin.message_user(request, f"{len(result.done)} moved to {receiver}{kept}.", messages.SUCCESS)
    why: dict[str, list[str]] = {}
    for lead, refusal in result.refused:
        why.setdefault(refusal.words, []).append(str(lead))
    for words, names in list(why.items())[:20]:
        named = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        modeladmin.message_user(request, f"Not moved: {named}. {words}", messages.WARNING)
