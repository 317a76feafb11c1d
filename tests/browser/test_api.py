"""The API as people read it: on a phone, by keyboard, without a script, light and dark."""

import pytest
from playwright.sync_api import expect

from leadops.api import described
from tests.browser.test_meetings import serious

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1440, "dark")])
def test_every_address_can_be_opened_and_read_on_any_screen(at_screen, house, width, scheme):
    page, found, told = at_screen(house.ana, width=width, color_scheme=scheme), [], []
    page.goto("/api/")
    found += serious(page)
    places = page.locator("main h2 a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    for place in places:
        page.goto(place)
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        found += serious(page)
        told += page.locator("summary code").all_inner_texts()

    assert found == []
    operations = [(method.upper(), where) for where, methods in described()["paths"].items() for method in methods]
    assert sorted(told) == sorted(f"{method} {where}" for method, where in operations)


def test_it_is_read_by_keyboard_and_without_a_script(at_screen, house):
    page = at_screen(house.ana, script=False)
    page.goto("/api/")
    page.locator("#post_leads a").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/api/about/leads/#post_leads")
    entry = page.locator("#post_leads")

    entry.locator("summary").focus()
    page.keyboard.press("Enter")

    expect(entry.get_by_text("Idempotency-Key", exact=True)).to_be_visible()
    expect(entry.get_by_text("422", exact=True).first).to_be_visible()
    page.keyboard.press("Enter")
    expect(entry.get_by_text("Idempotency-Key", exact=True)).to_be_hidden()
