"""Keeping out whoever guesses passwords: five wrong ones for a name, or many from one address, in 15 minutes.

django-axes counts and refuses; here is what of it is ours: whose failures count together, and how long is
left. The settings name these functions; `accounts/views/doors.py` asks for the words. A name nobody has
counts like any other, under a keyed hash, so that the answer says nothing about who exists and no typed
text is kept (people type passwords there).
"""

import ipaddress
from datetime import timedelta

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.db import connection
from django.db.models import Sum
from django.utils.crypto import salted_hmac

from accounts.models import User

PER_NAME = settings.AXES_FAILURE_LIMIT
# A whole office may sit behind one address: only what no office does by mistake.
PER_ADDRESS = 100


def counted_name(request, credentials=None) -> str:
    """Return what failures for the typed name are counted under. One query."""
    typed = (credentials or request.POST).get("username") or ""
    if User.objects.filter(username=typed).exists():
        return typed
    return "unknown " + salted_hmac("accounts.lockout", typed, algorithm="sha256").hexdigest()


def address_of(request) -> str | None:
    """Return where a request comes from; behind a proxy of ours, what that proxy saw.

    Only the last entry is the proxy's own word; the others are whatever the sender wrote. Of a version 6
    address the network is counted, because one host may use all of it.
    """
    given = request.META.get("REMOTE_ADDR", "")
    if settings.LEADOPS_PROXIED:
        given = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
    try:
        address = ipaddress.ip_address(given.partition("%")[0])
    except ValueError:
        return None
    if address.version == 6:
        address = address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False).network_address
    return str(address)


class Counter(AxesDatabaseHandler):
    """Two limits where axes knows one, and a success that forgives only its own name."""

    def get_failures(self, request, credentials=None) -> int:
        """Return how near the nearer of the two limits is, on the scale of the one for a name."""
        of_name, of_address = (
            attempts.aggregate(n=Sum("failures_since_start"))["n"] or 0
            for attempts in self.get_user_attempts(request, credentials)
        )
        return max(of_name, of_address * PER_NAME // PER_ADDRESS)

    def reset_user_attempts(self, request, credentials=None) -> int:
        """Forget the failures of whoever came in. Those of others at the same address stay:

        else one who knows one password could try four others, sign in, and try four more.
        """
        of_name, _of_address = self.filter_user_attempts(request, credentials)
        return of_name.delete()[0]


def answer(request, response=None, credentials=None):
    """Leave the page as the door drew it; axes would put its own in place."""
    return response


def one_at_a_time(typed: str) -> None:
    """Let attempts for one name wait for each other until the transaction ends, so that many at once get no more tries.

    One query.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 4))", [f"sign-in {typed}"])


def minutes_left(request) -> int:
    """Return after how many minutes the refused one may try again, by the clock that refused; at least one. Three queries."""
    since = request.axes_attempt_time - settings.AXES_COOLOFF_TIME
    fresh = AccessAttempt.objects.filter(attempt_time__gte=since).order_by("attempt_time")
    wait = timedelta(minutes=1)
    for rows, limit in (
        (fresh.filter(username=counted_name(request)), PER_NAME),
        (fresh.filter(ip_address=address_of(request)), PER_ADDRESS),
    ):
        left = list(rows.values_list("attempt_time", "failures_since_start"))
        failures = sum(number for _when, number in left)
        for when, number in left:  # the oldest are forgotten first
            if failures < limit:
                break
            failures -= number
            wait = max(wait, when - since)
    return -int(-wait.total_seconds() // 60)


def unlock(people) -> list[User]:
    """Forget the failures of these people; return those who had any. Two queries."""
    names = {user.username: user for user in people}
    rows = AccessAttempt.objects.filter(username__in=names)
    had = {names[name] for name in rows.values_list("username", flat=True)}
    rows.delete()
    return sorted(had, key=lambda user: user.username)
