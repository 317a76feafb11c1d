"""Rules RevOps keeps: if this, then that, by version. The response time promised to a lead, and whom a lead goes to (SLA-7, ROUTE-1).

Criteria left empty match everything. What is in force is never edited, so that what was decided under it can be read for ever.
"""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from accounts.models import Role, Team
from accounts.models.change import Kept
from accounts.models.version import Versioned


class AtLimit(models.TextChoices):
    MOVE = "move", "to the next rep on shift"
    QUEUE = "queue", "back to the team's queue"


class Policy(models.Model):
    """One version of a response policy. Never edited once in force: a new version begins at a date, rounds keep the one they began with.

    Of each name the newest version that has begun is in force; of those in force the first in order that matches is a lead's.
    """

    name = models.CharField(max_length=80)
    version = models.PositiveIntegerField(default=1)
    valid_from = models.DateTimeField()
    order = models.PositiveSmallIntegerField(default=100, db_default=100, help_text="The first that matches is taken.")
    source = models.ForeignKey(
        "leads.Source", models.PROTECT, null=True, blank=True, related_name="+", help_text="A source or a campaign."
    )
    segment = models.CharField(max_length=40, blank=True, default="", db_default="")
    is_target = models.BooleanField("target account", null=True, blank=True)
    is_active = models.BooleanField(
        default=True, db_default=True, help_text="Off: from its date on, this name promises nothing."
    )
    target_minutes = models.PositiveIntegerField(default=120)
    limit_minutes = models.PositiveIntegerField(default=1440)
    at_limit = models.CharField(max_length=6, choices=AtLimit, default=AtLimit.MOVE, db_default=AtLimit.MOVE)

    kept = Kept()

    class Meta:
        verbose_name_plural = "policies"
        ordering = ["order", "name", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["name", "version"], name="policy_version_once"),
            models.CheckConstraint(
                condition=Q(target_minutes__lte=F("limit_minutes")), name="policy_target_within_limit"
            ),
            models.CheckConstraint(condition=Q(at_limit__in=AtLimit.values), name="policy_at_limit_known"),
        ]

    def __str__(self):
        return f"{self.name}, version {self.version}"


class CardRule(Versioned):
    """One version of when the qualification card suggests sales-led (QUAL-1). What was suggested under an earlier one stays suggested."""

    sales_sum = models.PositiveSmallIntegerField(
        "sales-led from a sum of",
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(9)],
        help_text="Urgency, criticality and complexity together, 0 to 9.",
    )
    sales_any = models.PositiveSmallIntegerField(
        "sales-led from any one of",
        default=3,
        validators=[MinValueValidator(1), MaxValueValidator(3)],
        help_text="One of the three alone, 1 to 3.",
    )

    kept = Kept()

    class Meta(Versioned.Meta):
        verbose_name = "qualification cut-off"
        constraints = [
            models.CheckConstraint(condition=Q(sales_sum__gte=1, sales_sum__lte=9), name="cardrule_sum_1_to_9"),
            models.CheckConstraint(condition=Q(sales_any__gte=1, sales_any__lte=3), name="cardrule_any_1_to_3"),
        ]

    def __str__(self):
        return f"Sales-led from a sum of {self.sales_sum} or any {self.sales_any}"


class RoutingRule(models.Model):
    """One line of the routing rules: which leads, and the pool that shares them out. A draft until it is switched on.

    `valid_from` and `valid_until` say when it was in force; both empty is a draft. The rules in force are taken in their order, the
    first that matches decides; what none matches goes to the lead's own queue or the first pool, and RevOps is told.
    """

    HANDS = [(role.value, role.label) for role in (Role.SDR, Role.AE, Role.CSM)]

    name = models.CharField(max_length=80)
    order = models.PositiveSmallIntegerField(default=100)
    motion = models.CharField(max_length=3, blank=True, choices=[("slg", "Sales-led"), ("plg", "Product-led")])
    go_to_market = models.CharField(
        max_length=8, blank=True, choices=[("inbound", "Inbound"), ("outbound", "Outbound")]
    )
    segment = models.CharField(max_length=40, blank=True)
    region = models.CharField(max_length=40, blank=True)
    source = models.ForeignKey("leads.Source", models.PROTECT, null=True, blank=True, related_name="+")
    campaign = models.ForeignKey("leads.Source", models.PROTECT, null=True, blank=True, related_name="+")
    score_from = models.PositiveSmallIntegerField(null=True, blank=True)
    score_to = models.PositiveSmallIntegerField(null=True, blank=True)
    is_target = models.BooleanField("target account", null=True, blank=True)
    pool = models.ForeignKey(Team, models.PROTECT, related_name="+")
    owner_role = models.CharField(
        max_length=12, blank=True, choices=HANDS, help_text="Only these of the pool. Empty: all of it."
    )
    policy_name = models.CharField(
        "response policy", max_length=80, blank=True, help_text="By its name. Empty: the first policy that matches."
    )
    tells_revops = models.BooleanField("tells RevOps", default=False, help_text="For the last one, which catches all.")
    valid_from = models.DateTimeField("in force from", null=True, editable=False)
    valid_until = models.DateTimeField("in force until", null=True, editable=False)

    kept = Kept()

    class Meta:
        ordering = ["order", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(score_from__isnull=True) | Q(score_to__isnull=True) | Q(score_from__lte=F("score_to")),
                name="routingrule_score_in_order",
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_from__isnull=False, valid_until__gte=F("valid_from")),
                name="routingrule_dates_in_order",
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def is_draft(self) -> bool:
        return self.valid_from is None
