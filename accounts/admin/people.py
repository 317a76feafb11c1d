"""People, teams and absences. RevOps keeps them; a manager keeps the absences of their people."""

from collections.abc import Callable

from django import forms
from django.contrib import admin
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from accounts.forms import zones
from accounts.models import Absence, Membership, Role, Team, User
from accounts.permissions import HOLDERS, Scope, allowed, people_of

from .base import RuledAdmin, RuledInline
from .sign_in import forget_second_factor, unlock

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
STAFF = (Role.MANAGER, Role.REVOPS)
# Apps above say what a person still holds: each returns words like "12 open leads", or nothing.
HELD: list[Callable[[User], str]] = []
# And what they once handed over that can still be taken back: each as its words and its page.
HANDED_OVER: list[Callable[[User], list[tuple[str, str]]]] = []


class PersonForm(forms.ModelForm):
    """What RevOps sets for a person. Who may use the admin follows from the role."""

    time_zone = forms.ChoiceField(choices=zones, initial="Europe/Berlin")
    work_days = forms.TypedMultipleChoiceField(
        choices=list(enumerate(DAYS, 1)), coerce=int, widget=forms.CheckboxSelectMultiple, initial=[1, 2, 3, 4, 5]
    )

    def clean(self):
        found = super().clean()
        start, end = found.get("work_start"), found.get("work_end")
        if start and end and start >= end:
            self.add_error("work_end", "The day ends after it starts.")
        return found


class NewPersonForm(PersonForm, AdminUserCreationForm):
    class Meta:
        model = User
        fields = ["username", "name", "email", "role", "time_zone", "work_start", "work_end", "work_days"]


class KnownPersonForm(PersonForm, UserChangeForm):
    class Meta:
        model = User
        fields = [
            *("username", "password", "name", "email", "role", "time_zone"),
            *("work_start", "work_end", "work_days", "is_active"),
        ]

    def clean_is_active(self):
        """Refuse to switch off somebody who still holds something (ROUTE-6)."""
        is_active = self.cleaned_data["is_active"]
        if self.instance.is_active and not is_active:
            self._hands_are_empty()
        return is_active

    def clean_role(self):
        """Refuse a role that holds no leads to somebody who still holds some: nobody would work them."""
        role = self.cleaned_data["role"]
        if self.instance.is_active and self.initial["role"] in HOLDERS and role not in HOLDERS:
            self._hands_are_empty()
        return role

    def _hands_are_empty(self) -> None:
        held = [words for words in (ask(self.instance) for ask in HELD) if words]
        if held:
            raise ValidationError(
                format_html(
                    '{} still holds {}. <a href="{}">Hand them over first</a>.',
                    self.instance,
                    ", ".join(held),
                    reverse("team-leave", args=[self.instance.pk]),
                )
            )


@admin.register(User)
class UserAdmin(RuledAdmin, auth_admin.UserAdmin):
    """People are switched off, never deleted. Only a superuser changes a superuser."""

    see = keep = "people.change"
    form, add_form = KnownPersonForm, NewPersonForm
    list_display = ["username", "name", "role", "email", "is_active"]
    list_filter = ["role", "is_active"]
    search_fields = ["username", "name", "email"]
    sortable_by = ["username"]
    filter_horizontal = []
    fieldsets = [
        (None, {"fields": ["username", "password", "name", "email", "role", "is_active"]}),
        ("Hours", {"fields": ["time_zone", "work_start", "work_end", "work_days"]}),
        ("Since", {"fields": ["date_joined", "last_login", "handed_over"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["username", "name", "email", "role", "usable_password", "password1", "password2"]}),
        ("Hours", {"fields": ["time_zone", "work_start", "work_end", "work_days"]}),
    ]
    readonly_fields = ["date_joined", "last_login", "handed_over"]
    actions = [unlock, forget_second_factor]

    @admin.display(description="handed over", empty_value="–")
    def handed_over(self, person):
        """Say what they handed over, each with the page on which it is taken back."""
        links = [link for ask in HANDED_OVER for link in ask(person)]
        return format_html_join("", '{}. <a href="{}">Take it back</a><br>', links) if links else None

    def has_change_permission(self, request, obj=None):
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def save_model(self, request, obj, form, change):
        obj.is_staff = obj.is_superuser or obj.role in STAFF
        super().save_model(request, obj, form, change)


class MembershipFormSet(forms.BaseInlineFormSet):
    def clean(self):
        super().clean()
        stay = [form for form in self.forms if form.cleaned_data and not form.cleaned_data.get("DELETE")]
        if self.instance.kind == Team.Kind.PRODUCT and stay:
            raise ValidationError("The product has no members: that is what keeps sellers off its leads.")


class MembershipInline(RuledInline):
    """Who receives what this team receives, and how much of it."""

    model = Membership
    formset = MembershipFormSet
    see = keep = "people.change"
    fields = ["user", "weight", "cap_open", "cap_day"]

    def has_delete_permission(self, request, obj=None):
        return self.has_change_permission(request, obj)

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("user", "team")

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "user":
            kwargs["queryset"] = User.objects.filter(is_active=True).exclude(role=Role.API)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class TeamForm(forms.ModelForm):
    class Meta:
        model = Team
        fields = ["name", "kind", "parent", "manager", "outbound_queue", "is_active"]

    def clean(self):
        found = super().clean()
        above, seen = found.get("parent"), set()
        while above is not None and above.pk not in seen:
            if above.pk == self.instance.pk:
                self.add_error("parent", f"{above} cannot be above itself.")
                break
            seen.add(above.pk)
            above = above.parent
        return found


@admin.register(Team)
class TeamAdmin(RuledAdmin):
    see = keep = "people.change"
    form = TeamForm
    inlines = [MembershipInline]
    list_display = ["name", "kind", "manager", "parent", "is_active"]
    list_filter = ["kind", "is_active"]
    list_select_related = ["manager", "parent"]
    search_fields = ["name"]
    sortable_by = ["name"]

    def get_readonly_fields(self, request, obj=None):
        return ["kind", "is_active"] if obj and obj.kind == Team.Kind.PRODUCT else []

    def formfield_for_choice_field(self, db_field, request, **kwargs):
        if db_field.name == "kind":  # there is one product, and it ships
            kwargs["choices"] = [c for c in Team.Kind.choices if c[0] != Team.Kind.PRODUCT]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "manager":
            kwargs["queryset"] = User.objects.filter(is_active=True, role=Role.MANAGER)
        if db_field.name == "outbound_queue":  # the product waits for nobody
            kwargs["queryset"] = Team.objects.filter(is_active=True).exclude(kind=Team.Kind.PRODUCT)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(Absence)
class AbsenceAdmin(RuledAdmin):
    """When somebody is away, and who stands in. A manager keeps those of their people (ROUTE-9)."""

    see = keep = "absences.change"
    fields = ["user", "starts_at", "ends_at", "delegate", "note"]
    list_display = ["user", "starts_at", "ends_at", "delegate"]
    list_select_related = ["user", "delegate"]
    search_fields = ["user__name"]
    ordering = ["-starts_at"]

    def within(self, rows, user):
        return rows.filter(user__in=people_of(user) | {user.pk})

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        people = User.objects.filter(is_active=True).exclude(role=Role.API)
        if Scope.ALL not in allowed(request.user, self.keep):
            people = people.filter(pk__in=people_of(request.user) | {request.user.pk})
        kwargs["queryset"] = people
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
