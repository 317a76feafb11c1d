"""The ledger of a pool: what each of its people was due and got in a month, and the turns that were given or taken beside it (ROUTE-2)."""

from django.db import models
from django.db.models import Q

from accounts.models import Team, User
from accounts.relations import RECORD, Fate

from .lead import Lead


class Share(models.Model):
    """One person's share of one pool in one month.

    `due` grows with every lead that came while they could receive, by their weight among those who could: so whoever is away, new
    or at their cap neither earns nor loses. `received` counts the leads that were theirs in turn. Written under the pool's lock.
    """

    pool = models.ForeignKey(Team, models.PROTECT, related_name="+")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    month = models.DateField()
    due = models.FloatField(default=0)
    received = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField(null=True)

    fates = {"user": RECORD}

    class Meta:
        constraints = [models.UniqueConstraint(fields=["pool", "user", "month"], name="share_once_a_month")]

    def __str__(self):
        return f"{self.user} in {self.pool}, {self.month:%B %Y}"


class Credit(models.Model):
    """A turn given back to somebody, or taken from them, and why. Added to, never changed."""

    class Why(models.TextChoices):
        NO_SHOW = "no_show", "no-show"
        DUPLICATE = "duplicate", "merged as a duplicate"
        FALSE_IDENTITY = "false_identity", "false identity"
        OFF_SHIFT = "off_shift", "its limit fell outside their hours"
        TAKEN = "taken", "taken by its limit"
        MANAGER = "manager", "by the manager"
        UNDONE = "undone", "its booking was taken back"

    pool = models.ForeignKey(Team, models.PROTECT, related_name="+")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    lead = models.ForeignKey(Lead, models.CASCADE, null=True, blank=True, related_name="+")
    turns = models.SmallIntegerField(default=1, help_text="1 gives a turn, -1 takes one.")
    why = models.CharField(max_length=14, choices=Why)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", editable=False)
    at = models.DateTimeField(editable=False)

    fates = {"user": RECORD, "by": RECORD, "lead": Fate(merge="stay")}

    class Meta:
        indexes = [models.Index(fields=["pool", "at"], name="credit_of_pool")]
        constraints = [
            models.CheckConstraint(condition=~Q(turns=0), name="credit_of_something"),
            models.CheckConstraint(condition=~Q(why=""), name="credit_has_a_why"),
            models.UniqueConstraint(
                fields=["lead", "user", "why"],
                condition=Q(lead__isnull=False, why__in=["duplicate", "false_identity"]),
                name="credit_once_a_lead",
            ),
        ]

    def __str__(self):
        return f"{self.turns:+d} for {self.user}: {self.get_why_display()}"
