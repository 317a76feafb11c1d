"""The golden cases of the metrics, and the boundaries beside them."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from accounts import changes
from accounts.models import Account, Opportunity, Product, Stage, User
from leads import assignment, dispositions, touches, wishes
from leads.models import Cycle, Lead, Source
from reporting import answers, words
from reporting.filters import Filters
from reporting.frame import Alert
from reporting.metrics import METRICS
from reporting.period import Period, named
from tests.factories import NOON, LeadFactory, put, reason

pytestmark = pytest.mark.django_db
MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))


def figure(name: str, *, period=MARCH, filters=None, as_of=None, now=NOON + timedelta(days=25), by=""):
    return answers.answer(METRICS[name], period, filters or Filters(), as_of, by=by, now=now).total.cells


def given(owner, at, **facts) -> Lead:
    return assignment.assign(
        [LeadFactory(status_since=at, created_at=at, recorded_at=at, **facts)], to=owner, by=None, at=at
    ).lead


def touch(lead, by, at):
    return touches.log([lead.pk], channel="call", outcome="sent", by=by, at=at).lead


def test_in_on_friday_touched_on_monday_is_65_hours_59_and_misses_both(house):
    friday = datetime(2026, 3, 6, 14, 5, tzinfo=UTC)  # 15:05 in Berlin
    touch(given(house.ana, friday), house.ana, datetime(2026, 3, 9, 8, 4, tzinfo=UTC))
    cells = figure("response")
    assert words.said(METRICS["response"].measure("median"), cells["median"]) == "65 h 59 min"
    assert (cells["target"].n, cells["limit"].n, cells["in_24h"].n, cells["in_24h"].of) == (0, 0, 0, 1)
    with changes.dated(friday - timedelta(days=9)):
        User.objects.filter(pk=house.ana.pk).update(work_start=time(9), work_end=time(17))
    vanity = figure("vanity")
    assert (words.said(METRICS["vanity"].measure("median"), vanity["median"]), vanity["in_2h"].n) == ("1 h 59 min", 1)


@pytest.mark.parametrize(("seconds", "within"), [(7200, 1), (7201, 0)])
def test_exactly_two_hours_is_within(house, seconds, within):
    touch(given(house.ana, NOON), house.ana, NOON + timedelta(seconds=seconds))
    cells = figure("response")
    assert (cells["in_2h"].n, cells["target"].n) == (within, within)


def test_a_trade_show_ended_unseen_reads_as_picked_up_and_raises_the_alarm(house):
    """Golden case 2: the guard stops it; where a manager lets it pass the figures tell."""
    show = Source.objects.create(name="Trade show")
    for _ in range(24):
        given(house.ana, NOON, source=show)
    ids = list(Lead.objects.values_list("pk", flat=True))
    ended = dispositions.unqualify(ids, reason=reason("not_a_prospect"), by=house.ana, at=NOON + timedelta(minutes=30))
    stopped = [lead.pk for lead in ended.waiting]
    assert len(stopped) == 14
    wishes.allow(stopped, by=house.cleo, at=NOON + timedelta(minutes=40))
    cells = figure("pick-up")
    assert (cells["rate"].value, cells["untouched"].value) == (1.0, 1.0)
    assert figure("response")["median"].value is None
    answer = answers.answer(METRICS["cherry-picking"], MARCH, Filters(), now=NOON + timedelta(days=1))
    assert METRICS["cherry-picking"].alerts(answer) == [
        Alert("Ana Berg, Trade show: 24 of 24 ended untouched, over 20 %."),
        Alert("Ana Berg, Trade show: more than 5 ended untouched within one hour."),
    ]


@pytest.mark.parametrize(
    ("had", "is_few", "words"),
    [
        (4, True, "Ana Berg, Fair: 2 of 4 ended untouched, over twice the 0 % of their peers; too few to judge."),
        (20, False, "Ana Berg, Fair: 2 of 20 ended untouched, over twice the 0 % of their peers."),
    ],
)
def test_over_twice_the_peers_median_is_named_and_grey_where_few(house, had, is_few, words):
    fair = Source.objects.create(name="Fair")
    mine = [given(house.ana, NOON, source=fair) for _ in range(had)]
    for rep in (house.ben, house.ben, house.dov):
        given(rep, NOON, source=fair)
    dispositions.unqualify(mine[:2], reason=reason("not_a_prospect"), by=house.ana, at=NOON + timedelta(minutes=30))

    answer = answers.answer(METRICS["cherry-picking"], MARCH, Filters(), now=NOON + timedelta(days=1))

    assert METRICS["cherry-picking"].alerts(answer) == [Alert(words, is_few)]


def test_twice_the_peers_median_itself_is_not_over_it(house):
    fair = Source.objects.create(name="Fair")
    for rep, ended in ((house.ana, 2), (house.ben, 1)):
        leads = [given(rep, NOON, source=fair) for _ in range(4)]
        dispositions.unqualify(leads[:ended], reason=reason("not_a_prospect"), by=rep, at=NOON + timedelta(minutes=30))

    answer = answers.answer(METRICS["cherry-picking"], MARCH, Filters(), now=NOON + timedelta(days=1))

    assert METRICS["cherry-picking"].alerts(answer) == []


def test_82_sourced_and_one_won_is_told_from_40_and_36(house):
    _sourced(house.ana, 82, 1)
    _sourced(house.ben, 40, 36)
    half_year = Period(date(2026, 1, 1), date(2026, 7, 1))
    answer = answers.answer(METRICS["cohorts"], half_year, Filters(), by="rep", now=NOON + timedelta(days=99))
    won = METRICS["cohorts"].measure("won")
    assert {line.label: words.said(won, line.cells["won"]) for line in answer.lines} == {
        "Ana Berg": "1.2 %",
        "Ben Ito": "90 %",
    }


def _sourced(rep, number, won) -> None:
    product, stages = Product.objects.first(), {stage.status: stage for stage in Stage.objects.all()}
    accounts = Account.objects.bulk_create(
        Account(name=f"{rep} {n}", name_key=f"{rep.pk} {n}", created_at=NOON) for n in range(number)
    )
    Opportunity.objects.bulk_create(
        Opportunity(account=account, product=product, status="won" if n < won else "open", stage=stages["won" if n < won else "open"],
                    development_owner=rep, created_at=NOON, closed_at=NOON if n < won else None, amount=10)
        for n, account in enumerate(accounts)
    )  # fmt: skip


def test_nothing_to_divide_by_is_a_dash_and_few_are_greyed(house):
    assert words.said(METRICS["pick-up"].measure("rate"), figure("pick-up")["rate"]) == "–"
    touch(given(house.ana, NOON), house.ana, NOON + timedelta(minutes=5))
    cell = figure("pick-up")["rate"]
    assert (cell.value, cell.is_few, words.tone(METRICS["pick-up"].measure("rate"), cell)) == (1.0, True, "few")


def test_after_a_reassignment_the_first_owner_has_the_assignment_and_the_second_the_touch(house):
    lead = given(house.ana, NOON)
    assignment.assign([lead.pk], to=house.ben, by=house.cleo, at=NOON + timedelta(hours=1)).lead.refresh_from_db()
    touch(lead, house.ben, NOON + timedelta(hours=1, minutes=30))
    answer = answers.answer(METRICS["pick-up"], MARCH, Filters(), by="rep", now=NOON + timedelta(days=1))
    assert {line.label: (line.cells["rate"].n, line.cells["rate"].of) for line in answer.lines} == {
        "Ana Berg": (0, 1),
        "Ben Ito": (1, 1),
    }
    assert answer.total.cells["rate"].of == 2
    # By lead: one round, touched after 90 minutes; by rep the second's clock began when it was his.
    assert figure("response")["median"].value == 5400
    assert figure("response", filters=Filters(rep=house.ben.pk))["median"].value == 1800


def test_a_colleagues_touch_counts_for_the_lead_and_not_for_the_rep(house):
    lead = given(house.ana, NOON)
    touch(lead, house.cleo, NOON + timedelta(minutes=10))
    assert figure("pick-up")["touched"].n == 1
    assert figure("pick-up", filters=Filters(rep=house.ana.pk))["touched"].n == 0


def test_an_exception_is_left_out_and_counted_beside(house):
    lead = put(None, "working", owner=house.ana)
    Cycle.objects.filter(pk=lead.cycle_id).update(has_exception=True)
    answer = answers.answer(METRICS["pick-up"], MARCH, Filters(), by="", now=NOON + timedelta(days=1))
    assert (answer.total.left_out, answer.total.cells["rate"].of) == (1, 0)


@pytest.mark.parametrize(
    ("name", "first", "until"),
    [
        ("this-month", "2026-10-01", "2026-11-01"),
        ("last-quarter", "2026-07-01", "2026-10-01"),
        ("last-7", "2026-10-19", "2026-10-26"),
    ],
)
def test_a_period_is_of_days_in_the_reports_zone(name, first, until):
    period = named(name, datetime(2026, 10, 24, 22, 30, tzinfo=UTC))  # half past midnight of the 25th in Berlin
    assert (str(period.first), str(period.until)) == (first, until)


def test_a_day_of_25_hours_belongs_to_its_period_whole():
    autumn = Period(date(2026, 10, 25), date(2026, 10, 26))
    assert autumn.ends_at.astimezone(UTC) - autumn.starts_at.astimezone(UTC) == timedelta(hours=25)
    assert str(Period(date(2026, 3, 1), date(2026, 4, 1)).before()) == "1 Feb 2026 to 28 Feb 2026"


def test_a_burst_is_what_was_known_of_it_on_the_day(house):
    """Six of one source ended untouched within the hour; one taken back later: as of before it stays six, as known now it is five."""
    show = Source.objects.create(name="Trade show")
    leads = [given(house.ana, NOON, source=show) for _ in range(7)]
    for minute, lead in enumerate(leads):
        at = NOON + timedelta(minutes=10 * minute + 1, seconds=minute == 6)
        assert dispositions.unqualify([lead.pk], reason=reason("not_a_prospect"), by=house.ana, at=at).done
    later = NOON + timedelta(hours=5)
    before = figure("cherry-picking", as_of=later)["burst"].n, figure("cherry-picking", now=later)["burst"].n

    assert dispositions.take_back([leads[3].pk], by=house.ana, at=later + timedelta(hours=1)).done

    after = figure("cherry-picking", as_of=later)["burst"].n, figure("cherry-picking")["burst"].n
    # The seventh ended an hour and a second after the first: five before it, still the sixth of its hour.
    assert (before, after) == ((2, 2), (2, 0))
