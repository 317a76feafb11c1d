"""Leads by the API: one way in, the same rights as on the pages, lists by key."""

from datetime import timedelta

import pytest

from accounts import clock
from accounts.models import Event
from leads.models import Lead, Note, Signal, Source, Task, Touch
from tests.api.conftest import problem
from tests.factories import put

pytestmark = pytest.mark.django_db
MARTA = {"email": "marta@nordlicht.example", "first_name": "Marta", "company": "Nordlicht"}


def test_what_a_client_brings_in_is_a_lead_whose_source_is_the_client(program):
    answer = program.post("leads/", MARTA)

    lead = Lead.objects.get()
    assert (answer.status_code, answer.json()) == (201, {"lead": lead.pk, "result": "created", "words": ""})
    assert (lead.source.name, lead.status, lead.account.domain) == ("Web site", "raw", "nordlicht.example")
    assert list(Event.objects.filter(lead_id=lead.pk).values_list("kind", "door")) == [("signal", "api")]


def test_the_same_person_twice_is_one_lead_and_says_so(program):
    first = program.post("leads/", MARTA).json()

    again = program.post("leads/", MARTA)
    more = program.post("leads/", MARTA | {"phone": "+49 30 1234567"})

    assert (again.status_code, again.json()["result"], more.json()["result"]) == (200, "unchanged", "updated")
    assert {first["lead"], again.json()["lead"], more.json()["lead"]} == {Lead.objects.get().pk}


@pytest.mark.parametrize(
    "field",
    [
        "status",
        "state",
        "owner",
        "score",
        "version",
        "cycle",
        "source",
        "opted_out_at",
        "gone_as",
        "is_superuser",
        "id",
    ],
)
def test_a_field_that_is_not_to_be_said_is_refused_by_name_and_nothing_is_kept(program, field):
    answer = program.post("leads/", MARTA | {field: 1 if field != "source" else "Fair"})

    assert problem(answer) == (422, "invalid", [field])
    assert (Lead.objects.count(), Event.objects.count(), Source.objects.count()) == (0, 0, 0)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, ""),
        ({"email": "no address"}, "email"),
        ({"phone": "none"}, "phone"),
        (MARTA | {"created_at": "2026-11-22T09:30:00"}, "created_at"),
        (MARTA | {"created_at": "yesterday"}, "created_at"),
        (MARTA | {"motion": "both"}, "motion"),
        (MARTA | {"first_name": "x" * 101}, "first_name"),
        (MARTA | {"first_name": ["Marta"]}, "first_name"),
        (MARTA | {"first_name": "Mar\x00ta"}, "first_name"),
    ],
)
def test_a_bad_field_is_named(program, body, field):
    assert problem(program.post("leads/", body)) == (422, "invalid", [field])
    assert Lead.objects.count() == 0


def test_a_person_brings_a_lead_into_their_own_hands(ana, browser_of):
    answer = browser_of(ana).post("leads/", MARTA | {"source": "Fair", "mine": True})

    lead = Lead.objects.get(pk=answer.json()["lead"])
    assert (lead.owner, lead.status, lead.source.name) == (ana, "assigned", "Fair")


def test_a_person_says_where_a_lead_comes_from(ana, browser_of):
    assert problem(browser_of(ana).post("leads/", MARTA)) == (422, "invalid", ["source"])


def test_somebody_who_asks_for_us_is_owed_an_answer(program, house):
    answer = program.post("hand-raises/", MARTA | {"what": "demo", "words": "On Monday?"})

    lead = Lead.objects.get()
    assert (answer.status_code, lead.go_to_market) == (201, "inbound")
    assert Signal.objects.get().words == "On Monday?"


def test_who_is_signed_in_sees_what_the_pages_show_them(house, browser_of):
    mine, theirs = put(None, "working", owner=house.ana), put(None, "working", owner=house.dov)

    listed = browser_of(house.ana).get("leads/").json()

    assert [row["id"] for row in listed["items"]] == [mine.pk]
    assert browser_of(house.ana).get(f"leads/{theirs.pk}/").status_code == 404
    assert browser_of(house.ana).get(f"leads/{mine.pk}/").json() == listed["items"][0]


def test_a_list_is_narrowed(house, browser_of):
    worked, raw = put(None, "working", owner=house.ana), put(None, "raw")
    rita = browser_of(house.rita)

    def found(**query):
        return [row["id"] for row in rita.get("leads/", **query).json()["items"]]

    assert (found(state="raw"), found(owner="ana"), found(email=raw.email.upper())) == ([raw.pk], [worked.pk], [])
    assert problem(rita.get("leads/", state="won")) == (400, "invalid", ["state"])
    assert problem(rita.get("leads/", page=2)) == (400, "invalid", ["page"])


def test_a_touch_works_a_lead_and_a_stale_act_is_refused(house, browser_of):
    lead, ana = put(None, "assigned", owner=house.ana), browser_of(house.ana)
    body = {"channel": "call", "outcome": "interested", "note": "Call on Monday", "round": lead.cycle_id}

    done = ana.post(f"leads/{lead.pk}/touches/", body).json()

    assert (done["state"], Touch.objects.get(pk=done["made"]).note.text) == ("working", "Call on Monday")
    end = {"disposition": "nurture", "reason": "budget_later", "version": lead.version}
    assert problem(ana.post(f"leads/{lead.pk}/dispositions/", end)) == (409, "stale", [])
    assert Lead.objects.get(pk=lead.pk).status == "working"


def test_a_clients_touch_is_a_persons_or_an_automated_one(program, house):
    lead = put(None, "assigned", owner=house.ana)
    body = {"channel": "email", "outcome": "sent"}

    automated = program.post(f"leads/{lead.pk}/touches/", body).json()
    persons = program.post(f"leads/{lead.pk}/touches/", body | {"by": "ana"}).json()

    assert (automated["state"], persons["state"]) == (None, None)
    rows = Touch.objects.order_by("pk").values_list("is_automated", "by__username")
    assert list(rows) == [(True, "api"), (False, "ana")]
    assert Lead.objects.get(pk=lead.pk).status == "working"
    assert problem(program.post(f"leads/{lead.pk}/touches/", body | {"by": "dov"})) == (422, "by", ["by"])


def test_a_client_learns_no_name_from_a_refusal(program, house):
    lead = put(None, "assigned", owner=house.ana)
    program.post("opt-outs/", {"lead": lead.pk})

    answer = program.post(f"leads/{lead.pk}/touches/", {"channel": "email", "outcome": "sent"})

    assert problem(answer) == (422, "opted_out", [])
    assert answer.json()["detail"] == "This lead asked us to stop on every channel."


def test_notes_tasks_and_the_record_are_read_where_they_are_written(house, browser_of):
    lead, ana = put(None, "working", owner=house.ana), browser_of(house.ana)
    ana.post(f"leads/{lead.pk}/notes/", {"text": "Likes trains"})
    ana.post(f"leads/{lead.pk}/tasks/", {"due_at": (clock.now() + timedelta(days=1)).isoformat(), "channel": "call"})

    notes, tasks = ana.get(f"leads/{lead.pk}/notes/").json(), ana.get(f"leads/{lead.pk}/tasks/").json()
    events = ana.get(f"leads/{lead.pk}/events/").json()["items"]

    assert (
        [row["text"] for row in notes["items"]] == ["Likes trains"] == list(Note.objects.values_list("text", flat=True))
    )
    assert [row["kind"] for row in tasks["items"]][:1] == ["follow_up"]
    assert len(events) == Event.objects.filter(lead_id=lead.pk).count()
    mine = ana.get("tasks/").json()["items"]
    assert [row["id"] for row in mine] == list(
        Task.objects.filter(owner=house.ana, done_at=None).order_by("-pk").values_list("pk", flat=True)
    )


def test_a_round_is_ended_taken_back_and_handed_on(house, browser_of):
    lead, ana, cleo = put(None, "working", owner=house.ana), browser_of(house.ana), browser_of(house.cleo)

    ended = ana.post(
        f"leads/{lead.pk}/dispositions/", {"disposition": "unqualified", "reason": "not_a_prospect"}
    ).json()
    back = ana.post(f"leads/{lead.pk}/take-backs/").json()
    given = cleo.post(f"leads/{lead.pk}/assignments/", {"owner": "ben"}).json()

    assert (ended["state"], back["state"], given["state"]) == ("unqualified", "working", "working")
    assert Lead.objects.get(pk=lead.pk).owner == house.ben
    assert problem(cleo.post(f"leads/{lead.pk}/assignments/", {"owner": "dov"})) == (422, "owner", ["owner"])
    assert ana.post(f"leads/{lead.pk}/dispositions/", {"disposition": "unqualified"}).status_code == 403


def test_a_lead_is_pulled_and_given_back(house, browser_of):
    lead = put(None, "raw", team=house.north)
    ana = browser_of(house.ana)

    pulled = ana.post("pulls/").json()
    returned = ana.post(f"leads/{lead.pk}/returns/").json()

    assert (pulled["lead"], pulled["state"], returned["state"]) == (lead.pk, "assigned", "raw")
    assert problem(browser_of(house.dov).post("pulls/")) == (422, "empty_queue", [])


@pytest.mark.parametrize("name", ["leads", "audience"])
@pytest.mark.parametrize("rows", [1, 3])
def test_a_list_takes_the_same_queries_however_long(house, browser_of, django_assert_num_queries, name, rows):
    for _ in range(rows):
        put(None, "raw")
    rita = browser_of(house.rita)
    rita.get("me/")

    queries = {"leads": 4, "audience": 5}[name]
    with django_assert_num_queries(queries):
        assert len(rita.get(f"{name}/").json()["items"]) == rows


def test_pages_follow_each_other_and_miss_nothing(house, browser_of):
    made = [put(None, "raw").pk for _ in range(5)]
    rita, seen, cursor = browser_of(house.rita), [], None

    while True:
        page = rita.get("leads/", limit=2, **({"cursor": cursor} if cursor else {})).json()
        seen += [row["id"] for row in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert seen == made[::-1]


@pytest.mark.parametrize(
    "cursor", ["x", "WzFd1", "W10", "WyJhIl0", "Wy0xXQ", "WzFlOTld", "eyJhIjoxfQ", "%00", "W3RydWVd"]
)
def test_a_cursor_that_is_none_of_ours_is_refused(house, browser_of, cursor):
    assert problem(browser_of(house.rita).get("leads/", cursor=cursor)) == (400, "invalid", ["cursor"])
    assert problem(browser_of(house.rita).get("receipts/", cursor=cursor)) == (400, "invalid", ["cursor"])


def test_marketing_reads_its_audience_and_that_is_on_record(house, browser_of):
    lead = put(None, "raw")
    put(None, "working", owner=house.ana)

    items = browser_of(house.mark).get("audience/").json()["items"]

    assert [row["id"] for row in items] == [lead.pk]
    assert Event.objects.get(kind="export").data == {"what": "audience", "rows": 1}


def test_who_is_erased_is_not_found_any_more(house, browser_of):
    lead, rita = put(None, "raw"), browser_of(house.rita)

    assert problem(rita.post(f"leads/{lead.pk}/erasures/", {"confirm": 1})) == (422, "invalid", ["confirm"])
    assert rita.post(f"leads/{lead.pk}/erasures/", {"confirm": lead.pk}).status_code == 201
    assert rita.get(f"leads/{lead.pk}/").status_code == 404
