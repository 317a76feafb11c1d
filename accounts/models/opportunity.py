"""A possible sale of one product to one account. The rows live here because routing must see who has one open; what happens to
them is `meetings/opportunities.py`."""

from django.db import models
from django.db.models import Q
from django_fsm import ConcurrentTransitionMixin, FSMField, transition

from accounts.relations import OPEN_WORK, Fate

from .change import Kept
from .people import User
from .reason import Reason


class OpportunityStatus(models.TextChoices):
    OPEN = "open", "Open"
    WON = "won", "Won"
    LOST = "lost", "Lost"
    NOT_QUALIFIED = "not_qualified", "Not qualified"
    MERGED = "merged", "Merged"


class Product(models.Model):
    """Something we sell."""

    name = models.CharField(max_length=80, unique=True)
    is_active = models.BooleanField(default=True)
    activation_signal = models.CharField(
        max_length=80, blank=True, default="activation", db_default="activation",
        help_text="The name of the signal by which the product tells that somebody uses it: it moves Open PLG to Working P. "
        "Empty: none does.",
    )  # fmt: skip

    kept = Kept()

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name


class Stage(models.Model):
    """A step of a sale, in order (ACC-9). Exactly one is the qualifying stage, exactly one is where pipeline begins."""

    name = models.CharField(max_length=60, unique=True)
    order = models.PositiveSmallIntegerField(unique=True)
    status = models.CharField(max_length=14, choices=OpportunityStatus, default=OpportunityStatus.OPEN)
    probability = models.PositiveSmallIntegerField("win probability, %", default=0)
    entry_criteria = models.TextField(blank=True)
    is_qualifying = models.BooleanField(default=False)
    is_pipeline = models.BooleanField(default=False)

    kept = Kept()

    class Meta:
        ordering = ["order"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_qualifying"], condition=Q(is_qualifying=True), name="stage_one_qualifying"
            ),
            models.UniqueConstraint(fields=["is_pipeline"], condition=Q(is_pipeline=True), name="stage_one_pipeline"),
            models.UniqueConstraint(fields=["status"], condition=~Q(status="open"), name="stage_one_of_each_end"),
            models.CheckConstraint(condition=Q(probability__lte=100), name="stage_probability_percent"),
        ]

    def __str__(self):
        return self.name


class Opportunity(ConcurrentTransitionMixin, models.Model):
    """One possible sale. Stamps are set once; every change of stage is an Event."""

    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="opportunities")
    product = models.ForeignKey(Product, models.PROTECT, related_name="+")
    status = FSMField(choices=OpportunityStatus.choices, default=OpportunityStatus.OPEN, protected=True, max_length=14)
    stage = models.ForeignKey(Stage, models.PROTECT, related_name="+")
    amount = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    currency = models.CharField(max_length=3, default="EUR")
    close_date = models.DateField(null=True, blank=True)
    loss_reason = models.ForeignKey(Reason, models.PROTECT, null=True, blank=True, related_name="+")
    development_owner = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="sales development owner"
    )
    opportunity_owner = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    success_owner = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="customer success owner"
    )
    created_at = models.DateTimeField()
    qualified_at = models.DateTimeField("reached the qualifying stage", null=True, blank=True, editable=False)
    pipeline_at = models.DateTimeField("reached pipeline", null=True, blank=True, editable=False)
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)
    contract_end_date = models.DateField(null=True, blank=True, help_text="won: when the contract ends")
    renew_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="won: when its end must be told of, 120 days before"
    )
    gone_as = models.CharField(max_length=10, blank=True, editable=False)

    fates = {
        "account": Fate(merge="move"),
        "development_owner": Fate(),  # credit survives leaving
        "opportunity_owner": OPEN_WORK,
        "success_owner": OPEN_WORK,
    }

    class Meta:
        verbose_name_plural = "opportunities"
        indexes = [
            models.Index(fields=["account", "status"], name="opportunity_of_account"),
            # the board: what is open, stage by stage, newest first
            models.Index(fields=["stage", "-id"], name="opportunity_on_board", condition=Q(status="open", gone_as="")),
            # sales that perhaps nobody means any more (ACC-10)
            models.Index(
                fields=["id"], name="opportunity_unqualified", condition=Q(status="open", gone_as="", qualified_at=None)
            ),
            # contracts whose end comes near: not told of yet, and to look at
            models.Index(fields=["renew_at"], name="opportunity_to_renew", condition=Q(renew_at__isnull=False)),
            models.Index(
                fields=["contract_end_date"], name="opportunity_ending", condition=Q(status="won", gone_as="")
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "product"], condition=Q(status="open", gone_as=""), name="opportunity_one_open"
            ),
            models.CheckConstraint(
                condition=Q(status="open") ^ Q(closed_at__isnull=False), name="opportunity_closed_is_dated"
            ),
            models.CheckConstraint(
                condition=~Q(status="lost") | Q(loss_reason__isnull=False), name="opportunity_lost_has_reason"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="opportunity_amount_not_negative"),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="opportunity_currency_code"),
            models.CheckConstraint(condition=Q(status__in=OpportunityStatus.values), name="opportunity_status_known"),
        ]

    def __str__(self):
        return self.name

    @property
    def name(self) -> str:
        """`Product - @domain`, or `Product - Company` for an account without one (ACC-1, ACC-8). Computed, never typed."""
        return f"{self.product.name} - " + (f"@{self.account.domain}" if self.account.domain else self.account.name)

    @transition(field=status, source=OpportunityStatus.OPEN, target=OpportunityStatus.WON)
    def win(self):
        """Closed, and paid for."""

    @transition(field=status, source=OpportunityStatus.OPEN, target=OpportunityStatus.LOST)
    def lose(self):
        """Closed, with a reason."""

    @transition(field=status, source=OpportunityStatus.OPEN, target=OpportunityStatus.NOT_QUALIFIED)
    def give_up(self):
        """No meeting of it was ever completed and qualified: neither won nor lost (ACC-10)."""

    @transition(field=status, source=OpportunityStatus.NOT_QUALIFIED, target=OpportunityStatus.OPEN)
    def reopen(self):
        """A meeting of it was good after all: what was said of it is corrected."""

    @transition(field=status, source=OpportunityStatus.OPEN, target=OpportunityStatus.MERGED)
    def merge(self):
        """Folded into another of the same account and product."""
