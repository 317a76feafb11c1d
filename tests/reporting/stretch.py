"""A made-up stretch of work that every figure is asked over: a company through the real code, and what it does not do by itself."""

from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from accounts import changes
from accounts.models import Absence, Opportunity, Reason, User
from leadops.simulation import company, house, sales
from leadops.simulation.world import DAY, HOUR, World
from leads import assignment, contacts, dispositions, exceptions, product_led, signals, touches
from leads.lifecycle import Refused
from leads.models import Lead, Source, Touch
from meetings import closing, opportunities
from reporting import rates
from tests.factories import LeadFactory

START = datetime(2026, 2, 2, tzinfo=UTC)


def live(days: int, *, seed: int = 7) -> tuple[World, datetime]:
    """Let three reps live so many days, and return their world and its end."""
    end = START + timedelta(days=days)
    world = World(house.some(3, START), seed=seed, start=START, end=end)
    company.grant_leave(world)
    for day, currency in enumerate(("USD", "SEK", "USD"), 2):
        world.plan(START + (3 * day) * DAY, is_worth, currency, Decimal("0.9") / day)
    for day in range(days):
        everything = (
            asks_for_us,
            is_written_to,
            is_taken_back,
            is_an_exception,
            books_by_themselves,
            is_reorganised,
            signs_up,
            is_abroad,
        )
        for nth, happens in enumerate(everything):
            if (day + nth) % 3 == 0:
                world.plan(START + day * DAY + (9 + nth) * HOUR, happens)
        if day % 4 == 3:
            world.plan(START + day * DAY + 15 * HOUR, is_won)
    company.live(world, per_day=7)
    return world, end


def _somebody(world: World, **facts) -> Lead | None:
    found = list(Lead.objects.filter(motion="slg", gone_as="", owner__isnull=False, **facts).order_by("pk"))
    return world.random.choice(found) if found else None


def asks_for_us(world: World, at: datetime) -> None:
    """Somebody in hand asks for us, once answered and once not."""
    for status in ("assigned", "working"):
        if lead := _somebody(world, status=status):
            world.attempt("asked for us", lambda lead=lead: signals.raise_hand([lead.pk], what="call", by=None, at=at))


def is_written_to(world: World, at: datetime) -> None:
    """A machine writes to somebody; a colleague calls somebody else's lead."""
    if lead := _somebody(world, status="working"):
        how = {"channel": "email", "outcome": "sent", "by": None, "is_automated": True}
        world.attempt("written to", lambda: touches.log([lead.pk], at=at, **how))
    if lead := _somebody(world, status="assigned"):
        boss = next(world.house.of("manager"))
        world.attempt("called", lambda: touches.log([lead.pk], channel="call", outcome="no_answer", by=boss, at=at))


def is_taken_back(world: World, at: datetime) -> None:
    """A first touch is logged and taken back within its minute."""
    if lead := _somebody(world, status="assigned"):
        how = {"channel": "call", "outcome": "no_answer", "by": lead.owner}
        world.attempt("touched", lambda: touches.log([lead.pk], at=at, **how))
        touch = Touch.objects.filter(lead=lead, recorded_at=at).first()
        if touch:
            world.attempt("taken back", lambda: touches.withdraw(touch, by=lead.owner, at=at + timedelta(seconds=30)))


def books_by_themselves(world: World, at: datetime) -> None:
    """Somebody whom nobody has touched yet books a meeting by themselves; now and then their lead goes to another before it is held."""
    if lead := _somebody(world, status="assigned", go_to_market="inbound"):
        sales.book(world, at, None, lead)
        if world.chance(0.3):
            other = world.random.choice(sorted(world.house.of("sdr"), key=lambda rep: rep.pk))
            world.attempt("moved", lambda: assignment.assign([lead.pk], to=other, by=None, at=at + HOUR))


def is_reorganised(world: World, at: datetime) -> None:
    """Somebody gets other hours, goes away or does not after all; a reason is flagged otherwise; a title is put right."""
    rep = world.random.choice(sorted(world.house.of("sdr"), key=lambda rep: rep.pk))
    with changes.dated(at):
        hours = {"work_start": time(world.random.randint(6, 11)), "work_days": world.random.sample(range(1, 8), 4)}
        User.objects.filter(pk=rep.pk).update(**hours)
        if away := Absence.objects.filter(user=rep, note="Meant to").first():
            away.delete()
        else:
            Absence.objects.create(user=rep, starts_at=at - 2 * DAY, ends_at=at + DAY, note="Meant to")
        for reason in Reason.objects.filter(disposition="unqualified", is_system=False):
            reason.is_prequalification = world.chance(0.5)
            reason.save(update_fields=["is_prequalification"])
    if lead := _somebody(world, account__isnull=False):
        title = world.random.choice(("CEO", "Budget Controller", "Clerk"))
        with suppress(Refused):
            contacts.edit(lead, {"title": title}, was={"title": lead.title}, by=lead.owner, at=at)


def signs_up(world: World, at: datetime) -> None:
    """Two try the product; some activate it, some of them are handed over, some leave it."""
    source = Source.objects.order_by("pk").first()
    for _ in range(2):
        lead = LeadFactory(motion="plg", status_since=at, created_at=at, recorded_at=at, source=source)
        world.attempt("signed up", lambda lead=lead: product_led.sign_up([lead], at=at))
        way, later = world.random.random(), at + world.between(HOUR, 5 * DAY)
        if way < 0.7:
            world.plan(later, activates, lead.pk)
        if way < 0.3:
            world.plan(later + DAY, is_handed_over, lead.pk)
        elif way > 0.6:
            world.plan(later + 2 * DAY, leaves, lead.pk, "not_activated" if way > 0.7 else "stopped_using")


def activates(world: World, at: datetime, pk: int) -> None:
    world.attempt("activated", lambda: product_led.activate([pk], at=at))


def is_handed_over(world: World, at: datetime, pk: int) -> None:
    rep = world.random.choice(sorted(world.house.of("sdr"), key=lambda rep: rep.pk))
    world.attempt("handed over", lambda: product_led.hand_over([pk], to=rep, at=at))


def leaves(world: World, at: datetime, pk: int, code: str) -> None:
    why = Reason.objects.get(code=code)
    world.attempt("left", lambda: dispositions.nurture([pk], reason=why, by=None, at=at))


def is_an_exception(world: World, at: datetime) -> None:
    if lead := _somebody(world, status="working"):
        why, by = Reason.objects.filter(disposition="exception").first(), next(world.house.of("revops"))
        asked = {"reason": why, "review_at": at + 9 * DAY, "by": lead.owner, "at": at}
        world.attempt("exceptions asked for", lambda: exceptions.ask([lead.pk], **asked))
        world.attempt("exceptions granted", lambda: exceptions.grant([lead.pk], by=by, at=at + timedelta(minutes=1)))


def is_worth(world: World, at: datetime, currency: str, rate: Decimal) -> None:
    """RevOps keeps what a currency is worth; a week later it was said wrong, and is put right for the days that are not closed."""
    rates.keep(currency, at.date(), rate, by=next(world.house.of("revops")), at=at)
    if at + 7 * DAY < world.end:
        world.plan(at + 7 * DAY, lambda world, later: rates.keep(currency, at.date(), rate * 2, by=None, at=later))


def is_abroad(world: World, at: datetime) -> None:
    """A sale is paid in another money; one of them in one that has no rate."""
    for currency in ("USD", "SEK", "CHF"):
        found = list(Opportunity.objects.filter(status="open", gone_as="", currency="EUR").order_by("pk"))
        if found:
            sale, by = world.random.choice(found), next(world.house.of("revops"))
            said = {"amount": sale.amount, "currency": currency, "by": by, "at": at}
            opportunities.change_value(sale, **said)


def is_won(world: World, at: datetime) -> None:
    """A sale is won at once, and its customer handed to success, who says something to it a day or two later."""
    found = list(Opportunity.objects.filter(status="open", gone_as="").order_by("pk"))
    if found:
        sale, success = world.random.choice(found), next(world.house.of("csm"))
        closing.win(sale, by=next(world.house.of("revops")), at=at, success_owner=success)
        world.plan(at + world.between(HOUR, 40 * HOUR), sales.take_on, sale.pk)
