"""Who a lead is, put right by whom the matrix allows: the record says what changed, old addresses still find, nothing typed is lost."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import clock
from accounts.models import Event
from leads import contacts, erasure, timeline
from leads.models import Identity, Lead
from leads.refusals import Refused
from tests.factories import LeadFactory, put
from tests.pages.desk import HOUR, desk, given

__all__ = ["desk"]


def known(lead: Lead) -> Lead:
    """Give a lead the identity that intake gives who comes in with an address."""
    Identity.objects.create(lead=lead, kind="email", value=lead.email)
    return lead


def shown(client, lead: Lead) -> dict[str, str]:
    """Return the form as the page shows it: fields, what they were, and the token."""
    page = client.get(f"/leads/{lead.pk}/contact/").content.decode()
    inputs = re.findall(r"<input[^>]*>", page)
    pairs = [
        (re.search(r'name="([^"]+)"', i).group(1), re.search(r'value="([^"]*)"', i)) for i in inputs if 'name="' in i
    ]
    return {name: value.group(1) if value else "" for name, value in pairs if name != "csrfmiddlewaretoken"}


def save(client, lead: Lead, fields: dict | None = None, **typed):
    data = (fields or shown(client, lead)) | typed
    return client.post(f"/leads/{lead.pk}/contact/", data)


def facts(lead: Lead) -> tuple:
    """Return all that an edit could change."""
    now = Lead.objects.get(pk=lead.pk)
    return (
        [getattr(now, name) for name in (*contacts.FIELDS, "search", "account_id", "version")],
        list(Identity.objects.order_by("pk").values_list("lead", "kind", "value", "is_live")),
        list(Event.objects.order_by("pk").values_list("pk", flat=True)),
    )


def test_a_rep_puts_a_name_and_a_phone_right_and_the_record_names_the_fields_only(house, client_of):
    lead, client = known(given(house.ana)), client_of(house.ana)

    answer = save(client, lead, first_name="Márta", phone="0791 24 40 18", country="Switzerland")

    now = Lead.objects.get(pk=lead.pk)
    assert (answer.status_code, answer["Location"]) == (302, f"/leads/{lead.pk}/")
    assert (now.first_name, now.phone, now.country, now.version) == (
        "Márta",
        "+41791244018",
        "Switzerland",
        lead.version,
    )
    event = Event.objects.get(kind="contact", lead_id=lead.pk)
    assert (event.actor_id, event.data) == (house.ana.pk, {"fields": ["first_name", "phone", "country"]})
    assert timeline.of(now, clock.now())[0][0].text == "Ana changed who they are: first name, phone, country."


def test_the_search_finds_the_new_name_and_both_addresses(house, client_of):
    lead, client = known(given(house.ana)), client_of(house.ana)
    old = lead.email

    save(client, lead, last_name="Berglund", email="Marta@Berglund.example")

    now = Lead.objects.get(pk=lead.pk)
    assert now.search == f"marta berglund {now.company} marta@berglund.example".lower()
    assert set(now.identities.values_list("value", "is_live")) == {(old, True), ("marta@berglund.example", True)}


def test_a_lead_without_a_company_finds_the_one_of_its_new_address(house, client_of):
    lead = known(given(house.ana, email="marta@gmail.com", company=""))

    save(client_of(house.ana), lead, email="marta@fjordkraft.example")

    assert Lead.objects.get(pk=lead.pk).account.domain == "fjordkraft.example"


@pytest.mark.parametrize(
    ("asks", "words"),
    [("cleo", "the address of {0.name}, lead {0.pk}."), ("ana", "the address of another lead, in the hands of Ben.")],
)
def test_an_address_of_somebody_else_is_refused_and_it_is_said_whose(house, client_of, asks, words):
    lead, other = known(given(house.ana)), known(given(house.ben))
    client = client_of(house.people[asks])
    fields, before = shown(client, lead), facts(lead)

    answer = save(client, lead, fields, email=other.email.upper(), title="Head of Sales")

    assert answer.status_code == 422
    page = answer.content.decode()
    assert f"{other.email} is {words.format(other)}" in page
    assert 'value="Head of Sales"' in page  # nothing typed is lost
    assert facts(lead) == before


def test_an_address_of_somebody_who_was_erased_is_refused(house, client_of):
    lead, gone = known(given(house.ana)), known(LeadFactory(email="gone@erased.example"))
    erasure.erase([gone], by=house.rita, at=clock.now()).whole()
    before = facts(lead)

    answer = save(client_of(house.ana), lead, email="gone@erased.example")

    assert "This person asked to be erased and is not brought back." in answer.content.decode()
    assert facts(lead) == before


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"email": "marta at home"}, "“marta at home” is no address."),
        ({"phone": "call me"}, "“call me” is no phone number."),
        ({"email": "", "phone": ""}, "A lead needs an address, a phone or an external id."),
        ({"first_name": "M" * 101}, "at most 100 characters"),
    ],
)
def test_what_cannot_be_taken_is_said_at_the_field_and_changes_nothing(house, client_of, typed, words):
    lead, client = known(given(house.ana)), client_of(house.ana)
    fields, before = shown(client, lead), facts(lead)

    answer = save(client, lead, fields, **typed)

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert facts(lead) == before


def test_who_was_slower_loses_nothing_and_sees_what_the_other_wrote(house, client_of):
    lead, client = known(given(house.ana)), client_of(house.ana)
    fields = shown(client, lead)
    contacts.edit(lead, {"title": "CTO"}, was={"title": ""}, by=house.cleo, at=clock.now())
    before = facts(lead)

    answer = save(client, lead, fields, title="Head of IT", phone="+4791244018")

    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Somebody changed title at work" in page
    assert "Somebody wrote “CTO” here meanwhile." in page
    assert 'value="Head of IT"' in page
    assert 'name="was_title" value="CTO"' in page
    assert facts(lead) == before
    again = dict(fields, was_title="CTO", title="Head of IT", phone="+4791244018", token="another-token")
    assert save(client, lead, again).status_code == 302
    assert Lead.objects.get(pk=lead.pk).title == "Head of IT"


def test_two_who_change_different_fields_both_get_theirs(house, client_of):
    lead, client = known(given(house.ana)), client_of(house.ana)
    fields = shown(client, lead)
    contacts.edit(lead, {"title": "CTO"}, was={"title": ""}, by=house.cleo, at=clock.now())

    assert save(client, lead, fields, phone="+4791244018").status_code == 302

    now = Lead.objects.get(pk=lead.pk)
    assert (now.title, now.phone) == ("CTO", "+4791244018")


def test_a_double_click_is_one_change(house, client_of):
    lead, client = known(given(house.ana)), client_of(house.ana)
    fields = shown(client, lead) | {"title": "CTO"}

    assert [client.post(f"/leads/{lead.pk}/contact/", fields).status_code for _ in range(2)] == [302, 302]
    assert Event.objects.filter(kind="contact", lead_id=lead.pk).count() == 1


def test_saving_what_is_so_already_writes_nothing(house, client_of):
    lead, client = known(given(house.ana)), client_of(house.ana)
    fields, before = shown(client, lead), facts(lead)

    assert save(client, lead, fields).status_code == 302
    assert facts(lead) == before


def test_only_fields_of_contact_are_read(house, client_of):
    lead, client = known(given(house.ana)), client_of(house.ana)

    save(client, lead, status="qualified", owner=house.ben.pk, score="99", account="1", title="CTO")

    now = Lead.objects.get(pk=lead.pk)
    assert (now.status, now.owner, now.score, now.account, now.title) == (lead.status, house.ana, None, None, "CTO")


def test_marketing_edits_who_waits_and_nobody_in_hand(house, client_of):
    waiting, client = put(None, "nurture", owner=house.ana), client_of(house.mark)
    in_hand = given(house.ana)

    assert save(client, waiting, title="CTO").status_code == 302
    assert Lead.objects.get(pk=waiting.pk).title == "CTO"
    assert client.get(f"/leads/{in_hand.pk}/contact/").status_code == 404


def test_the_process_itself_refuses_whom_the_matrix_does_not_allow(house):
    lead, theirs = known(given(house.ana)), known(given(house.dov))
    before = facts(lead)

    with pytest.raises(Refused, match=r"^This is Ana's lead\.$"):
        contacts.edit(lead, {"email": theirs.email}, was={}, by=house.ben, at=clock.now())

    assert facts(lead) == before


def test_a_page_costs_the_same_whatever_a_person_is_known_by(house, client_of):
    lead, client = known(given(house.ana, ago=2 * HOUR)), client_of(house.ana)

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            client.get(f"/leads/{lead.pk}/contact/")
        return len(asked)

    one = queries()
    for n in range(3):
        Identity.objects.create(lead=lead, kind="email", value=f"also{n}@nordlicht.example")
    assert queries() == one
