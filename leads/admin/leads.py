"""Leads in the admin: to find, to read with their whole record, and to reassign. Nothing of a lead is typed over here (LIFE-1)."""

from functools import partial

from django.contrib import admin
from django.db.models.functions import Now
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import mark_safe

from accounts.admin import people
from accounts.admin.base import ReadOnlyAdmin
from accounts.admin.record import told
from accounts.models import Event, Role, Team, User
from accounts.permissions import Scope, allowed, people_of, teams_of
from accounts.templatetags.words import clock_chip
from leads import handed_over, handing_over, sla
from leads.admin import moves
from leads.admin.reassign import reassign
from leads.models import Lead, LeadStatus

BADGES = {LeadStatus.QUALIFIED: "now", LeadStatus.NURTURE: "notnow", LeadStatus.UNQUALIFIED: "never"}


def open_leads_of(user: User) -> str:
    """Say how many leads in work somebody holds, before they are switched off."""
    held = handing_over.held(user)
    facts = ((held.leads, "open lead"), (held.kept, "kept lead"), (held.rows, "company or opportunity role"))
    facts += ((held.meetings, "meeting"), (held.hand_offs, "hand-off"))
    words = [f"{number} {what}{'s' if number != 1 else ''}" for number, what in facts if number]
    return ", ".join([*words, *(f"team {name}" for name in held.teams)])


def handed_over_by(user: User) -> list[tuple[str, str]]:
    """Say what of theirs somebody handed over and can have again, with its page. One query."""
    return [
        (
            f"{date_format(timezone.localtime(batch.created_at), 'DATETIME_FORMAT')} by {batch.by}: {batch.rows:,}",
            reverse("team-leave-undo", args=[user.pk, batch.pk]),
        )
        for batch in handed_over.of(user)[:10]
        if handed_over.went_of(batch)
    ]


people.HELD.append(open_leads_of)
people.HANDED_OVER.append(handed_over_by)


class HolderFilter(admin.SimpleListFilter):
    """Whose leads: the people within reach, and no DISTINCT over all leads."""

    title, parameter_name = "owner", "owner"

    def lookups(self, request, model_admin):
        people = User.objects.filter(is_active=True, role__in=(Role.SDR, Role.AE, Role.CSM, Role.MANAGER))
        if Scope.ALL not in allowed(request.user, "leads.see"):
            people = people.filter(pk__in=people_of(request.user) | {request.user.pk})
        return [(str(pk), name or username) for pk, name, username in people.values_list("pk", "name", "username")]

    def queryset(self, request, queryset):
        return queryset.filter(owner=int(self.value())) if (self.value() or "").isdecimal() else queryset


class QueueFilter(admin.SimpleListFilter):
    title, parameter_name = "queue", "team"

    def lookups(self, request, model_admin):
        teams = Team.objects.filter(is_active=True)
        if Scope.ALL not in allowed(request.user, "leads.see"):
            teams = teams.filter(pk__in=teams_of(request.user))
        return [(str(pk), name) for pk, name in teams.values_list("pk", "name")]

    def queryset(self, request, queryset):
        return queryset.filter(team=int(self.value())) if (self.value() or "").isdecimal() else queryset


@admin.register(Lead)
class LeadAdmin(ReadOnlyAdmin):
    see = "leads.see"
    states = dict(LeadStatus.choices)
    actions = [reassign]
    list_display = ["id", "name", "company", "state", "clock", "hands", "source"]
    list_display_links = ["id", "name"]
    list_filter = ["status", "motion", "go_to_market", HolderFilter, QueueFilter]
    list_select_related = ["owner", "team", "source", "cycle"]
    search_fields = ["search"]
    search_help_text = "Name, company, address or phone"
    sortable_by = ["id"]
    ordering = ["-created_at", "-id"]
    fieldsets = [
        (None, {"fields": ["state", "status_since", "reason", "recycle_at", "owner", "team"]}),
        (
            "Who",
            {
                "fields": [
                    "first_name",
                    "last_name",
                    "title",
                    "company",
                    "account",
                    "email",
                    "phone",
                    "website",
                    "country",
                ]
            },
        ),
        ("Came by", {"fields": ["motion", "go_to_market", "source", "campaign", "score", "created_at", "recorded_at"]}),
        ("Owners", {"fields": ["development_owner", "opportunity_owner", "success_owner"]}),
        ("Opt-out", {"fields": ["opted_out_at", "opted_out_channels"]}),
        ("Record", {"fields": ["record"]}),
    ]

    def within(self, rows, user):
        return rows.visible_to(user)

    def get_queryset(self, request):
        """Leave tombstones out, and say when all the others were read: their clocks stand at one moment."""
        return super().get_queryset(request).filter(gone_as="").annotate(read_at=Now())

    def get_urls(self):
        move = self.admin_site.admin_view(partial(moves.page, self))
        return [path("<int:pk>/move/<slug:name>/", move, name="leads_lead_move"), *super().get_urls()]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """Show a lead, and as buttons what can be done with it."""
        found = self.get_object(request, object_id)
        context = (extra_context or {}) | {"moves": moves.offered(request.user, found) if found else []}
        return super().change_view(request, object_id, form_url, context)

    def has_reassign_permission(self, request) -> bool:
        return bool(allowed(request.user, "leads.assign") & (Scope.TEAM | Scope.ALL))

    def get_search_results(self, request, queryset, search_term):
        """Find every word in the one column that the trigram index serves."""
        for word in search_term.lower().split():
            queryset = queryset.filter(search__contains=word)
        return queryset, False

    @admin.display(description="state")
    def state(self, lead):
        kind = BADGES.get(lead.status) or ("outline" if lead.status == LeadStatus.RAW else lead.motion)
        return mark_safe(f'<span class="badge badge--{kind}">{lead.state_label}</span>')  # words of the house, nobody's

    @admin.display(description="clock", empty_value="–")
    def clock(self, lead):
        """Draw the clock of a lead that nobody touched yet as the queue does (SLA-2)."""
        runs = sla.clock_of(lead, lead.cycle, lead.read_at)
        return clock_chip(runs) if runs else None

    @admin.display(description="owner")
    def hands(self, lead):
        return lead.owner or lead.team or "–"

    def events(self, lead):
        return Event.objects.filter(lead_id=lead.pk)

    @admin.display(description="what happened, newest first")
    def record(self, lead):
        """Tell the newest events of this lead in one line each. Three queries."""
        return told(self.events(lead), self.states)
