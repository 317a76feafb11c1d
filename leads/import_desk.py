"""What people ask of an import, by its pages and by the API: which they see, what its columns mean, to run it, to take it back (IN-3).

What is little is done at once, while they wait; what is much is left to the background job, which is only rung for.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q

from accounts.models import Batch, Team, User
from accounts.permissions import Scope, allowed, people_of, teams_of
from leads import import_undo, importing, tasks

AT_ONCE = 2_000  # rows looked at, leads taken back, while the person waits


def queues_of(user: User):
    """Return the teams whose queue this person may fill: RevOps and marketing any, a manager theirs."""
    teams = Team.objects.filter(is_active=True).exclude(kind=Team.Kind.PRODUCT).exclude(memberships=None)
    if Scope.TEAM in allowed(user, "leads.import"):
        teams = teams.filter(pk__in=teams_of(user))
    return teams.distinct()


def visible(user: User):
    """Return the imports a person sees: RevOps all, others their own and those of the people below them."""
    scope = allowed(user, "leads.import")
    if not scope:
        return Batch.objects.none()
    batches = Batch.objects.filter(kind="leads").select_related("by", "team")
    return batches if Scope.ALL in scope else batches.filter(Q(by=user) | Q(by__in=people_of(user)))


def choose(batch: Batch, options: Mapping[str, Any], *, at: datetime) -> None:
    """Keep what the columns mean, and look at the rows. Raises Problem for what cannot be."""
    importing.choose(batch, options)
    batch.error, batch.status, batch.counts = "", Batch.Status.READ, {}
    batch.options["waits"] = batch.rows > AT_ONCE
    batch.save()
    if batch.rows > AT_ONCE:
        tasks.ring_check(batch.pk)
    else:
        importing.check(batch, at=at)


def begin(batch: Batch, *, at: datetime) -> None:
    """Let it run, or go on where it was stopped or failed. Raises Problem where something about it is not said yet."""
    if importing.start(batch, at=at):
        tasks.ring_import(batch.pk)


def take_back(batch: Batch, *, by: User, at: datetime) -> None:
    """Take it back. Raises Refused."""
    import_undo.start(batch, by=by, at=at)
    if batch.counts.get("created", 0) > AT_ONCE:
        tasks.ring_undo(batch.pk)
    else:
        while import_undo.undo_chunk(batch.pk, at=at):
            pass
