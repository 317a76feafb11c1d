"""Every why: how a round ends, why an opportunity is lost, why a lead is left out, why a hand-off is refused.
RevOps' own list (LIFE-4)."""

from django.db import models
from django.db.models import Q

from .change import Kept


class Disposition(models.TextChoices):
    NURTURE = "nurture", "Not now"
    UNQUALIFIED = "unqualified", "Never"
    LOSS = "loss", "Opportunity lost"
    EXCEPTION = "exception", "Exception"
    REFUSAL = "refusal", "Hand-off refused"


class NurtureKind(models.TextChoices):
    REMARKET = "remarket", "Remarket"
    MARKETING = "marketing", "Marketing"
    SALES = "sales", "Sales"


class Program(models.TextChoices):
    MARKETING = "marketing", "Marketing (automated)"
    SALES = "sales", "Sales (one to one)"
    BOTH = "both", "Both"


class ReasonQuerySet(models.QuerySet):
    def to_choose(self, disposition):
        """The reasons a person may choose for this disposition, in order. One query."""
        return self.filter(disposition=disposition, is_active=True, is_system=False).order_by("order", "id")


class Reason(models.Model):
    """One reason, with what follows from it. `code` is what programs say; `label` may be reworded at any time."""

    code = models.SlugField(max_length=40, unique=True)
    label = models.CharField(max_length=80)
    disposition = models.CharField(max_length=12, choices=Disposition)
    test = models.CharField(
        "objective test", max_length=200, blank=True, help_text="How anybody can tell that it applies."
    )
    is_active = models.BooleanField(default=True)
    is_system = models.BooleanField("set by the system only", default=False)
    is_prequalification = models.BooleanField(
        "pre-qualification", default=False, help_text="May be chosen without a touch."
    )
    may_return = models.BooleanField(default=False, help_text="Never: a hand raise reopens it.")
    asks_size = models.BooleanField("asks for the size", default=False)
    nurture_kind = models.CharField(max_length=10, choices=NurtureKind, blank=True)
    program = models.CharField(max_length=10, choices=Program, blank=True)
    recycle_months = models.PositiveSmallIntegerField(
        "comes back after, months", null=True, blank=True, help_text="Calendar months. Empty: never by itself."
    )
    becomes = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", help_text="Lost: what its people become."
    )
    order = models.PositiveSmallIntegerField(default=100)

    kept = Kept()
    objects = ReasonQuerySet.as_manager()

    class Meta:
        ordering = ["disposition", "order", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(disposition__in=Disposition.values), name="reason_disposition_known"),
            models.CheckConstraint(
                condition=Q(disposition="nurture", nurture_kind__in=NurtureKind.values)
                | (~Q(disposition="nurture") & Q(nurture_kind="")),
                name="reason_nurture_has_kind",
            ),
        ]

    def __str__(self):
        return self.label
