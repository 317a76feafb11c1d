"""Who comes in by the API: a program with its key, or a person with the session of their browser. And how fast."""

from django.conf import settings
from rest_framework import authentication, exceptions, negotiation, throttling

from accounts import api_keys, clock, second_factor
from accounts.models import Role


def at_of(request):
    """Return the moment of a request: the clock is asked once."""
    inner = getattr(request, "_request", request)
    if not hasattr(inner, "api_at"):
        inner.api_at = clock.now()
    return inner.api_at


class Key(authentication.BaseAuthentication):
    """`Authorization: Bearer lo_...`. A client sees its own receipts, and does what the scopes of its key say."""

    def authenticate(self, request):
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return None
        user = api_keys.holder_of(token.strip(), at_of(request))
        if user is None:
            raise exceptions.AuthenticationFailed("This key opens nothing: it is unknown, or was revoked.")
        return user, "key"

    def authenticate_header(self, request):
        return 'Bearer realm="LeadOps"'


class Session(authentication.SessionAuthentication):
    """Whoever is signed in to the pages, by the same table of rights; what changes something carries the token of our pages' forms."""

    def authenticate(self, request):
        user = getattr(request._request, "user", None)
        if user is None or not user.is_active or user.role == Role.API:
            return None
        if second_factor.is_due(user, request._request.session):
            raise exceptions.AuthenticationFailed("Sign in with your second factor first.")
        self.enforce_csrf(request)
        return user, "session"


class OnlyJson(negotiation.BaseContentNegotiation):
    """There is one form of answer; what a client would like better does not matter."""

    def select_parser(self, request, parsers):
        return negotiation.DefaultContentNegotiation().select_parser(request, parsers)

    def select_renderer(self, request, renderers, format_suffix=None):
        return renderers[0], renderers[0].media_type


class Pace(throttling.SimpleRateThrottle):
    """So many requests a minute for each client or person; strangers get no further than the door."""

    scope = "known"

    def get_rate(self):
        return settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"][self.scope]

    def get_cache_key(self, request, view):
        return f"api-pace-{request.user.pk}"
