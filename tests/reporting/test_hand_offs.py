"""Hand-offs are measured (SLA-6): accepted within the limit, late, sent back by reason, waiting; by both sides, as known then."""

from datetime import date, timedelta

import pytest

from leads.models import Lead
from meetings import booking, closing, handing, moving, outcomes, passing
from meetings.models import HandOff, Meeting
from reporting import answers, permissions
from reporting.filters import Filters
from reporting.metrics import METRICS
from reporting.period import Period
from tests.factories import reason
from tests.meetings.table import BOOKED, DAY, END, HOUR, SCHEDULED, START, booked, worked

pytestmark = pytest.mark.django_db
METRIC = METRICS["hand-offs"]
MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))
FAR, LATER = START + 20 * DAY, BOOKED + 3 * DAY
SECOND = timedelta(seconds=1)


def said(filters=None, *, as_of=None, now=LATER, by="") -> answers.Answer:
    return answers.answer(METRIC, MARCH, filters or Filters(), as_of, by=by, now=now)


def counts(answer, *names) -> list:
    cells = answer.total.cells
    return [(cells[n].n, cells[n].of) if cells[n].of is not None else cells[n].value for n in names]


def handed(rep, closer, hours: float = 0) -> HandOff:
    """Hand a lead over at the booking: its word is due 24 hours later."""
    at = BOOKED + timedelta(hours=hours)
    meeting = booked(worked(rep), rep, closer, amount=SCHEDULED, starts_at=FAR + timedelta(hours=10 * hours), at=at)
    return HandOff.objects.get(opportunity=meeting.opportunity_id)


@pytest.mark.parametrize(("late", "in_time", "after"), [(timedelta(0), (1, 1), 0), (SECOND, (0, 1), 1)])
def test_exactly_24_hours_is_in_time_and_a_second_more_is_late(ana, eva, late, in_time, after):
    handing.accept(handed(ana, eva), by=eva, at=BOOKED + DAY + late)

    answer = said()

    assert counts(answer, "handed", "in_time", "late", "waiting") == [1, in_time, after, 0]
    assert answer.total.cells["time"].value == (DAY + late).total_seconds()


def test_one_that_waits_counts_against_nobody_until_its_limit_is_past(ana, eva):
    limit = handed(ana, eva).limit_at

    at_limit, after = said(now=limit), said(now=limit + SECOND)

    assert counts(at_limit, "waiting", "overdue", "in_time") == [1, 0, (0, 0)]
    assert at_limit.total.still_open == 1
    assert counts(after, "waiting", "overdue", "in_time") == [1, 1, (0, 1)]
    assert after.total.still_open == 0


def test_sent_back_counts_by_its_reason_and_is_not_accepted_however_soon(ana, eva):
    handing.refuse(handed(ana, eva), reason=reason("refused_pack"), by=eva, at=BOOKED + HOUR)
    handing.refuse(handed(ana, eva, 1), reason=reason("refused_person"), by=eva, at=BOOKED + 2 * HOUR)
    handing.accept(handed(ana, eva, 2), by=eva, at=BOOKED + 3 * HOUR)

    answer = said(by="reason")

    assert counts(answer, "refused", "in_time") == [(2, 3), (1, 3)]
    assert {line.label: line.cells["refused"].n for line in answer.lines} == {
        "Pack not filled": 1, "Wrong person": 1, "no reason": 0,
    }  # fmt: skip


def test_what_falls_away_before_an_answer_is_no_hand_off_and_stands_beside(ana, eva):
    waits = handed(ana, eva)
    moving.cancel(Meeting.objects.get(opportunity=waits.opportunity_id), by=ana, at=BOOKED + HOUR)

    assert counts(said(), "handed", "in_time", "dropped") == [0, (0, 0), 1]


def test_the_word_about_a_meeting_is_the_acceptance_and_its_time_runs_from_the_start(ana, eva):
    meeting = booked(worked(ana), ana, eva)
    outcomes.complete_qualified(meeting, by=eva, at=END)

    assert counts(said(now=END + HOUR), "handed", "in_time") == [1, (1, 1)]
    assert said(now=END + HOUR).total.cells["time"].value == 1800


def test_nothing_is_handed_to_whoever_has_it_nor_twice_for_one_sale(ana, eva):
    first = booked(worked(ana), ana, eva)
    outcomes.complete_qualified(first, by=eva, at=END)
    own = worked(eva)
    outcomes.complete_qualified(booked(own, eva, eva, starts_at=START + DAY), by=eva, at=END + DAY)
    second = booking.book(
        Lead.objects.get(pk=first.lead_id),
        product=first.opportunity.product,
        starts_at=START + 2 * DAY,
        by=eva,
        at=END + HOUR,
        owner=eva,
    )

    outcomes.complete_qualified(second, by=eva, at=END + 2 * DAY)

    assert counts(said(now=END + 3 * DAY), "handed") == [1]


def test_customers_are_told_apart_from_leads_with_what_was_missing_and_what_was_oversold(ana, eva, carl):
    meeting = booked(worked(ana), ana, eva)
    outcomes.complete_qualified(meeting, by=eva, at=END)
    closing.win(meeting.opportunity, by=eva, at=END + HOUR, success_owner=carl)
    customer = HandOff.objects.get(kind="success")
    handing.refuse(customer, reason=reason("oversold"), why="They expect more.", by=carl, at=END + 2 * HOUR)

    lines = {line.label: line.cells for line in said(by="kind", now=END + DAY).lines}

    assert set(lines) == {"From development to sales", "From sales to customer success"}
    success = lines["From sales to customer success"]
    assert [success[n].n for n in ("handed", "oversold", "lacking")] == [1, 1, 1]
    assert [lines["From development to sales"][n].n for n in ("handed", "oversold", "lacking")] == [1, 0, 1]


@pytest.mark.parametrize(
    ("by", "expected"), [("giver", {"Ana Berg": 2, "Ben Ito": 1}), ("receiver", {"Eva Lund": 1, "Finn Hart": 2})]
)
def test_told_apart_by_who_hands_over_and_by_who_takes_it_on(ana, ben, eva, finn, by, expected):
    handed(ana, eva), handed(ana, finn, 1), handed(ben, finn, 2)

    assert {line.label: line.cells["handed"].n for line in said(by=by).lines} == expected


def test_both_sides_see_theirs_and_their_managers_with_them(house, ana, ben, eva, finn):
    handed(ana, eva), handed(ben, finn, 1)

    seen = {
        name: said(permissions.narrowed(house.people[name], Filters())).total.cells["handed"].n
        for name in ("ana", "ben", "eva", "finn", "dov", "cleo", "hugo", "rita")
    }

    assert seen == {"ana": 1, "ben": 1, "eva": 1, "finn": 1, "dov": 0, "cleo": 2, "hugo": 0, "rita": 2}


def test_what_was_passed_on_and_answered_later_reads_as_known_then(ana, eva, finn, root):
    handed(ana, eva)
    passing.pass_on(eva, to=finn, by=root, at=BOOKED + 2 * HOUR)
    handing.accept(HandOff.objects.get(), by=finn, at=BOOKED + 4 * HOUR)

    def of(moment):
        answer = said(as_of=moment, by="receiver")
        return [line.label for line in answer.lines], counts(answer, "waiting", "in_time")

    assert of(BOOKED + HOUR) == (["Eva Lund"], [1, (0, 0)])
    assert of(BOOKED + 3 * HOUR) == (["Finn Hart"], [1, (0, 0)])
    assert of(None) == (["Finn Hart"], [0, (1, 1)])
    assert said(as_of=BOOKED - SECOND).total.cells["handed"].n == 0


def test_moved_with_its_meeting_it_reads_as_known_then_too(ana, eva, finn):
    waits = handed(ana, eva)
    meeting = Meeting.objects.get(opportunity=waits.opportunity_id)
    moving.reschedule(meeting, starts_at=FAR + DAY, owner=finn, by=eva, at=BOOKED + 2 * HOUR)

    labels = [[line.label for line in said(as_of=at, by="receiver").lines] for at in (BOOKED + HOUR, BOOKED + 3 * HOUR)]

    assert labels == [["Eva Lund"], ["Finn Hart"]]


def test_a_customer_that_was_nobodys_is_theirs_only_from_when_they_took_it_on(ana, eva, root):
    meeting = booked(worked(ana), ana, eva)
    outcomes.complete_qualified(meeting, by=eva, at=END)
    closing.win(meeting.opportunity, by=eva, at=END + HOUR)
    handing.accept(HandOff.objects.get(kind="success"), by=root, at=END + 3 * HOUR)

    def receivers(moment):
        return {line.label for line in said(as_of=moment, by="receiver", now=END + DAY).lines}

    assert receivers(END + 2 * HOUR) == {"Eva Lund", "nobody is named yet"}
    assert receivers(None) == {"Eva Lund", "Root"}
