"""A kill at every boundary of the sweeps of meetings, of sales and of a rep's day: what is left is what nobody's death would have left.

Called by `boundaries.py`. The same rows are made and come due twice: once they are swept in peace, once the sweep is killed at a boundary
before it is run again. All that it leaves is compared, row by row, without the numbers of rows: what was told to whom and when, what is on
record, how far each row has escalated.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection

from accounts import sweeping
from accounts.models import Account, Opportunity, Product, Reason, Role, User
from accounts.sweeping import Sweep
from leadops.chaos.crew import fork, wait
from leadops.chaos.world import FIRST, World, a_world
from leads import assignment, dispositions
from leads.models import Lead
from leads.sweeps import DAY_END
from meetings import booking, closing, moving, opportunities, outcomes
from meetings import sweeps as of_meetings
from meetings.models import Meeting

APART = timedelta(hours=2)  # one boundary's rows from the next's
DAY, HALF_AN_HOUR = timedelta(days=1), timedelta(minutes=30)
Kill = Callable[[Sweep, datetime, int], bool]


def main(say: Callable[[str], None], kill_at: Kill, boundaries: range) -> bool:
    """Kill at these boundaries of each sweep; say the figures; return whether all is right."""
    right = True
    for sweep, make, apart in MADE.values():
        kills, disturbed = _live(sweep, make, apart, boundaries, kill_at)
        _kills, peaceful = _live(sweep, make, apart, boundaries[: kills + 1], lambda *_: True)
        rows, unlike = len(peaceful), len(set(peaceful) ^ set(disturbed)) + abs(len(peaceful) - len(disturbed))
        say(
            f"{sweep.name}: {kills} kills at its boundaries, {rows} rows left, unlike those of a life in peace {unlike}"
        )
        right &= kills > 0 and rows > 0 and unlike == 0
    return right


def _live(sweep: Sweep, make: Callable, apart: timedelta, boundaries: range, kill_at: Kill) -> tuple[int, list[tuple]]:
    """Let rows come due boundary by boundary, and return how many kills there were and all that is left."""
    with a_world(0, groups=1) as world:
        seller = User.objects.create(
            username="chaos-seller", name="Seller", role=Role.AE, time_zone="UTC", email="s@leadops.example"
        )
        kills = 0
        for number, boundary in enumerate(boundaries):
            at = FIRST.replace(hour=17) + number * apart
            make(world, seller, number, at)
            if not kill_at(sweep, at, boundary):
                break  # it was done before it came so far
            kills += 1
            wait(fork(lambda at=at: sweeping.run(sweep, at)))
        connection.close()
        return kills, _left()


def _left() -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(LEFT)
        return cursor.fetchall()


# Names instead of numbers, so that two lives can be compared.
LEFT = """
SELECT 'told', m.kind, u.username, m.created_at::text, coalesce(l.last_name, '') FROM accounts_message m
  JOIN accounts_user u ON u.id = m.to_id LEFT JOIN leads_lead l ON l.id = m.lead_id
UNION ALL SELECT 'record', e.kind || ' ' || e.move, e.door, e.at::text, coalesce(l.last_name, '') FROM accounts_event e
  LEFT JOIN leads_lead l ON l.id = e.lead_id
UNION ALL SELECT 'meeting', m.status, m.level::text, coalesce(m.sweep_at::text, ''), l.last_name FROM meetings_meeting m
  JOIN leads_lead l ON l.id = m.lead_id
UNION ALL SELECT 'hand-off', h.outcome, h.kind, coalesce(h.sweep_at::text, ''), coalesce(l.last_name, '') FROM meetings_handoff h
  LEFT JOIN leads_lead l ON l.id = h.lead_id
UNION ALL SELECT 'sale', o.status, a.name, coalesce(o.closed_at::text, ''), coalesce(o.renew_at::text, '') FROM accounts_opportunity o
  JOIN accounts_account a ON a.id = o.account_id
UNION ALL SELECT 'lead', l.status, coalesce(u.username, ''), l.status_since::text, l.last_name FROM leads_lead l
  LEFT JOIN accounts_user u ON u.id = l.owner_id
"""


def _lead(world: World, number: int, at: datetime) -> Lead:
    """Make a lead in the rep's hands, at a company of its own."""
    (pk,) = world.raw(1)
    name = f"{number}-{at:%m%d%H}"
    company = Account.objects.create(
        name=f"Firm {name}", name_key=f"firm {name}", domain=f"firm-{name}.example", created_at=at
    )
    Lead.objects.filter(pk=pk).update(account=company, last_name=name)
    return assignment.assign([pk], to=world.rep, by=None, at=at).lead


def _booked(world: World, seller: User, number: int, starts_at: datetime, amount: int = 20_000) -> Meeting:
    product, _made = Product.objects.get_or_create(name="Chaos")
    lead = _lead(world, number, starts_at - DAY)
    return booking.book(
        Lead.objects.get(pk=lead.pk), product=product, starts_at=starts_at, by=world.rep, at=starts_at - DAY + HALF_AN_HOUR, owner=seller,
        amount=amount,
    )  # fmt: skip


def _over(world: World, seller: User, number: int, at: datetime) -> None:
    """A meeting that ends at this moment, and of which nobody says a word."""
    _booked(world, seller, number, at - HALF_AN_HOUR)


def _duty(world: World, seller: User, number: int, at: datetime) -> None:
    """A no-show of seven days ago for which nobody found a new time."""
    meeting = _booked(world, seller, number, at - 7 * DAY - HALF_AN_HOUR)
    outcomes.no_show(meeting, by=seller, at=at - 7 * DAY)


def _waiting(world: World, seller: User, number: int, at: datetime) -> None:
    """A lead that was handed over when its meeting was booked, and that nobody accepted for 24 hours."""
    product, _made = Product.objects.get_or_create(name="Chaos")
    lead = _lead(world, number, at - DAY - HALF_AN_HOUR)
    booking.book(
        Lead.objects.get(pk=lead.pk),
        product=product,
        starts_at=at + 2 * DAY,
        by=world.rep,
        at=at - DAY,
        owner=seller,
        amount=200_000,
    )


def _given_up(world: World, seller: User, number: int, at: datetime) -> None:
    """A sale whose only meeting was called off, and whose lead is in nobody's hands any more."""
    meeting = _booked(world, seller, number, at - DAY)
    moving.cancel(meeting, by=world.rep, at=at - DAY - HALF_AN_HOUR)
    dispositions.nurture(
        [meeting.lead_id], reason=Reason.objects.get(code="budget_later"), by=world.rep, at=at - HALF_AN_HOUR
    )


def _renewed(world: World, seller: User, number: int, at: datetime) -> None:
    """A contract whose end must be told of at this moment."""
    product, _made = Product.objects.get_or_create(name="Chaos")
    lead = _lead(world, number, at - 30 * DAY)
    sale = opportunities.open(
        lead.account,
        product,
        leads=[lead],
        by=world.rep,
        at=at - 29 * DAY,
        development_owner=world.rep,
        opportunity_owner=seller,
    )
    closing.win(sale, by=None, at=at - 28 * DAY, contract_end_date=(at + 120 * DAY).date())
    # To the minute, so that each boundary has one of its own.
    Opportunity.objects.filter(pk=sale.pk).update(renew_at=at)


def _day(world: World, seller: User, number: int, at: datetime) -> None:
    """A rep's day that ends at this moment, with leads left in the queue and none pulled."""
    if not number:
        world.raw(3)
        User.objects.update(date_joined=FIRST - 60 * DAY)
    User.objects.filter(pk=world.rep.pk).update(day_ends_at=at)


# How the rows of each come due, and how far apart.
MADE: dict[str, tuple[Sweep, Callable, timedelta]] = {
    sweep.name: (sweep, make, apart)
    for sweep, make, apart in (
        (of_meetings.MEETINGS, _over, APART),
        (of_meetings.NO_SHOWS, _duty, APART),
        (of_meetings.HAND_OFFS, _waiting, APART),
        (of_meetings.GIVEN_UP, _given_up, APART),
        (of_meetings.CONTRACTS, _renewed, APART),
        (DAY_END, _day, DAY),
    )
}
