"""A change to many: its preview, its errors, its progress, its undo."""

from django.db import models
from django.db.models import Q

from accounts.relations import RECORD

from .people import Team, User


class Batch(models.Model):
    """One import: a file, how its columns are read, and how far it is. `counts` sums to the rows that were read."""

    class Status(models.TextChoices):
        READ = "read", "Read"
        CHECKED = "checked", "Checked"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"
        FAILED = "failed", "Failed"

    kind = models.CharField(max_length=20, default="leads")
    name = models.CharField(max_length=200, help_text="the file's name")
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="+")
    status = models.CharField(max_length=10, choices=Status, default=Status.READ)
    options = models.JSONField(default=dict, help_text="mapping, preset, defaults, date order, encoding, delimiter")
    header = models.JSONField(default=list)
    rows = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict, help_text="created, updated, unchanged, rejected; and per source")
    done_to = models.PositiveIntegerField("done to row", default=0)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    fates = {"by": RECORD}

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "batches"

    def __str__(self):
        return self.name


class BatchRow(models.Model):
    """One row of a batch as it was read, and what became of it. A rejected row keeps its line number, its reason and its text."""

    class Result(models.TextChoices):
        WAITING = "", "waiting"
        CREATED = "created", "created"
        UPDATED = "updated", "updated"
        UNCHANGED = "unchanged", "unchanged"
        REJECTED = "rejected", "rejected"

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="batch_rows", db_index=False)
    number = models.PositiveIntegerField(help_text="the line in the file, the header being 1")
    cells = models.JSONField(default=list, help_text="as read")
    result = models.CharField(max_length=10, blank=True, choices=Result)
    column = models.CharField(max_length=100, blank=True)
    error = models.CharField(max_length=300, blank=True)
    lead_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "number"], name="batchrow_once")]
        indexes = [models.Index(fields=["batch", "number"], name="batchrow_rejected", condition=Q(result="rejected"))]

    def __str__(self):
        return f"row {self.number}"
