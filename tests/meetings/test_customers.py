"""A customer after the win: success is told, may send them back, gets them again; the contract's end may be said later (ACC-7, ACC-11)."""

from datetime import date, timedelta

import pytest

from accounts import sweeping, telling
from accounts.models import Account, Event, Message, Opportunity, User
from leadops.schedules import SWEEPS
from leads.lifecycle import Forbidden, Refused
from leads.models import ContactRole, Lead
from meetings import accounts, closing, customers, handing
from meetings.models import HandOff
from tests.factories import LeadFactory, put, reason
from tests.leads.states import settle
from tests.meetings.table import DAY, END, HOUR
from tests.meetings.test_sales import a_sale

pytestmark = pytest.mark.django_db
WON, ENDS = END + DAY, date(2027, 3, 10)


@pytest.fixture
def iris(house):
    return User.objects.create(username="iris", name="Iris Bohm", role="csm", email="iris@leadops.example")


def won(ana, eva, csm=None, **facts) -> Opportunity:
    return closing.win(a_sale(ana, eva), by=eva, at=WON, success_owner=csm, **facts)


def told(kind: str) -> list[str]:
    return list(Message.objects.filter(kind=kind).order_by("to__username").values_list("to__username", flat=True))


def test_the_success_manager_is_told_of_their_customer_at_once(ana, eva, carl):
    sale = won(ana, eva, carl)

    said = telling.said([Message.objects.get(kind="hand_off_given")], carl, WON)[0]
    assert (told("hand_off_given"), said.url) == (["carl"], "/meetings/")
    assert said.words == f"{sale.name} is won: accept the customer within 24 hours, or send them back."


def test_with_nobody_named_the_manager_of_who_sold_it_is_told(house, ana, eva, nora, cleo):
    house.north.memberships.create(user=eva)

    won(ana, eva)

    assert told("hand_off_given") == ["cleo"]


def test_taken_on_the_people_of_the_sale_are_theirs_and_the_others_are_not(ana, eva, carl):
    sale = won(ana, eva, carl)
    another = put(LeadFactory(account=sale.account), "working", owner=ana)
    before = set(Lead.objects.values_list("success_owner", flat=True))

    handing.accept(HandOff.objects.get(kind="success"), by=carl, at=WON + HOUR)

    settle()
    theirs = ContactRole.objects.get(opportunity=sale).lead
    assert before == {None}
    assert (theirs.success_owner, theirs.opportunity_owner, theirs.development_owner) == (carl, eva, ana)
    assert Lead.objects.get(pk=another.pk).success_owner is None
    assert Event.objects.filter(kind="hand_off", move="accepted", lead_id=theirs.pk).count() == 1


def test_sent_back_it_is_handed_over_again_and_its_24_hours_begin_anew(ana, eva, carl, iris):
    sale = won(ana, eva, carl)
    handing.refuse(HandOff.objects.get(kind="success"), reason=reason("oversold"), by=carl, at=WON + HOUR)

    customers.hand_over(sale, to=iris, by=eva, at=WON + 3 * HOUR)

    rows = HandOff.objects.filter(kind="success").order_by("pk")
    assert list(rows.values_list("receiver__username", "outcome", "limit_at")) == [
        ("carl", "refused", WON + DAY), ("iris", "", WON + DAY + 3 * HOUR),
    ]  # fmt: skip
    sale.refresh_from_db()
    assert (sale.success_owner, Account.objects.get(pk=sale.account_id).success_owner) == (iris, iris)
    assert told("hand_off_given") == ["carl", "iris"]


def test_to_the_same_hands_again_where_they_sent_it_back_and_not_where_they_have_it(ana, eva, carl):
    sale = won(ana, eva, carl)
    with pytest.raises(Refused, match="Carl has it already"):
        customers.hand_over(sale, to=carl, by=eva, at=WON + HOUR)
    handing.refuse(HandOff.objects.get(kind="success"), reason=reason("refused_pack"), by=carl, at=WON + HOUR)

    customers.hand_over(sale, to=carl, contract_end_date=ENDS, by=eva, at=WON + 2 * HOUR)

    again = HandOff.objects.get(kind="success", outcome="")
    assert (again.receiver, "contract_end" in again.missing) == (carl, False)


def test_what_waits_goes_to_the_other_and_its_hours_run_on(ana, eva, carl, iris):
    sale = won(ana, eva, carl)

    customers.hand_over(sale, to=iris, by=eva, at=WON + 3 * HOUR)

    waits = HandOff.objects.get(kind="success")
    assert (waits.receiver, waits.outcome, waits.limit_at) == (iris, "", WON + DAY)
    assert Event.objects.get(kind="hand_off", move="pass_on").data["from"] == carl.pk


def test_the_contracts_end_said_later_is_told_of_120_days_before(ana, eva, carl):
    sale = won(ana, eva, carl)
    assert sale.contract_end_date is None

    customers.hand_over(sale, contract_end_date=ENDS, by=eva, at=WON + HOUR)

    due = [sweeping.run(SWEEPS["contracts"], at, seconds=None).done for at in (WON + 2 * HOUR, WON + 300 * DAY)]
    assert due == [0, 1]
    assert told("contract_ends") == ["carl", "eva"]


def test_what_cannot_be_is_refused_and_nothing_changes(ana, eva, carl, finn):
    sale = a_sale(ana, eva)
    with pytest.raises(Refused, match="Only what is won"):
        customers.hand_over(sale, to=carl, by=eva, at=WON)
    closing.win(sale, by=eva, at=WON, success_owner=carl)
    events = Event.objects.count()

    for facts, error in (({}, "Choose who"), ({"contract_end_date": WON.date()}, "ends after today")):
        with pytest.raises(Refused, match=error):
            customers.hand_over(sale, **facts, by=eva, at=WON)
    with pytest.raises(Forbidden):
        customers.hand_over(sale, contract_end_date=ENDS, by=finn, at=WON)

    sale.refresh_from_db()
    assert (sale.contract_end_date, Event.objects.count()) == (None, events)


def test_a_companys_success_owner_changes_with_its_won_sales_and_what_waits(ana, eva, carl, iris, root):
    sale = won(ana, eva, carl, contract_end_date=ENDS)

    moved = accounts.change_owner(
        sale.account, "success_owner", to=iris, along={"opportunities"}, by=root, at=WON + timedelta(hours=1)
    )

    sale.refresh_from_db()
    assert (moved["opportunities"], sale.success_owner, HandOff.objects.get(kind="success").receiver) == (1, iris, iris)


def test_the_page_says_who_has_the_customer_and_hands_over_again(client_of, ana, eva, carl, iris, monkeypatch):
    monkeypatch.setattr("accounts.clock.now", lambda: WON + 3 * HOUR)
    sale = won(ana, eva, carl)
    page, browser = f"/opportunities/{sale.pk}/", client_of(eva)
    waits = browser.get(page).content.decode()
    handing.refuse(
        HandOff.objects.get(kind="success"),
        reason=reason("oversold"),
        why="They expect ferries.",
        by=carl,
        at=WON + HOUR,
    )
    back = browser.get(page).content.decode()
    said = {"token": "token-of-the-customer", "success_owner": iris.pk, "contract_end_date": "2027-03-10"}

    answers = [browser.post(f"{page}customer/", said).status_code for _ in range(2)]

    after = browser.get(page).content.decode()
    assert "Handed to Carl, who accepts it until" in waits
    assert "Carl sent it back today" in back
    assert ": oversold. They expect ferries." in back
    assert (answers, HandOff.objects.filter(kind="success").count()) == ([302, 302], 2)
    assert ("Handed to Iris, who accepts it until" in after, "The contract ends 10 Mar 2027." in after) == (True, True)
    assert "Hand over or complete" not in client_of(carl).get(page).content.decode()
