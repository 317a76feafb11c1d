"""Reassign, from the admin's list: choose who receives, see what would come of it and who is refused and why, do exactly that (ROUTE-6).

What was done is kept with its way back, on the page that the pages' own hand-over ends on.
"""

import re
import secrets

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from accounts import clock, receipts
from accounts.models import Door, Team, User
from accounts.permissions import HOLDERS, Scope, allowed, people_of, teams_of
from leads import bulk
from leads.lifecycle import Refused, Seen
from leads.views import told

MOST = bulk.MOST
HOW = {"person": "person", "turn": "turn", "team": "queue"}


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


class ReassignManyForm(ReassignForm):
    """To a person, round a team in turn, or into its queue."""

    def __init__(self, *args, user: User, **kwargs):
        super().__init__(*args, user=user, **kwargs)
        teams = [team for team in self.receivers.values() if isinstance(team, Team)]
        shared = {f"turn-{team.pk}": team for team in teams if team.kind != Team.Kind.PRODUCT}
        self.receivers |= shared
        blank, people, queues = self.fields["to"].choices
        in_turn = ("In turn", [(key, f"{team}, in turn") for key, team in shared.items()])
        self.fields["to"].choices = [blank, people, in_turn, queues]

    @property
    def change(self) -> bulk.Change:
        said = self.cleaned_data
        how = HOW[said["to"].partition("-")[0]]
        return bulk.Change("assign", how, self.receiver, note=said["note"], restart_clock=said["restart_clock"])


@admin.action(description="Reassign", permissions=["reassign"])
def reassign(modeladmin, request, queryset):
    """Ask to whom, show what would come of it, then do it. What the page showed is what may change: a lead that moved on is refused."""
    if "apply" not in request.POST:
        return _ask(modeladmin, request, queryset, ReassignManyForm(user=request.user))
    form = ReassignManyForm(request.POST, user=request.user)
    if not form.is_valid():
        return _ask(modeladmin, request, queryset, form)
    within = set(queryset.values_list("pk", flat=True)[: MOST + 1])
    seen = [s for s in map(_seen, request.POST.getlist("seen")) if s and s.lead in within]
    when = {"by": request.user, "at": clock.now(), "door": Door.ADMIN}
    try:
        if request.POST.get("step") != "do":
            return _ask(modeladmin, request, queryset, form, bulk.preview(form.change, seen, **when))
        outcome = _do(modeladmin, request, form.change, seen, when)
    except Refused as refusal:
        form.add_error(None, refusal.words)
        return _ask(modeladmin, request, queryset, form)
    if outcome is not None:
        return _ask(modeladmin, request, queryset, form, outcome, changed=True)
    return HttpResponseRedirect(request.get_full_path())


def _do(modeladmin, request, change: bulk.Change, seen: list[Seen], when: dict) -> bulk.Outcome | None:
    """Do it once however often it is pressed, and keep its way back; what it would be by now, where that is something else."""
    token = request.POST.get("token", "")
    key = receipts.key_of("many", request.user, token)
    with transaction.atomic():
        if len(token) < 8 or not receipts.claim(key, user=request.user, at=when["at"]):
            return None
        outcome = bulk.carry_out(change, seen, request.POST.get("print", ""), **when)
        if not outcome.is_as_seen:
            transaction.set_rollback(True)
            return outcome
        receipts.keep(key, told.kept(outcome, reverse("admin:leads_lead_changelist"), ""))
    if outcome.done:
        words, back = told.done(outcome, ""), reverse("bulk-done", args=[token])
        said = format_html('{} <a href="{}">Look at it, or move them back</a>', words, back)
        modeladmin.message_user(request, said, messages.SUCCESS)
    for row in _refused(outcome):
        modeladmin.message_user(request, f"Not moved: {row['names']}. {row['words']}", messages.WARNING)
    return None


def _ask(modeladmin, request, queryset, form, outcome: bulk.Outcome | None = None, *, changed: bool = False):
    leads = list(queryset.select_related("owner", "team").order_by("-pk")[: MOST + 1])
    if len(leads) > MOST:
        modeladmin.message_user(
            request,
            f"More than {MOST:,} leads are chosen. Filter them first, then reassign what is left; "
            "who leaves hands over everything from the team's page.",
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
            "outcome": outcome,
            "changed": changed,
            "says": told.preview(outcome, "") if outcome else "",
            "refused": _refused(outcome) if outcome else [],
            "press": told.press(outcome) if outcome and outcome.done else "",
            "token": secrets.token_urlsafe(12),
        },
        status=409 if changed else 422 if form.errors else 200,
    )


def _seen(text: str) -> Seen | None:
    """Read back what the page showed of a lead: number, round, version."""
    found = re.fullmatch(r"(\d{1,18})-(\d{0,18})-(\d{1,9})", text)
    return Seen(int(found[1]), int(found[2]) if found[2] else None, int(found[3])) if found else None


def _refused(outcome: bulk.Outcome) -> list[dict]:
    """Group who is refused by why, in the words of the rule, each with the first names."""
    why: dict[str, list[str]] = {}
    for kept in outcome.refused:
        why.setdefault(kept.words, []).append(kept.name or f"lead {kept.pk}")
    return [
        {"words": words, "names": ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")}
        for words, names in list(why.items())[:20]
    ]
