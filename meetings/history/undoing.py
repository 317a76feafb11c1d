"""Taking a history back, whole (IN-4, ruling 5): who came by it and was not worked here since is gone with all that was told of them.

Who is gone is a tombstone, their rounds are void and so in no figure, their sales are gone where nobody else has a part in them. Whoever
somebody worked since stays as they are, and so does what was told of people who were known before.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from accounts.letting_go import let_go
from accounts.models import Batch, BatchRow, Door, Event, Opportunity, User
from leads.import_undo import OVER
from leads.lifecycle import BATCH, Refused, Step, turn
from leads.models import ContactRole, Identity, Lead, Outcome, Task

from .reading import files_of, kind_of

BY_MACHINE = (Door.IMPORT, Door.SWEEP, Door.ROUTING)


def came(leading: Batch):
    """Those who came by this history and are still there."""
    leads = [batch.pk for batch in files_of(leading) if kind_of(batch) == "leads"]
    rows = BatchRow.objects.filter(batch__in=leads, result=BatchRow.Result.CREATED, lead_id__isnull=False)
    return Lead.objects.filter(pk__in=rows.values("lead_id"), gone_as="")


def worked(leading: Batch) -> Q:
    """What makes them more than history: anything a person or a program did to them here since."""
    since = Event.objects.filter(lead_id=OuterRef("pk"), recorded_at__gte=leading.started_at).exclude(
        door__in=BY_MACHINE
    )
    return Q(Exists(since)) | Q(Exists(Lead.objects.filter(merged_into=OuterRef("pk"))))


def start(leading: Batch, *, by: User, at: datetime) -> None:
    """Begin to take a history back. Raises Refused."""
    with transaction.atomic():
        leading = Batch.objects.select_for_update().get(pk=leading.pk)
        if leading.status not in OVER:
            raise Refused("Stop the import first; then it can be undone.", "running")
        if leading.options.get("undo"):
            raise Refused("This import is undone already.", "already")
        leading.options["undo"] = {
            "by": by.pk, "name": by.name, "at": at.isoformat(), "last": 0, "gone": 0, "kept": 0, "sales": 0, "done": False,
        }  # fmt: skip
        leading.save(update_fields=["options"])


def undo_chunk(pk: int, *, at: datetime) -> bool:
    """Take back the next five hundred; False when nothing is left to do, or another job is at it. About twenty queries."""
    with transaction.atomic():
        rows = Batch.objects.select_for_update(skip_locked=True, no_key=True).filter(pk=pk, options__undo__done=False)
        leading = rows.first()
        if leading is None:
            return False
        how = leading.options["undo"]
        ids = list(came(leading).filter(pk__gt=how["last"]).order_by("pk").values_list("pk", flat=True)[:BATCH])
        if ids:
            _take_back(leading, how, ids, at)
            how["last"] = ids[-1]
        how["done"] = len(ids) < BATCH
        Batch.objects.filter(pk=pk).update(options=leading.options)
        return not how["done"]


def _take_back(leading: Batch, how: dict, ids: list[int], at: datetime) -> None:
    by = User.objects.get(pk=how["by"])
    stays = worked(leading)

    def change(step: Step) -> None:
        step.may("import")
        # Asked once a turn, its locks held: whoever works a lead from now on waits, and is told that it is gone.
        kept = step.turn.remember(
            "worked", lambda: set(Lead.objects.filter(stays, pk__in=step.turn.ids).values_list("pk", flat=True))
        )
        if step.lead.pk in kept:
            raise Refused("This lead was worked since and stays.", "worked")
        if step.lead.is_open:
            step.end_cycle(Outcome.VOID)
        elif step.cycle is not None:
            step.cycle.outcome, step.cycle.reason, step.cycle.opportunity = Outcome.VOID, None, None
            step.cycle.nurture_kind, step.cycle_changed = "", True
        step.close_tasks(outcome=Task.Outcome.DROPPED)
        step.lead.recycle_at, step.lead.gone_as = None, "undone"
        step.own(None, None)
        step.record("undone", data={"batch": leading.pk})

    result = turn(ids, change, by=by, at=at, door=Door.IMPORT)
    gone = [lead.pk for lead in result.done]
    Identity.objects.filter(lead__in=gone, is_live=True).update(is_live=False)
    how["gone"] += len(gone)
    how["kept"] += len(result.refused)
    how["sales"] += _take_back_sales(leading, gone, by, at)
    accounts = {lead.account_id for lead in result.done if lead.account_id}
    accounts -= set(Lead.objects.filter(account__in=accounts, gone_as="").values_list("account", flat=True))
    accounts -= set(Opportunity.objects.filter(account__in=accounts, gone_as="").values_list("account", flat=True))
    if accounts:
        let_go(accounts, by=by, at=at, door=Door.IMPORT, since=leading.started_at)


def _take_back_sales(leading: Batch, gone: list[int], by: User, at: datetime) -> int:
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
    return len(rows)


def undo(leading: Batch, *, by: User, at: datetime) -> Batch:
    """Take a history back from beginning to end. Raises Refused."""
    start(leading, by=by, at=at)
    while undo_chunk(leading.pk, at=at):
        pass
    leading.refresh_from_db()
    return leading
