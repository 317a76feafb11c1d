"""Many leads held for one reason come back at once, because the reason is gone: the feature shipped (LIFE-8).

Called by RevOps' page and its background job. The Batch row says how far it is, written with each five hundred leads, so that a lost or
doubled job changes nothing. What happens to a lead is `recycling.release`.
"""

from collections import Counter
from datetime import datetime

from django.db import transaction

from accounts.models import Batch, Reason, Team, User
from accounts.permissions import Scope, allowed
from leads import recycling
from leads.lifecycle import BATCH, Forbidden
from leads.models import Lead, LeadStatus

KIND = "release"
# Why some stay, as it is told.
STAYED = {
    "opted_out": "asked us to stop",
    "open_opportunity": "in an open opportunity",
    "customer": "at a customer's",
    "state": "no longer held for it",
    "gone": "gone meanwhile",
}


def held(reason: Reason):
    """Those held for this reason."""
    return Lead.objects.filter(status=LeadStatus.NURTURE, reason=reason, gone_as="")


def start(reason: Reason, *, queue: Team, by: User, at: datetime) -> Batch:
    """Begin to release all that are held for a reason now, into this queue. Raises Forbidden."""
    if Scope.ALL not in allowed(by, "leads.assign"):
        raise Forbidden("Only RevOps can release all that a reason holds.")
    options = {"reason": reason.pk, "last": 0, "stayed": {}}
    return Batch.objects.create(
        kind=KIND, name=reason.label, by=by, team=queue, status=Batch.Status.RUNNING, options=options, rows=held(reason).count(),
        counts={"released": 0, "stayed": 0}, created_at=at, started_at=at,
    )  # fmt: skip


def release_chunk(pk: int, *, at: datetime) -> bool:
    """Release the next five hundred; False when nothing is left to do, or another job is at it."""
    with transaction.atomic():
        mine = Batch.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
        batch = mine.select_related("by", "team").filter(pk=pk, kind=KIND, status=Batch.Status.RUNNING).first()
        if batch is None:
            return False
        how = batch.options
        reason = Reason.objects.get(pk=how["reason"])
        waiting = held(reason).filter(pk__gt=how["last"], status_since__lte=batch.created_at)
        ids = list(waiting.order_by("pk").values_list("pk", flat=True)[:BATCH])
        if ids:
            result = recycling.release(reason, ids, queue=batch.team, by=batch.by, at=at)
            stayed = Counter(refusal.code for _lead, refusal in result.refused)
            how["stayed"] = dict(Counter(how["stayed"]) + stayed)
            batch.counts["released"] += len(result.done)
            batch.counts["stayed"] += len(result.refused)
            how["last"] = ids[-1]
        if len(ids) < BATCH:
            batch.status, batch.finished_at = Batch.Status.DONE, at
        batch.save(update_fields=["options", "counts", "status", "finished_at"])
        return batch.status == Batch.Status.RUNNING
