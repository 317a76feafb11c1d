"""A task: what must happen next, and by when. The queue page and every sweep read this one table."""

from django.db import models
from django.db.models import Q

from accounts.models import Reason, Team, User
from accounts.relations import OPEN_WORK, RECORD, Fate

from .cycle import Cycle
from .lead import Channel, Lead


class Task(models.Model):
    """One thing to do. `due_at` and `limit_at` are for a person, `sweep_at` and `level` for the machine (the next moment a sweep
    must look, and how far it has escalated). Open while `done_at` is empty."""

    class Kind(models.TextChoices):
        RESPONSE = "response", "First touch"
        HAND_RAISE = "hand_raise", "They asked for us"
        REPLY = "reply", "They answered"
        FOLLOW_UP = "follow_up", "Follow up"
        KEEP = "keep", "Kept for later"
        REVIEW = "review", "For the manager's word"
        EXCEPTION = "exception", "Exception"
        MEETING = "meeting", "Meeting"
        RESCHEDULE = "reschedule", "Find a new time"

    class Outcome(models.TextChoices):
        DONE = "done", "done"
        DROPPED = "dropped", "no longer needed"
        REFUSED = "refused", "refused"

    kind = models.CharField(max_length=12, choices=Kind)
    lead = models.ForeignKey(Lead, models.CASCADE, related_name="tasks")
    cycle = models.ForeignKey(Cycle, models.CASCADE, null=True, related_name="tasks", verbose_name="round")
    owner = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="+")
    channel = models.CharField(max_length=8, choices=Channel, blank=True)
    what = models.CharField(max_length=200, blank=True)
    reason = models.ForeignKey(Reason, models.PROTECT, null=True, related_name="+")
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    accepted_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", help_text="exception: who granted it"
    )
    began_at = models.DateTimeField(help_text="when the clock of it started")
    due_at = models.DateTimeField()
    limit_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    sweep_at = models.DateTimeField(null=True)
    level = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=8, choices=Outcome, blank=True)

    fates = {"lead": Fate(merge="move", erase="blank"), "owner": OPEN_WORK, "created_by": RECORD, "accepted_by": RECORD}
    personal = {"what": ""}

    class Meta:
        indexes = [
            # one person's day and a team's counts, with all that they say of a task: the rows themselves lie far apart
            models.Index(
                fields=["owner", "due_at"],
                name="task_of_owner",
                condition=Q(done_at__isnull=True),
                include=["lead", "kind", "began_at", "limit_at", "channel", "what", "reason", "accepted_at"],
            ),
            models.Index(
                fields=["team", "due_at"], name="task_of_team", condition=Q(done_at__isnull=True, team__isnull=False)
            ),
            # a manager's list of clocks, what is due first
            models.Index(
                fields=["due_at", "id"],
                name="task_by_clock",
                condition=Q(done_at__isnull=True, limit_at__isnull=False) & ~Q(kind__in=["exception", "review"]),
            ),
            # what a lead still waits for; whether it is a step that was planned
            models.Index(
                fields=["lead", "due_at"],
                name="task_of_lead",
                condition=Q(done_at__isnull=True),
                include=["kind", "accepted_at"],
            ),
            # whose meetings the leads of are seen by who holds them
            models.Index(fields=["owner", "lead"], name="task_meeting_of", condition=Q(kind="meeting")),
            # what a sweep must look at
            models.Index(
                fields=["sweep_at"], name="task_to_sweep", condition=Q(done_at__isnull=True, sweep_at__isnull=False)
            ),
            # clocks that nobody answered
            models.Index(
                fields=["sweep_at"],
                name="task_clock_due",
                condition=Q(limit_at__isnull=False, done_at__isnull=True, sweep_at__isnull=False),
            ),
            # exceptions of which the manager must be told
            models.Index(
                fields=["sweep_at"],
                name="task_exception_due",
                condition=Q(kind="exception", done_at__isnull=True, sweep_at__isnull=False),
            ),
            # no-shows whose duty to find a new time has run out
            models.Index(
                fields=["sweep_at"],
                name="task_duty_due",
                condition=Q(kind="reschedule", done_at__isnull=True, sweep_at__isnull=False),
            ),
        ]
        constraints = [
            # one response clock a round; other kinds may stand several times
            models.UniqueConstraint(fields=["cycle", "kind"], condition=Q(kind="response"), name="task_one_response"),
            models.UniqueConstraint(
                fields=["lead"], condition=Q(kind="exception", done_at__isnull=True), name="task_one_exception"
            ),
            models.UniqueConstraint(
                fields=["lead"], condition=Q(kind="reschedule", done_at__isnull=True), name="task_one_reschedule"
            ),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True, outcome="") | (Q(done_at__isnull=False) & ~Q(outcome="")),
                name="task_done_has_outcome",
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()}, {self.lead}"
