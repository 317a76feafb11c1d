"""A customer after the sale was won: when the contract ends, and who of customer success has them (ACC-7, ACC-11, SLA-6).

Called by the sale's page and the API. What success sent back, or what was given to somebody else meanwhile, is handed over again here, so
that no customer falls between two people.
"""

from datetime import UTC, date, datetime, time

from django.db import transaction

from accounts import ownership
from accounts.models import Account, Door, Event, Opportunity, OpportunityStatus, User
from leads.lifecycle import Refused
from meetings import closing, opportunities, passing, success
from meetings.models import HandOff
from meetings.record import may


def hand_over(
    opportunity: Opportunity, *, to: User | None = None, contract_end_date: date | None = None, by: User, at: datetime,
    door: str = Door.PAGE,
) -> Opportunity:  # fmt: skip
    """Say of a won sale when its contract ends, or into whose hands of customer success it goes; or both.

    What waits for an answer goes along, its 24 hours running on; what was answered begins anew. Refused: a sale that is not won, an end
    that is past, whoever has the customer already.
    """
    with transaction.atomic():
        Account.objects.select_for_update(no_key=True).get(pk=opportunity.account_id)
        Opportunity.objects.select_for_update(no_key=True).get(pk=opportunity.pk)
        sale = Opportunity.objects.select_related(*opportunities.BESIDE, "account__success_owner").get(
            pk=opportunity.pk
        )
        may(by, "change", sale)
        if sale.status != OpportunityStatus.WON or sale.gone_as:
            raise Refused("Only what is won is handed to customer success.", "state")
        if to is None and contract_end_date is None:
            raise Refused("Choose who, or say when the contract ends.", "to")
        if contract_end_date is not None:
            _ends(sale, contract_end_date, by, at, door)
        last = success.of_success(sale)
        if to is not None:
            _give(sale, last, to, by, at, door)
    return sale


def _ends(sale: Opportunity, ends: date, by: User, at: datetime, door: str) -> None:
    """Keep when a contract ends; its end is told of 120 days before, anew where it was told."""
    if ends <= at.date():
        raise Refused("A contract ends after today.", "contract_end_date")
    sale.contract_end_date = ends
    sale.renew_at = datetime.combine(ends, time(), UTC) - closing.RENEW_BEFORE
    sale.save(update_fields=["contract_end_date", "renew_at"])
    Event.objects.create(
        kind="contract", move="set", at=at, recorded_at=at, door=door, actor_id=by.pk, account_id=sale.account_id,
        opportunity_id=sale.pk, data={"ends": str(ends)},
    )  # fmt: skip


def _give(sale: Opportunity, last: HandOff | None, to: User, by: User, at: datetime, door: str) -> None:
    if not to.is_active:
        raise Refused(f"{to} is switched off and receives nothing.", "to")
    waits = last is not None and last.outcome == HandOff.Outcome.WAITS
    has_it = last is not None and last.receiver_id == to.pk
    if has_it and (waits or last.outcome == HandOff.Outcome.ACCEPTED):
        raise Refused(f"{to.get_short_name()} has it already.", "to")
    for row in (sale, sale.account):
        ownership.change([row], "success_owner", to=to, by=by, at=at, door=door)
        row.success_owner = to
    if waits:
        passing.answer_for(HandOff.objects.filter(pk=last.pk), last.receiver, to, by, at, door)
    else:
        success.to_success(sale, missing=closing.missing_for_success(sale), by=by, at=at)
