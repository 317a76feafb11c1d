"""Figures that are kept: what was counted on a day, and what a period's pay was based on. All others are computed when asked."""

from django.db import models
from django.db.models import Q

from accounts.models import User
from accounts.relations import RECORD


class Figure(models.Model):
    """One figure of one day. `count` and `move` are counted anew until their day is over, `pay` is written once and never again.

    `key` says what of: a state and motion, a pair of states, a line of a pay statement. `frozen_at` is when it was counted.
    """

    class Kind(models.TextChoices):
        COUNT = "count", "leads in a state"
        MOVE = "move", "moves between states"
        STAY = "stay", "how long leads stayed in a state"
        PAY = "pay", "a line of a pay statement"

    kind = models.CharField(max_length=5, choices=Kind)
    day = models.DateField(help_text="the day it is of; of a period, its first")
    until = models.DateField(null=True, help_text="of a period: the day it ends before")
    key = models.CharField(max_length=120)
    person = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    value = models.DecimalField(max_digits=16, decimal_places=2)
    data = models.JSONField(default=dict)
    frozen_at = models.DateTimeField()

    fates = {"person": RECORD}

    class Meta:
        indexes = [models.Index(fields=["person", "day"], name="figure_of_person", condition=Q(person__isnull=False))]
        constraints = [models.UniqueConstraint(fields=["kind", "day", "key"], name="figure_once")]

    def __str__(self):
        return f"{self.key}, {self.day}"
