"""What is known of a possible purchase: one card a round, each version of it kept (QUAL-1)."""

from django.db import models
from django.db.models import Q

from accounts.models import User
from accounts.relations import RECORD, Fate

from .cycle import Cycle
from .lead import Lead


class Answer(models.TextChoices):
    """Unknown is not no."""

    UNKNOWN = "", "Not known"
    YES = "yes", "Yes"
    NO = "no", "No"


class Way(models.TextChoices):
    SALES = "sales", "Sales-led"
    SELF_SERVE = "self_serve", "Self-serve"
    NOT_BUYING = "not_buying", "Not buying"


class Qualification(models.Model):
    """One version of the card of one round: the scores, the answers with their evidence, what was suggested and what was decided.

    Never changed: who learns something writes the next version. The texts are about a person's company and can be erased.
    """

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="qualifications")
    cycle = models.ForeignKey(Cycle, models.CASCADE, null=True, related_name="+")
    number = models.PositiveSmallIntegerField(help_text="its version within the round")
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    urgency = models.PositiveSmallIntegerField(null=True, blank=True)
    criticality = models.PositiveSmallIntegerField(null=True, blank=True)
    complexity = models.PositiveSmallIntegerField(null=True, blank=True)

    budget = models.CharField(max_length=3, choices=Answer, blank=True)
    authority = models.CharField(max_length=3, choices=Answer, blank=True)
    need = models.CharField(max_length=3, choices=Answer, blank=True)
    timeline = models.CharField(max_length=3, choices=Answer, blank=True)
    budget_evidence = models.TextField(blank=True)
    authority_evidence = models.TextField(blank=True)
    need_evidence = models.TextField(blank=True)
    timeline_evidence = models.TextField(blank=True)
    compelling_event = models.TextField(blank=True)
    systems = models.TextField("systems in place", blank=True)
    size = models.TextField(blank=True)

    suggestion = models.CharField(max_length=10, choices=Way, blank=True)
    decision = models.CharField(max_length=10, choices=Way, blank=True)
    why = models.TextField("why otherwise than suggested", blank=True)

    fates = {"lead": Fate(merge="stay", erase="blank"), "by": RECORD}
    personal = dict.fromkeys(
        ["budget_evidence", "authority_evidence", "need_evidence", "timeline_evidence", "compelling_event", "systems", "size", "why"], ""
    )  # fmt: skip

    class Meta:
        indexes = [models.Index(fields=["lead", "-id"], name="qualification_of_lead")]
        constraints = [
            models.UniqueConstraint(
                fields=["lead", "cycle", "number"], nulls_distinct=False, name="qualification_once"
            ),
            *(
                models.CheckConstraint(condition=Q(**{f"{name}__lte": 3}), name=f"qualification_{name}_to_3")
                for name in ("urgency", "criticality", "complexity")
            ),
        ]

    def __str__(self):
        return f"Qualification {self.number}"

    @property
    def differs(self) -> bool:
        """Whether the rep decided otherwise than the card suggested; both are kept."""
        return bool(self.suggestion and self.decision and self.suggestion != self.decision)
