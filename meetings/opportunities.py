"""What happens to opportunities: opened with the first meeting, moved from stage to stage, and the leads that follow.

The rows live in `accounts`, because routing must see who has one open; the happenings live here, because leads follow them.
"""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from accounts.models import Account, Door, Event, Opportunity, OpportunityStatus, Product, Stage, User
from accounts.writing import update_each
from leads import dispositions
from leads.lifecycle import Refused, Seen
from leads.models import ContactRole, Lead, LeadStatus


def open(
    account: Account, product: Product, *, leads=(), by: User | None, at: datetime, development_owner: User | None = None,
    opportunity_owner: User | None = None, amount: Decimal = Decimal(0), currency: str = "EUR", door: str = Door.PAGE,
) -> Opportunity:  # fmt: skip
    """Open the opportunity of an account for a product, or join the one that is open (ACC-8, ACC-10); its leads get a contact role.

    Twenty at once make one: whoever comes second finds the first's. About eight queries.
    """
    first = Stage.objects.filter(status=OpportunityStatus.OPEN).order_by("order").first()
    if account.gone_as:
        raise Refused(f"{account.name} was merged or undone.", "gone")
    with transaction.atomic():
        Account.objects.select_for_update(no_key=True).get(pk=account.pk)
        found = Opportunity.objects.filter(account=account, product=product, status=OpportunityStatus.OPEN, gone_as="")
        opportunity = found.select_related("account", "product", "stage").first()
        if opportunity is None:
            opportunity = Opportunity.objects.create(
                account=account, product=product, stage=first, amount=amount, currency=currency, created_at=at,
                development_owner=development_owner, opportunity_owner=opportunity_owner,
            )  # fmt: skip
            _record(opportunity, None, first, by, at, door)
        for lead in sorted(leads, key=lambda lead: lead.pk):
            ContactRole.objects.get_or_create(lead=lead, opportunity=opportunity)
    return opportunity


def advance(
    opportunity: Opportunity, stage: Stage, *, by: User | None, at: datetime, door: str = Door.PAGE
) -> Opportunity:
    """Move an opportunity to another open stage; dated, with its value. Reaching the qualifying stage qualifies its working leads.

    A jump passes the stages between; a step back never un-passes one. Stamps are set once. Refused when it is closed already, or the
    stage is an end (won and lost have their own happenings).
    """
    if stage.status != OpportunityStatus.OPEN:
        raise Refused(f"{stage.name} is an end, not a step.", "stage")
    with transaction.atomic():
        Opportunity.objects.select_for_update(no_key=True).get(pk=opportunity.pk)
        # Read only once the lock is held: rows joined to one waited for would be as they were before the wait.
        rows = Opportunity.objects.select_related("account", "product", "stage", "opportunity_owner")
        opportunity = rows.get(pk=opportunity.pk)
        if opportunity.status != OpportunityStatus.OPEN or opportunity.gone_as:
            raise Refused(f"{opportunity.name} is closed.", "state")
        if opportunity.stage_id == stage.pk:
            raise Refused(f"{opportunity.name} is at {stage.name} already.", "already")
        before, opportunity.stage = opportunity.stage, stage
        marks = {s.pk: s for s in Stage.objects.filter(status=OpportunityStatus.OPEN, order__lte=stage.order)}
        if opportunity.qualified_at is None and any(s.is_qualifying for s in marks.values()):
            opportunity.qualified_at = at
        if opportunity.pipeline_at is None and any(s.is_pipeline for s in marks.values()):
            opportunity.pipeline_at = at
        update_each([opportunity], ["stage", "qualified_at", "pipeline_at"])
        _record(opportunity, before, stage, by, at, door)
        if opportunity.qualified_at is not None:
            roles = ContactRole.objects.filter(opportunity=opportunity).values("lead")
            working = Lead.objects.filter(pk__in=roles, status=LeadStatus.WORKING, gone_as="")
            dispositions.qualify(
                [Seen(pk) for pk in working.values_list("pk", flat=True)],
                opportunity=opportunity,
                by=None,
                at=at,
                door=door,
            )
    return opportunity


def _record(opportunity: Opportunity, before: Stage | None, stage: Stage, by, at, door) -> None:
    Event.objects.create(
        kind="stage", move="open" if before is None else "advance", at=at, recorded_at=at, door=door, actor_id=by.pk if by else None,
        account_id=opportunity.account_id, opportunity_id=opportunity.pk,
        data={"from": before.pk if before else None, "to": stage.pk, "amount": str(opportunity.amount), "currency": opportunity.currency},
    )  # fmt: skip
