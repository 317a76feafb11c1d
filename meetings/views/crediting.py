"""The SDR's side of a meeting: recorded after 48 hours and confirmed by the manager; contested within five days and settled (MEET-7)."""

from django.urls import path

from meetings import credit
from meetings.views import forms
from meetings.views.meeting import act, words


@act(forms.OutcomeForm, "claim", "claim")
def claim(place, row, given):
    """Record what came of a meeting that nobody told of for 48 hours."""
    status, reason = given["outcome"]
    credit.claim(row, status, by=place.user, at=place.at, reason=reason, size=given["size"])
    return f"{row.lead.name}: recorded. Your manager confirms it."


@act(forms.ConfirmForm, "confirm", "confirm")
def confirm(place, row, given):
    """Confirm what an SDR recorded, or not."""
    if given["do"] == "deny":
        credit.deny(row, by=place.user, at=place.at)
        return f"{row.lead.name}: not confirmed. It waits for its owner's word."
    return words(credit.confirm(row, by=place.user, at=place.at))


@act(forms.WhyForm, "contest", "contest")
def contest(place, row, given):
    """Contest what was said of a meeting."""
    credit.contest(row, why=given["why"], by=place.user, at=place.at)
    return f"{row.lead.name}: contested. Your manager settles it."


@act(forms.SettleForm, "settle", "settle")
def settle(place, row, given):
    """Settle what is contested: it stands, or is corrected."""
    status, reason = given["outcome"] or ("", None)
    facts = {
        "upheld": bool(status) or given["do"] == "uphold",
        "status": status,
        "reason": reason,
        "size": given["size"],
    }
    credit.settle(row, by=place.user, at=place.at, **facts)
    return f"{row.lead.name}: settled."


urlpatterns = [
    path("meetings/<int:pk>/claim/", claim, name="meeting-claim"),
    path("meetings/<int:pk>/confirm/", confirm, name="meeting-confirm"),
    path("meetings/<int:pk>/contest/", contest, name="meeting-contest"),
    path("meetings/<int:pk>/settle/", settle, name="meeting-settle"),
]
