"""The search box of every page: by keys while one types, as a page on a phone, and without a script."""

import re

import pytest
from playwright.sync_api import expect

from tests.pages.desk import given

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_answers_while_one_types_and_is_gone_through_by_keys(at_screen, house):
    lead = given(house.ana, first_name="Priya", last_name="Raman", search="priya raman")
    given(house.ana, first_name="Priya", last_name="Rao", search="priya rao")
    page = at_screen(house.ana)
    page.goto("/queue/")

    page.keyboard.press("/")
    page.keyboard.type("priya", delay=40)
    rows = page.locator("#found a.found__row")
    expect(rows).to_have_count(2)
    page.keyboard.press("ArrowDown")
    expect(rows.first).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.locator("#find")).to_be_focused()
    page.keyboard.press("Escape")
    expect(rows).to_have_count(0)
    page.locator("#find").fill("raman priy")
    expect(rows).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    page.wait_for_url(f"**/leads/{lead.pk}/")


@pytest.mark.parametrize(("width", "script"), [(360, True), (1440, False)])
def test_on_a_phone_and_without_a_script_it_is_a_page(at_screen, house, width, script):
    lead = given(house.ana, first_name="Priya", last_name="Raman", search="priya raman")
    page = at_screen(house.ana, width=width, script=script)
    page.goto("/leads/")

    if script:
        page.get_by_role("link", name="Search").click()
    else:
        page.locator("#find").fill("raman")
        page.locator("#find").press("Enter")
    page.wait_for_url(re.compile("/search/"))
    page.locator("#q").fill("raman")
    page.locator("#q").press("Enter")

    expect(page.locator("#results").get_by_role("link", name=re.compile("Priya Raman"))).to_have_attribute(
        "href", f"/leads/{lead.pk}/"
    )
