"""The lists RevOps keeps and everybody works with: reasons (LIFE-4), products, stages (ACC-9)."""

from django import forms
from django.contrib import admin, messages

from accounts.models import Disposition, Product, Reason, Stage

from .base import RuledAdmin

VAGUE = ("not a fit", "no fit", "no budget", "bad lead", "junk", "other", "misc")
MOST_REASONS = 8


def warnings_for(reason: Reason) -> list[str]:
    """Say what makes this reason, or the list it is in, a bad one to choose from. One query."""
    found = []
    words = " ".join(reason.label.lower().replace(",", " ").split())
    vague = next((v for v in VAGUE if v == words or ((" " in v or v == "junk") and v in words)), None)
    if vague and not reason.is_system:
        found.append(f"“{reason.label}” is vague. Say what was observed, so that two people choose the same.")
    if reason.is_active and not reason.is_system:
        same_kind = Reason.objects.to_choose(reason.disposition).filter(nurture_kind=reason.nurture_kind)
        if (number := same_kind.count()) > MOST_REASONS:
            kind = reason.get_nurture_kind_display() or reason.get_disposition_display()
            found.append(
                f"{number} active reasons of the kind “{kind}” are more than anybody reads. "
                f"Keep {MOST_REASONS} at most: switch off those hardly chosen."
            )
    return found


class ReasonForm(forms.ModelForm):
    class Meta:
        model = Reason
        fields = [
            *("label", "code", "disposition", "test", "is_active", "is_prequalification", "may_return"),
            *("asks_size", "nurture_kind", "program", "recycle_months", "becomes", "order"),
        ]

    def clean(self):
        """Say at the field what the database would refuse."""
        found = super().clean()
        disposition = found.get("disposition") or self.instance.disposition
        is_nurture = disposition == Disposition.NURTURE
        if "nurture_kind" in found and bool(found["nurture_kind"]) != is_nurture:
            words = "Not now needs a kind: who takes care of them meanwhile."
            self.add_error("nurture_kind", words if is_nurture else "Only not now has a kind. Leave this empty.")
        if disposition == Disposition.LOSS and not found.get("becomes"):
            self.add_error("becomes", "Choose what the people of a lost opportunity become.")
        return found


@admin.register(Reason)
class ReasonAdmin(RuledAdmin):
    """A reason may be reworded at any time; what programs call it and what it ends stay."""

    see, keep = "rules.see", "rules.change"
    form = ReasonForm
    list_display = [
        *("label", "disposition", "nurture_kind", "is_active", "is_prequalification", "may_return"),
        *("recycle_months", "is_system"),
    ]
    list_filter = ["disposition", "nurture_kind", "is_active", "is_system"]
    search_fields = ["label", "code"]

    def get_readonly_fields(self, request, obj=None):
        fixed = ["code", "disposition"] if obj else []
        return [*fixed, "is_active", "is_prequalification", "nurture_kind"] if obj and obj.is_system else fixed

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "becomes":
            kwargs["queryset"] = Reason.objects.filter(disposition__in=(Disposition.NURTURE, Disposition.UNQUALIFIED))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        for words in warnings_for(obj):
            messages.warning(request, words)


@admin.register(Product)
class ProductAdmin(RuledAdmin):
    see, keep = "rules.see", "rules.change"
    fields = ["name", "is_active", "activation_signal"]
    list_display = ["name", "is_active", "activation_signal"]
    search_fields = ["name"]


class StageForm(forms.ModelForm):
    """Exactly one stage qualifies, and at exactly one pipeline begins: ticking one unticks the other."""

    MARKS = {"is_qualifying": "the qualifying stage", "is_pipeline": "where pipeline begins"}

    class Meta:
        model = Stage
        fields = ["name", "order", "status", "probability", "entry_criteria", "is_qualifying", "is_pipeline"]

    def _get_validation_exclusions(self):
        return super()._get_validation_exclusions() | set(self.MARKS)

    def clean(self):
        found = super().clean()
        for mark, words in self.MARKS.items():
            if getattr(self.instance, mark) and mark in found and not found[mark]:
                self.add_error(mark, f"One stage must be {words}. Tick it at another one instead.")
        return found


@admin.register(Stage)
class StageAdmin(RuledAdmin):
    see, keep = "rules.see", "rules.change"
    form = StageForm
    list_display = ["name", "order", "status", "probability", "is_qualifying", "is_pipeline"]
    search_fields = ["name"]

    def get_readonly_fields(self, request, obj=None):
        return ["status"] if obj else []

    def save_model(self, request, obj, form, change):
        for mark in form.MARKS:
            if getattr(obj, mark):
                Stage.objects.exclude(pk=obj.pk).filter(**{mark: True}).update(**{mark: False})
        super().save_model(request, obj, form, change)
