"""Messages are forgotten when their time is over, never what waits, and no sweep tells an effect again because its key is gone."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from accounts import messages
from accounts.forgetting import FORGET
from accounts.gathering import GATHER
from accounts.models import Message, Role, User
from accounts.sweeping import run
from leadops import checks
from leadops.chaos import hands, likeness, world
from leads.notices import notice
from leads.response_sweeps import POOLS, TARGETS
from leads.sweeps import MORNING
from meetings.sweeps import GIVEN_UP
from tests.lasting import at_once
from tests.post_office import post_office

__all__ = ["post_office"]
pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
KEPT, UNREAD = timedelta(days=90), timedelta(days=365)


def told(person, key: str = "1", *, kind: str = "limit", at=NOON, gathered=True, read=None) -> Message:
    """One thing told to a person in the page, looked at for the mail unless said otherwise."""
    [row] = notice(person, kind, key, at=at)
    row.gathered_at, row.read_at = at + MINUTE if gathered else None, read
    row.save()
    return row


def mailed(person, key: str, *, sent=None, parked=None, **data) -> Message:
    row = messages.mail(kind=data.pop("kind", "x"), key=key, subject="", body="", to=person, at=NOON, **data)
    row.sent_at, row.parked_at = sent, parked
    row.save()
    return row


def left() -> set[int]:
    return set(Message.objects.values_list("pk", flat=True))


@pytest.mark.parametrize("make", [
    lambda ana: (told(ana, read=NOON + MINUTE), NOON + MINUTE + KEPT),
    lambda ana: (told(ana), NOON + MINUTE + UNREAD),
    lambda ana: (told(ana, kind="dry", read=NOON + MINUTE), NOON + MINUTE + UNREAD),
    lambda ana: (mailed(ana, "1", sent=NOON + MINUTE), NOON + MINUTE + KEPT),
    lambda ana: (mailed(ana, "1", parked=NOON + MINUTE), NOON + MINUTE + UNREAD),
], ids=["read", "unread", "read back by a rule", "sent", "put aside"])  # fmt: skip
def test_a_message_is_kept_for_its_time_and_no_longer(make, ana):
    message, over = make(ana)

    early = run(FORGET, over)
    assert (early.found, early.done, left()) == (0, 0, {message.pk})

    late, again = run(FORGET, over + SECOND), run(FORGET, over + SECOND)
    assert (late.done, again.found, left()) == (1, 0, set())


def test_what_waits_is_never_forgotten(ana):
    waits = [
        told(ana, "not looked at for the mail", gathered=False),
        mailed(ana, "to be sent"),
        Message.objects.create(channel="webhook", kind="lead.raw", dedupe_key="w", created_at=NOON, sent_at=NOON),
    ]

    assert run(FORGET, NOON + 10 * UNREAD).found == 0
    assert left() == {message.pk for message in waits}


def test_what_an_unsent_mail_will_say_stays_until_it_is_sent(post_office, cleo):
    message = told(cleo, gathered=False)
    run(GATHER, NOON + MINUTE)
    Message.objects.filter(pk=message.pk).update(read_at=NOON + 2 * MINUTE)
    late = NOON + 2 * UNREAD

    assert run(FORGET, late).found == 0

    run(messages.mail_sweep(), late)
    [(_to, letter)] = post_office.mails
    assert "over its limit" in letter.get_body(("plain",)).get_content()
    assert run(FORGET, late).done == 1, "its message goes now; the mail itself when its own time is over"
    assert run(FORGET, late + KEPT + SECOND).done == 1


def test_the_setting_says_how_long(ana, settings):
    settings.LEADOPS_KEEP_MESSAGES, settings.LEADOPS_KEEP_UNREAD = 30, 40
    told(ana, "read", read=NOON + MINUTE)
    told(ana, "unread")

    assert [run(FORGET, NOON + timedelta(days=d, minutes=2)).done for d in (29, 30, 39, 40)] == [0, 1, 0, 1]


@pytest.mark.parametrize(("kept", "unread", "found"), [
    (30, 30, []), (29, 365, ["leadops.E009"]), (90, 89, ["leadops.E010"]),
])  # fmt: skip
def test_a_setting_that_forgets_too_soon_is_refused(settings, kept, unread, found):
    settings.LEADOPS_KEEP_MESSAGES, settings.LEADOPS_KEEP_UNREAD = kept, unread

    assert [each.id for each in checks.messages_are_kept_long_enough(None)] == found


def test_many_go_in_batches_and_the_page_of_who_was_told_goes_on(ana, client_of):
    old = [notice(ana, "limit", str(n), at=NOON)[0] for n in range(450)]
    for row in old:
        row.gathered_at = row.read_at = NOON
    Message.objects.bulk_create(old)
    fresh = told(ana, "fresh", at=NOON + KEPT)

    assert run(FORGET, NOON + KEPT + MINUTE).done == 450

    assert left() == {fresh.pk}
    assert client_of(ana).get(reverse("messages")).status_code == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("shipped")
def test_two_at_once_forget_each_once(house):
    Message.objects.bulk_create(
        Message(to=house.ana, kind="limit", dedupe_key=str(n), created_at=NOON, gathered_at=NOON, read_at=NOON)
        for n in range(60)
    )

    runs = at_once(*[lambda: run(FORGET, NOON + KEPT + MINUTE)] * 2)

    assert sum(each.done for each in runs) == 60
    assert left() == set()


# With every message gone, no sweep tells anything again: no effect is told on the word of its key alone.


def every_sweep():
    """Name the sweeps that tell, each with what makes something due to it: a function of a world, and the moment."""
    for kind, (sweep, _move, _told) in world.KINDS.items():
        yield pytest.param(sweep, None, (kind,), id=f"{sweep.name} {kind}")
    for sweep, make, _apart in likeness.MADE.values():
        if sweep is GIVEN_UP:
            continue  # closes, and tells nobody
        yield pytest.param(
            sweep, lambda w, make=make: make(w, person("chaos-seller", Role.AE), 0, AT), (), id=sweep.name
        )
    held, idle = hands._held_by_the_pool, hands._idle_targets
    yield pytest.param(POOLS, lambda w: held(w, person("chaos-other", Role.SDR), 0, AT), (), id=POOLS.name)
    yield pytest.param(TARGETS, lambda w: idle(w, person("chaos-other", Role.SDR), 0, AT), (), id=TARGETS.name)
    yield pytest.param(MORNING, lambda w: User.objects.update(morning_at=AT.replace(hour=8)), (), id=MORNING.name)


AT = world.FIRST.replace(hour=17)


def person(name: str, role: str) -> User:
    return User.objects.create(username=name, name=name, role=role, time_zone="UTC", email=f"{name}@leadops.example")


@pytest.mark.parametrize(("sweep", "make", "kinds"), list(every_sweep()))
def test_what_was_told_and_forgotten_is_not_told_again(sweep, make, kinds):
    w = world.World(2 * len(kinds), groups=1, kinds=kinds or ("long",))
    at = AT if make else w.moment(0)
    if make:
        make(w)
    Message.objects.all().delete()

    run(sweep, at)
    first = Message.objects.count()
    Message.objects.all().delete()
    again = [run(sweep, moment).failed for moment in (at, at, at + MINUTE)]

    assert first > 0
    assert (again, list(Message.objects.values_list("kind", flat=True))) == ([0, 0, 0], [])
