"""Five tasks of a manager's week, done with nothing but what is on the screen: no address is known, no field by its name."""

from datetime import timedelta

import pytest

from accounts import clock
from accounts.models import Absence, User
from leads import dispositions
from leads.models import Lead, Source
from tests.factories import put, reason
from tests.journeys.screen import Screen
from tests.pages.desk import given
from tests.pages.test_team import wished

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def cleo(client_of, house):
    return Screen(client_of(house.cleo))


def owners(leads: list[Lead]) -> list[str]:
    return sorted(Lead.objects.filter(pk__in=[lead.pk for lead in leads]).values_list("owner__username", flat=True))


def test_a_rep_goes_on_leave_and_a_colleague_stands_in(cleo, house):
    first, last = (clock.now() + n * DAY for n in (1, 8))

    cleo.click("Plan an absence of Ana Berg")
    cleo.press(
        "Save the absence",
        First_day_away=f"{first:%Y-%m-%d}",
        Last_day_away=f"{last:%Y-%m-%d}",
        Who_stands_in="Ben Ito",
    )

    assert [(a.user, a.delegate) for a in Absence.objects.all()] == [(house.ana, house.ben)]
    assert "Ben Ito stands in" in cleo.click("Plan an absence of Ana Berg").words


def test_a_rep_goes_for_good_and_nothing_stays_behind(client_of, cleo, house):
    mine = [given(house.ana) for _ in range(3)]

    cleo.go("/").click("Ana Berg leaves")
    says = cleo.words
    cleo.press("Preview", Leads_in_work_go_to="Ben Ito")
    shown = cleo.words
    cleo.press("Hand over", Leads_in_work_go_to="Ben Ito")
    rita = Screen(client_of(house.rita)).click("Team").click("Ana Berg leaves")
    rita.press("Preview", ticks=("Switch them off then",), **_somebody(rita))
    rita.press("Hand over", ticks=("Switch them off then",), **_somebody(rita))

    assert "3 leads in work" in says
    assert "Ben Ito gets 3 in work. Ana stays switched on." in shown
    assert owners(mine) == ["ben", "ben", "ben"]
    assert User.objects.get(pk=house.ana.pk).is_active is False


def _somebody(screen: Screen) -> dict[str, str]:
    """Name who gets the leads where the form asks, although none are left."""
    asks = any("Leads in work go to" in words for words in screen.page.labels.values())
    return {"Leads_in_work_go_to": "Ben Ito"} if asks else {}


def test_a_campaign_is_handed_out_over_a_team(cleo, house):
    fair = Source.objects.create(name="Fair")
    campaign = Source.objects.create(name="Fair 2026", parent=fair)
    made = [put(None, "raw", team=house.north) for _ in range(4)]
    Lead.objects.update(campaign=campaign, source=fair)

    cleo.click("Leads").click("Sources and campaigns").click("1 campaigns of Fair").click("4 leads of Fair 2026")
    cleo.press("Hand over", ticks=("All 4 of this list",))
    cleo.press("Preview", To="North, in turn")
    shown = cleo.words
    cleo.press("Share out 4", To="North, in turn")

    assert "Ana Berg gets 2, Ben Ito gets 2." in shown
    assert owners(made) == ["ana", "ana", "ben", "ben"]


def test_a_mass_disposition_is_judged(cleo, house):
    waiting = wished(house.ana)

    cleo.go("/").click("Your word")
    cleo.press("Send them back", ticks=(f"Choose {waiting[0].name}",), Note="Call them first.")
    cleo.press("Let them pass", ticks=(f"Choose {waiting[1].name}",))

    assert [Lead.objects.get(pk=lead.pk).status for lead in waiting] == ["assigned", "unqualified"]
    assert "Let them pass" not in [button["says"] for form in cleo.page.forms for button in form["buttons"]]


def test_a_wrong_disposition_of_last_week_is_taken_back(cleo, house):
    lead = put(None, "working", owner=house.ana, at=clock.now() - 8 * DAY)
    dispositions.unqualify([lead], reason=reason("not_a_prospect"), by=house.ana, at=clock.now() - 7 * DAY)

    cleo.click("Leads").press("Show", State="Ended", Owner="Ana Berg")
    cleo.click(lead.name)
    cleo.press("Take it back")

    lead.refresh_from_db()
    assert (lead.status, lead.owner) == ("working", house.ana)
