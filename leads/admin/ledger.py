"""The ledger of the pools, for RevOps and managers: what each was due and got, and the turns given back or taken (ROUTE-2)."""

from django.contrib import admin

from accounts import clock
from accounts.admin.base import ReadOnlyAdmin, RuledAdmin
from accounts.models import Team, User
from accounts.permissions import Scope, allowed, people_of, teams_of
from leads.models import Credit, Share


@admin.register(Share)
class ShareAdmin(ReadOnlyAdmin):
    """The ledger: what each was due and got of each pool, month by month (ROUTE-2)."""

    see = "rules.see"
    list_display = ["month", "pool", "user", "share_due", "received", "last_at"]
    list_select_related = ["pool", "user"]
    ordering = ["-id"]

    @admin.display(description="due")
    def share_due(self, share):
        return f"{share.due:.1f}"


@admin.register(Credit)
class CreditAdmin(RuledAdmin):
    """Turns given back or taken. A manager adds them for their pools; nobody changes one."""

    see, keep = "rules.see", "leads.assign"
    fields = ["pool", "user", "turns"]
    list_display = ["at", "pool", "user", "turns", "why", "by"]
    list_select_related = ["pool", "user", "by"]
    ordering = ["-id"]
    actions = None

    def within(self, rows, user):
        return rows.filter(pool__in=teams_of(user))

    def has_change_permission(self, request, obj=None):
        return False

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        below = {"pool": (Team, teams_of), "user": (User, people_of)}
        if db_field.name in below:
            model, reach = below[db_field.name]
            rows = model.objects.filter(is_active=True)
            everywhere = Scope.ALL in allowed(request.user, self.keep)
            kwargs["queryset"] = rows if everywhere else rows.filter(pk__in=reach(request.user))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request, obj, form, change):
        obj.by, obj.at, obj.why = request.user, clock.now(), Credit.Why.MANAGER
        super().save_model(request, obj, form, change)
