"""What can be done with one lead, as buttons on its page in the admin: each is offered where the table and the state allow it, asks for
its reason, and calls the one process of its kind (ADMIN-1, LIFE-1). A lead that moved on meanwhile is refused, with who moved it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts import clock
from accounts.models import Disposition, Door, Reason
from leads import assignment, dispositions, permissions, pulling
from leads.admin.reassign import ReassignForm
from leads.lifecycle import Refused, Seen
from leads.models import Lead, LeadStatus, Motion, Trigger
from leads.notes import LONGEST
from leads.views.forms import SizeField


class MoveForm(forms.Form):
    """What every move carries: the round and version the page showed."""

    cycle = forms.IntegerField(required=False, widget=forms.HiddenInput)
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, user=None, **kwargs):
        super().__init__(*args, **kwargs)


class NeverForm(MoveForm):
    disposition = Disposition.UNQUALIFIED
    reason = forms.ModelChoiceField(Reason.objects.none())
    note = forms.CharField(required=False, max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reason"].queryset = Reason.objects.to_choose(self.disposition)


class NotNowForm(NeverForm):
    disposition = Disposition.NURTURE
    size = SizeField(help_text="For a reason that asks for it.")


class DiscardForm(NeverForm):
    note = None  # the process takes none


class HandForm(ReassignForm):
    """To whom: as in the list."""

    cycle, version = MoveForm.base_fields["cycle"], MoveForm.base_fields["version"]


@dataclass(frozen=True)
class Move:
    """One button: its words, the right it needs, where the lead must stand, its form, and the process it calls."""

    label: str
    right: str
    stands: Callable[[Lead], bool]
    form: type[forms.Form]
    do: Callable


def _assign(seen, said, form, **who):
    facts = {"note": said["note"], "restart_clock": said["restart_clock"]}
    return assignment.assign(seen, to=form.receiver, **facts, **who)


def _give(seen, said, form, **who):
    return pulling.give_back(seen, **who)


def _pulled(lead: Lead) -> bool:
    return lead.status == LeadStatus.ASSIGNED and lead.cycle.trigger == Trigger.PULL and not lead.cycle.touches


MOVES = {
    "assign": Move(
        "Assign", "assign", lambda lead: lead.motion == Motion.SLG and lead.status not in ("unqualified", "qualified"), HandForm, _assign
    ),
    "reopen": Move("Reopen", "reopen", lambda lead: lead.status == LeadStatus.UNQUALIFIED, HandForm, _assign),
    "nurture": Move(
        "Not now", "nurture", lambda lead: lead.is_open, NotNowForm,
        lambda seen, said, form, **who: dispositions.nurture(seen, reason=said["reason"], note=said["note"], size=said["size"], **who),
    ),
    "unqualify": Move(
        "Never", "unqualify", lambda lead: lead.is_open, NeverForm,
        lambda seen, said, form, **who: dispositions.unqualify(seen, reason=said["reason"], note=said["note"], **who),
    ),
    "set-aside": Move(
        "Set aside", "set_aside", lambda lead: lead.status == LeadStatus.RAW, MoveForm,
        lambda seen, said, form, **who: dispositions.set_aside(seen, **who),
    ),
    "discard": Move(
        "Discard", "discard", lambda lead: lead.status in LeadStatus.WAITING, DiscardForm,
        lambda seen, said, form, **who: dispositions.discard(seen, reason=said["reason"], **who),
    ),
    "take-back": Move(
        "Take the end back", "take_back", lambda lead: lead.status in LeadStatus.ENDED and lead.cycle_id is not None, MoveForm,
        lambda seen, said, form, **who: dispositions.take_back(seen, **who),
    ),
    "give-back": Move("Give back to the queue", "give_back", _pulled, MoveForm, _give),
}  # fmt: skip


def offered(user, lead: Lead) -> list[dict]:
    """List the buttons of a lead for this person."""
    return [
        {"label": move.label, "url": reverse("admin:leads_lead_move", args=[lead.pk, name])}
        for name, move in MOVES.items()
        if _may(user, move, lead)
    ]


def _may(user, move: Move, lead: Lead) -> bool:
    return move.stands(lead) and permissions.can(user, move.right, lead)


def page(modeladmin, request, pk: int, name: str):
    """Ask for what a move needs, then do it; what is refused is said on the form, and nothing changed."""
    lead = modeladmin.get_queryset(request).select_related("cycle", "owner", "team").filter(pk=pk).first()
    move = MOVES.get(name)
    if lead is None or move is None:
        raise Http404("no such lead or move")
    if request.method != "POST" and not _may(request.user, move, lead):
        raise PermissionDenied(permissions.refusal(request.user, move.right, lead))
    start = {"cycle": lead.cycle_id, "version": lead.version}
    form = move.form(request.POST if request.method == "POST" else None, initial=start, user=request.user)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        seen = [Seen(lead.pk, said["cycle"], said["version"])]
        try:
            done = move.do(seen, said, form, by=request.user, at=clock.now(), door=Door.ADMIN).lead
        except Refused as refusal:
            form.add_error(None, refusal.words)
        else:
            modeladmin.message_user(request, f"{done.name} is {done.state_label} now.", messages.SUCCESS)
            return HttpResponseRedirect(reverse("admin:leads_lead_change", args=[pk]))
    context = {**modeladmin.admin_site.each_context(request), "title": f"{move.label}: {lead.name}", "opts": Lead._meta}
    context |= {"lead": lead, "form": form, "label": move.label}
    return TemplateResponse(request, "admin/leads/move.html", context, status=422 if form.errors else 200)
