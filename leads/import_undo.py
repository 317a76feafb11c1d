"""Taking an import back, whole (IN-3, ruling 5): who came by it and was not worked since is gone, who was worked stays and is listed.

Who is gone is a tombstone: known by nothing any more, in nobody's hands, their round void, the record whole. The same file sent again
makes them anew. What the import filled in on people who were known before stays, and is listed too.

Called by the import's page, the API and the background job; with a way of its own by a history's (`meetings/history/undoing.py`). How
far it is stands with the batch, written with each part of the work, so that it may stop anywhere and go on.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from accounts.letting_go import let_go
from accounts.models import Batch, BatchRow, Door, Event, User
from leads.lifecycle import BATCH, Refused, Step, turn
from leads.models import ContactRole, Cycle, Identity, Lead, LeadStatus, Outcome, Signal, Task, Touch

LISTED = 500
OVER = (Batch.Status.DONE, Batch.Status.CANCELLED, Batch.Status.FAILED)


@dataclass(slots=True)
class Kept:
    """A lead that stays although it came by the import, and why; or one that was known before and was filled in."""

    lead: Lead
    why: str = ""


@dataclass(slots=True)
class Preview:
    """What an undo takes back, and what it leaves: the first of those are named."""

    gone: int
    kept: int
    updated: int
    kept_leads: list[Kept]
    updated_leads: list[Kept]


def _worked(batch: Batch) -> dict[str, Q]:
    """What makes a lead more than a row of a file, and how it is said: each an index look-up a lead."""
    mine = {"lead": OuterRef("pk")}
    ended = Cycle.objects.filter(**mine, ended_at__isnull=False).exclude(outcome__in=(Outcome.RETURNED, Outcome.VOID))
    by_hand = Event.objects.filter(lead_id=OuterRef("pk"), kind__in=("note", "task")).exclude(door=Door.IMPORT)
    put_right = Event.objects.filter(lead_id=OuterRef("pk"), kind__in=("contact", "qualification"))
    planned = Task.objects.filter(**mine, created_by__isnull=False)
    return {
        "somebody reached out to them": Q(Exists(Touch.objects.filter(**mine))),
        "a round of theirs ended": Q(Exists(ended)) | ~Q(status__in=(LeadStatus.RAW, *LeadStatus.OPEN)),
        "they were heard of again since": Q(Exists(Signal.objects.filter(**mine).exclude(batch=batch))),
        "they have a part in an opportunity": Q(Exists(ContactRole.objects.filter(**mine))),
        "somebody wrote or planned something": Q(Exists(by_hand)) | Q(Exists(planned)),
        "somebody put right who they are, or filled their card": Q(Exists(put_right)),
        "they asked not to be written to": Q(opted_out_at__isnull=False) | ~Q(opted_out_channels=[]),
        "another lead was merged into them": Q(Exists(Lead.objects.filter(merged_into=OuterRef("pk")))),
    }


def _rows(batch: Batch, result: str):
    return BatchRow.objects.filter(batch=batch, result=result, lead_id__isnull=False).values("lead_id")


def _came(batch: Batch):
    """Those who came by this import and are still there."""
    return Lead.objects.filter(pk__in=_rows(batch, BatchRow.Result.CREATED), gone_as="")


def _updated(batch: Batch):
    """Those who were known before, and whom the import told more about."""
    known = Lead.objects.filter(pk__in=_rows(batch, BatchRow.Result.UPDATED), gone_as="")
    return known.exclude(pk__in=_rows(batch, BatchRow.Result.CREATED))


def _stays(worked: dict[str, Q]) -> Q:
    stays = Q()
    for condition in worked.values():
        stays |= condition
    return stays


def preview(batch: Batch) -> Preview:
    """Say what an undo would take back. Some ten queries, each over all rows of the file."""
    worked, came, updated = _worked(batch), _came(batch), _updated(batch)
    kept = came.filter(_stays(worked))
    number = kept.count()
    first = kept.select_related("owner", "team").order_by("pk")[:LISTED]
    whys = _whys([lead.pk for lead in first], worked)
    return Preview(
        gone=came.count() - number,
        kept=number,
        updated=updated.count(),
        kept_leads=[Kept(lead, whys.get(lead.pk, "")) for lead in first],
        updated_leads=[Kept(lead) for lead in updated.select_related("owner", "team").order_by("pk")[:LISTED]],
    )


def _whys(ids: Iterable[int], worked: dict[str, Q]) -> dict[int, str]:
    """Say of each of these why it stays: the first of the reasons that holds."""
    whys: dict[int, str] = {}
    for words, condition in worked.items():
        for pk in Lead.objects.filter(condition, pk__in=list(ids)).values_list("pk", flat=True):
            whys.setdefault(pk, words)
    return whys


def _end(step: Step) -> None:
    if step.lead.is_open:
        step.end_cycle(Outcome.VOID)


@dataclass(frozen=True, slots=True)
class Way:
    """How one kind of import is taken back: by which files they came, what makes them stay, how their round ends, and what else goes."""

    files: Callable[[Batch], list[int]] = lambda batch: [batch.pk]
    worked: Callable[[Batch], Q] = lambda batch: _stays(_worked(batch))
    end: Callable[[Step], None] = _end
    also: Callable[[Batch, list[int], User, datetime], dict[str, int]] = lambda batch, gone, by, at: {}


OF_LEADS = Way()


def start(batch: Batch, *, by: User, at: datetime) -> None:
    """Begin to take a batch back; one that runs is stopped first. Raises Refused."""
    with transaction.atomic():
        batch = Batch.objects.select_for_update().get(pk=batch.pk)
        if batch.status not in OVER:
            raise Refused("Stop the import first; then it can be undone.", "running")
        if batch.options.get("undo"):
            raise Refused("This import is undone already.", "already")
        counts = dict.fromkeys(("file", "last", "gone", "kept", "accounts", "sales"), 0)
        batch.options["undo"] = {"by": by.pk, "name": by.name, "at": at.isoformat(), "done": False} | counts
        batch.save(update_fields=["options"])


def undo_chunk(pk: int, *, at: datetime, way: Way = OF_LEADS) -> bool:
    """Take back the next five hundred; False when nothing is left to do, or another job is at it. About twenty queries."""
    with transaction.atomic():
        rows = Batch.objects.select_for_update(skip_locked=True, no_key=True).filter(pk=pk, options__undo__done=False)
        batch = rows.select_related(None).first()
        if batch is None:
            return False
        how = batch.options["undo"]
        rows = _next(way.files(batch), how)
        ids = [lead for _file, _number, lead in rows]
        ids = list(Lead.objects.filter(pk__in=ids, gone_as="").order_by("pk").values_list("pk", flat=True))
        if ids:
            _take_back(batch, how, ids, at, way)
        if rows:
            how["file"], how["last"] = rows[-1][:2]
        how["done"] = len(rows) < BATCH
        if how["done"]:
            how["done_at"] = at.isoformat()
        Batch.objects.filter(pk=pk).update(options=batch.options)
        return not how["done"]


def _next(files: list[int], how: dict) -> list[tuple[int, int, int]]:
    """Read the next rows that made somebody: file, line, lead. One query a file.

    By the key of the rows, never through the leads: of a file that was just read the planner knows nothing yet, and would go through all
    of its rows for each lead (4,000 of them took 10 s instead of 2, and it grew with the square).
    """
    found: list[tuple[int, int, int]] = []
    made = BatchRow.objects.filter(result=BatchRow.Result.CREATED, lead_id__isnull=False)
    for file in sorted(files):
        if file >= how["file"] and len(found) < BATCH:
            rows = made.filter(batch=file, number__gt=how["last"] if file == how["file"] else 0).order_by("number")
            found += rows.values_list("batch", "number", "lead_id")[: BATCH - len(found)]
    return found


def _take_back(batch: Batch, how: dict, ids: list[int], at: datetime, way: Way) -> None:
    by = User.objects.get(pk=how["by"])
    stays = way.worked(batch)

    def change(step: Step) -> None:
        step.may("import")
        # Asked once a turn, its locks held: whoever works a lead from now on waits, and is told that it is gone.
        worked = step.turn.remember(
            "worked", lambda: set(Lead.objects.filter(stays, pk__in=step.turn.ids).values_list("pk", flat=True))
        )
        if step.lead.pk in worked:
            raise Refused("This lead was worked since and stays.", "worked")
        way.end(step)
        step.close_tasks(outcome=Task.Outcome.DROPPED)
        step.lead.recycle_at, step.lead.gone_as = None, "undone"
        step.own(None, None)
        step.record("undone", data={"batch": batch.pk})

    result = turn(ids, change, by=by, at=at, door=Door.IMPORT)
    gone = [lead.pk for lead in result.done]
    Identity.objects.filter(lead__in=gone, is_live=True).update(is_live=False)
    more = way.also(batch, gone, by, at)
    accounts = {lead.account_id for lead in result.done if lead.account_id}
    accounts -= set(Lead.objects.filter(account__in=accounts, gone_as="").values_list("account", flat=True))
    emptied = let_go(accounts, by=by, at=at, door=Door.IMPORT, since=batch.started_at) if accounts else []
    more |= {"gone": len(gone), "kept": len(result.refused), "accounts": len(emptied)}
    how |= {name: how.get(name, 0) + number for name, number in more.items()}


def undo(batch: Batch, *, by: User, at: datetime, way: Way = OF_LEADS) -> Batch:
    """Take a batch back from beginning to end. Raises Refused."""
    start(batch, by=by, at=at)
    while undo_chunk(batch.pk, at=at, way=way):
        pass
    batch.refresh_from_db()
    return batch
