"""The bench measures the real house: what it fills is sound, and what it says can be read by a program."""

import json

import pytest
from django.db import connection

from accounts import clock
from leadops.benches import by_hand, house, pages, reporting, speaking, world
from leads.models import Cycle, Lead, Outcome, Touch

SMALL = 1_000


@pytest.fixture
def dropped():
    """Leave no kept world of this size behind."""
    yield
    with connection.cursor() as cursor:
        for name in world._databases(f"leadops_world_{SMALL}_"):
            cursor.execute(f'DROP DATABASE "{name}"')


@pytest.mark.django_db(transaction=True)
def test_the_world_is_sound_has_rounds_of_every_outcome_and_is_filled_once(shipped, dropped):
    said = []

    with world.world(SMALL, said.append):
        facts = (Lead.objects.count(), Touch.objects.count(), set(Cycle.objects.values_list("outcome", flat=True)))
    with world.world(SMALL, said.append):
        again = Lead.objects.count()
        spoken = speaking.figure(clock.now())

    assert spoken.asked.endswith("the rows they leave the same; 4 due of 260")
    assert facts == (SMALL, 5_200, {"", *Outcome.values})
    assert again == SMALL
    assert Lead.objects.count() == 0


def test_every_line_says_what_how_long_how_many_and_beside_what():
    figure = pages.Figure("queue", [10.0, 30.0, 20.0], 12, 2.5, asked="<= 3 x floor", is_kept=True)

    assert figure.json() == {"what": "queue", "median_ms": 20.0, "p95_ms": 29.0, "queries": 12, "ratio": 2.5}
    assert house._line(figure).split() == ["queue", "20.0", "29.0", "12", "2.5", "<=", "3", "x", "floor", "kept"]
    assert json.loads(json.dumps(figure.json()))["what"] == "queue"


def test_the_pages_are_those_that_were_promised_and_a_new_one_is_one_line():
    names = [page.what for page in pages.PAGES]

    assert names == [
        "floor",
        "queue",
        "lead",
        "admin_list",
        "admin_filter",
        "admin_change",
        "clock",
        "clock_manager",
        "clock_boss",
        "team",
        "meetings",
        "board",
        "board_boss",
        "search",
    ]


@pytest.mark.django_db(transaction=True)
def test_every_report_is_the_same_by_hand_and_on_its_page(shipped, dropped, monkeypatch):
    monkeypatch.setattr(reporting, "TIMES", 1)
    said = []

    reporting.main(said.append, SMALL)

    assert sum("times the same by hand" in line for line in said) == len(by_hand.STATEMENTS)
    assert [line.partition(":")[0] for line in said[-3:]] == ["clock", "clock_manager", "clock_boss"]
