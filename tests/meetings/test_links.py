"""A link from a mail: it changes nothing by itself, works once, expires, and says who was faster."""

from datetime import timedelta

import pytest

from leads.lifecycle import Refused
from meetings import links, outcomes
from meetings.models import Meeting
from tests.meetings.table import DAY, END, START, booked, worked

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
