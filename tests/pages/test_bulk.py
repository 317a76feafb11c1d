"""A change to many through the pages: ticked, looked at, done once, taken back; with plain forms only."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import clock
from accounts.models import Event, Receipt
from leads import dispositions, touches
from leads.models import Lead, Source
from tests.factories import put, reason
from tests.pages.desk import HOUR, given

pytestmark = pytest.mark.django_db


def hidden(page) -> dict:
    """Return what the form of the page carries."""
    html = page.content.decode().split('<form class="entry"', 1)[1]
    return dict(re.findall(r'<input type="hidden" name="([a-z]+)" value="([^"]*)"', html))


def says(page) -> str:
    found = re.search(r'class="preview__says">([^<]*)', page.content.decode())
    return found.group(1).replace("&#x27;", "'") if found else ""


def ticked(client, url: str) -> list[str]:
    return re.findall(r'name="lead" value="([^"]+)"', client.get(url).content.decode())


class Many:
    """Somebody who ticks, looks and does."""

    def __init__(self, client, url="/team/", what="assign", **more):
        self.client, self.url = client, url
        self.page = client.post("/leads/many/", {"lead": ticked(client, url), "what": what, "back": url} | more)

    def step(self, step: str, **said):
        self.page = self.client.post("/leads/many/", hidden(self.page) | said | {"step": step})
        return self.page

    def do(self, **said):
        self.step("preview", **said)
        return self.step("do", **said)


def owners() -> list:
    return list(Lead.objects.order_by("pk").values_list("owner__username", flat=True))


def test_ticked_looked_at_done_and_moved_back(client_of, house):
    client = client_of(house.cleo)
    for _ in range(3):
        given(house.ana)
    house.ben.memberships.update(cap_open=2)
    many = Many(client)

    shown = says(many.step("preview", to=f"u{house.ben.pk}"))
    untouched = owners()
    done = many.step("do", to=f"u{house.ben.pk}")
    page = client.get(done["Location"]).content.decode()
    moved = owners()
    back = client.post(f"{done['Location']}undo/", follow=True).content.decode()

    assert shown == "2 of 3 can move to Ben Ito. 1 is beyond the cap."
    assert untouched == ["ana"] * 3
    assert ("<h1>2 moved to Ben Ito, clocks kept.</h1>" in page, "Move them back" in page) == (True, True)
    assert sorted(moved) == ["ana", "ben", "ben"]
    assert ("2 moved back." in back, "Move them back" in back, owners()) == (True, False, ["ana"] * 3)


def test_pressed_twice_it_is_done_once(client_of, house):
    client = client_of(house.cleo)
    given(house.ana)
    many = Many(client)
    many.step("preview", to=f"u{house.ben.pk}")
    said = hidden(many.page) | {"step": "do", "to": f"u{house.ben.pk}"}

    first, second = client.post("/leads/many/", said), client.post("/leads/many/", said)

    assert first["Location"] == second["Location"]
    assert Event.objects.filter(kind="owner").count() == 1


def test_after_ten_minutes_it_is_not_moved_back(client_of, house):
    client = client_of(house.cleo)
    given(house.ana)
    done = Many(client).do(to=f"u{house.ben.pk}")
    Receipt.objects.update(at=clock.now() - timedelta(minutes=11))

    page = client.post(f"{done['Location']}undo/", follow=True).content.decode()

    assert ("The ten minutes are over." in page, owners()) == (True, ["ben"])


def test_nobody_else_opens_or_undoes_it(client_of, house):
    given(house.ana)
    done = Many(client_of(house.cleo)).do(to=f"u{house.ben.pk}")
    other = client_of(house.rita)

    assert (other.get(done["Location"]).status_code, other.post(f"{done['Location']}undo/").status_code) == (404, 404)


def test_what_changed_since_the_preview_is_shown_before_anything_is_done(client_of, house):
    first, _second = given(house.ana, last_name="Quick"), given(house.ana)
    many = Many(client_of(house.cleo))
    many.step("preview", to=f"u{house.ben.pk}")
    touches.log([first.pk], channel="call", outcome="interested", by=house.ana, at=clock.now())

    page = many.step("do", to=f"u{house.ben.pk}")

    assert (page.status_code, owners(), says(page)) == (
        409,
        ["ana", "ana"],
        "1 of 2 can move to Ben Ito. 1 changed meanwhile.",
    )
    assert "It changed since you looked, so nothing was done.</b> Marta Quick:" in page.content.decode()
    assert (many.step("do", to=f"u{house.ben.pk}").status_code, sorted(owners())) == (302, ["ana", "ben"])


def test_a_clock_is_not_restarted_without_a_reason(client_of, house):
    given(house.ana)

    page = Many(client_of(house.cleo)).step("preview", to=f"u{house.ben.pk}", clock="restart")

    assert (page.status_code, "Write why the clock starts again." in page.content.decode()) == (422, True)


def test_a_campaign_is_handed_out_over_a_team(client_of, house):
    fair = Source.objects.create(name="Fair")
    campaign = Source.objects.create(name="Fair 2026", parent=fair)
    for _ in range(4):
        put(None, "raw", team=house.north)
    Lead.objects.update(campaign=campaign, source=fair)
    client = client_of(house.cleo)
    url = f"/leads/?campaign={campaign.pk}"
    page = client.post(f"/leads/many/?campaign={campaign.pk}", {"all": "leads", "what": "assign", "back": url})
    said = {"to": f"t{house.north.pk}", "step": "preview"}

    shown = client.post("/leads/many/", hidden(page) | said)
    client.post("/leads/many/", hidden(shown) | said | {"step": "do"})

    assert says(shown) == "4 of 4 can be shared out over North. Ana Berg gets 2, Ben Ito gets 2."
    assert sorted(owners()) == ["ana", "ana", "ben", "ben"]


def test_an_sdr_ends_many_of_their_own_and_hands_none_over(client_of, house):
    mine = put(None, "working", owner=house.ana, at=clock.now() - HOUR)
    put(None, "working", owner=house.ben, at=clock.now() - HOUR)
    client = client_of(house.ana)
    refused = client.post("/leads/many/", {"lead": ticked(client, "/leads/"), "what": "assign", "back": "/leads/"})

    done = Many(client, "/leads/", "unqualify").do(reason="not_a_prospect")

    mine.refresh_from_db()
    assert (refused.status_code, refused["Location"], done.status_code) == (302, "/leads/", 302)
    assert sorted(Lead.objects.values_list("status", flat=True)) == ["unqualified", "working"]
    assert mine.status == "unqualified"


def test_the_guard_says_who_must_speak(client_of, house):
    source = Source.objects.create(name="Fair")
    for _ in range(12):
        given(house.ana, source=source)
    client = client_of(house.ana)
    many = Many(client, "/leads/", "unqualify")

    shown = says(many.step("preview", reason="not_a_prospect"))
    done = client.get(many.step("do", reason="not_a_prospect")["Location"]).content.decode()

    assert shown.endswith("After 10 untouched leads of one source, 2 wait for Cleo's word.")
    assert "10 ended: never, not a prospect. Stopped after 10." in done.replace("&#x27;", "'").lower().replace(
        "stopped", "Stopped"
    )


def test_a_size_is_asked_for_where_the_reason_needs_it(client_of, house):
    put(None, "working", owner=house.ana, at=clock.now() - HOUR)
    codes = [r.code for r in dispositions.Reason.objects.to_choose("nurture") if r.asks_size]

    page = Many(client_of(house.ana), "/leads/", "nurture").step("preview", reason=codes[0])

    assert (page.status_code, "Too small: write the size." in page.content.decode()) == (422, True)


def test_nothing_ticked_says_so_where_it_was_pressed(client_of, house):
    page = client_of(house.cleo).post("/leads/many/", {"what": "assign", "back": "/team/"}, follow=True)

    assert (page.redirect_chain, "Tick at least one lead first." in page.content.decode()) == ([("/team/", 302)], True)


@pytest.mark.parametrize("back", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)", ""])
def test_the_way_back_never_leads_out_of_the_house(client_of, house, back):
    page = client_of(house.cleo).post("/leads/many/", {"what": "assign", "back": back})

    assert page["Location"] == "/"


def test_looking_costs_the_same_for_one_lead_and_for_three(client_of, house):
    client, counts = client_of(house.cleo), []
    for number in (1, 2):
        for _ in range(number):
            given(house.ana)
        many = Many(client)
        with CaptureQueriesContext(connection) as queries:
            many.step("preview", to=f"u{house.ben.pk}")
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_a_wrong_end_of_last_week_is_found_by_whose_it_was_and_taken_back(client_of, house):
    lead = put(None, "working", owner=house.ana, at=clock.now() - timedelta(days=8))
    at = clock.now() - timedelta(days=7)
    dispositions.unqualify([lead], reason=reason("not_a_prospect"), by=house.ana, at=at)
    client = client_of(house.cleo)

    page = client.get(f"/leads/?state=ended&owner={house.ana.pk}").content.decode()
    shown = client.get(f"/leads/{lead.pk}/")
    html = shown.content.decode()
    fields = {n: re.search(rf'name="{n}" value="([^"]*)"', html).group(1) for n in ("cycle", "version", "token")}
    client.post(f"/leads/{lead.pk}/take-back/", fields | {"place": "lead"})

    lead.refresh_from_db()
    assert (f"/leads/{lead.pk}/" in page, "Take it back" in html) == (True, True)
    assert (lead.status, lead.owner) == ("working", house.ana)
