"""Who takes care of people meanwhile (NUR-1): the program that a reason for not now names. Marketing's to set, and RevOps' (LIFE-4).

Called by marketing's page. The history of each reason keeps what it was before (`accounts/changes.py`).
"""

from collections.abc import Mapping

from django.db import transaction

from accounts.models import Disposition, Reason, User
from accounts.models.reason import Program
from accounts.permissions import Scope, allowed


def may_set(user: User) -> bool:
    return bool(allowed(user, "rules.change") & (Scope.ALL | Scope.PROGRAMS))


def reasons():
    """Return the reasons that name a program, in the order people choose from."""
    return Reason.objects.filter(disposition=Disposition.NURTURE).order_by("-is_active", "order", "pk")


def choose(wanted: Mapping[int, tuple[str, str]], *, by: User) -> tuple[list[Reason], list[Reason]]:
    """Give reasons another program: `wanted` says of each what was seen and what it shall be. Returns those changed, and those that
    somebody changed meanwhile, which stay. Raises PermissionError, and ValueError for what is no program. Two queries."""
    if not may_set(by):
        raise PermissionError("Only RevOps or marketing set a program.")
    if unknown := {new for _was, new in wanted.values()} - set(Program.values):
        raise ValueError(f"{', '.join(sorted(unknown))} is no program")
    changed, stale = [], []
    with transaction.atomic():
        for reason in reasons().select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk"):
            was, new = wanted[reason.pk]
            if reason.program == new or was == new:
                continue
            if reason.program != was:
                stale.append(reason)
                continue
            reason.program = new
            changed.append(reason)
        Reason.objects.bulk_update(changed, ["program"])
    return changed, stale
