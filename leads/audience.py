"""Whom marketing may write to (LIFE-13): the raw and nurture leads that may be mailed, and the product's new ones, for activation only.

While a lead is in hand marketing leaves it alone. Called by marketing's page, its CSV and the API; who asked not to be written to is in
neither from the moment it was noted.
"""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q, QuerySet

from accounts.models import User
from accounts.models.reason import Program
from leads.models import Channel, Lead, LeadStatus, Motion

READ = 2_000
NEAR = ("reason", "source", "campaign", "account")
# The programs as one chooses them: a reason of both belongs to either, a raw lead to none yet.
RAW = "raw"
PROGRAMS = {
    RAW: Q(status=LeadStatus.RAW),
    Program.MARKETING: Q(reason__program__in=(Program.MARKETING, Program.BOTH)),
    Program.SALES: Q(reason__program__in=(Program.SALES, Program.BOTH)),
}
HEADER = (
    "email", "first name", "last name", "title", "company", "country", "state", "program", "reason", "source", "campaign", "since", "lead",
)  # fmt: skip


def mailable() -> QuerySet:
    """Those with an address who did not ask us to stop, whatever their state."""
    return Lead.objects.filter(gone_as="", opted_out_at__isnull=True).exclude(
        Q(email="") | Q(opted_out_channels__contains=[Channel.EMAIL])
    )


def audience(user: User, at: datetime) -> QuerySet:
    """The raw and nurture leads that may be mailed, in nobody's hands, of those this person may see."""
    return mailable().filter(status__in=LeadStatus.WAITING, owner__isnull=True).visible_to(user, at)


def activation() -> QuerySet:
    """Open PLG: who signed up to the product and has not used it yet. For activation messages only."""
    return mailable().filter(status=LeadStatus.ASSIGNED, motion=Motion.PLG)


def lines(leads: QuerySet) -> Iterator[list]:
    """Yield the lines of a file of these leads, who came last first, read in parts by key. A query for each two thousand."""
    yield list(HEADER)
    leads = leads.select_related(*NEAR).order_by("-created_at", "-pk")
    part = list(leads[:READ])
    while part:
        for lead in part:
            yield _line(lead)
        at, pk = part[-1].created_at, part[-1].pk
        beyond = leads.filter(Q(created_at__lt=at) | Q(created_at=at, pk__lt=pk), created_at__lte=at)
        part = list(beyond[:READ]) if len(part) == READ else []


def _line(lead: Lead) -> list:
    reason = lead.reason
    return [
        lead.email, lead.first_name, lead.last_name, lead.title, lead.account.name if lead.account else lead.company,
        lead.country, lead.state_label, reason.get_program_display() if reason else "", reason.label if reason else "",
        lead.source.name if lead.source else "", lead.campaign.name if lead.campaign else "",
        lead.status_since.date().isoformat(), lead.pk,
    ]  # fmt: skip
