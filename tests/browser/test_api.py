"""The API as people read it: on a phone, by keyboard, without a script, light and dark."""

import pytest
from playwright.sync_api import expect

from leadops.api import described
from tests.browser.test_meetings import serious

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1440, "dark")])
def test_every_address_can_be_opened_and_read_on_any_screen(at_screen, house, width, scheme):
    page = at_screen(house.ana, width=width, color_scheme=scheme)
    page.goto("/api/")
    closed = serious(page)

    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")

    assert (closed, serious(page)) == ([], [])
    operations = [(method.upper(), where) for where, methods in described()["paths"].items() for method in methods]
    told = page.locator("summary code").all_inner_texts()
    assert sorted(told) == sorted(f"{method} {where}" for method, where in operations)


def test_it_is_read_by_keyboard_and_without_a_script(at_screen, house):
    page = at_screen(house.ana, script=False)
    page.goto("/api/#post_leads")
    entry = page.locator("#post_leads")

    entry.locator("summary").focus()
    page.keyboard.press("Enter")

    expect(entry.get_by_text("Idempotency-Key", exact=True)).to_be_visible()
    expect(entry.get_by_text("422", exact=True).first).to_be_visible()
    page.keyboard.press("Enter")
    expect(entry.get_by_text("Idempotency-Key", exact=True)).to_be_hidden()
