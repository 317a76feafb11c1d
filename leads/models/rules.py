"""Rules RevOps keeps: if this, then that, by version. Here: the response time promised to a lead (SLA-1, SLA-7)."""

from django.db import models
from django.db.models import F, Q


class Policy(models.Model):
    """One version of a response policy. Never edited once in force: a new version begins at a date, rounds keep the one they began with."""

    name = models.CharField(max_length=80)
    version = models.PositiveIntegerField(default=1)
    valid_from = models.DateTimeField()
    target_minutes = models.PositiveIntegerField(default=120)
    limit_minutes = models.PositiveIntegerField(default=1440)

    class Meta:
        verbose_name_plural = "policies"
        ordering = ["name", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["name", "version"], name="policy_version_once"),
            models.CheckConstraint(
                condition=Q(target_minutes__lte=F("limit_minutes")), name="policy_target_within_limit"
            ),
        ]

    def __str__(self):
        return f"{self.name}, version {self.version}"
