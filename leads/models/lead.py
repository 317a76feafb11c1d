"""The lead: a person, for life, and the bare transitions of their life (spec section 1).

A transition method changes `self` and nothing else; what happens across rows is in the process modules, which go through
`leads/lifecycle.py`. The database refuses any other change of `status` (`leads/guards.py`).
"""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django_fsm import ConcurrentTransitionMixin, FSMField, transition

from accounts.models import Account, NurtureKind, Reason, Team, User
from accounts.reading import as_read
from accounts.relations import OPEN_WORK, RECORD, Fate

from .lead_constraints import CONSTRAINTS
from .source import Source
from .states import Channel, GoToMarket, LeadStatus, Motion


class LeadQuerySet(models.QuerySet):
    def visible_to(self, user, at=None):
        """Keep what this person may see: the rules and the cost are in `leads/permissions.py`."""
        from leads import permissions  # which stands above the models

        return permissions.visible_to(self, user, at)


class Lead(ConcurrentTransitionMixin, models.Model):
    """One person, from the first form fill through customer; never converted into another kind of record.

    `version` rises only with status, owner or cycle, so that an import does not make open forms stale. `cycle` is the open round,
    or the last one. `owner` and `team` exclude each other: in hand it is one of them, waiting it is the queue.
    """

    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    title = models.CharField(max_length=160, blank=True)
    company = models.CharField(max_length=200, blank=True)
    email = models.CharField(max_length=254, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    website = models.CharField(max_length=300, blank=True)
    country = models.CharField(max_length=80, blank=True)
    account = models.ForeignKey(Account, models.PROTECT, null=True, blank=True, related_name="leads", db_index=False)

    status = FSMField("state", choices=LeadStatus.choices, default=LeadStatus.RAW, protected=True, max_length=12)
    status_since = models.DateTimeField("in this state since")
    nurture_kind = models.CharField(max_length=10, choices=NurtureKind, blank=True)
    reason = models.ForeignKey(Reason, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    recycle_at = models.DateTimeField("comes back at", null=True, blank=True)
    version = models.PositiveIntegerField(default=0)

    motion = models.CharField(max_length=3, choices=Motion)
    go_to_market = models.CharField("go-to-market", max_length=8, choices=GoToMarket)
    source = models.ForeignKey(Source, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    campaign = models.ForeignKey(Source, models.PROTECT, null=True, blank=True, related_name="+")
    segment = models.CharField(max_length=40, blank=True)
    region = models.CharField(max_length=40, blank=True)
    score = models.PositiveSmallIntegerField(null=True, blank=True)

    # No index of its own for a column that one below begins with.
    owner = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    development_owner = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="sales development owner",
        db_index=False,
    )
    opportunity_owner = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    success_owner = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="customer success owner",
        db_index=False,
    )
    cycle = models.ForeignKey(
        "leads.Cycle", models.PROTECT, null=True, blank=True, related_name="+", db_index=False, verbose_name="round"
    )

    opted_out_at = models.DateTimeField("asked us to stop, all channels", null=True, blank=True)
    opted_out_channels = ArrayField(models.CharField(max_length=10, choices=Channel), default=list, blank=True)
    last_activity_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(help_text="when this person first came to us")
    recorded_at = models.DateTimeField(help_text="when we learnt it")
    search = models.TextField(
        blank=True, editable=False, help_text="name, company, address and phone in lower case, for the one search box"
    )
    gone_as = models.CharField(max_length=10, blank=True, editable=False)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", editable=False, db_index=False
    )

    fates = {
        "account": Fate(merge="move"),
        "owner": OPEN_WORK,
        "development_owner": RECORD,
        "opportunity_owner": OPEN_WORK,
        "success_owner": OPEN_WORK,
        "merged_into": RECORD,
    }
    objects = LeadQuerySet.as_manager()

    class Meta:
        indexes = [
            # lists by owner and state, newest first
            models.Index(fields=["owner", "status", "-id"], name="lead_of_owner", condition=Q(owner__isnull=False)),
            # what people have in hand, counted from the index alone
            models.Index(
                fields=["owner", "status", "id"],
                name="lead_in_hand",
                condition=Q(owner__isnull=False, gone_as="", status__in=["assigned", "working"]),
            ),
            # a team's queue, oldest first
            models.Index(
                fields=["team", "status", "id"], name="lead_in_queue", condition=Q(team__isnull=False, gone_as="")
            ),
            # how many wait to be pulled from it: counted by every queue page
            models.Index(
                fields=["team"],
                name="lead_waiting",
                condition=Q(
                    team__isnull=False,
                    status__in=LeadStatus.WAITING,
                    motion=Motion.SLG,
                    gone_as="",
                    opted_out_at__isnull=True,
                ),
            ),
            # the list of leads and the admin's, newest first: of all, of one state, of one source
            models.Index(fields=["-created_at", "-id"], name="lead_newest", condition=Q(gone_as="")),
            models.Index(fields=["status", "-created_at", "-id"], name="lead_by_status", condition=Q(gone_as="")),
            models.Index(fields=["source", "-created_at", "-id"], name="lead_by_source", condition=Q(gone_as="")),
            models.Index(fields=["account"], name="lead_of_account", condition=Q(account__isnull=False)),
            # is there anybody whom an import must not bring back?
            models.Index(fields=["gone_as"], name="lead_erased", condition=Q(gone_as="erased")),
            # nurture that comes back by itself
            models.Index(
                fields=["recycle_at"],
                include=["gone_as"],  # counted by the clock from the index alone
                name="lead_recycle_due",
                condition=Q(recycle_at__isnull=False, status="nurture"),
            ),
            GinIndex(OpClass("search", name="gin_trgm_ops"), name="lead_search"),
            # Of what most leads have not, only those that have it: an index costs every lead that comes in.
            *(
                models.Index(fields=[name], name=f"lead_by_{name}", condition=Q(**{f"{name}__isnull": False}))
                for name in ("reason", "development_owner", "opportunity_owner", "success_owner", "merged_into")
            ),
        ]
        constraints = CONSTRAINTS

    def __str__(self):
        return self.name

    @classmethod
    def from_db(cls, db, field_names, values, *, fetch_mode=None):
        """Make a lead of what was read, the short way where all of it was."""
        if len(values) != len(cls._meta.concrete_fields):
            return super().from_db(db, field_names, values, fetch_mode=fetch_mode)
        lead = as_read(cls, db, field_names, values)
        if fetch_mode is not None:
            lead._state.fetch_mode = fetch_mode
        lead._update_initial_state()
        return lead

    @property
    def name(self) -> str:
        return (
            f"{self.first_name} {self.last_name}".strip()
            or self.email
            or self.company
            or self.phone
            or f"Lead {self.pk}"
        )

    @property
    def is_open(self) -> bool:
        return self.status in LeadStatus.OPEN

    @property
    def is_shielded(self) -> bool:
        """In hand and product-led: it belongs to the product, no seller touches it (MOTION-2)."""
        return self.is_open and self.motion == Motion.PLG

    @property
    def state_label(self) -> str:
        """The state as people read it, the motion with it (spec section 1): Open SLG, Working P, Not now."""
        if self.status == LeadStatus.ASSIGNED:
            return f"Open {self.motion.upper()}"
        if self.status == LeadStatus.WORKING:
            return f"Working {self.motion[0].upper()}"
        return self.get_status_display()

    @property
    def state_fields(self):
        """The one there is; without this it is looked for among all fields at every row that is read."""
        return (self._meta.get_field("status"),)

    # The transitions. Each names who may be where; which person may, and what must be true across rows, is the process's to say.

    @transition(field=status, source=[LeadStatus.RAW, LeadStatus.NURTURE], target=LeadStatus.ASSIGNED)
    def assign(self):
        """A round begins: an owner, a time, a trigger."""

    @transition(field=status, source=LeadStatus.RAW, target=LeadStatus.NURTURE)
    def set_aside(self):
        """The form or marketing says not now."""

    @transition(field=status, source=[LeadStatus.RAW, LeadStatus.NURTURE], target=LeadStatus.UNQUALIFIED)
    def discard(self):
        """Trash never reaches sales."""

    @transition(field=status, source=LeadStatus.ASSIGNED, target=LeadStatus.WORKING)
    def start(self):
        """The first touch; product-led: activation."""

    @transition(field=status, source=[LeadStatus.ASSIGNED, LeadStatus.WORKING], target=LeadStatus.NURTURE)
    def nurture(self):
        """Not now, with a reason."""

    @transition(field=status, source=[LeadStatus.ASSIGNED, LeadStatus.WORKING], target=LeadStatus.UNQUALIFIED)
    def unqualify(self):
        """Never, with a reason."""

    @transition(field=status, source=LeadStatus.WORKING, target=LeadStatus.QUALIFIED)
    def qualify(self):
        """Now: an opportunity of theirs reached the qualifying stage."""

    @transition(field=status, source=LeadStatus.QUALIFIED, target=LeadStatus.NURTURE)
    def lose(self):
        """Their opportunity was lost: not now."""

    @transition(field=status, source=LeadStatus.QUALIFIED, target=LeadStatus.UNQUALIFIED)
    def lose_for_good(self):
        """Their opportunity was lost for a reason that means never."""

    @transition(field=status, source=LeadStatus.UNQUALIFIED, target=LeadStatus.ASSIGNED)
    def reopen(self):
        """A manager's note, or a hand raise whose reason may return."""

    @transition(field=status, source=LeadStatus.QUALIFIED, target=LeadStatus.ASSIGNED)
    def come_back(self):
        """A new round for a customer, once the opportunity is closed."""

    @transition(field=status, source=list(LeadStatus.ENDED), target=LeadStatus.WORKING)
    def take_back(self):
        """A disposition is taken back: the same round goes on."""

    @transition(field=status, source=list(LeadStatus.ENDED), target=LeadStatus.ASSIGNED)
    def take_back_untouched(self):
        """A disposition without a touch is taken back: the same round goes on."""

    @transition(field=status, source=LeadStatus.WORKING, target=LeadStatus.ASSIGNED)
    def withdraw(self):
        """The first touch is withdrawn within its minute."""

    @transition(field=status, source=[LeadStatus.ASSIGNED, LeadStatus.WORKING], target=LeadStatus.ASSIGNED)
    def hand_over(self):
        """Product-led to sales-led: a new round in the same transaction."""

    @transition(field=status, source=LeadStatus.WORKING, target=LeadStatus.ASSIGNED)
    def fit_self_serve(self):
        """Sales-led to product-led: a new round in the same transaction."""

    @transition(field=status, source=[LeadStatus.ASSIGNED, LeadStatus.WORKING], target=LeadStatus.UNQUALIFIED)
    def opt_out(self):
        """They asked us to stop, on every channel."""

    @transition(field=status, source=LeadStatus.ASSIGNED, target=LeadStatus.RAW)
    def give_back_raw(self):
        """A pull given back untouched, to where it was."""

    @transition(field=status, source=LeadStatus.ASSIGNED, target=LeadStatus.NURTURE)
    def give_back_nurture(self):
        """A pull given back untouched, to where it was."""
