"""A tenth of `./run chaos clocks week shares limits`, with their controls: clocks and a hand-written week under kill -9, shares under
eight doors at once, the first touch against the limit."""

import pytest

from tests.chaos.test_sweeps import chaos

pytestmark = pytest.mark.processes


def test_thirty_kills_over_three_levels_do_nothing_twice_and_leave_nothing_out():
    (said,) = chaos("clocks", "--rows", "100", "--kills", "30")

    assert said.endswith("missing 0, twice 0, misdated 0, half 0")


def test_a_week_by_hand_is_as_it_is_written_after_thirty_kills_with_two_at_once():
    (said,) = chaos("week", "--kills", "30")

    assert said.endswith("unlike what is written 0")


def test_by_eight_doors_at_once_shares_hold_and_the_absent_get_none():
    (said,) = chaos("shares", "--rows", "800")

    assert said.startswith("8 processes, 800 intakes, ")
    assert said.endswith(" assigned a second, 0 doors broke, wrong: nothing")


def test_the_control_where_nobody_waits_for_the_pool_shares_are_off():
    (said,) = chaos("shares-control", "--rows", "400")

    assert not said.endswith("0 doors broke, wrong: nothing")


def test_a_lead_is_touched_in_time_or_escalated_never_both_never_neither():
    (said,) = chaos("limits", "--rows", "200")

    ends = dict(part.rsplit(" ", 1) for part in said.partition(": ")[2].split(", "))
    assert set(ends) <= {"in time", "escalated"}
    assert sum(map(int, ends.values())) == 200


def test_the_control_a_sweep_that_does_not_look_again_escalates_what_was_touched():
    (said,) = chaos("limits-control", "--rows", "100")

    assert "both" in said
