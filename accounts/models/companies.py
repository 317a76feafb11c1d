"""Companies: one account per registrable domain (ACC-1, ACC-2)."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from accounts.relations import OPEN_WORK, RECORD, Fate

from .change import Kept
from .opportunity import Opportunity
from .people import User


class Relationship(models.TextChoices):
    NEW = "new_business", "New business"
    OPEN = "open_opportunity", "Open opportunity"
    CUSTOMER = "customer", "Customer"


class AccountQuerySet(models.QuerySet):
    def live(self):
        return self.filter(gone_as="")

    def with_relationship(self, at=None):
        """Derive the relationship (ACC-5) beside each row; two index look-ups a row, no stored copy that could be wrong."""
        mine = Opportunity.objects.filter(account=OuterRef("pk"), gone_as="")
        return self.annotate(
            relationship=models.Case(
                models.When(Exists(mine.filter(status="won")), then=models.Value(Relationship.CUSTOMER.value)),
                models.When(Exists(mine.filter(status="open")), then=models.Value(Relationship.OPEN.value)),
                default=models.Value(Relationship.NEW.value),
                output_field=models.CharField(),
            )
        )


class Account(models.Model):
    """One company. `domain` is its first registrable domain, empty when it is known by name only; Domain holds all of them."""

    name = models.CharField(max_length=200)
    name_key = models.CharField(
        max_length=200, db_index=True, editable=False, help_text="The normalised name, for matching."
    )
    domain = models.CharField(max_length=253, blank=True)
    website = models.CharField(max_length=300, blank=True)
    country = models.CharField(max_length=80, blank=True)
    segment = models.CharField(max_length=40, blank=True)
    region = models.CharField(max_length=40, blank=True)
    is_target = models.BooleanField("target account", default=False)
    tier = models.PositiveSmallIntegerField(null=True, blank=True)
    is_guess = models.BooleanField("matched by a guess", default=False)
    development_owner = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="sales development owner"
    )
    opportunity_owner = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    success_owner = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="customer success owner"
    )
    idle_at = models.DateTimeField(
        null=True, editable=False, help_text="target accounts: when next to look whether anybody worked it (ACC-6)"
    )
    created_at = models.DateTimeField()
    gone_as = models.CharField(max_length=10, blank=True, editable=False)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+", editable=False)

    fates = {
        "development_owner": OPEN_WORK,
        "opportunity_owner": OPEN_WORK,
        "success_owner": OPEN_WORK,
        "merged_into": RECORD,
    }
    kept = Kept(leave_out=("name_key", "idle_at", "created_at", "gone_as", "merged_into"), born=False)
    objects = AccountQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        indexes = [
            # the one search box: companies by any part of their name or domain
            GinIndex(
                OpClass("name_key", name="gin_trgm_ops"), OpClass("domain", name="gin_trgm_ops"), name="account_search"
            ),
            # target accounts that perhaps nobody works
            models.Index(fields=["idle_at"], name="account_idle", condition=Q(idle_at__isnull=False)),
            # how many target accounts somebody has
            models.Index(
                fields=["development_owner"], name="account_target_of", condition=Q(is_target=True, gone_as="")
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["domain"], condition=~Q(domain="") & Q(gone_as=""), name="account_one_per_domain"
            ),
            models.CheckConstraint(condition=Q(gone_as__in=["", "merged", "undone"]), name="account_gone_as_known"),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | Q(gone_as="merged"), name="account_merged_is_gone"
            ),
            models.CheckConstraint(condition=~Q(merged_into=F("id")), name="account_not_into_itself"),
        ]

    def __str__(self):
        return self.name


class Domain(models.Model):
    """One registrable domain: a company's own, or one that RevOps says is everybody's (free mail) or nobody's (disposable).

    A row here wins over the shipped lists of free and disposable providers, which hold some real employers and miss some providers.
    """

    class Kind(models.TextChoices):
        COMPANY = "company", "A company's own"
        FREE = "free", "Free mail: many people, no company"
        DISPOSABLE = "disposable", "Disposable"

    name = models.CharField(max_length=253, unique=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.COMPANY)
    account = models.ForeignKey(Account, models.CASCADE, null=True, blank=True, related_name="domains")

    fates = {"account": Fate(merge="move")}
    kept = Kept(where="the.kind <> 'company'")  # a company's own come with it, many at a time

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="company", account__isnull=False) | (~Q(kind="company") & Q(account__isnull=True)),
                name="domain_company_has_account",
            ),
        ]

    def __str__(self):
        return self.name
