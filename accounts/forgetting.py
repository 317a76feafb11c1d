"""What was told long ago is forgotten: the sweep `forget-messages`, every night (WORK-8 keeps the outbox, this keeps it small).

What was read or sent goes after `LEADOPS_KEEP_MESSAGES` days; what nobody read, and mails that were put aside, after
`LEADOPS_KEEP_UNREAD` days. Never what waits: a message not yet looked at for the mail, a mail not yet sent, and what such a mail will
say. Deliveries to other programs are forgotten by `accounts/webhooks.py`.

`dedupe_key` makes a thing told once, and goes with its row. That is safe because nothing is told on the word of its key alone: every
sweep moves its own deadline or level in the transaction that tells, a door's key carries its moment, and a daily one its day. The key
only settles races, which are over within minutes. A test holds it: with every message gone, no sweep tells anything again. What a rule
reads back (`READ_BACK`) is kept as long as what nobody read.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet

from accounts.gathering import LETTER
from accounts.models import Message
from accounts.sweeping import Sweep

READ_BACK = ("dry",)  # the goal of a day on which there was nothing to pull (ROUTE-5)
LEAST = 30  # days: a sweep that slept as long still finds what it wrote


def to_forget(at: datetime) -> QuerySet:
    """Messages whose time is over, the oldest first, by `message_age`."""
    return _over(at).exclude(pk__in=_still_to_say()).order_by("created_at", "pk").values_list("pk", flat=True)


def forget(keys: Sequence[int], at: datetime, recorded_at: datetime) -> int:
    """Delete those of these messages whose time is over, and return how many. Two queries; in a transaction."""
    rows = _over(at).filter(pk__in=keys).exclude(pk__in=_still_to_say())
    ids = list(rows.select_for_update(skip_locked=True).order_by("pk").values_list("pk", flat=True))
    return Message.objects.filter(pk__in=ids).delete()[0]


def _over(at: datetime) -> QuerySet[Message]:
    long_ago = at - timedelta(days=settings.LEADOPS_KEEP_MESSAGES)
    longer_ago = at - timedelta(days=settings.LEADOPS_KEEP_UNREAD)
    looked_at = Q(channel=Message.Channel.PAGE, gathered_at__isnull=False)
    read = looked_at & Q(read_at__lt=long_ago) & ~Q(kind__in=READ_BACK)
    unread = looked_at & Q(gathered_at__lt=longer_ago)
    sent = Q(channel=Message.Channel.MAIL, sent_at__lt=long_ago)
    put_aside = Q(channel=Message.Channel.MAIL, sent_at__isnull=True, parked_at__lt=longer_ago)
    # Nothing is read or sent before it was told: the first line is for the index.
    return Message.objects.filter(read | unread | sent | put_aside, created_at__lt=long_ago)


def _still_to_say() -> list[int]:
    """Name the messages that mails not yet sent will put into words. What is in a mail is settled once it is looked at."""
    letters = Message.objects.filter(
        channel=Message.Channel.MAIL, kind=LETTER, sent_at__isnull=True, parked_at__isnull=True
    )
    return [pk for messages in letters.values_list("data__messages", flat=True) for pk in messages or ()]


FORGET = Sweep("forget-messages", timedelta(days=1), to_forget, forget)
