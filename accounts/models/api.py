"""Programs that talk to us and that we talk to: the keys of API clients, and whom events are sent to (API-1, API-2)."""

import secrets

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.relations import RECORD

from .change import Kept
from .people import User


class ApiScope(models.TextChoices):
    """What a key may open. A key without a scope opens nothing but its own receipts."""

    LEADS_WRITE = "leads:write", "bring in leads, fill blanks, note who asks for us"
    SIGNALS_WRITE = "signals:write", "tell what was done in the product"
    TOUCHES_WRITE = "touches:write", "log touches"
    OPTOUT_WRITE = "optout:write", "note opt-outs"
    ACCOUNTS_READ = "accounts:read", "look an account up by its domain"
    MEETINGS_WRITE = "meetings:write", "book meetings and say what came of them"
    REPORTS_READ = "reports:read", "read reports"


class ApiKey(models.Model):
    """One key of an API client. Only its hash is kept; `start` is how it begins, to tell it from others. Dead from `revoked_at` on."""

    user = models.ForeignKey(User, models.PROTECT, related_name="keys", verbose_name="client")
    start = models.CharField("begins with", max_length=12, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=20, choices=ApiScope), default=list)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", editable=False)
    created_at = models.DateTimeField(editable=False)
    last_used_at = models.DateTimeField("last used, to the hour", null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    fates = {"user": RECORD, "created_by": RECORD}
    kept = Kept(leave_out=("digest", "created_by", "created_at", "last_used_at"))

    class Meta:
        verbose_name = "API key"
        ordering = ["-id"]

    def __str__(self):
        return f"{self.start}… of {self.user}"


def new_secret() -> str:
    return f"whsec_{secrets.token_urlsafe(32)}"


class Subscription(models.Model):
    """One address that events are sent to, signed with its secret. While it does not answer, its deliveries wait (`paused_until`)."""

    url = models.CharField("address", max_length=500, help_text="https:// and no address inside the house.")
    secret = models.CharField(max_length=80, default=new_secret, editable=False)
    kinds = ArrayField(models.CharField(max_length=40), help_text="What it is told of.")
    is_active = models.BooleanField(default=True, help_text="Off: it is told of nothing; what waits, waits.")
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", editable=False)
    created_at = models.DateTimeField(editable=False)
    failures = models.PositiveSmallIntegerField("failures in a row", default=0, editable=False)
    paused_until = models.DateTimeField(null=True, editable=False)
    error = models.CharField("last failure", max_length=200, blank=True, default="", editable=False)

    fates = {"created_by": RECORD}
    kept = Kept(leave_out=("created_by", "created_at", "failures", "paused_until", "error"), hide=("secret",))

    class Meta:
        verbose_name = "webhook"
        ordering = ["url"]
        constraints = [
            models.UniqueConstraint(fields=["url"], condition=Q(is_active=True), name="subscription_once"),
        ]

    def __str__(self):
        return self.url
