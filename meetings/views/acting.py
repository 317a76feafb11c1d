"""One request of one person about a meeting, a hand-off, a sale or a company; and one act on it: once, refused with its reason.

The lead page has its own (`leads/views/acting.py`); these pages answer with themselves. Without a script an act leads back to the page
it was pressed on, a refusal is drawn on it with what was typed.
"""

import secrets

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect

from accounts import clock
from leads.lifecycle import Forbidden, Refused, Stale
from leads.views.acting import once
from meetings import permissions


class Place:
    """Who asks, when, and the token that the next form counts once by. The clock is asked here, once."""

    def __init__(self, request):
        self.request, self.user, self.at = request, request.user, clock.now()
        self.is_htmx = request.headers.get("HX-Request") == "true"
        self.token = secrets.token_urlsafe(12)

    def found(self, rows, pk: int):
        """Return a row this person may see, or raise 404: what is out of scope is not there."""
        row = permissions.visible_to(rows, self.user).filter(pk=pk).first()
        if row is None:
            raise Http404("no such row in scope")
        return row

    def back(self, default: str) -> str:
        """Return where the form was pressed: a page of ours, or the usual one."""
        back = self.request.POST.get("back", "")
        return back if back.startswith("/") and not back.startswith(("//", "/\\")) else default


class Wrong(Exception):
    """An act that was refused, for the page to say."""

    def __init__(self, words: str, *, status: int, field: str = ""):
        super().__init__(words)
        self.words, self.status, self.field = words, status, field


def do(place: Place, kind: str, form, effect) -> str:
    """Do one act once, and return what it says. Raises Wrong with what the page says instead."""
    if not form.is_valid():
        field, words = form.first_error()
        raise Wrong(words, status=422, field=field)
    try:
        then = once(place, kind, lambda _post: {"text": effect(form.cleaned_data)})
    except Forbidden as refusal:
        raise Wrong(refusal.words, status=403) from refusal
    except Stale as refusal:
        raise Wrong(refusal.words, status=409) from refusal
    except Refused as refusal:
        status = 409 if refusal.code in ("already", "stale") else 422
        raise Wrong(refusal.words, status=status, field=refusal.code) from refusal
    return then["text"]


def may(place: Place, action: str, row) -> None:
    """Answer 403 to whoever sees a row and may not do this to it."""
    if not permissions.can(place.user, action, row):
        raise PermissionDenied(permissions.refusal(place.user, action, row))


def answered(place: Place, text: str, url: str):
    """Say what happened, on the page that comes next."""
    messages.success(place.request, text)
    return HttpResponseRedirect(url)
