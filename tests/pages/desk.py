"""What the tests of the pages share: pressing a form as a browser does, with a script or without."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from accounts import clock
from leads import assignment, touches
from leads.models import Lead
from tests.factories import LeadFactory

HOUR = timedelta(hours=1)
HTMX = {"HX-Request": "true"}
BOTH = pytest.mark.parametrize("script", [True, False], ids=["htmx", "plain"])


class Hand:
    """A person at the screen: opens what is shown, and presses what is on it."""

    def __init__(self, client: Client, *, script: bool):
        self.client, self.headers = client, HTMX if script else {}

    def open(self, url: str, **query):
        return self.client.get(url, query, headers=self.headers)

    def fields(self, lead: Lead, **more) -> dict:
        """Return the hidden fields as the panel of this lead carries them."""
        page = self.client.get(f"/queue/{lead.pk}/", headers=HTMX).content.decode()
        names = ("cycle", "version", "token")
        hidden = {n: re.search(rf'name="{n}" value="([^"]*)"', page).group(1) for n in names}
        return hidden | {"place": "queue"} | more

    def press(self, lead: Lead, what: str, fields: dict | None = None, **said):
        """Send one form about a lead."""
        data = (self.fields(lead) if fields is None else fields) | said
        return self.client.post(f"/leads/{lead.pk}/{what}/", data, headers=self.headers)


def toast_of(response) -> str:
    """Return what the toast says."""
    page = response.content.decode()
    found = re.search(r'<div class="toast"><p>(.*?)</p>', page, re.DOTALL)
    return found.group(1).replace("&#x27;", "'") if found else ""


def undo_of(response) -> str:
    """Return where the undo of the toast goes."""
    return re.search(r'action="(/undo/[^"]+)"', response.content.decode()).group(1)


def given(owner, *, ago=HOUR, **facts) -> Lead:
    """A sales-led inbound lead in these hands, assigned a while ago by the real process."""
    at = clock.now() - ago
    lead = LeadFactory(status_since=at, created_at=at, recorded_at=at, **facts)
    return assignment.assign([lead], to=owner, by=None, at=at).lead


@pytest.fixture
def desk(client_of):
    """Return a function: who sits down, with a script or without."""

    def sit(user, *, script: bool = True) -> Hand:
        return Hand(client_of(user), script=script)

    return sit


def shown(response) -> int | None:
    """Return the lead that the panel shows."""
    found = re.search(r'data-panel="(\d+)"', response.content.decode())
    return int(found.group(1)) if found else None


def current(lead: Lead) -> Lead:
    return Lead.objects.select_related("cycle", "owner", "team", "reason").get(pk=lead.pk)


def follow(hand, answer):
    """Return what the person sees in the end: the answer itself, or the page it sends them to."""
    return hand.client.get(answer["Location"]) if answer.status_code == 302 else answer


def worked(owner, **facts) -> Lead:
    """A lead this person reached out to an hour ago."""
    lead = given(owner, ago=3 * HOUR, **facts)
    return touches.log([lead], channel="call", outcome="no_answer", by=owner, at=clock.now() - HOUR).lead


def hand_over(lead: Lead, to, by) -> None:
    """A manager gives the lead to somebody else meanwhile."""
    assert assignment.assign([lead.pk], to=to, by=by, at=clock.now()).done
