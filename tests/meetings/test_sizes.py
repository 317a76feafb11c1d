"""Too small is said with its size (LIFE-4), whichever door says it of a meeting: the page, the link of a mail, the API, a correction,
what an SDR recorded; and the database holds it."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.models import Event, Reason
from leads import dispositions, wishes
from leads.lifecycle import Refused
from leads.models import Cycle, Lead
from meetings import credit, links, outcomes
from meetings.models import Meeting
from tests.api.conftest import Browser, problem
from tests.factories import LeadFactory, put
from tests.pages.test_meetings_day import HOUR, met, press

pytestmark = pytest.mark.django_db
SMALL = "unqualified:too_small"


@pytest.fixture
def small() -> Reason:
    return Reason.objects.get(code="too_small", asks_size=True)


def pressed_on_the_page(row, user, size):
    client = Client()
    client.force_login(user)
    return press(client, row, "outcome", outcome=SMALL, size=size)


def pressed_in_the_mail(row, user, size):
    fields = {
        "token": f"a-token-of-a-test{size.encode().hex()[:20]}",
        "version": row.version,
        "outcome": SMALL,
        "size": size,
    }
    return Client().post(links.PATH.format(token=links.make(row, user)), fields)


def sent_to_the_api(row, user, size):
    said = {"status": "unqualified", "reason": "too_small"} | ({"size": size} if size else {})
    return Browser(user).post(f"meetings/{row.pk}/dispositions/", said)


@pytest.mark.parametrize("door", [pressed_on_the_page, pressed_in_the_mail, sent_to_the_api])
def test_too_small_needs_its_size_at_every_door(door, ana, eva):
    row = met(ana, eva)
    events = Event.objects.filter(lead_id=row.lead_id).count()

    without = door(row, eva, "")
    kept = (Meeting.objects.get().status, Lead.objects.get().status, Event.objects.filter(lead_id=row.lead_id).count())
    said = door(row, eva, "12")

    cycle = Cycle.objects.get()
    assert (without.status_code, "write the size" in without.content.decode(), said.status_code < 400) == (
        422,
        True,
        True,
    )
    assert kept == ("booked", "working", events)
    assert (Lead.objects.get().status, cycle.reason.code, cycle.size) == ("nurture", "too_small", "12")
    assert Meeting.objects.get().size == "12"


@pytest.mark.parametrize("door", [pressed_on_the_page, pressed_in_the_mail, sent_to_the_api])
@pytest.mark.parametrize("size", ["twelve", "12 people", "0", "-3", "1.5", "10000000", "x" * 41])
def test_a_size_that_is_no_number_of_people_is_refused_at_every_door_with_the_same_words(size, door, ana, eva):
    row = met(ana, eva)
    events = Event.objects.count()

    answer = door(row, eva, size)

    assert answer.status_code == 422
    assert len(size) > 40 or "Write the size as a number, like 12." in answer.content.decode()
    assert (Meeting.objects.get().status, Event.objects.count()) == ("booked", events)


@pytest.mark.parametrize("where", ["leads/{}/dispositions/", "changes/"])
def test_the_end_of_a_round_by_the_api_asks_for_a_number_too(where, ana, cleo):
    lead = put(LeadFactory(), "working", owner=ana)
    said = {"reason": "too_small", "size": "a van"}
    said |= {"what": "nurture", "leads": [{"lead": lead.pk}]} if where == "changes/" else {"disposition": "nurture"}

    answer = Browser(ana).post(where.format(lead.pk), said)

    assert "Write the size as a number, like 12." in answer.content.decode()
    assert Lead.objects.get().status == "working"


def test_it_is_kept_as_the_number_it_is_and_only_where_it_is_asked_for(small, ana):
    leads = [put(LeadFactory(), "working", owner=ana) for _ in range(2)]
    at = Cycle.objects.latest("assigned_at").assigned_at + HOUR

    dispositions.nurture([leads[0]], reason=small, size=" 0012 ", by=ana, at=at).whole()
    other = Reason.objects.get(code="budget_later")
    dispositions.nurture([leads[1]], reason=other, size="12", by=ana, at=at).whole()

    assert list(Cycle.objects.order_by("lead").values_list("size", flat=True)) == ["12", ""]


def test_the_api_names_the_field(ana, eva):
    row = met(ana, eva)

    assert problem(sent_to_the_api(row, eva, "")) == (422, "size", ["size"])


@pytest.mark.parametrize("door", ["page", "api"])
def test_a_correction_needs_it_too(door, client_of, ana, eva):
    row = outcomes.no_show(met(ana, eva), by=eva, at=met(ana, eva, ago=5 * HOUR).starts_at + 6 * HOUR)

    def correct(size):
        if door == "page":
            return press(client_of(eva), row, "correct", outcome=SMALL, size=size)
        return Browser(eva).post(
            f"meetings/{row.pk}/corrections/", {"status": "unqualified", "reason": "too_small", "size": size}
        )

    without, said = correct(""), correct("9")

    lead = Lead.objects.select_related("cycle").get(pk=row.lead_id)
    assert (without.status_code, said.status_code < 400) == (422, True)
    assert (lead.status, lead.cycle.size, Meeting.objects.get(pk=row.pk).size) == ("nurture", "9", "9")


def test_another_size_of_the_same_reason_is_a_correction(small, ana, eva):
    row = met(ana, eva)
    at = row.starts_at + HOUR
    outcomes.complete_unqualified(row, reason=small, size="12", by=eva, at=at)

    outcomes.correct(row, "unqualified", reason=small, size="9", by=eva, at=at + HOUR / 2)
    with pytest.raises(Refused) as refused:
        outcomes.correct(row, "unqualified", reason=small, size="9", by=eva, at=at + HOUR / 2)

    assert (Cycle.objects.get().size, refused.value.code) == ("9", "already")


def test_a_contest_is_upheld_with_another_size_of_the_same_reason(small, ana, eva, cleo):
    row = met(ana, eva)
    at = row.starts_at + HOUR
    outcomes.complete_unqualified(row, reason=small, size="12", by=eva, at=at)
    credit.contest(row, why="They are ninety.", by=ana, at=at + HOUR / 4)

    credit.settle(row, upheld=True, status="unqualified", reason=small, size="90", by=cleo, at=at + HOUR / 2)

    assert (Cycle.objects.get().size, Meeting.objects.get().size) == ("90", "90")


def test_what_an_sdr_recorded_keeps_its_size_until_it_is_confirmed(small, ana, eva, cleo):
    row = met(ana, eva, ago=50 * HOUR)
    at = row.starts_at + 49 * HOUR
    with pytest.raises(Refused) as refused:
        credit.claim(row, "unqualified", reason=small, by=ana, at=at)
    credit.claim(row, "unqualified", reason=small, size="7", by=ana, at=at)

    credit.confirm(row, by=cleo, at=at + HOUR / 2)

    assert (refused.value.code, Cycle.objects.get().size, Meeting.objects.get().size) == ("size", "7", "7")


def test_the_page_asks_for_it_in_a_form_of_its_own(client_of, ana, eva):
    row = met(ana, eva)

    page = client_of(eva).get(f"/meetings/{row.pk}/").content.decode()

    form = f"sized-{row.pk}-{row.pk}-too_small"
    assert f'<form id="{form}" method="post" action="/meetings/{row.pk}/outcome/">' in page
    assert page.count(f'form="{form}"') == 2


def test_a_wish_that_waits_for_the_manager_keeps_its_size(small, ana, cleo):
    leads = [put(LeadFactory(), "assigned", owner=ana) for _ in range(11)]
    at = Cycle.objects.latest("assigned_at").assigned_at + HOUR

    result = dispositions.nurture(leads, reason=small, size="3", by=ana, at=at)
    wishes.allow([lead.pk for lead in result.waiting], by=cleo, at=at + HOUR)

    assert len(result.waiting) == 1
    assert list(Cycle.objects.values_list("outcome", "size").distinct()) == [("nurture", "3")]


def test_the_database_refuses_the_reason_without_its_size(small, ana):
    lead = put(LeadFactory(), "nurture", owner=ana)

    with pytest.raises(IntegrityError, match="asks for the size"), transaction.atomic():
        Cycle.objects.filter(lead=lead).update(reason=small)

    Cycle.objects.filter(lead=lead).update(reason=small, size="4")
    for wrong in ("", "four", "0"):
        with pytest.raises(IntegrityError, match="asks for the size, a number"), transaction.atomic():
            Cycle.objects.filter(lead=lead).update(size=wrong)
    assert Cycle.objects.get(lead=lead).size == "4"
