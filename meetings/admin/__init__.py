"""Meetings, hand-offs and opportunities for managers and RevOps to look up, with their record; hand-off points for RevOps to keep.

Only the processes of `meetings/` write what is looked up here (LIFE-1): every page of it is read-only, and shows what happened.
"""

from django.contrib import admin
from django.db.models import QuerySet

from accounts.admin.base import ReadOnlyAdmin, RuledAdmin, VersionedAdmin
from accounts.admin.record import told
from accounts.models import Event, Opportunity, OpportunityStatus
from meetings.models import CoverageRule, HandOff, HandOffRule, Meeting
from meetings.permissions import visible_to


@admin.register(HandOffRule)
class HandOffRuleAdmin(RuledAdmin):
    """From which contract value on, in which segment, a lead is handed over when, and when where nobody knows the value (MOTION-6). What is
    booked keeps its point."""

    see, keep = "rules.see", "rules.change"
    fields = ["segment", "from_amount", "point"]
    list_display = ["segment", "from_amount", "point"]
    list_display_links = ["segment", "from_amount"]
    empty_value_display = "not known"
    sortable_by = ["id"]

    def has_delete_permission(self, request, obj=None):
        return self.reaches(request.user, self.keep)


@admin.register(CoverageRule)
class CoverageRuleAdmin(VersionedAdmin):
    """Who is needed to buy, and the cut-offs of coverage and engagement, by version (ACC-13)."""

    fields = ["valid_from", "personas", "covered_percent", "engaged_from", "half_life_days"]
    list_display = ["version", "valid_from", "covered_percent", "engaged_from", "half_life_days"]


class OnRecord(ReadOnlyAdmin):
    """Rows that happen: seen by whoever sees them on their pages, found by their number, with their record."""

    # Which events of its opportunity tell of a row: their kind, and where they say its number; neither means all of them.
    kind = number_at = ""
    ordering = ["-id"]
    sortable_by = ["id"]
    search_fields = ["id"]
    search_help_text = "Its number"

    def within(self, rows: QuerySet, user) -> QuerySet:
        return visible_to(rows, user)

    def get_search_results(self, request, queryset, search_term):
        term = search_term.strip()
        if not term:
            return queryset, False
        return (queryset.filter(pk=int(term)) if term.isdecimal() and len(term) < 19 else queryset.none()), False

    def get_fields(self, request, obj=None):
        return [*super().get_fields(request, obj), "record"]

    def get_readonly_fields(self, request, obj=None):
        return ["record"]

    def events(self, row) -> QuerySet[Event]:
        """Return what happened of a row, by the index of its opportunity."""
        sale = row.pk if isinstance(row, Opportunity) else row.opportunity_id
        told = Event.objects.filter(opportunity_id=sale)
        return told.filter(kind=self.kind, **{f"data__{self.number_at}": row.pk}) if self.kind else told

    @admin.display(description="what happened, newest first", empty_value="-")
    def record(self, row):
        """Show who did what when. Three queries."""
        return told(self.events(row), self.states) or None


@admin.register(Meeting)
class MeetingAdmin(OnRecord):
    see, kind, number_at = "meetings.see", "meeting", "meeting"
    list_display = ["id", "lead", "owner", "sourced_by", "starts_at", "status", "is_credited"]
    list_filter = ["status", "point"]
    list_select_related = ["lead", "owner", "sourced_by"]


@admin.register(HandOff)
class HandOffAdmin(OnRecord):
    see, kind, number_at = "hand_offs.see", "hand_off", "hand_off"
    list_display = ["id", "kind", "opportunity", "giver", "receiver", "began_at", "limit_at", "outcome"]
    list_filter = ["kind", "outcome"]
    list_select_related = ["opportunity__product", "opportunity__account", "giver", "receiver"]


@admin.register(Opportunity)
class OpportunityAdmin(OnRecord):
    see = "opportunities.see"
    states = dict(OpportunityStatus.choices)
    list_display = [
        "id",
        "name",
        "stage",
        "status",
        "amount",
        "currency",
        "opportunity_owner",
        "created_at",
        "closed_at",
    ]
    list_filter = ["status"]
    list_select_related = ["product", "account", "stage", "opportunity_owner"]
