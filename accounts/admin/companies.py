"""Companies, their domains, and the domains that are everybody's or nobody's (ACC-1, ACC-2, ACC-7)."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.html import format_html

from accounts import clock, ownership, targets
from accounts.domains import company_key, registrable
from accounts.models import Account, Domain, Door, Event, Role, User

from .base import RuledAdmin, RuledInline

HOLDERS = (Role.SDR, Role.AE, Role.CSM, Role.MANAGER)


def as_domain(text: str) -> str:
    """Return the registrable domain of what was typed; raise ValidationError when there is none."""
    found = registrable(text)
    if not found:
        raise ValidationError(f"“{text}” is no domain. Example: nordlicht.no.")
    return found


class AccountForm(forms.ModelForm):
    class Meta:
        model = Account
        fields = [
            *("name", "domain", "website", "country", "segment", "region", "is_target", "tier", "is_guess"),
            *ownership.ROLES,
        ]

    def clean_domain(self):
        typed = self.cleaned_data["domain"]
        if not typed:
            return ""
        domain = as_domain(typed)
        if Domain.objects.filter(name=domain).exists():
            raise ValidationError(f"{domain} is known already.")
        return domain

    def clean(self):
        """Refuse more target accounts than one person can work (ACC-6)."""
        found = super().clean()
        is_asked = "development_owner" in self.fields
        owner = found.get("development_owner") if is_asked else self.instance.development_owner
        if found.get("is_target") and owner is not None:
            has = targets.held_by(owner, but=[self.instance.pk] if self.instance.pk else [])
            if has >= targets.MOST:
                self.add_error("development_owner", targets.TooMany(owner, has).words)
        return found


class DomainInline(RuledInline):
    """Further domains of one company. The first is the account's own."""

    model = Domain
    see, keep = "accounts.see", "accounts.merge"
    fields = ["name"]
    verbose_name_plural = "domains"

    def has_change_permission(self, request, obj=None):
        return False

    def get_formset(self, request, obj=None, **kwargs):
        class Form(forms.ModelForm):
            def clean_name(self):
                return as_domain(self.cleaned_data["name"])

        return super().get_formset(request, obj, form=Form, **kwargs)


@admin.register(Account)
class AccountAdmin(RuledAdmin):
    """One company. A change of its owners goes on record (ACC-7)."""

    see, keep = "accounts.see", "accounts.edit"
    form = AccountForm
    inlines = [DomainInline]
    list_display = ["name", "domain", "country", "segment", "is_target"]
    list_filter = ["is_target"]
    search_fields = ["name", "domain"]
    sortable_by = ["id"]
    ordering = ["-id"]

    def events(self, row):
        """What happened to the company itself; its people and sales have their own record."""
        return Event.objects.filter(account_id=row.pk, lead_id__isnull=True, opportunity_id__isnull=True)

    def get_queryset(self, request):
        return super().get_queryset(request).live()

    def get_readonly_fields(self, request, obj=None):
        """An owner there is changes on the company's page, which asks what moves along and says how much (ACC-7)."""
        held = [role for role in ownership.ROLES if getattr(obj, f"{role}_id", None)]
        return ["domain", *held, "hands"] if obj else []

    def get_fields(self, request, obj=None):
        return [*AccountForm.Meta.fields, *(["hands"] if obj else [])]

    @admin.display(description="change of hands")
    def hands(self, account):
        """Lead to where an owner is changed."""
        return format_html(
            '<a href="{}">On the company’s page</a>, which asks what moves along.',
            reverse("account-page", args=[account.pk]),
        )

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name in ownership.ROLES:
            kwargs["queryset"] = User.objects.filter(is_active=True, role__in=HOLDERS)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_search_results(self, request, queryset, search_term):
        """Find by what an index serves: a domain as it is registered, else how the matched name begins."""
        term = search_term.strip().lower()
        if not term:
            return queryset, False
        if domain := registrable(term):
            return queryset.filter(domain=domain), False
        return queryset.filter(name_key__startswith=company_key(term) or term), False

    def save_model(self, request, obj, form, change):
        at = clock.now()
        obj.name_key = company_key(obj.name)
        if not change or {"is_target", "development_owner"} & set(form.changed_data):
            watched = obj.is_target and obj.development_owner_id is not None
            obj.idle_at = at + targets.IDLE_AFTER if watched else None
        if not change:
            obj.created_at = at
            super().save_model(request, obj, form, change)
            if obj.domain:
                Domain.objects.create(name=obj.domain, account=obj)
            return
        wanted = {role: getattr(obj, role) for role in ownership.ROLES if role in form.changed_data}
        for role in wanted:
            setattr(obj, f"{role}_id", form.initial[role])
        super().save_model(request, obj, form, change)
        for role, person in wanted.items():
            ownership.change([obj], role, to=person, by=request.user, at=at, door=Door.ADMIN)


class OverrideForm(forms.ModelForm):
    class Meta:
        model = Domain
        fields = ["name", "kind"]

    def clean_name(self):
        return as_domain(self.cleaned_data["name"])


@admin.register(Domain)
class DomainAdmin(RuledAdmin):
    """Domains that belong to no company: free mail and disposable ones, against the shipped lists."""

    see, keep = "rules.see", "rules.change"
    form = OverrideForm
    list_display = ["name", "kind"]
    list_filter = ["kind"]
    search_fields = ["name"]
    sortable_by = ["name"]

    def get_search_results(self, request, queryset, search_term):
        term = search_term.strip().lower()
        return (queryset.filter(name__startswith=term) if term else queryset), False

    def has_change_permission(self, request, obj=None):
        """A company's own domain is kept with the company."""
        return super().has_change_permission(request, obj) and (obj is None or obj.kind != Domain.Kind.COMPANY)

    def has_delete_permission(self, request, obj=None):
        """An override may go: then the shipped lists count again."""
        return obj is not None and self.has_change_permission(request, obj)

    def formfield_for_choice_field(self, db_field, request, **kwargs):
        if db_field.name == "kind":
            kwargs["choices"] = [c for c in Domain.Kind.choices if c[0] != Domain.Kind.COMPANY]
        return super().formfield_for_choice_field(db_field, request, **kwargs)
