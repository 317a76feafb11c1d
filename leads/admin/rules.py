"""Where leads come from, and how fast we promise to answer: RevOps' to keep."""

from datetime import timedelta

from django import forms
from django.contrib import admin
from django.utils import timezone

from accounts import clock
from accounts.admin.base import RuledAdmin, VersionedAdmin
from accounts.words import duration
from leads.models import CardRule, Policy, Source


@admin.register(Source)
class SourceAdmin(RuledAdmin):
    """Sources, and campaigns below them."""

    see, keep = "rules.see", "rules.change"
    fields = ["name", "parent"]
    raw_id_fields = ["parent"]
    list_display = ["name", "parent"]
    list_select_related = ["parent"]
    search_fields = ["name"]
    sortable_by = ["id"]
    ordering = ["-id"]


def consequence(target_minutes: int, limit_minutes: int) -> str:
    """Say what these limits mean for a lead that comes in on a Friday afternoon, when it hurts."""
    friday = timezone.datetime(2026, 10, 16, 15, 5)
    target, limit = (friday + timedelta(minutes=m) for m in (target_minutes, limit_minutes))
    return (
        f"Assigned on Friday at 15:05, a lead is at risk from {_by(friday + (target - friday) * 0.75)}, over target after "
        f"{_by(target)} ({duration(target - friday)}) and over limit after {_by(limit)} ({duration(limit - friday)}). "
        f"Evenings and weekends count."
    )


def _by(moment) -> str:
    return f"{moment:%A} {moment:%H:%M}"


class PolicyForm(forms.ModelForm):
    """A new version of a policy: what is in force is never edited."""

    class Meta:
        model = Policy
        fields = [
            "name", "order", "valid_from", "source", "segment", "is_target", "target_minutes", "limit_minutes", "at_limit", "is_active",
        ]  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        now = self.initial.get("target_minutes"), self.initial.get("limit_minutes")
        if all(now) and "limit_minutes" in self.fields:
            self.fields["limit_minutes"].help_text = f"With {now[0]} and {now[1]} minutes: {consequence(*now)}"

    def clean_valid_from(self):
        begins = self.cleaned_data["valid_from"]
        if begins < clock.now() - timedelta(minutes=5):
            raise forms.ValidationError(
                "That is past. A version begins now or later; rounds keep the one they began with."
            )
        return begins

    def clean_target_minutes(self):
        if (minutes := self.cleaned_data["target_minutes"]) < 1:
            raise forms.ValidationError("At least 1 minute: at 0 every lead is late when it comes.")
        return minutes

    def clean(self):
        found = super().clean()
        if found.get("target_minutes") and found.get("limit_minutes", 0) < found["target_minutes"]:
            self.add_error("limit_minutes", "The limit lies at or after the target.")
        return found


@admin.register(Policy)
class PolicyAdmin(RuledAdmin):
    """Response policies by version. Changing one is adding the next (SLA-7)."""

    see, keep = "rules.see", "rules.change"
    form = PolicyForm
    fields = PolicyForm.Meta.fields
    raw_id_fields = ["source"]
    list_display = ["name", "version", "order", "valid_from", "for_whom", "target_minutes", "limit_minutes", "in_words"]
    list_select_related = ["source"]
    search_fields = ["name"]
    ordering = ["-valid_from", "-version"]

    def has_change_permission(self, request, obj=None):
        return False

    def get_fields(self, request, obj=None):
        return [*self.fields, "version", "in_words"] if obj else self.fields

    def get_changeform_initial_data(self, request):
        """Begin with what is in force."""
        newest = Policy.objects.order_by("-valid_from", "-version").first() or Policy(name="Response")
        return {
            "name": newest.name,
            "valid_from": timezone.localtime(clock.now()).replace(microsecond=0),
            "target_minutes": newest.target_minutes,
            "limit_minutes": newest.limit_minutes,
            "order": newest.order,
            "segment": newest.segment,
            "is_target": newest.is_target,
            "source": newest.source_id,
            "at_limit": newest.at_limit,
        }

    def save_model(self, request, obj, form, change):
        newest = Policy.objects.select_for_update().filter(name=obj.name).order_by("-version").first()
        obj.version = newest.version + 1 if newest else 1
        super().save_model(request, obj, form, change)

    @admin.display(description="what follows")
    def in_words(self, policy):
        if not policy.is_active:
            return "Promises nothing from its date on."
        then = {"move": "goes to the next rep on shift", "queue": "goes back to its team's queue"}[policy.at_limit]
        return f"{consequence(policy.target_minutes, policy.limit_minutes)} At the limit its manager is told, and it {then}."

    @admin.display(description="for")
    def for_whom(self, policy):
        target = {True: "target accounts", False: "no target accounts", None: ""}[policy.is_target]
        return ", ".join(filter(None, [str(policy.source or ""), policy.segment, target])) or "every inbound lead"


@admin.register(CardRule)
class CardRuleAdmin(VersionedAdmin):
    """When the qualification card suggests sales-led, by version (QUAL-1)."""

    fields = ["valid_from", "sales_sum", "sales_any"]
    list_display = ["version", "valid_from", "sales_sum", "sales_any", "in_words"]

    def get_fields(self, request, obj=None):
        return [*super().get_fields(request, obj), *(["in_words"] if obj else [])]

    @admin.display(description="what follows")
    def in_words(self, rule):
        """Say what a card suggests under it."""
        return (
            f"A card whose three scores come to {rule.sales_sum} or more, or that has a {rule.sales_any} in one of them, suggests "
            "sales-led; below that, with all three known, self-serve, or not buying where there is no need. "
            "What was suggested before stays."
        )
