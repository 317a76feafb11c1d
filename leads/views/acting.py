"""One act on one lead, from the pressed button to the answer: once, whoever presses how often; refused with its reason; kept when stale.

Used by `work.py` for every form about a lead. An act is a function that is given what the form said, calls one process and says what came
of it; whatever it raises leaves nothing behind.
"""

import secrets

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts import receipts
from leads import notes, permissions
from leads.lifecycle import Forbidden, Refused, Seen, Stale, what_happened
from leads.models import Lead
from leads.views import acts, answers
from leads.views.desk import Desk
from leads.views.forms import ExceptionForm


def did(desk, lead: Lead, text: str, *, stays: bool = True, asks: str = "", undo: dict | None = None) -> dict:
    """Say what an act did: the toast, whether the next lead opens, what is asked next, and what an undo must do.

    Keeps the undo under a key of its own, in the transaction of the act, so that it is there exactly when the act is.
    """
    then = {"lead": lead.pk, "text": text, "stays": stays, "asks": asks, "undo": ""}
    if undo:
        then["undo"] = secrets.token_urlsafe(9)
        key = receipts.key_of("undo", desk.user, then["undo"])
        what = {"undo": undo | {"lead": lead.pk}, "place": desk.place, "view": desk.view}
        receipts.put(key, what, user=desk.user, at=desk.at)
    return then


def once(desk, kind: str, effect) -> dict:
    """Let an act happen once: the same request again is answered with what happened the first time."""
    post = desk.request.POST
    content = [(name, value) for name in post for value in post.getlist(name) if name != "csrfmiddlewaretoken"]
    key = receipts.key_of(kind, desk.user, post.get("token") or desk.token, [("path", desk.request.path), *content])
    with transaction.atomic():
        if not receipts.claim(key, user=desk.user, at=desk.at):
            return receipts.first_answer(key, desk.user)
        then = effect(post)
        receipts.keep(key, then)
        return then


def perform(request, pk, right, form_class, kind, effect):
    """Do one act: who may, what it says, whether the lead is still what was seen; then the effect, once; then the answer.

    `right(lead)` names the rights of which one is needed, `kind` the act that is drawn again when something is wrong,
    `effect(desk, lead, said)` does it.
    """
    desk = Desk(request)
    lead = desk.lead(pk)
    form = form_class(request.POST)
    is_valid = form.is_valid()
    typed = {
        name: request.POST.getlist(name) if name == "channel" and kind == "opt-out" else request.POST.get(name, "")
        for name in {*TYPED, *form.fields} - {"token", "cycle", "version"}
    }
    rights = right(lead)
    if not any(permissions.can(desk.user, name, lead, at=desk.at) for name in rights):
        if moved_on(lead, request.POST):
            return stale(desk, lead, what_happened(lead, desk.at), typed, kind, form)
        return forbidden(desk, lead, permissions.refusal(desk.user, rights[0], lead), typed)
    if not is_valid:
        field, words = form.first_error()
        error = {"title": "Not saved.", "text": words, "field": field}
        return answers.wrong(desk, lead, kind, status=422, error=error, typed=typed)
    place = _place_in_order(desk, lead)
    try:
        then = once(desk, kind, lambda _post: _done(desk, lead, effect(desk, lead, form.cleaned_data), form) | place)
    except Stale as refusal:
        return stale(desk, desk.lead(pk), refusal.words, typed, kind, form)
    except Forbidden as refusal:
        return forbidden(desk, desk.lead(pk), refusal.words, typed)
    except Refused as refusal:
        field = (FIELDS | getattr(form, "places", {})).get(refusal.code, "")
        error = {"title": "Not saved.", "text": refusal.words, "field": field}
        return answers.wrong(desk, desk.lead(pk), kind, status=422, error=error, typed=typed)
    return answer(desk, lead, then)


def _done(desk, lead: Lead, then: dict, form) -> dict:
    """Add to what an act says who was called in its note and could not be told."""
    note = "" if isinstance(form, ExceptionForm) else form.cleaned_data.get("note", "")
    unheard = notes.not_told(note, lead, desk.user, desk.at)
    return then | {"text": f"{then['text']} {unheard}"} if unheard else then


def view_of(form_class, kind: str, right=None):
    """Make a view of an act: `effect(desk, lead, said)` calls one process and says what it did."""

    def wrap(effect):
        def view(request, pk):
            return perform(request, pk, right or (lambda lead: (acts.right_of(kind, lead),)), form_class, kind, effect)

        view.__doc__, view.__name__ = effect.__doc__, effect.__name__
        return require_POST(view)

    return wrap


def _place_in_order(desk, lead: Lead) -> dict:
    """Remember where the lead stood in the order this person looks at, and who follows: read before the act changes it."""
    if desk.place != "queue":
        return {"following": [], "group": ""}
    group = next((e.group for e in desk.queue.view(desk.view) if e.lead == lead.pk), "")
    return {"following": desk.queue.after(lead.pk, desk.view), "group": group}


TYPED = ("note", "why", "size", "day", "channel", "all", "reason")
# Where a refusal belongs on the form.
FIELDS = {"past": "day", "far": "day", "size": "size", "too_long": "note"}


def answer(desk, was: Lead, then: dict):
    """Answer a done act: the next lead of the order the person was looking at, or the same one."""
    desk.look_again()
    lead = desk.again(was.pk)
    if desk.place == "lead":
        if lead is None:
            messages.success(desk.request, then["text"])
            return gone_from_sight(desk)
        return answers.done(desk, lead, then, lead)
    open_next = lead
    if not then["stays"] or lead is None:
        to_do = {e.lead for e in desk.queue.view(desk.view)}
        ids = [pk for pk in then["following"] if pk in to_do and pk != was.pk]
        pk = next(iter(ids), next((e.lead for e in desk.queue.view(desk.view) if e.lead != was.pk), None))
        open_next = desk.again(pk) if pk else None
    return answers.done(desk, lead or was, then, open_next)


def gone_from_sight(desk):
    """Send a person on whose act took the lead out of their sight."""
    url = reverse("leads")
    if desk.is_htmx:
        response = render(desk.request, "leads/_panel.html", {"panel": None, "empty": {"title": "Done", "text": ""}})
        response["HX-Redirect"] = url
        return response
    return HttpResponseRedirect(url)


def seen(lead: Lead, said: dict) -> Seen:
    """Return the lead as the form saw it: its round and its version."""
    return Seen(lead.pk, said["cycle"], said["version"])


def moved_on(lead: Lead, post) -> bool:
    """Whether the lead is not what a form was drawn from."""
    version, cycle = post.get("version", ""), post.get("cycle", "")
    return bool(version and version != str(lead.version)) or bool(cycle and cycle != str(lead.cycle_id))


def stale(desk, lead: Lead, words: str, typed: dict, kind: str, form):
    """Answer an act meant for a lead that moved on: who changed it, and what was typed, kept: in its form, or as a note."""
    if form.is_kept and acts.can_be_drawn(desk, lead, kind):
        error = {"title": words, "text": "What you typed is still here: press again if it still holds.", "field": ""}
        return answers.wrong(desk, lead, kind, status=409, error=error, typed=typed)
    note = form.in_words(typed)
    may_note = permissions.can(desk.user, "note", lead, at=desk.at)
    may_touch = permissions.can(desk.user, "touch", lead, at=desk.at)
    if not note:
        text = ""
    elif may_touch and not may_note and lead.is_open:
        text = "Your note is still here: log what you did with it."
    elif not may_note:
        text = "Your note is still here, to copy: this lead is no longer in your hands."
    else:
        text = "Your note is still here."
    kept = {"title": words, "text": text, "note": note, "can_add": bool(note) and may_note}
    typed = {"note": note} if note and not may_note else {}
    return answers.wrong(desk, lead, "", status=409, panel={"kept": kept}, typed=typed)


def forbidden(desk, lead: Lead, words: str, typed: dict):
    """Answer an act that is not this person's to do."""
    desk.tried(lead.pk)
    notice = {"kind": "error", "title": words, "text": "Nothing was changed."}
    return answers.wrong(desk, lead, "", status=403, panel={"notice": notice}, typed={"note": typed.get("note", "")})


def refused_pull(desk, refusal: Refused):
    """Answer a pull that found nothing or may not be: the list with its reason, the lead that was open."""
    status = 403 if isinstance(refusal, Forbidden) else 422
    first = next(iter(desk.queue.view(desk.view)), None)
    lead = desk.again(first.lead) if first else None
    notice = {"kind": "error", "title": refusal.words, "text": ""}
    if lead is None:
        messages.error(desk.request, refusal.words)
        if desk.is_htmx:
            response = render(desk.request, "leads/_panel.html", answers.fragment(desk, None), status=status)
            response["HX-Redirect"] = reverse("queue")
            return response
        return answers.queue_page(desk.request, desk, None, status=status)
    return answers.wrong(desk, lead, "", status=status, relist=True, panel={"notice": notice})
