"""Who a lead is, put right on a page of its own (`leads/contacts.py`). Nothing typed is lost: not by a refusal, nor because a colleague
was faster, whose words then stand beside the field.
"""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.models import Door
from leads import contacts, permissions
from leads.lifecycle import Forbidden, Refused, Stale
from leads.models import Lead
from leads.views.acting import once
from leads.views.desk import Desk
from leads.views.forms import TOKEN

LABELS = {"title": "Title at work"}
KINDS = {
    "email": {"type": "email"},
    "phone": {"type": "tel", "inputmode": "tel"},
    "website": {"inputmode": "url"},
}


class ContactForm(forms.Form):
    """Each field as it should be, and beside it, hidden, as it was shown."""

    token = forms.CharField(widget=forms.HiddenInput, validators=[TOKEN], error_messages={"required": TOKEN.message})

    def __init__(self, *args, lead: Lead, **kwargs):
        super().__init__(*args, **kwargs)
        for name in contacts.FIELDS:
            longest, label = Lead._meta.get_field(name).max_length, LABELS.get(name)
            widget = forms.TextInput(attrs={"autocomplete": "off"} | KINDS.get(name, {}))
            now = getattr(lead, name)
            self.fields[name] = forms.CharField(
                required=False, max_length=longest, label=label, initial=now, widget=widget
            )
            self.fields[f"was_{name}"] = forms.CharField(
                required=False, initial=now, widget=forms.HiddenInput, strip=False
            )

    def shown(self) -> list:
        """Return the fields to draw."""
        return [self[name] for name in contacts.FIELDS]

    def said(self) -> tuple[dict[str, str], dict[str, str]]:
        """Return the fields as they should be, and as they were; one that was not sent stays."""
        sent = [name for name in contacts.FIELDS if name in self.data]
        was = {name: self.cleaned_data[f"was_{name}"] for name in sent if f"was_{name}" in self.data}
        return {name: self.cleaned_data[name] for name in sent}, was

    def keep_typed(self, lead: Lead) -> None:
        """Keep what was typed, take the fields as they now are for seen, and say beside each that is another than was shown what it is."""
        self.data = self.data.copy()
        for name in contacts.FIELDS:
            now = getattr(lead, name)
            if self.data.get(f"was_{name}", now) != now:
                self.add_error(
                    name, f"Somebody wrote “{now}” here meanwhile." if now else "Somebody emptied this meanwhile."
                )
            self.data[f"was_{name}"] = now


@require_http_methods(["GET", "POST"])
def contact(request, pk: int):
    """Show who they are, and change it."""
    desk = Desk(request, place="lead")
    lead = desk.lead(pk)
    if not permissions.can(desk.user, "edit_contact", lead, at=desk.at):
        raise PermissionDenied(permissions.refusal(desk.user, "edit_contact", lead))
    form = ContactForm(request.POST if request.method == "POST" else None, lead=lead)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid() and (status := _save(desk, lead, form)) == 200:
            return HttpResponseRedirect(reverse("lead", args=[pk]))
    context = {"lead": lead, "form": form, "token": desk.token}
    return render(request, "leads/contact.html", context, status=status)


def _save(desk, lead: Lead, form: ContactForm) -> int:
    """Change what was meant, once; return 200, or what kind of refusal the form now shows."""
    values, was = form.said()

    def effect(_post) -> dict:
        changed = contacts.edit(lead, values, was=was, by=desk.user, at=desk.at, door=Door.PAGE)
        return {"changed": list(changed)}

    try:
        changed = once(desk, "contact", effect)["changed"]
    except Stale as refusal:
        form.keep_typed(desk.lead(lead.pk))
        form.add_error(None, f"{refusal.words} What you typed is still here; save again to let it stand.")
        return 409
    except Forbidden as refusal:
        raise PermissionDenied(refusal.words) from None
    except Refused as refusal:
        form.add_error(refusal.code if refusal.code in contacts.FIELDS else None, refusal.words)
        return 422
    messages.success(desk.request, "Saved." if changed else "Nothing was to change.")
    return 200
