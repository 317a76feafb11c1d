"""Settings that RevOps keeps by version: changing one is adding the next, and what was in force at any moment can be read for ever."""

from datetime import datetime
from typing import Self

from django.db import models


class Versioned(models.Model):
    """One version of a setting. The newest that has begun is in force."""

    version = models.PositiveIntegerField(unique=True, editable=False)
    valid_from = models.DateTimeField("in force from")

    class Meta:
        abstract = True
        ordering = ["-valid_from", "-version"]

    @classmethod
    def in_force(cls, at: datetime) -> Self:
        """Return the newest version that has begun; as shipped where there is none. One query."""
        return cls.objects.filter(valid_from__lte=at).order_by("-valid_from", "-version").first() or cls()
