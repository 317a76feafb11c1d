"""What RevOps keeps of the figures: the rates of the pay statements' bonuses (REP-19), when a lead is stuck (REP-7), and what other
currencies are worth."""

from django import forms
from django.contrib import admin

from accounts import clock
from accounts.admin.base import RuledAdmin, VersionedAdmin
from leads.lifecycle import Refused
from reporting import rates
from reporting.models import BonusRate, ExchangeRate, StuckLimit


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


class RateForm(forms.ModelForm):
    """A rate from a day on; what `rates.keep` refuses is said at its field."""

    class Meta:
        model = ExchangeRate
        fields = ["currency", "from_date", "rate"]

    def clean_currency(self):
        return self.cleaned_data["currency"].upper()

    def clean(self):
        """Say at the field what would be refused."""
        found = super().clean()
        if all(found.get(name) for name in self._meta.fields):
            try:
                rates.refuse_unfit(**{name: found[name] for name in self._meta.fields}, at=clock.now())
            except Refused as refusal:
                self.add_error(refusal.code, refusal.words)
        return found


@admin.register(ExchangeRate)
class ExchangeRateAdmin(RuledAdmin):
    """What one of a currency is worth from a day on: looked up and added to, never changed."""

    see, keep = "rules.see", "rules.change"
    form = RateForm
    actions = None
    list_display = ["currency", "from_date", "rate", "recorded_at", "by"]
    list_select_related = ["by"]
    search_fields = ["currency"]

    def has_change_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        kept = rates.keep(obj.currency, obj.from_date, obj.rate, by=request.user, at=clock.now())
        obj.pk, obj.recorded_at, obj.by = kept.pk, kept.recorded_at, kept.by
