"""The list of leads: what a person may see, found by what they choose, page by page; and people brought in by hand."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import clock
from accounts.models import Event
from leads.models import Lead, Signal, Source, search_text
from leads.views import lists
from tests.factories import LeadFactory, product_led, put
from tests.pages.desk import HOUR, desk, given, toast_of

__all__ = ["desk"]
NAMED = r'scope="row">(?:<input [^>]*> )?<a href="/leads/(\d+)/">'


def listed(desk, user, **query) -> list[int]:
    page = desk(user, script=False).open("/leads/", **query).content.decode()
    return [int(pk) for pk in re.findall(NAMED, page)]


def test_everybody_sees_theirs_newest_first(house, desk):
    mine, raw = given(house.ana, ago=4 * HOUR), put(None, "raw", team=house.north, at=clock.now() - 3 * HOUR)
    theirs, nobodys = given(house.dov, ago=2 * HOUR), LeadFactory(created_at=clock.now() - HOUR)

    assert listed(desk, house.ana) == [raw.pk, mine.pk]
    assert listed(desk, house.cleo) == [raw.pk, mine.pk]
    assert listed(desk, house.hugo) == [theirs.pk]
    assert listed(desk, house.mark) == [nobodys.pk, raw.pk]
    assert listed(desk, house.rita) == [nobodys.pk, theirs.pk, raw.pk, mine.pk]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"state": "working"}, ["working"]),
        ({"state": "raw"}, ["raw", "queued"]),
        ({"motion": "plg"}, ["plg"]),
        ({"gtm": "outbound"}, ["raw"]),
        ({"owner": "ana"}, ["working"]),
        ({"team": "north"}, ["queued"]),
        ({"source": "Fair"}, ["raw"]),
        ({"state": "raw", "gtm": "inbound"}, ["queued"]),
        ({"state": "sideways", "owner": "x", "motion": ""}, ["working", "raw", "queued", "plg"]),
    ],
)
def test_the_list_is_narrowed(house, desk, query, found):
    fair = Source.objects.create(name="Fair")
    made = {
        "working": put(None, "working", owner=house.ana, at=clock.now()),
        "raw": LeadFactory(go_to_market="outbound", source=fair),
        "queued": put(None, "raw", team=house.north),
        "plg": product_led(at=clock.now()),
    }
    ids = {"ana": house.ana.pk, "north": house.north.pk, "Fair": fair.pk}

    rows = listed(desk, house.rita, **{name: ids.get(value, value) for name, value in query.items()})

    wanted = sorted((made[name] for name in found), key=lambda lead: (lead.created_at, lead.pk), reverse=True)
    assert rows == [lead.pk for lead in wanted]


@pytest.mark.parametrize(
    "text", ["müller", "Muller", "MÜLLER", "ülle", "kettler", "jm@kettler", "30 9018", "anna müll"]
)
def test_a_lead_is_found_by_a_part_of_name_company_address_or_phone(house, desk, text):
    who = {
        "first_name": "Anna",
        "last_name": "Müller",
        "company": "Kettler",
        "email": "jm@kettler.example",
        "phone": "+49 30 901820",
    }
    lead = LeadFactory(**who, search=search_text(**who))
    LeadFactory()

    assert listed(desk, house.rita, q=text) == [lead.pk]


@pytest.mark.parametrize("text", ["%%%", "___", "'--", "\\\\\\"])
def test_signs_of_the_database_find_nothing(house, desk, text):
    LeadFactory()

    assert listed(desk, house.rita, q=text) == []


def test_fewer_than_three_letters_are_asked_for_more(house, desk):
    LeadFactory(), LeadFactory()

    page = desk(house.rita, script=False).open("/leads/", q="ma").content.decode()

    assert "Write three letters or more." in page
    assert len(listed(desk, house.rita, q="ma")) == 2


def test_pages_go_by_key_there_and_back(house, desk):
    LeadFactory.create_batch(120)
    ids = sorted(Lead.objects.values_list("pk", flat=True), reverse=True)
    rita = desk(house.rita, script=False)

    def go(url: str) -> tuple[list[int], str, str]:
        page = rita.client.get(url).content.decode()
        found = [int(pk) for pk in re.findall(NAMED, page)]
        links = [re.search(rf'href="([^"]+)" rel="{rel}"', page) for rel in ("prev", "next")]
        newer, older = (m.group(1).replace("&amp;", "&") if m else "" for m in links)
        return found, newer, older

    first, before, older = go("/leads/?state=raw")
    second, _newer, oldest = go(older)
    third, newer, after = go(oldest)
    back, _first, _older = go(newer)

    assert (first, second, third) == (ids[:50], ids[50:100], ids[100:])
    assert (before, after) == ("", "")
    assert back == second
    assert "state=raw" in older


def test_who_was_brought_over_from_elsewhere_stands_where_they_came_and_no_page_skips_or_repeats_anybody(house, desk):
    came = [clock.now() - timedelta(days=days) for days in (3, 900, 3, 1, *[40] * 60, 2)]
    leads = [LeadFactory(created_at=at, status_since=at, recorded_at=at) for at in came]
    wanted = [lead.pk for lead in sorted(leads, key=lambda lead: (lead.created_at, lead.pk), reverse=True)]
    rita = desk(house.rita, script=False)

    page = rita.client.get("/leads/").content.decode()
    older = re.search(r'href="([^"]+)" rel="next"', page).group(1).replace("&amp;", "&")

    found = re.findall(NAMED, page + rita.client.get(older).content.decode())
    assert [int(pk) for pk in found] == wanted
    admin = re.findall(r"/admin/leads/lead/(\d+)/change/", rita.client.get("/admin/leads/lead/").content.decode())
    assert [int(pk) for pk in dict.fromkeys(admin)] == wanted[:50]


@pytest.mark.parametrize("narrowed", [{}, {"state": "raw"}])
def test_a_page_of_the_list_is_read_off_an_index_however_far_down(house, narrowed):
    start = clock.now()
    Lead.objects.bulk_create(LeadFactory.build(created_at=start - timedelta(minutes=n)) for n in range(2_000))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE leads_lead")
    found = Lead.objects.visible_to(house.rita, start).filter(**({"status": "raw"} if narrowed else {}))

    down = lists._beyond(found, start - timedelta(minutes=1_500), 1, "lt").order_by(*lists.NEWEST)[:51]

    plan = down.explain()
    assert re.search("Index Scan using lead_(newest|by_status)", plan), plan
    assert "Sort" not in plan


@pytest.mark.parametrize(
    "key", ["x", "-4", "9" * 30, "", "9_", "999999999999999999_1", "-999999999999999999_1", "1_1_1", "1\n_2"]
)
def test_a_key_that_is_none_shows_the_first_page(house, desk, key):
    lead = LeadFactory()

    assert listed(desk, house.rita, older=key, newer=key) == [lead.pk]


def test_the_count_is_exact_up_to_a_thousand(house, desk):
    at = clock.now()
    Lead.objects.bulk_create(
        Lead(motion="slg", go_to_market="inbound", status_since=at, created_at=at, recorded_at=at) for _ in range(1_001)
    )

    page = desk(house.rita, script=False).open("/leads/").content.decode()

    assert "more than 1,000 leads" in page


def test_what_is_chosen_can_be_taken_off(house, desk):
    LeadFactory()

    page = desk(house.rita, script=False).open("/leads/", state="raw", motion="slg").content.decode()

    assert 'href="/leads/?motion=slg">State <b>Raw</b>' in page
    assert 'href="/leads/?state=raw">Motion <b>Sales-led</b>' in page


def test_an_empty_list_says_so(house, desk):
    page = desk(house.rita, script=False).open("/leads/").content.decode()

    assert "No leads yet" in page


def test_who_sees_no_leads_has_no_list(house, desk):
    assert desk(house.lena, script=False).open("/leads/").status_code == 403


@pytest.mark.parametrize("name", ["ana", "cleo", "rita", "mark"])
def test_the_list_costs_the_same_for_one_lead_and_for_three(house, desk, name):
    def fill() -> None:
        given(house.ana), put(None, "raw", team=house.north), put(None, "nurture", owner=house.ana)

    client = desk(house.people[name]).client
    fill()
    costs = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as caught:
            client.get("/leads/")
        costs.append(len(caught))
        fill(), fill()

    assert costs[0] == costs[1]
    assert costs[0] <= 13


# ---- people come in by hand ----

TOKEN = {"token": "t" * 12}
NEW = TOKEN | {"first_name": "Marta", "last_name": "Lind", "email": "Marta@Nordlicht.example", "company": "Nordlicht", "source": "Fair",
               "motion": "slg", "go_to_market": "outbound"}  # fmt: skip


def test_a_new_lead_is_brought_in_and_taken(house, desk):
    ana = desk(house.ana, script=False)

    answer = ana.client.post("/leads/new/", NEW | {"mine": "on"})

    lead = Lead.objects.get()
    assert (lead.email, lead.owner, lead.status, lead.cycle.trigger) == (
        "marta@nordlicht.example",
        house.ana,
        "assigned",
        "own",
    )
    assert (lead.source.name, lead.account.domain) == ("Fair", "nordlicht.example")
    assert answer["Location"] == f"/queue/?lead={lead.pk}#lead"
    assert toast_of(ana.client.get(answer["Location"])) == "Marta Lind is in. You have this lead."


def test_a_new_lead_that_is_not_taken_waits_in_the_own_teams_queue(house, desk):
    desk(house.ana).client.post("/leads/new/", NEW)

    lead = Lead.objects.get()
    assert (lead.status, lead.owner, lead.team) == ("raw", None, house.north)


def test_who_is_at_their_cap_leaves_a_new_lead_in_the_queue_of_the_team(house, desk):
    house.ana.memberships.update(cap_open=0)
    ana = desk(house.ana, script=False)

    answer = ana.client.post("/leads/new/", NEW | {"mine": "on"})

    lead = Lead.objects.get()
    assert (lead.status, lead.owner, lead.team) == ("raw", None, house.north)
    assert toast_of(ana.client.get(answer["Location"])) == "Marta Lind is in. Ana Berg is at their cap."


def test_marketing_brings_in_a_raw_lead_and_takes_none(house, desk):
    mark = desk(house.mark, script=False)
    assert "I take this lead" not in mark.open("/leads/new/").content.decode()

    mark.client.post("/leads/new/", NEW | {"mine": "on"})

    assert (Lead.objects.get().status, Lead.objects.get().owner) == ("raw", None)


def test_saved_twice_is_one_lead_and_one_signal(house, desk):
    ana = desk(house.ana)

    one, two = (ana.client.post("/leads/new/", NEW | {"mine": "on"}) for _ in range(2))

    assert (Lead.objects.count(), Signal.objects.count()) == (1, 1)
    assert one["Location"] == two["Location"]


def test_somebody_we_know_is_found_and_only_what_is_missing_is_filled_in(house, desk):
    ana = desk(house.ana, script=False)
    ana.client.post("/leads/new/", NEW)

    answer = ana.client.post(
        "/leads/new/", NEW | {"token": "u" * 12, "title": "Head of Operations", "first_name": "Martha"}
    )

    lead = Lead.objects.get()
    assert (lead.first_name, lead.title) == ("Marta", "Head of Operations")
    assert toast_of(ana.client.get(answer["Location"])).startswith(
        "We know Marta Lind already; what was missing is filled in."
    )


def test_somebody_a_colleague_has_stays_with_them(house, desk):
    desk(house.dov).client.post("/leads/new/", NEW | {"mine": "on"})
    ana = desk(house.ana, script=False)

    answer = ana.client.post("/leads/new/", NEW | {"token": "u" * 12, "mine": "on"})

    assert Lead.objects.get().owner == house.dov
    assert answer["Location"] == "/leads/"
    assert "Dov has this lead." in toast_of(ana.client.get("/leads/"))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"email": "", "phone": ""}, "Write an address or a phone number: one of the two."),
        ({"email": "anna@"}, "anna@"),
        ({"email": "", "phone": "12"}, "is no phone number"),
        ({"source": ""}, "Say where this person comes from."),
        ({"motion": "both"}, "Select a valid choice"),
        ({"first_name": "x" * 101}, "at most 100 characters"),
        ({"token": ""}, "This form is incomplete."),
    ],
)
def test_what_cannot_be_taken_is_said_at_the_field_and_what_was_typed_stays(house, desk, said, words):
    events = Event.objects.count()

    answer = desk(house.ana).client.post("/leads/new/", NEW | said)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert 'value="Lind"' in page
    assert (Lead.objects.count(), Event.objects.count()) == (0, events)


def test_everything_that_is_wrong_is_said_at_once_each_at_its_field(house, desk):
    wrong = {"email": "anna@", "source": "", "motion": "both", "company": "Nord\x00licht", "first_name": "x" * 101}

    page = desk(house.ana).client.post("/leads/new/", NEW | wrong).content.decode()

    said = dict(re.findall(r'id="id_(\w+)-error">(.*?)</p>', page, re.DOTALL))
    assert set(said) == set(wrong)
    assert "anna@" in said["email"]
    assert Lead.objects.count() == 0


@pytest.mark.parametrize("url", ["/leads/new/", "/leads/asked/"])
def test_who_may_bring_people_in(house, desk, url):
    names = ("ana", "cleo", "rita", "mark", "eva", "carl", "lena")

    answers = {name: desk(house.people[name], script=False).open(url).status_code for name in names}

    assert answers == dict.fromkeys(names[:4], 200) | dict.fromkeys(names[4:], 403)


# ---- they asked for us ----

ASKED = TOKEN | {
    "email": "marta@nordlicht.example",
    "first_name": "Marta",
    "last_name": "Lind",
    "what": "demo",
    "words": "Show me",
}


def test_somebody_new_who_asks_goes_to_who_answers(house, desk):
    ana = desk(house.ana, script=False)

    answer = ana.client.post("/leads/asked/", ASKED | {"mine": "on"})

    lead = Lead.objects.get()
    assert (lead.owner, lead.cycle.trigger, lead.go_to_market) == (house.ana, "action", "inbound")
    assert lead.cycle.target_at is not None
    assert (Signal.objects.get().words, Signal.objects.get().by) == ("Show me", house.ana)
    assert toast_of(ana.client.get(answer["Location"])) == "Marta Lind asked for us. You have this lead."


def test_somebody_new_is_shared_out_in_the_own_team_when_nobody_takes_them(house, desk):
    desk(house.ana).client.post("/leads/asked/", ASKED)

    assert Lead.objects.get().owner in (house.ana, house.ben)


def test_somebody_in_hand_who_asks_starts_a_clock_of_its_own_for_their_owner(house, desk):
    lead = given(house.ben, email="marta@nordlicht.example")
    lead.identities.create(kind="email", value="marta@nordlicht.example")
    ana = desk(house.ana, script=False)

    answer = ana.client.post("/leads/asked/", ASKED | {"mine": "on"})

    task = lead.tasks.get(kind="hand_raise")
    assert (task.owner, Lead.objects.get().owner) == (house.ben, house.ben)
    assert "asked for us. Ben has this lead." in toast_of(ana.client.get(answer["Location"]))


def test_who_has_no_team_says_who_answers(house, desk):
    mark = desk(house.mark, script=False)
    assert "Who answers" in mark.open("/leads/asked/").content.decode()

    mark.client.post("/leads/asked/", ASKED | {"team": house.south.pk})

    assert Lead.objects.get().owner == house.dov


def test_said_twice_is_one_hand_raise(house, desk):
    ana = desk(house.ana)

    for _ in range(2):
        ana.client.post("/leads/asked/", ASKED)

    assert Signal.objects.filter(kind="hand_raise").count() == 1


def test_the_form_can_be_opened_with_what_is_known(house, desk):
    page = desk(house.ana, script=False).open("/leads/asked/", phone="+4791244018").content.decode()

    assert 'value="+4791244018"' in page
