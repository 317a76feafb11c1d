"""What account executives of a made-up company do with the meetings that sellers book: hold them, and carry the sale on."""

from datetime import datetime
from decimal import Decimal

from accounts.models import Opportunity, OpportunityStatus, Role, Stage, User
from leadops.simulation.world import DAY, HOUR, World, at_hour, works_on
from leads import notes
from leads.models import Lead
from meetings import opportunities


def book(world: World, at: datetime, rep: User, lead: Lead) -> None:
    """Book a first meeting: the opportunity opens with it, the seller stays with the lead until it was held."""
    if lead.account is None:
        world.refused["booked: no company"] += 1
        return
    closer = world.random.choice(list(world.house.of(Role.AE)))
    amount = Decimal(world.random.choice((3_600, 8_400, 12_000, 18_500, 32_000, 64_000)))
    sale = opportunities.open(
        lead.account, world.random.choice(world.house.products), leads=[lead], by=rep, at=at, development_owner=rep,
        opportunity_owner=closer, amount=amount,
    )  # fmt: skip
    world.did["meetings booked"] += 1
    held = _meeting(world, at, closer)
    what = f"Meeting with {closer.get_short_name()}"
    world.attempt(
        "planned", lambda: notes.follow_up([lead.pk], due_at=held, by=rep, at=at, channel="meeting", what=what)
    )
    if world.chance(0.85):
        world.plan(held + HOUR, hold, closer, sale)


def _meeting(world: World, at: datetime, closer: User) -> datetime:
    on = (at + world.between(2 * DAY, 9 * DAY)).astimezone(closer.zone).date()
    while not works_on(closer, on):
        on += DAY
    return at_hour(closer, on, world.random.choice((9.5, 10, 11, 13.5, 14, 15, 16)))


def hold(world: World, at: datetime, closer: User, sale: Opportunity) -> None:
    """Hold the meeting: the sale reaches the qualifying stage, and its leads are qualified."""
    stages = list(Stage.objects.filter(status=OpportunityStatus.OPEN).order_by("order"))
    sale = Opportunity.objects.select_related("stage").get(pk=sale.pk)
    ahead = [stage for stage in stages if stage.order > sale.stage.order]
    if sale.status != OpportunityStatus.OPEN or not ahead:
        return
    opportunities.advance(sale, ahead[0], by=closer, at=at)
    world.did[ahead[0].name.lower()] += 1
    if ahead[1:] and world.chance(0.6):
        world.plan(at + world.between(4 * DAY, 15 * DAY), hold, closer, sale)
