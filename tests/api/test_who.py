"""Who a lead is, and what is done with many leads, by the API."""

from datetime import timedelta

import pytest

from accounts import clock
from accounts.models import Event, Receipt
from leads import dispositions
from leads.models import Lead
from tests.api.conftest import problem
from tests.factories import put

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(house) -> Lead:
    return put(None, "working", owner=house.ana)


def test_a_name_is_put_right_and_what_changed_meanwhile_is_kept(lead, browser_of, house):
    ana, path = browser_of(house.ana), f"leads/{lead.pk}/contact/"

    done = ana.post(path, {"first_name": "Märta", "was": {"first_name": lead.first_name}})
    stale = ana.post(path, {"first_name": "Maria", "was": {"first_name": lead.first_name}})
    wrong = ana.post(path, {"email": "nowhere"})

    assert (done.status_code, problem(stale)[:2], problem(wrong)) == (201, (409, "stale"), (422, "email", ["email"]))
    assert Lead.objects.get(pk=lead.pk).first_name == "Märta"
    assert Event.objects.get(lead_id=lead.pk, kind="contact").data == {"fields": ["first_name"]}


def test_a_kept_lead_is_taken_up_on_its_day_and_not_before(lead, browser_of, house):
    at = clock.now()
    dispositions.keep([lead.pk], until=at + timedelta(days=2), by=house.ana, at=at).whole()
    ana, path = browser_of(house.ana), f"leads/{lead.pk}/starts/"

    early = ana.post(path, {})
    Lead.objects.filter(pk=lead.pk).update(recycle_at=at)
    begun = ana.post(path, {}).json()

    assert (problem(early)[:2], begun["state"]) == ((422, "not_due"), "assigned")


def test_many_are_handed_over_as_was_seen_and_taken_back(house, browser_of):
    leads = [put(None, "working", owner=house.ana) for _ in range(2)]
    others = put(None, "working", owner=house.dov)
    cleo = browser_of(house.cleo)
    body = {"what": "assign", "owner": "ben", "leads": [{"lead": one.pk} for one in (*leads, others)]}

    seen = cleo.post("changes/previews/", body).json()
    nothing_yet = set(Lead.objects.values_list("owner__username", flat=True))
    done = cleo.post("changes/", body | {"seen": seen["seen"]})
    otherwise = cleo.post("changes/", body | {"seen": seen["seen"]})
    owners = dict(Lead.objects.values_list("pk", "owner__username"))
    back = cleo.post(f"changes/{done.json()['change']}/undos/", {})

    assert (seen["change"], nothing_yet) == (None, {"ana", "dov"})
    assert [row["lead"] for row in done.json()["done"]] == [one.pk for one in leads]
    assert [(row["lead"], row["code"]) for row in done.json()["refused"]] == [(others.pk, "gone")]
    assert problem(otherwise) == (409, "otherwise", ["seen"])
    assert owners == {leads[0].pk: "ben", leads[1].pk: "ben", others.pk: "dov"}
    assert sorted(back.json()["done"]) == [one.pk for one in leads]
    assert set(Lead.objects.values_list("owner__username", flat=True)) == {"ana", "dov"}
    assert problem(cleo.post(f"changes/{done.json()['change']}/undos/", {}))[:2] == (422, "already")
    assert browser_of(house.nora).post(f"changes/{done.json()['change']}/undos/", {}).status_code == 404


def test_many_are_ended_and_who_cannot_be_is_told_with_the_reason(house, browser_of):
    touched, untouched = put(None, "working", owner=house.ana), put(None, "assigned", owner=house.ana)
    ana = browser_of(house.ana)
    body = {"what": "nurture", "reason": "no_for_now", "leads": [{"lead": touched.pk}, {"lead": untouched.pk}]}

    done = ana.post("changes/", body, key="k1").json()

    assert [row["lead"] for row in done["done"]] == [touched.pk]
    assert [(row["lead"], row["code"]) for row in done["refused"]] == [(untouched.pk, "no_touch")]
    assert ana.post("changes/", body, key="k1").json() == done
    assert set(Lead.objects.values_list("status", flat=True)) == {"nurture", "assigned"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"what": "assign", "leads": [{"lead": 1}]}, (422, "invalid", ["owner"])),
        ({"what": "assign", "leads": [{"lead": 1}], "owner": "dov"}, (422, "owner", ["owner"])),
        ({"what": "nurture", "leads": [{"lead": 1}]}, (422, "invalid", ["reason"])),
        ({"what": "nurture", "leads": [], "reason": "no_for_now"}, (422, "invalid", ["leads"])),
        ({"what": "nurture", "leads": [{"lead": 0}], "reason": "no_for_now"}, (422, "invalid", ["leads.0.lead"])),
    ],
)
def test_a_change_to_many_that_cannot_be_names_its_field(house, browser_of, body, expected):
    assert problem(browser_of(house.cleo).post("changes/", body)) == expected
    assert Receipt.objects.count() == 0


def test_marketing_names_another_program_for_a_reason(house, browser_of):
    mark, body = browser_of(house.mark), {"reason": "no_for_now", "program": "both", "was": "marketing"}

    done, again = mark.post("programs/", body), mark.post("programs/", body | {"program": "sales"})

    assert (done.json(), problem(again)) == ({"reason": "no_for_now", "program": "both"}, (409, "stale", ["was"]))
    assert {"reason": "no_for_now", "program": "both"} in mark.get("programs/").json()["items"]
    assert browser_of(house.cleo).post("programs/", body).status_code == 403
