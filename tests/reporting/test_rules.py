"""Rules of single figures: starved days, who asks for us inside a round, what counts as answered, lead value, coverage."""

from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.models import Event, Opportunity, Stage, User
from accounts.sweeping import run
from leads import assignment, dispositions, pulling, pulls, signals
from leads import product_led as product
from leads.models import Cycle, Lead, Signal, Source, Trigger
from leads.response_sweeps import SWEEPS as RESPONSE_SWEEPS
from leads.sweeps import SWEEPS
from meetings import coverage
from meetings.models import SegmentMedian
from reporting import answers, mine
from reporting.filters import Filters
from reporting.metrics import METRICS
from reporting.period import Period
from tests.factories import NOON, AccountFactory, LeadFactory, opportunity_of, product_led, put, reason
from tests.reporting.test_golden import figure, given, touch

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
END = datetime(2026, 3, 3, 17, 0, tzinfo=UTC)  # Ana's Tuesday, 18:00 in Berlin


def pull(house, number: int) -> None:
    at = END - 3 * HOUR
    facts = {"go_to_market": "outbound", "status_since": at - DAY, "created_at": at - DAY, "recorded_at": at - DAY}
    waiting = [LeadFactory(**facts) for _ in range(number)]
    assignment.enqueue(waiting, team=house.north, by=None, at=at - HOUR)
    assert len(pulling.pull(house.north, by=house.ana, at=at, number=number).done) == number
    User.objects.filter(pk=house.ana.pk).update(day_ends_at=END, date_joined=END - 9 * DAY)
    User.objects.exclude(pk=house.ana.pk).update(day_ends_at=END + 90 * DAY)


def pulled(as_of=None) -> dict:
    tuesday = Period(date(2026, 3, 3), date(2026, 3, 4))
    cells = answers.answer(METRICS["pulls"], tuesday, Filters(), as_of, by="", now=END + DAY).total.cells
    return {name: (cells[name].n, cells[name].of) for name in ("in_band", "below", "starved")}


@pytest.mark.parametrize(("number", "starved"), [(9, 1), (10, 0)])
def test_a_day_below_on_which_nothing_was_left_to_pull_is_starved_and_no_violation(house, number, starved):
    pull(house, number)

    for moment in (END, END + HOUR):
        run(next(sweep for sweep in SWEEPS if sweep.name == "day-end"), moment)

    assert Event.objects.filter(kind="starved").count() == starved
    assert pulled() == {"in_band": (1 - starved, 1 - starved), "below": (0, None), "starved": (starved, None)}
    assert pulled(END - HOUR)["starved"] == (0, None)


def test_a_day_below_with_somebody_left_to_pull_is_a_violation(house):
    pull(house, 9)
    put(None, "raw", team=house.north)

    run(next(sweep for sweep in SWEEPS if sweep.name == "day-end"), END)

    assert pulled() == {"in_band": (0, 1), "below": (1, None), "starved": (0, None)}
    assert pulls.LEAST == 10


def asked(lead: Lead, at) -> None:
    signals.raise_hand([lead.pk], what="call", by=None, at=at).whole()


@pytest.mark.parametrize(("seconds", "within"), [(7200, 1), (7201, 0)])
def test_who_asks_for_us_inside_a_round_has_a_response_time_of_its_own(house, seconds, within):
    lead = put(None, "working", owner=house.ana)
    asked(lead, NOON + DAY)
    touch(lead, house.ana, NOON + DAY + timedelta(seconds=seconds))

    cells = figure("hand-raises")

    assert (cells["asked"].n, cells["median"].value) == (1, seconds)
    assert [(cells[name].n, cells[name].of) for name in ("in_2h", "target", "limit")] == [
        (within, 1), (within, 1), (1, 1),
    ]  # fmt: skip
    # The round's own clock was ended by its first touch, before.
    assert figure("response")["median"].value == (Cycle.objects.get().first_touch_at - NOON).total_seconds()


def test_whom_nobody_answers_is_a_miss_once_the_time_has_passed(house):
    lead = put(None, "working", owner=house.ana)
    asked(lead, NOON + DAY)

    early = figure("hand-raises", now=NOON + DAY + HOUR)
    late = figure("hand-raises", now=NOON + 2 * DAY + timedelta(seconds=1))

    assert (early["in_2h"].of, early["unanswered"].n) == (0, 1)
    assert [(late[name].n, late[name].of) for name in ("in_2h", "in_24h")] == [(0, 1), (0, 1)]
    assert late["median"].value is None


def test_it_counts_for_whoever_had_the_lead_when_they_asked(house):
    lead = put(None, "working", owner=house.ana)
    asked(lead, NOON + DAY)
    assignment.assign([lead.pk], to=house.ben, by=house.cleo, at=NOON + DAY + HOUR).whole()
    touch(lead, house.ben, NOON + DAY + 2 * HOUR)

    answer = answers.answer(
        METRICS["hand-raises"], Period(date(2026, 3, 1), date(2026, 4, 1)), Filters(), by="rep", now=NOON + 9 * DAY
    )

    assert {line.label: line.cells["in_2h"].n for line in answer.lines} == {"Ana Berg": 1}


def test_who_brings_a_lead_in_and_takes_it_answered_live_and_is_flagged(house):
    lead = LeadFactory(status_since=NOON, created_at=NOON, recorded_at=NOON)
    taken = assignment.assign([lead], to=house.ana, by=None, at=NOON, trigger=Trigger.OWN).lead
    before = figure("response")
    touch(taken, house.ana, NOON + 5 * HOUR)

    cells = figure("response")

    assert (before["median"].value, before["in_2h"].n, before["in_2h"].of) == (None, 0, 1)
    assert (cells["median"].value, cells["in_2h"].n, cells["target"].n, cells["self_assigned"].n) == (0, 1, 1, 1)


def test_a_meeting_they_booked_by_themselves_ends_the_clock_and_is_flagged(house):
    lead = given(house.ana, NOON)
    Cycle.objects.filter(lead=lead).update(self_booked_at=NOON + HOUR)

    cells, then = figure("response"), figure("response", as_of=NOON + HOUR / 2)

    assert (cells["median"].value, cells["in_2h"].n, cells["self_booked"].n) == (3600, 1, 1)
    assert (then["median"].value, then["self_booked"].n) == (None, 0)


WORKED_BY = {
    ("pick-up", "rate"), ("pick-up", "touched"), ("pick-up", "self_booked"), ("qualified", "worked"), ("funnel", "worked"),
    ("cherry-picking", "touched"), ("companies", "touched"), ("companies", "answered"),
}  # fmt: skip


def test_a_meeting_they_booked_by_themselves_counts_as_worked_in_every_figure(house):
    """No touch was made, and none is counted: it is told apart. Before it, and as of before it, nobody had picked the lead up."""
    lead = given(house.ana, NOON, account=AccountFactory())

    def counted(as_of=None, rep=None):
        filters = Filters(rep=rep) if rep else Filters()
        return {(name, key) for name, key in WORKED_BY if figure(name, filters=filters, as_of=as_of)[key].n}

    before = counted()
    Cycle.objects.filter(lead=lead).update(self_booked_at=NOON + HOUR)

    assert (before, counted(), counted(NOON + HOUR / 2)) == (set(), WORKED_BY, set())
    assert counted(rep=house.ana.pk) == WORKED_BY
    assert figure("pick-up")["waiting"].n == 0


def test_who_ends_what_they_had_booked_by_themselves_ended_nothing_untouched(house):
    leads = [given(house.ana, NOON) for _ in range(2)]
    Cycle.objects.filter(lead=leads[0]).update(self_booked_at=NOON + HOUR)
    ended = dispositions.unqualify(leads, reason=reason("not_a_prospect"), by=house.ana, at=NOON + 2 * HOUR)
    assert len(ended.done) == 2

    for name in ("pick-up", "cherry-picking"):
        assert (figure(name)["untouched"].n, figure(name)["untouched"].of) == (1, 2)
    assert figure("pick-up", filters=Filters(fully_worked=True))["rate"].of == 1


def decided(house, number: int, won: int, **facts) -> None:
    """Rounds that ended; of some the sale was won at 10,000."""
    stages = {stage.status: stage for stage in Stage.objects.all()}
    for n in range(number):
        lead = LeadFactory(status_since=NOON, created_at=NOON, recorded_at=NOON, **facts)
        put(lead, "nurture", owner=house.ana)
        if n < won:
            lead.account = AccountFactory()
            sale = opportunity_of(lead, at=NOON + HOUR)
            Opportunity.objects.filter(pk=sale.pk).update(
                status="won", stage=stages["won"], closed_at=NOON + DAY, amount=10_000
            )


def test_twenty_per_cent_times_ten_thousand_is_two_thousand(house):
    """Golden case 4, and that few are drawn to all: ten decided rounds count a third, all the rest."""
    decided(house, 10, 2, segment="large")
    decided(house, 10, 0, segment="small")
    answer = answers.answer(
        METRICS["lead-value"], Period(date(2026, 3, 1), date(2026, 4, 1)), Filters(), by="segment", now=NOON + 9 * DAY
    )
    lines = {line.label: line.cells for line in answer.lines}

    large = lines["large"]
    assert (large["conversion"].value, float(large["average"].value), float(large["value"].value)) == (
        0.2,
        10_000,
        2_000,
    )
    assert (float(answer.total.cells["value"].value), float(answer.total.cells["estimate"].value)) == (1_000, 1_000)
    assert [round(float(lines[key]["estimate"].value), 2) for key in ("large", "small")] == [1_333.33, 666.67]


def test_what_is_not_decided_is_in_no_lead_value(house):
    decided(house, 4, 0)
    put(None, "working", owner=house.ana)
    with_sale = put(None, "nurture", owner=house.ana)
    with_sale.account = AccountFactory()
    opportunity_of(with_sale, at=NOON + HOUR)

    assert figure("lead-value")["decided"].n == 4


def test_a_channel_that_brings_many_and_wins_few_is_told_apart_from_its_reverse(house):
    """Golden case 5, by segment and source: one average of both hides it."""
    webinar = Source.objects.create(name="Webinar")
    decided(house, 4, 1, segment="large", source=webinar)
    decided(house, 4, 3, segment="large")

    answer = answers.answer(
        METRICS["funnel"], Period(date(2026, 3, 1), date(2026, 4, 1)), Filters(), now=NOON + 9 * DAY
    )

    shares = {line.label: (line.cells["to_opportunity"].n, line.cells["to_opportunity"].of) for line in answer.lines}
    assert shares["large · Webinar"] == (1, 4)
    assert sorted(shares.values()) == [(1, 4), (3, 4)]


def standing(titles: dict[str, bool]) -> None:
    """A company of these people, each answering just now or silent."""
    company = AccountFactory()
    at = NOON + 9 * DAY
    for title, is_active in titles.items():
        lead = LeadFactory(account=company, title=title, created_at=NOON, recorded_at=NOON, status_since=NOON)
        if is_active:
            Signal.objects.create(lead=lead, kind="reply", key=title, at=at, recorded_at=at)
    lead = LeadFactory(
        account=company, go_to_market="outbound", title="", created_at=NOON, recorded_at=NOON, status_since=NOON
    )
    assignment.assign([lead], to=User.objects.get(username="ana"), by=None, at=NOON).whole()


@pytest.mark.parametrize(
    ("titles", "place"),
    [
        ({}, "identify"),
        ({"Clerk": True}, "expand"),
        ({"CEO": False, "Finance director": False}, "engage"),
        ({"CEO": True, "Budget Controller": False}, "win"),
    ],
)
def test_a_company_stands_where_its_page_says(house, titles, place):
    standing(titles)
    answer = answers.answer(
        METRICS["coverage"], Period(date(2026, 3, 1), date(2026, 4, 1)), Filters(), now=NOON + 9 * DAY
    )

    account = Lead.objects.exclude(account=None).first().account
    page = coverage.of(account, NOON + 9 * DAY)
    assert [line.key for line in answer.lines] == [place] == [page.place]
    assert answer.total.cells["personas"].value == 100 * page.coverage
    assert answer.total.cells["engagement"].value == pytest.approx(page.engagement)


@pytest.mark.parametrize(("median", "place"), [("2.0", "win"), ("2.01", "engage")])
def test_report_and_page_measure_by_the_same_median_of_the_segment(house, median, place):
    standing({"CEO": True, "Budget Controller": True})
    SegmentMedian.objects.create(segment="", at=NOON + 8 * DAY, engagement=median, companies=9, recorded_at=NOON)
    SegmentMedian.objects.create(segment="", at=NOON + 10 * DAY, engagement=9, companies=9, recorded_at=NOON)
    SegmentMedian.objects.create(segment="large", at=NOON + 8 * DAY, engagement=9, companies=9, recorded_at=NOON)

    march = Period(date(2026, 3, 1), date(2026, 4, 1))
    lines = answers.answer(METRICS["coverage"], march, Filters(), now=NOON + 9 * DAY).lines

    account = Lead.objects.exclude(account=None).first().account
    assert [line.key for line in lines] == [place] == [coverage.of(account, NOON + 9 * DAY).place]


def test_companies_that_came_to_us_are_in_no_coverage(house):
    lead = LeadFactory(account=AccountFactory(), status_since=NOON, created_at=NOON, recorded_at=NOON)
    assignment.assign([lead], to=house.ana, by=None, at=NOON).whole()

    assert (figure("coverage")["companies"].n, figure("companies")["companies"].n) == (0, 1)


def test_what_somebody_took_over_counts_beside_them_as_in_their_team(house):
    leads = [put(LeadFactory(), "assigned", owner=house.ben) for _ in range(2)]
    assert len(assignment.assign(leads, to=house.ana, by=house.cleo, at=NOON + HOUR).done) == 2

    day = Period(NOON.date(), NOON.date() + DAY)
    lines = {(line.metric.name, line.measure.name): line for line in mine.board(house.ana, day, now=NOON + 2 * DAY)}

    received = lines["assignment", "received"]
    assert (received.mine, received.team) == ("2", "2")


def test_what_changed_hands_inside_its_round_is_told_by_day_as_by_rep(house):
    """Twice on, and once back to who had it first: two received it. As known before the second only one had."""
    lead, after = given(house.ana, NOON), NOON
    given(house.ana, NOON)
    for to in (house.ben, house.dov, house.ana):
        after += HOUR
        lead = assignment.assign([lead], to=to, by=house.nora, at=after).lead

    def received(by, as_of=None):
        period = Period(NOON.date(), NOON.date() + DAY)
        answer = answers.answer(METRICS["assignment"], period, Filters(), as_of, by=by, now=NOON + DAY)
        lines = [line.cells["received"].value for line in answer.lines]
        return answer.total.cells["received"].value, sum(lines)

    assert [received(by) for by in ("day", "source", "rep", "team")] == [(2, 2)] * 4
    assert [received(by, NOON + 90 * timedelta(minutes=1)) for by in ("day", "rep")] == [(1, 1)] * 2
    assert figure("assignment")["assigned"].n == 2


def test_matured_only_leaves_out_what_has_not_had_its_time_however_it_went(house):
    """Answered at once or not: whose limit has not passed is in no share. As known then its time had not come either."""
    for hour in (0, 20):
        touch(given(house.ana, NOON + hour * HOUR), house.ana, NOON + hour * HOUR + HOUR)
        given(house.ana, NOON + hour * HOUR)

    def asked(now, as_of=None, **facts):
        return [
            figure(name, now=now, as_of=as_of, filters=Filters(**facts))[key].of
            for name, key in (("response", "in_24h"), ("pick-up", "rate"))
        ]

    after = NOON + DAY + HOUR
    assert asked(after) == [3, 4]
    assert asked(after, matured=True) == asked(after, matured=True, rep=house.ana.pk) == [2, 2]
    assert asked(NOON + 2 * DAY, matured=True) == [4, 4]
    assert asked(NOON + 9 * DAY, NOON + DAY - HOUR, matured=True) == [0, 0]


@pytest.mark.parametrize("is_seen", [True, False])
def test_a_passed_limit_that_a_sweep_saw_is_escalated_and_one_touched_before_is_only_on_record(house, is_seen):
    """Both are of whoever had the lead, told apart by who was told (SLA-3, REP-17)."""
    User.objects.exclude(pk=house.ana.pk).update(is_active=False)
    User.objects.filter(pk=house.cleo.pk).update(is_active=True)
    lead, late = given(house.ana, NOON), NOON + DAY + HOUR
    if is_seen:
        run(next(sweep for sweep in RESPONSE_SWEEPS if sweep.name == "response"), late)
    touch(lead, house.ana, late + HOUR)

    answer = answers.answer(
        METRICS["limits"], Period(date(2026, 3, 1), date(2026, 4, 1)), Filters(), by="rep", now=NOON + 9 * DAY
    )

    assert {
        line.label: (line.cells["breaches"].n, line.cells["escalated"].n, line.cells["off_hours"].n)
        for line in answer.lines
    } == {"Ana Berg": (1, int(is_seen), 0)}


@pytest.mark.parametrize("by", ["source", "campaign", "segment"])
def test_the_conversion_of_each_stage_is_told_by_source_campaign_and_segment(house, by):
    """REP-7: worked, qualified, with an opportunity, won; each of two kinds by itself, and the lines sum to all."""
    show = Source.objects.create(name="Show")
    kinds = [
        {"source": show, "segment": "large", "campaign": Source.objects.create(name="Spring", parent=show)},
        {"segment": "small"},
    ]
    for facts, number, won in ((kinds[0], 3, 2), (kinds[1], 4, 1)):
        decided(house, number, won, **facts)
        put(LeadFactory(status_since=NOON, created_at=NOON, recorded_at=NOON, **facts), "qualified", owner=house.ana)
        put(LeadFactory(status_since=NOON, created_at=NOON, recorded_at=NOON, **facts), "assigned", owner=house.ana)

    answer = answers.answer(
        METRICS["funnel"], Period(date(2026, 3, 1), date(2026, 4, 1)), Filters(), by=by, now=NOON + 9 * DAY
    )

    stages = ("worked", "qualified", "to_opportunity", "to_won")
    lines = sorted([(line.cells[name].n, line.cells[name].of) for name in stages] for line in answer.lines)
    assert lines == [[(4, 5), (1, 4), (3, 5), (2, 3)], [(5, 6), (1, 5), (2, 6), (1, 2)]]
    assert [(answer.total.cells[name].n, answer.total.cells[name].of) for name in stages] == [
        (9, 11),
        (2, 9),
        (5, 11),
        (3, 5),
    ]


def test_the_product_leds_are_told_by_week_and_time_to_activation_is_in_no_response_time(house):
    week = timedelta(days=7)
    for at, hours in ((NOON, 5), (NOON, 9), (NOON + week, None)):
        lead = product_led(at=at)
        if hours:
            assert product.activate([lead], at=at + hours * HOUR).done
    assert product.hand_over([Lead.objects.order_by("pk").first()], to=house.ana, at=NOON + DAY).done

    answer = answers.answer(
        METRICS["product-led"], Period(date(2026, 3, 1), date(2026, 4, 1)), Filters(), now=NOON + 9 * DAY
    )

    names = ("began", "activated", "handed_over", "using", "trying")
    assert [[line.cells[name].n for name in names] for line in answer.lines] == [[2, 2, 1, 1, 0], [1, 0, 0, 0, 1]]
    assert [line.cells["time"].value for line in answer.lines] == [7 * 3600, None]
    assert figure("product-led", as_of=NOON + 6 * HOUR)["activated"].n == 1
    assert (figure("response")["median"].value, figure("pick-up")["rate"].of) == (None, 1)


@pytest.mark.parametrize(("hours", "misses"), [(1, (0, 0)), (2, (1, 0)), (5, (1, 0)), (30, (1, 1))])
def test_what_went_to_another_before_its_time_had_passed_is_no_miss_of_who_had_it(house, hours, misses):
    """The round runs from its first assigned date and is a miss of both; a rep's own line is one for what passed in their hands."""
    lead = given(house.ana, NOON)
    assert assignment.assign([lead.pk], to=house.ben, by=house.cleo, at=NOON + hours * HOUR).done

    own, of_lead = figure("response", filters=Filters(rep=house.ana.pk)), figure("response")

    assert (
        tuple(own[name].of for name in ("in_2h", "in_24h"))
        == tuple(own[name].of for name in ("target", "limit"))
        == misses
    )
    assert [of_lead[name].of for name in ("in_2h", "in_24h")] == [1, 1]
