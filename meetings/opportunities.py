"""What happens to opportunities while they are open: opened with the first meeting, moved from stage to stage, put into other hands.

The rows live in `accounts`, because routing must see who has one open; the happenings live here, because leads follow them. How one
ends is `meetings/closing.py`.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from django.db import transaction

from accounts import currencies, ownership
from accounts.models import Account, Door, Event, Opportunity, OpportunityStatus, Product, Stage, User
from accounts.writing import update_each
from leads import dispositions, qualification
from leads.lifecycle import Refused, Seen
from leads.models import ContactRole, Lead, LeadStatus
from meetings.models import Meeting, MeetingStatus
from meetings.record import may

BESIDE = ("account", "product", "stage", "opportunity_owner", "development_owner", "success_owner")
NOBODY: Mapping[int, User] = MappingProxyType({})
MEETING = "a meeting of it must be held, and told as qualified"  # the entry criteria of the qualifying stage


def open(
    account: Account, product: Product, *, leads=(), by: User | None, at: datetime, development_owner: User | None = None,
    opportunity_owner: User | None = None, amount: Decimal = Decimal(0), currency: str = "EUR", door: str = Door.PAGE,
) -> Opportunity:  # fmt: skip
    """Open the opportunity of an account for a product, or join the one that is open (ACC-8, ACC-10); its leads get a contact role.

    A value counts for one that is opened, or had none; what somebody said before stays. Raises Refused for a code that is no currency.
    Twenty at once make one: whoever comes second finds the first's. About eight queries.
    """
    currency = known_currency(currency)
    first = Stage.objects.filter(status=OpportunityStatus.OPEN).order_by("order").first()
    with transaction.atomic():
        # Whether it is gone is asked only under its lock: who merges it holds it meanwhile.
        account = Account.objects.select_for_update(no_key=True).get(pk=account.pk)
        if account.gone_as:
            raise Refused(f"{account.name} was merged or undone.", "gone")
        found = Opportunity.objects.filter(account=account, product=product, status=OpportunityStatus.OPEN, gone_as="")
        opportunity = found.select_related("account", "product", "stage").first()
        if opportunity is None:
            opportunity = Opportunity.objects.create(
                account=account, product=product, stage=first, amount=amount, currency=currency, created_at=at,
                development_owner=development_owner, opportunity_owner=opportunity_owner,
            )  # fmt: skip
            record(opportunity, None, first, "open", by, at, door)
        elif amount and not opportunity.amount:
            _worth(opportunity, amount, currency, by, at, door)
        for lead in sorted(leads, key=lambda lead: lead.pk):
            ContactRole.objects.get_or_create(lead=lead, opportunity=opportunity)
    return opportunity


def hold(opportunity: Opportunity | int, *, stage: int | None = None) -> Opportunity:
    """Lock an opportunity, and read it as it is now. Inside a transaction. Raises Refused where it is closed or gone, or has moved on
    from the stage it was seen at."""
    pk = opportunity.pk if isinstance(opportunity, Opportunity) else opportunity
    Opportunity.objects.select_for_update(no_key=True).get(pk=pk)
    # Read only once the lock is held: rows joined to one waited for would be as they were before the wait.
    row = Opportunity.objects.select_related(*BESIDE).get(pk=pk)
    if row.status != OpportunityStatus.OPEN or row.gone_as:
        raise Refused(f"{row.name} is closed: {row.get_status_display().lower()}.", "state")
    if stage is not None and row.stage_id != stage:
        raise Refused(f"{row.name} is at {row.stage.name} meanwhile.", "stale")
    return row


def advance(
    opportunity: Opportunity,
    stage: Stage,
    *,
    by: User | None,
    at: datetime,
    seen_at: int | None = None,
    hands: Mapping[int, User] = NOBODY,
    door: str = Door.PAGE,
) -> Opportunity:
    """Move an opportunity to another open stage; dated, with its value. Reaching the qualifying stage qualifies its working leads.

    A jump passes the stages between, each by its entry criteria; a step back never un-passes one, and needs nothing. Stamps are set once.
    `hands`: which of its people go into whose hands then, the others into the owner's of the sale. Refused when it is closed already, when
    something of the criteria is lacking (`lacking`), or the stage is an end (those have their own happenings).
    """
    if stage.status != OpportunityStatus.OPEN:
        raise Refused(f"{stage.name} is an end, not a step.", "stage")
    with transaction.atomic():
        opportunity = hold(opportunity, stage=seen_at)
        may(by, "change", opportunity)
        if opportunity.stage_id == stage.pk:
            raise Refused(f"{opportunity.name} is at {stage.name} already.", "already")
        if stage.order < opportunity.stage.order:
            _to(opportunity, stage, "back", by, at, door)
            return opportunity
        _refuse_what_lacks(opportunity, stage)
        is_qualified = pass_stages(opportunity, stage.order, at)
        _to(opportunity, stage, "advance", by, at, door)
        if is_qualified:
            qualify_leads(opportunity, at=at, door=door, hands=hands)
    return opportunity


def _to(opportunity: Opportunity, stage: Stage, move: str, by: User | None, at: datetime, door: str) -> None:
    before, opportunity.stage = opportunity.stage, stage
    update_each([opportunity], ["stage", "qualified_at", "pipeline_at"])
    record(opportunity, before, stage, move, by, at, door)


def _refuse_what_lacks(opportunity: Opportunity, stage: Stage) -> None:
    """Refuse a stage whose entry criteria, or those of a stage before it, are not met: stage by stage what is lacking (ACC-9)."""
    lacks = lacking(opportunity, stage.order)
    if lacks:
        words = " ".join(f"Before {of.name} {lack}." for of, lack in lacks)
        raise Refused(words, "meeting" if lacks[0][0].is_qualifying else "answers")


def lacking(opportunity: Opportunity, order: int) -> list[tuple[Stage, str]]:
    """Say what an open opportunity lacks of the entry criteria of the stages up to a place in the order, in words (ACC-9, ACC-10).

    The qualifying stage asks for a meeting of it that was completed and qualified, the pipeline stage for five answers. What it has
    passed already is not asked again. Four queries at most.
    """
    found = []
    for stage in Stage.objects.filter(status=OpportunityStatus.OPEN, order__lte=order).order_by("order"):
        if stage.is_qualifying and opportunity.stage.order < stage.order and not is_met(opportunity):
            found.append((stage, MEETING))
        if stage.is_pipeline and opportunity.pipeline_at is None and (answers := missing_answers(opportunity)):
            found.append((stage, f"the card must tell {_listed(answers)}"))
    return found


def is_met(opportunity: Opportunity) -> bool:
    """Say whether a meeting of it was completed and qualified, and that word stands; or whether it came through the qualifying stage
    elsewhere, as its history that was brought over tells (IN-4). One query, or two."""
    if Meeting.objects.filter(opportunity=opportunity, status=MeetingStatus.QUALIFIED).exists():
        return True
    corrected = Event.objects.filter(opportunity_id=opportunity.pk, kind="meeting", move="correct")
    return opportunity.qualified_at is not None and not corrected.filter(data__was=MeetingStatus.QUALIFIED).exists()


def missing_answers(opportunity: Opportunity) -> list[str]:
    """Name which of the five answers of the pipeline stage nobody of this sale gave yet (ACC-10). One query."""
    return qualification.missing_of(ContactRole.objects.filter(opportunity=opportunity).values("lead"))


def pass_stages(opportunity: Opportunity, order: int, at: datetime) -> bool:
    """Stamp what an opportunity passes on its way to a place in the order, each once, and say whether the qualifying stage is among it.
    Changes the row only; whoever asks for the criteria has asked."""
    passed = list(Stage.objects.filter(status=OpportunityStatus.OPEN, order__lte=order))
    is_qualified = any(s.is_qualifying for s in passed)
    if is_qualified:
        opportunity.qualified_at = opportunity.qualified_at or at
    if any(s.is_pipeline for s in passed):
        opportunity.pipeline_at = opportunity.pipeline_at or at
    return is_qualified


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def qualify_leads(opportunity: Opportunity, *, at: datetime, door: str, hands: Mapping[int, User] = NOBODY) -> None:
    """Qualify whoever of its people is worked, now that it has reached the qualifying stage. One query if nobody is."""
    roles = ContactRole.objects.filter(opportunity=opportunity).values("lead")
    working = Lead.objects.filter(pk__in=roles, status=LeadStatus.WORKING, motion="slg", gone_as="")
    seen = [Seen(pk) for pk in working.values_list("pk", flat=True)]
    if seen:
        dispositions.qualify(seen, opportunity=opportunity, hands=hands, by=None, at=at, door=door)


def record(opportunity: Opportunity, before: Stage | None, stage: Stage, move: str, by, at, door, **data) -> None:
    """Put one change of stage on record, with its value then."""
    Event.objects.create(
        kind="stage", move=move, at=at, recorded_at=at, door=door, actor_id=by.pk if by else None,
        account_id=opportunity.account_id, opportunity_id=opportunity.pk,
        data={"from": before.pk if before else None, "to": stage.pk, "amount": str(opportunity.amount), "currency": opportunity.currency}
        | data,
    )  # fmt: skip


def change_value(
    opportunity: Opportunity, *, amount: Decimal, by: User, at: datetime, currency: str | None = None, close_date=None,
    door: str = Door.PAGE,
) -> Opportunity:  # fmt: skip
    """Say anew what a sale is worth and when it should close; what it was worth at each stage stays on record."""
    refuse_below_zero(amount)
    with transaction.atomic():
        row = hold(opportunity)
        may(by, "change", row)
        row.close_date = close_date or row.close_date
        _worth(row, amount, known_currency(currency or row.currency), by, at, door)
    return row


def refuse_below_zero(amount: Decimal) -> None:
    """Refuse a value that none can be. Pure."""
    if amount < 0:
        raise Refused("A value is not below zero.", "amount")


def withdraw_worth(opportunity: int, *, said_at: datetime, by: User, at: datetime, door: str) -> None:
    """Take back the value that a sale without one got at a moment, unless somebody said another since. The sale is held. One query
    where it got none."""
    said = Event.objects.filter(opportunity_id=opportunity, kind="value").order_by("-pk").first()
    if said is None or (said.at, said.actor_id) != (said_at, by.pk):
        return
    row = Opportunity.objects.get(pk=opportunity)
    if row.status == OpportunityStatus.OPEN and not row.gone_as:
        _worth(row, Decimal(said.data["from"]), said.data["from_currency"], by, at, door)


def _worth(row: Opportunity, amount: Decimal, currency: str, by: User | None, at: datetime, door: str) -> None:
    """Say what an opportunity that is held is worth, on record with what it was. Two queries."""
    was = {"from": str(row.amount), "from_currency": row.currency}
    row.amount, row.currency = amount, currency
    row.save(update_fields=["amount", "currency", "close_date"])
    Event.objects.create(
        kind="value", at=at, recorded_at=at, door=door, actor_id=by.pk if by else None, account_id=row.account_id, opportunity_id=row.pk,
        data=was | {"to": str(amount), "currency": currency},
    )  # fmt: skip


def known_currency(code: str) -> str:
    """Return a currency's code as it is kept: three capitals of ISO 4217. Raises Refused for anything else. Pure."""
    code = code.strip().upper()
    if len(code) != 3 or not code.isascii() or not code.isalpha():
        raise Refused("Write the currency like EUR.", "currency")
    if code not in currencies.KNOWN:
        raise Refused(f"There is no currency {code}. Write it like EUR.", "currency")
    return code


def name_owner(opportunity: Opportunity, owner: User, *, by: User | None, at: datetime, door: str = Door.PAGE) -> None:
    """Name who sells, on an opportunity that is held, and on its account where nobody did; each on record (ACC-7)."""
    ownership.change([opportunity], "opportunity_owner", to=owner, by=by, at=at, door=door)
    opportunity.opportunity_owner = owner
    if opportunity.account.opportunity_owner_id is None:
        ownership.change([opportunity.account], "opportunity_owner", to=owner, by=by, at=at, door=door)
