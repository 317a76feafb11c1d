"""Erasing a person (LIFE-11): everything personal goes, everywhere, history included; the counts stay, and no import brings them back.

What goes is declared where it stands: a model's `fates` say `blank` or `drop`, its `personal` names the columns. The lead stays as a
tombstone, its round is void, its record holds ids and codes only. What the person was known by is kept as a keyed hash, so that the
same person in the next file is recognised and left out. Called by RevOps' page; a person's own request comes to RevOps.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.apps import apps
from django.db import models, transaction
from django.db.models import Exists, OuterRef
from django.utils.crypto import salted_hmac

from accounts import changes
from accounts.letting_go import blank, let_go
from accounts.models import Account, BatchRow, Door, Message, User
from leads import erasure_traces
from leads.lifecycle import Refused, Result, Step, turn
from leads.models import Identity, Lead, Outcome, Task

HASHED = "erased:"
# The columns of a lead that say who it is. Status, dates, source and owners stay: the figures count them.
WHO = ("first_name", "last_name", "title", "company", "email", "phone", "website", "country", "search")


@dataclass(frozen=True, slots=True)
class Going:
    """One kind of row that an erasure empties, and how many of them there are."""

    label: str
    rows: int


def hashed(kind: str, system: str, value: str) -> str:
    """Return what stands for an address, id or phone once its person is erased. Keyed, so that nobody can try values against it."""
    return HASHED + salted_hmac("leads.erasure", f"{kind}|{system}|{value}", algorithm="sha256").hexdigest()


_above: list[tuple[Callable[[list[int]], set[int]], Callable[..., None]]] = []


def also(hold: Callable[[list[int]], set[int]], end: Callable[..., None]) -> None:
    """Say who ends what lies ahead of people above leads: `hold` locks it and names those of whom somebody else holds some just now,
    `end` ends it once nothing of them is left. Called once, when an app begins."""
    _above[:] = [(hold, end)]


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
    going.append(Going("messages", Message.objects.filter(lead_id=lead.pk).exclude(channel="webhook").count()))
    return [kind for kind in going if kind.rows]


def erase(leads, *, by: User, at: datetime, door: str = Door.PAGE) -> Result:
    """Erase these people. Their rounds end void, they wait nowhere, and nothing personal of them is left. Cannot be undone."""

    def change(step: Step) -> None:
        step.may("erase")
        lead = step.lead
        if lead.pk in step.turn.remember(
            "held above", lambda: {pk for hold, _end in _above for pk in hold(step.turn.ids)}
        ):
            raise Refused("Somebody is just changing a meeting of theirs. Try again.", "busy")
        if lead.is_open:
            step.end_cycle(Outcome.VOID)
        step.close_tasks(outcome=Task.Outcome.DROPPED)
        lead.recycle_at, lead.gone_as = None, "erased"
        step.own(None, None)
        step.record("erased")

    with transaction.atomic():
        result = turn(leads, change, by=by, at=at, door=door)
        _empty(result.done, by, at, door)
        for _hold, end in _above if result.done else ():
            end([lead.pk for lead in result.done], by=by, at=at, door=door)
    return result


def _empty(leads: list[Lead], by: User, at: datetime, door: str) -> None:
    if not leads:
        return
    ids = _with_former([lead.pk for lead in leads])
    known = list(Identity.objects.filter(lead__in=ids))
    named = Lead.objects.filter(pk__in=ids).exclude(first_name="").exclude(last_name="")
    names = list(named.values_list("first_name", "last_name"))
    erasure_traces.empty(ids, known, names)
    for row in known:
        if not row.value.startswith(HASHED):
            row.value = hashed(row.kind, row.system, row.value)
    Identity.objects.bulk_update(known, ["value"])
    Lead.objects.filter(pk__in=ids).update(**dict.fromkeys(WHO, ""))
    for model, column in _holders():
        values = dict(model.personal)
        if "erased_at" in {f.name for f in model._meta.fields}:
            values["erased_at"] = at
        model.objects.filter(**{f"{column}__in": ids}).update(**values)
    accounts = set(Lead.objects.filter(pk__in=ids, account__isnull=False).values_list("account", flat=True))
    accounts -= set(Lead.objects.filter(account__in=accounts, gone_as="").values_list("account", flat=True))
    if accounts:
        let_go(accounts, by=by, at=at, door=door)
        blank(accounts)
        changes.forget(Account, accounts)


def _with_former(ids: list[int]) -> list[int]:
    """Add the tombstones of the same people: what was merged into them, and who they were before an import was undone."""
    found, wave = set(ids), set(ids)
    while wave:
        same = Identity.objects.filter(kind=OuterRef("kind"), system=OuterRef("system"), value=OuterRef("value"))
        former = Identity.objects.exclude(kind=Identity.Kind.PHONE).exclude(lead__gone_as="")
        by_key = former.filter(Exists(same.filter(lead__in=wave))).values_list("lead", flat=True)
        merged = Lead.objects.filter(merged_into__in=wave).values_list("pk", flat=True)
        wave = {*by_key, *merged} - found
        found |= wave
    return sorted(found)
