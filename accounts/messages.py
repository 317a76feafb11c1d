"""The outbox: what is to be told, written in the transaction that made it true, and its mails on their way out (WORK-8).

Processes write rows (`mail`, or a Message of their own for the page); the sweep made by `mail_sweep` sends. It promises: nothing
lost while mail is down, and nothing before its time. Inside the house at least once, under one Message-ID, so that a mail that
comes twice is one in the mailbox; outside at most once: where it cannot be known whether a mail arrived, a person decides.
"""

import hashlib
import smtplib
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, mailers
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from accounts.models import Message, Role, User
from accounts.sweeping import NotNow, Sweep
from accounts.writing import fresh

UNDO = timedelta(seconds=60)  # what leaves the house waits as long as it may be taken back (WORK-2)
LEASE = timedelta(minutes=5)  # longer than any sending takes
LONGEST_PAUSE, MOST_TRIES = timedelta(hours=1), 30  # about a day
BATCH = 20
_writers: dict[str, Callable] = {}
_parts: dict[str, Callable] = {}


def mail(
    *, kind: str, key: str, subject: str, body: str, at: datetime, to: User | None = None, address: str = "", lead: int | None = None,
    not_before: datetime | None = None, **data,
) -> Message:  # fmt: skip
    """Return the row that mails one thing to a person of the house, or to an address outside. `key` makes it once.

    One to the outside waits for the undo, unless told how long. Raises ValueError for neither or both.
    """
    if (to is None) == (not address):
        raise ValueError("a mail goes either to a person of the house or to an address outside")
    if address and not_before is None:
        not_before = at.astimezone(UTC) + UNDO
    return fresh(
        Message, to_id=to.pk if to else None, address=address, channel=Message.Channel.MAIL, kind=kind, lead_id=lead,
        subject=" ".join(subject.split())[:200], body=body, data=data, dedupe_key=f"mail:{kind}:{key}:{to.pk if to else address}"[:120],
        created_at=at, not_before=not_before,
    )  # fmt: skip


def post(messages: Sequence[Message]) -> None:
    """Put messages into the outbox, each once, however often it is told. One query."""
    Message.objects.bulk_create(messages, ignore_conflicts=True)


def recall(keys: Sequence[str]) -> int:
    """Take back mails that nobody has begun to send, by their `dedupe_key`; return how many. One query."""
    return Message.objects.filter(
        dedupe_key__in=keys, channel=Message.Channel.MAIL, attempts=0, sent_at__isnull=True, parked_at__isnull=True
    ).delete()[0]


def to_send(at: datetime) -> QuerySet:
    """Mails whose time has come, by `message_to_send`."""
    return _due(at).order_by("due_at", "pk").values_list("pk", flat=True)


def mail_sweep(may_go: Callable[[Message], bool] = lambda message: True) -> Sweep:
    """Make the sweep that sends. `may_go` is asked before a mail leaves the house, in the transaction in which it does, and holds
    what could change its answer: nothing is sent after an opt-out."""
    return Sweep("mail", timedelta(minutes=1), to_send, _Post(may_go).send, batch=BATCH, in_one_transaction=False)


def _due(at: datetime) -> QuerySet:
    waiting = Message.objects.filter(channel=Message.Channel.MAIL, sent_at__isnull=True, parked_at__isnull=True)
    return waiting.alias(due_at=Coalesce("next_try_at", "not_before", "created_at")).filter(due_at__lte=at)


def message_id(message: Message) -> str:
    """Return what a mail is known by in every mailbox, the same at every try. Pure."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "leadops"
    return f"<{message.pk}.{hashlib.sha256(message.dedupe_key.encode()).hexdigest()[:16]}@{domain}>"


class _Post:
    """Sends mails one by one over one connection. Each is claimed first, sent, and then marked."""

    def __init__(self, may_go: Callable[[Message], bool]):
        self.may_go = may_go

    def send(self, keys: Sequence[int], at: datetime, recorded_at: datetime) -> int:
        """Send these, and return how many went. While mail is down all of them wait, and none has been tried; where the server falls
        silent in the middle only the one in hand was."""
        sent, mailer = 0, mailers.default
        try:
            for key in keys:
                _open(mailer)
                message = _claim(key, at)
                sent += message is not None and self._deliver(mailer, message, at)
        finally:
            _close(mailer)
        return sent

    def _deliver(self, mailer, message: Message, at: datetime) -> bool:
        """Send one claimed mail, and put down what came of it."""
        receiver = message.address or (message.to.email if message.to.is_active else "")
        if not receiver:
            return _park(message, at, "there is no address to send it to", tell=False)
        try:
            with transaction.atomic():
                if message.address and not self.may_go(message):
                    return _park(message, at, "they asked us to stop", tell=False)
                envelope = _envelope(message, receiver, at)
                if envelope is None:
                    return _park(message, at, "nothing of it is left to say", tell=False)
                mailer.send_messages([envelope])
                Message.objects.filter(pk=message.pk).update(sent_at=at, taken_at=None, error="")
        except (smtplib.SMTPServerDisconnected, TimeoutError, ConnectionError) as problem:
            # It may have arrived all the same.
            _close(mailer)
            if message.address:
                _park(message, at, f"it may have arrived or not: {_said(problem)}")
            else:
                _try_later(message, at, problem)
            if _fell_silent(problem):  # each more would cost as long again, and the job its life
                raise NotNow from problem
            return False
        except (OSError, ValueError) as problem:
            # Refused for certain; smtplib's own errors are OSErrors.
            return _try_later(message, at, problem) if _may_pass(problem) else _park(message, at, _said(problem))
        return True


def _claim(key: int, at: datetime) -> Message | None:
    """Take one mail into hand, so that nobody else sends it, and so that it shows if we die over it. Two queries."""
    with transaction.atomic():
        rows = _due(at).select_for_update(no_key=True, skip_locked=True, of=("self",)).select_related("to")
        message = rows.filter(pk=key).first()
        if message is None:
            return None
        if message.taken_at is not None:
            _park(message, at, "its worker died over it: it may have arrived or not")
            return None
        message.attempts += 1
        message.next_try_at = at + LEASE
        message.taken_at = at if message.address else None
        message.save(update_fields=["attempts", "next_try_at", "taken_at"])
    return message


def written_by(kind: str, write: Callable[[Message, datetime], object]) -> None:
    """Have the mails of one kind put into words (`subject`, `text`, `html`, or None) when they leave, not before."""
    _writers[kind] = write


def attached_by(kind: str, parts: Callable[[Message], Sequence]) -> None:
    """Have the mails of one kind carry parts beside their words: an invitation for a calendar."""
    _parts[kind] = parts


def in_words(message: Message, at: datetime):
    """Return what a mail says, if it is put into words only now; else None."""
    return _writers[message.kind](message, at) if message.kind in _writers else None


def _envelope(message: Message, receiver: str, at: datetime) -> EmailMultiAlternatives | None:
    headers = {"Message-ID": message_id(message), "Auto-Submitted": "auto-generated"}
    if message.kind not in _writers:
        plain = EmailMultiAlternatives(message.subject, message.body, to=[receiver], headers=headers)
        for part in _parts[message.kind](message) if message.kind in _parts else ():
            plain.attach(part)
        return plain
    said = in_words(message, at)
    if said is None:
        return None
    envelope = EmailMultiAlternatives(said.subject, said.text, to=[receiver], headers=headers)
    envelope.attach_alternative(said.html, "text/html")
    return envelope


def _fell_silent(problem: Exception) -> bool:
    """Say whether the server let us wait in vain: smtplib tells it as a connection that was closed."""
    return isinstance(problem, TimeoutError) or isinstance(problem.__context__, TimeoutError)


def _may_pass(problem: Exception) -> bool:
    """Say whether the next try may end better: the server said so (4..), or did not get as far as an answer."""
    if isinstance(problem, smtplib.SMTPRecipientsRefused):
        return all(code < 500 for code, _words in problem.recipients.values())
    if isinstance(problem, smtplib.SMTPResponseException):
        return problem.smtp_code < 500
    return not isinstance(problem, ValueError | smtplib.SMTPNotSupportedError)


def _try_later(message: Message, at: datetime, problem: Exception) -> bool:
    if message.attempts >= MOST_TRIES:
        return _park(message, at, f"tried {message.attempts} times: {_said(problem)}")
    pause = min(timedelta(minutes=1) * 2 ** (message.attempts - 1), LONGEST_PAUSE)
    Message.objects.filter(pk=message.pk).update(next_try_at=at + pause, taken_at=None, error=_said(problem))
    return False


def _park(message: Message, at: datetime, words: str, tell: bool = True) -> bool:
    """Put a mail aside, and tell RevOps where a person must decide."""
    with transaction.atomic():
        Message.objects.filter(pk=message.pk).update(parked_at=at, error=words[:300])
        if tell:
            post(
                [
                    Message(to=person, kind="mail_parked", data={"mail": message.pk, "error": words}, created_at=at,
                            dedupe_key=f"mail_parked:{message.pk}:{person.pk}")
                    for person in User.objects.filter(role=Role.REVOPS, is_active=True)
                ]
            )  # fmt: skip
    return False


def send_again(mails: QuerySet, at: datetime) -> int:
    """Let mails that were put aside be tried anew, under the Message-ID they had; return how many. One query.

    Whoever asks decides that it may arrive twice. An opt-out is asked about again as each leaves.
    """
    again = {"parked_at": None, "taken_at": None, "attempts": 0, "next_try_at": at, "error": ""}
    aside = Message.objects.filter(channel=Message.Channel.MAIL, sent_at__isnull=True, parked_at__isnull=False)
    return aside.filter(pk__in=mails.values("pk")).update(**again)


def _said(problem: Exception) -> str:
    """Say what the server said, without addresses: they are people's."""
    if isinstance(problem, smtplib.SMTPRecipientsRefused):
        codes = sorted({code for code, _words in problem.recipients.values()})
        return f"the receiver was refused ({', '.join(map(str, codes))})"
    code = f" ({problem.smtp_code})" if isinstance(problem, smtplib.SMTPResponseException) else ""
    return f"{type(problem).__name__}{code}"


def _open(mailer) -> None:
    try:
        mailer.open()
    except (OSError, smtplib.SMTPException) as problem:
        raise NotNow from problem


def _close(mailer) -> None:
    with suppress(OSError, smtplib.SMTPException):
        mailer.close()
