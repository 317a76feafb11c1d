"""Target accounts by every door: nobody ever has more than 50, and their thirty days begin with whoever has them (ACC-6)."""

from datetime import timedelta

import pytest

from accounts import ownership, targets
from accounts.models import Account, Event
from leads import handing_over
from leads.refusals import Refused
from meetings import accounts
from tests.lasting import at_once
from tests.leads.routes import company
from tests.leads.states import HOUR, NOON

DAY = timedelta(days=1)


@pytest.fixture
def full(house) -> list[Account]:
    """Ben develops 50 target accounts."""
    theirs = [company() for _ in range(50)]
    targets.give(theirs, to=house.ben, by=house.rita, at=NOON)
    return theirs


def owners() -> tuple:
    return tuple(Account.objects.order_by("pk").values_list("development_owner__username", "idle_at"))


@pytest.mark.django_db
def test_by_a_change_of_owner_nobody_gets_the_fifty_first(house, full):
    one, plain = company(is_target=True, development_owner=house.ana), company(development_owner=house.ana)
    before = (owners(), Event.objects.count())

    with pytest.raises(Refused, match="Ben Ito has 50 target accounts; at most 50"):
        accounts.change_owner(one, "development_owner", to=house.ben, by=house.rita, at=NOON)
    assert (owners(), Event.objects.count()) == before

    accounts.change_owner(plain, "development_owner", to=house.ben, by=house.rita, at=NOON)
    accounts.change_owner(one, "opportunity_owner", to=house.ben, by=house.rita, at=NOON)
    plain.refresh_from_db()
    assert (plain.development_owner, plain.idle_at) == (house.ben, None), (
        "no target account: neither counted nor watched"
    )


@pytest.mark.django_db
def test_who_leaves_hands_over_no_more_than_the_other_can_work(house, full):
    mine = [company(is_target=True, development_owner=house.ana) for _ in range(2)]
    before = (owners(), Event.objects.count())

    with pytest.raises(Refused, match="Ben Ito has 50 target accounts"):
        handing_over.hand_over(house.ana, how="person", to=house.ben, rest=house.ben, by=house.rita, at=NOON, off=True)
    house.ana.refresh_from_db()
    assert (owners(), Event.objects.count(), house.ana.is_active) == (*before, True)

    handing_over.hand_over(house.ana, how="person", to=house.ben, rest=house.dov, by=house.rita, at=NOON, off=True)
    assert set(Account.objects.filter(pk__in=[a.pk for a in mine]).values_list("development_owner", flat=True)) == {
        house.dov.pk
    }


@pytest.mark.django_db
def test_its_thirty_days_begin_with_whoever_has_it_and_end_with_nobody(house):
    account = company()
    targets.give([account], to=house.ana, by=house.rita, at=NOON)

    accounts.change_owner(account, "development_owner", to=house.ben, by=house.rita, at=NOON + 29 * DAY)
    account.refresh_from_db()
    assert account.idle_at == NOON + 59 * DAY

    ownership.change([account], "development_owner", to=None, by=None, at=NOON + 30 * DAY)
    account.refresh_from_db()
    assert account.idle_at is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("shipped")
def test_two_who_give_the_fiftieth_at_once_give_one(house):
    targets.give([company() for _ in range(49)], to=house.ben, by=house.rita, at=NOON)
    last = [company(is_target=True) for _ in range(2)]

    answers = at_once(*[
        lambda one=one: accounts.change_owner(one, "development_owner", to=house.ben, by=house.rita, at=NOON + HOUR) for one in last
    ])  # fmt: skip

    assert sorted(type(answer).__name__ for answer in answers) == ["Refused", "dict"]
    assert Account.objects.filter(development_owner=house.ben, is_target=True).count() == 50
