"""What waits to be said (the outbox), what was already answered (receipts), and when the sweeps last ran."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce

from accounts.relations import RECORD

from .api import Subscription
from .people import User


class Way(models.TextChoices):
    """How somebody wants to hear of a kind of thing."""

    PAGE = "page", "in the page"
    MAIL = "mail", "by mail"
    BOTH = "both", "both"
    NONE = "none", "not at all"


class Message(models.Model):
    """One thing to tell one person by one channel, written in the transaction that made it true. `dedupe_key` makes it once.

    In the page the row itself is what is read; `gathered_at` is when it was looked at for the mail (`accounts/gathering.py`). A mail is
    sent by its own sweep (`accounts/messages.py`): `taken_at` stands while one to an outsider is on its way, so that what may have
    arrived is never sent again; `parked_at` when a person must decide.
    """

    class Channel(models.TextChoices):
        PAGE = "page", "in the page"
        MAIL = "mail", "mail"
        WEBHOOK = "webhook", "webhook"

    to = models.ForeignKey(User, models.CASCADE, null=True, related_name="+", db_index=False)
    address = models.CharField(max_length=254, blank=True, help_text="outside the house")
    subscription = models.ForeignKey(Subscription, models.PROTECT, null=True, related_name="+", db_index=False)
    channel = models.CharField(max_length=8, choices=Channel, default=Channel.PAGE)
    kind = models.CharField(max_length=30)
    lead_id = models.BigIntegerField(null=True)
    data = models.JSONField(default=dict)
    subject = models.CharField(max_length=200, blank=True, default="", db_default="")
    body = models.TextField(blank=True, default="", db_default="")
    dedupe_key = models.CharField(max_length=120, unique=True)
    created_at = models.DateTimeField()
    not_before = models.DateTimeField(null=True, help_text="what leaves the house waits for the undo")
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    next_try_at = models.DateTimeField(null=True)
    taken_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    parked_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True, default="", db_default="")
    read_at = models.DateTimeField(null=True)
    gathered_at = models.DateTimeField(null=True)

    fates = {"to": RECORD}

    class Meta:
        indexes = [
            models.Index(
                fields=["to", "-id"], name="message_unread", condition=Q(channel="page", read_at__isnull=True)
            ),
            # what somebody was told, the newest first
            models.Index(fields=["to", "-id"], name="message_of"),
            # what is to be looked at for the mail
            models.Index(
                fields=["created_at", "id"],
                name="message_to_gather",
                condition=Q(channel="page", gathered_at__isnull=True),
            ),
            # the next mails to send
            models.Index(
                Coalesce("next_try_at", "not_before", "created_at"),
                name="message_to_send",
                condition=Q(channel="mail", sent_at__isnull=True, parked_at__isnull=True),
            ),
            # the next events to deliver to one address
            models.Index(
                fields=["subscription", "next_try_at", "id"],
                name="message_to_deliver",
                condition=Q(channel="webhook", sent_at__isnull=True, parked_at__isnull=True),
            ),
            # what was delivered, newest first; what is so old that it may be forgotten
            models.Index(fields=["-id"], name="message_delivery", condition=Q(channel="webhook")),
            # mails for a person to decide about
            models.Index(
                fields=["-id"],
                name="message_put_aside",
                condition=Q(channel="mail", sent_at__isnull=True, parked_at__isnull=False),
            ),
            # what is so old that it may be forgotten: rows lie in the order in which they were told
            BrinIndex(fields=["created_at"], name="message_age", pages_per_range=32, autosummarize=True),
        ]

    def __str__(self):
        return f"{self.kind} to {self.to or self.address}"


class DeliveryManager(models.Manager):
    def get_queryset(self):
        return super().get_queryset().filter(channel=Message.Channel.WEBHOOK)


class Delivery(Message):
    """One event on its way to one subscription: the outbox as RevOps looks at it."""

    objects = DeliveryManager()

    class Meta:
        proxy = True
        verbose_name_plural = "deliveries"

    def __str__(self):
        return f"{self.kind} {self.pk}"


class AsideManager(models.Manager):
    def get_queryset(self):
        return (
            super().get_queryset().filter(channel=Message.Channel.MAIL, sent_at__isnull=True, parked_at__isnull=False)
        )


class AsideMail(Message):
    """One mail that was put aside: refused, tried for a day, or perhaps arrived. RevOps sends it again or lets it be."""

    objects = AsideManager()

    class Meta:
        proxy = True
        verbose_name = "mail put aside"
        verbose_name_plural = "mails put aside"

    def __str__(self):
        return f"Mail {self.pk}"


class Receipt(models.Model):
    """One request already answered: a form's token or a client's idempotency key, and what it may be undone with."""

    key = models.CharField(max_length=80, primary_key=True)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    at = models.DateTimeField()
    data = models.JSONField(default=dict)

    fates = {"user": RECORD}

    class Meta:
        indexes = [
            models.Index(fields=["at"], name="receipt_age"),
            # what an API client sent, newest first
            models.Index(fields=["user", "-at", "key"], name="receipt_of_client", condition=Q(key__startswith="api:")),
        ]

    def __str__(self):
        return self.key


class SweepRun(models.Model):
    """One run of one sweep, the newest few of each; or the ping that shows the jobs are alive.

    `batch` names the rows in hand. It is written before they are touched, so that whoever comes after a run that was killed knows
    among which rows its killer may be.
    """

    name = models.CharField(max_length=40)
    as_of = models.DateTimeField(null=True, help_text="the moment it looked from")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    found = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    left = models.PositiveIntegerField(default=0, db_default=0, help_text="due, and not reached in its time")
    batch = ArrayField(models.BigIntegerField(), null=True)
    error = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["name", "-started_at"], name="sweeprun_newest")]

    def __str__(self):
        return self.name


class Parked(models.Model):
    """One row that a sweep failed on: its tries, and when it was put aside for a person. Deleted once it went well.

    The try is counted before it is made, so that also a row that kills its worker is put aside.
    """

    sweep = models.CharField(max_length=40)
    key = models.BigIntegerField()
    tries = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)
    tried_at = models.DateTimeField()
    parked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "parked"
        constraints = [models.UniqueConstraint(fields=["sweep", "key"], name="parked_once")]

    def __str__(self):
        return f"{self.sweep} {self.key}"
