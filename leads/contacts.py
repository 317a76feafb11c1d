"""Who a lead is, put right by hand: name, address, phone, company. Called by the lead's page, for those whom the matrix allows.

An address belongs to one person: one that is somebody else's is refused, and it is said whose. What a lead was known by before stays
with it as an alias, so that an old address still finds it. The record names the fields that changed, never what they held:
that is in the history of the lead (`accounts/changes.py`), which an erasure empties.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import partial

from django.db import connection, transaction

from accounts import changes
from accounts.domains import normalise_phone
from accounts.matching import Company, accounts_for
from accounts.models import Door, User
from leads import permissions
from leads.erasure import hashed
from leads.intake_people import COMPANY, ERASED
from leads.intake_people import FILLED as FIELDS
from leads.intake_rows import CLEAN, Bad
from leads.intake_writing import Raced, claim
from leads.lifecycle import Refused, Stale, Step, turn
from leads.models import Identity, Lead, search_text

LABELS = {"title": "title at work", "email": "address"}


def edit(
    lead: Lead, values: Mapping[str, str], *, was: Mapping[str, str], by: User, at: datetime, door: str = Door.PAGE
) -> tuple[str, ...]:
    """Change who a lead is, and name the fields that changed; none when all was so already.

    `was` is what the form showed: a field that somebody else changed meanwhile to something else raises Stale, and nothing is
    written. Raises Refused, its code the name of a field, for what cannot be taken or is somebody else's. About fifteen
    queries. Identities are taken before the lead is locked, in the order in which intake takes them.
    """
    values = {name: _clean(name, values[name]) for name in FIELDS if name in values}
    with transaction.atomic():
        now = Lead.objects.get(pk=lead.pk)
        meant = {name: value for name, value in values.items() if value != was.get(name, getattr(now, name))}
        if not permissions.can(by, "edit_contact", now, at=at):
            meant = {}  # the turn refuses, with its words; nobody's address is told to who may not ask
        keys = _keys(now, meant)
        _take(now, keys, by, at)
        account = _account(now, meant, at)
        changed: list[str] = []
        result = turn(
            [lead.pk], partial(_change, meant=meant, was=was, account=account, changed=changed), by=by, at=at, door=door
        )
        result.whole()
    return tuple(changed)


def _change(
    step: Step, *, meant: Mapping[str, str], was: Mapping[str, str], account: int | None, changed: list[str]
) -> None:
    step.may("edit_contact")
    lead = step.lead
    new = {name: value for name, value in meant.items() if value != getattr(lead, name)}
    if others := [name for name in new if getattr(lead, name) != was.get(name, getattr(lead, name))]:
        raise Stale(f"Somebody changed {_listed(others)} of {lead.name} while you were writing.")
    if not new:
        return
    phone = new.get("phone", lead.phone)
    if not (new.get("email", lead.email) or phone or lead.identities.filter(kind="external", is_live=True).exists()):
        raise Refused("A lead needs an address, a phone or an external id.", "email")
    changed += new
    step.record("contact", data={"fields": list(new)})
    step.turn.closing.append(partial(_write, step, new, account))


def _write(step: Step, new: Mapping[str, str], account: int | None) -> None:
    lead, turn_ = step.lead, step.turn
    was = {name: [getattr(lead, name), value] for name, value in new.items()}
    if account and lead.account_id is None:
        was["account_id"] = [None, account]
    changes.note(lead, was, by=turn_.by, at=turn_.recorded_at, door=turn_.door)
    for name, value in new.items():
        setattr(lead, name, value)
    found = {name: getattr(lead, name) for name in ("first_name", "last_name", "company", "email", "phone")}
    facts = dict(new) | {"search": search_text(**found)}
    if account and lead.account_id is None:
        facts["account_id"] = account
    Lead.objects.filter(pk=lead.pk).update(**facts)


def _clean(name: str, text: str) -> str:
    try:
        return CLEAN[name](text)
    except Bad as problem:
        raise Refused(problem.words[:1].upper() + problem.words[1:], name) from None


def _keys(lead: Lead, meant: dict[str, str]) -> list[tuple[str, str, str]]:
    """Return what the lead is newly known by, and bring its phone into the form it is shown in."""
    keys = [("email", "", meant["email"])] if meant.get("email") else []
    if meant.get("phone"):
        shown, key = normalise_phone(meant["phone"], meant.get("country", lead.country))
        if not key:
            raise Refused(f"“{meant['phone']}” is no phone number.", "phone")
        meant["phone"] = shown[:40]
        keys.append(("phone", "", key))
    return keys


def _take(lead: Lead, keys: list[tuple[str, str, str]], by: User, at: datetime) -> None:
    """Make addresses and phones the lead's own; refuse an address that is somebody else's, and one of somebody who was erased."""
    gone = [hashed(*key) for key in keys]
    if gone and Identity.objects.filter(value__in=gone, is_live=True).exists():
        raise Refused(ERASED, keys[0][0])
    try:
        with connection.cursor() as cursor:
            claim(cursor, [(lead.pk, key) for key in keys])
    except Raced:
        _kind, _system, address = keys[0]
        theirs = (
            Identity.objects.filter(kind="email", value=address, is_live=True)
            .select_related("lead", "lead__owner")
            .get()
        )
        raise Refused(f"{address} is {_whose(theirs.lead, by, at)}", "email") from None


def _whose(other: Lead, by: User, at: datetime) -> str:
    """Say whose an address is: by name to who may see that lead, else in whose hands it is."""
    if permissions.can(by, "see", other, at=at):
        return f"the address of {other.name}, lead {other.pk}."
    holder = other.owner.get_short_name() if other.owner else str(other.team) if other.team else ""
    where = f", in the hands of {holder}" if holder else ""
    return f"the address of another lead{where}."


def _account(lead: Lead, meant: Mapping[str, str], at: datetime) -> int | None:
    """Find or make the company of a lead without one that just told more of it. None for one that has a company: it keeps it."""
    if lead.account_id is not None or not COMPANY & meant.keys():
        return None
    told = Company(*(meant.get(name, getattr(lead, name)) for name in ("email", "website", "company", "country")))
    found = accounts_for([told], at=at).get(told)
    return found.account if found else None


def _listed(names: list[str]) -> str:
    labels = [LABELS.get(name, name.replace("_", " ")) for name in names]
    return labels[0] if len(labels) == 1 else f"{', '.join(labels[:-1])} and {labels[-1]}"
