"""Meetings of a made-up company, with all that goes wrong: moved, called off, not come to, missed, without a word of it, corrected; and
the sales that follow, won and lost. Everything through the real processes."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

from accounts.models import Opportunity, OpportunityStatus, Reason, Role, Stage, User
from leadops.simulation.world import DAY, HOUR, MINUTE, World, at_hour, works_on
from leads import qualification
from leads.lifecycle import Refused
from leads.models import ContactRole, Lead, LeadStatus
from meetings import booking, closing, handing, moving, opportunities, outcomes
from meetings.models import HandOff, HandOffPoint, Meeting, MeetingStatus

AMOUNTS = (3_600, 8_400, 12_000, 18_500, 32_000, 64_000, 140_000)
PLACES = ("https://meet.example/{}", "By phone", "At their office")
PERSONAS = ("Head of operations", "Decision maker", "User", "Finance")
WANTS = (
    "See the planning board with their own data.",
    "Understand what a switch would take.",
    "Prices for forty people.",
    "",
)
ENDS = ("not_in_purchase", "wrong_use_case", "budget_later", "missing_feature", "not_a_prospect")
CARD = {
    "urgency": 2, "criticality": 2, "complexity": 1, "need": "yes", "need_evidence": "Two plan by hand, every day.", "timeline": "yes",
    "timeline_evidence": "They want to begin next quarter.", "compelling_event": "The contract with their vendor ends.",
    "systems": "A spreadsheet, and SAP.", "size": "40 people",
}  # fmt: skip


def _try(world: World, what: str, do: Callable):
    """Do something that may be refused, count it, and return what came of it."""
    try:
        done = do()
    except Refused as refusal:
        world.refused[f"{what}: {refusal.code}"] += 1
        return None
    world.did[what] += 1
    return done


def book(world: World, at: datetime, rep: User | None, lead: Lead, tries: int = 3) -> None:
    """Book a meeting, or have them book it by themselves; whoever is taken then is asked for another time."""
    closers = list(world.house.of(Role.AE))
    for _ in range(tries):
        closer = world.random.choice(closers)
        starts = _time(world, at, closer)
        meeting = _try(
            world, "meetings booked",
            lambda closer=closer, starts=starts: booking.book(
                Lead.objects.get(pk=lead.pk), product=world.random.choice(world.house.products), starts_at=starts, by=rep, at=at,
                owner=closer, minutes=world.random.choice((30, 30, 45, 60)), amount=Decimal(world.random.choice(AMOUNTS)),
                zone=world.random.choice(("Europe/Berlin", "Europe/London", "America/New_York")),
                place=world.random.choice(PLACES).format(lead.pk), persona=world.random.choice(PERSONAS),
                next_step=world.random.choice(WANTS), company="" if lead.account_id else f"Company {lead.pk}",
            ),
        )  # fmt: skip
        if meeting is not None:
            if meeting.point == HandOffPoint.SCHEDULED:
                world.plan(at + world.between(HOUR, 30 * HOUR), take_over, meeting.lead_id)
            _ahead(world, at, meeting)
            return


def _time(world: World, at: datetime, closer: User) -> datetime:
    on = (at + world.between(2 * DAY, 9 * DAY)).astimezone(closer.zone).date()
    while not works_on(closer, on):
        on += DAY
    return at_hour(closer, on, world.random.choice((9.5, 10, 11, 13.5, 14, 15, 16)))


def _ahead(world: World, at: datetime, meeting: Meeting) -> None:
    """Let something come between, or let the time come."""
    way = world.random.random()
    before = meeting.starts_at - world.between(10 * MINUTE, 20 * HOUR)
    if way < 0.12 and before > at:
        world.plan(before, move, meeting.pk)
    elif way < 0.18 and before > at:
        world.plan(before, call_off, meeting.pk)
    elif way < 0.95:
        world.plan(meeting.ends_at + world.between(2 * MINUTE, 18 * HOUR), meet, meeting.pk)
    else:
        world.plan(meeting.starts_at + timedelta(hours=49), speak_up, meeting.pk)  # its owner says nothing


def move(world: World, at: datetime, pk: int) -> None:
    meeting = Meeting.objects.get(pk=pk)
    theirs, starts = world.chance(0.7), _time(world, at, meeting.owner)
    by = None if theirs else meeting.owner
    new = _try(
        world, "meetings moved", lambda: moving.reschedule(meeting, starts_at=starts, by=by, at=at, is_theirs=theirs)
    )
    if new is not None:
        _ahead(world, at, new)


def call_off(world: World, at: datetime, pk: int) -> None:
    meeting, theirs = Meeting.objects.get(pk=pk), world.chance(0.6)
    _try(
        world, "meetings called off", lambda: moving.cancel(meeting, by=None if theirs else meeting.owner, at=at, is_theirs=theirs)
    )  # fmt: skip


def meet(world: World, at: datetime, pk: int) -> None:
    """Hold the meeting, or not; say what came of it, sometimes twice, and sometimes wrongly."""
    meeting = Meeting.objects.select_related("owner", "lead").get(pk=pk)
    way, by = world.random.random(), meeting.owner
    if way < 0.6:
        done = _try(world, "meetings qualified", lambda: outcomes.complete_qualified(meeting, by=by, at=at))
    elif way < 0.76:
        done = _try(
            world,
            "meetings unqualified",
            lambda: outcomes.complete_unqualified(meeting, reason=_reason(world), by=by, at=at),
        )
    elif way < 0.95:
        done = _try(world, "no-shows", lambda: outcomes.no_show(meeting, by=by, at=at))
    else:
        done = _try(world, "meetings missed by us", lambda: outcomes.missed_by_owner(meeting, by=by, at=at))
    if done is None:
        return
    if world.chance(0.05):
        _try(world, "said twice", lambda: outcomes.no_show(meeting, by=by, at=at + timedelta(seconds=1)))
    if world.chance(0.04) and done.status == MeetingStatus.NO_SHOW:
        later = at + world.between(MINUTE, 5 * HOUR)
        world.plan(later, put_right, pk)
    elif done.status in (MeetingStatus.NO_SHOW, MeetingStatus.MISSED):
        if world.chance(0.6):
            world.plan(at + world.between(4 * HOUR, 5 * DAY), again, pk)
    elif done.status == MeetingStatus.QUALIFIED:
        world.plan(at + world.between(2 * DAY, 12 * DAY), carry_on, done.opportunity_id)


def _reason(world: World) -> Reason:
    return world.reasons[world.random.choice(ENDS)]


def put_right(world: World, at: datetime, pk: int) -> None:
    """They had come after all: the word is corrected."""
    meeting = Meeting.objects.select_related("owner").get(pk=pk)
    _try(
        world, "meetings corrected", lambda: outcomes.correct(meeting, MeetingStatus.QUALIFIED, by=meeting.owner, at=at)
    )


def again(world: World, at: datetime, pk: int) -> None:
    """Whoever has the lead now finds a new time."""
    lead = Meeting.objects.select_related("lead__owner").get(pk=pk).lead
    if lead.status == LeadStatus.WORKING and lead.owner is not None:
        book(world, at, lead.owner, lead)


def speak_up(world: World, at: datetime, pk: int) -> None:
    """Nobody said what came of it for two days: its owner does at last."""
    meeting = Meeting.objects.select_related("owner").get(pk=pk)
    if meeting.status == MeetingStatus.BOOKED:
        _try(world, "meetings qualified", lambda: outcomes.complete_qualified(meeting, by=meeting.owner, at=at))


def carry_on(world: World, at: datetime, pk: int) -> None:
    """Carry a sale a stage on, or back, or to its end."""
    sale = Opportunity.objects.select_related("stage", "opportunity_owner").get(pk=pk)
    if sale.status != OpportunityStatus.OPEN or sale.opportunity_owner is None:
        return
    owner = sale.opportunity_owner
    stages = list(Stage.objects.filter(status=OpportunityStatus.OPEN).order_by("order"))
    ahead = [stage for stage in stages if stage.order > sale.stage.order]
    if world.chance(0.15):
        reason = world.random.choice(list(Reason.objects.filter(disposition="loss").order_by("pk")))
        _try(world, "sales lost", lambda: closing.lose(sale, reason=reason, by=owner, at=at))
        return
    if not ahead or world.chance(0.1):
        ends = (at + timedelta(days=365)).date()
        success = world.random.choice([*world.house.of(Role.CSM), None])
        if _try(
            world,
            "sales won",
            lambda: closing.win(sale, by=owner, at=at, contract_end_date=ends, success_owner=success),
        ):
            world.plan(at + world.between(HOUR, 30 * HOUR), take_on, pk)
        return
    if opportunities.missing_answers(sale):
        _fill(world, at, sale, owner)
    _try(world, ahead[0].name.lower(), lambda: opportunities.advance(sale, ahead[0], by=owner, at=at))
    world.plan(at + world.between(3 * DAY, 15 * DAY), carry_on, pk)


def _fill(world: World, at: datetime, sale: Opportunity, owner: User) -> None:
    role = ContactRole.objects.filter(opportunity=sale, lead__owner=owner).select_related("lead").first()
    if role is not None:
        _try(world, "cards filled", lambda: qualification.fill(role.lead, CARD, decision="sales", by=owner, at=at).lead)


def take_over(world: World, at: datetime, lead: int) -> None:
    """The executive takes on a lead that was handed over at the booking, or sends it back; some forget, and the meeting's word answers."""
    waits = HandOff.objects.filter(lead=lead, kind=HandOff.Kind.SALE, outcome="")
    row = waits.select_related("receiver").first()
    way = world.random.random()
    if row is None or row.receiver is None or way < 0.1:
        return
    if way < 0.25:
        why = world.reasons[world.random.choice(("refused_pack", "refused_person", "refused_need"))]
        _try(world, "leads sent back", lambda: handing.refuse(row, reason=why, by=row.receiver, at=at))
    else:
        _try(world, "leads taken over", lambda: handing.accept(row, by=row.receiver, at=at))


def take_on(world: World, at: datetime, sale: int) -> None:
    """The success manager takes the customer on, or says oversold."""
    row = (
        HandOff.objects.select_related("receiver")
        .filter(opportunity=sale, kind=HandOff.Kind.SUCCESS, outcome="")
        .first()
    )
    if row is None or row.receiver is None:
        return
    if world.chance(0.1):
        why = "They were told that it talks to their SAP."
        _try(
            world,
            "customers refused",
            lambda: handing.refuse(row, reason=world.reasons["oversold"], why=why, by=row.receiver, at=at),
        )
    else:
        _try(world, "customers taken on", lambda: handing.accept(row, by=row.receiver, at=at))
