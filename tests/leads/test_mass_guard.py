"""When wishes to end many untouched leads wait, the manager hears of it: once an hour and rep, however many wait (WORK-7)."""

from datetime import timedelta

import pytest

from accounts import clock, telling
from accounts.models import Message
from leads import dispositions
from leads.models import Source, Task
from tests.factories import reason
from tests.pages.desk import given

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def wish(rep, number: int, at, source) -> None:
    """Have a rep end so many untouched leads of one source, one after the other."""
    for lead in [given(rep, ago=2 * HOUR, source=source) for _ in range(number)]:
        dispositions.nurture([lead.pk], reason=reason("wrong_person"), by=rep, at=at)


@pytest.fixture
def fair() -> Source:
    return Source.objects.create(name="Fair")


@pytest.fixture
def at():
    return clock.now().replace(minute=20)


def told() -> list[tuple]:
    rows = Message.objects.filter(kind="wishes").order_by("pk")
    return list(rows.values_list("to__username", "data__name"))


def test_ten_are_no_news(house, fair, at):
    wish(house.ana, 10, at, fair)

    assert told() == []


def test_thirteen_in_an_hour_are_told_once_and_link_to_what_waits(house, fair, at):
    wish(house.ana, 13, at, fair)

    assert Task.objects.filter(kind="review", done_at__isnull=True).count() == 3
    assert told() == [("cleo", "Ana Berg")]
    [said] = telling.said(list(Message.objects.filter(kind="wishes")), house.cleo, at)
    assert (
        said.words
        == "Ana Berg wants to end more than 10 untouched leads of one source within an hour. They wait for your word."
    )
    assert said.url == "/team/?show=word"


def test_many_at_once_are_told_once_too(house, fair, at):
    leads = [given(house.ana, ago=2 * HOUR, source=fair).pk for _ in range(13)]

    dispositions.nurture(leads, reason=reason("wrong_person"), by=house.ana, at=at)

    assert told() == [("cleo", "Ana Berg")]


def test_each_rep_and_each_hour_is_told_of(house, fair, at):
    wish(house.ana, 11, at, fair)
    wish(house.ben, 11, at, fair)
    wish(house.ana, 1, at + timedelta(minutes=50), fair)

    assert told() == [("cleo", "Ana Berg"), ("cleo", "Ben Ito"), ("cleo", "Ana Berg")]
