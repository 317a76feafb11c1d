"""Erasing a person (LIFE-11): everything personal goes, everywhere, history included; the counts stay, and no import brings them back.

What goes is declared where it stands: a model's `fates` say `blank` or `drop`, its `personal` names the columns. The lead stays as a
tombstone, its round is void, its record holds ids and codes only. What the person was known by is kept as a keyed hash, so that the
same person in the next file is recognised and left out. Called by RevOps' page; a person's own request comes to RevOps.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection, models, transaction
from django.utils.crypto import salted_hmac

from accounts.models import BatchRow, Door, Message, Receipt, User
from leads.lifecycle import Result, Step, turn
from leads.models import Identity, Lead, Outcome, Task

# The columns of a lead that say who it is. Status, dates, source and owners stay: the figures count them.
WHO = ("first_name", "last_name", "title", "company", "email", "phone", "website", "country", "search")


@dataclass(frozen=True, slots=True)
class Going:
    """One kind of row that an erasure empties, and how many of them there are."""

    label: str
    rows: int


def hashed(kind: str, system: str, value: str) -> str:
    """Return what stands for an address, id or phone once its person is erased. Keyed, so that nobody can try values against it."""
    return "erased:" + salted_hmac("leads.erasure", f"{kind}|{system}|{value}", algorithm="sha256").hexdigest()


def _holders() -> Iterable[tuple[type[models.Model], str]]:
    """Name every table whose rows hold text of a lead, with the column that points at it, as their `fates` declare."""
    for model in apps.get_models():
        for name, fate in getattr(model, "fates", {}).items():
            if model._meta.get_field(name).related_model is Lead and fate.erase == "blank":
                yield model, name


def preview(lead: Lead) -> list[Going]:
    """Count what an erasure would empty, for the page that asks first. A query a kind."""
    going = [Going("name, company, address and phone", 1), Going("what they are known by", lead.identities.count())]
    for model, column in _holders():
        going.append(Going(str(model._meta.verbose_name_plural), model.objects.filter(**{column: lead}).count()))
    going.append(Going("rows of imported files", BatchRow.objects.filter(lead_id=lead.pk).count()))
    going.append(Going("messages", Message.objects.filter(lead_id=lead.pk).count()))
    return [kind for kind in going if kind.rows]


def erase(leads, *, by: User, at: datetime, door: str = Door.PAGE) -> Result:
    """Erase these people. Their rounds end void, they wait nowhere, and nothing personal of them is left. Cannot be undone."""

    def change(step: Step) -> None:
        step.may("erase")
        lead = step.lead
        if lead.is_open:
            step.end_cycle(Outcome.VOID)
        step.close_tasks(outcome=Task.Outcome.DROPPED)
        lead.recycle_at, lead.gone_as = None, "erased"
        step.own(None, None)
        step.record("erased")

    with transaction.atomic():
        result = turn(leads, change, by=by, at=at, door=door)
        _empty(result.done, at)
    return result


def _empty(leads: list[Lead], at: datetime) -> None:
    ids = [lead.pk for lead in leads]
    known = list(Identity.objects.filter(lead__in=ids))
    _empty_files(ids, {row.value for row in known})
    for row in known:
        row.value = hashed(row.kind, row.system, row.value)
    Identity.objects.bulk_update(known, ["value"])
    Lead.objects.filter(pk__in=ids).update(**dict.fromkeys(WHO, ""))
    for model, column in _holders():
        values = dict(model.personal)
        if "erased_at" in {f.name for f in model._meta.fields}:
            values["erased_at"] = at
        model.objects.filter(**{f"{column}__in": ids}).update(**values)
    Message.objects.filter(lead_id__in=ids).delete()
    Receipt.objects.filter(data__lead__in=ids).delete()
    mine = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(Lead), object_id__in=map(str, ids))
    mine.update(object_repr="erased", change_message="")


def _empty_files(ids: list[int], values: set[str]) -> None:
    """Empty the rows of imported files that made these people, and rejected ones that name them. One pass over the staged rows."""
    BatchRow.objects.filter(lead_id__in=ids).update(cells=[], error="erased")
    if not values:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {BatchRow._meta.db_table} SET cells = '[]', error = 'erased'"
            " WHERE lead_id IS NULL AND EXISTS (SELECT 1 FROM unnest(%s::text[]) v WHERE strpos(lower(cells::text), v) > 0)",
            [[value.lower() for value in values if len(value) > 3]],
        )
