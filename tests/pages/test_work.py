"""What a person does with a lead on the pages: with a script and without, twice, too late, and undone."""

from datetime import timedelta

import pytest

from accounts import clock
from accounts.models import Event
from leads import assignment
from leads.models import Lead, Note, Task, Touch
from tests.pages.desk import HTMX, desk, given, toast_of, undo_of

__all__ = ["desk"]
MINUTE = timedelta(minutes=1)


def current(lead: Lead) -> Lead:
    return Lead.objects.select_related("cycle", "owner", "team", "reason").get(pk=lead.pk)


@pytest.mark.parametrize("script", [True, False])
def test_a_touch_works_the_lead_and_opens_the_next_one(house, desk, script):
    first, second = given(house.ana, ago=90 * MINUTE), given(house.ana, ago=60 * MINUTE)
    ana = desk(house.ana, script=script)

    answer = ana.press(first, "touches", channel="call", outcome="no_answer", note="Rang twice")

    assert current(first).status == "working"
    touch = Touch.objects.get()
    assert (touch.channel, touch.outcome, touch.by, touch.note.text) == ("call", "no_answer", house.ana, "Rang twice")
    if not script:
        assert answer.status_code == 302
        assert answer["Location"] == f"/queue/?lead={second.pk}#lead"
        answer = ana.open(answer["Location"])
    assert answer.status_code == 200
    assert f'data-panel="{second.pk}"' in answer.content.decode()
    assert toast_of(answer).startswith(f"{first.name}: no answer. Next: email ")
