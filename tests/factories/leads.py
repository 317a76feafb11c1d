"""Leads, raw as they come in, and brought into any state by the real processes."""

from datetime import UTC, datetime, timedelta

import factory

from accounts.models import Account, Opportunity, Product, Reason, Stage
from leads import assignment, dispositions, touches
from leads import product_led as product
from leads.models import ContactRole, Lead, LeadStatus
from meetings import opportunities

from .meetings import held
from .people import AccountFactory

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
STEP = timedelta(minutes=5)
STATES = tuple(LeadStatus.values)


class LeadFactory(factory.django.DjangoModelFactory):
    """A raw, sales-led, inbound lead in nobody's hands."""

    class Meta:
        model = Lead

    first_name = "Marta"
    last_name = factory.Sequence(lambda n: f"Lind {n}")
    company = "Nordlicht Energi"
    email = factory.Sequence(lambda n: f"lind{n}@nordlicht.example")
    motion = "slg"
    go_to_market = "inbound"
    status_since = created_at = recorded_at = NOON
    search = factory.LazyAttribute(
        lambda lead: f"{lead.first_name} {lead.last_name} {lead.company} {lead.email}".lower()
    )


def reason(code: str) -> Reason:
    return Reason.objects.get(code=code)


def put(lead: Lead | None, state: str, *, owner=None, team=None, at: datetime = NOON) -> Lead:
    """Bring a raw lead (or a new one) into a state, in these hands, by the real processes.

    `raw` with a team waits in its queue. `nurture` and `unqualified` were worked and ended by the
    owner, `qualified` by an opportunity at its qualifying stage.
    """
    lead = lead or LeadFactory(status_since=at, created_at=at, recorded_at=at)
    if state == "raw":
        return assignment.enqueue([lead], team=team, by=None, at=at).lead if team else lead
    lead = assignment.assign([lead], to=owner or team, by=None, at=at).lead
    if state == "assigned":
        return lead
    lead = touches.log([lead], channel="call", outcome="interested", by=owner, at=at + STEP).lead
    if state == "nurture":
        why = reason("budget_later")
        lead = dispositions.nurture([lead], reason=why, by=owner, at=at + 2 * STEP).lead
    elif state == "unqualified":
        why = reason("not_a_prospect")
        lead = dispositions.unqualify([lead], reason=why, by=owner, at=at + 2 * STEP).lead
    elif state == "qualified":
        opportunity_of(lead, at=at + 2 * STEP, stage=Stage.objects.get(is_qualifying=True))
        lead = Lead.objects.get(pk=lead.pk)
    assert lead.status == state
    return lead


def product_led(at: datetime = NOON, **facts) -> Lead:
    """A lead that belongs to the product: Open PLG, behind the shield."""
    lead = LeadFactory(motion="plg", status_since=at, created_at=at, recorded_at=at, **facts)
    return product.sign_up([lead], at=at).lead


def opportunity_of(lead: Lead, *, owner=None, at: datetime = NOON, stage: Stage | None = None) -> Opportunity:
    """Open an opportunity at the lead's account, with a role for the lead."""
    account: Account = lead.account or AccountFactory()
    made = opportunities.open(account, Product.objects.first(), leads=[lead], by=None, at=at, opportunity_owner=owner)
    if stage:
        held(made, at=at)
        made = opportunities.advance(made, stage, by=None, at=at)
    assert ContactRole.objects.filter(lead=lead, opportunity=made).exists()
    return made
