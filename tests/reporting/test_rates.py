"""Other currencies count in the house's at the rate of the day a sale entered the pipeline; what is closed is not written anew."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from accounts import clock, ownership
from accounts.models import Opportunity, Stage
from leads import qualification
from leads.lifecycle import Refused
from meetings import closing, opportunities
from reporting import answers, pay, rates
from reporting.filters import Filters
from reporting.metrics import METRICS
from reporting.models import BonusRate, ExchangeRate
from reporting.period import Period
from tests.factories import NOON, AccountFactory, LeadFactory, held, opportunity_of, put
from tests.meetings.test_sales import FIVE

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))
BEFORE, AFTER = MARCH.closes_at - DAY, MARCH.closes_at + DAY
ENTERED = NOON + 3 * DAY  # the fifth of March


def sold(house, amount: int, currency: str, *, entered=ENTERED, won=None) -> Opportunity:
    """A sale of Ana's that entered the pipeline then, at this value."""
    lead = put(LeadFactory(account=AccountFactory()), "working", owner=house.ana)
    made = opportunity_of(lead, owner=house.eva)
    qualification.fill(lead, FIVE, by=house.ana, at=NOON + DAY).whole()
    ownership.change([made], "development_owner", to=house.ana, by=None, at=NOON)
    held(made, at=NOON + DAY)
    opportunities.change_value(made, amount=Decimal(amount), currency=currency, by=house.root, at=NOON + DAY)
    made = opportunities.advance(made, Stage.objects.get(is_pipeline=True), by=None, at=entered)
    return closing.win(made, by=house.root, at=won) if won else made


def kept(currency: str, day: int, rate: str, *, month: int = 3, at=NOON) -> ExchangeRate:
    return rates.keep(currency, date(2026, month, day), Decimal(rate), by=None, at=at)


def cells(name: str, *, now=BEFORE, as_of=None):
    return answers.answer(METRICS[name], MARCH, Filters(), as_of, by="", now=now).total.cells


def test_each_counts_at_the_rate_of_the_day_it_entered_the_pipeline_and_without_one_stands_beside(house):
    (
        sold(house, 1000, "EUR"),
        sold(house, 1000, "USD"),
        sold(house, 500, "USD", entered=NOON + 9 * DAY),
        sold(house, 77, "CHF"),
    )
    kept("USD", 1, "0.9"), kept("USD", 6, "0.8"), kept("USD", 12, "0.5")

    found = cells("pipeline")

    plain = 1000 + 1000 * Decimal("0.9") + 500 * Decimal("0.8")
    assert (found["value"].value, found["entered"].n, found["other"].n) == (plain, 4, 1)


def test_the_day_is_the_companys_and_not_that_of_utc(house):
    sold(house, 100, "USD", entered=ENTERED.replace(hour=23, minute=30))  # half past midnight of the sixth in Berlin
    kept("USD", 5, "0.9"), kept("USD", 6, "0.8")

    assert cells("pipeline")["value"].value == 80


def test_a_sale_said_in_another_money_later_keeps_the_value_and_the_money_of_its_entry(house):
    sale = sold(house, 1000, "USD")
    kept("USD", 1, "0.9"), kept("SEK", 1, "0.1")
    opportunities.change_value(sale, amount=Decimal(5000), currency="SEK", by=house.root, at=ENTERED + DAY)

    found = cells("pipeline")

    assert (found["value"].value, found["value_now"].value) == (900, 500)
    assert cells("pipeline", as_of=ENTERED)["value_now"].value == 900


def test_won_amounts_cohorts_and_lead_value_count_at_the_same_rate(house):
    sold(house, 1000, "USD", won=ENTERED + 10 * DAY), sold(house, 400, "EUR", won=ENTERED + 10 * DAY)
    sold(house, 9, "CHF", won=ENTERED + 10 * DAY)
    kept("USD", 1, "0.9"), kept("USD", 12, "0.2")

    cohort, value = cells("cohorts"), cells("lead-value")

    assert (cohort["amount"].value, cohort["sourced_amount"].value, cohort["other"].n) == (1300, 1300, 1)
    assert (value["average"].value, value["average"].n, value["decided"].n) == (650, 2, 2)


def test_a_rate_put_right_while_the_month_is_open_counts_and_the_last_word_stands(house):
    sold(house, 1000, "USD")
    kept("USD", 1, "0.9")
    kept("USD", 1, "0.7", at=NOON + 5 * DAY)

    assert cells("pipeline")["value"].value == 700
    assert cells("pipeline", as_of=NOON + 4 * DAY)["value"].value == 900


def test_no_rate_is_written_back_into_a_month_that_is_closed(house):
    sold(house, 1000, "USD")
    kept("USD", 1, "0.9")
    closed = cells("pipeline", as_of=MARCH.closes_at, now=AFTER)["value"].value

    with pytest.raises(Refused) as refused:
        kept("USD", 4, "0.1", at=AFTER)
    kept("USD", 1, "0.1", month=4, at=AFTER)

    assert refused.value.words == "March 2026 is closed, and USD has a rate there. Choose a later day."
    assert ExchangeRate.objects.count() == 2
    assert [cells("pipeline", now=AFTER)["value"].value, closed] == [900, 900]


def test_a_gap_of_a_closed_month_may_be_filled_and_its_closing_stays_as_it_was(house):
    sold(house, 1000, "USD")
    before = cells("pipeline", as_of=MARCH.closes_at, now=AFTER)

    kept("USD", 1, "0.9", at=AFTER)

    as_closed = cells("pipeline", as_of=MARCH.closes_at, now=AFTER + DAY)
    assert (before["value"].value, as_closed["value"].value, as_closed["other"].n) == (0, 0, 1)
    assert cells("pipeline", now=AFTER + DAY)["value"].value == 900


@pytest.mark.parametrize(
    ("currency", "rate", "field"),
    [("EUR", "1", "currency"), ("Dollar", "1", "currency"), ("ZZZ", "1", "currency"), ("USD", "0", "rate")],
)
def test_what_is_no_rate_is_refused(currency, rate, field):
    with pytest.raises(Refused) as refused:
        kept(currency, 1, rate)

    assert (refused.value.code, ExchangeRate.objects.count()) == (field, 0)


REACH = [
    (date(1999, 12, 31), "A rate counts from 1 January 2000 at the earliest. Choose a later day."),
    (date(1, 1, 1), "A rate counts from 1 January 2000 at the earliest. Choose a later day."),
    (date(2027, 3, 4), "A rate counts from a year ahead at the latest, 3 March 2027. Choose an earlier day."),
]


@pytest.mark.parametrize(("day", "words"), REACH)
def test_a_day_that_is_a_slip_of_the_hand_is_refused_with_the_day_that_would_do(
    day, words, house, client_of, monkeypatch
):
    monkeypatch.setattr(clock, "now", lambda: NOON)
    with pytest.raises(Refused) as refused:
        rates.keep("USD", day, Decimal(1), by=None, at=NOON)

    typed = {"currency": "USD", "from_date": day.isoformat(), "rate": "0.92"}
    page = client_of(house.rita).post("/admin/reporting/exchangerate/add/", typed)

    assert (refused.value.code, refused.value.words, ExchangeRate.objects.count()) == ("from_date", words, 0)
    assert page.context["adminform"].form.errors == {"from_date": [words]}
    with pytest.raises(IntegrityError, match="exchangerate_in_reach"), transaction.atomic():
        ExchangeRate.objects.create(currency="USD", from_date=day, rate=1, recorded_at=NOON)


@pytest.mark.parametrize("day", [date(2000, 1, 1), date(2027, 3, 3)])
def test_the_first_day_and_the_last_that_a_rate_may_count_from_are_kept(day):
    rates.keep("USD", day, Decimal(1), by=None, at=NOON)

    assert ExchangeRate.objects.get().from_date == day


def test_a_currency_that_is_none_is_said_in_the_admin(house, client_of):
    typed = {"currency": "ZZZ", "from_date": "2026-04-01", "rate": "0.92"}

    page = client_of(house.rita).post("/admin/reporting/exchangerate/add/", typed)

    assert page.context["adminform"].form.errors == {"currency": ["There is no currency ZZZ. Write it like EUR."]}


def test_the_database_refuses_to_change_or_drop_a_rate():
    kept("USD", 1, "0.9")

    for attack in (lambda rows: rows.update(rate=1), lambda rows: rows.delete()):
        with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
            attack(ExchangeRate.objects.all())

    assert ExchangeRate.objects.get().rate == Decimal("0.9")


def test_a_pay_statement_says_both_and_brings_its_bonus_in_the_houses_currency(house):
    BonusRate.objects.create(version=2, valid_from=MARCH.starts_at, pipeline_percent=10)
    sold(house, 1000, "USD"), sold(house, 200, "CHF")
    kept("USD", 1, "0.915")
    pay.freeze(MARCH, at=MARCH.closes_at)
    kept("USD", 1, "0.1", month=4, at=AFTER)

    found, is_frozen = pay.statement(MARCH, None, now=AFTER)

    assert is_frozen
    assert [(line.value, line.currency, line.in_house, line.bonus, line.bonus_currency) for line in found] == [
        (1000, "USD", Decimal("915.00"), Decimal("91.50"), "EUR"), (200, "CHF", None, 20, "CHF"),
    ]  # fmt: skip
    assert [(currency, total) for _who, currency, total, _doubt in pay.bonuses(found)] == [
        ("CHF", 20), ("EUR", Decimal("91.50")),
    ]  # fmt: skip


def test_revops_keeps_them_in_the_admin_and_nobody_types_one_over(house, client_of, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: AFTER)
    rita, add = client_of(house.rita), "/admin/reporting/exchangerate/add/"
    asked = {"currency": "usd", "from_date": "2026-04-01", "rate": "0.92"}

    done = rita.post(add, asked)
    row = ExchangeRate.objects.get()
    closed = rita.post(add, asked | {"from_date": "2026-04-02"})
    monkeypatch.setattr(clock, "now", lambda: AFTER + 60 * DAY)
    late = rita.post(add, asked | {"from_date": "2026-04-03"})
    over = rita.post(f"/admin/reporting/exchangerate/{row.pk}/change/", asked | {"rate": "5"})
    page = rita.get("/admin/reporting/exchangerate/").content.decode()

    assert (done.status_code, closed.status_code, over.status_code) == (302, 302, 403)
    assert (row.currency, row.from_date, row.rate, row.by, row.recorded_at) == (
        "USD", date(2026, 4, 1), Decimal("0.92"), house.rita, AFTER,
    )  # fmt: skip
    assert late.context["adminform"].form.errors == {
        "from_date": ["April 2026 is closed, and USD has a rate there. Choose a later day."]
    }
    assert ("0.92" in page, ExchangeRate.objects.count()) == (True, 2)
    assert client_of(house.cleo).post(add, asked).status_code == 403
