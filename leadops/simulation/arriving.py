"""How leads come into a made-up company: forms, hand raises, lists, sign-ups to the product. All through intake."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from accounts import changes
from accounts.matching import Company, accounts_for
from accounts.models import Account, Door, Role, User
from leadops.simulation.people import Person, nature
from leadops.simulation.words import ASKED
from leadops.simulation.world import DAY, HOUR, MINUTE, World, at_hour, works_on
from leads import assignment, product_led
from leads.intake import CREATED, make_row, take
from leads.models import Signal

CAMPAIGNS = {
    "Demo request": ("Website", "Pricing page"),
    "Webinar": ("Field work without paper", "Planning under pressure"),
    "Whitepaper": ("The true cost of no-shows", "Buyer's guide"),
    "Paid search": ("Planning software", "Competitor names"),
    "Trade show": ("Logistics Days", "Utility Forum"),
    "Referral": ("Partners", "Customers"),
    "Cold list": ("Cold storage", "Facility services", "Water and energy"),
    "Product": ("Free trial",),
}
SEGMENTS = ("Small business", "Mid-market", "Mid-market", "Enterprise")
REGIONS = {
    "United States": "Americas",
    "Australia": "Asia Pacific",
    "India": "Asia Pacific",
    "Japan": "Asia Pacific",
    "Kenya": "Africa",
}


def come_in(
    world: World, at: datetime, people: Sequence[Person], source: str, *, kind: str, campaign: str = "", motion: str = "slg",
    go_to_market: str = "inbound", by: User | None = None, door: str = Door.API, **more,
) -> list[int]:  # fmt: skip
    """Take people in, and return the leads that are new. What they are like is drawn, where nobody knows it yet."""
    campaign = campaign or world.random.choice(CAMPAIGNS[source])
    values = {"source": source, "campaign": campaign, "motion": motion, "go_to_market": go_to_market, "created_at": at}
    place(people, at)
    rows = [make_row(person.facts() | values, kind=kind, **more) for person in people]
    taken = take(rows, by=by, at=at, door=door)
    world.did[f"{source} taken"] += sum(t.result == CREATED for t in taken)
    leads = [t.lead for t in taken if t.lead and t.result == CREATED]
    for lead in leads:
        world.natures.setdefault(lead, nature(world.random))
    return leads


def place(people: Sequence[Person], at: datetime) -> None:
    """RevOps' list of companies knows where they are and how large: it is there before their people come."""
    companies = {Company(person.email, person.website, person.company, person.country) for person in people}
    found = accounts_for(sorted(companies), at=at)
    country = {answer.account: row.country for row, answer in found.items()}
    new = list(Account.objects.filter(pk__in=country, segment="").order_by("pk"))
    for account in new:
        account.segment = SEGMENTS[sum(account.name.encode()) % len(SEGMENTS)]
        account.region = REGIONS.get(country[account.pk], "Europe")
    if new:
        with changes.dated(at):
            Account.objects.bulk_update(new, ["segment", "region"])


def ask(world: World, at: datetime) -> None:
    """Somebody asks for us on the site: assigned at once."""
    what = world.random.choices(("demo", "call", "chat"), (6, 2, 1))[0]
    words = world.random.choice(ASKED[what])
    source = "Demo request" if what == "demo" else world.random.choice(("Paid search", "Referral"))
    kind = Signal.Kind.HAND_RAISE
    come_in(world, at, [world.maker.person()], source, kind=kind, what=what, words=words, team=world.house.pool)


def read_something(world: World, at: datetime, source: str, number: int) -> None:
    """People leave their address for a paper or a webinar; the best of them are routed within the hour."""
    people = [world.maker.person(is_buyer=not world.chance(0.12)) for _ in range(number)]
    leads = come_in(world, at, people, source, kind=Signal.Kind.FORM, what=source.lower())
    best = leads[: len(leads) * 2 // 3]
    if best:
        world.plan(at + world.between(20 * MINUTE, HOUR), route, best)


def route(world: World, at: datetime, leads: list[int]) -> None:
    """Routing says whose the best of them are."""
    world.count("routed", assignment.route(leads, by=None, at=at, queue=world.house.pool))


def bring_list(world: World, at: datetime, source: str, number: int) -> None:
    """RevOps or a manager brings a list: people wait in a line's queue, those of a fair come as inbound."""
    people = [world.maker.person(is_buyer=not world.chance(0.05)) for _ in range(number)]
    line = world.random.choice(world.house.lines)
    inbound = source == "Trade show"
    by = next(world.house.of(Role.REVOPS))
    come_in(
        world, at, people, source, kind=Signal.Kind.IMPORT, go_to_market="inbound" if inbound else "outbound", by=by,
        door=Door.IMPORT, team=line,
    )  # fmt: skip


def sign_up(world: World, at: datetime) -> None:
    """Somebody signs up to the product; some use it, some never do."""
    leads = come_in(
        world, at, [world.maker.person()], "Product", kind=Signal.Kind.PRODUCT, what="signed up", motion="plg"
    )
    if leads:
        world.count("signed up", product_led.sign_up(leads, at=at))
    for lead in leads:
        if world.chance(0.6):
            world.plan(at + world.between(HOUR, 5 * DAY), activate, lead)


def activate(world: World, at: datetime, lead: int) -> None:
    """The product tells that somebody really uses it; a few grow into a case for sales."""
    if lead in world.told or not world.count("activated", product_led.activate([lead], at=at)).done:
        return
    if world.chance(0.4):
        world.plan(at + world.between(2 * DAY, 12 * DAY), hand_over, lead)


def hand_over(world: World, at: datetime, lead: int) -> None:
    """Enough users at one company: sales takes over."""
    to = world.random.choice(list(world.house.of(Role.SDR)))
    rule = world.random.choice(("five_users", "plan_limit", "price_page"))
    world.attempt("handed over", lambda: product_led.hand_over([lead], to=to, at=at, rule=rule))


def plan_a_day(world: World, on, per_day: int) -> None:
    """Plan who comes on this day: on weekends a third; lists on Mondays and Thursdays of working people."""
    number = per_day if on.isoweekday() < 6 else max(1, per_day // 3)
    head = next(world.house.of(Role.REVOPS))
    midnight = at_hour(head, on, 0)
    number = max(0, round(world.random.gauss(number, number / 5)))
    kinds = world.random.choices(("ask", "read", "list", "sign_up"), (34, 30, 22, 14), k=number)
    for _ in range(kinds.count("ask")):
        hour = world.random.choices((3, 8, 10, 11, 14, 15, 17, 21), (1, 3, 4, 4, 4, 4, 2, 1))[0]
        world.plan(midnight + timedelta(hours=hour) + world.between(0 * HOUR, HOUR), ask)
    for _ in range(kinds.count("sign_up")):
        world.plan(midnight + world.between(6 * HOUR, 23 * HOUR), sign_up)
    if read := kinds.count("read"):
        source = world.random.choice(("Webinar", "Whitepaper", "Paid search"))
        world.plan(midnight + world.between(9 * HOUR, 18 * HOUR), read_something, source, read)
    if works_on(head, on) and (listed := kinds.count("list")):
        source = world.random.choice(("Cold list", "Cold list", "Trade show"))
        world.plan(midnight + world.between(8 * HOUR, 11 * HOUR), bring_list, source, listed)
