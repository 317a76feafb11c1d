"""The clock stands on every assigned lead wherever it is shown, and is right without a script (SLA-2)."""

import re
from datetime import timedelta

import pytest

from accounts import clock
from leads import touches
from tests.factories import AccountFactory
from tests.pages.desk import HOUR, given

pytestmark = pytest.mark.django_db
PAGES = {
    "/queue/": "ana", "/leads/": "ana", "/search/?q=Brecon": "ana", "/accounts/{account}/": "ana",
    "/team/": "cleo", "/overview/leads/?state=assigned&motion=slg&pile=over": "cleo",
}  # fmt: skip
OVER = r'<time class="clock clock--over"[^>]* datetime="[^"]+"[^>]*>'


def clocks(page: str) -> list[str]:
    """Return what the chips of a page say, without those of other leads: there are none."""
    words = re.findall(rf"{OVER}.*?<b data-figure>([^<]+)</b> <span data-word>([^<]+)</span>", page, re.DOTALL)
    return [" ".join(pair) for pair in words]


@pytest.mark.parametrize("url", PAGES)
def test_the_clock_is_on_every_page_that_shows_an_assigned_lead_until_it_is_touched(url, client_of, house):
    account = AccountFactory(name="Brecon")
    lead = given(
        house.ana, ago=30 * HOUR + timedelta(seconds=20), last_name="Brecon", search="marta brecon", account=account
    )
    client = client_of(house.people[PAGES[url]])
    url = url.format(account=account.pk)

    running = client.get(url).content.decode()
    touches.log([lead], channel="call", outcome="interested", by=house.ana, at=clock.now())
    stopped = client.get(url).content.decode()

    assert clocks(running) == ["6 h over limit"]
    assert "until" in running or "since" in running, "what stands there without a script"
    assert clocks(stopped) == []
