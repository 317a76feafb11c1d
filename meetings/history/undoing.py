"""Taking a history back, whole (IN-4, ruling 5): who came by it and was not worked here since is gone with all that was told of them.

Who is gone is a tombstone, their rounds are void and so in no figure, their sales are gone where nobody else has a part in them. Whoever
somebody worked since stays as they are, and so does what was told of people who were known before. How it goes on, part after part, is the
frame of every import (`leads/import_undo.py`).
"""

from datetime import datetime
from functools import partial

from django.db.models import Exists, OuterRef, Q

from accounts.models import Batch, Door, Event, Opportunity, User
from leads import import_undo
from leads.lifecycle import Step
from leads.models import ContactRole, Lead, Outcome

from .reading import files_of, kind_of

BY_MACHINE = (Door.IMPORT, Door.SWEEP, Door.ROUTING)


def files(leading: Batch) -> list[int]:
    """The files of this history by which people came."""
    return [batch.pk for batch in files_of(leading) if kind_of(batch) == "leads"]


def worked(leading: Batch) -> Q:
    """What makes them more than history: anything a person or a program did to them here since."""
    since = Event.objects.filter(lead_id=OuterRef("pk"), recorded_at__gte=leading.started_at).exclude(
        door__in=BY_MACHINE
    )
    return Q(Exists(since)) | Q(Exists(Lead.objects.filter(merged_into=OuterRef("pk"))))


def _end(step: Step) -> None:
    """Let a round be void, also one that ended in the past it was told of."""
    if step.lead.is_open:
        step.end_cycle(Outcome.VOID)
    elif step.cycle is not None:
        step.cycle.outcome, step.cycle.reason, step.cycle.opportunity = Outcome.VOID, None, None
        step.cycle.nurture_kind, step.cycle_changed = "", True


def _take_back_sales(leading: Batch, gone: list[int], by: User, at: datetime) -> dict[str, int]:
    """Take back the sales in which nobody has a part any more, as far as this history told them and nothing came of them since."""
    others = ContactRole.objects.filter(opportunity=OuterRef("pk"), lead__gone_as="")
    mine = Event.objects.filter(opportunity_id=OuterRef("pk"), recorded_at__gte=leading.started_at)
    sales = Opportunity.objects.filter(
        pk__in=ContactRole.objects.filter(lead__in=gone).values("opportunity"), gone_as=""
    )
    sales = sales.filter(
        ~Exists(others), Exists(mine.filter(door=Door.IMPORT, move="open")), ~Exists(mine.exclude(door=Door.IMPORT))
    )
    rows = list(sales.select_for_update(no_key=True).order_by("pk"))
    Opportunity.objects.filter(pk__in=[row.pk for row in rows]).update(gone_as="undone")
    Event.objects.bulk_create(
        Event(kind="undone", at=at, recorded_at=at, door=Door.IMPORT, actor_id=by.pk, account_id=row.account_id, opportunity_id=row.pk,
              data={"batch": leading.pk})
        for row in rows
    )  # fmt: skip
    return {"sales": len(rows)}


WAY = import_undo.Way(files, worked, _end, _take_back_sales)
OVER, start = import_undo.OVER, import_undo.start
undo_chunk = partial(import_undo.undo_chunk, way=WAY)
undo = partial(import_undo.undo, way=WAY)
