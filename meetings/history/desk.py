"""What people ask of a history, by its pages and by the API: who may, which there are, how it is read, to run it, to take it back (IN-4).

For RevOps: it speaks for everybody's work. What is little is done at once, while they wait; what is much is left to the background job,
which is only rung for.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import BigIntegerField, F, QuerySet
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from accounts.models import Batch, User
from accounts.permissions import Scope, allowed
from leads.import_desk import AT_ONCE
from meetings import tasks

from . import looking, reading, runs, undoing

Status = Batch.Status
GIVEN = ("source", "motion", "go_to_market", "system", "product", "currency", "date_order")


def may_bring(user: User) -> bool:
    return bool(allowed(user, "leads.import") and allowed(user, "leads.assign") & Scope.ALL)


def parts() -> QuerySet[Batch]:
    """Return the files of every history, each with the number of the one that leads it."""
    led_by = Cast(KT("options__history"), BigIntegerField())
    return Batch.objects.filter(kind__startswith=reading.PAST).annotate(led_by=led_by)


def leading() -> QuerySet[Batch]:
    """Return the batches that lead a history, one for each."""
    return parts().filter(led_by=F("pk")).select_related("by", "team")


def choose(batch: Batch, maps: Mapping[str, Mapping[str, str]], given: Mapping[str, Any], *, at: datetime) -> None:
    """Keep what the columns mean, and look at the rows. Raises Problem, and then it is read as before."""
    reading.choose_again(batch, maps, dict(given) | {"system": given["system"] or "csv"})
    batch.refresh_from_db()
    much = sum(file.rows for file in reading.files_of(batch)) > AT_ONCE
    batch.status, batch.options["waits"] = Status.READ, much
    batch.save(update_fields=["status", "options"])
    if much:
        tasks.ring_look(batch.pk)
    else:
        looking.look(batch.pk, at=at)


def begin(batch: Batch, *, at: datetime) -> None:
    """Let it run, or go on where it was stopped or failed. Raises Problem where something about it is not said yet."""
    runs.start(batch, at=at)
    tasks.ring_history(batch.pk)


def take_back(batch: Batch, *, by: User, at: datetime) -> None:
    """Take it back, whole, in the background. Raises Refused."""
    undoing.start(batch, by=by, at=at)
    tasks.ring_undo(batch.pk)
