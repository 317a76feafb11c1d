"""The one search box: what it finds of whom, by what, and how few queries it takes."""

import re

import pytest
from django.db import connection

from accounts.models import Domain, Product
from leads import finding, likely
from leads.finding import find, read
from leads.likely import slips
from leads.models import Identity
from tests.factories import NOON, AccountFactory, LeadFactory, opportunity_of, product_led, put
from tests.pages.desk import HTMX

pytestmark = pytest.mark.django_db


def person(first: str, last: str, *, owner=None, state="assigned", **facts):
    """A lead with its identities, in these hands or waiting."""
    facts = {"company": "Kettler", "email": f"{first}.{last}@kettler.example".lower(), "phone": "", **facts}
    search = f"{first} {last} {facts['company']} {facts['email']} {facts['phone']}".lower()
    lead = LeadFactory(first_name=first, last_name=last, search=search, **facts)
    Identity.objects.create(lead=lead, kind="email", value=facts["email"])
    if facts["phone"]:
        Identity.objects.create(lead=lead, kind="phone", value=facts["phone"])
    return put(lead, state, owner=owner) if owner else lead


def names(found) -> list[str]:
    return [lead.name for lead in found.people]


@pytest.mark.parametrize(
    "typed",
    [
        "Marta Lind", "lind marta", "LIND", "mar lin", "Lind, Marta", "marta.lind@kettler.example", " Marta.Lind@KETTLER.example ",
        "kettler marta", "+4791244018", "+47 912 44 018", "0047 91244018", "912 44 018", "(912) 44-018", "91244", "kettler.example",
        "@kettler.example", "Märta Lind", "marta lnid", "mrata lind", "marta lund", "martha lind",
    ],
)  # fmt: skip
def test_a_person_is_found_by_name_address_phone_and_company_also_with_a_slip(house, typed):
    person("Jonas", "Weber", owner=house.ana, company="Brecon", email="j.weber@brecon.example")
    lead = person("Marta", "Lind", owner=house.ana, phone="+4791244018")

    assert names(find(house.ana, typed, at=NOON)) == [lead.name]


def test_an_accent_that_nobody_types_is_no_obstacle(house):
    lead = LeadFactory(first_name="Åke", last_name="Öberg", search="åke öberg ake oberg")

    assert names(find(house.rita, "ake oberg", at=NOON)) == [lead.name]


def test_a_lead_is_found_by_its_number(house):
    lead = person("Marta", "Lind")

    assert names(find(house.rita, f"#{lead.pk}", at=NOON)) == ["Marta Lind"]


def test_an_alias_that_is_shown_nowhere_finds_its_person(house):
    lead = person("Marta", "Lind", owner=house.ana)
    Identity.objects.create(lead=lead, kind="email", value="ml@old.example")

    assert names(find(house.ana, "ml@old.example", at=NOON)) == ["Marta Lind"]


def test_who_is_called_so_comes_before_who_works_there(house):
    person("Jonas", "Weber", owner=house.ana, company="Lind & Co")
    person("Marta", "Lind", owner=house.ana)
    person("Eva", "Berglind", owner=house.ana)

    assert names(find(house.ana, "lind", at=NOON)) == ["Marta Lind", "Eva Berglind", "Jonas Weber"]


def test_a_seller_sees_that_others_exist_and_with_whom_and_no_more(house, client_of):
    person("Marta", "Lind", owner=house.dov, phone="+4791244018")

    page = client_of(house.ana).get("/search/?q=lind").content.decode()
    row = re.search(r'<div class="found__row">(.*?)</div>', page, re.DOTALL).group(1)

    assert re.sub(r"<[^>]+>", "|", row) == "|Marta Lind| |with Dov||Kettler|"
    assert "kettler.example" not in page
    assert "91244018" not in page


def test_a_lead_of_the_product_is_told_of_as_the_products(house):
    product_led(first_name="Marta", last_name="Lind", search="marta lind")

    assert "with the product" in str(
        [x.is_shielded and "with the product" for x in find(house.ana, "lind", at=NOON).others]
    )


@pytest.mark.parametrize("who", ["hugo", "eva", "mark"])
def test_whom_the_table_tells_nothing_of_others_hears_of_nobody(house, who):
    person("Marta", "Lind", owner=house.ana)

    assert find(house.people[who], "marta lind", at=NOON).is_empty


def test_what_was_merged_undone_or_erased_is_found_by_nobody(house):
    lead = person("Marta", "Lind")
    type(lead).objects.filter(pk=lead.pk).update(gone_as="undone")

    assert find(house.rita, "marta lind", at=NOON).is_empty
    assert find(house.rita, "marta.lind@kettler.example", at=NOON).is_empty
    assert find(house.rita, f"#{lead.pk}", at=NOON).is_empty
    assert find(house.ana, "marta lund", at=NOON).is_empty


@pytest.mark.parametrize("typed", ["Kettler GmbH", "kettler", "ketler", "kettler.example", "@kettler.example"])
def test_a_company_is_found_by_name_and_domain_by_who_has_a_lead_there(house, typed):
    account = AccountFactory(name="Kettler", name_key="kettler", domain="kettler.example")
    Domain.objects.create(name="kettler.example", account=account)
    person("Jonas", "Weber", owner=house.ana, account=account, company="", email="j@weber.example")

    assert [a.name for a in find(house.ana, typed, at=NOON).companies] == ["Kettler"]
    assert [a.name for a in find(house.mark, typed, at=NOON).companies] == ["Kettler"]
    assert find(house.dov, typed, at=NOON).companies == []


@pytest.mark.parametrize("typed", ["{product}", "{product} - @kettler.example", "kettler", "{product} kettler"])
def test_an_opportunity_is_found_by_its_name_by_those_who_own_it(house, typed):
    account = AccountFactory(name="Kettler", name_key="kettler", domain="kettler.example")
    sale = opportunity_of(person("Jonas", "Weber", owner=house.ana, account=account), owner=house.eva)
    typed = typed.format(product=Product.objects.first().name)

    assert find(house.eva, typed, at=NOON).opportunities == [sale]
    assert find(house.rita, typed, at=NOON).opportunities == [sale]
    assert find(house.ana, typed, at=NOON).opportunities == []
    assert find(house.mark, typed, at=NOON).opportunities == []


@pytest.mark.parametrize(
    "typed", ["", "  ", "a", "ab cd", "%", "_", "%%%", "\x00", "'; DROP", "@", "#", "#99999999999", "." * 99, "-"]
)
def test_odd_things_are_answered(house, client_of, typed):
    person("Marta", "Lind", owner=house.ana)

    answer = client_of(house.ana).get("/search/", {"q": typed})

    assert answer.status_code == 200
    assert "Marta" not in answer.content.decode()


def test_the_page_answers_a_script_with_what_was_found_only(house, client_of):
    lead = person("Marta", "Lind", owner=house.ana)
    client = client_of(house.ana)

    part = client.get("/search/?q=lind", headers=HTMX | {"HX-Target": "found"}).content.decode()

    assert f'href="/leads/{lead.pk}/"' in part
    assert "<html" not in part
    assert "<html" in client.get("/search/?q=lind").content.decode()


def test_the_box_stands_on_every_page_of_who_may_search(house, client_of):
    for who, url in (("ana", "/queue/"), ("ana", "/leads/"), ("ana", "/account/"), ("cleo", "/overview/")):
        assert 'id="find"' in client_of(house.people[who]).get(url).content.decode()
    assert 'id="find"' not in client_of(house.lena).get("/account/").content.decode()
    assert client_of(house.lena).get("/search/?q=lind").status_code == 403


@pytest.mark.parametrize("who", ["ana", "rita", "cleo"])
def test_three_found_take_no_more_queries_than_one(house, client_of, django_assert_num_queries, who):
    from django.test.utils import CaptureQueriesContext

    client = client_of(house.people[who])

    def queries() -> int:
        with CaptureQueriesContext(connection) as counted:
            client.get("/search/?q=lind")
        return len(counted)

    person("Marta", "Lind", owner=house.ana)
    person("Dora", "Lind", owner=house.dov)
    one = queries()
    for first in ("Eva", "Ida"):
        person(first, "Lind", owner=house.ana)
        person(f"{first}2", "Lind", owner=house.dov)

    assert queries() == one
    assert one <= 18


def test_a_text_is_read_for_what_it_may_mean():
    assert read("+47 912-44 018").digits == "4791244018"
    assert read("Platz 12345").digits == ""
    assert read("sales.kettler.co.uk").domain == "kettler.co.uk"
    assert read("#42").number == 42
    assert slips("lnid", any_letter=False) == ["%nlid%", "%lind%", "%lndi%"]
    assert slips("l_%d", any_letter=True)[-2:] == ["%l_\\%d%", "%l\\__d%"]


def test_of_very_many_who_are_written_so_own_ones_and_others_are_found_all_the_same(house, monkeypatch):
    monkeypatch.setattr(finding, "READ", 8)
    for n in range(5):
        person(f"Marta{n}", "Lind", owner=house.dov)
    for n in range(4):
        person(f"Eva{n}", "Lind", owner=house.ana)

    found = find(house.ana, "lind", at=NOON)

    assert [name[:3] for name in names(found)] == ["Eva"] * 4
    assert {lead.owner for lead in found.others} == {house.dov}


def test_the_looks_for_what_was_meant_end_with_their_time(house, monkeypatch, django_assert_max_num_queries):
    person("Marta", "Lind", owner=house.ana)
    monkeypatch.setattr(likely, "PATIENCE", 0.0)

    with django_assert_max_num_queries(16):
        found = find(house.ana, "marta lnid", at=NOON)

    assert found.is_empty
    assert not found.is_guess


def test_after_a_look_for_what_was_meant_the_database_plans_as_before(house):
    person("Marta", "Lind", owner=house.ana)

    assert names(find(house.ana, "marta lnid", at=NOON)) == ["Marta Lind"]

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('statement_timeout'), current_setting('pg_trgm.word_similarity_threshold'),"
            " current_setting('enable_seqscan'), current_setting('enable_indexscan')"
        )
        assert cursor.fetchone() == ("0", "0.6", "on", "on")
