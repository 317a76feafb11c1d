"""Figures that are kept: what was counted on a day, and what a period's pay was based on. All others are computed when asked.

And what RevOps keeps: by version what a line of a pay statement brings and after how many days in a state a lead is stuck; by day what a
currency is worth in the house's.
"""

from decimal import ROUND_HALF_UP, Decimal

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q

from accounts.models import User
from accounts.models.change import Kept
from accounts.models.version import Versioned
from accounts.relations import RECORD

HOUSE = "EUR"  # the currency that all sums are in


class Figure(models.Model):
    """One figure of one day. `count` and `move` are counted anew until their day is over, `pay` is written once and never again.

    `key` says what of: a state and motion, a pair of states, a line of a pay statement. `frozen_at` is when it was counted.
    """

    class Kind(models.TextChoices):
        COUNT = "count", "leads in a state"
        MOVE = "move", "moves between states"
        STAY = "stay", "how long leads stayed in a state"
        STUCK = "stuck", "stuck in a state"
        DUE = "due", "due within a week"
        PAY = "pay", "a line of a pay statement"

    kind = models.CharField(max_length=5, choices=Kind)
    day = models.DateField(help_text="the day it is of; of a period, its first")
    until = models.DateField(null=True, help_text="of a period: the day it ends before")
    key = models.CharField(max_length=120)
    person = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    value = models.DecimalField(max_digits=16, decimal_places=2)
    data = models.JSONField(default=dict)
    frozen_at = models.DateTimeField()

    fates = {"person": RECORD}

    class Meta:
        indexes = [models.Index(fields=["person", "day"], name="figure_of_person", condition=Q(person__isnull=False))]
        constraints = [models.UniqueConstraint(fields=["kind", "day", "key"], name="figure_once")]

    def __str__(self):
        return f"{self.key}, {self.day}"


class TeamFigures(models.Model):
    """What stands with the people and queues that a manager sees, how many of them are stuck, and how long they stay: as counted last.

    Written anew by every count, and read by whoever sees just these people and queues; `figures` holds the sums by `Figure.kind` and key.
    """

    people = ArrayField(models.BigIntegerField())
    teams = ArrayField(models.BigIntegerField())
    figures = models.JSONField()
    counted_at = models.DateTimeField()

    def __str__(self):
        return f"{len(self.people)} people, {len(self.teams)} teams"


def _percent(label: str, help_text: str) -> models.DecimalField:
    return models.DecimalField(
        label, max_digits=5, decimal_places=2, default=0,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))], help_text=help_text,
    )  # fmt: skip


class BonusRate(Versioned):
    """One version of what a line of a pay statement brings (REP-19). A month goes by the one in force as it begins; as shipped, none."""

    per_meeting = models.DecimalField(
        "for a meeting, EUR",
        max_digits=10,
        decimal_places=2,
        default=0,
        validators=[MinValueValidator(Decimal(0))],
        help_text="For each meeting held that the rep is credited for.",
    )
    pipeline_percent = _percent(
        "of pipeline, %",
        "Of the value of each opportunity when it first reached pipeline, in EUR at that day's rate; without one, as it is.",
    )
    won_percent = _percent(
        "of won sales, %",
        "Of the value of each sale when it was won, in EUR at the rate of its pipeline day; without one, as it is.",
    )

    kept = Kept()

    class Meta(Versioned.Meta):
        verbose_name = "bonus rate"
        constraints = [
            models.CheckConstraint(condition=Q(per_meeting__gte=0), name="bonusrate_meeting"),
            models.CheckConstraint(
                condition=Q(pipeline_percent__range=(0, 100), won_percent__range=(0, 100)), name="bonusrate_percent"
            ),
        ]

    def __str__(self):
        return f"Bonus rates, version {self.version}"

    @property
    def is_any(self) -> bool:
        return bool(self.per_meeting or self.pipeline_percent or self.won_percent)

    def of(self, what: str, value: Decimal) -> Decimal:
        """Return what a line brings, to the cent. Pure."""
        if what == "meeting":
            return Decimal(self.per_meeting)
        percent = self.pipeline_percent if what == "pipeline" else self.won_percent
        return (value * percent / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)


def _days(label: str, days: int | None, help_text: str) -> models.PositiveSmallIntegerField:
    return models.PositiveSmallIntegerField(
        label, null=True, blank=True, default=days, validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text=f"{help_text} Empty: nobody is stuck there.",
    )  # fmt: skip


class StuckLimit(Versioned):
    """One version of after how many days in a state a lead is stuck (REP-7). It informs: nothing moves by it."""

    raw_days = _days("raw, days", 30, "Since they came.")
    assigned_days = _days(
        "assigned, days", 3, "Open SLG: since they were assigned. Beside the limit of the response policy."
    )
    working_days = _days("working, days", 21, "Working S: since they were first touched.")
    trying_days = _days("trying the product, days", 10, "Open PLG: since they signed up. At 14 they go by themselves.")
    using_days = _days(
        "using the product, days", None, "Working P: since they activated it. As shipped, empty: who uses it may stay."
    )
    qualified_days = _days("now, days", 120, "Since they were qualified, while their sale is open.")
    nurture_days = _days("not now, days", 180, "Since they were put there, where no date brings them back.")

    kept = Kept()

    class Meta(Versioned.Meta):
        verbose_name = "limit of stay"
        verbose_name_plural = "limits of stay"
        constraints = [
            models.CheckConstraint(
                condition=Q(**{f"{state}_days__isnull": True}) | Q(**{f"{state}_days__gte": 1}), name=f"stuck_{state}"
            )
            for state in ("raw", "assigned", "working", "trying", "using", "qualified", "nurture")
        ]

    def __str__(self):
        return f"Limits of stay, version {self.version}"


class ExchangeRate(models.Model):
    """What one of a currency is worth in the house's from a day on, until the next row says otherwise. Added to, never changed.

    Two rows of one day are a correction: the later one counts from when it was put on record, so that a closed period stays as it was.
    """

    currency = models.CharField(
        max_length=3, validators=[RegexValidator(r"^[A-Z]{3}$", "Write the currency like USD.")], help_text="Like USD."
    )
    from_date = models.DateField("from", help_text="The first day on which it counts.")
    rate = models.DecimalField(
        "worth in EUR",
        max_digits=18,
        decimal_places=8,
        validators=[MinValueValidator(Decimal("0.00000001"))],
        help_text="What one of it is worth: 0.92 for a dollar that costs 92 cents.",
    )
    recorded_at = models.DateTimeField(editable=False)
    by = models.ForeignKey(User, models.PROTECT, null=True, editable=False, related_name="+")

    fates = {"by": RECORD}

    class Meta:
        ordering = ["currency", "-from_date", "-id"]
        indexes = [models.Index(fields=["currency", "-from_date", "-id"], name="exchangerate_of_day")]
        constraints = [
            models.CheckConstraint(condition=Q(rate__gt=0), name="exchangerate_above_zero"),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[A-Z]{3}$") & ~Q(currency=HOUSE), name="exchangerate_of_another_currency"
            ),
        ]

    def __str__(self):
        return f"1 {self.currency} = {self.rate.normalize():f} {HOUSE} from {self.from_date:%-d %b %Y}"
