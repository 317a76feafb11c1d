"""People, their teams, and when they are away. Read by routing, rights and every page; changed by RevOps in the admin."""

import zoneinfo
from datetime import time

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q, Value

from accounts.relations import OPEN_WORK, RECORD, Fate

from .change import Kept


class Role(models.TextChoices):
    SDR = "sdr", "SDR"
    AE = "ae", "AE"
    CSM = "csm", "CSM"
    MANAGER = "manager", "Manager"
    REVOPS = "revops", "RevOps"
    MARKETING = "marketing", "Marketing"
    LEADERSHIP = "leadership", "Leadership"
    API = "api", "API client"


def is_time_zone(name: str) -> None:
    """Refuse a name that the time zone database does not know."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(f"“{name}” is no time zone. Example: Europe/Berlin.")


def weekdays() -> list[int]:
    return [1, 2, 3, 4, 5]


class UserManager(BaseUserManager):
    def create_user(self, username, password=None, **fields):
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username, password=None, **fields):
        return self.create_user(username, password, **{"role": Role.REVOPS, **fields}, is_staff=True, is_superuser=True)

    def get_by_natural_key(self, username):
        return self.get(username=username)


class User(AbstractBaseUser, PermissionsMixin):
    """One person who signs in, or one API client. Never deleted: switched off."""

    username = models.CharField("name to sign in", max_length=60, unique=True)
    name = models.CharField("full name", max_length=120)
    email = models.EmailField(blank=True)
    role = models.CharField(max_length=12, choices=Role)
    time_zone = models.CharField(max_length=60, default="Europe/Berlin", validators=[is_time_zone])
    work_start = models.TimeField(default=time(9), help_text="Local. Used for shifts, never to soften a clock.")
    work_end = models.TimeField(default=time(18))
    work_days = ArrayField(models.PositiveSmallIntegerField(), default=weekdays, help_text="1 is Monday, 7 is Sunday.")
    keys_on = models.BooleanField("single keys on", default=True)
    morning_at = models.DateTimeField(
        null=True, editable=False, help_text="managers: when the next morning's figures are due"
    )
    day_ends_at = models.DateTimeField(
        null=True, editable=False, help_text="who pulls: when their day is looked at next"
    )
    told_by = models.JSONField(
        default=dict,
        db_default=Value({}, models.JSONField()),
        editable=False,
        help_text="kind of message: the way they chose",
    )
    feed_digest = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)
    is_active = models.BooleanField(default=True, help_text="Off: cannot sign in, gets nothing.")
    is_staff = models.BooleanField("may use the admin", default=False)
    date_joined = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["name"]
    kept = Kept(
        leave_out=("last_login", "morning_at", "day_ends_at", "told_by", "keys_on", "feed_digest", "date_joined"),
        hide=("password",),
    )
    objects = UserManager()

    class Meta:
        ordering = ["username"]
        constraints = [
            # whose calendar a secret opens
            models.UniqueConstraint(fields=["feed_digest"], condition=~Q(feed_digest=""), name="user_feed_once"),
            models.CheckConstraint(condition=Q(work_start__lt=F("work_end")), name="user_hours_in_order"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="user_role_known"),
        ]

    def __str__(self):
        return self.name or self.username

    def get_short_name(self):
        return self.__str__().split(" ")[0]

    def get_full_name(self):
        return str(self)

    @property
    def initials(self) -> str:
        return "".join(word[0] for word in str(self).split()[:2]).upper()

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)


class Team(models.Model):
    """A line with a manager, a pool that receives leads, or the product itself (which has no members: that is the shield)."""

    class Kind(models.TextChoices):
        LINE = "line", "Line"
        POOL = "pool", "Pool"
        PRODUCT = "product", "Product"

    name = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.LINE)
    manager = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="managed_teams")
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    outbound_queue = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+",
        help_text="Where its leads wait when they come back. Empty: where the team above says, else in its own queue.",
    )  # fmt: skip
    members = models.ManyToManyField(User, through="Membership", related_name="teams")
    is_active = models.BooleanField(default=True)

    fates = {"manager": OPEN_WORK}
    kept = Kept()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["kind"], condition=Q(kind="product"), name="team_one_product"),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="team_not_its_own_parent"),
        ]

    def __str__(self):
        return self.name


class Membership(models.Model):
    """One person in one team, with their share of what it receives and their limits."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships")
    weight = models.PositiveSmallIntegerField(
        default=100, help_text="Share of what the team receives; 50 is half of 100, 0 is none."
    )
    cap_open = models.PositiveIntegerField("most open leads", null=True, blank=True)
    cap_day = models.PositiveIntegerField("most new leads a day", null=True, blank=True)
    joined_at = models.DateTimeField(auto_now_add=True)

    fates = {"user": Fate(leave="stay")}
    kept = Kept(leave_out=("joined_at",), under="team", part="user")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "team"], name="membership_once")]

    def __str__(self):
        return f"{self.user} in {self.team}"


class Absence(models.Model):
    """A time somebody is away. Two days or more name a delegate (ROUTE-9)."""

    user = models.ForeignKey(User, models.CASCADE, related_name="absences")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    delegate = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    note = models.CharField(max_length=200, blank=True)

    fates = {"user": RECORD, "delegate": RECORD}
    kept = Kept()

    class Meta:
        ordering = ["starts_at"]
        indexes = [models.Index(fields=["user", "ends_at"], name="absence_now")]
        constraints = [
            models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="absence_in_order"),
            models.CheckConstraint(condition=~Q(delegate=F("user")), name="absence_other_delegate"),
        ]

    def __str__(self):
        return f"{self.user} away"

    def clean(self):
        if self.starts_at and self.starts_at.year < 2000:
            raise ValidationError({"starts_at": "Choose a later day."})
        if self.starts_at and self.ends_at and (self.ends_at - self.starts_at).days >= 2 and not self.delegate_id:
            raise ValidationError({"delegate": "Away for two days or more: name who stands in."})
