"""When somebody is free, and in which zone somebody most likely sits."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.models import Absence
from meetings import free, zones
from tests.meetings.table import NOON, booked, worked

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def test_two_times_a_day_within_their_hours(eva):
    offered = free.times([eva], NOON, minutes=30)

    assert len(offered) == 4
    assert [t.astimezone(eva.zone).hour for t in offered] == [16, 9, 13, 9]
    assert all(eva.work_start <= t.astimezone(eva.zone).time() < eva.work_end for t in offered)
    assert all(t > NOON + free.NOTICE for t in offered)


def test_what_is_taken_or_away_is_not_offered(ana, eva):
    first = free.times([eva], NOON, minutes=30)[0]
    booked(worked(ana), ana, eva, starts_at=first)
    Absence.objects.create(user=eva, starts_at=first + timedelta(hours=1), ends_at=first + 2 * DAY)

    offered = free.times([eva], NOON, minutes=30)

    assert len(offered) == 4
    assert all(t >= first + 2 * DAY for t in offered)


def test_one_of_several_is_enough(ana, eva, finn):
    first = free.times([eva, finn], NOON, minutes=30)[0]
    booked(worked(ana), ana, eva, starts_at=first)

    assert free.times([eva, finn], NOON, minutes=30)[0] == first


def test_they_are_awake_there_where_that_can_be(eva):
    offered = free.times([eva], NOON, minutes=30, zone="America/New_York")

    assert len(offered) == 4
    assert all(8 <= t.astimezone(ZoneInfo("America/New_York")).hour < 19 for t in offered)


def test_nobody_awake_there_is_no_reason_to_offer_nothing(eva):
    assert len(free.times([eva], NOON, minutes=30, zone="Pacific/Honolulu")) == 4


@pytest.mark.parametrize(
    ("at", "utc"), [(datetime(2026, 3, 27, 12, tzinfo=UTC), 8), (datetime(2026, 3, 29, 12, tzinfo=UTC), 7)]
)
def test_nine_stays_nine_on_both_sides_of_a_daylight_saving_change(eva, at, utc):
    """Berlin puts its clocks on in the night to 29 March."""
    offered = free.times([eva], at - DAY, minutes=30, count=12)

    nine = next(t for t in offered if t > at - DAY / 2 and t.astimezone(eva.zone).hour == 9)
    assert nine.hour == utc


@pytest.mark.parametrize(
    ("country", "zone"),
    [("Norway", "Europe/Oslo"), ("no", "Europe/Oslo"), ("USA", "America/New_York"), ("Atlantis", ""), ("", "")],
)
def test_a_country_names_its_zone(country, zone):
    assert zones.of_country(country) == zone


def test_what_is_no_zone_is_none():
    assert (zones.known("Europe/Oslo"), zones.known("../etc/passwd"), zones.known("")) == ("Europe/Oslo", "", "")
