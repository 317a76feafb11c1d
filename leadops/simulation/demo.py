"""The world that `./run` shows: a company that has lived for two months, and whose sellers have a lively day before them.

The background lives by chance (`company.py`), large groups share a fate (below), and whoever stands in a queue just now has a
story (`stories.py`). Everything ends at one moment, which is now.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import F

from accounts.models import Door, Message, Role
from leadops.simulation import company, house, reps, stories
from leadops.simulation.arriving import come_in
from leadops.simulation.names import SIZES
from leadops.simulation.world import DAY, HOUR, MINUTE, World
from leads import assignment, dispositions, product_led, touches
from leads.models import Signal, Trigger
from reporting import pay

SEED, DAYS, A_DAY = 11, 42, 1
OPENED = 240 * DAY  # the first people came this long ago
QUIET = 7 * HOUR  # chance brings nobody in the last hours: they belong to the stories


def make(now: datetime) -> World:
    """Make the demo people and their world. Everything of it happened before `now`."""
    home = house.demo(now - OPENED)
    world = World(home, seed=SEED, start=now - DAYS * DAY, end=now)
    world.sweep_hours, world.mornings_from = (5,), now - 2 * DAY
    enter_absences(world)
    stories.tell(world)
    tell_of_many(world)
    for hours in (6, 3):
        for rep in home.of(Role.SDR):
            world.plan(now - hours * HOUR, clear_the_room, rep)
    company.live(world, per_day=A_DAY, quiet=QUIET)
    Message.objects.filter(channel="page", created_at__lt=now - DAY).update(read_at=F("created_at") + 2 * HOUR)
    for month in pay.months_to_freeze(now):
        pay.freeze(month, at=month.closes_at)
    return world


def enter_absences(world: World) -> None:
    """Some were away, one will be, one is."""
    home, now = world.house, world.end
    for who, starts_at, days, delegate, note in (
        ("dov", now - 13 * DAY, 4, home["ana"], "Parental leave"),
        ("ana", now - 65 * DAY, 2, home["ben"], "Moving house"),
        ("ben", now + 5 * DAY, 7, home["ana"], "Holiday"),
        ("finn", now - 1 * DAY, 1.6, None, "Training"),
    ):
        home.away(home[who], starts_at, days, delegate, note, at=starts_at - 7 * DAY)


def clear_the_room(world: World, at: datetime, rep) -> None:
    """Work all that chance left in a queue, so that the stories stand out."""
    world.overlooked.clear()
    reps.session(world, at, rep, 60, False)


# Groups that share a fate: source, number, days ago they came and were ended, reason.
FATES = (
    ("Webinar", 7, 205, 198, "rep_abandoned"),
    ("Cold list", 9, 58, 50, "rep_abandoned"),
    ("Whitepaper", 5, 52, 46, "reevaluating"),
    ("Webinar", 5, 49, 44, "missing_feature"),
    ("Trade show", 9, 43, 38, "bought_competitor"),
    ("Paid search", 4, 40, 33, "unaware"),
    ("Referral", 3, 37, 30, "not_in_purchase"),
    ("Whitepaper", 7, 33, 26, "budget_later"),
    ("Paid search", 3, 27, 22, "wrong_use_case"),
    ("Webinar", 3, 23, 19, "too_small"),
    ("Cold list", 4, 21, 15, "no_for_now"),
    ("Paid search", 4, 18, 12, "not_a_prospect"),
    ("Cold list", 3, 14, 9, "left_company"),
    ("Paid search", 2, 10, 6, "false_identity"),
)


def tell_of_many(world: World) -> None:
    """Tell of groups: worked and ended for one reason, set aside, discarded, waiting in queues, signed up to the product."""
    now, sellers = world.end, list(world.house.of(Role.SDR))
    for number, (source, many, came, ended, code) in enumerate(FATES):
        rep = sellers[number % len(sellers)]
        world.plan(now - came * DAY + 5 * HOUR, work_together, rep, source, many, code, now - ended * DAY)
    world.plan(now - 36 * DAY, leave_to_marketing, "Webinar", 14, "")
    world.plan(now - 17 * DAY, leave_to_marketing, "Whitepaper", 6, "false_identity")
    world.plan(now - 3 * DAY, leave_to_marketing, "Trade show", 9, None)
    for ago, line, many in ((20 * HOUR, 0, 18), (19 * HOUR, 1, 15)):
        world.plan(now - ago, list_for, world.house.lines[line], many)
    world.plan(now - 8 * DAY, try_product, 8)


def _people(world: World, many: int):
    return [world.maker.person() for _ in range(many)]


def _arrive(world: World, at: datetime, source: str, many: int, **more) -> list[int]:
    """A group comes in, each some minutes after the other; nobody but its fate acts on it."""
    leads = come_in(world, at, _people(world, many), source, **more)
    world.told.update(leads)
    return leads


def work_together(world: World, at: datetime, rep, source: str, many: int, code: str, ends_at: datetime) -> None:
    """One rep gets a group, writes to all of them, calls again, and ends them for one reason."""
    kind = Signal.Kind.IMPORT if source == "Cold list" else Signal.Kind.FORM
    market = "outbound" if source == "Cold list" else "inbound"
    leads = _arrive(world, at, source, many, kind=kind, go_to_market=market, what=source.lower())
    give = {"to": rep, "by": None, "door": Door.ROUTING, "trigger": Trigger.ROUND_ROBIN}
    world.plan(at + 10 * MINUTE, _do, "given", assignment.assign, leads, give)
    mail = {"channel": "email", "outcome": "sent", "by": rep, "note": "Sent the two-page overview."}
    world.plan(at + 90 * MINUTE, _do, "touched", touches.log, leads, mail)
    again = {"channel": "social", "outcome": "sent", "by": rep}
    world.plan(at + 2 * DAY, _do, "touched", touches.log, leads, again)
    reason = world.reasons[code]
    end = dispositions.unqualify if reason.disposition == "unqualified" else dispositions.nurture
    facts = {"reason": reason, "by": rep} | ({"size": SIZES[0]} if reason.asks_size else {})
    world.plan(ends_at, _do, "ended", end, leads, facts)
    # Whoever comes back from there is anybody's.
    world.plan(ends_at + MINUTE, _leave_to_chance, leads)


def leave_to_marketing(world: World, at: datetime, source: str, many: int, code: str | None) -> None:
    """People who leave their address and never reach sales: set aside, discarded for a reason, or still raw (None)."""
    leads = _arrive(world, at, source, many, kind=Signal.Kind.FORM, what=source.lower())
    mark = world.house["mark"]
    if code == "":
        world.plan(at + DAY, _do, "set aside", dispositions.set_aside, leads, {"by": mark})
    elif code:
        world.plan(at + DAY, _do, "discarded", dispositions.discard, leads, {"by": mark, "reason": world.reasons[code]})


def list_for(world: World, at: datetime, line, many: int) -> None:
    """A list is brought into a line's queue and waits there."""
    rita = world.house["rita"]
    _arrive(
        world,
        at,
        "Cold list",
        many,
        kind=Signal.Kind.IMPORT,
        go_to_market="outbound",
        by=rita,
        door=Door.IMPORT,
        team=line,
    )


def try_product(world: World, at: datetime, many: int) -> None:
    """People sign up to the product; half of them use it."""
    leads = _arrive(world, at, "Product", many, kind=Signal.Kind.PRODUCT, what="signed up", motion="plg")
    world.plan(at + MINUTE, _do, "signed up", product_led.sign_up, leads, {})
    world.plan(at + 2 * DAY, _do, "activated", product_led.activate, leads[: many // 2], {})


def _leave_to_chance(world: World, at: datetime, leads: Sequence[int]) -> None:
    world.told.difference_update(leads)


def _do(world: World, at: datetime, what: str, process, leads: Sequence[int], facts: dict) -> None:
    world.count(what, process(leads, at=at, **facts))
