"""How opportunities end, what comes after it, and what is listed of them: won, handed to success, renewed, surprising, consolidated."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import DataError, IntegrityError, transaction

from accounts import sweeping, telling
from accounts.models import Account, Event, Message, Opportunity, Product, Stage
from leadops.schedules import SWEEPS
from leads import qualification
from leads.intake_rows import Bad
from leads.lifecycle import Refused
from leads.models import ContactRole, Lead
from meetings import accounts, closing, handing, opportunities, outcomes
from meetings.history import rows
from meetings.models import HandOff
from tests.factories import reason
from tests.meetings.table import DAY, END, HOUR, booked, worked

pytestmark = pytest.mark.django_db
FIVE = {
    "compelling_event": "The fair in May", "need": "yes", "need_evidence": "They said so", "systems": "A spreadsheet",
    "timeline": "yes", "timeline_evidence": "By April", "size": "40 people",
}  # fmt: skip
ENDS = date(2027, 3, 10)


def a_sale(ana, eva) -> Opportunity:
    """An opportunity at the qualifying stage, by a good meeting."""
    meeting = booked(worked(ana), ana, eva)
    outcomes.complete_qualified(meeting, by=eva, at=END)
    return Opportunity.objects.get(pk=meeting.opportunity_id)


def sweep(at: datetime) -> int:
    return sweeping.run(SWEEPS["contracts"], at, seconds=None).done


def test_the_pipeline_stage_asks_for_the_five_answers_by_name(ana, eva):
    sale, pipeline = a_sale(ana, eva), Stage.objects.get(is_pipeline=True)
    events = Event.objects.count()

    with pytest.raises(Refused) as refused:
        opportunities.advance(sale, pipeline, by=eva, at=END + HOUR)
    kept = (Opportunity.objects.get().pipeline_at, Event.objects.count())
    qualification.fill(Lead.objects.get(), FIVE, by=eva, at=END + 2 * HOUR).whole()
    opportunities.advance(sale, pipeline, by=eva, at=END + 3 * HOUR)

    assert refused.value.words == (
        f"Before {pipeline.name} the card must tell the compelling event, the clear need, the systems in place, the timeline and the size."
    )
    assert kept == (None, events)
    assert Opportunity.objects.get().pipeline_at == END + 3 * HOUR


def test_a_step_back_takes_no_stamp_away_and_needs_nothing(ana, eva):
    sale = a_sale(ana, eva)

    opportunities.advance(sale, Stage.objects.order_by("order").first(), by=eva, at=END + HOUR)

    sale = Opportunity.objects.get()
    assert (sale.stage.order, sale.qualified_at) == (Stage.objects.order_by("order").first().order, END)
    assert list(Event.objects.filter(kind="stage").order_by("pk").values_list("move", flat=True)) == [
        "open",
        "advance",
        "back",
    ]


def test_won_the_company_is_a_customer_and_the_success_manager_hears_what_is_missing(ana, eva, carl):
    sale = a_sale(ana, eva)

    closing.win(sale, by=eva, at=END + DAY, contract_end_date=ENDS, amount=30_000, success_owner=carl)

    sale, hand_off = Opportunity.objects.get(), HandOff.objects.get(kind="success")
    assert (sale.status, sale.amount, sale.closed_at, sale.success_owner) == ("won", 30_000, END + DAY, carl)
    assert (sale.account.success_owner, Account.objects.with_relationship().get().relationship) == (carl, "customer")
    assert (hand_off.giver, hand_off.receiver, hand_off.limit_at) == (eva, carl, END + 2 * DAY)
    assert hand_off.missing == ["contact", "need", "systems", "size"]


def test_with_all_criteria_met_nothing_is_missing(ana, eva, carl):
    sale = a_sale(ana, eva)
    qualification.fill(Lead.objects.get(), FIVE, by=eva, at=END + HOUR).whole()
    ContactRole.objects.update(role="decision")

    closing.win(sale, by=eva, at=END + DAY, contract_end_date=ENDS, success_owner=carl)

    assert HandOff.objects.get(kind="success").missing == []


def test_a_customer_nobody_was_named_for_is_theirs_who_accepts(ana, eva, carl, root):
    closing.win(a_sale(ana, eva), by=eva, at=END + DAY)
    hand_off = HandOff.objects.get(kind="success")

    handing.accept(hand_off, by=root, at=END + 2 * DAY)

    sale = Opportunity.objects.get()
    assert (hand_off.receiver, sale.success_owner, sale.account.success_owner) == (None, root, root)


def test_oversold_says_why_and_goes_back_to_who_sold(ana, eva, carl):
    closing.win(a_sale(ana, eva), by=eva, at=END + DAY, success_owner=carl)
    hand_off = HandOff.objects.get(kind="success")

    for wrong in (None, reason("lost_price")):
        with pytest.raises(Refused):
            handing.refuse(hand_off, reason=wrong, by=carl, at=END + DAY + HOUR)
    handing.refuse(
        hand_off, reason=reason("oversold"), why="They expect a feature we lack.", by=carl, at=END + DAY + HOUR
    )

    hand_off.refresh_from_db()
    assert (hand_off.outcome, hand_off.is_oversold, hand_off.ended_by) == ("refused", True, carl)
    assert (hand_off.reason.code, hand_off.why) == ("oversold", "They expect a feature we lack.")
    told = Message.objects.get(kind="hand_off_refused", to=eva)
    assert (
        telling.said([told], eva, END + 2 * DAY)[0].words
        == f"{hand_off.opportunity.name}: the hand-off is refused, and back. Oversold."
    )


def test_a_contract_that_ends_in_120_days_is_told_of_once(ana, eva, carl):
    closing.win(a_sale(ana, eva), by=eva, at=END + DAY, contract_end_date=ENDS, success_owner=carl)
    due = datetime(2026, 11, 10, tzinfo=UTC)  # 120 days before

    done = [sweep(due - timedelta(seconds=1)), sweep(due + 3 * DAY), sweep(due + 4 * DAY)]

    told = Message.objects.filter(kind="contract_ends").order_by("to__username")
    assert done == [0, 1, 0]
    assert list(told.values_list("to__username", "created_at", "data__ends")) == [
        ("carl", due, "10 Mar 2027"), ("eva", due, "10 Mar 2027"),
    ]  # fmt: skip
    assert Event.objects.get(kind="contract").at == due


def test_nothing_is_won_for_less_than_nothing(ana, eva):
    sale = a_sale(ana, eva)
    events = Event.objects.count()

    with pytest.raises(Refused) as refused:
        closing.win(sale, by=eva, at=END + DAY, amount=Decimal(-5))

    sale.refresh_from_db()
    assert (refused.value.code, sale.status, Event.objects.count()) == ("amount", "open", events)


def test_a_contract_that_ended_before_it_was_signed_is_refused(ana, eva):
    sale = a_sale(ana, eva)

    with pytest.raises(Refused):
        closing.win(sale, by=eva, at=END + DAY, contract_end_date=(END + DAY).date())

    assert Opportunity.objects.get().status == "open"


def test_several_sales_of_one_company_come_under_one_owner(ana, eva, finn, rita):
    lead, other = worked(ana), Product.objects.create(name="Second")
    booked(lead, ana, eva)
    booked(lead, ana, eva, starts_at=END + DAY, product=other)
    apart = booked(worked(ana), ana, eva, starts_at=END + 2 * DAY)

    number = accounts.consolidate(lead.account, to=finn, by=rita, at=END)

    assert number == 2
    assert sorted(Opportunity.objects.values_list("opportunity_owner__username", flat=True)) == ["eva", "finn", "finn"]
    assert Opportunity.objects.get(pk=apart.opportunity_id).opportunity_owner == eva
    assert (
        Event.objects.filter(kind="owner", move="opportunity_owner", data__to=finn.pk, data__from=eva.pk).count() == 3
    )


def test_where_one_of_them_is_not_this_persons_to_change_none_moves(ana, eva, finn, rita):
    lead, other = worked(ana), Product.objects.create(name="Second")
    booked(lead, ana, eva)
    booked(lead, ana, finn, starts_at=END + DAY, product=other)

    with pytest.raises(Refused):
        accounts.consolidate(lead.account, to=eva, by=eva, at=END)

    assert sorted(Opportunity.objects.values_list("opportunity_owner__username", flat=True)) == ["eva", "finn"]


@pytest.mark.parametrize("code", ["€", "E1", "EURO", "EU", "ÉUR"])
def test_a_code_that_is_no_currency_is_refused_by_every_door_and_by_the_database(ana, eva, code):
    sale = a_sale(ana, eva)

    with pytest.raises(Refused, match="like EUR"):
        opportunities.change_value(sale, amount=5, currency=code, by=eva, at=END + HOUR)
    with pytest.raises(Bad):
        rows.currency(code)
    with pytest.raises(DataError if len(code) > 3 else IntegrityError), transaction.atomic():
        Opportunity.objects.update(currency=code)

    assert (Opportunity.objects.get().currency, rows.currency(" sek "), rows.currency("")) == ("EUR", "SEK", "")
