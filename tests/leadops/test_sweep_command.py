"""`manage.py sweep`: by hand, as of any moment that may be."""

import signal
import time
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import Event, Parked, SweepRun
from leadops import simulation
from leadops.management.commands.sweep import _no_longer_than
from leadops.schedules import SWEEPS
from leads.models import Lead
from tests.leads.states import NOON, lead_in

pytestmark = pytest.mark.django_db
AHEAD = "2047-01-31T09:00Z"


def sweep(*arguments) -> list[str]:
    said = StringIO()
    call_command("sweep", *arguments, stdout=said)
    return said.getvalue().splitlines()


@pytest.fixture
def due(house):
    """A lead that is to be auto-abandoned at NOON + 30 days and an hour."""
    return lead_in("working", house.ana, house.cleo, house.north)


def test_all_run_in_their_order_and_say_what_they_did():
    said = sweep()

    telling = ("day-end", "morning", "gather", "mail", "webhooks", "forget-messages")
    assert said[:-6] == [f"{name}: 0 due, 0 done, 0 failed, 0 left" for name in SWEEPS if name not in telling]
    assert list(SweepRun.objects.order_by("pk").values_list("name", flat=True)) == list(SWEEPS)


def test_one_runs_by_its_name_as_of_a_moment_and_learns_it_now(due):
    early = sweep("auto-abandon", "--at", "2026-04-01T12:59:59Z")
    said = sweep("auto-abandon", "--at", "2026-04-01T15:00:00+02:00")

    assert (early, said) == (
        ["auto-abandon: 0 due, 0 done, 0 failed, 0 left"],
        ["auto-abandon: 1 due, 1 done, 0 failed, 0 left"],
    )
    event = Event.objects.get(lead_id=due.pk, move="nurture")
    assert event.at == NOON + timedelta(days=30, hours=1)
    assert timezone.now() - event.recorded_at < timedelta(minutes=1)


@pytest.mark.parametrize("text", ["2026-04-01", "2026-04-01T09:00", "tomorrow"])
def test_a_moment_names_its_zone(text):
    with pytest.raises(CommandError, match="argument --at"):
        sweep("--at", text)


def test_a_name_that_is_no_sweep_is_refused():
    with pytest.raises(CommandError, match="argument NAME"):
        sweep("abandon everything")


def test_where_people_are_real_nothing_is_swept_ahead_of_time(settings, due):
    settings.LEADOPS_DEMO = False

    with pytest.raises(CommandError, match="to come"):
        sweep("--at", AHEAD)

    assert (Lead.objects.get(pk=due.pk).status, SweepRun.objects.count()) == ("working", 0)


@pytest.mark.parametrize("world", ["demo", "made up"])
def test_a_made_up_world_may_be_swept_ahead_of_time_and_learns_it_then(world, settings, due):
    settings.LEADOPS_DEMO = world == "demo"
    if world == "made up":
        simulation.mark(NOON, NOON)

    sweep("auto-abandon", "--at", AHEAD)

    assert Event.objects.get(lead_id=due.pk, move="nurture").recorded_at.year == 2047


def test_rows_that_were_put_aside_are_listed_and_tried_again():
    Parked.objects.create(sweep="mail", key=7, tries=3, error="ValueError: no", tried_at=NOON, parked_at=NOON)
    Parked.objects.create(sweep="mail", key=8, tries=1, tried_at=NOON)

    listed = sweep("--parked")
    runs = SweepRun.objects.count()
    sweep("mail", "--again")

    assert listed == ["mail 7: ValueError: no (2026-03-02 12:00 UTC)", "1 put aside"]
    assert (runs, list(Parked.objects.values_list("key", flat=True))) == (0, [8])


def test_a_sweep_that_hangs_ends_the_process():
    before = signal.getsignal(signal.SIGALRM)

    with pytest.raises(SystemExit, match="hung"), _no_longer_than(1):
        time.sleep(5)

    assert signal.getsignal(signal.SIGALRM) == before
