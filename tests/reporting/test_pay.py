"""Pay statements: written once at the closing, line by line, and never again, whatever happens later."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from accounts import clock, ownership
from meetings import closing, opportunities
from reporting import pay
from reporting.models import BonusRate, Figure
from reporting.period import Period
from tests.factories import NOON, opportunity_of, put

pytestmark = pytest.mark.django_db
MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))
CLOSING = MARCH.closes_at


@pytest.fixture
def sale(house):
    """One of Ana's: won on the 20th of March at 2,000, and so in the pipeline since then."""
    lead = put(None, "working", owner=house.ana)
    made = opportunity_of(lead, owner=house.eva, at=NOON + timedelta(hours=1))
    ownership.change([made], "development_owner", to=house.ana, by=None, at=NOON + timedelta(hours=1))
    made = opportunities.change_value(made, amount=2000, by=house.root, at=NOON + timedelta(hours=2))
    return closing.win(made, by=house.root, at=NOON + timedelta(days=18))


def said(found) -> list[tuple]:
    return [(line.person, line.what, float(line.value)) for line in found]


def test_a_statement_names_what_was_known_at_its_closing(house, sale):
    pay.freeze(MARCH, at=CLOSING)
    found, is_frozen = pay.statement(MARCH, None, now=CLOSING)
    assert said(found) == [(house.ana.pk, "pipeline", 2000), (house.ana.pk, "won", 2000)]
    assert is_frozen


def test_each_line_brings_its_bonus_by_the_rates_of_when_the_month_began_and_keeps_it(house, sale, client_of):
    BonusRate.objects.create(
        version=2, valid_from=MARCH.starts_at, per_meeting=50, pipeline_percent=Decimal("1.5"), won_percent=4
    )
    BonusRate.objects.create(version=3, valid_from=MARCH.starts_at + timedelta(days=1), won_percent=90)
    preview = pay.statement(MARCH, None, now=NOON + timedelta(days=19))[0]
    pay.freeze(MARCH, at=CLOSING)
    BonusRate.objects.update(won_percent=80)
    found, _is_frozen = pay.statement(MARCH, None, now=CLOSING)

    assert [(line.what, line.bonus) for line in found] == [("pipeline", Decimal("30.00")), ("won", Decimal("80.00"))]
    assert preview == found
    assert pay.bonuses(found) == [(house.ana.pk, "EUR", Decimal("110.00"), 0)]
    assert BonusRate().of("meeting", Decimal(1)) == 0


def test_the_page_says_bonuses_and_their_rates(house, sale, client_of, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: CLOSING)
    none = client_of(house.ana).get("/reports/pay/?month=2026-03-01").content.decode()
    BonusRate.objects.create(version=2, valid_from=MARCH.starts_at, per_meeting=50, pipeline_percent=1, won_percent=4)
    said = client_of(house.ana).get("/reports/pay/?month=2026-03-01").content.decode()

    assert "No bonus rates were in force when the month began" in none
    assert ("100.00 EUR" in said, "50.00 EUR a meeting, 1 % of pipeline, 4 % of won sales" in said) == (True, True)


def test_before_its_closing_a_statement_is_a_preview_and_is_not_frozen(house, sale):
    found, is_frozen = pay.statement(MARCH, [house.ana.pk], now=NOON + timedelta(days=2))
    assert (said(found), is_frozen) == ([], False)
    found, is_frozen = pay.statement(MARCH, [house.ana.pk], now=NOON + timedelta(days=19))
    assert ([line.what for line in found], is_frozen) == (["pipeline", "won"], False)
    with pytest.raises(ValueError, match="closes"):
        pay.freeze(MARCH, at=CLOSING - timedelta(seconds=1))
    assert Figure.objects.count() == 0


def test_a_month_that_closed_and_is_not_frozen_yet_says_what_it_will_be_frozen_as(house, sale):
    """The job runs in the night, and for the last three months only: a month's lines change no more once it has closed."""
    ownership.change([sale], "development_owner", to=house.ben, by=None, at=CLOSING + timedelta(hours=1))
    later = CLOSING + timedelta(hours=2)

    found, is_frozen = pay.statement(MARCH, None, now=later)
    pay.freeze(MARCH, at=later)

    assert (said(found), is_frozen) == (said(pay.statement(MARCH, None, now=later)[0]), False)
    assert {line.person for line in found} == {house.ana.pk}


def test_a_frozen_statement_survives_a_change_of_owner_and_a_second_freezing(house, sale):
    pay.freeze(MARCH, at=CLOSING)
    before = said(pay.statement(MARCH, None, now=CLOSING)[0])
    ownership.change([sale], "development_owner", to=house.ben, by=None, at=CLOSING + timedelta(days=1))
    assert pay.freeze(MARCH, at=CLOSING + timedelta(days=2)) == 0
    assert said(pay.statement(MARCH, None, now=CLOSING + timedelta(days=2))[0]) == before
    # The control: asked anew, today's owner would be named for what is known now.
    assert said(pay.lines(MARCH, CLOSING + timedelta(days=2)))[0][0] == house.ben.pk


def test_the_database_refuses_to_change_or_drop_a_line(house, sale):
    pay.freeze(MARCH, at=CLOSING)
    for attack in (lambda rows: rows.update(value=1), lambda rows: rows.delete()):
        with pytest.raises(IntegrityError, match="written once"), transaction.atomic():
            attack(Figure.objects.filter(kind="pay"))
    assert said(pay.statement(MARCH, None, now=CLOSING)[0])[0][2] == 2000


def test_one_sees_their_own_lines(house, sale, client_of):
    assert client_of(house.ana).get("/reports/pay/?month=2026-03-01").status_code == 200
    assert pay.statement(MARCH, [house.ben.pk], now=CLOSING)[0] == []
