"""Times and numbers read the same everywhere."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts import words

OSLO = ZoneInfo("Europe/Oslo")
NOW = datetime(2026, 10, 14, 8, 14, tzinfo=UTC)  # Wednesday, 10:14 in Oslo


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (0, "0 min"),
        (59, "0 min"),
        (60, "1 min"),
        (timedelta(minutes=38), "38 min"),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(hours=2), "2 h"),
        (timedelta(hours=42, minutes=3), "42 h 3 min"),
        (timedelta(hours=65, minutes=59), "65 h 59 min"),
        (timedelta(hours=99, minutes=59, seconds=59), "99 h 59 min"),
        (timedelta(hours=100), "4 d 4 h"),
        (timedelta(days=5, hours=3), "5 d 3 h"),
        (timedelta(days=5, minutes=59), "5 d"),
        (timedelta(minutes=-12), "12 min"),
        (None, "–"),
    ],
)
def test_a_duration_is_said_in_its_two_largest_units_and_never_rounded_up(length, said):
    assert words.duration(length) == said


def test_the_golden_case_is_65_h_59_min():
    friday, monday = datetime(2026, 10, 9, 15, 5, tzinfo=UTC), datetime(2026, 10, 12, 9, 4, tzinfo=UTC)
    assert words.duration(monday - friday) == "65 h 59 min"


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (datetime(2026, 10, 14, 12, 0, tzinfo=UTC), "today 14:00"),
        (datetime(2026, 10, 15, 7, 0, tzinfo=UTC), "tomorrow 09:00"),
        (datetime(2026, 10, 13, 14, 10, tzinfo=UTC), "yesterday 16:10"),
        (datetime(2026, 10, 16, 8, 0, tzinfo=UTC), "Fri 16 Oct 10:00"),
        (datetime(2027, 1, 4, 8, 0, tzinfo=UTC), "Mon 4 Jan 2027 09:00"),
        (datetime(2026, 10, 13, 22, 30, tzinfo=UTC), "today 00:30"),
        (None, "–"),
    ],
)
def test_a_moment_is_said_in_the_readers_zone(at, said):
    assert words.moment(at, OSLO, NOW) == said


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (datetime(2026, 10, 14, 8, 1, tzinfo=UTC), "at 10:01"),
        (datetime(2026, 10, 13, 14, 10, tzinfo=UTC), "yesterday at 16:10"),
        (datetime(2026, 10, 12, 8, 1, tzinfo=UTC), "on Mon 12 Oct at 10:01"),
    ],
)
def test_within_a_sentence_a_moment_of_another_day_names_its_day(at, said):
    assert words.when(at, OSLO, NOW) == said


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (NOW - timedelta(minutes=8), "8 min ago"),
        (NOW + timedelta(minutes=8), "in 8 min"),
        (NOW - timedelta(seconds=20), "just now"),
        (None, "–"),
    ],
)
def test_the_past_is_said_by_its_distance(at, said):
    assert words.ago(at, NOW) == said


@pytest.mark.parametrize(
    ("n", "estimated", "said"),
    [
        (0, False, "0"),
        (7870, False, "7,870"),
        (1000, True, "1,000"),
        (1001, True, "about 1,000"),
        (12437, True, "about 12,400"),
        (None, False, "–"),
    ],
)
def test_a_count_is_exact_and_an_estimate_says_so(n, estimated, said):
    assert words.count(n, estimated) == said
