"""What the tests of meetings begin with: a company, a seller with a lead in hand, an account executive, a meeting."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from accounts.models import Membership, Product, Team
from leadops import invariants
from leads.models import Lead
from meetings import booking
from meetings.models import Meeting
from tests.factories import AccountFactory, LeadFactory, put
from tests.leads.states import settle

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday; the clocks change on 29 March
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BOOKED, START = NOON + HOUR, NOON + DAY
END = START + timedelta(minutes=30)

NONE, COMPLETED, SCHEDULED = Decimal(4_999), Decimal(20_000), Decimal(250_000)


def worked(owner, **facts) -> Lead:
    """A lead that this person works, at a company of its own."""
    return put(LeadFactory(**({"account": AccountFactory()} | facts)), "working", owner=owner)


def booked(
    lead: Lead, by, owner=None, *, starts_at=START, amount=COMPLETED, at=BOOKED, product=None, **facts
) -> Meeting:
    """A meeting of this lead tomorrow at noon, of a sale at which the hand-off point is *completed*."""
    lead = Lead.objects.get(pk=lead.pk)
    product = product or Product.objects.first()
    return booking.book(lead, product=product, starts_at=starts_at, by=by, at=at, owner=owner, amount=amount, **facts)


def sound() -> None:
    """Let the database look at what is checked at the end, and hold every rule of meetings to the rows."""
    settle()
    assert [rule.name for rule, rows in invariants.check(invariants.MEETINGS) if rows] == []


def sellers(*people) -> Team:
    """The pool of those who hold meetings in turn."""
    pool = Team.objects.create(name="Closers", kind=Team.Kind.POOL)
    Membership.objects.bulk_create(Membership(user=person, team=pool) for person in people)
    return pool
