"""The people behind the table: who is below whom, and what a right that nobody wrote down is worth."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership, Role, Team, User
from accounts.permissions import (
    ROWS,
    Scope,
    allowed,
    forget_reach,
    own_teams_of,
    people_of,
    teams_of,
)

pytestmark = pytest.mark.django_db


def ids(*users):
    return {user.pk for user in users}


def test_the_people_below_a_manager_are_the_members_of_their_team(house):
    assert people_of(house.cleo) == ids(house.ana, house.ben)
    assert people_of(house.hugo) == ids(house.dov)


def test_a_manager_of_managers_has_everybody_below_them_managers_included(house):
    assert people_of(house.nora) == ids(house.ana, house.ben, house.dov, house.cleo, house.hugo)
    assert teams_of(house.nora) == {house.sales.pk, house.north.pk, house.south.pk}


def test_a_rep_has_nobody_below_and_only_their_own_team(house):
    assert people_of(house.ana) == set()
    assert teams_of(house.ana) == own_teams_of(house.ana) == {house.north.pk}


def test_managing_a_team_does_not_make_a_member_of_it(house):
    assert own_teams_of(house.cleo) == set()


def test_somebody_in_two_teams_is_below_both_managers(house):
    Membership.objects.create(user=house.ana, team=house.south)
    assert people_of(house.hugo) == ids(house.ana, house.dov)
    assert own_teams_of(house.ana) == {house.north.pk, house.south.pk}


def test_teams_that_are_each_others_parents_end_the_walk(house):
    Team.objects.filter(pk=house.sales.pk).update(parent=house.north)
    assert teams_of(house.cleo) == {house.sales.pk, house.north.pk, house.south.pk}


def test_who_is_below_whom_is_read_once_for_a_user_in_hand(house):
    cleo = User.objects.get(pk=house.cleo.pk)
    with CaptureQueriesContext(connection) as first:
        people_of(cleo), teams_of(cleo), own_teams_of(cleo)
    with CaptureQueriesContext(connection) as again:
        people_of(cleo)
    assert (len(first), len(again)) == (1, 0)


def test_a_change_of_teams_counts_from_the_next_user_in_hand(house):
    before = people_of(house.cleo)
    Membership.objects.create(user=house.dov, team=house.north)
    assert people_of(house.cleo) == before
    forget_reach(house.cleo)
    assert people_of(house.cleo) == ids(house.ana, house.ben, house.dov)


def test_a_row_that_is_not_in_the_table_is_a_mistake_not_a_no(house):
    with pytest.raises(KeyError):
        allowed(house.rita, "leads.launch")


def test_every_row_says_something_about_every_role():
    assert {row: set(cells) for row, cells in ROWS.items()} == {row: set(Role) for row in ROWS}


@pytest.mark.parametrize("row", ROWS)
def test_whoever_is_switched_off_may_do_nothing(house, row):
    house.rita.is_active = False
    assert allowed(house.rita, row) == Scope.NONE


@pytest.mark.parametrize("row", ROWS)
def test_a_superuser_reaches_everywhere(house, row):
    assert allowed(house.root, row) == Scope.ALL


def test_nobody_who_is_not_signed_in_may_do_anything():

    assert {allowed(AnonymousUser(), row) for row in ROWS} == {Scope.NONE}
