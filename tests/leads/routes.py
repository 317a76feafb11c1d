"""What the tests of routing begin with: pools, rules, companies, opportunities, and somebody who asks for us."""

from datetime import timedelta

from accounts.models import Account, Event, Membership, Opportunity, Product, Stage, Team, User
from leads import assignment, signals, touches
from leads.models import Lead, RoutingRule
from tests.leads.states import HOUR, NOON, number, raw

DAY = timedelta(days=1)


def make_pool(name: str, *members: User, manager: User | None = None, **facts) -> Team:
    pool = Team.objects.create(name=name, kind="pool", manager=manager)
    Membership.objects.bulk_create(Membership(user=user, team=pool, **facts) for user in members)
    return pool


def rule(name: str, pool: Team, order: int = 10, **criteria) -> RoutingRule:
    return RoutingRule.objects.create(name=name, pool=pool, order=order, valid_from=NOON - DAY, **criteria)


def company(**facts) -> Account:
    n = next(number)
    return Account.objects.create(
        name=f"Kettler {n}", name_key=f"kettler {n}", domain=f"kettler{n}.no", created_at=NOON, **facts
    )


def opportunity(
    account: Account, owner: User | None, stage: int = 1, status: str = "open", product=None
) -> Opportunity:
    found = Stage.objects.order_by("order")[stage - 1]
    return Opportunity.objects.create(
        account=account, product=product or Product.objects.first(), stage=found, status=status, opportunity_owner=owner,
        created_at=NOON - DAY, closed_at=None if status == "open" else NOON - HOUR,
    )  # fmt: skip


def asks(lead: Lead, at=NOON, **more) -> Lead:
    """Have a lead ask for us, and return it as it is then."""
    return signals.raise_hand([lead], what="demo", by=None, at=at, **more).lead


def worked(rep: User, **facts) -> Lead:
    """A lead that this rep was given and reached."""
    lead = assignment.assign([raw(**facts)], to=rep, by=None, at=NOON).lead
    return touches.log([lead], channel="call", outcome="interested", by=rep, at=NOON + timedelta(minutes=5)).lead


def route(lead: Lead) -> dict:
    """Return the trace of a lead's last routing."""
    return Event.objects.filter(lead_id=lead.pk, kind="transition").latest("pk").data["route"]
