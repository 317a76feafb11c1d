"""The daily figures equal the leads and the events they are counted from, day by day, however often a day was counted."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Event
from leadops.simulation import company, house
from leadops.simulation.world import World
from leads.models import Lead
from reporting import counting, life, permissions
from reporting.models import Figure
from reporting.period import ZONE, Period
from tests.factories import put
from tests.lasting import at_once

pytestmark = pytest.mark.django_db
START = datetime(2026, 3, 2, tzinfo=UTC)
DAYS = 5


def test_the_figures_of_each_day_equal_the_leads_and_events_of_that_day():
    people, standing = None, {}
    for day in range(DAYS):
        begins = START + timedelta(days=day)
        world = World(people or house.some(2, START), seed=day, start=begins, end=begins + timedelta(hours=22))
        people = world.house
        company.live(world, per_day=6)
        for _ in range(1 + day % 2):
            counting.count(world.end)
        leads = Lead.objects.filter(gone_as="").values_list("status", "motion", "nurture_kind")
        standing[world.end.astimezone(ZoneInfo(ZONE)).date()] = Counter(":".join(filter(None, lead)) for lead in leads)

    kept: dict = {day: Counter() for day in standing}
    for figure in Figure.objects.filter(kind="count"):
        kept[figure.day][figure.key] = int(figure.value)
    moves, counted = Counter(), Counter()
    for event in Event.objects.filter(kind="transition"):
        day = event.recorded_at.astimezone(ZoneInfo(ZONE)).date()
        moves[day, event.from_status, event.to_status] += 1
    for figure in Figure.objects.filter(kind="move"):
        before, after = (lane.partition("/")[0] for lane in figure.key.split(":"))
        counted[figure.day, before, after] += int(figure.value)
    assert kept == standing
    assert counted == moves
    assert len(moves) > 10


def test_the_clock_of_the_house_is_what_the_events_say():
    world = World(house.some(2, START), seed=3, start=START, end=START + timedelta(days=4))
    company.live(world, per_day=6)
    counting.count(world.end)
    period = Period(START.date(), (world.end + timedelta(days=1)).date())
    found = life.of_house(period, world.end)
    moves = Counter(f"{e.from_status}:{e.to_status}" for e in Event.objects.filter(kind="transition"))
    leads = Counter(Lead.objects.filter(gone_as="").values_list("status", flat=True))
    held = Lead.objects.filter(cycle__has_exception=True, status__in=("assigned", "working")).count()
    assert found.moves == moves
    assert {state: number for state, number in found.standing.items() if number} == {
        state: number for state, number in leads.items() if state not in ("assigned", "working")
    }
    assert found.all_in_hand + held == leads["assigned"] + leads["working"]


def test_a_large_house_never_counted_is_counted_for_whoever_looks_first_and_read_by_whoever_looks_next(monkeypatch):
    monkeypatch.setattr(counting, "LARGE", 1)
    world = World(house.some(2, START), seed=3, start=START, end=START + timedelta(days=2))
    company.live(world, per_day=6)
    period = Period(START.date(), (world.end + timedelta(days=1)).date())
    assert Figure.objects.count() == 0

    with CaptureQueriesContext(connection) as first:
        one = life.of_house(period, world.end)
    kept = list(Figure.objects.order_by("pk").values())
    with CaptureQueriesContext(connection) as next_one:
        two = life.of_house(period, world.end + timedelta(minutes=5))

    assert kept
    assert list(Figure.objects.order_by("pk").values()) == kept
    assert (two.standing, two.kinds, two.moves, two.counted_at) == (one.standing, one.kinds, one.moves, world.end)
    assert len(next_one) == 4 < len(first)


@pytest.mark.django_db(transaction=True)
def test_who_looks_at_the_same_moment_waits_for_that_count(shipped, house, monkeypatch):
    monkeypatch.setattr(counting, "LARGE", 1)
    at = START + timedelta(days=1)
    put(None, "assigned", owner=house.ana, at=START)

    at_once(*[lambda: counting.count_first(at)] * 4)

    assert Figure.objects.filter(kind="count").count() == 1


def test_what_a_manager_sees_is_counted_with_the_house_and_equals_a_count_of_their_people_alone():
    world = World(house.some(5, START), seed=5, start=START, end=START + timedelta(days=12))
    company.live(world, per_day=8)
    period = Period(START.date(), (world.end + timedelta(days=1)).date())
    watched = permissions.watched()
    alone = [life.of_people(*whose, period, world.end) for whose in watched]

    counting.count(world.end)
    with CaptureQueriesContext(connection) as asked:
        kept = [life.of_people(*whose, period, world.end) for whose in watched]

    assert len(watched) > 1
    assert sum(sum(found.standing.values()) for found in alone) > 20
    assert any(found.stays for found in alone)
    assert all(found.stood_at is None for found in alone)
    assert all(found.stood_at == world.end for found in kept)
    assert [_said(found) for found in kept] == [_said(found) for found in alone]
    assert len(asked) == 6 * len(watched)


def test_a_manager_whose_people_change_sees_the_new_ones_at_once(shipped, house):
    at = START + timedelta(days=1)
    put(None, "nurture", owner=house.ana, at=START)
    period = Period(START.date(), (at + timedelta(days=1)).date())
    counting.count(at)
    one = life.of_people([house.ben.pk], [], period, at)
    both = life.of_people(sorted([house.ana.pk, house.ben.pk]), [], period, at)
    assert (one.standing["nurture"], both.standing["nurture"]) == (0, 1)


def _said(found: life.Life) -> tuple:
    counts = (found.standing, found.kinds, found.moves, found.stuck, found.changes)
    return (
        found.hand,
        *({key: n for key, n in each.items() if n} for each in counts),
        found.stays,
        found.due,
        found.left_out,
    )
