"""The second factor of somebody who may do much: a code from an app, or one of a few to recover with."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.relations import RECORD

from .people import User


class SecondFactor(models.Model):
    """One person's app, with what is needed to check its codes; never shown again once confirmed.

    A table of its own, so that neither the pages and lists that read people nor their history hold secrets.
    """

    user = models.OneToOneField(User, models.CASCADE, related_name="+")
    secret = models.CharField(max_length=64)
    confirmed_at = models.DateTimeField(null=True)
    last_step = models.BigIntegerField(default=0, help_text="the newest code that was used; none works twice")
    recovery = ArrayField(models.CharField(max_length=64), default=list, help_text="hashes of the codes not used yet")
    failures = models.PositiveSmallIntegerField(default=0)
    failed_at = models.DateTimeField(null=True)

    fates = {"user": RECORD}

    def __str__(self):
        return f"second factor of {self.user}"
