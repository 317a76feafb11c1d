"""What people do in the product, as the product tells it (MOTION-3): repeated and out of order without harm.

A signal of a person goes the one way in: who is new becomes a product-led lead, and belongs to the product. A signal of a company
whose people we do not know is kept with its account. Called by the API.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction

from accounts.domains import kind_of, registrable
from accounts.matching import Company, accounts_for
from accounts.models import Domain, Door, Event, Product, User
from leads import intake, product_led
from leads.intake_rows import Bad, make_row
from leads.lifecycle import Seen
from leads.models import GoToMarket, Lead, LeadStatus, Motion, Signal

LONGEST = 4_000


@dataclass(frozen=True, slots=True)
class Told:
    """What came of one signal."""

    result: str
    lead: int | None = None
    account: int | None = None


def take(told: Mapping, *, by: User, at: datetime, door: str = Door.API) -> Told:
    """Take one signal: `id`, `name`, `email` or `domain`, `at`, `properties`.

    Told again it changes nothing. The activation signal of a product we sell (RevOps names it there) begins the work of an Open PLG
    lead, dated when it was, however late we hear of it; a lead that sales has, or that was worked before, only has it on its timeline.
    Raises Bad, naming the field.
    """
    when = (told.get("at") or at).astimezone(UTC)
    if when > at:
        raise Bad("That is in the future.", "at")
    properties = json.dumps(told.get("properties", {}), ensure_ascii=False)
    if len(properties) > LONGEST or "\\u0000" in properties or not _is_clean(properties):
        raise Bad(f"At most {LONGEST:,} characters, and none that no database keeps.", "properties")
    if bool(told.get("email")) == bool(told.get("domain")):
        raise Bad("Say the address of a person, or a domain: one of the two.", "email")
    with transaction.atomic():
        if told.get("domain"):
            return _of_company(told, properties, when, by, at, door)
        return _of_person(told, properties, when, by, at, door)


def _activates(name: str) -> bool:
    """Say whether a signal is what RevOps calls activation, of any product we sell. One query."""
    names = (
        Product.objects.filter(is_active=True).exclude(activation_signal="").values_list("activation_signal", flat=True)
    )
    return name.strip().casefold() in {known.strip().casefold() for known in names}


def _is_clean(text: str) -> bool:
    return "\x00" not in text and not any(0xD800 <= ord(c) <= 0xDFFF for c in text)


def _of_person(told, properties, when, by, at, door) -> Told:
    said = {"email": told["email"], "what": told["name"], "key": f"product:{told['id']}", "source": by.name}
    row = make_row(
        said,
        kind=Signal.Kind.PRODUCT,
        created_at=when,
        motion=Motion.PLG,
        go_to_market=GoToMarket.INBOUND,
        data=properties,
    )
    taken = intake.take([row], by=by, at=at, door=door)[0]
    if taken.result == intake.REJECTED:
        raise Bad(taken.words, "email")
    if taken.result != intake.UNCHANGED:
        lead = Lead.objects.get(pk=taken.lead)
        this = [Seen(lead.pk, at=when)]
        if lead.status == LeadStatus.RAW and lead.motion == Motion.PLG and not lead.opted_out_at:
            product_led.sign_up(this, at=at, door=door)
        if _activates(told["name"]):
            product_led.activate(this, at=at, door=door)  # refused for whoever is not waiting for it
    return Told(taken.result, lead=taken.lead)


def _of_company(told, properties, when, by, at, door) -> Told:
    domain = registrable(told["domain"])
    if not domain or kind_of(domain) != Domain.Kind.COMPANY:
        raise Bad("That is no domain of a company.", "domain")
    company = Company("", domain, "", "")
    pk, _guess = accounts_for([company], at=at)[company]
    signal = Signal(
        account_id=pk, kind=Signal.Kind.PRODUCT, key=f"product:{told['id']}", what=told["name"], data=json.loads(properties), by=by,
        at=when, recorded_at=at,
    )  # fmt: skip
    Signal.objects.bulk_create([signal], ignore_conflicts=True)
    kept = Signal.objects.filter(account=pk, lead__isnull=True, key=signal.key).get()
    if Event.objects.filter(account_id=pk, kind="signal", data__signal=kept.pk).exists():
        return Told(intake.UNCHANGED, account=pk)
    Event.objects.create(
        kind="signal",
        at=when,
        recorded_at=at,
        door=door,
        actor_id=by.pk,
        account_id=pk,
        data={"signal": kept.pk, "kind": "product"},
    )
    return Told(intake.CREATED, account=pk)
