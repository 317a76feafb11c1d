"""A cycle (on screen: a round) is one pass of a lead round the clock; a spell is one owner's time within it. Metrics count these."""

from django.db import models
from django.db.models import F, Q

from accounts.models import Account, NurtureKind, Opportunity, Reason, Team, User
from accounts.relations import RECORD, Fate

from .lead import Lead
from .rules import Policy
from .source import Source
from .states import GoToMarket, Motion


class Trigger(models.TextChoices):
    SCORE = "score", "score"
    ACTION = "action", "they asked for us"
    PULL = "pull", "pulled from a queue"
    TARGET = "target", "target account"
    MANAGER = "manager", "by a manager"
    OWN = "own", "by its owner"
    ROUND_ROBIN = "round_robin", "in turn"
    RECYCLE = "recycle", "came back"
    REOPEN = "reopen", "reopened"
    HAND_OVER = "hand_over", "handed over by the product"
    SELF_SERVE = "self_serve", "self-serve fit"
    SIGN_UP = "sign_up", "signed up to the product"
    ROUTE = "route", "by routing"
    HISTORY = "history", "brought over"


class Outcome(models.TextChoices):
    QUALIFIED = "qualified", "Now"
    NURTURE = "nurture", "Not now"
    UNQUALIFIED = "unqualified", "Never"
    HANDED_OVER = "handed_over", "Handed over"
    SELF_SERVE = "self_serve", "Self-serve fit"
    OPTED_OUT = "opted_out", "Opted out"
    RETURNED = "returned", "Returned"
    VOID = "void", "Void"


Outcome.DISPOSITIONS = (Outcome.QUALIFIED, Outcome.NURTURE, Outcome.UNQUALIFIED)


class Cycle(models.Model):
    """One round. The first block is frozen at assignment (LIFE-3) and never rewritten; a stamp is set once."""

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="cycles")
    number = models.PositiveIntegerField()
    trigger = models.CharField(max_length=12, choices=Trigger)
    motion = models.CharField(max_length=3, choices=Motion)
    go_to_market = models.CharField("go-to-market", max_length=8, choices=GoToMarket)
    source = models.ForeignKey(Source, models.PROTECT, null=True, related_name="+")
    campaign = models.ForeignKey(Source, models.PROTECT, null=True, related_name="+")
    segment = models.CharField(max_length=40, blank=True)
    region = models.CharField(max_length=40, blank=True)
    account = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+")
    relationship = models.CharField(max_length=16)
    is_target = models.BooleanField(default=False)
    score = models.PositiveSmallIntegerField(null=True)
    owner = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", help_text="the first owner; later ones are spells"
    )
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="+")
    policy = models.ForeignKey(Policy, models.PROTECT, null=True, related_name="+")
    came_from = models.CharField(max_length=12, help_text="the state before this round, where a return goes back to")
    came_reason = models.ForeignKey(Reason, models.PROTECT, null=True, related_name="+")
    came_kind = models.CharField(max_length=10, blank=True)
    came_recycle_at = models.DateTimeField(null=True)
    came_team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="+")

    assigned_at = models.DateTimeField()
    target_at = models.DateTimeField(null=True)
    limit_at = models.DateTimeField(null=True)
    first_touch_at = models.DateTimeField(null=True)
    first_touch_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    self_booked_at = models.DateTimeField(
        "they booked a meeting by themselves", null=True, help_text="stops the response clock, and is no touch (SLA-1)"
    )
    working_at = models.DateTimeField(null=True)
    connected_at = models.DateTimeField(null=True)
    last_touch_at = models.DateTimeField("last rep touch", null=True)
    touches = models.PositiveIntegerField(default=0)
    # The moments it waits for, kept by every turn (leads/deadlines.py); empty while nothing is to come.
    abandon_at = models.DateTimeField("auto-abandoned at", null=True)
    return_at = models.DateTimeField("an untouched pull goes back at", null=True)
    freed_at = models.DateTimeField("what held it last ended at", null=True)
    warned_at = models.DateTimeField("told that it is long in working", null=True)
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, choices=Outcome, blank=True)
    reason = models.ForeignKey(Reason, models.PROTECT, null=True, related_name="+")
    nurture_kind = models.CharField(max_length=10, choices=NurtureKind, blank=True)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    size = models.CharField("size, when too small", max_length=40, blank=True)
    is_early = models.BooleanField("abandoned before its steps were done", default=False)
    has_exception = models.BooleanField(default=False)
    opportunity = models.ForeignKey(Opportunity, models.PROTECT, null=True, related_name="+")

    fates = {
        "lead": Fate(merge="stay"),
        "account": RECORD,
        "owner": RECORD,
        "first_touch_by": RECORD,
        "ended_by": RECORD,
    }

    class Meta:
        verbose_name = "round"
        indexes = [
            models.Index(fields=["assigned_at"], name="cycle_assigned"),
            models.Index(
                fields=["working_at"],
                name="cycle_in_working",
                condition=Q(ended_at__isnull=True, working_at__isnull=False),
            ),
            # the sweeps': auto-abandon, untouched pulls, long in working
            models.Index(
                fields=["abandon_at"],
                name="cycle_to_abandon",
                condition=Q(ended_at__isnull=True, abandon_at__isnull=False),
            ),
            models.Index(
                fields=["return_at"],
                name="cycle_to_return",
                condition=Q(ended_at__isnull=True, first_touch_at__isnull=True, return_at__isnull=False),
            ),
            models.Index(
                fields=["working_at"],
                name="cycle_to_warn",
                condition=Q(ended_at__isnull=True, working_at__isnull=False, warned_at__isnull=True, motion="slg"),
            ),
            # what is left out of every figure: few; and who was ended without a touch by a person, hour by hour
            models.Index(
                fields=["ended_at"], include=["id", "lead"], name="cycle_excepted", condition=Q(has_exception=True)
            ),
            models.Index(
                fields=["ended_at"],
                name="cycle_ended_untouched",
                condition=Q(first_touch_at__isnull=True, ended_by__isnull=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["lead", "number"], name="cycle_number_once"),
            # with what the clock of the house asks of each open round, so that it is counted from the index alone
            models.UniqueConstraint(
                fields=["lead"],
                condition=Q(ended_at__isnull=True),
                name="cycle_one_open",
                include=[
                    "motion",
                    "has_exception",
                    "assigned_at",
                    "target_at",
                    "limit_at",
                    "first_touch_at",
                    "self_booked_at",
                    "working_at",
                    "last_touch_at",
                    "abandon_at",
                ],
            ),
            models.CheckConstraint(
                condition=Q(first_touch_at__isnull=True) | Q(first_touch_at__gte=F("assigned_at")),
                name="cycle_touch_after_assignment",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("assigned_at")),
                name="cycle_ends_after_assignment",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, outcome="") | Q(ended_at__isnull=False, outcome__in=Outcome.values),
                name="cycle_end_has_outcome",
            ),
            models.CheckConstraint(
                condition=~Q(outcome__in=["nurture", "unqualified", "opted_out"]) | Q(reason__isnull=False),
                name="cycle_end_has_reason",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="qualified") | Q(opportunity__isnull=False), name="cycle_qualified_has_opportunity"
            ),
        ]

    def __str__(self):
        return f"Round {self.number}"


class Spell(models.Model):
    """The time one owner held a lead within a round. Closed once; otherwise never changed."""

    class How(models.TextChoices):
        ASSIGNED = "assigned", "assigned"
        REASSIGNED = "reassigned", "reassigned"
        SLA = "sla", "moved by its limit"
        RETURNED = "returned", "returned"

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="spells")
    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="spells", verbose_name="round")
    owner = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="+")
    pool = models.ForeignKey(
        Team, models.PROTECT, null=True, related_name="+", help_text="the team whose turn this was"
    )
    role = models.CharField(max_length=12, default="development")
    how = models.CharField(max_length=10, choices=How)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    fates = {"lead": Fate(merge="stay"), "owner": RECORD}

    class Meta:
        indexes = [
            # who lost it in the last 7 days still sees it; the month's shares of a pool
            models.Index(fields=["owner", "-ended_at"], name="spell_of_owner"),
            models.Index(fields=["pool", "began_at"], name="spell_of_pool", condition=Q(pool__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["lead", "role"], condition=Q(ended_at__isnull=True), name="spell_one_open"),
            models.CheckConstraint(condition=Q(owner__isnull=False) | Q(team__isnull=False), name="spell_has_owner"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("began_at")), name="spell_in_order"
            ),
        ]

    def __str__(self):
        return f"{self.owner or self.team} from {self.began_at:%d %b}"
