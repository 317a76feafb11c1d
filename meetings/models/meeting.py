"""A meeting with somebody: booked, moved, held or not, and what its owner said of it (MEET-1, MEET-2)."""

import uuid

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django_fsm import ConcurrentTransitionMixin, FSMField, transition

from accounts.models import Account, Opportunity, Reason, Team, User
from accounts.relations import OPEN_WORK, RECORD, Fate
from leads.models import Cycle, Lead, Task

from .hand_off import HandOffPoint


class MeetingStatus(models.TextChoices):
    BOOKED = "booked", "Booked"
    RESCHEDULED = "rescheduled", "Rescheduled"
    CANCELLED = "cancelled", "Cancelled"
    QUALIFIED = "qualified", "Completed, qualified"
    UNQUALIFIED = "unqualified", "Completed, unqualified"
    NO_SHOW = "no_show", "No show"
    MISSED = "missed", "Missed by us"


MeetingStatus.HELD = (MeetingStatus.QUALIFIED, MeetingStatus.UNQUALIFIED)
MeetingStatus.DISPOSED = (*MeetingStatus.HELD, MeetingStatus.NO_SHOW, MeetingStatus.MISSED)


class _Range(Func):
    """The time from start to end, without its end: two in a row do not overlap."""

    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


TIME = _Range("starts_at", "ends_at", RangeBoundary())


class MeetingQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Keep what this person may see: the rules are in `meetings/permissions.py`."""
        from meetings import permissions  # which stands above the models

        return permissions.visible_to(self, user)

    def due(self, at):
        """Keep what began and has no disposition yet, the longest waiting first, by `meeting_of_owner`."""
        return self.filter(status=MeetingStatus.BOOKED, starts_at__lte=at).order_by("starts_at", "pk")

    def ahead(self, at):
        """Keep what is still to come, the next first, by `meeting_of_owner`."""
        return self.filter(status=MeetingStatus.BOOKED, starts_at__gt=at).order_by("starts_at", "pk")

    def for_a_list(self):
        """Read beside each what a row of a list shows. No query more."""
        return self.select_related("lead", "owner", "opportunity__product", "opportunity__account", "sourced_by")


class Meeting(ConcurrentTransitionMixin, models.Model):
    """One appointed time with one lead, for one opportunity. Moved to another time it ends *rescheduled*, and the next row follows it.

    `owner` holds it and says what came of it; `sourced_by` brought it about and is credited, whoever has the lead by then. The
    disposition is due 24 hours after the scheduled start; `disposed_at` is its first moment, a correction changes only what it says.
    All rows of one invitation share `uid`, each has the next `sequence`.
    """

    lead = models.ForeignKey(Lead, models.PROTECT, related_name="+")
    cycle = models.ForeignKey(
        Cycle, models.PROTECT, null=True, related_name="+", help_text="the round it was booked in"
    )
    account = models.ForeignKey(Account, models.PROTECT, related_name="+")
    opportunity = models.ForeignKey(Opportunity, models.PROTECT, related_name="+")
    owner = models.ForeignKey(User, models.PROTECT, related_name="+")
    sourced_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    booked_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", help_text="empty: they themselves")
    pool = models.ForeignKey(Team, models.PROTECT, null=True, related_name="+", help_text="the team whose turn it took")
    task = models.ForeignKey(Task, models.SET_NULL, null=True, related_name="+")
    status = FSMField(choices=MeetingStatus.choices, default=MeetingStatus.BOOKED, protected=True, max_length=12)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    zone = models.CharField("their time zone", max_length=60, blank=True)
    place = models.CharField(max_length=300, blank=True, help_text="a link, a number or an address")
    point = models.CharField("hand-off", max_length=10, choices=HandOffPoint)
    persona = models.CharField(max_length=80, blank=True)
    next_step = models.TextField("what they want of it", blank=True)

    previous = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    uid = models.UUIDField(default=uuid.uuid4)
    sequence = models.PositiveIntegerField(default=0)
    version = models.PositiveIntegerField(default=0)

    booked_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    due_at = models.DateTimeField("disposition due")
    sweep_at = models.DateTimeField(null=True, editable=False, help_text="when a sweep must look next")
    level = models.PositiveSmallIntegerField(default=0, editable=False, help_text="how far it has escalated")
    ended_at = models.DateTimeField(null=True, help_text="when it was moved, cancelled or disposed of")
    is_theirs = models.BooleanField("moved or cancelled by them", default=False)
    disposed_at = models.DateTimeField(null=True)
    disposed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    reason = models.ForeignKey(Reason, models.PROTECT, null=True, related_name="+")
    size = models.CharField("size, where the reason asks for it", max_length=40, blank=True, db_default="", default="")
    corrected_at = models.DateTimeField(null=True)
    is_credited = models.BooleanField(
        default=False, help_text="the one of its opportunity that its SDR is credited for"
    )

    claim = models.CharField(
        max_length=12, choices=MeetingStatus, blank=True, help_text="what the SDR recorded after 48 h"
    )
    claim_reason = models.ForeignKey(Reason, models.PROTECT, null=True, related_name="+")
    claim_size = models.CharField(max_length=40, blank=True, db_default="", default="")
    claimed_at = models.DateTimeField(null=True)
    claimed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    contested_at = models.DateTimeField(null=True)
    contested_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    contest = models.TextField("why it is contested", blank=True)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    fates = {
        "lead": Fate(merge="move", erase="blank"),
        "account": Fate(merge="move"),
        "opportunity": Fate(merge="move"),
        "owner": OPEN_WORK,
        "sourced_by": RECORD,  # credit survives hand-off, reassignment and leaving
        "booked_by": RECORD,
        "disposed_by": RECORD,
        "claimed_by": RECORD,
        "contested_by": RECORD,
        "settled_by": RECORD,
    }
    personal = {"place": "", "zone": "", "persona": "", "next_step": "", "contest": ""}
    objects = MeetingQuerySet.as_manager()

    class Meta:
        indexes = [
            # an AE's first page: what is due, what is ahead
            models.Index(fields=["owner", "starts_at"], name="meeting_of_owner", condition=Q(status="booked")),
            # the day, the week and the calendar feed of one person, whatever became of it
            models.Index(fields=["owner", "-starts_at"], name="meeting_calendar"),
            models.Index(fields=["sourced_by", "-starts_at"], name="meeting_sourced"),
            # what an SDR brought about and nobody told of yet, or is still to come: few among all of theirs
            models.Index(fields=["sourced_by", "starts_at"], name="meeting_sourced_open", condition=Q(status="booked")),
            # a lead's page; the no-shows of a round
            models.Index(fields=["lead", "-starts_at"], name="meeting_of_lead"),
            models.Index(fields=["opportunity"], name="meeting_of_opportunity"),
            # the sweeps': reminder, 24 h, 48 h
            models.Index(fields=["sweep_at"], name="meeting_to_sweep", condition=Q(sweep_at__isnull=False)),
        ]
        constraints = [
            ExclusionConstraint(
                name="meeting_owner_free",
                expressions=[("owner", RangeOperators.EQUAL), (TIME, RangeOperators.OVERLAPS)],
                condition=Q(status="booked"),
            ),
            ExclusionConstraint(
                name="meeting_lead_free",
                expressions=[("lead", RangeOperators.EQUAL), (TIME, RangeOperators.OVERLAPS)],
                condition=Q(status="booked"),
            ),
            models.UniqueConstraint(fields=["uid", "sequence"], name="meeting_sequence_once"),
            models.UniqueConstraint(fields=["opportunity"], condition=Q(is_credited=True), name="meeting_one_credit"),
            models.UniqueConstraint(
                fields=["previous"],
                condition=Q(status__in=["booked", *MeetingStatus.DISPOSED]),
                name="meeting_one_next",
            ),
            models.CheckConstraint(condition=Q(status__in=MeetingStatus.values), name="meeting_status_known"),
            models.CheckConstraint(condition=Q(point__in=HandOffPoint.values), name="meeting_point_known"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="meeting_in_order"),
            models.CheckConstraint(
                condition=Q(status="booked") ^ Q(ended_at__isnull=False), name="meeting_end_is_dated"
            ),
            models.CheckConstraint(
                condition=Q(status__in=MeetingStatus.DISPOSED, disposed_at__isnull=False)
                | (~Q(status__in=MeetingStatus.DISPOSED) & Q(disposed_at__isnull=True)),
                name="meeting_disposition_is_dated",
            ),
            models.CheckConstraint(
                condition=Q(status="unqualified", reason__isnull=False)
                | (~Q(status="unqualified") & Q(reason__isnull=True)),
                name="meeting_unqualified_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(is_credited=False) | Q(status__in=MeetingStatus.HELD), name="meeting_credit_held"
            ),
            models.CheckConstraint(
                condition=Q(sweep_at__isnull=True) | Q(status="booked"), name="meeting_swept_while_booked"
            ),
        ]

    def __str__(self):
        return f"{self.get_status_display()}, {self.starts_at:%Y-%m-%d %H:%M} UTC"

    @property
    def is_disposed(self) -> bool:
        return self.status in MeetingStatus.DISPOSED

    # A disposition may follow from the appointment, or correct another one.

    @transition(field=status, source=MeetingStatus.BOOKED, target=MeetingStatus.RESCHEDULED)
    def move(self):
        """To another time, before this one came."""

    @transition(field=status, source=MeetingStatus.BOOKED, target=MeetingStatus.CANCELLED)
    def cancel(self):
        """Called off, before its time came."""

    @transition(
        field=status,
        source=[MeetingStatus.BOOKED, MeetingStatus.UNQUALIFIED, MeetingStatus.NO_SHOW, MeetingStatus.MISSED],
        target=MeetingStatus.QUALIFIED,
    )
    def qualify(self):
        """It was held, and they may buy."""

    @transition(
        field=status,
        source=[MeetingStatus.BOOKED, MeetingStatus.QUALIFIED, MeetingStatus.NO_SHOW, MeetingStatus.MISSED],
        target=MeetingStatus.UNQUALIFIED,
    )
    def unqualify(self):
        """It was held, and they will not buy now, or never."""

    @transition(
        field=status,
        source=[MeetingStatus.BOOKED, MeetingStatus.QUALIFIED, MeetingStatus.UNQUALIFIED, MeetingStatus.MISSED],
        target=MeetingStatus.NO_SHOW,
    )
    def not_shown(self):
        """We were there, and they were not."""

    @transition(
        field=status,
        source=[MeetingStatus.BOOKED, MeetingStatus.QUALIFIED, MeetingStatus.UNQUALIFIED, MeetingStatus.NO_SHOW],
        target=MeetingStatus.MISSED,
    )
    def miss(self):
        """They were there, and we were not: not the prospect's no-show."""
