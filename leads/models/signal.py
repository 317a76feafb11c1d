"""A signal: what they did. And the role a person plays in an opportunity."""

from django.db import models

from accounts.models import Account, Batch, Opportunity, User
from accounts.relations import RECORD, Fate

from .lead import Lead
from .source import Source


class Signal(models.Model):
    """One thing a person did: filled a form, raised a hand, answered, used the product, took part in a campaign.

    `key` is its natural key on the lead: the same thing told twice is one row. `words` are theirs and can be erased. Of the product
    we may be told of a company without a person: then it is the account's.
    """

    class Kind(models.TextChoices):
        IMPORT = "import", "Imported"
        FORM = "form", "Form"
        HAND_RAISE = "hand_raise", "Asked for us"
        REPLY = "reply", "Answered"
        PRODUCT = "product", "Used the product"
        CAMPAIGN = "campaign", "Campaign"

    lead = models.ForeignKey(Lead, models.CASCADE, null=True, related_name="signals", db_index=False)
    account = models.ForeignKey(
        Account, models.CASCADE, null=True, related_name="+", db_index=False, help_text="where no person is known"
    )
    kind = models.CharField(max_length=10, choices=Kind)
    key = models.CharField(max_length=200)
    what = models.CharField(max_length=80, blank=True, help_text="demo, chat, call, walk-in; the event's name")
    source = models.ForeignKey(Source, models.PROTECT, null=True, related_name="+")
    campaign = models.ForeignKey(Source, models.PROTECT, null=True, related_name="+")
    words = models.TextField(blank=True)
    data = models.JSONField(default=dict)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", help_text="who told us", db_index=False)
    batch = models.ForeignKey(Batch, models.PROTECT, null=True, related_name="+", db_index=False)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    fates = {"lead": Fate(merge="move", erase="blank"), "account": Fate(merge="move"), "by": RECORD}
    personal = {"words": "", "data": {}}

    class Meta:
        indexes = [models.Index(fields=["batch"], name="signal_of_batch", condition=models.Q(batch__isnull=False))]
        constraints = [
            models.UniqueConstraint(fields=["lead", "key"], name="signal_once"),
            models.UniqueConstraint(
                fields=["account", "key"], condition=models.Q(lead__isnull=True), name="signal_of_account_once"
            ),
            models.CheckConstraint(
                condition=models.Q(lead__isnull=False) ^ models.Q(account__isnull=False), name="signal_of_one"
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.what}".strip()


class ContactRole(models.Model):
    """A lead's part in an opportunity."""

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="contact_roles")
    opportunity = models.ForeignKey(Opportunity, models.CASCADE, related_name="+")
    role = models.CharField(max_length=40, blank=True, help_text="decision maker, user, finance, ...")
    is_primary = models.BooleanField(default=False)

    fates = {"lead": Fate(merge="move")}

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lead", "opportunity"], name="contactrole_once"),
            models.UniqueConstraint(
                fields=["opportunity"], condition=models.Q(is_primary=True), name="contactrole_one_primary"
            ),
        ]

    def __str__(self):
        return self.role or "contact"
