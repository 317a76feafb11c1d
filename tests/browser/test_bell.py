"""What one is told while a page is open: the bell says so within ten seconds, the browser too where it may; read without a script too."""

import pytest
from playwright.sync_api import expect

from accounts import clock, telling
from leads import assignment
from tests.factories import LeadFactory

pytestmark = pytest.mark.django_db(transaction=True)
TEN_SECONDS = 10_000
# The browser's own notes cannot be looked at: what the page hands to them can.
NOTED = "window.noted = []; window.Notification = class { constructor(t, o) { noted.push([t, o.body]); } static permission = 'default';"
NOTED += " static async requestPermission() { Notification.permission = 'granted'; return 'granted'; } };"


def give(person):
    return assignment.assign([LeadFactory(last_name="Lind")], to=person, by=None, at=clock.now()).lead


def test_a_lead_assigned_while_the_page_is_open_is_told_within_ten_seconds(at_screen, house):
    page = at_screen(house.ana)
    page.goto("/queue/")
    expect(page.locator("#bell-link")).to_have_attribute("aria-label", "Messages")

    lead = give(house.ana)

    expect(page.locator("#bell-link")).to_have_attribute("aria-label", "Messages, 1 unread", timeout=TEN_SECONDS)
    expect(page.locator(".bell__news a")).to_have_text("Marta Lind is yours.")
    expect(page.locator(".bell__news a")).to_have_attribute("href", f"/leads/{lead.pk}/")


def test_the_browser_notes_it_only_after_it_was_allowed_and_once(at_screen, house):
    page = at_screen(house.ana)
    page.context.add_init_script(NOTED)
    page.goto("/messages/ways/")
    give(house.ana)
    expect(page.locator(".bell__news")).to_be_visible(timeout=TEN_SECONDS)
    assert page.evaluate("noted") == []

    page.get_by_role("button", name="Allow notes from the browser").click()
    expect(page.get_by_role("button", name="Stop notes from the browser")).to_be_visible()
    give(house.ana)

    expect(page.locator("#bell-link")).to_have_attribute("aria-label", "Messages, 2 unread", timeout=TEN_SECONDS)
    page.wait_for_timeout(500)
    assert page.evaluate("noted") == [["LeadOps", "Marta Lind is yours."]]


@pytest.mark.parametrize("script", [True, False])
def test_messages_are_marked_read_with_and_without_a_script(at_screen, house, script):
    give(house.ana)
    page = at_screen(house.ana, width=360, script=script)
    page.goto("/messages/")
    expect(page.locator(".told--new")).to_have_count(1)

    page.get_by_role("button", name="Mark all read").click()

    expect(page.locator(".told--new")).to_have_count(0)
    expect(page.locator("#bell-link")).to_have_attribute("aria-label", "Messages")
    assert telling.unread(house.ana) == []


@pytest.mark.parametrize("script", [True, False])
def test_ways_are_chosen_with_and_without_a_script(at_screen, house, script):
    page = at_screen(house.ana, script=script)
    page.goto("/messages/ways/")

    page.get_by_role("group", name="Somebody mentions you").get_by_label("By mail").check(force=True)
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
    house.ana.refresh_from_db()
    assert house.ana.told_by == {"mention": "mail"}
