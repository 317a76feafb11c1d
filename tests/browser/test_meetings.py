"""Telling how a meeting went in two actions on a phone, with a script and without; booking by keys; dragging a sale to its next stage."""

import re
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from accounts import clock
from accounts.models import Opportunity, Stage
from meetings import handing, links
from meetings.models import HandOff, Meeting
from tests.factories import held, reason
from tests.meetings.table import SCHEDULED, sellers
from tests.pages.desk import given
from tests.pages.test_meetings_day import met
from tests.pages.test_meetings_sales import sold

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"width": 360, "has_touch": True, "is_mobile": True}


def serious(page) -> list[str]:
    """Return what axe finds serious on a page, and whether it must be scrolled sideways."""
    found = [v["id"] for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical")]
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    return found + (["sideways"] if wide else [])


@pytest.mark.parametrize("script", [True, False])
def test_a_meeting_is_told_in_two_taps_on_a_phone(at_screen, house, script):
    row = met(house.ana, house.eva)
    page = at_screen(house.eva, script=script, **PHONE)

    page.goto("/")  # one: the first page of an executive
    page.get_by_role("button", name=re.compile("^Held, qualified")).tap()  # two

    expect(page.locator(".toast p")).to_contain_text("held, qualified")
    assert Meeting.objects.get(pk=row.pk).status == "qualified"


def test_from_a_mail_it_is_two_taps_too(at_screen, house):
    row = met(house.ana, house.eva)
    page = at_screen(house.eva, **PHONE)

    page.goto(links.PATH.format(token=links.make(row, house.eva)))
    page.get_by_role("button", name=re.compile("^No show")).tap()

    expect(page.get_by_role("heading", name="Saved")).to_be_visible()
    assert Meeting.objects.get(pk=row.pk).status == "no_show"


def test_the_reason_opens_under_unqualified_and_is_pressed_there(at_screen, house):
    row = met(house.ana, house.eva)
    page = at_screen(house.eva, **PHONE)
    page.goto("/meetings/")

    page.get_by_text("Held, unqualified").tap()
    page.get_by_role("button", name=re.compile("^Budget not available")).tap()

    expect(page.locator(".toast p")).to_contain_text("held, unqualified")
    assert Meeting.objects.get(pk=row.pk).reason.code == "budget_later"


@pytest.mark.parametrize("script", [True, False])
def test_too_small_is_told_with_its_size_and_enter_says_nothing_else(at_screen, house, script):
    row = met(house.ana, house.eva)
    page = at_screen(house.eva, script=script, **PHONE)
    page.goto("/meetings/")

    page.locator(".tell__why > summary").tap()
    page.get_by_text("Too small").tap()
    assert not script or serious(page) == []
    page.get_by_label("How many people work there?").fill("12")
    page.keyboard.press("Enter")

    expect(page.locator(".toast p")).to_contain_text("held, unqualified: too small")
    done = Meeting.objects.get(pk=row.pk)
    assert (done.status, done.reason.code, done.size) == ("unqualified", "too_small", "12")


def test_a_line_after_the_first_ten_opens_its_form_and_takes_the_focus(at_screen, house):
    rows = [met(house.ana, house.eva, ago=timedelta(hours=2 + hour)) for hour in range(11)]
    page = at_screen(house.eva, **PHONE)
    page.goto("/meetings/")
    last = page.locator(f"#m-{rows[0].pk}")

    last.get_by_role("link", name=re.compile("^Say how it went")).tap()
    expect(last.get_by_role("link", name=rows[0].lead.name, exact=True)).to_be_focused()
    last.get_by_role("button", name=re.compile("^No show")).tap()

    expect(page.locator(".toast p")).to_contain_text("no show")
    assert Meeting.objects.get(pk=rows[0].pk).status == "no_show"


def test_a_meeting_is_booked_in_two_keys(at_screen, house):
    sellers(house.eva)
    lead = given(house.ana)
    page = at_screen(house.ana)
    page.goto("/queue/")
    expect(page.locator("#lead-name")).to_have_text(lead.name)

    page.keyboard.press("b")
    expect(page.locator("#act-h")).to_have_text("Book a meeting: when?")
    page.get_by_label("Company").fill("Nordlicht Energi")
    page.keyboard.press("Escape")
    page.keyboard.press("1")

    expect(page.locator(".toast p")).to_contain_text("meeting with")
    assert Meeting.objects.get().lead_id == lead.pk


def test_a_sale_is_dragged_to_its_next_stage_and_back_home_when_refused(at_screen, house):
    sale = sold(house.eva)
    held(sale, at=clock.now())
    page = at_screen(house.eva)
    page.goto("/opportunities/")
    card = page.locator(f"#card-{sale.pk}")
    second, third = Stage.objects.get(order=2), Stage.objects.get(is_pipeline=True)

    card.drag_to(page.locator(f"[data-stage='{second.pk}']"))
    expect(page.locator(f"[data-stage='{second.pk}'] #card-{sale.pk}")).to_be_visible()
    card.drag_to(page.locator(f"[data-stage='{third.pk}']"))

    expect(page.locator(f"[data-stage='{second.pk}'] #card-{sale.pk} [role=alert]")).to_contain_text(
        "the card must tell"
    )
    assert Opportunity.objects.get().stage == second


@pytest.mark.parametrize("width", [1440, 360])
def test_nothing_serious_stands_in_anybodys_way(at_screen, house, width):
    row, late = met(house.ana, house.eva), met(house.ana, house.eva, ago=timedelta(hours=50))
    ahead = met(house.ana, house.eva, ago=-timedelta(days=1))
    sale = row.opportunity_id
    handed = met(house.ana, house.eva, ago=-timedelta(days=2), amount=SCHEDULED)
    back = HandOff.objects.get(lead=handed.lead_id, outcome="")
    handing.refuse(back, reason=reason("refused_person"), by=house.eva, at=clock.now())
    paths = {
        house.eva: ["/meetings/", f"/meetings/{ahead.pk}/", f"/meetings/{row.pk}/", "/opportunities/", f"/opportunities/{sale}/",
                    f"/accounts/{row.account_id}/", "/opportunities/ending/", "/account/", "/meetings/?show=past"],
        house.ana: [f"/meetings/{late.pk}/", f"/leads/{row.lead_id}/?act=book", f"/leads/{row.lead_id}/?act=card",
                    f"/hand-offs/{back.pk}/again/", f"/opportunities/{handed.opportunity_id}/", f"/leads/{handed.lead_id}/"],
        house.cleo: ["/meetings/", f"/accounts/{row.account_id}/", "/opportunities/surprises/"],
    }  # fmt: skip
    found = {}
    for user, wanted in paths.items():
        page = at_screen(user, width=width, bypass_csp=True)
        for path in wanted:
            page.goto(path)
            found[f"{user.username} {path}"] = serious(page)

    assert {path: what for path, what in found.items() if what} == {}
