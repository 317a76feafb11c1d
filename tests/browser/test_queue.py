"""From the queue a rep takes a lead through touch and disposition in four actions: by keys, by thumb, and without a script."""

import re

import pytest
from playwright.sync_api import expect

from accounts import clock
from leads import assignment
from leads.models import Lead, Touch
from tests.pages.desk import HOUR, given

pytestmark = pytest.mark.django_db(transaction=True)


def ended(lead: Lead) -> tuple[str, str, str]:
    now = Lead.objects.select_related("reason").get(pk=lead.pk)
    return now.status, now.reason.code if now.reason else "", Touch.objects.get(lead=lead).outcome


def test_in_four_keys(at_screen, house):
    lead, other = given(house.ana, ago=2 * HOUR, phone="+4791244018"), given(house.ana)
    page = at_screen(house.ana)
    page.goto("/queue/")
    name = page.locator("#lead-name")
    expect(name).to_have_text(lead.name)

    page.keyboard.press("c")
    page.keyboard.press("3")
    expect(page.locator("#act-h")).to_have_text("What happens next?")
    page.keyboard.press("n")
    expect(page.locator("#act-h")).to_have_text("Not now: why?")
    page.keyboard.press("1")

    expect(name).to_have_text(other.name)
    expect(name).to_be_focused()
    expect(page.locator("#list-h")).to_have_text("1 to do")
    expect(page.locator(f"#row-{lead.pk}")).to_have_count(0)
    assert ended(lead) == ("nurture", "budget_later", "interested")
    page.keyboard.press("z")
    expect(name).to_have_text(lead.name)
    assert ended(lead)[0] == "working"


def test_a_key_pressed_the_moment_something_appears_finds_it_alive(at_screen, house):
    """Fast hands: between an answer that can be seen and one that works there is no gap, in which a press would load a page."""
    lead, other = given(house.ana, ago=2 * HOUR, phone="+4791244018"), given(house.ana)
    page = at_screen(house.ana)
    page.goto("/queue/")
    page.evaluate(
        """() => {
          window.stayed = true;
          const wanted = [["What happens next?", "n"], ["Not now: why?", "1"]];
          new MutationObserver(() => {
            if (!wanted.length || document.getElementById("act-h")?.textContent !== wanted[0][0]) return;
            const [, key] = wanted.shift();
            setTimeout(() => document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true })));
          }).observe(document.body, { childList: true, subtree: true });
        }"""
    )

    page.keyboard.press("c")
    page.keyboard.press("3")

    name = page.locator("#lead-name")
    expect(name).to_have_text(other.name)
    expect(name).to_be_focused()
    assert page.evaluate("window.stayed") is True, "no page was loaded on the way"
    assert ended(lead) == ("nurture", "budget_later", "interested")


def test_g_and_a_letter_go_to_a_page_and_are_listed(at_screen, house):
    lead = given(house.ana, ago=2 * HOUR)
    page = at_screen(house.ana)
    page.goto("/queue/")
    page.keyboard.press("g")
    page.keyboard.press("n")
    expect(page.locator("#act-h")).to_have_text("What happened?")
    page.keyboard.press("?")
    expect(page.locator("#keylist")).to_contain_text("Go to Leads")
    page.keyboard.press("Escape")

    page.keyboard.press("g")
    page.keyboard.press("l")
    page.wait_for_url("**/leads/")
    page.keyboard.press("g")
    page.keyboard.press("q")
    page.wait_for_url("**/queue/")
    expect(page.locator("#lead-name")).to_have_text(lead.name)


def test_in_four_taps(at_screen, house):
    lead = given(house.ana, phone="+4791244018")
    page = at_screen(house.ana, width=360, has_touch=True, is_mobile=True)
    page.goto("/queue/")

    page.locator(f"#row-{lead.pk} a").tap()
    page.get_by_role("button", name=re.compile("^Interested")).tap()
    expect(page.locator("#act-h")).to_have_text("What happens next?")
    page.locator("#ends").get_by_role("link", name=re.compile("^Not now")).tap()
    page.get_by_role("button", name=re.compile("Budget not available")).tap()

    expect(page.get_by_role("heading", name="All done for today")).to_be_visible()
    assert ended(lead) == ("nurture", "budget_later", "interested")


def test_in_four_clicks_without_a_script(at_screen, house):
    lead, other = given(house.ana, ago=2 * HOUR, phone="+4791244018"), given(house.ana)
    page = at_screen(house.ana, script=False)
    page.goto("/queue/")

    page.locator(f"#row-{lead.pk} a").click()
    page.get_by_role("button", name=re.compile("^Interested")).first.click()
    page.locator("#ends").get_by_role("link", name=re.compile("^Not now")).click()
    page.get_by_role("button", name=re.compile("Budget not available")).click()

    expect(page.locator("#lead-name")).to_have_text(other.name)
    assert ended(lead) == ("nurture", "budget_later", "interested")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#lead-name")).to_have_text(lead.name)
    assert ended(lead)[0] == "working"


def test_what_somebody_typed_survives_a_managers_change(at_screen, house):
    lead = given(house.ana, ago=2 * HOUR, phone="+4791244018")
    page = at_screen(house.ana)
    page.goto("/queue/")
    page.keyboard.press("u")
    expect(page.locator("#act-h")).to_have_text("Never: why?")
    page.locator("#note").fill("A student, said so himself")
    assert assignment.assign([lead.pk], to=house.ben, by=house.cleo, at=clock.now()).done

    page.get_by_role("button", name=re.compile("Not a prospect")).click()

    expect(page.locator(".notice").first).to_contain_text(f"Cleo gave {lead.name} to Ben Ito at")
    expect(page.locator("#note")).to_have_value("A student, said so himself")
    expect(page.locator(f"#row-{lead.pk}")).to_have_count(0)
    expect(page.locator("#list-h")).to_have_text("0 to do")
    assert Lead.objects.get(pk=lead.pk).status == "assigned"
    page.get_by_role("button", name=re.compile("^Interested")).first.click()
    expect(page.locator(".toast")).to_contain_text("Your call is kept on it and counts for the lead; Ben sees it.")
    assert Touch.objects.get().note.text == "A student, said so himself"
