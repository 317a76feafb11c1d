"""What LeadOps does by itself in a made-up company: it looks every few hours at what has become due."""

from datetime import datetime, timedelta

from leadops.simulation.world import DAY, HOUR, World
from leads import recycling
from leads.models import Cycle, Lead, LeadStatus

EVERY = 6 * HOUR


def plan_a_day(world: World, midnight: datetime) -> None:
    for hours in range(1, 24, EVERY // HOUR):
        world.plan(midnight + timedelta(hours=hours), sweep)


def sweep(world: World, at: datetime) -> None:
    """Give up on what is due, and bring back whose time has come; each is dated when it was due."""
    old = Cycle.objects.filter(ended_at=None, assigned_at__lte=at - 14 * DAY, motion="slg").order_by("pk")
    if ids := list(old.values_list("lead_id", flat=True)):
        world.did["abandoned"] += len(recycling.abandon(ids, at=at).done)
    due = Lead.objects.filter(status=LeadStatus.NURTURE, recycle_at__lte=at, gone_as="").order_by("pk")
    for lead in due.values_list("pk", flat=True):
        line = world.random.choice(world.house.lines)
        world.attempt("came back", lambda lead=lead, line=line: recycling.come_back([lead], at=at, queue=line))
