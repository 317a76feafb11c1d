"""Somebody of the company gets a part in a sale without a booking, by its page and by the API (ACC-8)."""

import pytest
from django.db import connection

from accounts.models import Change, Event, Opportunity, Stage
from leads import dispositions
from leads.lifecycle import Forbidden, Refused
from leads.models import ContactRole, Lead
from meetings import closing, opportunities, parts
from tests.api.conftest import Browser
from tests.factories import AccountFactory, LeadFactory, held, opportunity_of, put, reason
from tests.lasting import at_once
from tests.leads.states import settle
from tests.meetings.table import BOOKED, HOUR

pytestmark = pytest.mark.django_db
THEN = BOOKED + HOUR


@pytest.fixture
def sale(ana, eva) -> Opportunity:
    return opportunity_of(put(LeadFactory(account=AccountFactory()), "working", owner=ana), owner=eva)


@pytest.fixture
def other(sale, ana) -> Lead:
    """Somebody else of the company, whom Ana works."""
    return put(LeadFactory(account=sale.account, first_name="Nils", title="Buyer"), "working", owner=ana)


def by_page(client_of, who, sale, lead, n):
    said = {"token": f"a-token-of-a-test-{n}", "lead": lead.pk, "role": "finance"}
    return client_of(who).post(f"/opportunities/{sale.pk}/people/", said).status_code


def by_api(_client_of, who, sale, lead, _n):
    return Browser(who).post(f"opportunities/{sale.pk}/people/", {"lead": lead.pk, "role": "finance"}).status_code


@pytest.mark.parametrize(("door", "ok"), [(by_page, 302), (by_api, 201)])
def test_added_twice_they_have_one_part_and_it_is_told_once(door, ok, client_of, eva, sale, other):
    answers = [door(client_of, eva, sale, other, n) for n in range(2)]

    settle()
    part = ContactRole.objects.get(lead=other)
    page = client_of(eva).get(f"/opportunities/{sale.pk}/").content.decode()
    event = Event.objects.get(kind="part")
    assert (answers, part.role, part.opportunity, part.is_primary) == ([ok, ok], "finance", sale, False)
    assert (event.move, event.lead_id, event.opportunity_id, event.account_id, event.actor_id) == (
        "add", other.pk, sale.pk, sale.account_id, eva.pk,
    )  # fmt: skip
    assert f"Eva added {other.name} to its people." in page
    assert "Eva added them to the people of a sale" in client_of(eva).get(f"/leads/{other.pk}/").content.decode()


def test_the_page_offers_who_of_the_company_has_no_part_yet(client_of, eva, sale, other):
    page = f"/opportunities/{sale.pk}/"
    before = client_of(eva).get(page).content.decode()

    parts.add_part(sale, other.pk, role="", by=eva, at=THEN)

    after = client_of(eva).get(page).content.decode()
    option = f'<option value="{other.pk}">{other.name}, Buyer</option>'
    assert (option in before, option in after) == (True, False)
    assert "has a part in it." in after


def test_who_is_worked_is_qualified_with_the_next_stage_and_goes_where_the_loss_sends_them(ana, eva, sale, other):
    parts.add_part(sale, other.pk, role="user", by=eva, at=THEN)
    held(sale, at=THEN)

    opportunities.advance(sale, Stage.objects.get(is_qualifying=True), by=eva, at=THEN + HOUR)
    other.refresh_from_db()
    qualified = (other.status, other.owner)
    closing.lose(sale, reason=reason("lost_price"), by=eva, at=THEN + 2 * HOUR)

    settle()
    other.refresh_from_db()
    assert (qualified, other.status) == (("qualified", eva), "nurture")


def test_said_again_with_another_name_the_last_stays_on_record(eva, sale, other):
    parts.add_part(sale, other.pk, role="user", by=eva, at=THEN)

    parts.add_part(sale, other.pk, role="finance", by=eva, at=THEN + HOUR)
    kept = parts.add_part(sale, other.pk, by=eva, at=THEN + 2 * HOUR)

    assert (kept.role, Event.objects.filter(kind="part").count()) == ("finance", 1)
    assert Change.objects.filter(what={"role": ["user", "finance"]}).count() == 1


REFUSED = {
    "of another company": (lambda s, o: Lead.objects.filter(pk=o.pk).update(account=AccountFactory()), "not of this company"),
    "of no company": (lambda s, o: Lead.objects.filter(pk=o.pk).update(account=None), "not of this company"),
    "a closed sale": (lambda s, o: closing.close_not_qualified(s, by=None, at=THEN), "is closed: not qualified"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_who_cannot_be_added_is_not_and_nothing_is_on_record(case, eva, sale, other):
    happens, words = REFUSED[case]
    if case == "a closed sale":
        why = reason("budget_later")
        dispositions.nurture(list(Lead.objects.filter(contact_roles__opportunity=sale)), reason=why, by=None, at=THEN)
    happens(sale, other)
    events = Event.objects.count()

    with pytest.raises(Refused, match=words):
        parts.add_part(sale, other.pk, role="user", by=eva, at=THEN + HOUR)

    assert (ContactRole.objects.filter(lead=other).count(), Event.objects.count()) == (0, events)


def test_nobody_else_adds_to_a_sale_and_nobody_is_added_who_is_not_there(ana, eva, finn, sale, other):
    for who in (ana, finn):
        with pytest.raises(Forbidden):
            parts.add_part(sale, other.pk, by=who, at=THEN)
    with pytest.raises(Refused, match="There is no such person"):
        parts.add_part(sale, 2**31 - 1, by=eva, at=THEN)

    assert not Event.objects.filter(kind="part").exists()


@pytest.mark.django_db(transaction=True)
def test_added_by_eight_at_once_they_have_one_part(shipped, ana, eva, sale, other):
    def add(_n):
        parts.add_part(Opportunity.objects.get(pk=sale.pk), other.pk, role="user", by=eva, at=THEN)
        connection.close()

    at_once(*[lambda: add(0)] * 8)

    assert (ContactRole.objects.filter(lead=other).count(), Event.objects.filter(kind="part").count()) == (1, 1)
