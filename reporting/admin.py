"""What RevOps keeps of the figures: the rates of the pay statements' bonuses (REP-19), and when a lead is stuck (REP-7)."""

from django.contrib import admin

from accounts.admin.base import VersionedAdmin
from reporting.models import BonusRate, StuckLimit


@admin.register(BonusRate)
class BonusRateAdmin(VersionedAdmin):
    """What each line of a pay statement brings, by version."""

    fields = ["valid_from", "per_meeting", "pipeline_percent", "won_percent"]
    list_display = ["version", "valid_from", "per_meeting", "pipeline_percent", "won_percent"]


@admin.register(StuckLimit)
class StuckLimitAdmin(VersionedAdmin):
    """After how many days in a state a lead is stuck, by version."""

    fields = [
        "valid_from",
        "raw_days",
        "assigned_days",
        "working_days",
        "trying_days",
        "using_days",
        "qualified_days",
        "nurture_days",
    ]
    list_display = ["version", *fields]
