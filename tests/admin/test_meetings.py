"""Meetings, hand-offs, opportunities and hand-off points in the admin: looked up with their record, and written by no hand."""

from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.models import Event
from meetings import outcomes
from meetings.models import HandOff, HandOffRule, Meeting
from tests.meetings.table import END, SCHEDULED, booked, worked

pytestmark = pytest.mark.django_db
TABLES = ("meetings_meeting", "meetings_handoff", "accounts_opportunity")


def rows(ana, eva) -> dict:
    meeting = booked(worked(ana), ana, eva, amount=SCHEDULED)
    outcomes.complete_qualified(meeting, by=eva, at=END)
    return {
        "meetings_meeting": meeting,
        "meetings_handoff": HandOff.objects.get(),
        "accounts_opportunity": meeting.opportunity,
    }


@pytest.mark.parametrize("table", TABLES)
def test_nobody_writes_them_in_the_admin_not_even_revops(table, rita, client_of, ana, eva):
    row, client = rows(ana, eva)[table], client_of(rita)
    before, events = type(row).objects.filter(pk=row.pk).values().get(), Event.objects.count()

    shown = client.get(reverse(f"admin:{table}_change", args=[row.pk]))
    sent = client.post(reverse(f"admin:{table}_change", args=[row.pk]), {"status": "cancelled", "outcome": "refused"})
    gone = client.post(reverse(f"admin:{table}_delete", args=[row.pk]), {"post": "yes"})

    assert (shown.status_code, sent.status_code, gone.status_code) == (200, 403, 403)
    assert b'name="status"' not in shown.content
    assert (type(row).objects.filter(pk=row.pk).values().get(), Event.objects.count()) == (before, events)


def test_each_shows_what_happened(rita, client_of, ana, eva):
    client = client_of(rita)

    pages = {
        table: client.get(reverse(f"admin:{table}_change", args=[row.pk])).content.decode()
        for table, row in rows(ana, eva).items()
    }

    assert "meeting disposition, by Eva Lund (page)" in pages["meetings_meeting"]
    assert "meeting book, by Ana Berg (page)" in pages["meetings_meeting"]
    assert "stage open, by Ana Berg (page)" in pages["accounts_opportunity"]


@pytest.mark.parametrize("table", TABLES)
def test_a_list_asks_as_often_for_three_as_for_one(table, rita, client_of, ana, eva, django_assert_num_queries):
    client, path = client_of(rita), reverse(f"admin:{table}_changelist")
    rows(ana, eva)
    client.get(path)
    with django_assert_num_queries(1000, exact=False) as one:
        client.get(path)
    for day in (2, 3):
        booked(worked(ana), ana, eva, amount=SCHEDULED, starts_at=END.replace(day=END.day + day))

    with django_assert_num_queries(len(one)):
        response = client.get(path)

    assert len(response.context["cl"].result_list) == 3


def test_it_is_found_by_its_number(rita, client_of, ana, eva):
    booked(worked(ana), ana, eva)
    other = booked(worked(ana), ana, eva, starts_at=END)
    client, path = client_of(rita), reverse("admin:meetings_meeting_changelist")

    found = [list(client.get(path, {"q": q}).context["cl"].result_list) for q in (str(other.pk), "eva", "9" * 30)]

    assert found == [[other], [], []]


def test_revops_moves_a_hand_off_point_and_what_is_booked_keeps_its_own(rita, client_of, ana, eva):
    old = booked(worked(ana), ana, eva)
    rule = HandOffRule.objects.get(from_amount=5_000)

    response = client_of(rita).post(
        reverse("admin:meetings_handoffrule_change", args=[rule.pk]),
        {"segment": "", "from_amount": "5000", "point": "scheduled"},
    )

    new = booked(worked(ana), ana, eva, starts_at=END)
    assert (response.status_code, Meeting.objects.get(pk=old.pk).point, new.point) == (302, "completed", "scheduled")


def test_a_point_below_nothing_or_twice_is_refused(rita, client_of):
    add, before = reverse("admin:meetings_handoffrule_add"), HandOffRule.objects.count()

    answers = [
        client_of(rita).post(add, {"segment": "", "from_amount": str(amount), "point": "none"})
        for amount in (Decimal(-1), Decimal(0))
    ]

    assert [response.status_code for response in answers] == [200, 200]
    assert HandOffRule.objects.count() == before
