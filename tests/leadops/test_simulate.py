"""A made-up company, day by day: sound whatever happens, the same from the same seed, and never among real people."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from accounts.models import Event, User
from leadops import invariants, simulation
from leadops.chaos import soak
from leadops.simulation import company, house
from leadops.simulation.world import World
from leads.models import Lead
from tests.leads.states import raw, settle

pytestmark = pytest.mark.django_db
# Over the night that has 25 hours.
START = datetime(2026, 10, 19, 5, tzinfo=UTC)
DAY = timedelta(days=1)


def lived(days: int, sellers: int, seed: int, per_day: int = 5) -> World:
    world = World(house.some(sellers, START), seed=seed, start=START, end=START + days * DAY)
    company.grant_leave(world)
    company.live(world, per_day=per_day)
    settle()
    return world


def test_ten_days_of_three_reps_break_no_rule_and_leave_nothing_due():
    world = lived(10, 3, seed=3)

    assert invariants.broken() == {}
    assert (
        min(world.did[what] for what in ("touched", "pulled", "nurtured", "answered", "signed up", "meetings booked"))
        >= 1
    )
    assert Event.objects.filter(recorded_at__gt=world.end).count() == 0
    soak.sweep_all(world.end)
    before = soak.tables()
    assert (soak.sweep_all(world.end), soak.tables()) == (0, before)


def test_the_same_seed_makes_the_same_company_and_another_seed_another():
    """Also where the database hands unsorted rows over in another order, as it does once its tables have been used a while."""
    digests = []
    for seed, index in ((6, "on"), (6, "off"), (7, "on")):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL enable_indexscan = {index}; SET LOCAL enable_bitmapscan = {index}")
            lived(8, 3, seed=seed)
            digests.append(company.digest())
            transaction.set_rollback(True)

    assert digests[0] == digests[1] != digests[2]


def test_the_command_goes_on_where_its_world_ended(capsys):
    options = {"days": 2, "reps": 2, "leads_per_day": 4}

    call_command("simulate", start=START, **options)
    first = Event.objects.count()
    call_command("simulate", **options)

    assert Event.objects.count() > first > 0
    assert simulation.made_up_until() == START + 4 * DAY
    assert "19 Oct 2026 to 21 Oct 2026" in capsys.readouterr().out
    assert invariants.broken() == {}


def test_a_world_is_not_lived_twice_over_the_same_days():
    call_command("simulate", start=START, days=1, reps=1, leads_per_day=1)

    with pytest.raises(CommandError, match="has lived until 2026-10-20 05:00"):
        call_command("simulate", start=START, days=1, reps=1)


def test_real_leads_are_never_mixed_with_made_up_ones():
    raw()

    with pytest.raises(CommandError, match="There are real leads here"):
        call_command("simulate", days=1, reps=1)

    assert (User.objects.count(), Lead.objects.count(), simulation.made_up_until()) == (0, 1, None)


def test_the_demo_world_is_made_beside_no_real_people():
    User.objects.create_user("real", "x", name="Real", role="revops")

    with pytest.raises(CommandError, match="There are people here already"):
        call_command("demo", demo=True)

    assert (User.objects.count(), Lead.objects.count(), simulation.made_up_until()) == (1, 0, None)


def test_the_demo_world_is_made_in_no_other_database_unless_asked(settings):
    settings.LEADOPS_DEMO = False

    with pytest.raises(CommandError, match="embedded database"):
        call_command("demo")

    assert User.objects.count() == 0
