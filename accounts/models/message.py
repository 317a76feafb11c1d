"""What waits to be said (the outbox), what was already answered (receipts), and when the sweeps last ran."""

from django.db import models
from django.db.models import Q

from accounts.relations import RECORD

from .people import User


class Message(models.Model):
    """One thing to tell one person by one channel, written in the transaction that made it true. `dedupe_key` makes it once."""

    class Channel(models.TextChoices):
        PAGE = "page", "in the page"
        MAIL = "mail", "mail"
        WEBHOOK = "webhook", "webhook"

    to = models.ForeignKey(User, models.CASCADE, null=True, related_name="+")
    address = models.CharField(max_length=254, blank=True, help_text="outside the house")
    channel = models.CharField(max_length=8, choices=Channel, default=Channel.PAGE)
    kind = models.CharField(max_length=30)
    lead_id = models.BigIntegerField(null=True)
    data = models.JSONField(default=dict)
    dedupe_key = models.CharField(max_length=120, unique=True)
    created_at = models.DateTimeField()
    not_before = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)

    fates = {"to": RECORD}

    class Meta:
        indexes = [
            models.Index(fields=["to", "-id"], name="message_unread", condition=Q(channel="page", read_at__isnull=True))
        ]

    def __str__(self):
        return f"{self.kind} to {self.to or self.address}"


class Receipt(models.Model):
    """One request already answered: a form's token or a client's idempotency key, and what it may be undone with."""

    key = models.CharField(max_length=80, primary_key=True)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    at = models.DateTimeField()
    data = models.JSONField(default=dict)

    fates = {"user": RECORD}

    class Meta:
        indexes = [models.Index(fields=["at"], name="receipt_age")]

    def __str__(self):
        return self.key


class SweepRun(models.Model):
    """The newest run of one sweep, or of the ping that shows the jobs are alive."""

    name = models.CharField(max_length=40)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    found = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["name", "-started_at"], name="sweeprun_newest")]

    def __str__(self):
        return self.name
