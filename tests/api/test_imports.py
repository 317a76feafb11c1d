"""Files, the team, messages, by the API."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts import clock
from accounts.models import Absence, Batch, Event, Message, User, Way
from leads import tasks
from leads.models import Lead
from tests.api.conftest import problem
from tests.factories import put

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rung")]
FILE = "Email,First,Origin\nmarta@nordlicht.example,Marta,Fair\nben@alder.example,Ben,Fair\nnowhere,X,Fair\n"


def send(browser, content=FILE, key="", **more):
    body = {"file": SimpleUploadedFile("fair.csv", content.encode()), **more}
    return browser.client.post("/api/v1/imports/", body, headers=browser.headers(key))


def test_a_file_is_posted_looked_at_run_and_taken_back(house, browser_of, rung):
    cleo = browser_of(house.cleo)
    columns = {"Email": "email", "First": "first_name", "Origin": "source"}

    posted = send(cleo, team="North").json()
    path = f"imports/{posted['id']}/"
    looked = cleo.post(f"{path}columns/", {"columns": columns, "go_to_market": "inbound"}).json()
    nothing_yet = Lead.objects.count()
    running = cleo.post(f"{path}runs/", {}).json()
    for _name, pk in rung:
        tasks.run_import(pk)
    done = cleo.get(path).json()
    rejected = cleo.get(f"{path}rejected/").json()["items"]
    settled = cleo.post(f"{path}columns/", {"source": "Other"})
    stopped = cleo.post(f"{path}cancellations/", {})
    undone = cleo.post(f"{path}undos/", {}).json()

    counts = {"created": 2, "updated": 0, "unchanged": 0, "rejected": 1}
    assert (posted["status"], posted["team"], looked["status"], running["status"]) == (
        "read",
        "North",
        "checked",
        "running",
    )
    assert (looked["counts"], nothing_yet, done["status"], done["counts"]) == (counts, 0, "done", counts)
    assert [(row["line"], row["column"], row["cells"]) for row in rejected] == [(4, "Email", ["nowhere", "X", "Fair"])]
    assert (problem(settled)[:2], problem(stopped)[:2]) == ((422, "state"), (422, "state"))
    assert undone["undo"] == {"gone": 2, "kept": 0, "done": True}
    assert problem(cleo.post(f"{path}undos/", {}))[:2] == (422, "already")
    taken = Event.objects.get(kind="export")
    assert (taken.actor_id, taken.door, taken.data) == (house.cleo.pk, "api", {"what": "import_rejected", "rows": 1})
    assert [row["id"] for row in browser_of(house.rita).get("imports/").json()["items"]] == [posted["id"]]
    assert browser_of(house.hugo).get(path).status_code == 404


def test_a_file_said_in_json_is_told_that_it_comes_in_another_form(house, browser_of):
    refused = browser_of(house.cleo).post("imports/", {"file": "fair.csv"})

    assert (problem(refused)[0], refused.json()["title"]) == (415, "Not in this form")


@pytest.mark.parametrize(
    ("content", "more", "expected"),
    [
        ("Email\n", {}, (422, "file", ["file"])),
        (FILE, {"team": "South"}, (422, "unknown", ["team"])),
        (FILE, {"motion": "sideways"}, (422, "invalid", ["motion"])),
        (FILE, {"colour": "red"}, (422, "invalid", ["colour"])),
    ],
)
def test_a_file_that_cannot_be_read_names_its_field_and_is_not_kept(house, browser_of, content, more, expected):
    assert problem(send(browser_of(house.cleo), content, **more)) == expected
    assert Batch.objects.count() == 0


def test_a_file_without_a_source_cannot_run(house, browser_of):
    cleo = browser_of(house.cleo)
    path = f"imports/{send(cleo, 'Email\nmarta@nordlicht.example\n').json()['id']}/"

    assert problem(cleo.post(f"{path}runs/", {})) == (422, "invalid", ["source"])
    assert problem(cleo.post(f"{path}columns/", {"columns": {"Mail": "email"}})) == (422, "invalid", ["columns"])
    assert cleo.post(f"{path}columns/", {"source": "Fair"}).json()["status"] == "checked"


def test_one_key_keeps_one_file_and_another_file_under_it_is_refused(house, browser_of):
    cleo = browser_of(house.cleo)

    first, again, other = send(cleo, key="k1"), send(cleo, key="k1"), send(cleo, FILE + "x@y.example,Y,Z\n", key="k1")

    assert (first.json(), again["Idempotency-Replayed"]) == (again.json(), "true")
    assert problem(other) == (422, "key_reused", ["Idempotency-Key"])
    assert Batch.objects.count() == 1


def test_an_absence_names_who_stands_in(house, browser_of):
    cleo, path = browser_of(house.cleo), "people/ana/absences/"
    day = (clock.now() + timedelta(days=5)).date()
    days = {"first": day.isoformat(), "last": (day + timedelta(days=4)).isoformat()}

    alone = cleo.post(path, days)
    done = cleo.post(path, days | {"delegate": "ben"}).json()
    again = cleo.post(path, days | {"delegate": "ben"})
    backwards = cleo.post(path, {"first": days["last"], "last": days["first"]})

    assert (problem(alone), problem(again)) == ((422, "delegate", ["delegate"]), (422, "first", ["first"]))
    assert (problem(backwards), done["delegate"]) == ((422, "last", ["last"]), "ben")
    assert cleo.get(path).json()["items"] == [done]
    assert (Absence.objects.count(), browser_of(house.hugo).get(path).status_code) == (1, 404)


@pytest.mark.parametrize("first", ["0001-01-01", "1999-12-31"])
def test_an_absence_from_a_day_nobody_reckons_with_is_refused(house, browser_of, first):
    cleo, path = browser_of(house.cleo), "people/ana/absences/"
    last = (clock.now() + timedelta(days=4)).date().isoformat()

    refused = cleo.post(path, {"first": first, "last": last, "delegate": "ben"})

    assert (problem(refused), Absence.objects.count()) == ((422, "first", ["first"]), 0)
    assert cleo.get(path).json()["items"] == []


def test_who_leaves_hands_over_what_they_hold(house, browser_of):
    lead = put(None, "working", owner=house.ana)
    path = "people/ana/departures/"

    nobody = browser_of(house.cleo).post(path, {})
    off = browser_of(house.cleo).post(path, {"owner": "ben", "off": True})
    done = browser_of(house.rita).post(path, {"owner": "ben", "off": True}).json()

    assert (problem(nobody), off.status_code) == ((422, "invalid", ["owner"]), 403)
    assert done == {"done": 1, "refused": [], "is_active": False}
    assert (Lead.objects.get(pk=lead.pk).owner, User.objects.get(username="ana").is_active) == (house.ben, False)


def test_what_was_handed_over_is_looked_at_and_taken_back_once(house, browser_of):
    lead = put(None, "working", owner=house.ana)
    rita, path = browser_of(house.rita), "people/ana/departures/"
    rita.post(path, {"owner": "ben", "off": True})
    (kept,) = rita.get(path).json()["items"]

    seen = rita.post(f"{path}{kept['id']}/undos/", {"look": True}).json()
    still = Lead.objects.get(pk=lead.pk).owner
    off = browser_of(house.cleo).post(f"{path}{kept['id']}/undos/", {})
    done = rita.post(f"{path}{kept['id']}/undos/", {}).json()
    again = rita.post(f"{path}{kept['id']}/undos/", {})

    assert (kept["by"], kept["number"], kept["is_open"]) == ("rita", 1, True)
    assert (seen, done, still) == (done, {"back": 1, "refused": [], "is_active": True}, house.ben)
    assert (problem(off), problem(again)) == ((422, "off", []), (422, "already", []))
    assert (Lead.objects.get(pk=lead.pk).owner, User.objects.get(username="ana").is_active) == (house.ana, True)
    assert rita.get(path).json()["items"][0]["is_open"] is False


def test_an_absence_is_ended_sooner(house, browser_of):
    cleo, path = browser_of(house.cleo), "people/ana/absences/"
    day = (clock.now() + timedelta(days=5)).date().isoformat()
    planned = cleo.post(path, {"first": day, "last": day}).json()

    ended = cleo.post(f"{path}{planned['id']}/endings/", {}).json()

    assert ended == planned
    assert (cleo.get(path).json()["items"], cleo.post(f"{path}{planned['id']}/endings/", {}).status_code) == ([], 404)


def test_what_a_reason_held_is_released_into_a_queue(house, browser_of):
    lead = put(None, "nurture", owner=house.ana)
    rita, body = browser_of(house.rita), {"reason": lead.reason.code, "team": "North"}

    done = rita.post("releases/", body).json()
    kept = rita.post("releases/", {"reason": "kept_by_rep", "team": "North"})

    assert (done["status"], done["released"], done["team"]) == ("done", 1, "North")
    assert rita.get(f"releases/{done['id']}/").json() == done
    assert problem(kept) == (422, "reason", ["reason"])
    assert problem(rita.post("releases/", body | {"team": "Nowhere"})) == (422, "team", ["team"])
    assert browser_of(house.cleo).post("releases/", body).status_code == 403


def test_the_room_is_told_by_rep(house, browser_of):
    put(None, "working", owner=house.ana, at=clock.now() - timedelta(days=9))

    room = browser_of(house.cleo).get("room/").json()

    assert room["is_clean"] is False
    assert {"key": "quiet", "words": "Stale", "number": 1} in room["items"][0]["lines"]
    assert browser_of(house.ana).get("room/").status_code == 403


def test_the_search_forgives_and_tells_sellers_that_others_exist(house, browser_of):
    lead = put(None, "working", owner=house.ana)

    mine = browser_of(house.ana).get("search/", q=lead.email).json()
    others = browser_of(house.dov).get("search/", q=lead.email).json()

    assert [row["id"] for row in mine["leads"]] == [lead.pk]
    assert (others["leads"], [row["holder"] for row in others["others"]]) == ([], ["Ana Berg"])
    assert lead.email not in str(others)


def test_messages_are_read_and_come_by_the_way_that_was_chosen(house, browser_of):
    put(None, "assigned", owner=house.ana)
    ana = browser_of(house.ana)

    told = ana.get("messages/", unread="true").json()["items"]
    read = ana.post("messages/reads/", {"up_to": told[0]["id"]}).json()
    kind = ana.get("messages/ways/").json()["items"][0]
    chosen = ana.post("messages/ways/", {"ways": {kind["kind"]: kind["ways"][-1]}}).json()["items"][0]
    unknown = ana.post("messages/ways/", {"ways": {"made-up": Way.MAIL}})

    assert (read["read"], ana.get("messages/", unread="true").json()["items"]) == (len(told), [])
    assert (chosen["way"], problem(unknown)) == (kind["ways"][-1], (422, "invalid", ["ways"]))
    assert Message.objects.filter(to=house.ana, read_at=None, channel="page").count() == 0


def test_a_person_sets_their_name_and_zone(house, browser_of):
    ana = browser_of(house.ana)

    assert ana.post("me/", {"time_zone": "Europe/Stockholm"}).json()["time_zone"] == "Europe/Stockholm"
    assert problem(ana.post("me/", {"time_zone": "Moon"})) == (422, "invalid", ["time_zone"])
    assert problem(ana.post("me/", {"role": "revops"})) == (422, "invalid", ["role"])
    assert User.objects.get(username="ana").role == "sdr"
