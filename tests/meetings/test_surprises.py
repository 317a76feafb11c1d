"""What looks like sandbagging is listed with why: won within days, created late, won without a meeting (ACC-12). And what ends soon."""

from datetime import timedelta

import pytest

from accounts import clock, sweeping
from accounts.models import Opportunity, Product, Reason, Stage
from leadops.schedules import SWEEPS
from leads import qualification
from leads.models import Lead
from meetings import closing, opportunities, outcomes
from tests.meetings.table import DAY, END, HOUR, booked, worked
from tests.meetings.test_sales import FIVE

pytestmark = pytest.mark.django_db
TICK = timedelta(seconds=1)
LONG = 60 * DAY


def opened(ana, eva, met: str = "") -> Opportunity:
    """An opportunity opened at one moment; `met`: what came of its meeting, where it had one."""
    lead = worked(ana)
    if not met:
        return opportunities.open(
            lead.account, Product.objects.first(), leads=[lead], by=eva, at=END, opportunity_owner=eva
        )
    meeting = booked(lead, ana, eva, starts_at=END + HOUR, at=END)
    why = {"reason": Reason.objects.get(code="budget_later")} if met == "unqualified" else {}
    outcomes.dispose(meeting, met, by=eva, at=END + 3 * HOUR, **why)
    return Opportunity.objects.get(pk=meeting.opportunity_id)


def into_pipeline(sale: Opportunity, eva, at) -> None:
    lead = Lead.objects.get(contact_roles__opportunity=sale)
    qualification.fill(lead, FIVE, by=eva, at=at).whole()
    opportunities.advance(sale, Stage.objects.get(is_pipeline=True), by=eva, at=at)


def listed(begin=END, end=END + 2 * LONG) -> list[tuple]:
    return [(row.is_quick, row.is_late, row.is_unmet) for row in closing.surprises(begin, end)]


@pytest.mark.parametrize(
    ("after", "rows"), [(7 * DAY - TICK, [(True, False, False)]), (7 * DAY, [])], ids=["quick", "not"]
)
def test_won_within_seven_days_of_being_created(ana, eva, after, rows):
    sale = opened(ana, eva, "qualified")
    into_pipeline(sale, eva, sale.created_at + 2 * DAY)

    closing.win(sale, by=eva, at=sale.created_at + after)

    assert listed() == rows


@pytest.mark.parametrize("end", ["won", "lost"])
@pytest.mark.parametrize(("after", "is_listed"), [(DAY - TICK, True), (DAY, False)], ids=["late", "not"])
def test_created_late_it_is_in_pipeline_within_a_day(ana, eva, after, is_listed, end):
    sale = opened(ana, eva, "qualified")
    into_pipeline(sale, eva, sale.created_at + after)

    if end == "won":
        closing.win(sale, by=eva, at=END + LONG)
    else:
        closing.lose(sale, reason=Reason.objects.get(code="lost_price"), by=eva, at=END + LONG)

    assert listed() == [(False, True, False)] * is_listed


@pytest.mark.parametrize(
    ("met", "rows"),
    [
        ("", [(False, False, True)]),
        ("no_show", [(False, False, True)]),
        ("missed", [(False, False, True)]),
        ("qualified", []),
    ],
)
def test_won_without_a_meeting_that_was_held(ana, eva, met, rows):
    sale = opened(ana, eva, met)

    closing.win(sale, by=eva, at=END + LONG)

    assert listed() == rows


def test_one_that_was_held_and_was_no_fit_was_a_meeting(ana, eva):
    """The sale ended with it, and another person of the company took it up."""
    sale = opened(ana, eva)
    first = booked(Lead.objects.get(), ana, eva, starts_at=END + HOUR, at=END)
    second = worked(ana, account=sale.account)
    booked(second, ana, eva, starts_at=END + DAY, at=END)
    outcomes.complete_unqualified(first, reason=Reason.objects.get(code="budget_later"), by=eva, at=END + 3 * HOUR)

    closing.win(sale, by=eva, at=END + LONG)

    assert listed() == []


def test_lost_or_given_up_without_a_meeting_is_no_surprise(ana, eva):
    lost, given_up = opened(ana, eva), opened(ana, eva)
    closing.lose(lost, reason=Reason.objects.get(code="lost_price"), by=eva, at=END + LONG)
    closing.close_not_qualified(given_up, by=eva, at=END + LONG)

    assert listed() == []


def test_all_three_at_once_are_said_all(ana, eva):
    sale = opened(ana, eva)

    closing.win(sale, by=eva, at=END + HOUR)

    assert listed() == [(True, True, True)]


def test_the_period_holds_its_begin_and_not_its_end(ana, eva):
    sale = opened(ana, eva)
    closing.win(sale, by=eva, at=END + HOUR)

    assert (len(listed(END + HOUR, END + 2 * HOUR)), len(listed(END, END + HOUR))) == (1, 0)


def test_the_page_says_each_why_to_a_manager_of_theirs_only(client_of, ana, eva, cleo, hugo):
    now = clock.now()
    sale = opportunities.open(
        worked(ana).account,
        Product.objects.first(),
        by=None,
        at=now - HOUR,
        opportunity_owner=eva,
        development_owner=ana,
    )
    closing.win(sale, by=eva, at=now)

    page = client_of(cleo).get("/opportunities/surprises/").content.decode()
    other = client_of(hugo).get("/opportunities/surprises/").content.decode()

    assert (
        "Won: won within 7 days of being created; created late: in pipeline within a day; won without a meeting held"
        in page
    )
    assert "No surprise in the last 90 days." in other


@pytest.mark.parametrize(("days", "is_listed"), [(0, True), (120, True), (121, False), (-1, False)])
def test_a_contract_that_ends_soon_stays_listed_once_it_was_told_of(client_of, ana, eva, days, is_listed):
    now = clock.now()
    sale = opportunities.open(
        worked(ana).account, Product.objects.first(), by=None, at=now - LONG, opportunity_owner=eva
    )
    closing.win(sale, by=eva, at=now - 30 * DAY, contract_end_date=(now + days * DAY).date())
    sweeping.run(SWEEPS["contracts"], now, seconds=None)

    page = client_of(eva).get("/opportunities/ending/").content.decode()

    assert (sale.name in page) is is_listed
