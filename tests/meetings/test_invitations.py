"""Invitations as an independent parser reads them, on both sides of a daylight-saving change, in both zones."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import vobject
from django.core import mail

from accounts import clock, messages, sweeping
from accounts.models import Message
from leads import consent
from meetings import feeds, moving
from meetings.models import Meeting
from tests.meetings.table import BOOKED, DAY, HOUR, START, booked, worked

pytestmark = pytest.mark.django_db
# The Sunday on which clocks in Europe go forward is 29 March 2026; in New York it was 8 March.
SIDES = [datetime(2026, 3, 27, 13, tzinfo=UTC), datetime(2026, 3, 30, 12, tzinfo=UTC)]


def read(message: Message):
    return vobject.readOne(message.data["ics"])


@pytest.mark.parametrize("starts", SIDES, ids=["before", "after"])
@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin"])
def test_an_invitation_means_the_same_moment_on_both_walls(starts, zone, ana, eva):
    meeting = booked(worked(ana), ana, eva, starts_at=starts, zone=zone, place="https://meet.example/1")

    theirs, ours = (
        Message.objects.filter(kind="invitation").order_by("to")[1],
        Message.objects.get(kind="invitation", to=eva),
    )

    for message in (theirs, ours):
        event = read(message).vevent
        assert event.dtstart.value.astimezone(ZoneInfo(zone)) == starts.astimezone(ZoneInfo(zone))
        assert event.dtend.value - event.dtstart.value == timedelta(minutes=30)
        assert event.uid.value.startswith(str(meeting.uid))
        assert (event.sequence.value, event.status.value, read(message).method.value) == ("0", "CONFIRMED", "REQUEST")
    assert theirs.address == meeting.lead.email
    assert f"{starts.astimezone(ZoneInfo(zone)):%H:%M} ({zone.replace('_', ' ')})" in theirs.body
    assert f"{starts.astimezone(ZoneInfo('Europe/Berlin')):%H:%M} (Europe/Berlin)" in theirs.body


def test_moved_and_cancelled_it_is_one_uid_with_rising_sequence(ana, eva):
    meeting = booked(worked(ana), ana, eva)
    new = moving.reschedule(meeting, starts_at=START + DAY, by=ana, at=BOOKED + HOUR)
    moving.cancel(new, by=ana, at=BOOKED + 2 * HOUR)

    sent = [read(m) for m in Message.objects.filter(kind__in=("invitation", "cancellation"), to=eva).order_by("pk")]

    assert len({c.vevent.uid.value for c in sent}) == 1
    assert [(c.method.value, c.vevent.sequence.value, c.vevent.status.value) for c in sent] == [
        ("REQUEST", "0", "CONFIRMED"), ("REQUEST", "1", "CONFIRMED"), ("CANCEL", "2", "CANCELLED"),
    ]  # fmt: skip
    assert sent[1].vevent.dtstart.value == START + DAY


def test_handed_to_another_the_first_is_told_it_is_off(ana, eva, finn):
    meeting = booked(worked(ana), ana, eva)

    moving.reschedule(meeting, starts_at=START + DAY, by=ana, at=BOOKED + HOUR, owner=finn)

    assert read(Message.objects.get(kind="cancellation")).vevent.status.value == "CANCELLED"
    assert list(Message.objects.filter(kind="cancellation").values_list("to", flat=True)) == [eva.pk]
    assert Message.objects.filter(kind="invitation", to=finn).count() == 1


def test_who_asked_us_not_to_mail_gets_none(ana, eva):
    lead = worked(ana)
    type(lead).objects.filter(pk=lead.pk).update(opted_out_channels=["email"])

    booked(lead, ana, eva)

    assert list(Message.objects.filter(kind="invitation").values_list("to", flat=True)) == [eva.pk]


def test_the_mail_that_leaves_carries_the_invitation(ana, eva):
    booked(worked(ana), ana, eva)

    sweeping.run(messages.mail_sweep(consent.may_still_mail), BOOKED + HOUR)

    assert len(mail.outbox) == 2
    for letter in mail.outbox:
        [part] = letter.message().get_payload()[1:]
        assert (part.get_content_type(), part.get_param("method")) == ("text/calendar", "REQUEST")
        assert vobject.readOne(part.get_payload(decode=True).decode()).vevent.summary.value.endswith("Eva Lund")


def test_a_feed_of_five_hundred_meetings_reads_right_and_costs_two_queries(ana, eva, django_assert_num_queries):
    lead = worked(ana)
    first = booked(lead, ana, eva, starts_at=SIDES[0] - 10 * DAY)
    rows = [
        Meeting(
            lead=lead, account=first.account, opportunity=first.opportunity, owner=eva, sourced_by=ana, booked_by=ana, point="completed",
            starts_at=SIDES[0] + n * HOUR, ends_at=SIDES[0] + n * HOUR + timedelta(minutes=45), booked_at=BOOKED, recorded_at=BOOKED,
            due_at=SIDES[0] + DAY,
        )
        for n in range(499)
    ]  # fmt: skip
    Meeting.objects.bulk_create(rows)
    token = feeds.make(eva)

    with django_assert_num_queries(2):
        calendar = vobject.readOne(feeds.read(token, SIDES[0]).decode())

    starts = [event.dtstart.value for event in calendar.vevent_list]
    assert len({event.uid.value for event in calendar.vevent_list}) == 500
    assert starts == sorted([first.starts_at, *(row.starts_at for row in rows)])


# A moment, and what stands on the walls of Berlin and New York then: before and after each of the four changes of a year, and the
# hour that Berlin has twice.
WALLS = [
    ("2026-03-06 14:00", "Fri 15:00", "Fri 09:00"),
    ("2026-03-09 14:00", "Mon 15:00", "Mon 10:00"),  # New York went forward
    ("2026-03-27 14:00", "Fri 15:00", "Fri 10:00"),
    ("2026-03-30 14:00", "Mon 16:00", "Mon 10:00"),  # Berlin went forward
    ("2026-10-25 00:30", "Sun 02:30", "Sat 20:30"),
    ("2026-10-25 01:30", "Sun 02:30", "Sat 21:30"),  # Berlin went back: the same hour again
    ("2026-10-30 14:00", "Fri 15:00", "Fri 10:00"),
    ("2026-11-02 14:00", "Mon 15:00", "Mon 09:00"),  # New York went back
]


def walls(moment: datetime) -> tuple[str, str]:
    berlin, new_york = (moment.astimezone(ZoneInfo(zone)) for zone in ("Europe/Berlin", "America/New_York"))
    return f"{berlin:%a %H:%M}", f"{new_york:%a %H:%M}"


@pytest.mark.parametrize(("moment", "berlin", "new_york"), WALLS, ids=[moment for moment, *_rest in WALLS])
def test_an_invitation_stands_on_both_walls_as_written_here(moment, berlin, new_york, ana, eva):
    starts = datetime.fromisoformat(f"{moment}+00:00")
    booked(worked(ana), ana, eva, starts_at=starts, zone="America/New_York")

    for message in Message.objects.filter(kind="invitation"):
        event = read(message).vevent
        assert walls(event.dtstart.value) == (berlin, new_york)
        assert event.dtend.value - event.dtstart.value == timedelta(minutes=30)
        assert f"{berlin[-5:]} (Europe/Berlin)" in message.body
        assert f"{new_york[-5:]} (America/New York)" in message.body


def test_a_feed_across_every_change_of_a_year_stands_on_both_walls_as_written_here(ana, eva):
    for moment, *_walls in WALLS:
        booked(worked(ana), ana, eva, starts_at=datetime.fromisoformat(f"{moment}+00:00"))

    calendar = vobject.readOne(feeds.read(feeds.make(eva), BOOKED).decode())

    assert [walls(event.dtstart.value) for event in calendar.vevent_list] == [tuple(rest) for _moment, *rest in WALLS]


def test_a_feed_is_revoked_at_once_and_a_new_one_ends_the_old(ana):
    old = feeds.make(ana)
    new = feeds.make(ana)

    assert feeds.read(old, clock.now()) is None
    assert feeds.read(new, clock.now()) is not None
    feeds.revoke(ana)
    assert feeds.read(new, clock.now()) is None
    assert feeds.read("", clock.now()) is None
