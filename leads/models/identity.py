"""What a person is known by, and found by."""

from django.db import models
from django.db.models import Q

from accounts.names import fold
from accounts.relations import Fate

from .lead import Lead


class Identity(models.Model):
    """One thing a person is known by: an address, a phone, a number in another system. Old ones stay, as aliases.

    `value` is normalised in Python, never by a collation. Addresses and external ids belong to one live lead; a phone may be a
    switchboard's and be shared.
    """

    class Kind(models.TextChoices):
        EMAIL = "email", "Email"
        EXTERNAL = "external", "External id"
        PHONE = "phone", "Phone"

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="identities", db_index=False)
    kind = models.CharField(max_length=8, choices=Kind)
    system = models.CharField(max_length=40, blank=True, help_text="external ids: whose")
    value = models.CharField(max_length=254)
    is_live = models.BooleanField(default=True)

    fates = {"lead": Fate(merge="move", erase="drop")}

    class Meta:
        verbose_name_plural = "identities"
        indexes = [
            models.Index(fields=["kind", "value"], name="identity_phone", condition=Q(kind="phone", is_live=True))
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "system", "value"],
                condition=Q(is_live=True, kind__in=["email", "external"]),
                name="identity_of_one_lead",
            ),
            models.UniqueConstraint(fields=["lead", "kind", "system", "value"], name="identity_once"),
            models.CheckConstraint(condition=~Q(value=""), name="identity_not_empty"),
        ]

    def __str__(self):
        return self.value


def search_text(*, first_name="", last_name="", company="", email="", phone="") -> str:
    """Return what the one search box looks in (WORK-5): lower case, and words with accents also without them.

    Whoever writes one of these fields of a lead writes `Lead.search` with it.
    """
    text = " ".join(filter(None, (first_name, last_name, company, email, phone))).lower()
    if text.isascii():
        return text
    known = text.split()
    return " ".join([*known, *(word for word in fold(text).split() if word not in known)])
