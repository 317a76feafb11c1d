"""What people write about a lead."""

from django.db import models
from django.db.models import Q

from accounts.models import User
from accounts.relations import PERSONAL, RECORD

from .lead import Lead


class Note(models.Model):
    """What somebody wrote about a lead. Personal text: it can be erased, and then says so."""

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="notes")
    cycle = models.ForeignKey(
        "leads.Cycle", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="round"
    )
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    text = models.TextField(blank=True)
    at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True, blank=True)

    fates = {"lead": PERSONAL, "by": RECORD}
    personal = {"text": ""}

    class Meta:
        indexes = [models.Index(fields=["lead", "-id"], name="note_of_lead")]
        constraints = [
            models.CheckConstraint(condition=~Q(text="") | Q(erased_at__isnull=False), name="note_says_something")
        ]

    def __str__(self):
        return self.text[:60]
