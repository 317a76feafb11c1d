"""Tries at a lead that belongs to the product are refused, counted and shown (MOTION-2)."""

from datetime import timedelta

import pytest

from accounts import api_keys, clock
from accounts.models import Event
from leads import room, shield
from tests.factories import product_led
from tests.pages.desk import desk

pytestmark = pytest.mark.django_db
__all__ = ["desk"]
CALL = {"channel": "call", "outcome": "no_answer"}


def tries() -> list[tuple]:
    return list(Event.objects.filter(kind="tried").order_by("pk").values_list("lead_id", "actor_id", "door"))


def test_a_sellers_try_from_a_form_that_was_open_is_refused_and_counted_once_however_often_it_is_pressed(house, desk):
    lead, ana = product_led(), desk(house.ana)

    answers = [ana.press(lead, "touches", {"token": "t" * 12}, **CALL).status_code for _ in range(3)]

    assert answers == [404] * 3
    assert tries() == [(lead.pk, house.ana.pk, "page")]


def test_who_sees_the_lead_is_told_why_and_counted_too(house, desk):
    lead, rita = product_led(), desk(house.rita)

    answer = rita.press(lead, "touches", {"token": "t" * 12, "place": "lead"}, **CALL)

    assert answer.status_code == 403
    assert "This lead belongs to the product" in answer.content.decode()
    assert tries() == [(lead.pk, house.rita.pk, "page")]


def test_a_program_of_a_seller_is_counted_as_well(house, client_of):
    lead = product_led()

    answer = client_of(house.ana).post(f"/api/v1/leads/{lead.pk}/touches/", CALL, content_type="application/json")

    assert answer.status_code == 404
    assert tries() == [(lead.pk, house.ana.pk, "api")]


@pytest.mark.parametrize("who", ["mark", "lena"])
def test_who_works_no_leads_has_tried_nothing(house, desk, who):
    lead = product_led()

    desk(house.people[who]).press(lead, "touches", {"token": "t" * 12}, **CALL)

    assert tries() == []


def test_a_lead_that_is_somebody_elses_is_no_try(house, desk):
    from tests.pages.desk import given

    desk(house.ana).press(given(house.dov), "touches", {"token": "t" * 12}, **CALL)

    assert tries() == []


def test_the_count_stands_on_the_lead_on_its_timeline_and_in_the_managers_room(house, desk):
    lead = product_led(at=clock.now() - timedelta(days=3))
    desk(house.ana).press(lead, "touches", {"token": "t" * 12}, **CALL)
    shield.tried(lead.pk, "notes", by=house.ana, at=clock.now())

    page = desk(house.rita, script=False).open(f"/leads/{lead.pk}/").content.decode()
    rooms = desk(house.cleo, script=False).open("/team/room/").content.decode()
    others = room.of([house.dov], [], clock.now())
    tomorrow = room.of([house.ana], [], clock.now() + timedelta(days=1, minutes=1))

    assert "Sales tried 2 times meanwhile." in page
    assert page.count("Ana tried to work this lead while the product had it.") == 2
    assert "tries at leads of the product" in rooms
    assert others.is_clean
    assert "tried" not in tomorrow.totals


def test_a_key_that_may_log_touches_is_counted_under_its_client(house, client):
    lead = product_led()
    _key, token = api_keys.new_key(house.api, ["touches:write"], by=house.rita, at=clock.now())

    answer = client.post(
        f"/api/v1/leads/{lead.pk}/touches/",
        CALL,
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )

    assert answer.status_code == 403
    assert tries() == [(lead.pk, house.api.pk, "api")]
