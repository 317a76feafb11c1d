"""A touch: something a person did to reach a lead. A note, a plan, a task or an edit is not one."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from accounts.models import User
from accounts.relations import RECORD, Fate

from .cycle import Cycle
from .lead import Lead
from .note import Note
from .states import Channel


class TouchOutcome(models.TextChoices):
    NO_ANSWER = "no_answer", "No answer"
    VOICEMAIL = "voicemail", "Voicemail"
    SENT = "sent", "Sent"
    INTERESTED = "interested", "Interested"
    CALL_BACK = "call_back", "Call back"
    NOT_INTERESTED = "not_interested", "Not interested"
    WRONG_NUMBER = "wrong_number", "Wrong number"
    BOUNCED = "bounced", "Bounced"


# After these nobody was reached: the next lead opens (WORK-2).
TouchOutcome.UNANSWERED = (
    TouchOutcome.NO_ANSWER,
    TouchOutcome.VOICEMAIL,
    TouchOutcome.SENT,
    TouchOutcome.WRONG_NUMBER,
    TouchOutcome.BOUNCED,
)


class Touch(models.Model):
    """One touch. `occurred_at` is neither before the round it counts for nor in the future; when it was logged is kept beside it.

    `counts` is false for an automated one, which never works a lead. Withdrawn once, within its minute; both facts stay.
    """

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="touch_rows")
    cycle = models.ForeignKey(
        Cycle,
        models.CASCADE,
        null=True,
        related_name="touch_rows",
        verbose_name="round",
        help_text="empty: outside any round",
    )
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    channel = models.CharField(max_length=8, choices=Channel)
    outcome = models.CharField(max_length=16, choices=TouchOutcome)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    is_automated = models.BooleanField(default=False)
    is_owners = models.BooleanField("by the owner at the time", default=True)
    note = models.ForeignKey(Note, models.SET_NULL, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    fates = {"lead": Fate(merge="move"), "by": RECORD}

    class Meta:
        verbose_name_plural = "touches"
        indexes = [
            models.Index(fields=["cycle", "occurred_at"], name="touch_of_cycle"),
            models.Index(fields=["lead", "-occurred_at"], name="touch_of_lead"),
            models.Index(fields=["by", "-recorded_at"], name="touch_of_person"),
            # the rounds of which a touch was logged since a period closed, by this index alone
            models.Index(fields=["recorded_at"], name="touch_since", include=["cycle"]),
            # the touches of a period
            BrinIndex(fields=["occurred_at", "recorded_at"], name="touch_in_time", autosummarize=True),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="touch_channel_known"),
            models.CheckConstraint(condition=Q(outcome__in=TouchOutcome.values), name="touch_outcome_known"),
            models.CheckConstraint(condition=Q(by__isnull=False) | Q(is_automated=True), name="touch_by_a_person"),
        ]

    def __str__(self):
        return f"{self.get_channel_display()}: {self.get_outcome_display()}"
