"""Rounds, touches and events, to look up. Only the processes write them (LIFE-1, LIFE-2)."""

from django.contrib import admin
from django.db.models import QuerySet

from accounts.admin.base import ReadOnlyAdmin
from accounts.models import OF_THE_DOOR, Event
from leads.models import Cycle, Lead, LeadStatus, Touch

KINDS = (
    "transition",
    "owner",
    "touch",
    "touch_withdrawn",
    "signal",
    "note",
    "task",
    "opt_out",
    "opt_in",
    "contact",
    "stage",
    "meeting",
    "hand_off",
    "part",
    "duty_broken",
    "qualification",
    "tried",
)
KINDS += OF_THE_DOOR  # of no lead, and so for RevOps alone


class Given(admin.SimpleListFilter):
    """A filter whose choices are known beforehand: no DISTINCT over a large table (ruling 10)."""

    values: tuple[tuple[str, str], ...] = ()

    def lookups(self, request, model_admin):
        return self.values

    def queryset(self, request, queryset):
        return queryset.filter(**{self.parameter_name: self.value()}) if self.value() else queryset


class KindFilter(Given):
    title = parameter_name = "kind"
    values = tuple((kind, kind.replace("_", " ")) for kind in KINDS)


class OfLeads(ReadOnlyAdmin):
    """Rows about a lead: seen by whoever sees the lead, found by its number."""

    see = "leads.see"
    of_lead = "lead"
    ordering = ["-id"]
    sortable_by = ["id"]

    def within(self, rows: QuerySet, user) -> QuerySet:
        return rows.filter(**{f"{self.of_lead}__in": Lead.objects.all().visible_to(user).values("pk")})

    def get_search_results(self, request, queryset, search_term):
        """Find the rows of one lead by its number: the index every timeline reads."""
        term = search_term.strip()
        if not term:
            return queryset, False
        return (queryset.filter(**{self.of_lead: int(term)}) if term.isdecimal() else queryset.none()), False


@admin.register(Cycle)
class CycleAdmin(OfLeads):
    states = dict(LeadStatus.choices)
    list_display = ["id", "lead", "number", "trigger", "owner", "assigned_at", "first_touch_at", "ended_at", "outcome"]
    list_filter = ["trigger", "outcome", "motion", "go_to_market"]
    list_select_related = ["lead", "owner"]
    search_fields = ["lead__id"]
    search_help_text = "The number of a lead"

    def events(self, row):
        return Event.objects.filter(lead_id=row.lead_id, cycle_id=row.pk)


@admin.register(Touch)
class TouchAdmin(OfLeads):
    list_display = ["id", "lead", "by", "channel", "outcome", "occurred_at", "recorded_at", "withdrawn_at"]
    list_filter = ["channel", "outcome", "is_automated"]
    list_select_related = ["lead", "by"]
    search_fields = ["lead__id"]
    search_help_text = "The number of a lead"

    def events(self, row):
        kinds = ("touch", "touch_withdrawn")
        return Event.objects.filter(lead_id=row.lead_id, kind__in=kinds, data__touch=row.pk)


@admin.register(Event)
class EventAdmin(OfLeads):
    of_lead = "lead_id"
    list_display = ["id", "at", "kind", "move", "lead_id", "from_status", "to_status", "door", "actor_id"]
    list_filter = [KindFilter, "door"]
    search_fields = ["lead_id"]
    search_help_text = "The number of a lead"
