"""Bringing history over by the API, as its pages do: files, columns, a look, the run, what was rejected, the undo."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Batch, Event, Opportunity
from leads.models import Lead
from meetings import tasks
from tests.api.conftest import problem
from tests.meetings.test_history import LEADS, SALES

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rung")]


def send(browser, key="", files=None, **more):
    files = {"leads": LEADS, "opportunities": SALES} if files is None else files
    body = {kind: SimpleUploadedFile(f"{kind}.csv", text.encode()) for kind, text in files.items()}
    return browser.client.post("/api/v1/histories/", body | more, headers=browser.headers(key))


@pytest.fixture
def rita(house, browser_of):
    return browser_of(house.rita)


def test_from_the_files_to_the_rounds_and_back(house, rita, rung):
    posted = send(rita, files={"leads": LEADS, "opportunities": SALES + "zz,Nobody,,,,2026-01-01,,,,\n"}).json()
    path = f"histories/{posted['id']}/"
    looked = rita.post(f"{path}columns/", {"leads": {"id": "external_id"}, "go_to_market": "inbound"}).json()
    nothing_yet = Lead.objects.count()
    running = rita.post(f"{path}runs/", {}).json()
    tasks.run_history(posted["id"])
    done = rita.get(path).json()
    rejected = rita.get(f"{path}rejected/").json()["items"]
    settled, over = rita.post(f"{path}columns/", {"source": "Other"}), rita.post(f"{path}runs/", {})
    stopped = rita.post(f"{path}cancellations/", {})
    made = (Lead.objects.filter(gone_as="").count(), Opportunity.objects.count())
    rita.post(f"{path}undos/", {})
    tasks.undo_history(posted["id"])

    counts = {file["kind"]: file["counts"] for file in done["files"]}
    assert (posted["status"], looked["status"], running["status"], done["status"]) == (
        "read",
        "checked",
        "running",
        "done",
    )
    assert looked["former"] == ["Former Rep", "Gone Person"]
    assert (nothing_yet, made) == (0, (4, 3))
    assert counts["leads"]["created"] == 4
    assert [file["counts"]["rejected"] for file in looked["files"]] == [0, 1]
    assert [(row["kind"], row["line"], row["why"]) for row in rejected] == [
        ("opportunities", 5, "No lead is known as “zz”.")
    ]
    assert [problem(answer)[:2] for answer in (settled, over, stopped)] == [(422, "state")] * 3
    assert rita.get(path).json()["undo"] == {"gone": 4, "kept": 0, "sales": 3, "done": True}
    assert problem(rita.post(f"{path}undos/", {}))[:2] == (422, "already")
    assert [name for name, _pk in rung] == ["meetings.tasks.run_history", "meetings.tasks.undo_history"]
    taken = Event.objects.get(kind="export")
    assert (taken.actor_id, taken.door, taken.data) == (house.rita.pk, "api", {"what": "import_rejected", "rows": 1})


@pytest.mark.parametrize(
    ("files", "more", "expected"),
    [
        ({}, {}, (422, "invalid", [])),
        ({"leads": "Email\n"}, {}, (422, "file", ["leads"])),
        ({"leads": LEADS, "touches": "\x89PNG\r\n"}, {}, (422, "file", ["touches"])),
        (None, {"currency": "euro"}, (422, "invalid", ["currency"])),
        (None, {"team": "Nowhere"}, (422, "unknown", ["team"])),
        (None, {"colour": "red"}, (422, "invalid", ["colour"])),
    ],
)
def test_what_cannot_be_read_names_its_field_and_nothing_is_kept(rita, files, more, expected):
    assert problem(send(rita, files=files, **more)) == expected
    assert Batch.objects.count() == 0


def test_columns_that_cannot_be_name_their_file_and_leave_it_as_it_was_read(rita):
    posted = send(rita).json()
    path = f"histories/{posted['id']}/"

    wrong = [
        rita.post(f"{path}columns/", said)
        for said in ({"touches": {"at": "at"}}, {"leads": {"nowhere": "email"}}, {"opportunities": {"mql_id": ""}})
    ]

    assert [problem(answer) for answer in wrong] == [
        (422, "invalid", ["touches"]), (422, "invalid", ["leads"]), (422, "invalid", ["opportunities"]),
    ]  # fmt: skip
    assert rita.get(path).json() == posted


def test_one_key_keeps_one_history(rita):
    first, again = send(rita, key="k1"), send(rita, key="k1")

    assert (first.json(), again["Idempotency-Replayed"]) == (again.json(), "true")
    assert problem(send(rita, key="k1", files={"leads": LEADS})) == (422, "key_reused", ["Idempotency-Key"])
    assert [row["id"] for row in rita.get("histories/").json()["items"]] == [first.json()["id"]]


def test_only_revops_brings_history_over_though_others_bring_files(house, rita, browser_of, program):
    posted = send(rita).json()

    for who in (browser_of(house.cleo), browser_of(house.mark), program):
        answers = [
            who.get("histories/"),
            who.get(f"histories/{posted['id']}/"),
            who.post(f"histories/{posted['id']}/runs/", {}),
        ]
        assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert rita.get("histories/999999/").status_code == 404


def test_the_list_takes_as_many_queries_for_three_as_for_one(rita):
    def queries() -> int:
        with CaptureQueriesContext(connection) as counted:
            rita.get("histories/")
        return len(counted)

    send(rita)
    one = queries()
    for _ in range(2):
        send(rita)

    assert queries() == one
    page = rita.get("histories/", limit=2).json()
    assert len(rita.get("histories/", limit=2, cursor=page["next_cursor"]).json()["items"]) == 1
