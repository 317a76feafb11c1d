"""Who is needed to buy, and from when on a company counts as covered and as engaged (ACC-13): RevOps', by version."""

from datetime import timedelta
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from accounts.models.change import Kept
from accounts.models.version import Versioned

SHIPPED = """decision maker: decision, chief, ceo, cfo, coo, cto, director, vp, head, owner, founder, president
champion: champion, manager, lead
user: user, engineer, analyst, operator, planner, specialist
finance: finance, budget, controller, purchasing, procurement"""
MOST = 12  # personas


def parsed(text: str) -> dict[str, tuple[str, ...]]:
    """Read personas, one a line: who is needed, a colon, and the words of a part or title that make somebody one. Pure.

    Raises ValidationError that names the line.
    """
    needed: dict[str, tuple[str, ...]] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        name, colon, words = (part.strip().casefold() for part in line.partition(":"))
        found = tuple(dict.fromkeys(word for word in words.replace(",", " ").split()))
        if not name or not colon or not found:
            raise ValidationError(f"Line {number} is not read. Write: who is needed, a colon, words of their title.")
        if name in needed:
            raise ValidationError(f"Line {number}: {name} is there already.")
        needed[name] = found
    if not 0 < len(needed) <= MOST:
        raise ValidationError(f"Name one to {MOST} who are needed.")
    return needed


def readable(text: str) -> None:
    parsed(text)


class CoverageRule(Versioned):
    """One version. Where a company stands is said by the one in force at the moment it is asked for."""

    personas = models.TextField(
        "who is needed to buy",
        default=SHIPPED,
        validators=[readable],
        help_text="One a line: who, a colon, words of their part or title.",
    )
    covered_percent = models.PositiveSmallIntegerField(
        "covered from, %",
        default=50,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="Personas with a known person, of those needed.",
    )
    engaged_from = models.DecimalField(
        "engaged from", max_digits=5, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(Decimal("0.01"))],
        help_text="People active in 30 days, each weighted by how recently: 1 is one person active just now. Empty: the median of the "
        "active companies of the same segment, kept every night.",
    )  # fmt: skip
    half_life_days = models.PositiveSmallIntegerField(
        "half-life, days",
        default=30,
        validators=[MinValueValidator(1)],
        help_text="After so many days an activity weighs half.",
    )

    kept = Kept()

    class Meta(Versioned.Meta):
        verbose_name = "coverage and engagement cut-off"
        constraints = [
            models.CheckConstraint(
                condition=Q(covered_percent__gte=1, covered_percent__lte=100), name="coveragerule_percent"
            ),
            models.CheckConstraint(condition=Q(engaged_from__gt=0), name="coveragerule_engaged_positive"),
            models.CheckConstraint(condition=Q(half_life_days__gte=1), name="coveragerule_half_life_positive"),
        ]

    def __str__(self):
        engaged = "the segment's median" if self.engaged_from is None else f"{self.engaged_from:g}"
        return f"Covered from {self.covered_percent} %, engaged from {engaged}"

    @property
    def needed(self) -> dict[str, tuple[str, ...]]:
        return parsed(self.personas)

    @property
    def half_life(self) -> timedelta:
        return timedelta(days=self.half_life_days)


class SegmentMedian(models.Model):
    """How engaged the middle one of the active companies of a segment was when a day began. Added to, never altered."""

    segment = models.CharField(max_length=40, blank=True, help_text="Empty: companies without one.")
    at = models.DateTimeField("as of")
    engagement = models.DecimalField(max_digits=9, decimal_places=4)
    companies = models.PositiveIntegerField("active companies")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            # also: the newest of one segment
            models.UniqueConstraint(fields=["segment", "at"], name="segmentmedian_once"),
            models.CheckConstraint(condition=Q(engagement__gt=0), name="segmentmedian_positive"),
        ]

    def __str__(self):
        return f"{self.segment or 'no segment'}, {self.at:%Y-%m-%d}: {self.engagement:g}"
