"""The record: what happened, for ever. Added to, never changed or deleted (LIFE-2); the application's role cannot."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q


class Door(models.TextChoices):
    PAGE = "page", "page"
    ADMIN = "admin", "admin"
    API = "api", "API"
    IMPORT = "import", "import"
    SWEEP = "sweep", "sweep"
    ROUTING = "routing", "routing"
    COMMAND = "command", "command"


# What happens at the door and what leaves the house (`accounts/record_keeping.py`): of nobody's lead.
OF_THE_DOOR = ("sign_in", "sign_out", "sign_in_failed", "locked_out", "unlocked", "second_factor", "export")


class EventQuerySet(models.QuerySet):
    def transitions(self):
        return self.filter(kind="transition")


class Event(models.Model):
    """One thing that happened. Ids and codes only, never personal text, so that erasing a person leaves the record whole.

    `at` is when it became true, `recorded_at` when we learnt it. Ids are bare, so that nothing points up; leads' migrations tie
    `lead_id` to its lead. The timeline reads this one table.
    """

    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    kind = models.CharField(
        max_length=30, help_text="transition, touch, signal, note, owner, task, opt_out, stage, ..."
    )
    move = models.CharField(max_length=30, blank=True, help_text="transition: its name")
    door = models.CharField(max_length=8, choices=Door)
    actor_id = models.BigIntegerField(null=True, help_text="a person; empty is the system")
    lead_id = models.BigIntegerField(null=True)
    cycle_id = models.BigIntegerField("round", null=True)
    account_id = models.BigIntegerField(null=True)
    opportunity_id = models.BigIntegerField(null=True)
    from_status = models.CharField(max_length=12, blank=True)
    to_status = models.CharField(max_length=12, blank=True)
    reason_id = models.BigIntegerField(null=True)
    stayed = models.DurationField(null=True, help_text="how long it was in the state it left")
    data = models.JSONField(default=dict)

    objects = EventQuerySet.as_manager()

    class Meta:
        indexes = [
            # the timeline of one lead, newest first
            models.Index(fields=["lead_id", "-id"], name="event_of_lead", condition=Q(lead_id__isnull=False)),
            # the newest transition of a lead: the guard, "who changed it while you were writing"
            models.Index(fields=["lead_id", "-id"], name="event_transition", condition=Q(kind="transition")),
            models.Index(fields=["account_id", "-id"], name="event_of_account", condition=Q(account_id__isnull=False)),
            models.Index(
                fields=["opportunity_id", "-id"], name="event_of_opportunity", condition=Q(opportunity_id__isnull=False)
            ),
            # the admin's list of one kind of them: few among very many
            models.Index(fields=["kind", "-id"], name="event_of_door", condition=Q(kind__in=OF_THE_DOOR)),
            # who tried to work what belongs to the product
            models.Index(fields=["actor_id", "at"], name="event_tried", condition=Q(kind="tried")),
            # days on which somebody had nothing to pull: few among very many
            models.Index(fields=["actor_id", "at"], name="event_starved", condition=Q(kind="starved")),
            # passed limits of a period: few among very many
            models.Index(fields=["at"], name="event_breach", condition=Q(kind="breach")),
            # rounds known to be excepted at a moment: few among very many
            models.Index(
                fields=["cycle_id"],
                name="event_excepted",
                condition=Q(kind="exception_granted"),
                include=["recorded_at"],
            ),
            # the rounds of which something was written since a period closed, by this index alone; touches have one of their own
            models.Index(
                fields=["recorded_at"],
                name="event_since",
                condition=Q(cycle_id__isnull=False) & ~Q(kind="touch"),
                include=["cycle_id"],
            ),
            # what was written since a moment: the moves of the clock
            BrinIndex(fields=["recorded_at"], name="event_recorded", autosummarize=True),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(door__in=Door.values), name="event_door_known"),
            models.CheckConstraint(
                condition=~Q(kind="transition") | (Q(lead_id__isnull=False) & ~Q(to_status="") & ~Q(move="")),
                name="event_transition_whole",
            ),
        ]

    def __str__(self):
        return f"{self.kind} {self.move}".strip()
