"""Five tasks of a manager's week in a browser, by nothing but what is on the screen: links, labels and buttons by their words."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from accounts import clock
from accounts.models import Absence, User
from leads import dispositions
from leads.models import Lead, Source
from tests.factories import put, reason
from tests.pages.desk import given
from tests.pages.test_team import wished

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


@pytest.fixture
def screen(at_screen, house):
    """Cleo at her team's page, where a sign-in leads her."""
    page = at_screen(house.cleo)
    page.goto("/")
    expect(page.get_by_role("heading", name="Team", exact=True)).to_be_visible()
    return page


def link(page: Page, words: str) -> None:
    page.get_by_role("link", name=words).first.click()


def button(page: Page, words: str) -> None:
    page.get_by_role("button", name=words, exact=True).click()


def owners(leads) -> list[str]:
    rows = Lead.objects.filter(pk__in=[lead.pk for lead in leads]).order_by("pk")
    return list(rows.values_list("owner__username", flat=True))


def test_a_rep_goes_on_leave_a_colleague_stands_in_and_they_are_back_sooner(screen, house):
    first, last = (clock.now() + n * DAY for n in (1, 8))

    link(screen, "Plan an absence of Ana Berg")
    screen.get_by_label("First day away").fill(f"{first:%Y-%m-%d}")
    screen.get_by_label("Last day away").fill(f"{last:%Y-%m-%d}")
    screen.get_by_label("Who stands in").select_option(label="Ben Ito")
    button(screen, "Save the absence")
    expect(screen.get_by_text("Ben Ito stands in")).to_be_visible()
    planned = list(Absence.objects.values_list("user__username", "delegate__username"))
    link(screen, "Plan an absence of Ana Berg")
    link(screen, "Call it off")
    button(screen, "Call it off")

    expect(screen.get_by_text("Ana Berg is not away then: the absence is called off.")).to_be_visible()
    assert (planned, Absence.objects.count()) == ([("ana", "ben")], 0)


def test_a_rep_goes_for_good_nothing_stays_behind_and_it_can_be_taken_back(screen, at_screen, house):
    mine = [given(house.ana) for _ in range(3)]

    link(screen, "Ana Berg leaves")
    screen.get_by_label("Leads in work go to").select_option(label="Ben Ito")
    button(screen, "Preview")
    expect(screen.get_by_text("Ben Ito gets 3 in work. Ana stays switched on.")).to_be_visible()
    button(screen, "Hand over")
    expect(screen.get_by_text("3 handed over.")).to_be_visible()
    rita = at_screen(house.rita)
    rita.goto("/team/")
    link(rita, "Ana Berg leaves")
    rita.get_by_label("Switch them off then").check()
    button(rita, "Preview")
    button(rita, "Hand over")
    expect(rita.get_by_text("Ana is switched off.", exact=True)).to_be_visible()
    gone = owners(mine), User.objects.get(pk=house.ana.pk).is_active
    rita.get_by_role("link", name="Take it back").last.click()
    expect(rita.get_by_text("Ana is switched on again.")).to_be_visible()
    button(rita, "Take 3 back")

    expect(rita.get_by_text("3 taken back. Ana Berg is switched on again.")).to_be_visible()
    assert gone == (["ben"] * 3, False)
    assert (owners(mine), User.objects.get(pk=house.ana.pk).is_active) == (["ana"] * 3, True)


def test_a_campaign_is_handed_out_over_a_team(screen, house):
    fair = Source.objects.create(name="Fair")
    campaign = Source.objects.create(name="Fair 2026", parent=fair)
    made = [put(None, "raw", team=house.north) for _ in range(4)]
    Lead.objects.update(campaign=campaign, source=fair)

    for words in ("Leads", "Sources and campaigns", "1 campaigns of Fair", "4 leads of Fair 2026"):
        link(screen, words)
    screen.get_by_label("All 4 of this list").check()
    button(screen, "Hand over")
    screen.get_by_label("To", exact=True).select_option(label="North, in turn")
    button(screen, "Preview")
    expect(screen.get_by_text("Ana Berg gets 2, Ben Ito gets 2.")).to_be_visible()
    button(screen, "Share out 4")

    expect(screen.get_by_role("heading", name="4 shared out over North")).to_be_visible()
    assert sorted(owners(made)) == ["ana", "ana", "ben", "ben"]


def test_a_mass_disposition_is_judged(screen, house):
    waiting = wished(house.ana)

    screen.reload()
    link(screen, "Your word")
    screen.get_by_label(f"Choose {waiting[0].name}").check()
    button(screen, "Send them back")
    expect(screen.get_by_label(f"Choose {waiting[0].name}")).to_have_count(0)
    screen.get_by_label(f"Choose {waiting[1].name}").check()
    button(screen, "Let them pass")

    expect(screen.get_by_text("Nothing here.")).to_be_visible()
    assert [Lead.objects.get(pk=lead.pk).status for lead in waiting] == ["assigned", "unqualified"]


def test_a_wrong_disposition_of_last_week_is_taken_back(screen, house):
    lead = put(None, "working", owner=house.ana, at=clock.now() - 8 * DAY)
    dispositions.unqualify([lead], reason=reason("not_a_prospect"), by=house.ana, at=clock.now() - 7 * DAY)

    link(screen, "Leads")
    screen.get_by_text("Filters", exact=True).click()
    screen.get_by_label("State").select_option(label="Ended")
    screen.get_by_label("Owner").select_option(label="Ana Berg")
    button(screen, "Show")
    link(screen, lead.name)
    button(screen, "Take it back")

    expect(screen.get_by_text("Working S").first).to_be_visible()
    lead.refresh_from_db()
    assert (lead.status, lead.owner) == ("working", house.ana)
