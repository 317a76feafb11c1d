"""What follows a touch, and the moments to go on: in the zone and the working days of whoever has the lead."""

from datetime import UTC, datetime, time, timedelta

import pytest

from accounts.models import User
from leads import next_steps
from leads.models import Lead, TouchOutcome

SATURDAY = datetime(2026, 3, 28, 12, tzinfo=UTC)  # the night before Europe changes its clocks
FRIDAY = datetime(2026, 3, 27, 12, tzinfo=UTC)


def rep(zone: str = "Europe/Berlin", **facts) -> User:
    return User(**{"name": "Ana Berg", "time_zone": zone, "work_start": time(9), "work_days": [1, 2, 3, 4, 5]} | facts)


def lead(**facts) -> Lead:
    return Lead(**{"first_name": "Marta", "email": "m@x.example", "phone": "+4791244018"} | facts)


@pytest.mark.parametrize(
    ("zone", "at", "when"),
    [
        ("Europe/Berlin", FRIDAY, datetime(2026, 3, 30, 7, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2026, 3, 26, 12, tzinfo=UTC), datetime(2026, 3, 27, 8, tzinfo=UTC)),
        ("Asia/Tokyo", datetime(2026, 3, 26, 20, tzinfo=UTC), datetime(2026, 3, 30, 0, tzinfo=UTC)),
    ],
)
def test_the_next_working_day_begins_by_the_wall_clock(zone, at, when):
    assert next_steps.working_day(rep(zone), at) == when


def test_who_works_at_the_weekend_goes_on_at_the_weekend():
    assert next_steps.working_day(rep(work_days=[6, 7]), FRIDAY).date().isoweekday() == 6


def test_who_has_no_working_days_has_the_usual_ones():
    assert next_steps.working_day(rep(work_days=[]), FRIDAY).date().isoweekday() == 1


@pytest.mark.parametrize(
    ("channel", "outcome", "facts", "then"),
    [
        ("call", "no_answer", {}, "email"),
        ("call", "voicemail", {}, "email"),
        ("email", "sent", {}, "call"),
        ("social", "sent", {}, "call"),
        ("call", "no_answer", {"email": ""}, "call"),
        ("email", "sent", {"phone": ""}, "email"),
        ("call", "wrong_number", {}, "email"),
        ("call", "wrong_number", {"email": ""}, ""),
        ("email", "bounced", {}, "call"),
        ("email", "bounced", {"phone": ""}, ""),
        ("call", "no_answer", {"opted_out_channels": ["email"]}, "call"),
        ("call", "no_answer", {"email": "", "phone": ""}, ""),
    ],
)
def test_the_other_channel_follows_where_there_is_one(channel, outcome, facts, then):
    step = next_steps.after(lead(**facts), channel, outcome, rep(), FRIDAY)

    assert (step.channel, step.what == "") == (then, bool(then))


def test_an_answer_has_no_step_of_its_own():
    answered = [o for o in TouchOutcome.values if o not in TouchOutcome.UNANSWERED]

    assert [next_steps.after(lead(), "call", o, rep(), FRIDAY) for o in answered] == [None] * 3


def test_a_plan_is_said_in_words():
    step = next_steps.after(lead(), "call", "no_answer", rep(), FRIDAY)

    assert next_steps.words(step, rep(), FRIDAY) == "email Mon 30 Mar 09:00"


@pytest.mark.parametrize("at", [FRIDAY, SATURDAY, datetime(2026, 1, 31, 12, tzinfo=UTC)])
@pytest.mark.parametrize("offered", [next_steps.to_go_on, next_steps.to_keep])
def test_the_moments_offered_are_ahead_in_order_and_once_each(offered, at):
    moments = [choice.at for choice in offered(rep(), at)]

    assert moments == sorted(set(moments))
    assert moments[0] > at
    assert {m.astimezone(rep().zone).isoweekday() for m in moments} <= {1, 2, 3, 4, 5}


def test_on_a_saturday_the_next_working_day_is_next_week():
    labels = [choice.label for choice in next_steps.to_go_on(rep(), SATURDAY)]

    assert labels == ["Next working day", "In three working days", "In two weeks", "In a month"]


@pytest.mark.parametrize("days", [[1, 2, 3, 4, 5], [2, 3, 4], [6, 7], [1], []])
@pytest.mark.parametrize("offered", [next_steps.to_go_on, next_steps.to_keep])
def test_no_day_of_two_years_offers_one_day_twice_or_a_day_off(offered, days):
    user, at = rep(work_days=days), datetime(2026, 1, 1, 22, tzinfo=UTC)
    for _ in range(730):
        at += timedelta(days=1)
        on = [choice.at.astimezone(user.zone).date() for choice in offered(user, at)]
        assert on == sorted(set(on))
        assert {day.isoweekday() for day in on} <= set(days or [1, 2, 3, 4, 5])
