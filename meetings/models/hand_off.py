"""When a lead passes from who found it to who sells, and each passing on record (MEET-4, SLA-6, MOTION-6)."""

from datetime import timedelta

from django.db import models
from django.db.models import Q

from accounts.models import Opportunity, Reason, User
from accounts.models.change import Kept
from accounts.relations import OPEN_WORK, RECORD, Fate
from leads.models import Lead

ACCEPT_WITHIN = timedelta(hours=24)


class HandOffPoint(models.TextChoices):
    NONE = "none", "None: one rep to the end"
    COMPLETED = "completed", "When the meeting was held"
    SCHEDULED = "scheduled", "When the meeting is booked"


class HandOffRule(models.Model):
    """From which contract value on, in which segment, the lead is handed over when. The largest value that fits wins.

    A row without a value says it for sales whose value nobody knows yet: unknown is not small.
    """

    segment = models.CharField(max_length=40, blank=True, help_text="Empty: every segment.")
    from_amount = models.DecimalField(
        "from a contract value of", max_digits=14, decimal_places=2, null=True, blank=True, default=0,
        help_text="A year. Empty: where nobody knows the value yet.",
    )  # fmt: skip
    point = models.CharField("is handed over", max_length=10, choices=HandOffPoint)

    kept = Kept()

    class Meta:
        ordering = ["segment", "from_amount"]
        constraints = [
            models.UniqueConstraint(fields=["segment", "from_amount"], nulls_distinct=False, name="handoffrule_once"),
            models.CheckConstraint(condition=Q(from_amount__gte=0), name="handoffrule_amount_not_negative"),
            models.CheckConstraint(condition=Q(point__in=HandOffPoint.values), name="handoffrule_point_known"),
        ]

    def __str__(self):
        value = "value not known" if self.from_amount is None else f"from {self.from_amount}"
        return f"{self.segment or 'every segment'}, {value}: {self.get_point_display()}"


class HandOff(models.Model):
    """One passing from one person to another, with its limit to accept: accepted, or refused with a reason, which returns it.

    What must be there to hand over is `met`, what it was handed over without `missing`: codes, no personal text but `why`.
    """

    class Kind(models.TextChoices):
        SALE = "sale", "From development to sales"
        SUCCESS = "success", "From sales to customer success"

    class Outcome(models.TextChoices):
        WAITS = "", "Waits"
        ACCEPTED = "accepted", "Accepted"
        REFUSED = "refused", "Refused"
        DROPPED = "dropped", "No longer needed"

    kind = models.CharField(max_length=8, choices=Kind)
    opportunity = models.ForeignKey(Opportunity, models.PROTECT, related_name="+")
    lead = models.ForeignKey(Lead, models.PROTECT, null=True, related_name="+")
    giver = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    receiver = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", help_text="empty: nobody is named yet"
    )
    missing = models.JSONField("entry criteria not met", default=list)
    began_at = models.DateTimeField()
    recorded_at = models.DateTimeField(help_text="when it was put on record: taken on in one, it began before")
    limit_at = models.DateTimeField()
    sweep_at = models.DateTimeField(null=True, editable=False)
    outcome = models.CharField(max_length=8, choices=Outcome, blank=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    reason = models.ForeignKey(
        Reason, models.PROTECT, null=True, related_name="+", help_text="why it was refused, of RevOps' list"
    )
    is_oversold = models.BooleanField("oversold", default=False)
    why = models.TextField(blank=True)

    fates = {
        "lead": Fate(merge="move", erase="blank"),
        "opportunity": Fate(merge="move"),
        "giver": RECORD,
        "receiver": OPEN_WORK,
        "ended_by": RECORD,
    }
    personal = {"why": "erased"}  # a refusal says why, also when nobody may read it any more

    class Meta:
        indexes = [
            # what waits for somebody's word
            models.Index(fields=["receiver", "limit_at"], name="handoff_of_receiver", condition=Q(outcome="")),
            models.Index(fields=["sweep_at"], name="handoff_to_sweep", condition=Q(outcome="", sweep_at__isnull=False)),
            models.Index(fields=["opportunity"], name="handoff_of_opportunity"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "opportunity", "lead"],
                condition=Q(outcome=""),
                nulls_distinct=False,
                name="handoff_one_open",
            ),
            models.CheckConstraint(condition=Q(outcome="") ^ Q(ended_at__isnull=False), name="handoff_end_is_dated"),
            models.CheckConstraint(
                # those of before the list have words of their own
                condition=~Q(outcome="refused") | Q(reason__isnull=False) | ~Q(why="") | Q(is_oversold=True),
                name="handoff_refused_says_why",
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()}, {self.get_outcome_display()}"
