"""A customer's way into the hands of success: handed over with the win, and whose its people are then (ACC-7, ACC-11, SLA-6).

Called within the transactions of `closing.py` (the win), `customers.py` (once more) and `handing.py` (the answer).
"""

from datetime import datetime

from accounts.lines import Lines
from accounts.messages import post
from accounts.models import Opportunity, OpportunityStatus, User
from leads.lifecycle import BATCH, Step, turn
from leads.models import ContactRole
from leads.notices import notice
from meetings.models import HandOff
from meetings.models.hand_off import ACCEPT_WITHIN


def to_success(sale: Opportunity, *, missing: list[str], by: User | None, at: datetime) -> HandOff:
    """Hand a customer to the success manager, with what is still missing of its entry criteria, and tell them; where nobody is named, the
    manager of who sold it (ACC-11). Four queries."""
    assert sale.status == OpportunityStatus.WON
    receiver = sale.success_owner or sale.account.success_owner
    limit, giver = at + ACCEPT_WITHIN, sale.opportunity_owner or by
    row = HandOff.objects.create(
        kind=HandOff.Kind.SUCCESS, opportunity=sale, giver=giver, receiver=receiver, missing=missing, began_at=at, recorded_at=at,
        limit_at=limit, sweep_at=limit,
    )  # fmt: skip
    told = receiver or (Lines().manager(user=giver.pk) if giver else None)
    if told != by:
        post(notice(told, "hand_off_given", str(row.pk), at=at, sale=sale.name, opportunity=sale.pk))
    return row


def of_success(sale: Opportunity) -> HandOff | None:
    """Return the last hand-off of a customer, whatever came of it. One query."""
    rows = HandOff.objects.filter(opportunity=sale, kind=HandOff.Kind.SUCCESS).order_by("-pk")
    return rows.select_related("receiver", "ended_by", "reason").first()


def name_owner(row: HandOff, by: User, at: datetime, door: str) -> None:
    """Name the success manager on the people of a sale whose customer they took on, each on record (ACC-7). Few queries a 500 people."""

    def change(step: Step) -> None:
        if step.lead.success_owner_id != by.pk:
            step.lead.success_owner = by
            step.record("hand_off", move="accepted", data={"hand_off": row.pk, "from": row.giver_id, "to": by.pk})

    people = ContactRole.objects.filter(opportunity=row.opportunity_id, lead__gone_as="").order_by("lead")
    ids = list(people.values_list("lead", flat=True))
    for start in range(0, len(ids), BATCH):
        turn(ids[start : start + BATCH], change, by=None, at=at, door=door)
