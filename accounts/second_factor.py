"""The second factor of managers and RevOps, when it is switched on (SAFE-2).

Codes of an app (RFC 6238) or of paper. Called by the pages of the door, one's own account page and the
admin. Everything that changes is on record; a wrong code counts, five in 15 minutes and it waits.
"""

import base64
import hashlib
import hmac
import re
import secrets
from datetime import datetime, timedelta

import pyotp
from django.conf import settings
from django.db import transaction

from accounts.models import Door, Role, SecondFactor, User
from accounts.record_keeping import record

PASSED = "second_factor"  # in the session: this sign-in has shown it
TRIES, WAIT = 5, timedelta(minutes=15)
CODES = 10
WHO = (Role.MANAGER, Role.REVOPS)


class WrongCode(Exception):
    """The code is wrong, too old, or was used before."""


class Wait(Exception):
    """Too many wrong codes; `minutes` until the next try counts."""

    def __init__(self, minutes: int):
        super().__init__(f"Too many wrong codes. Try again in {minutes} minute{'' if minutes == 1 else 's'}.")
        self.minutes = minutes


def is_due(user, session) -> bool:
    """Say whether this sign-in must still show its second factor. No query.

    Asked at every request, so that whoever becomes a manager is asked at the next one.
    """
    if not settings.LEADOPS_SECOND_FACTOR or session.get(PASSED) == user.pk:
        return False
    return user.is_superuser or user.role in WHO


def of(user) -> SecondFactor | None:
    """Return the confirmed factor of this person. One query."""
    return SecondFactor.objects.filter(user=user, confirmed_at__isnull=False).first()


def begin(user) -> SecondFactor:
    """Return what a new app is set up with: the same until it is confirmed. At most two queries."""
    return SecondFactor.objects.get_or_create(user=user, defaults={"secret": pyotp.random_base32()})[0]


def address(factor: SecondFactor) -> str:
    """Return what the picture for the app says."""
    return pyotp.TOTP(factor.secret).provisioning_uri(name=factor.user.username, issuer_name="LeadOps")


@transaction.atomic
def confirm(user, code: str, *, at: datetime) -> list[str]:
    """Take the app in use once it shows the right code; return the codes to recover with, shown this once.

    Raises WrongCode. A factor already confirmed is not replaced this way: nothing happens, no codes.
    """
    factor = SecondFactor.objects.select_for_update().get(user=user)
    if factor.confirmed_at:
        return []
    step = _step(factor, code, at)
    if step is None:
        raise WrongCode
    codes = _new_codes(factor)
    factor.confirmed_at, factor.last_step = at, step
    factor.save()
    record("second_factor", user, at, move="added")
    return codes


def check(user, code: str, *, at: datetime) -> None:
    """Accept a code of the app or one to recover with, each once. Raises WrongCode or Wait.

    The row is locked, so that many tries at once count one by one; a failure is kept although it is raised.
    """
    with transaction.atomic():
        factor = SecondFactor.objects.select_for_update().get(user=user, confirmed_at__isnull=False)
        if factor.failed_at and at - factor.failed_at >= WAIT:
            factor.failures = 0
        if factor.failures >= TRIES and factor.failed_at:
            raise Wait(-int(-(factor.failed_at + WAIT - at).total_seconds() // 60))
        step, spent = _step(factor, code, at), _hash(code)
        if step is None and spent not in factor.recovery:
            factor.failures, factor.failed_at = factor.failures + 1, at
            record("sign_in_failed", user, at, way="code", failures=factor.failures)
            if factor.failures == TRIES:
                record("locked_out", user, at, way="code")
        elif step is not None:
            factor.failures, factor.last_step = 0, step
        else:
            factor.recovery.remove(spent)
            factor.failures = 0
            record("second_factor", user, at, move="recovered", left=len(factor.recovery))
        factor.save()
    if factor.failures:
        raise WrongCode


@transaction.atomic
def renew_codes(user, *, at: datetime) -> list[str]:
    """Replace the codes to recover with; the old ones are void. None for whoever has no factor."""
    factor = SecondFactor.objects.select_for_update().filter(user=user, confirmed_at__isnull=False).first()
    if factor is None:
        return []
    codes = _new_codes(factor)
    factor.save(update_fields=["recovery"])
    record("second_factor", user, at, move="codes_renewed")
    return codes


@transaction.atomic
def forget(people, *, by: User, at: datetime, door: Door = Door.ADMIN) -> int:
    """Forget the apps of these people, who set up a new one when they next sign in; return how many had one."""
    held = list(SecondFactor.objects.select_for_update().filter(user__in=people).order_by("pk"))
    for factor in held:
        record("second_factor", by, at, door=door, move="forgotten", person=factor.user_id)
    SecondFactor.objects.filter(pk__in=[factor.pk for factor in held]).delete()
    return len(held)


def _step(factor: SecondFactor, code: str, at: datetime) -> int | None:
    """Return which half minute this code belongs to: now, the one before or the one after, and unused."""
    app, typed = pyotp.TOTP(factor.secret), re.sub(r"\s", "", code)
    now = app.timecode(at)
    for step in (now, now - 1, now + 1):
        if step > factor.last_step and hmac.compare_digest(app.generate_otp(step).encode(), typed.encode()):
            return step
    return None


def _new_codes(factor: SecondFactor) -> list[str]:
    codes = [base64.b32encode(secrets.token_bytes(10)).decode().lower() for _ in range(CODES)]
    factor.recovery = [_hash(code) for code in codes]
    return ["-".join(re.findall("....", code)) for code in codes]


def _hash(code: str) -> str:
    """80 random bits need no slow hash."""
    return hashlib.sha256(re.sub(r"[\s-]", "", code).lower().encode()).hexdigest()
