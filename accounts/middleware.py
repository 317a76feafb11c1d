"""What holds for every request: how long a sign-in lasts, the reader's time zone, and an answer in our words to a wrong method."""

from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from accounts import changes, clock, second_factor, sessions, unsent
from accounts.models import Door
from accounts.record_keeping import record

WORDS = {
    "idle": "You were signed out because nothing was pressed for {minutes} minutes.",
    "long": "You were signed out: a sign-in lasts 12 hours at most.",
}


def asks_by_itself(request) -> bool:
    """Say whether a page asked, not a person: it sends `X-Poll: 1` (by `hx-headers`) beside `hx-trigger="every ..."`."""
    return request.method == "GET" and request.headers.get("X-Poll") == "1"


def while_it_lasts(get_response):
    """End a sign-in that is over, and let one that goes on know that somebody is there; a poll does not.

    Stands after the messages, which say why. Whoever was switched off loses the session itself, so that it
    is not theirs again when they are switched on.
    """

    def middleware(request):
        user, session, at = request.user, request.session, clock.glance()
        if not user.is_authenticated:
            if SESSION_KEY in session:
                session.flush()
        elif why := sessions.why_over(session, user, at):
            record("sign_out", user, at, why=why)
            words = WORDS[why].format(minutes=sessions.idle_of(user).seconds // 60)
            logout(request)
            messages.warning(request, words)
        elif not asks_by_itself(request):
            sessions.keep(session, at)
        return get_response(request)

    return middleware


def began(sender, request, user, **_more):
    """Start the clocks of a session when Django says that somebody was let in; connected by `accounts.apps`."""
    sessions.begin(request.session, clock.glance())


class SignInFirst(LoginRequiredMiddleware):
    """Ask everybody to sign in, and those who must for their second factor. Views say where not (`before_code`)."""

    def process_view(self, request, view_func, view_args, view_kwargs):
        if not getattr(view_func, "login_required", True):
            return None
        if not request.user.is_authenticated:
            return self.handle_no_permission(request, view_func)
        if second_factor.is_due(request.user, request.session) and not getattr(view_func, "before_code", False):
            return redirect_to_login(way_back(request), login_url=reverse("sign-in-code"))
        return None

    def handle_no_permission(self, request, view_func):
        if request.method == "POST" and "HX-Request" not in request.headers:
            unsent.keep(request, clock.glance())
        return redirect_to_login(way_back(request), login_url=reverse("sign-in"))


def way_back(request) -> str:
    """Return the page to come back to: this one, or the one that sent this, where this is an answer to a press."""
    if request.method in ("GET", "HEAD") and "HX-Request" not in request.headers:
        return request.get_full_path()
    page = request.headers.get("HX-Current-URL") or request.headers.get("Referer") or ""
    if not url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure()):
        return reverse("home")
    parts = urlsplit(page)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def in_whose_name(get_response):
    """Let the database know whose the changes of a request are, for the history of what is kept (ADMIN-1)."""

    def middleware(request):
        if request.method in ("GET", "HEAD", "OPTIONS"):
            return get_response(request)
        door = {"admin": Door.ADMIN, "api": Door.API}.get(request.path.split("/")[1], Door.PAGE)
        with changes.signed(lambda: request.user, door):
            return get_response(request)

    return middleware


def in_their_zone(get_response):
    """Show every time in the zone of whoever looks (TIME-3), and leave no zone behind."""

    def middleware(request):
        if request.user.is_authenticated:
            with timezone.override(request.user.zone):
                return get_response(request)
        return get_response(request)

    return middleware


def say_which_method(get_response):
    """Answer 405 with a page of ours; the header that names the right methods stays."""

    def middleware(request):
        response = get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and not response.content:
            page = render(request, "405.html", status=405)
            page["Allow"] = response["Allow"]
            return page
        return response

    return middleware
