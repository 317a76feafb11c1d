"""Events told outside: written with what happened, delivered by a sweep, signed, retried, replayed; never into the house."""

import hashlib
import hmac
import json
import threading
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.db import connection, transaction

from accounts import clock, sweeping, webhook_sending, webhooks
from accounts.models import Delivery, Event, Message, Subscription
from accounts.webhook_sending import Failed, Unfit
from leads import notes, touches
from tests.factories import NOON, put

MINUTE = timedelta(minutes=1)


class Receiver(ThreadingHTTPServer):
    """Somebody who is told. `answers` is what they say, by turns; the last for ever: a status, `hang`, `drip` or `late`."""

    daemon_threads = allow_reuse_address = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Desk)
        self.got, self.answers = [], [200]

    def handle_error(self, request, client_address):
        """Whoever hangs up on us is no news."""


class Desk(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answers = self.server.answers
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        self.server.got.append((dict(self.headers), body, answer))
        if answer == "hang":
            time.sleep(3)
        elif answer == "drip":
            for _ in range(60):
                self.wfile.write(b"H")
                time.sleep(0.05)
        else:
            if answer == "late":
                time.sleep(0.2)
            self.send_response(200 if answer == "late" else answer)
            self.send_header("Location", "http://169.254.169.254/")
            self.end_headers()

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture
def receiver(settings, monkeypatch):
    server = Receiver()
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    server.url = f"http://127.0.0.1:{server.server_address[1]}/hook?a=b"
    settings.LEADOPS_WEBHOOK_HOSTS = [f"127.0.0.1:{server.server_address[1]}"]
    monkeypatch.setattr(webhook_sending, "CONNECT", 0.5)
    monkeypatch.setattr(webhook_sending, "ALTOGETHER", 1.0)
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def told(receiver, transactional_db, shipped):
    """A subscription to what becomes of leads."""
    return Subscription.objects.create(
        url=receiver.url, kinds=["lead.assigned", "lead.working", "lead.touch", "opportunity.opened"], created_at=NOON
    )


def run(at) -> None:
    sweeping.run(webhooks.SWEEP, at)


def sent(receiver) -> list[tuple[str, str]]:
    return [
        (json.loads(body)["id"], json.loads(body)["kind"])
        for _headers, body, answer in receiver.got
        if answer in (200, "late")
    ]


@pytest.fixture
def worked(told, house):
    """A lead that was assigned and then worked: three events that somebody asked to be told of."""
    return put(None, "working", owner=house.ana, at=NOON)


def test_what_happened_is_told_signed_and_without_a_name(receiver, told, worked):
    at = clock.now()
    run(at)

    events = {f"evt_{e.pk}": e for e in Event.objects.all()}
    assert [kind for _id, kind in sent(receiver)] == ["lead.assigned", "lead.touch", "lead.working"]
    for headers, body, _answer in receiver.got:
        said = json.loads(body)
        event = events[said["id"]]
        moment, signature = (part.partition("=")[2] for part in headers["LeadOps-Signature"].split(","))
        assert signature == hmac.new(told.secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
        assert int(moment) == int(at.timestamp())
        assert (said["lead"], said["round"], said["at"]) == (worked.pk, event.cycle_id, event.at.isoformat())
        assert headers["LeadOps-Event"] == said["id"]
        assert b"Marta" not in body
    assert set(Delivery.objects.values_list("attempts", "sent_at")) == {(1, at)}


def test_a_second_run_tells_nothing_twice(receiver, told, worked):
    at = clock.now()
    run(at)
    run(at + MINUTE)

    assert len(receiver.got) == 3


def test_what_was_rolled_back_was_never_told(told, house):
    lead = put(None, "raw")
    with transaction.atomic():
        put(lead, "assigned", owner=house.ana)
        assert Delivery.objects.count() == 1
        transaction.set_rollback(True)

    assert Delivery.objects.count() == 0


def test_only_who_asked_and_only_what_they_asked_for(told, house):
    Subscription.objects.create(url="https://off.example/", kinds=["lead.touch"], is_active=False, created_at=NOON)
    put(None, "working", owner=house.ana)

    assert list(Delivery.objects.order_by("pk").values_list("subscription", "kind")) == [
        (told.pk, "lead.assigned"), (told.pk, "lead.touch"), (told.pk, "lead.working"),
    ]  # fmt: skip


def test_nobody_asked_and_nothing_is_written(shipped, house):
    put(None, "working", owner=house.ana)

    assert Delivery.objects.count() == 0


def test_without_the_trigger_nothing_would_be_told(told, house):
    """The negative control: it is the database that tells, whatever process wrote."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_event DISABLE TRIGGER accounts_event_told")
    try:
        put(None, "working", owner=house.ana)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE accounts_event ENABLE TRIGGER accounts_event_told")

    assert Delivery.objects.count() == 0


@pytest.mark.parametrize("answer", [500, 503, 429, "hang", "drip"])
def test_a_receiver_that_fails_is_given_a_rest_and_then_told_all_once(receiver, told, worked, answer):
    receiver.answers = [answer, 200]
    at = clock.now()
    begun = time.monotonic()
    run(at)

    assert (len(receiver.got), time.monotonic() - begun < 3) == (1, True)
    told.refresh_from_db()
    assert (told.failures, told.paused_until) == (1, at + MINUTE)
    run(at + MINUTE / 2)
    assert len(receiver.got) == 1
    run(at + MINUTE)
    assert sorted(kind for _id, kind in sent(receiver)) == ["lead.assigned", "lead.touch", "lead.working"]
    told.refresh_from_db()
    assert (told.failures, told.paused_until, told.error) == (0, None, "")


def test_a_receiver_that_answers_late_is_told_once(receiver, told, worked):
    receiver.answers = ["late"]
    run(clock.now())

    assert len(receiver.got) == 3


def test_nobody_waits_for_another_receiver_that_is_down(receiver, told, house):
    Subscription.objects.create(url="https://nowhere.invalid/", kinds=["lead.touch"], created_at=NOON)
    put(None, "working", owner=house.ana)

    run(clock.now())

    assert len(sent(receiver)) == 3
    assert Subscription.objects.get(url="https://nowhere.invalid/").error == "nowhere.invalid was not found"


def test_one_that_is_refused_holds_up_no_other(receiver, told, worked):
    receiver.answers = [422, 200]
    at = clock.now()
    run(at)

    assert len(sent(receiver)) == 2
    run(at + MINUTE)
    assert len(sent(receiver)) == 3


def test_what_is_refused_for_a_day_is_put_aside_told_to_revops_and_sent_again_under_its_id(receiver, told, house):
    put(None, "assigned", owner=house.ana)
    receiver.answers, at = [422], clock.now()
    for _ in range(webhooks.MOST_TRIES):
        run(at)
        at += webhooks.LONGEST
    run(at)

    delivery = Delivery.objects.get()
    assert (len(receiver.got), delivery.attempts, delivery.error) == (16, 16, "it answered 422")
    assert delivery.parked_at is not None
    assert set(Message.objects.filter(kind="webhook_parked").values_list("to__username", flat=True)) == {"rita", "root"}
    receiver.answers = [200]
    assert webhooks.replay(Delivery.objects.all(), at) == 1
    run(at)
    assert sent(receiver) == [(f"evt_{delivery.data['event']}", "lead.assigned")]


def test_no_way_elsewhere_is_followed(receiver, told, house):
    put(None, "assigned", owner=house.ana)
    receiver.answers = [302]
    run(clock.now())

    assert (len(receiver.got), Delivery.objects.get().error) == (1, "it answered 302")


def test_two_runs_at_once_tell_each_event_once(receiver, told, house):
    from tests.lasting import at_once

    for _ in range(4):
        put(None, "working", owner=house.ana)
    at = clock.now()
    at_once(lambda: run(at), lambda: run(at), lambda: run(at))

    assert len(receiver.got) == 12
    assert len(set(sent(receiver))) == 12


def test_a_run_that_died_over_one_leaves_it_for_later(receiver, told, house, monkeypatch):
    put(None, "assigned", owner=house.ana)
    at = clock.now()

    def die(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(webhooks, "post", die)
    with pytest.raises(KeyboardInterrupt):
        webhooks.deliver([told.pk], at, at)
    monkeypatch.undo()
    webhook_sending.settings.LEADOPS_WEBHOOK_HOSTS = [receiver.url.split("/")[2]]
    assert webhooks.deliver([told.pk], at, at) == 0
    assert webhooks.deliver([told.pk], at + webhooks.LEASE, at) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/", "ftp://hooks.example.com/", "https://", "https://user:word@hooks.example.com/", "hooks.example.com",
        "https://hooks.example.com/#x", "https://hooks.example.com:99999/", "https://[::1/", "https://hooks example.com/",
        "javascript:alert(1)",
    ],
)  # fmt: skip
def test_an_address_that_is_not_fit_is_refused(url):
    with pytest.raises(Unfit):
        webhook_sending.parse(url)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1", "255.255.255.255",
     "::1", "fe80::1", "fc00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "::", "localhost", "2130706433", "0x7f.1"],
)  # fmt: skip
def test_nothing_is_sent_into_the_house(host):
    shown = f"[{host}]" if ":" in host else host
    with pytest.raises(Failed, match=r"inside a house|not found"):
        webhook_sending.post(f"https://{shown}/", b"{}", {})


def test_the_address_that_was_judged_is_the_one_connected_to(monkeypatch):
    """A name that stands for another address at the second look gains nothing: there is no second look."""
    looks, reached = [], []

    def look(host, port, **more):
        looks.append(host)
        return [(2, 1, 6, "", ("93.184.215.14" if len(looks) == 1 else "127.0.0.1", port))]

    def connect(self):
        reached.append(self.where[4])
        raise OSError

    monkeypatch.setattr(webhook_sending.socket, "getaddrinfo", look)
    monkeypatch.setattr(webhook_sending._Link, "connect", connect)
    with pytest.raises(Failed):
        webhook_sending.post("https://hooks.example.com/", b"{}", {})

    assert (looks, reached) == (["hooks.example.com"], [("93.184.215.14", 443)])


def test_a_public_address_may_be_told():
    assert [webhook_sending.is_outside(ip) for ip in ("93.184.215.14", "2606:2800:21f:cb07::1")] == [True, True]


def test_an_event_is_told_by_whatever_process_wrote_it(receiver, told, house):
    lead = put(None, "assigned", owner=house.ana)
    touches.log([lead], channel="call", outcome="sent", by=house.ana, at=clock.now())
    notes.add([lead], text="nobody asked for this", by=house.ana, at=clock.now())

    assert list(Delivery.objects.order_by("pk").values_list("kind", flat=True)) == [
        "lead.assigned",
        "lead.touch",
        "lead.working",
    ]
