"""A meeting that was held before a test begins: what a sale needs to have come to its qualifying stage (ACC-9, ACC-10)."""

from datetime import datetime, timedelta

from accounts.models import Opportunity, Role, User
from leads.models import ContactRole, Lead
from meetings.models import Meeting

LENGTH = timedelta(minutes=30)


def held(sale: Opportunity, *, at: datetime, lead: Lead | None = None, owner: User | None = None) -> Meeting:
    """A meeting of this sale that was completed and qualified, as history is brought over: nothing followed from it here."""
    lead = lead or ContactRole.objects.select_related("lead").filter(opportunity=sale).earliest("pk").lead
    owner = (
        owner
        or User.objects.get_or_create(
            username="held-before", defaults={"name": "Left Long Ago", "role": Role.AE, "is_active": False}
        )[0]
    )
    starts = at - LENGTH
    return Meeting.objects.create(
        lead=lead, cycle=lead.cycle, account_id=sale.account_id, opportunity=sale, owner=owner, status="qualified", point="completed",
        starts_at=starts, ends_at=at, booked_at=starts, recorded_at=at, due_at=starts + timedelta(days=1), ended_at=at, disposed_at=at,
        disposed_by=owner, version=1,
    )  # fmt: skip
