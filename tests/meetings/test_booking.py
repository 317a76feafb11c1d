"""Who holds a booked meeting, at which company, and what it does to the response clock."""

import pytest

from accounts import domains
from accounts.models import Account, Event, Opportunity, Reason
from leads import assignment, intake
from leads.lifecycle import Refused
from leads.models import Credit, Lead, Task, Touch
from meetings import outcomes
from meetings.models import Meeting
from tests.leads.states import settle
from tests.meetings.table import BOOKED, DAY, END, HOUR, NOON, START, booked, sellers, worked

pytestmark = pytest.mark.django_db


def come(email: str, **facts) -> Lead:
    """Somebody who wrote to us."""
    row = intake.make_row({"email": email, "first_name": "Una"} | facts, kind="form")
    return intake.take([row], by=None, at=NOON, door="api")[0].lead


@pytest.fixture
def gmail():
    domains.Domain.objects.get_or_create(name="gmail.com", defaults={"kind": "free"})


def test_booking_with_free_mail_asks_for_the_company(gmail, ana, eva):
    pk = come("una@gmail.com")
    assignment.assign([pk], to=ana, by=None, at=NOON + HOUR / 2)
    lead, events = Lead.objects.get(pk=pk), Event.objects.count()

    with pytest.raises(Refused) as refused:
        booked(lead, ana, eva)

    assert (refused.value.code, Meeting.objects.count(), Opportunity.objects.count()) == ("company", 0, 0)
    assert Event.objects.count() == events


def test_with_the_company_named_it_is_an_account_without_a_domain(gmail, ana, eva):
    pk = come("una@gmail.com")
    assignment.assign([pk], to=ana, by=None, at=NOON + HOUR / 2)

    meeting = booked(Lead.objects.get(pk=pk), ana, eva, company="Ferry Works")

    account = Account.objects.get()
    assert (account.name, account.domain, Lead.objects.get(pk=pk).account) == ("Ferry Works", "", account)
    assert Opportunity.objects.get().name == f"{meeting.opportunity.product} - Ferry Works"


def test_booked_by_themselves_the_clock_stops_flagged_and_no_touch_is_counted(ana, eva):
    pk = come("una@ferry.example", company="Ferry")
    assignment.assign([pk], to=ana, by=None, at=NOON + HOUR / 2)
    clock = Task.objects.get(lead=pk, kind="response")

    booked(Lead.objects.get(pk=pk), None, eva)

    lead = Lead.objects.select_related("cycle").get(pk=pk)
    clock.refresh_from_db()
    assert (clock.done_at, clock.outcome) == (BOOKED, "done")
    assert (lead.cycle.self_booked_at, lead.cycle.first_touch_at, Touch.objects.count()) == (BOOKED, None, 0)


def test_booked_by_the_seller_it_is_a_touch_and_no_flag(ana, eva):
    pk = come("una@ferry.example", company="Ferry")
    assignment.assign([pk], to=ana, by=None, at=NOON + HOUR / 2)

    booked(Lead.objects.get(pk=pk), ana, eva)

    cycle = Lead.objects.select_related("cycle").get(pk=pk).cycle
    assert (cycle.self_booked_at, cycle.first_touch_at, cycle.first_touch_by) == (None, BOOKED, ana)


def test_executives_take_meetings_in_turn_and_a_no_show_gives_the_turn_back(ana, eva, finn):
    pool = sellers(eva, finn)
    meetings = [booked(worked(ana), ana, pool=pool, starts_at=START + n * HOUR) for n in range(4)]
    held = [meeting.owner.username for meeting in meetings]

    outcomes.no_show(meetings[0], by=meetings[0].owner, at=START + DAY)
    further = [
        booked(worked(ana), ana, pool=pool, starts_at=START + 2 * DAY + n * HOUR, at=START + DAY + HOUR)
        for n in range(3)
    ]

    assert sorted(held) == ["eva", "eva", "finn", "finn"]
    turns = [meeting.owner.username for meeting in further]
    assert turns.count(held[0]) == 2, "three more after two each: who lost one to a no-show has the next two of them"
    assert Credit.objects.filter(why="no_show", user=meetings[0].owner).count() == 1


def test_who_is_taken_at_that_time_is_passed_over_and_keeps_the_turn(ana, eva, finn):
    pool = sellers(eva, finn)
    first = booked(worked(ana), ana, pool=pool)
    other = booked(worked(ana), ana, pool=pool)

    with pytest.raises(Refused) as refused:
        booked(worked(ana), ana, pool=pool)

    assert ({first.owner, other.owner}, refused.value.code) == ({eva, finn}, "nobody")
    assert Meeting.objects.count() == 2


# Another reason of the same end (MEET-2).


def test_only_the_reason_is_corrected_and_the_lead_follows_it(ana, eva):
    why = {reason.code: reason for reason in Reason.objects.all()}
    meeting = booked(worked(ana), ana, eva)
    outcomes.complete_unqualified(meeting, reason=why["no_for_now"], by=eva, at=END)

    row = outcomes.correct(meeting, "unqualified", reason=why["not_a_prospect"], by=eva, at=END + HOUR)
    settle()
    lead = Lead.objects.get(pk=meeting.lead_id)
    first = (lead.status, lead.reason.code, row.disposed_at, row.corrected_at, row.version)
    outcomes.correct(meeting, "unqualified", reason=why["no_for_now"], by=eva, at=END + 2 * HOUR)
    settle()

    lead.refresh_from_db()
    assert first == ("unqualified", "not_a_prospect", END, END + HOUR, 2)
    assert (lead.status, lead.reason.code, Meeting.objects.get().is_credited) == ("nurture", "no_for_now", True)
    assert list(Event.objects.filter(kind="meeting").order_by("pk").values_list("move", "data__reason")) == [
        ("book", None), ("disposition", why["no_for_now"].pk), ("correct", why["not_a_prospect"].pk), ("correct", why["no_for_now"].pk),
    ]  # fmt: skip


def test_the_same_word_with_the_same_reason_is_no_correction(ana, eva):
    why, meeting = Reason.objects.get(code="no_for_now"), booked(worked(ana), ana, eva)
    outcomes.complete_unqualified(meeting, reason=why, by=eva, at=END)
    events = Event.objects.count()

    with pytest.raises(Refused) as refused:
        outcomes.correct(meeting, "unqualified", reason=why, by=eva, at=END + HOUR)

    assert (refused.value.code, Meeting.objects.get().version, Event.objects.count()) == ("already", 1, events)
