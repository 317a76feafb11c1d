"""A change to many leads: choose what, see what would come of it and what is refused, do exactly that, take it back (WORK-7, ROUTE-6)."""

import secrets

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accounts import receipts
from accounts.models import Receipt
from accounts.permissions import allowed, manager_of
from accounts.words import count
from leads import board, bulk, permissions
from leads.lifecycle import Refused
from leads.models import Lead
from leads.views import lists, told
from leads.views.choosing import EndManyForm, MoveForm
from leads.views.desk import Desk
from leads.views.picking import picked, values
from leads.views.team import all_of, back_of

HEADINGS = {"assign": "Hand over", "nurture": "Not now", "unqualify": "Never"}
SHOWN = 20


def may(user, what: str) -> bool:
    """Say whether somebody ever may do this to many: hand over who leads people, end who may end."""
    if what == "assign":
        return board.leads_people(user)
    return bool(allowed(user, permissions.ACTIONS["nurture"]))


@require_POST
def many(request):
    """Ask what to do with the ticked leads, show what would come of it, and do it once that was seen."""
    if not may(request.user, "nurture"):
        raise PermissionDenied(permissions.refusal(request.user, "nurture"))
    desk, what = Desk(request, place="lead"), request.POST.get("what", "")
    if what not in HEADINGS or not may(desk.user, what):
        what = ""
    seen = picked(request, {"team": lambda: all_of(request), "leads": lambda: lists.ids(request.GET, desk)})
    if not seen or not what:
        messages.warning(request, "Tick at least one lead first." if what else "Choose what to do with them.")
        return HttpResponseRedirect(back_of(request))
    step = request.POST.get("step", "")
    form = (MoveForm if what == "assign" else EndManyForm)(request.POST if step else None, what=what, desk=desk)
    outcome = changed = None
    if step and form.is_valid():
        try:
            if step == "do":
                outcome, changed = _do(desk, form.change, seen)
                if outcome is None:
                    return HttpResponseRedirect(reverse("bulk-done", args=[request.POST["token"]]))
            else:
                outcome = bulk.preview(form.change, seen, by=desk.user, at=desk.at)
        except Refused as refusal:
            form.add_error("size" if refusal.code == "size" else None, refusal.words)
    return _ask(desk, what, form, seen, outcome, changed)


def _do(desk, change, seen) -> tuple[bulk.Outcome | None, dict | None]:
    """Do it once, and keep what taking it back needs; None when it is done, else what came out otherwise than it was shown."""
    post = desk.request.POST
    token, key = post.get("token", ""), receipts.key_of("many", desk.user, post.get("token", ""))
    with transaction.atomic():
        if len(token) < 8 or not receipts.claim(key, user=desk.user, at=desk.at):
            return None, None
        outcome = bulk.carry_out(change, seen, post.get("print", ""), by=desk.user, at=desk.at)
        if outcome.is_as_seen:
            receipts.keep(key, told.kept(outcome, back_of(desk.request), _whose(desk, outcome)))
            return None, None
        transaction.set_rollback(True)
    doable = set(post.get("doable", "").split())
    return outcome, told.differences(outcome, doable)


def _ask(desk, what, form, seen, outcome, changed):
    names = Lead.objects.visible_to(desk.user, desk.at).filter(pk__in=[s.lead for s in seen[:SHOWN]]).order_by("pk")
    context = {
        "heading": HEADINGS[what],
        "what": what,
        "form": form,
        "names": [lead.name for lead in names],
        "more": max(0, len(seen) - SHOWN),
        "number": len(seen),
        "leads": values(seen),
        "back": back_of(desk.request),
        "token": secrets.token_urlsafe(12),
        "outcome": outcome,
        "says": told.preview(outcome, _whose(desk, outcome)) if outcome else "",
        "refused": told.refusals(outcome) if outcome else [],
        "press": told.press(outcome) if outcome and outcome.done else "",
        "doable": " ".join(str(m.pk) for m in outcome.done) if outcome else "",
        "changed": changed,
    }
    status = 409 if changed else 422 if form.errors else 200
    return render(desk.request, "leads/many.html", context, status=status)


def _whose(desk, outcome) -> str:
    """Name whose word the ends that wait need; asked only where some do."""
    manager = manager_of(desk.user) if outcome.waiting else None
    return permissions.possessive(manager.get_short_name()) if manager else "the manager’s"


@require_GET
def done(request, token):
    """Say what was done to many, what was refused, and for ten minutes offer to take it back."""
    desk = Desk(request, place="lead")
    receipt = _receipt(desk, token)
    data = receipt.data
    visible = Lead.objects.visible_to(desk.user, desk.at)
    names = {lead.pk: lead.name for lead in visible.filter(pk__in=[pk for pk, _code in data["refused"]])}
    context = {
        "data": data,
        "refused": told.refused_later(data["refused"], names),
        "token": token,
        "until": receipt.at + bulk.BACK_WITHIN,
        "can_undo": not data["undone"] and data["rows"] and desk.at - receipt.at <= bulk.BACK_WITHIN,
        "now": desk.at,
    }
    return render(request, "leads/many_done.html", context)


@require_POST
def undo(request, token):
    """Take a change to many back: an action of its own, by the same person, once, for ten minutes."""
    desk = Desk(request, place="lead")
    with transaction.atomic():
        receipt = _receipt(desk, token, lock=True)
        if desk.at - receipt.at > bulk.BACK_WITHIN:
            messages.warning(request, "The ten minutes are over. Choose them and move them again.")
        elif not receipt.data["undone"]:
            result = bulk.take_back(receipt.data["rows"], by=desk.user, at=desk.at)
            stayed = len(result.refused)
            does = "stays: it" if stayed == 1 else "stay: they"
            stay = f" {count(stayed)} {does} went on meanwhile." if stayed else ""
            receipts.keep(receipt.pk, receipt.data | {"undone": f"{count(len(result.done))} moved back.{stay}"})
    return HttpResponseRedirect(reverse("bulk-done", args=[token]))


def _receipt(desk, token: str, *, lock: bool = False) -> Receipt:
    rows = Receipt.objects.select_for_update() if lock else Receipt.objects
    receipt = rows.filter(pk=receipts.key_of("many", desk.user, token), user=desk.user).first()
    if receipt is None or "rows" not in receipt.data:
        raise Http404("no such change")
    return receipt
