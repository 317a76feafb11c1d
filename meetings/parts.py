"""The people of a sale and their parts (ACC-8): who is added, and as what. Called by the sale's page and the API.

A booking adds whom it is with by itself (`opportunities.open`); here somebody of the company is added without a meeting.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from accounts import changes
from accounts.models import Account, Door, Opportunity, User
from leads.lifecycle import Refused, Seen, Step, turn
from leads.models import ContactRole, Lead
from meetings import opportunities
from meetings.record import may


def others_of(sale: Opportunity) -> QuerySet[Lead]:
    """Return the people of the company who have no part in a sale of it yet, the newest first. By the index of the account."""
    has_part = ContactRole.objects.filter(opportunity=sale, lead=OuterRef("pk"))
    return Lead.objects.filter(~Exists(has_part), account=sale.account_id, gone_as="").order_by("-pk")


def add_part(
    opportunity: Opportunity, lead: int, *, role: str = "", by: User, at: datetime, door: str = Door.PAGE
) -> ContactRole:
    """Give somebody of the company a part in an open sale, on record with both; who has one keeps it, under the name that is said now.

    From then on they follow the sale: they are in its owner's sight, qualified with its next stage where they are worked, and go where its
    loss sends them. Nobody is written to for it. Refused: a closed sale, who is not there, not of this company, or not yours to add.
    """
    with transaction.atomic():
        # A booking that adds the same person holds the company.
        Account.objects.select_for_update(no_key=True).get(pk=opportunity.account_id)
        sale = opportunities.hold(opportunity)
        may(by, "change", sale)
        if (part := _part(sale, lead)) is not None:
            return _call(part, role or part.role, by, at, door)
        made: list[ContactRole] = []

        def change(step: Step) -> None:
            if step.lead.account_id != sale.account_id:
                raise Refused("They are not of this company.", "lead")
            made.append(step.add(ContactRole(lead=step.lead, opportunity=sale, role=role.strip())))
            step.record("part", move="add", opportunity_id=sale.pk, data={"opportunity": sale.pk})

        for _lead, refusal in turn([Seen(lead)], change, by=by, at=at, door=door).refused:
            raise refusal if refusal.code != "gone" else Refused("There is no such person.", "lead")
    return made[0]


def name_part(
    opportunity: Opportunity, lead: int, *, role: str, by: User, at: datetime, door: str = Door.PAGE
) -> ContactRole:
    """Say what part one of its people has in a sale; empty: none named. Raises Refused for somebody who has none in it."""
    with transaction.atomic():
        row = opportunities.hold(opportunity)
        may(by, "change", row)
        part = _part(row, lead)
        if part is None:
            raise Refused("They have no part in this sale.", "lead")
        return _call(part, role, by, at, door)


def _part(sale: Opportunity, lead: int) -> ContactRole | None:
    return ContactRole.objects.filter(opportunity=sale, lead=lead).select_related("lead").first()


def _call(part: ContactRole, role: str, by: User, at: datetime, door: str) -> ContactRole:
    """Call a part by a name, where it has another; the last one is kept on record."""
    if part.role != role.strip():
        changes.note(part, {"role": [part.role, role.strip()]}, by=by, at=at, door=door)
        part.role = role.strip()
        part.save(update_fields=["role"])
    return part
