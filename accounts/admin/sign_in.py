"""What RevOps does for somebody who cannot get in: unlock, and forget the second factor of a lost phone."""

from django.contrib import admin, messages
from django.db import transaction

from accounts import lockout, second_factor
from accounts.clock import now
from accounts.models import Door
from accounts.record_keeping import record


def _theirs_to_change(model_admin, request, people):
    """Only a superuser acts on a superuser: what the page of a person refuses, no action does."""
    return [user for user in people if model_admin.has_change_permission(request, user)]


@admin.action(description="Unlock after too many wrong passwords", permissions=["change"])
def unlock(model_admin, request, people):
    with transaction.atomic():
        had = lockout.unlock(_theirs_to_change(model_admin, request, people))
        at = now()
        for user in had:
            record("unlocked", request.user, at, door=Door.ADMIN, person=user.pk)
    messages.success(request, f"{len(had)} of {len(people)} had wrong passwords; they may try again.")


@admin.action(description="Forget the second factor (a lost phone)", permissions=["change"])
def forget_second_factor(model_admin, request, people):
    chosen = _theirs_to_change(model_admin, request, people)
    number = second_factor.forget(chosen, by=request.user, at=now())
    messages.success(request, f"{number} of {len(people)} had one; they set up a new one when they next sign in.")
