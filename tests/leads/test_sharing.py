"""Whose turn it is: nobody ever more than one from their share, never the absent or the full, nobody flooded (ROUTE-2)."""

from collections import Counter
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as some

from leads.sharing import Place, share, take_turn

weights = some.lists(some.integers(1, 300), min_size=1, max_size=12)


def even(weights: list[int]) -> list[Place]:
    return [Place(n, weight, due=Fraction(0)) for n, weight in enumerate(weights)]


@given(weights, some.integers(1, 250))
@settings(max_examples=150, deadline=None)
def test_after_every_lead_nobody_is_more_than_one_from_their_share(weights, number):
    places, whole = even(weights), sum(weights)

    for n in range(1, number + 1):
        take_turn(places)
        for place in places:
            assert abs(Fraction(place.weight * n, whole) - place.received) <= 1, (weights, n)


def test_the_control_the_plain_difference_leaves_small_weights_more_than_one_behind():
    weights, got, worst = [1, 5, 100, 25, 100, 1, 100, 25], Counter(), Fraction(0)

    for n in range(1, 200):
        short = [Fraction(w * n, sum(weights)) - got[i] for i, w in enumerate(weights)]
        got[max(range(len(weights)), key=lambda i: (short[i], weights[i], -i))] += 1
        worst = max(worst, *(Fraction(w * n, sum(weights)) - got[i] for i, w in enumerate(weights)))

    assert worst > 1


@given(
    some.lists(
        some.tuples(some.integers(0, 200), some.none() | some.integers(0, 8), some.booleans()), min_size=1, max_size=8
    )
)
@settings(max_examples=150, deadline=None)
def test_never_to_the_absent_nor_beyond_a_cap_nor_to_who_has_no_share(people):
    places = [Place(n, w, room=room, away="away" if away else "") for n, (w, room, away) in enumerate(people)]

    got = Counter(share(places, 60))

    for n, (weight, room, away) in enumerate(people):
        assert not got[n] or (weight and not away and (room is None or got[n] <= room))
    if got[None]:
        assert all(not w or away or (room is not None and got[n] == room) for n, (w, room, away) in enumerate(people))


@given(some.integers(2, 8), some.integers(0, 60), some.integers(1, 60), some.integers(1, 60))
@settings(max_examples=150, deadline=None)
def test_back_from_leave_one_is_neither_flooded_nor_starved(number, before, without, after):
    places = even([100] * number)
    for _ in range(before):
        take_turn(places)
    places[0].away = "away"
    for _ in range(without):
        take_turn(places)
    places[0].away = ""
    had = places[0].received

    for n in range(1, after + 1):
        take_turn(places)
        assert abs(Fraction(n, number) - (places[0].received - had)) <= 2
    assert abs(Fraction(after, number) - (places[0].received - had)) < 2


@given(some.integers(1, 6), some.integers(1, 80), some.integers(1, 40))
@settings(max_examples=100, deadline=None)
def test_a_new_one_starts_at_the_peers_level(number, before, after):
    places = even([100] * number)
    for _ in range(before):
        take_turn(places)
    places.append(Place(99, 100, due=Fraction(0)))

    for _ in range(after):
        take_turn(places)

    assert abs(Fraction(after, number + 1) - places[-1].received) < 2


def test_a_credit_is_a_turn_earlier_and_a_turn_taken_one_later():
    places = even([100, 100, 100])
    places[2].credits, places[0].credits = 1, -1

    assert share(places, 2) == [2, 1]
    assert Counter(share(places, 6)) == {2: 3, 1: 2, 0: 1}


def test_ties_go_to_the_weightier_then_to_who_waited_longest_then_by_id():
    from tests.leads.states import HOUR, NOON

    equal = [Place(5, 100, last_at=NOON), Place(4, 100, last_at=NOON + HOUR), Place(6, 100, last_at=NOON)]

    assert share(equal, 1) == [5]
    assert share([Place(7, 100), *equal], 1) == [7], "never any: waited longest"


def test_to_look_ahead_changes_nothing():
    places = even([100, 50])

    assert share(places, 3) == share(places, 3)
    assert [p.received for p in places] == [0, 0]


def test_nobody_is_left():
    assert share([], 2) == [None, None]
