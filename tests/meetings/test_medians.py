"""From when on a company counts as engaged: the median of its segment, kept once a day, unless RevOps names a number (ACC-13)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from accounts.models import Reason
from leads.models import Signal, Touch
from meetings import coverage, medians
from meetings.models import CoverageRule, SegmentMedian
from tests.factories import AccountFactory, LeadFactory, put

pytestmark = pytest.mark.django_db
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MIDNIGHT = datetime(2026, 3, 10, tzinfo=UTC)
NIGHT = MIDNIGHT + 3 * HOUR


def company(segment: str, *ages: int, at: datetime = MIDNIGHT, **facts):
    """A company whose people answered so many days ago."""
    account = AccountFactory(segment=segment)
    for number, age in enumerate(ages):
        heard(LeadFactory(account=account, **facts), at - age * DAY, str(number))
    return account


def heard(lead, at, key="0", kind="reply", recorded_at=None) -> None:
    Signal.objects.create(lead=lead, kind=kind, key=key, at=at, recorded_at=recorded_at or at)


def kept() -> list[tuple]:
    rows = SegmentMedian.objects.order_by("segment", "at").values_list("segment", "at", "engagement", "companies")
    return [(segment, at, float(engagement), companies) for segment, at, engagement, companies in rows]


def test_the_middle_one_of_the_active_companies_of_each_segment_is_kept():
    for ages in ((0,), (15,), (30,), (31,), ()):
        company("large", *ages)
    company("small", 0, 0)
    company("small", 30)

    assert medians.keep(NIGHT) == 2

    assert kept() == [
        ("large", MIDNIGHT, pytest.approx(0.5**0.5, abs=1e-4), 3),
        ("small", MIDNIGHT, pytest.approx(1.25), 2),
    ]


def test_the_day_is_seen_as_it_began_whenever_the_job_is_rung_and_only_once():
    account = company("large", 0)
    medians.keep(NIGHT)

    heard(LeadFactory(account=account), MIDNIGHT - DAY, "late", recorded_at=NIGHT)  # learnt afterwards
    heard(LeadFactory(account=account), MIDNIGHT + HOUR, "after")

    assert medians.keep(MIDNIGHT + 23 * HOUR) == 0
    assert kept() == [("large", MIDNIGHT, 1.0, 1)]


def test_two_that_keep_it_at_once_keep_it_once():
    company("large", 0)

    done = [medians._keep(MIDNIGHT, NIGHT) for _ in range(2)]

    assert (done, len(kept())) == ([1, 0], 1)


@pytest.mark.parametrize(("away", "days"), [(1, [1]), (3, [1, 2, 3]), (9, [3, 4, 5, 6, 7, 8, 9])])
def test_days_that_were_missed_are_made_up_for_up_to_a_week(away, days):
    company("large", 0)
    medians.keep(NIGHT)

    medians.keep(NIGHT + away * DAY)

    assert [at for _segment, at, _engagement, _companies in kept()] == [MIDNIGHT, *(MIDNIGHT + n * DAY for n in days)]


def test_who_is_gone_opted_out_only_imported_or_did_not_answer_is_not_active(ana):
    company("large", 0, opted_out_at=MIDNIGHT - DAY)
    left = LeadFactory(account=AccountFactory(segment="large"))
    put(left, "unqualified", owner=ana, at=MIDNIGHT - 40 * DAY)
    type(left).objects.filter(pk=left.pk).update(reason=Reason.objects.get(code="left_company"))
    heard(left, MIDNIGHT - DAY)
    heard(LeadFactory(account=AccountFactory(segment="large")), MIDNIGHT - DAY, kind="import")
    for outcome, is_automated in (("no_answer", False), ("interested", True)):
        reached = LeadFactory(account=AccountFactory(segment="large"))
        Touch.objects.create(
            lead=reached, channel="call", outcome=outcome, by=ana, occurred_at=MIDNIGHT - DAY, recorded_at=MIDNIGHT - DAY,
            is_automated=is_automated,
        )  # fmt: skip

    assert medians.keep(NIGHT) == 0


def test_an_answer_to_a_touch_is_activity(ana):
    lead = LeadFactory(account=AccountFactory(segment="large"))
    Touch.objects.create(
        lead=lead,
        channel="call",
        outcome="interested",
        by=ana,
        occurred_at=MIDNIGHT - 30 * DAY,
        recorded_at=MIDNIGHT - 30 * DAY,
    )

    medians.keep(NIGHT)

    assert kept() == [("large", MIDNIGHT, 0.5, 1)]


def test_a_company_is_measured_by_the_median_of_its_own_segment_as_it_was_then():
    account, other = company("large", 0), company("small", 0)
    SegmentMedian.objects.create(segment="large", at=MIDNIGHT, engagement="0.9", companies=3, recorded_at=NIGHT)
    SegmentMedian.objects.create(segment="large", at=MIDNIGHT + DAY, engagement="1.1", companies=3, recorded_at=NIGHT)

    stood = [coverage.of(account, at) for at in (MIDNIGHT, NIGHT, MIDNIGHT + DAY)]

    assert [row.place for row in stood] == ["expand", "expand", "identify"]
    assert [(row.engaged_from, row.median_of) for row in stood[1:]] == [
        (Decimal("0.9"), MIDNIGHT),
        (Decimal("1.1"), MIDNIGHT + DAY),
    ]
    assert coverage.of(other, MIDNIGHT).engaged_from == medians.DEFAULT  # its segment has none yet


def test_revops_number_goes_before_the_median_from_its_day_on():
    account = company("large", 0)
    SegmentMedian.objects.create(segment="large", at=MIDNIGHT, engagement="0.9", companies=3, recorded_at=NIGHT)
    CoverageRule.objects.create(version=2, valid_from=NIGHT, engaged_from="1.5")

    assert [coverage.of(account, at).place for at in (NIGHT - HOUR, NIGHT)] == ["expand", "identify"]
    assert coverage.of(account, NIGHT).median_of is None


def test_the_page_of_a_company_says_which_median_it_is_measured_by(client_of, cleo, ana):
    account = AccountFactory(development_owner=ana, segment="large")
    SegmentMedian.objects.create(segment="large", at=MIDNIGHT, engagement="0.75", companies=3, recorded_at=NIGHT)

    page = client_of(cleo).get(f"/accounts/{account.pk}/").content.decode()

    assert "engaged from 0.75, the median of its segment on 10 Mar;" in page
