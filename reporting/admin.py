"""What RevOps keeps of the figures: the rates of the pay statements' bonuses (REP-19)."""

from django.contrib import admin

from accounts.admin.base import VersionedAdmin
from reporting.models import BonusRate


@admin.register(BonusRate)
class BonusRateAdmin(VersionedAdmin):
    """What each line of a pay statement brings, by version."""

    fields = ["valid_from", "per_meeting", "pipeline_percent", "won_percent"]
    list_display = ["version", "valid_from", "per_meeting", "pipeline_percent", "won_percent"]
