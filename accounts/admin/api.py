"""Programs that come in and that are told: keys, webhooks, deliveries; and mails that were put aside. Kept by RevOps."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.template.response import TemplateResponse

from accounts import api_keys, webhooks
from accounts import messages as outbox
from accounts.clock import now
from accounts.models import ApiKey, ApiScope, AsideMail, Delivery, Role, Subscription, User
from accounts.webhook_sending import Failed, Unfit, parse, resolve

from .base import ReadOnlyAdmin, RuledAdmin


class KeyForm(forms.ModelForm):
    """A key for a client: what it may. A new client is made by `./run manage create_api_client`."""

    scopes = forms.MultipleChoiceField(
        choices=[(value, f"{value}: {says}") for value, says in ApiScope.choices],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    class Meta:
        model = ApiKey
        fields = ["user", "scopes"]


def shown_once(model_admin, request, key: ApiKey, secret: str, what: str):
    """Show a secret on the answer to the press that made it: it is in no other page, no cookie and no table."""
    context = {
        **admin.site.each_context(request),
        "title": what,
        "row": key,
        "secret": secret,
        "opts": model_admin.model._meta,
    }
    response = TemplateResponse(request, "admin/accounts/shown_once.html", context)
    response["Cache-Control"] = "no-store"
    return response


@admin.action(description="Rotate: a new key; the old one works for another day", permissions=["add"])
def rotate(model_admin, request, keys):
    if len(keys) != 1:
        messages.warning(request, "Tick one key: the new one is shown once.")
        return None
    key, token = api_keys.rotate(keys[0], by=request.user, at=now())
    model_admin.log_addition(request, key, "rotated")
    return shown_once(model_admin, request, key, token, "The new key")


@admin.action(description="Revoke: they open nothing from now on", permissions=["add"])
def revoke(model_admin, request, keys):
    number = api_keys.revoke(keys, at=now())
    for key in keys:
        model_admin.log_change(request, key, "revoked")
    messages.success(request, f"{number} of {len(keys)} revoked.")


@admin.register(ApiKey)
class ApiKeyAdmin(RuledAdmin):
    """Keys are made, rotated and revoked; what one may is never changed under it."""

    see = keep = "people.change"
    form = KeyForm
    list_display = ["start", "user", "what", "created_at", "last_used_at", "revoked_at"]
    list_select_related = ["user"]
    search_fields = ["start", "user__name"]
    readonly_fields = ["start", "created_by", "created_at", "last_used_at", "revoked_at"]
    actions = [rotate, revoke]

    @admin.display(description="may")
    def what(self, key):
        return ", ".join(key.scopes) or "read its own receipts"

    def has_change_permission(self, request, obj=None):
        return False

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        kwargs["queryset"] = User.objects.filter(role=Role.API, is_active=True)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request, obj, form, change):
        made, obj.token = api_keys.new_key(obj.user, form.cleaned_data["scopes"], by=request.user, at=now())
        obj.pk = made.pk
        obj.refresh_from_db()

    def response_add(self, request, obj, post_url_continue=None):
        return shown_once(self, request, obj, obj.token, "The key")


class SubscriptionForm(forms.ModelForm):
    kinds = forms.MultipleChoiceField(choices=[(k, k) for k in webhooks.KINDS], widget=forms.CheckboxSelectMultiple)

    class Meta:
        model = Subscription
        fields = ["url", "kinds", "is_active"]

    def clean_url(self):
        """Refuse an address that nothing is ever sent to, also where its name stands for one inside the house."""
        url = self.cleaned_data["url"].strip()
        try:
            host, port, _path, is_ours = parse(url)
            resolve(host, port, is_ours)
        except (Unfit, Failed) as problem:
            raise ValidationError(str(problem)) from None
        return url


@admin.action(description="New secret: the old one signs nothing from now on", permissions=["change"])
def new_secret(model_admin, request, rows):
    if len(rows) != 1:
        messages.warning(request, "Tick one: its new secret is shown once.")
        return None
    row = rows[0]
    row.secret = webhooks.renew(row)
    model_admin.log_change(request, row, "new secret")
    return shown_once(model_admin, request, row, row.secret, "The new secret")


@admin.action(description="Try again now", permissions=["change"])
def wake(model_admin, request, rows):
    webhooks.wake(rows)
    messages.success(request, f"{len(rows)} are tried at the next run.")


@admin.register(Subscription)
class SubscriptionAdmin(RuledAdmin):
    """Whom events are sent to."""

    see = keep = "people.change"
    form = SubscriptionForm
    list_display = ["url", "is_active", "failures", "paused_until", "error"]
    list_filter = ["is_active"]
    readonly_fields = ["failures", "paused_until", "error", "created_by", "created_at"]
    actions = [new_secret, wake]

    def save_model(self, request, obj, form, change):
        if not change:
            obj.created_by, obj.created_at = request.user, now()
        super().save_model(request, obj, form, change)

    def response_add(self, request, obj, post_url_continue=None):
        return shown_once(self, request, obj, obj.secret, "The secret that signs what is sent")


@admin.action(description="Send again, under the same id", permissions=["view"])
def send_again(model_admin, request, rows):
    if not model_admin.reaches(request.user, "people.change"):
        return
    messages.success(request, f"{webhooks.replay(rows, now())} are sent again at the next run.")


class StateFilter(admin.SimpleListFilter):
    title, parameter_name = "state", "state"
    WHERE = {
        "waiting": {"sent_at": None, "parked_at": None},
        "sent": {"sent_at__isnull": False},
        "parked": {"parked_at__isnull": False},
    }

    def lookups(self, request, model_admin):
        return [(name, name) for name in self.WHERE]

    def queryset(self, request, queryset):
        return queryset.filter(**self.WHERE.get(self.value(), {}))


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """Events on their way: what waits, what went, what was put aside."""

    see = "people.change"
    fields = [
        "kind",
        "subscription",
        "lead_id",
        "data",
        "created_at",
        "attempts",
        "next_try_at",
        "sent_at",
        "parked_at",
        "error",
    ]
    list_display = ["id", "kind", "subscription", "lead_id", "created_at", "attempts", "sent_at", "parked_at", "error"]
    list_select_related = ["subscription"]
    list_filter = [StateFilter]
    ordering = ["-id"]
    actions = [send_again]


@admin.action(description="Send again, under the same Message-ID", permissions=["view"])
def mail_again(model_admin, request, rows):
    if not model_admin.reaches(request.user, "people.change"):
        return
    messages.success(request, f"{outbox.send_again(rows, now())} are sent again at the next run.")


@admin.register(AsideMail)
class AsideMailAdmin(ReadOnlyAdmin):
    """Mails that could not be sent, or that nobody knows to have arrived: a person decides."""

    see = "people.change"
    fields = ["kind", "to", "address", "lead_id", "created_at", "attempts", "parked_at", "error"]
    list_display = ["id", "kind", "to", "address", "created_at", "attempts", "parked_at", "error"]
    list_select_related = ["to"]
    ordering = ["-id"]
    actions = [mail_again]
