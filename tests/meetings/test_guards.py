"""What the database refuses of meetings, hand-offs and opportunities, however it is asked; compared with what the models declare."""

import re

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.models import Opportunity
from meetings import guards
from meetings.models import HandOff, Meeting, MeetingStatus
from tests.meetings.table import SCHEDULED, booked, worked

pytestmark = pytest.mark.django_db


def sql(statement: str, *values) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def refused(change) -> bool:
    """Say whether the database refuses a change; nothing is kept either way."""
    try:
        with transaction.atomic():
            change()
            sql("SET CONSTRAINTS ALL IMMEDIATE")
            transaction.set_rollback(True)
    except DatabaseError:
        return True
    return False


@pytest.mark.parametrize("model", [Meeting, Opportunity])
def test_the_database_knows_the_moves_of_the_model_and_no_other(model):
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = %s", [f"{model._meta.db_table}_status"])
        [(source,)] = cursor.fetchall()

    there = sorted(re.findall(r"\('(\w+)', '(\w+)'\)", source))

    assert there == guards.moves(model)


@pytest.mark.parametrize("status", [status for status in MeetingStatus.values if status != "booked"])
def test_no_update_gives_a_meeting_another_end_than_its_transitions(status, ana, eva):
    meeting = booked(worked(ana), ana, eva)
    ends = {"status": "cancelled", "ended_at": meeting.booked_at, "sweep_at": None}
    Meeting.objects.filter(pk=meeting.pk).update(**ends)

    assert refused(lambda: sql("UPDATE meetings_meeting SET status = %s WHERE id = %s", status, meeting.pk)) == (
        status != "cancelled"
    )
    assert refused(
        lambda: sql("UPDATE meetings_meeting SET status = 'booked', ended_at = NULL WHERE id = %s", meeting.pk)
    )


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE meetings_meeting SET ends_at = starts_at",
        "UPDATE meetings_meeting SET is_credited = true",
        "UPDATE meetings_meeting SET ended_at = starts_at",
        "UPDATE meetings_meeting SET status = 'unqualified', ended_at = starts_at, disposed_at = starts_at, sweep_at = NULL",
        "UPDATE meetings_meeting SET status = 'no_show', ended_at = starts_at, sweep_at = NULL",
        "UPDATE meetings_meeting SET point = 'sometime'",
        "UPDATE meetings_handoff SET outcome = 'accepted'",
        "UPDATE meetings_handoff SET outcome = 'refused', ended_at = began_at",
        "UPDATE accounts_opportunity SET status = 'not_qualified'",
    ],
)
def test_what_must_never_be_is_refused(change, ana, eva):
    booked(worked(ana), ana, eva, amount=SCHEDULED)

    assert refused(lambda: sql(change))


def test_two_meetings_of_one_person_at_one_time_are_refused_whatever_the_door(ana, eva):
    booked(worked(ana), ana, eva)
    again = Meeting.objects.get()
    again.pk, again.lead, again.uid = None, worked(ana), "00000000-0000-0000-0000-000000000001"

    assert refused(lambda: again.save(force_insert=True))


@pytest.mark.parametrize("model", [Meeting, HandOff])
def test_the_application_deletes_none(model, as_application, ana, eva):
    booked(worked(ana), ana, eva, amount=SCHEDULED)

    with as_application():
        assert refused(lambda: sql(f"DELETE FROM {model._meta.db_table}"))
        assert refused(lambda: sql(f"TRUNCATE {model._meta.db_table} CASCADE"))
