"""What every admin class of the house is made of: rights from the table, and lists that stay fast.

Django's own permission rows are never asked. Nothing is deleted here unless a class says so: people
are switched off, reasons and stages are kept because the record names them.
"""

from collections.abc import Mapping
from datetime import timedelta
from html import escape

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.paginator import Paginator
from django.db.models import Max, QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.safestring import mark_safe

from accounts import changes_told, clock
from accounts.models import Event
from accounts.permissions import Scope, allowed

from . import record

MOST = 1_000  # a count beyond it says so instead of costing seconds (ruling 10)


class Capped(int):
    """A number that was not counted to its end."""

    def __str__(self):
        return f"more than {int(self) - 1:,}"


class CappedPaginator(Paginator):
    """Counts up to 1,001 rows, whatever the table holds."""

    @cached_property
    def count(self):
        found = self.object_list.order_by()[: MOST + 1].count()
        return Capped(found) if found > MOST else found


class Ruled:
    """Rights from the table. `see` and `keep` name its rows: who looks, and who adds and changes.

    A scope of TEAM counts only where the class says which rows lie below a manager (`within`).
    """

    see = keep = ""
    within = None

    def reaches(self, user, row: str, obj=None) -> bool:
        scope = allowed(user, row) if row else Scope.NONE
        if Scope.ALL in scope:
            return True
        if Scope.TEAM not in scope or self.within is None:
            return False
        rows = type(obj)._default_manager.filter(pk=obj.pk) if obj is not None and obj.pk else None
        return rows is None or self.within(rows, user).exists()

    def has_module_permission(self, request):
        return self.reaches(request.user, self.see)

    def has_view_permission(self, request, obj=None):
        return self.reaches(request.user, self.see, obj)

    def has_add_permission(self, request, obj=None):
        return self.reaches(request.user, self.keep)

    def has_change_permission(self, request, obj=None):
        return self.reaches(request.user, self.keep, obj)

    def has_delete_permission(self, request, obj=None):
        return False

    def get_queryset(self, request):
        rows = super().get_queryset(request)
        if Scope.ALL in allowed(request.user, self.see):
            return rows
        return self.within(rows, request.user) if self.within else rows.none()


class RuledAdmin(Ruled, admin.ModelAdmin):
    """One table in the admin."""

    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    view_on_site = False
    sortable_by = ()
    states: Mapping[str, str] = {}  # how the record's states are called

    def events(self, row) -> QuerySet[Event] | None:
        """Return what the record says of a row, by an index; None where it says nothing of such rows."""
        return None

    def action_checkbox(self, obj):
        """Draw a row's tick by itself: through a form's widget it was a quarter of the time of a list (measured)."""
        about = escape(f"Select this object for an action - {obj}")
        return mark_safe(
            f'<input type="checkbox" name="_selected_action" value="{escape(str(obj.pk))}" class="action-select" aria-label="{about}">'
        )

    def history_view(self, request, object_id, extra_context=None):
        """Show what changed from what to what, by whom; below it what was pressed here (ADMIN-1)."""
        context = dict(extra_context or {})
        found = self.get_object(request, unquote(object_id))
        if found is not None and self.has_view_permission(request, found):
            before = request.GET.get("before", "")
            context["changes"], context["older"] = changes_told.history(
                found, int(before) if before.isdecimal() and len(before) < 19 else None
            )
            if (events := self.events(found)) is not None:
                context["happened"] = record.told(events, self.states) or "Nothing yet."
        return super().history_view(request, object_id, context)

    def _get_obj_does_not_exist_redirect(self, request, opts, object_id):
        """Out of scope reads like not there."""
        raise Http404(f"No {opts.verbose_name} {object_id}")


class ReadOnlyAdmin(RuledAdmin):
    """Rows that only the processes of the house write: looked at, never typed over."""

    actions = None

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def get_fields(self, request, obj=None):
        return self.fields or [field.name for field in self.model._meta.fields if field.editable]


class VersionForm(forms.ModelForm):
    """The next version of a setting: it begins now or later, so that no figure of the past changes."""

    def clean_valid_from(self):
        begins = self.cleaned_data["valid_from"]
        if begins < clock.now() - timedelta(minutes=5):
            raise forms.ValidationError("That is past. A version begins now or later; what was before stays as it was.")
        return begins


class VersionedAdmin(RuledAdmin):
    """A setting kept by version: changing it is adding the next, which begins with what is in force; the last can be read for ever."""

    see, keep, form = "rules.see", "rules.change", VersionForm
    ordering = ["-valid_from", "-version"]

    def has_change_permission(self, request, obj=None):
        return False

    def get_fields(self, request, obj=None):
        return [*self.fields, "version"] if obj else self.fields

    def get_changeform_initial_data(self, request):
        now = clock.now()
        held = self.model.in_force(now)
        facts = {name: getattr(held, name) for name in self.fields}
        return facts | {"valid_from": timezone.localtime(now).replace(microsecond=0)}

    def save_model(self, request, obj, form, change):
        list(self.model.objects.select_for_update().order_by("pk").values_list("pk"))  # two who add at once
        obj.version = (self.model.objects.aggregate(last=Max("version"))["last"] or 0) + 1
        super().save_model(request, obj, form, change)


class RuledInline(Ruled, admin.TabularInline):
    """Rows kept on the page of what they belong to."""

    extra = 0
    show_change_link = False
    view_on_site = False
