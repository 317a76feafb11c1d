"""A kill before every statement and every commit of every sweep: whoever comes after does what is left, and nothing twice.

The leads' sweeps act on leads of `world.py`; those that put into other hands on rows of `hands.py`; the outbox's sends mails into files,
which outlive the killed.
"""

import os
import signal
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from email import message_from_bytes
from pathlib import Path

from django.conf import settings
from django.db import connection

from accounts import sweeping, webhooks
from accounts.forgetting import FORGET
from accounts.gathering import GATHER, LETTER
from accounts.messages import LEASE, UNDO, mail, mail_sweep, message_id, post
from accounts.models import Event, Message, Subscription, User
from accounts.sweeping import Sweep
from leadops.chaos import hands, likeness
from leadops.chaos.crew import fork, wait
from leadops.chaos.world import FIRST, KINDS, World, a_world
from leads.notices import notice
from leads.sweeps import MORNING

MOST = 200  # no sweep of a few rows has more boundaries


def main(say: Callable[[str], None], *, seed: int, every: int = 1) -> bool:
    """Kill at every boundary (or every so many, from the seed on) of every sweep; say the figures; return whether all is right."""
    first, groups = seed % every, MOST // every + 1
    right = True
    for kind in KINDS:
        with a_world(2 * groups, groups, (kind,)) as world:
            right &= _leads(say, world, KINDS[kind][0], first, every)
    right &= hands.main(say, _killed_at, range(first, MOST, every))
    right &= likeness.main(say, _killed_at, range(first, MOST, every))
    with a_world(0, groups=1) as world:
        right &= _webhooks(say, world, first, every)
    with a_world(2, groups=1, kinds=("abandon",)):
        right &= _mornings(say, first, every)
    with a_world(0, groups=1) as world:
        right &= _gathers(say, world, first, every)
    with a_world(0, groups=1) as world:
        right &= _forgets(say, world, first, every)
    with a_world(0, groups=1) as world:
        right &= _mails(say, world, first, every)
    return right


def _leads(say: Callable[[str], None], world: World, sweep: Sweep, first: int, every: int) -> bool:
    kills = 0
    for number, boundary in enumerate(range(first, MOST, every)):
        if not _killed_at(sweep, world.moment(number), boundary):
            break
        kills += 1
        wait(fork(lambda n=number: sweeping.run(sweep, world.moment(n))))
    wrong = world.wrong(until=kills - 1)
    say(f"{sweep.name}: {kills} kills at its boundaries: {wrong}")
    return kills > 0 and not wrong


def _killed_at(sweep: Sweep, at: datetime, boundary: int) -> bool:
    """Run a sweep in a child that is killed at this boundary; say whether it had as many."""
    return wait(fork(dying(sweep, at, boundary))) == -signal.SIGKILL


def dying(sweep: Sweep, at: datetime, boundary: int) -> Callable[[], None]:
    """Return a run of a sweep that kills its own process at this boundary, if it has as many."""

    def work() -> None:
        fatal = _Fatal(boundary)
        connection.ensure_connection()
        with connection.execute_wrapper(fatal.statement):
            connection._commit = fatal.before(connection._commit)
            connection._set_autocommit = fatal.before(connection._set_autocommit)
            sweeping.run(sweep, at)

    return work


class _Fatal:
    """Counts what is asked of the database, and dies of one."""

    def __init__(self, boundary: int):
        self.left = boundary

    def _pass(self) -> None:
        self.left -= 1
        if self.left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def statement(self, execute, sql, params, many, context):
        self._pass()
        return execute(sql, params, many, context)

    def before(self, ask):
        def asked(*args):
            self._pass()
            return ask(*args)

        return asked


def _mornings(say: Callable[[str], None], first: int, every: int) -> bool:
    """Each person is told once a morning."""
    mornings, at = 0, FIRST
    for number, boundary in enumerate(range(first, MOST, every)):
        at = (FIRST + timedelta(days=number)).replace(hour=8)
        User.objects.update(morning_at=at)
        if not _killed_at(MORNING, at, boundary):
            break
        mornings += 1
        wait(fork(lambda at=at: sweeping.run(MORNING, at)))
    rows = Message.objects.filter(kind__in=("room", "morning"), created_at__lt=at)
    told = Counter(rows.values_list("to", "created_at"))
    missing, twice = 2 * mornings - len(told), sum(times > 1 for times in told.values())
    say(f"morning: {mornings} kills at its boundaries: missing {missing}, twice {twice}")
    return mornings > 0 and not (missing or twice)


def _gathers(say: Callable[[str], None], world: World, first: int, every: int) -> bool:
    """What was told in the page is in one mail each, once."""
    kills = 0
    for number, boundary in enumerate(range(first, MOST, every)):
        at = FIRST + number * timedelta(minutes=1)
        told = [notice(who, "limit", f"{number}-{n}", at=at) for who in (world.rep, world.manager) for n in range(2)]
        post([message for each in told for message in each])
        if not _killed_at(GATHER, at, boundary):
            break
        kills += 1
        wait(fork(lambda at=at: sweeping.run(GATHER, at)))
    connection.close()
    rows = set(Message.objects.filter(kind="limit").values_list("pk", flat=True))
    mailed = Counter(pk for letter in Message.objects.filter(kind=LETTER) for pk in letter.data["messages"])
    missing, twice = len(rows - set(mailed)), sum(times > 1 for times in mailed.values())
    say(f"gather: {kills} kills at its boundaries: {len(rows)} messages, missing {missing}, twice {twice}")
    return kills > 0 and not (missing or twice)


def _forgets(say: Callable[[str], None], world: World, first: int, every: int) -> bool:
    """What was read long ago goes, all of it; what nobody read stays."""
    kills, long = 0, timedelta(days=settings.LEADOPS_KEEP_MESSAGES + 1)
    for number, boundary in enumerate(range(first, MOST, every)):
        at = FIRST + number * timedelta(minutes=1)
        told = [notice(world.rep, kind, f"{number}-{n}", at=at) for kind in ("old", "unread") for n in range(2)]
        post([message for each in told for message in each])
        Message.objects.filter(kind__in=("old", "unread"), gathered_at=None).update(gathered_at=at)
        Message.objects.filter(kind="old", read_at=None).update(read_at=at)
        if not _killed_at(FORGET, at + long, boundary):
            break
        kills += 1
        wait(fork(lambda at=at: sweeping.run(FORGET, at + long)))
    connection.close()
    left = Message.objects.filter(kind="old").count()
    lost = 2 * (kills + 1) - Message.objects.filter(kind="unread").count()
    say(f"{FORGET.name}: {kills} kills at its boundaries: left {left}, lost {lost}")
    return kills > 0 and not (left or lost)


def _mails(say: Callable[[str], None], world: World, first: int, every: int) -> bool:
    """Mails inside arrive at least once, outside at most once; none is forgotten: sent, or put aside for a person."""
    kills, steps = 0, 2 * (LEASE + UNDO)
    with tempfile.TemporaryDirectory() as folder:
        backend = "django.core.mail.backends.filebased.EmailBackend"
        settings.MAILERS = {"default": {"BACKEND": backend, "OPTIONS": {"file_path": folder}}}
        sweep = mail_sweep()
        for number, boundary in enumerate(range(first, MOST, every)):
            at = FIRST + number * steps
            _write(world, number, at)
            if not _killed_at(sweep, at + UNDO, boundary):
                break
            kills += 1
            for later in (at + UNDO, at + UNDO + LEASE):
                wait(fork(lambda later=later: sweeping.run(sweep, later)))
        arrived = _arrived(Path(folder))
    connection.close()
    rows = [(row, arrived[message_id(row)]) for row in Message.objects.filter(channel="mail")]
    lost = sum(times == 0 for row, times in rows if row.to_id)
    twice = sum(times > 1 for row, times in rows if not row.to_id)
    forgotten = sum(row.sent_at is None and row.parked_at is None for row, _times in rows)
    untold = sum(row.sent_at is not None and times == 0 for row, times in rows)
    again = sum(times > 1 for row, times in rows if row.to_id)
    aside = sum(row.parked_at is not None for row, _times in rows)
    say(
        f"mail: {kills} kills at its boundaries, {len(rows)} mails: inside lost {lost} (twice under one id {again}), outside twice {twice}"
        f" (put aside for a person {aside}), forgotten {forgotten}, marked sent and not sent {untold}"
    )
    return kills > 0 and not (lost or twice or forgotten or untold)


def _webhooks(say: Callable[[str], None], world: World, first: int, every: int) -> bool:
    """What happened is delivered at least once, under an id that stays the same; none is forgotten."""
    kills, steps = 0, 2 * webhooks.LEASE
    with tempfile.TemporaryDirectory() as folder:
        received = Path(folder, "received")
        received.touch()
        webhooks.post = lambda _url, _body, headers: _note(received, headers["LeadOps-Event"])
        Subscription.objects.create(url="https://hooks.example/leadops", kinds=["lead.owner"], created_at=FIRST)
        for number, boundary in enumerate(range(first, MOST, every)):
            at = FIRST + number * steps
            Event.objects.bulk_create(Event(kind="owner", at=at, recorded_at=at, door="sweep") for _ in range(2))
            if not _killed_at(webhooks.SWEEP, at, boundary):
                break
            kills += 1
            for later in (at, at + webhooks.LEASE):
                wait(fork(lambda later=later: sweeping.run(webhooks.SWEEP, later)))
        arrived = Counter(received.read_text().split())
    connection.close()
    rows = Message.objects.filter(channel="webhook", created_at__lt=FIRST + kills * steps)
    lost = sum(f"evt_{row.data['event']}" not in arrived for row in rows)
    forgotten = sum(row.sent_at is None for row in rows)
    again = sum(times > 1 for times in arrived.values())
    say(
        f"webhooks: {kills} kills at its boundaries, {len(rows)} deliveries: lost {lost} (again under one id {again}),"
        f" forgotten {forgotten}"
    )
    return kills > 0 and len(rows) == 2 * kills and not (lost or forgotten)


def _note(file: Path, text: str) -> None:
    with file.open("a") as stream:
        stream.write(text + "\n")


def _write(world: World, number: int, at: datetime) -> None:
    mails = [mail(kind="chaos", key=f"{number}-{n}", subject="", body="", to=world.rep, at=at) for n in range(2)]
    mails += [
        mail(kind="chaos", key=f"{number}-{n}", subject="", body="", address=f"lead{n}@leads.example", at=at)
        for n in range(2)
    ]
    post(mails)


def _arrived(folder: Path) -> Counter[str]:
    """Count the mails by what they are known by."""
    found: Counter[str] = Counter()
    for file in folder.iterdir():
        for text in file.read_bytes().split(b"-" * 79 + b"\n"):
            if name := message_from_bytes(text)["Message-ID"]:
                found[name] += 1
    return found
