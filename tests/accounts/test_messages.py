"""The outbox: everything once, nothing before its time, nothing lost while mail is down."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.urls import reverse

from accounts import messages
from accounts.messages import LEASE, UNDO, mail, mail_sweep, message_id, post, recall
from accounts.models import Message, User
from accounts.sweeping import run
from leads import assignment, consent
from leads.models import Lead
from tests.lasting import at_once
from tests.leads.states import NOON, raw

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
SWEEP = mail_sweep(consent.may_still_mail)
pytestmark = pytest.mark.django_db


def inside(to, key="1", **more) -> Message:
    post([mail(kind="morning", key=key, subject="Your morning", body="Three leads.", to=to, at=NOON, **more)])
    return Message.objects.get(dedupe_key=f"mail:morning:{key}:{to.pk}")


def outside(address="marta@nordlicht.no", key="1", **more) -> Message:
    message = mail(kind="greeting", key=key, subject="Our meeting", body="Thursday.", address=address, at=NOON, **more)
    post([message])
    return Message.objects.get(dedupe_key=message.dedupe_key)


def send(at) -> int:
    return run(SWEEP, at).done


def state(message):
    return Message.objects.values_list("sent_at", "parked_at", "attempts").get(pk=message.pk)


def test_a_mail_to_a_colleague_goes_at_once_and_once(post_office, ana):
    message = inside(ana)

    sent = [send(NOON - SECOND), send(NOON), send(NOON), send(NOON + 60 * MINUTE)]

    assert sent == [0, 1, 0, 0]
    [(receiver, mail)] = post_office.mails
    assert (receiver, mail["To"], mail["Subject"]) == (ana.email, ana.email, "Your morning")
    assert mail["Message-ID"] == message_id(message)
    assert mail.get_content().strip() == "Three leads."
    assert state(message) == (NOON, None, 1)


def test_a_mail_to_the_outside_waits_for_the_undo(post_office):
    message = outside()

    sent = [send(NOON + UNDO - SECOND), send(NOON + UNDO)]

    assert (sent, state(message)) == ([0, 1], (NOON + UNDO, None, 1))


def test_a_mail_waits_as_long_as_it_is_told_to(post_office, ana):
    inside(ana, not_before=NOON + 90 * MINUTE)

    assert [send(NOON + 90 * MINUTE - SECOND), send(NOON + 90 * MINUTE)] == [0, 1]


def test_a_mail_that_is_taken_back_in_time_never_goes(post_office):
    message = outside()

    taken = recall([message.dedupe_key])

    assert (taken, send(NOON + UNDO), post_office.mails) == (1, 0, [])


def test_what_is_sent_is_not_taken_back(post_office):
    message = outside()
    send(NOON + UNDO)

    assert recall([message.dedupe_key]) == 0
    assert Message.objects.filter(pk=message.pk).exists()


def test_the_same_mail_told_twice_is_one(post_office, ana):
    inside(ana)
    inside(ana)

    assert (send(NOON), len(post_office.mails)) == (1, 1)


@pytest.mark.parametrize("to", ["both", "neither"])
def test_a_mail_goes_to_somebody_inside_or_outside(to, ana):
    receivers = {"to": ana, "address": "marta@nordlicht.no"} if to == "both" else {}

    with pytest.raises(ValueError, match="either to a person"):
        mail(kind="x", key="1", subject="", body="", at=NOON, **receivers)


def test_a_subject_is_one_line(ana):
    assert mail(kind="x", key="1", subject="a\r\nBcc: b@c.d", body="", to=ana, at=NOON).subject == "a Bcc: b@c.d"


def test_while_mail_is_down_nothing_is_tried_and_nothing_lost(post_office, ana):
    waiting = [inside(ana, key=str(n)) for n in range(30)] + [outside()]

    with post_office.closed():
        down = [send(NOON + n * MINUTE) for n in range(1, 4)]
    untouched = {state(message) for message in waiting}
    up = send(NOON + 4 * MINUTE)

    assert (down, untouched) == ([0, 0, 0], {(None, None, 0)})
    assert (up, len(post_office.mails)) == (31, 31)


def test_while_the_mail_server_takes_calls_and_says_nothing_all_wait_and_each_run_waits_once(post_office, ana):
    waiting = [inside(ana, key=str(n)) for n in range(30)] + [outside()]

    with post_office.hanging():
        silent = [send(NOON + n * 10 * MINUTE) for n in range(1, 7)]
    knocks, untouched = post_office.knocks, {state(message) for message in waiting}
    up = [send(NOON + n * MINUTE) for n in (61, 62)]

    assert (silent, untouched, knocks) == ([0] * 6, {(None, None, 0)}, 6)
    assert (up, len(post_office.mails)) == ([31, 0], 31)
    assert len({mail["Message-ID"] for _to, mail in post_office.mails}) == 31


def test_no_page_waits_for_a_mail_server_that_says_nothing(post_office, client_of, house):
    lead = raw()

    with post_office.hanging():
        answer = client_of(house.cleo).post(
            "/leads/many/",
            {"what": "assign", "lead": f"{lead.pk}--{lead.version}", "to": f"u{house.ana.pk}", "step": "preview"},
        )
        assignment.assign([lead.pk], to=house.ana, by=house.cleo, at=NOON)
        seen = client_of(house.ana).get("/messages/")

    assert (answer.status_code, seen.status_code, post_office.knocks) == (200, 200, 0)


def test_where_the_server_falls_silent_over_a_mail_the_others_wait_for_the_next_run(post_office, ana, ben):
    stuck, good = inside(ana), inside(ben, key="2")
    post_office.answers[ana.email] = "stall"

    with post_office.impatient():
        first = send(NOON)
        left = state(stuck), state(good)
        second = send(NOON + SECOND)
        post_office.answers.clear()
        third = send(NOON + MINUTE)

    assert (first, second, third, left) == (0, 1, 1, ((None, None, 1), (None, None, 0)))
    assert [to for to, _mail in post_office.mails] == [ana.email, ben.email, ana.email]
    assert post_office.mails[0][1]["Message-ID"] == post_office.mails[2][1]["Message-ID"]


def test_where_the_server_falls_silent_over_an_outsiders_mail_a_person_decides(post_office, ana, rita):
    stuck, good = outside("a@nordlicht.no"), inside(ana, not_before=NOON + UNDO + SECOND)
    post_office.answers[stuck.address] = "stall"

    with post_office.impatient():
        sent = [send(NOON + UNDO), send(NOON + UNDO + SECOND), send(NOON + timedelta(hours=2))]

    assert sent == [0, 1, 0]
    assert (state(stuck)[:2], state(good)[0]) == ((None, NOON + UNDO), NOON + UNDO + SECOND)
    assert [to for to, _mail in post_office.mails].count(stuck.address) == 1
    assert "may have arrived or not" in Message.objects.get(kind="mail_parked", to=rita).data["error"]


def test_a_receiver_that_asks_to_come_back_later_is_tried_again_ever_more_rarely(post_office, ana):
    post_office.answers[ana.email] = "later"
    message = inside(ana)

    attempts = []
    for minute in range(70):
        send(NOON + minute * MINUTE)
        attempts.append(state(message)[2])
    post_office.answers.clear()

    assert [attempts.index(n) for n in range(1, 8)] == [0, 1, 3, 7, 15, 31, 63]
    assert send(NOON + timedelta(hours=3)) == 1


def test_after_a_day_of_tries_a_person_decides(post_office, ana, rita):
    post_office.answers[ana.email] = "later"
    message = inside(ana)
    Message.objects.filter(pk=message.pk).update(attempts=messages.MOST_TRIES - 1)

    send(NOON)

    assert state(message) == (None, NOON, messages.MOST_TRIES)
    assert Message.objects.filter(kind="mail_parked", to=rita).get().data["mail"] == message.pk


def test_a_refused_receiver_holds_up_no_other_and_is_told(post_office, ana, ben, rita):
    post_office.answers[ana.email] = "refuse"
    refused, good = inside(ana), inside(ben)

    sent = send(NOON)

    assert (sent, [receiver for receiver, _ in post_office.mails]) == (1, [ben.email])
    assert (state(refused), state(good)) == ((None, NOON, 1), (NOON, None, 1))
    told = Message.objects.get(kind="mail_parked", to=rita)
    assert told.data == {"mail": refused.pk, "error": "the receiver was refused (550)"}


@pytest.mark.parametrize("answer", ["lose", "slam"])
def test_where_a_colleagues_mail_may_have_arrived_it_goes_again_under_the_same_id(answer, post_office, ana):
    post_office.answers[ana.email] = answer
    message = inside(ana)

    first = send(NOON)
    post_office.answers.clear()
    again = send(NOON + MINUTE)

    assert (first, again) == (0, 1)
    ids = [mail["Message-ID"] for _, mail in post_office.mails]
    assert ids == [message_id(message)] * (2 if answer == "lose" else 1)


@pytest.mark.parametrize("answer", ["lose", "slam"])
def test_where_an_outsiders_mail_may_have_arrived_it_never_goes_again_and_a_person_decides(answer, post_office, rita):
    message = outside()
    post_office.answers[message.address] = answer

    send(NOON + UNDO)
    post_office.answers.clear()
    later = [send(NOON + n * timedelta(hours=1)) for n in range(1, 5)]

    assert (later, len(post_office.mails)) == ([0] * 4, int(answer == "lose"))
    assert state(message)[:2] == (None, NOON + UNDO)
    assert "may have arrived or not" in Message.objects.get(kind="mail_parked", to=rita).data["error"]


def test_after_an_uncertain_mail_the_others_go_on_over_a_new_connection(post_office, ana):
    lost, good = outside("a@nordlicht.no"), outside("b@nordlicht.no", key="2")
    post_office.answers[lost.address] = "lose"

    assert send(NOON + UNDO) == 1
    assert state(good)[0] == NOON + UNDO


def test_a_worker_that_died_over_an_outsiders_mail_leaves_it_to_a_person(post_office, rita):
    message = outside()
    # What stands in the table after a kill between taking the mail and hearing that it was sent.
    messages._claim(message.pk, NOON + UNDO)

    sent = [send(NOON + UNDO + LEASE - SECOND), send(NOON + UNDO + LEASE)]

    assert (sent, post_office.mails) == ([0, 0], [])
    assert state(message)[:2] == (None, NOON + UNDO + LEASE)
    assert "died" in Message.objects.get(kind="mail_parked", to=rita).data["error"]


def test_a_mail_that_was_put_aside_is_sent_again_by_revops_and_by_nobody_else(post_office, client_of, cleo, rita):
    message = outside()
    messages._claim(message.pk, NOON + UNDO)
    send(NOON + UNDO + LEASE)
    press = {"action": "mail_again", "_selected_action": [message.pk]}
    place = reverse("admin:accounts_asidemail_changelist")

    refused = client_of(cleo).post(place, press)
    after = state(message)
    answer = client_of(rita).post(place, press, follow=True)
    again = client_of(rita).post(place, press, follow=True)

    assert (refused.status_code, after[1]) == (403, NOON + UNDO + LEASE)
    assert [str(said) for said in answer.context["messages"]] == ["1 are sent again at the next run."]
    assert [str(said) for said in again.context["messages"]] == ["0 are sent again at the next run."]
    later = Message.objects.get(pk=message.pk).next_try_at
    assert [send(later), send(later + LEASE)] == [1, 0]
    assert [mail["Message-ID"] for _to, mail in post_office.mails] == [message_id(message)]


def test_a_worker_that_died_over_a_colleagues_mail_leaves_it_to_the_next(post_office, ana):
    message = inside(ana)
    messages._claim(message.pk, NOON)

    assert [send(NOON + LEASE - SECOND), send(NOON + LEASE)] == [0, 1]


def test_a_mail_nobody_can_address_is_put_aside_and_the_others_go(post_office, ana, rita):
    bad, good = outside("no address\nBcc: x"), inside(ana)

    assert send(NOON + UNDO) == 1
    assert (state(bad)[1], state(good)[0]) == (NOON + UNDO, NOON + UNDO)
    assert Message.objects.get(kind="mail_parked", to=rita).data["error"] == "ValueError"


def test_who_is_switched_off_or_has_no_address_gets_no_mail(post_office, ana, ben):
    User.objects.filter(pk=ana.pk).update(is_active=False)
    User.objects.filter(pk=ben.pk).update(email="")
    waiting = [inside(ana), inside(ben)]

    assert (send(NOON), post_office.mails) == (0, [])
    assert [state(message)[1] for message in waiting] == [NOON, NOON]
    assert Message.objects.filter(kind="mail_parked").count() == 0


def test_nothing_is_sent_after_an_opt_out(post_office):
    lead = raw()
    message = outside(lead.email, lead=lead.pk)
    consent.opt_out([lead], by=None, at=NOON + SECOND)

    assert (send(NOON + UNDO), post_office.mails) == (0, [])
    assert Message.objects.get(pk=message.pk).error == "they asked us to stop"


def test_an_opt_out_of_calls_is_none_of_mails(post_office):
    lead = raw()
    outside(lead.email, lead=lead.pk)
    consent.opt_out([lead], channels=["call"], by=None, at=NOON)

    assert send(NOON + UNDO) == 1


def test_messages_for_the_page_and_webhooks_are_nobodys_mail(post_office, ana):
    for channel in ("page", "webhook"):
        Message.objects.create(to=ana, channel=channel, kind="x", dedupe_key=channel, created_at=NOON)

    assert run(SWEEP, NOON).found == 0


@pytest.mark.django_db(transaction=True)
def test_two_at_once_send_each_mail_once(post_office, ana):
    for n in range(40):
        inside(ana, key=str(n))

    answers = at_once(*[lambda: send(NOON)] * 2)

    assert sum(answers) == 40
    ids = [mail["Message-ID"] for _, mail in post_office.mails]
    assert (len(ids), len(set(ids))) == (40, 40)


@pytest.mark.django_db(transaction=True)
def test_an_opt_out_waits_for_the_mail_that_is_on_its_way(post_office):
    """Either the mail comes before the opt-out, or not at all."""
    for n in range(8):
        lead = raw()
        message = outside(lead.email, key=str(n), lead=lead.pk)

        at_once(
            lambda: send(NOON + UNDO),
            lambda lead=lead: consent.opt_out([Lead.objects.get(pk=lead.pk)], by=None, at=NOON + UNDO),
        )

        message.refresh_from_db()
        arrived = any(receiver == lead.email for receiver, _ in post_office.mails)
        assert (message.sent_at is not None, message.parked_at is None) == (arrived, arrived)


@pytest.mark.django_db(transaction=True)
def test_a_mail_is_waited_for_while_it_is_sent_by_who_opts_out(post_office):
    lead = raw()
    message = outside(lead.email, lead=lead.pk)

    with transaction.atomic():
        assert consent.may_still_mail(message)
        (answer,) = at_once(lambda: _locked(lead.pk))

    assert answer == "locked"


def _locked(pk: int) -> str:
    from django.db import OperationalError

    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '200ms'")
            Lead.objects.select_for_update(no_key=True).get(pk=pk)
    except OperationalError:
        return "locked"
    return "free"
