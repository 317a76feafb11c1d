"""The pages on which people read the API: one of all its addresses, and one of each resource, none of them heavy."""

import re
from html import unescape

import pytest

from leadops.api import described

pytestmark = pytest.mark.django_db
SUMMARY = re.compile(r"<summary><code>([A-Z]+ [^<]+)</code>")
ENTRY = re.compile(r'<li id="([^"]+)"><a href="([^"#]+)#([^"]+)"><code>([A-Z]+ [^<]+)</code>')


def operations() -> dict[str, str]:
    """Return what the description names: the id of each address."""
    return {
        f"{method.upper()} {where}": said["operationId"]
        for where, methods in described()["paths"].items()
        for method, said in methods.items()
    }


def test_every_address_is_listed_and_told_on_the_page_of_its_resource(house, client_of):
    browser = client_of(house.ana)
    listed = {
        unescape(name): (place, pk) for pk, place, at, name in ENTRY.findall(browser.get("/api/").content.decode())
    }
    told = {}
    for place in {place for place, _pk in listed.values()}:
        html = browser.get(place).content.decode()
        told |= {unescape(name): place for name in SUMMARY.findall(html)}
        assert all(f'<details id="{pk}">' in html for at, pk in listed.values() if at == place)

    assert {name: pk for name, (_place, pk) in listed.items()} == operations()
    assert told == {name: place for name, (place, _pk) in listed.items()}
    assert len(told) > 100


def test_no_page_of_it_weighs_100_kb(house, client_of):
    browser = client_of(house.root)
    places = {"/api/", *(place for _pk, place, _at, _name in ENTRY.findall(browser.get("/api/").content.decode()))}

    weights = {place: len(browser.get(place).content) for place in places}

    assert {place: size for place, size in weights.items() if size >= 100_000} == {}


def test_a_resource_that_there_is_not_is_not_found(house, client_of):
    assert client_of(house.ana).get("/api/about/nothing/").status_code == 404
