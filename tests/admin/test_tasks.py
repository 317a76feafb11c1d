"""Open tasks in the admin: looked up within reach, follow-ups given to another with a preview."""

import re
from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import clock
from accounts.models import Event
from leads import notes
from leads.models import Lead, Task
from tests.factories import put
from tests.pages.desk import given

pytestmark = pytest.mark.django_db
LIST = "/admin/leads/task/"


def to_follow_up(owner) -> Task:
    lead = put(None, "working", owner=owner, at=clock.now() - timedelta(hours=3))
    notes.follow_up([lead.pk], due_at=clock.now() + timedelta(days=2), by=owner, at=clock.now())
    return Task.objects.get(lead=lead, kind="follow_up", done_at__isnull=True)


def chosen(*tasks) -> dict:
    return {"action": "reassign", "apply": "1", "_selected_action": [task.pk for task in tasks]}


def given_to(client, person, *tasks):
    """Look, then press what the preview offers."""
    form = chosen(*tasks) | {"to": person.pk}
    shown = client.post(LIST, form).content.decode()
    return client.post(LIST, form | {"step": "do", "print": re.search('name="print" value="([^"]*)"', shown)[1]})


def owners() -> list[str]:
    return list(Task.objects.filter(kind="follow_up").order_by("pk").values_list("owner__username", flat=True))


def test_a_manager_looks_up_the_open_tasks_of_their_team_and_no_others(house, client_of):
    mine, other = to_follow_up(house.ana), to_follow_up(house.dov)
    cleo = client_of(house.cleo)

    found = {task.pk for task in cleo.get(LIST).context["cl"].result_list}

    assert (mine.pk in found, other.pk in found) == (True, False)
    assert [cleo.get(f"{LIST}{pk}/change/").status_code for pk in (mine.pk, other.pk)] == [200, 404]


def test_a_preview_says_what_can_move_and_what_goes_along_with_its_lead_and_changes_nothing(house, client_of):
    task = to_follow_up(house.ana)
    response = Task.objects.get(lead=given(house.ana), kind="response")
    before = Event.objects.count()

    page = client_of(house.cleo).post(LIST, chosen(task, response) | {"to": house.ben.pk}).content.decode()

    assert "1 of 2 can move." in page
    assert f"Not moved: {response.lead}. “First touch” goes along with its lead. Reassign the lead." in page
    assert (owners(), Event.objects.count()) == (["ana"], before)


def test_follow_ups_move_without_their_leads_and_it_is_on_record(house, client_of):
    tasks = [to_follow_up(house.ana) for _ in range(3)]

    answer = given_to(client_of(house.cleo), house.ben, *tasks)

    event = Event.objects.filter(kind="owner").latest("pk")
    assert [str(message) for message in get_messages(answer.wsgi_request)] == ["3 tasks moved to Ben Ito."]
    assert (owners(), set(Lead.objects.values_list("owner__username", flat=True))) == (["ben"] * 3, {"ana"})
    assert (event.door, event.actor_id) == ("admin", house.cleo.pk)
    assert event.data == {"from": house.ana.pk, "to": house.ben.pk, "roles": ["follow_up"]}


def test_what_comes_out_otherwise_than_its_preview_is_not_done(house, client_of):
    task, cleo = to_follow_up(house.ana), client_of(house.cleo)
    form = chosen(task) | {"to": house.ben.pk}
    shown = re.search('name="print" value="([^"]*)"', cleo.post(LIST, form).content.decode())[1]
    given_to(client_of(house.rita), house.ben, task)

    answer = cleo.post(LIST, form | {"step": "do", "print": shown})

    assert (answer.status_code, "so nothing was done" in answer.content.decode()) == (409, True)
    assert Event.objects.filter(kind="owner", lead_id=task.lead_id).count() == 1


def test_a_manager_gives_tasks_to_nobody_outside_their_team(house, client_of):
    task = to_follow_up(house.ana)

    answer = client_of(house.cleo).post(LIST, chosen(task) | {"to": house.dov.pk})

    assert (answer.status_code, owners()) == (422, ["ana"])


def test_a_list_costs_the_same_for_one_task_and_for_three(house, client_of):
    cleo = client_of(house.cleo)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            cleo.get(LIST)
        return len(queries)

    to_follow_up(house.ana)
    cleo.get(LIST)
    one = asked()
    for _ in range(2):
        to_follow_up(house.ana)

    assert asked() == one
