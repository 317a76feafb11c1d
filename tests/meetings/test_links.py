"""A link from a mail: it changes nothing by itself, works once, expires, and says who was faster."""

from datetime import timedelta

import pytest

from leads.lifecycle import Refused
from meetings import links, moving, outcomes
from meetings.models import Meeting
from tests.meetings.table import BOOKED, DAY, END, HOUR, START, booked, worked

pytestmark = pytest.mark.django_db


@pytest.fixture
def meeting(ana, eva) -> Meeting:
    return booked(worked(ana), ana, eva)


def code(token: str, at) -> str:
    with pytest.raises(Refused) as refused:
        links.read(token, at)
    return refused.value.code


def test_reading_a_link_changes_nothing_however_often(meeting, eva, django_assert_num_queries):
    token = links.make(meeting, eva, "no_show")

    with django_assert_num_queries(2):
        link = links.read(token, END)

    assert (link.meeting, link.user, link.status, links.read(token, END).status) == (meeting, eva, "no_show", "no_show")
    assert Meeting.objects.get().status == "booked"


def test_after_the_page_was_used_the_link_says_who_said_what(meeting, eva):
    token = links.make(meeting, eva)
    outcomes.complete_qualified(meeting, by=eva, at=END)

    assert code(token, END) == "used"


@pytest.mark.parametrize(("later", "said"), [(HOUR, "at"), (DAY, "yesterday at"), (3 * DAY, "on Tue 3 Mar at")])
def test_who_comes_another_day_is_told_on_which_day_it_was_said(meeting, eva, later, said):
    token = links.make(meeting, eva)
    outcomes.complete_qualified(meeting, by=eva, at=END)

    with pytest.raises(Refused, match=rf"^Eva said {said} \d\d:\d\d: completed, qualified\. It stands so\.$"):
        links.read(token, END + later)


def test_who_comes_after_a_move_or_a_cancellation_is_told_which_it_was(meeting, ana, eva):
    moved = moving.reschedule(meeting, starts_at=END + DAY, by=ana, at=BOOKED + HOUR)
    moving.cancel(moved, by=None, at=BOOKED + 2 * HOUR, is_theirs=True)

    for row, said in ((meeting, "Ana moved it yesterday at"), (moved, "They called it off yesterday at")):
        with pytest.raises(Refused, match=rf"^{said} \d\d:\d\d\.$"):
            outcomes.no_show(row, by=eva, at=END)


def test_two_links_of_one_mail_have_one_effect(meeting, eva):
    first, second = (links.read(links.make(meeting, eva, status), END) for status in ("qualified", "no_show"))
    outcomes.dispose(first.meeting, first.status, by=eva, at=END, version=first.version)

    with pytest.raises(Refused, match=r"completed, qualified\. It stands so"):
        outcomes.dispose(second.meeting, second.status, by=eva, at=END, version=second.version)
    assert Meeting.objects.get().status == "qualified"


def test_it_expires_48_hours_from_the_scheduled_start(meeting, eva):
    token = links.make(meeting, eva)

    assert links.read(token, START + 2 * DAY - timedelta(seconds=1)).meeting == meeting
    assert code(token, START + 2 * DAY) == "expired"


def test_made_up_or_bent_it_opens_nothing(meeting, eva):
    token = links.make(meeting, eva)

    assert [code(bad, END) for bad in (token[:-2], "x" + token, "", "a:b")] == ["bad"] * 4


def test_it_is_good_for_nobody_who_was_switched_off(meeting, eva):
    token = links.make(meeting, eva)
    type(eva).objects.filter(pk=eva.pk).update(is_active=False)

    assert code(token, END) == "gone"
