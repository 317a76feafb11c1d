"""Meetings, sales and reports by the API."""

from datetime import timedelta

import pytest

from accounts import clock
from accounts.models import Product
from leads.models import Lead, Touch
from meetings.models import Meeting
from reporting.metrics import METRICS
from tests.api.conftest import problem
from tests.factories import AccountFactory, LeadFactory, put

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(house) -> Lead:
    return put(LeadFactory(account=AccountFactory()), "working", owner=house.ana)


def times(days: int = 1) -> dict:
    return {
        "product": Product.objects.first().name,
        "starts_at": (clock.now() + timedelta(days=days)).isoformat(),
        "owner": "eva",
    }


def test_a_meeting_is_booked_moved_and_called_off(lead, browser_of, house):
    ana = browser_of(house.ana)

    booked = ana.post(f"leads/{lead.pk}/meetings/", times()).json()
    moved = ana.post(
        f"meetings/{booked['meeting']}/moves/", {"starts_at": times(2)["starts_at"], "version": booked["version"]}
    ).json()
    off = ana.post(f"meetings/{moved['meeting']}/cancellations/").json()

    assert (booked["status"], moved["status"], off["status"]) == ("booked", "booked", "cancelled")
    listed = browser_of(house.eva).get("meetings/").json()["items"]
    assert [(row["id"], row["status"]) for row in listed] == [
        (moved["meeting"], "cancelled"),
        (booked["meeting"], "rescheduled"),
    ]
    assert browser_of(house.eva).get("opportunities/").json()["items"][0]["account"] == lead.account_id
    assert browser_of(house.dov).get(f"meetings/{booked['meeting']}/").status_code == 404


def test_a_meeting_that_a_program_books_is_their_own_and_nobodys_touch(lead, program):
    touches = Touch.objects.count()
    answer = program.post(f"leads/{lead.pk}/meetings/", times(), key="m1")

    row = Meeting.objects.get()
    assert (answer.status_code, row.booked_by, row.owner.username) == (201, None, "eva")
    assert Touch.objects.count() == touches
    assert program.post(f"leads/{lead.pk}/meetings/", times(), key="m1").status_code == 422
    assert program.get("meetings/").status_code == 403


def test_what_came_of_a_meeting_is_said_once_it_began(lead, browser_of, house):
    booked = browser_of(house.ana).post(f"leads/{lead.pk}/meetings/", times()).json()
    eva, path = browser_of(house.eva), f"meetings/{booked['meeting']}/dispositions/"

    assert problem(eva.post(path, {"status": "qualified"})) == (422, "early", [])
    Meeting.objects.filter(pk=booked["meeting"]).update(starts_at=clock.now() - timedelta(hours=1))
    assert eva.post(path, {"status": "qualified"}).json()["status"] == "qualified"
    assert Lead.objects.get(pk=lead.pk).status == "qualified"


def test_a_double_booking_is_refused(lead, browser_of, house):
    ana, body = browser_of(house.ana), times()
    ana.post(f"leads/{lead.pk}/meetings/", body)
    other = put(LeadFactory(account=AccountFactory()), "working", owner=house.ana)

    assert ana.post(f"leads/{other.pk}/meetings/", body).status_code == 422
    assert Meeting.objects.count() == 1


@pytest.mark.parametrize("name", list(METRICS))
def test_every_report_is_answered_to_a_program_in_sums(lead, program, name):
    said = program.get(f"reports/{name}/", period="last-30", by="all").json()

    assert (said["report"]["name"], said["lines"]) == (name, [])
    assert [figure["measure"] for figure in said["total"]["figures"]] == [
        measure.name for measure in METRICS[name].measures
    ]


def test_a_report_refuses_what_it_is_not_asked(house, browser_of, program):
    assert problem(program.get("reports/assignment/", rep=house.ana.pk)) == (400, "invalid", ["rep"])
    assert problem(program.get("reports/assignment/", period="ever")) == (400, "invalid", ["period"])
    assert problem(program.get("reports/made-up/"))[0] == 404
    assert [row["name"] for row in browser_of(house.lena).get("reports/").json()["items"]] == list(METRICS)
