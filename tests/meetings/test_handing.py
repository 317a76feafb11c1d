"""When a lead is handed over: by what the sale is worth, what its company tells where nobody knows, who was named (MOTION-6, MEET-4)."""

from decimal import Decimal

import pytest

from accounts.lines import Lines
from accounts.models import Account, Opportunity, Product, Reason
from leads import assignment, consent, qualification
from leads.models import Lead
from meetings import accounts, booking, closing, handing, moving, opportunities, outcomes
from meetings.models import HandOff, HandOffRule, Meeting
from tests.factories import AccountFactory, reason
from tests.leads.states import settle
from tests.meetings.table import BOOKED, DAY, END, HOUR, NONE, SCHEDULED, START, booked, sellers, worked

pytestmark = pytest.mark.django_db
AFTER = END + HOUR
UNKNOWN = Decimal(0)


def rule(segment: str, amount: int | None, point: str) -> None:
    HandOffRule.objects.update_or_create(segment=segment, from_amount=amount, defaults={"point": point})


def other_sale(account: Account, amount: int) -> Opportunity:
    product = Product.objects.create(name="Zoning")
    return opportunities.open(account, product, by=None, at=BOOKED, amount=Decimal(amount))


@pytest.mark.parametrize(
    ("amount", "point"),
    [(1, "none"), (4_999, "none"), (5_000, "completed"), (100_000, "completed"), (100_001, "scheduled")],
)
def test_a_known_value_says_when_the_lead_is_handed_over(ana, eva, amount, point):
    sellers(eva)

    assert booked(worked(ana), ana, amount=Decimal(amount)).point == point


def test_a_value_nobody_said_is_not_a_small_one(ana, eva):
    sellers(eva)

    meeting = booked(worked(ana), ana, amount=UNKNOWN)

    assert (meeting.point, meeting.owner) == ("completed", eva)


@pytest.mark.parametrize(
    ("facts", "point"),
    [
        ({"segment": "Enterprise"}, "scheduled"),
        ({"segment": "shops"}, "none"),
        ({"segment": "plants"}, "completed"),
        ({"is_target": True}, "scheduled"),
        ({}, "completed"),
    ],
    ids=["enterprise", "a segment without any", "a segment of several", "a target account", "nothing"],
)
def test_a_value_nobody_said_is_asked_of_the_segment_and_the_company(ana, eva, facts, point):
    sellers(eva)
    rule("shops", 0, "none")
    rule("plants", 0, "none")
    rule("plants", 20_000, "scheduled")

    assert booked(worked(ana, account=AccountFactory(**facts)), ana, amount=UNKNOWN).point == point


@pytest.mark.parametrize(
    ("worth", "point"),
    [(300_000, "scheduled"), (9_000, "completed"), (900, "completed")],
    ids=["large", "middle", "small"],
)
def test_another_sale_of_the_company_tells_unless_it_would_mean_no_hand_off(ana, eva, worth, point):
    sellers(eva)
    lead = worked(ana)
    other_sale(lead.account, worth)

    assert booked(lead, ana, amount=UNKNOWN).point == point


def test_revops_says_what_an_unknown_value_means(ana, eva):
    sellers(eva)
    rule("", None, "scheduled")

    assert booked(worked(ana), ana, amount=UNKNOWN).point == "scheduled"


def test_a_value_that_is_said_later_counts_for_the_next_meeting(ana, eva):
    lead = worked(ana)
    first = booked(lead, ana, eva, amount=UNKNOWN)
    opportunities.change_value(first.opportunity, amount=SCHEDULED, by=eva, at=BOOKED + HOUR)

    second = booked(lead, ana, eva, starts_at=START + DAY, at=BOOKED + 2 * HOUR)

    assert (Meeting.objects.get(pk=first.pk).point, second.point) == ("completed", "scheduled")


# Who holds it, and so whose the lead is.


def test_of_a_small_sale_the_seller_holds_the_meeting_and_keeps_the_lead_to_the_end(ana, eva):
    sellers(eva)
    meeting = booked(worked(ana), ana, amount=NONE)

    outcomes.complete_qualified(meeting, by=ana, at=AFTER)

    lead = Lead.objects.get()
    assert (meeting.owner, meeting.point, lead.status, lead.owner, HandOff.objects.count()) == (
        ana, "none", "qualified", ana, 0,
    )  # fmt: skip


def test_of_a_small_sale_an_executive_who_is_named_has_the_lead_once_it_was_held(ana, eva):
    meeting = booked(worked(ana), ana, eva, amount=NONE)
    before = Lead.objects.get().owner

    outcomes.complete_qualified(meeting, by=eva, at=AFTER)

    settle()
    lead, hand_off = Lead.objects.get(), HandOff.objects.get()
    assert (meeting.point, before, lead.owner) == ("completed", ana, eva)
    assert (hand_off.giver, hand_off.receiver, hand_off.outcome) == (ana, eva, "accepted")


def test_of_a_small_sale_that_an_executive_has_already_they_hold_the_meeting(ana, eva):
    account = AccountFactory()
    booked(worked(ana, account=account), ana, eva, amount=NONE)

    second = booked(worked(ana, account=account), ana, starts_at=START + DAY, amount=NONE)

    assert (second.owner, second.point) == (eva, "completed")


def test_of_a_small_sale_nobody_stands_in_for_the_seller_who_is_taken(ana, eva):
    sellers(eva)
    booked(worked(ana), ana, amount=NONE)

    with pytest.raises(booking.Refused) as refused:
        booked(worked(ana), ana, amount=NONE)

    assert (refused.value.code, Meeting.objects.count(), Opportunity.objects.count()) == ("busy", 1, 1)


def test_moved_to_an_executive_a_small_sale_is_handed_over(ana, eva):
    meeting = booked(worked(ana), ana, amount=NONE)

    new = moving.reschedule(meeting, starts_at=START + DAY, owner=eva, by=ana, at=BOOKED + HOUR)
    outcomes.complete_qualified(new, by=eva, at=AFTER + DAY)

    assert (new.point, Lead.objects.get().owner, HandOff.objects.get().receiver) == ("completed", eva, eva)


def test_given_to_an_executive_without_its_lead_a_small_sale_is_handed_over(ana, eva, rita):
    meeting = booked(worked(ana), ana, amount=NONE)

    accounts.change_owner_of_sale(
        meeting.opportunity, "opportunity_owner", to=eva, along={"meetings"}, by=rita, at=BOOKED + HOUR
    )

    row = Meeting.objects.get()
    assert (row.owner, row.point, Lead.objects.get().owner) == (eva, "completed", ana)


# Who held it is not who has the sale.


@pytest.mark.parametrize("amount", [NONE, Decimal(20_000), SCHEDULED])
def test_the_lead_and_the_hand_off_name_who_held_the_meeting_whoever_has_the_sale(ana, eva, finn, rita, amount):
    meeting = booked(worked(ana), ana, eva, amount=amount)
    accounts.change_owner_of_sale(meeting.opportunity, "opportunity_owner", to=finn, by=rita, at=BOOKED + HOUR)

    outcomes.complete_qualified(meeting, by=eva, at=AFTER)

    settle()
    lead, hand_off = Lead.objects.get(), HandOff.objects.get()
    assert (lead.status, lead.owner, lead.opportunity_owner, lead.development_owner) == ("qualified", eva, eva, ana)
    assert (hand_off.receiver, hand_off.outcome, hand_off.ended_by) == (eva, "accepted", eva)
    assert Opportunity.objects.get().opportunity_owner == finn


def test_a_meeting_that_its_seller_held_passes_the_lead_to_who_has_the_sale_and_waits_for_their_word(ana, eva, rita):
    meeting = booked(worked(ana), ana, ana)
    accounts.change_owner_of_sale(meeting.opportunity, "opportunity_owner", to=eva, by=rita, at=BOOKED + HOUR)

    outcomes.complete_qualified(meeting, by=ana, at=AFTER)

    settle()
    lead, hand_off = Lead.objects.get(), HandOff.objects.get()
    assert (lead.status, lead.owner) == ("qualified", eva)
    assert (hand_off.giver, hand_off.receiver, hand_off.outcome, hand_off.limit_at) == (ana, eva, "", AFTER + DAY)


def test_sent_back_a_qualified_lead_is_in_the_hands_of_who_gave_it(ana, eva, rita):
    meeting = booked(worked(ana), ana, ana)
    accounts.change_owner_of_sale(meeting.opportunity, "opportunity_owner", to=eva, by=rita, at=BOOKED + HOUR)
    outcomes.complete_qualified(meeting, by=ana, at=AFTER)

    handing.refuse(HandOff.objects.get(), reason=reason("refused_person"), by=eva, at=AFTER + HOUR)

    settle()
    lead = Lead.objects.get()
    assert (lead.status, lead.owner, HandOff.objects.get().outcome) == ("qualified", ana, "refused")


def test_sent_back_a_lead_that_waited_in_a_queue_waits_there_again(house, ana, eva, rita):
    lead = worked(ana)
    assignment.assign([lead.pk], to=house.north, by=rita, at=BOOKED - HOUR).whole()
    meeting = booked(lead, rita, eva, amount=SCHEDULED)
    had = Lead.objects.get().owner

    handing.refuse(HandOff.objects.get(), reason=reason("refused_person"), by=eva, at=BOOKED + HOUR)

    settle()
    lead, hand_off = Lead.objects.get(), HandOff.objects.get()
    assert (had, lead.status, lead.owner, lead.team) == (eva, "working", None, house.north)
    assert (hand_off.giver, hand_off.outcome, Meeting.objects.get(pk=meeting.pk).owner) == (None, "refused", eva)


def test_sent_back_of_a_queue_and_qualified_who_leads_the_executive_has_it(house, ana, eva, rita):
    lead = worked(ana)
    assignment.assign([lead.pk], to=house.north, by=rita, at=BOOKED - HOUR).whole()
    meeting = booked(lead, rita, ana, amount=Decimal(20_000))
    accounts.change_owner_of_sale(meeting.opportunity, "opportunity_owner", to=eva, by=rita, at=BOOKED + HOUR)
    outcomes.complete_qualified(meeting, by=ana, at=AFTER)

    handing.refuse(HandOff.objects.get(), reason=reason("refused_person"), by=eva, at=AFTER + HOUR)

    settle()
    lead = Lead.objects.get()
    assert (Lines().manager(user=eva.pk), lead.status, lead.owner, HandOff.objects.get().outcome) == (
        rita, "qualified", rita, "refused",
    )  # fmt: skip


def test_given_to_another_seller_no_word_is_waited_for_and_qualified_it_is_whose_the_sale_is(ana, ben, eva, rita):
    meeting = booked(worked(ana), ana, eva, amount=SCHEDULED)
    assignment.assign([meeting.lead_id], to=ben, by=rita, at=BOOKED + HOUR).whole()
    fell_away = HandOff.objects.get().outcome

    outcomes.complete_qualified(Meeting.objects.get(), by=ben, at=AFTER)

    settle()
    lead, hand_off = Lead.objects.get(), HandOff.objects.get(outcome="")
    assert (fell_away, lead.status, lead.owner) == ("dropped", "qualified", eva)
    assert (hand_off.giver, hand_off.receiver, hand_off.limit_at) == (ana, eva, AFTER + DAY)


def test_of_who_asks_us_to_stop_no_word_is_waited_for(ana, eva):
    meeting = booked(worked(ana), ana, eva, amount=SCHEDULED)

    consent.opt_out([meeting.lead_id], by=eva, at=BOOKED + HOUR).whole()

    settle()
    hand_off = HandOff.objects.get()
    assert (hand_off.outcome, hand_off.ended_at, hand_off.sweep_at) == ("dropped", BOOKED + HOUR, None)


def test_taken_on_at_the_booking_it_is_not_handed_over_again_by_a_second_meeting_nor_by_their_own_word(ana, eva):
    meeting = booked(worked(ana), ana, eva, amount=SCHEDULED)
    handing.accept(HandOff.objects.get(), by=eva, at=BOOKED + HOUR)

    booked(meeting.lead, eva, eva, starts_at=START + DAY, at=BOOKED + 2 * HOUR)
    outcomes.complete_qualified(meeting, by=eva, at=AFTER)

    settle()
    hand_off = HandOff.objects.get()
    assert (Lead.objects.get().status, hand_off.outcome, hand_off.ended_at) == ("qualified", "accepted", BOOKED + HOUR)


def test_nothing_is_handed_over_to_who_has_it(ana):
    outcomes.complete_qualified(booked(worked(ana), ana, ana), by=ana, at=AFTER)

    assert (Lead.objects.get().owner, HandOff.objects.count()) == (ana, 0)


def test_what_the_pack_does_not_tell_is_missing_of_the_hand_off(ana, eva):
    booked(worked(ana), ana, eva, amount=SCHEDULED, persona="Head of plants")
    bare = HandOff.objects.get().missing
    lead = worked(ana)
    qualification.fill(lead, {"systems": "Paper"}, by=ana, at=BOOKED).whole()
    booked(lead, ana, eva, amount=SCHEDULED, persona="Head", next_step="A demo", starts_at=START + DAY)

    assert (bare, HandOff.objects.latest("pk").missing) == (["next_step", "card"], [])


@pytest.mark.parametrize("end", ["win", "lose"])
def test_nothing_waits_of_a_sale_that_ended(ana, eva, rita, end):
    meeting = booked(worked(ana), ana, ana)
    accounts.change_owner_of_sale(meeting.opportunity, "opportunity_owner", to=eva, by=rita, at=BOOKED + HOUR)
    outcomes.complete_qualified(meeting, by=ana, at=AFTER)

    why = {"reason": Reason.objects.get(code="lost_price")} if end == "lose" else {}
    getattr(closing, end)(Opportunity.objects.get(), by=eva, at=AFTER + HOUR, **why)

    assert HandOff.objects.get(kind="sale").outcome == "dropped"


def test_a_later_meeting_of_who_is_qualified_already_hands_nothing_over_again(ana, eva):
    lead = worked(ana)
    outcomes.complete_qualified(booked(lead, ana, eva), by=eva, at=AFTER)

    second = booked(lead, eva, eva, starts_at=START + DAY, at=AFTER + HOUR)
    outcomes.complete_qualified(second, by=eva, at=AFTER + DAY)

    assert HandOff.objects.get().ended_at == AFTER


def test_of_who_asked_us_to_stop_before_the_meeting_nothing_is_handed_over(ana, eva):
    meeting = booked(worked(ana), ana, eva)
    consent.opt_out([meeting.lead_id], by=ana, at=START - HOUR).whole()

    outcomes.complete_qualified(meeting, by=eva, at=AFTER)

    settle()
    assert (Lead.objects.get().status, HandOff.objects.count(), Opportunity.objects.get().qualified_at) == (
        "unqualified", 0, AFTER,
    )  # fmt: skip
