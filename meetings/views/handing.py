"""Hand-offs: taken on or sent back from the page of the day; a lead that was sent back handed over again, on a page of its own (SLA-6)."""

from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods, require_POST

from meetings import handing, returned
from meetings.models import HandOff
from meetings.views import day, forms
from meetings.views.acting import Place, Wrong, answered, do, may
from meetings.views.meeting import again as lists_again
from meetings.views.meeting import links
from meetings.views.words import when

BESIDE = ("opportunity__product", "opportunity__account", "lead", "receiver", "giver", "ended_by", "reason")


def _answer(request, pk, form_class, kind, effect):
    place = Place(request)
    row = place.found(HandOff.objects.select_related(*BESIDE), pk)
    may(place, "answer", row)
    try:
        text = do(place, kind, form_class(request.POST), lambda given: effect(place, row, given))
    except Wrong as wrong:
        if place.is_htmx:
            return lists_again(place, wrong=wrong, at_row=-pk)
        context = day.day(place) | {"now": place.at, "token": place.token, "wrong": wrong, "at_row": -pk, "show": ""}
        return render(request, "meetings/day.html", context, status=wrong.status)
    return lists_again(place, text=text) if place.is_htmx else answered(place, text, place.back(reverse("meetings")))


@require_POST
def accept(request, pk):
    """Take on what is handed over."""

    def effect(place, row, _given):
        handing.accept(row, by=place.user, at=place.at)
        return f"{row.opportunity.name}: accepted."

    return _answer(request, pk, forms.TokenForm, "accept", effect)


@require_POST
def refuse(request, pk):
    """Send back what is handed over, with the reason."""

    def effect(place, row, given):
        handing.refuse(row, reason=given["reason"], why=given["why"], by=place.user, at=place.at)
        return f"{row.opportunity.name}: sent back to {row.giver.get_short_name() if row.giver else 'the manager'}."

    return _answer(request, pk, forms.RefuseForm, "refuse", effect)


@require_http_methods(["GET", "HEAD", "POST"])
def again(request, pk):
    """Ask who is to have a lead that was sent back, or hand it over."""
    place = Place(request)
    row = place.found(HandOff.objects.select_related(*BESIDE), pk)
    may(place, "again", row)
    if request.method != "POST":
        return _ask(place, row)

    def effect(given):
        to = returned.hand_over(row, to=given["to"], by=place.user, at=place.at).receiver
        return f"{row.lead.name}: handed to {to.get_short_name()}, who accepts within 24 hours."

    try:
        text = do(place, "again", forms.AgainForm(request.POST), effect)
    except Wrong as wrong:
        return _ask(place, row, wrong)
    return answered(place, text, links(row, place)["sale"] or reverse("meetings"))


def _ask(place: Place, row: HandOff, wrong: Wrong | None = None):
    """Draw the page: what was sent back and why, and to whom it may go. After a refusal with its reason."""
    is_back = returned.is_back(row) and returned.since(row) is None
    context = {
        "row": row, "told": sent_back(place, row), "is_back": is_back, "links": links(row, place),
        "people": [person for person in returned.takers()[:100] if person.pk != row.lead.owner_id] if row.lead else [],
        "chosen": place.request.POST.get("to") or str(row.receiver_id), "token": place.token, "wrong": wrong, "now": place.at,
    }  # fmt: skip
    return render(place.request, "meetings/hand_again.html", context, status=wrong.status if wrong else 200)


def sent_back(place: Place, row: HandOff) -> str:
    """Say who sent a lead back, when and why. Pure."""
    if row.ended_at is None:
        return "It waits for an answer."
    by = row.ended_by.get_short_name() if row.ended_by else "LeadOps"
    if row.outcome != HandOff.Outcome.REFUSED:
        return f"{by}, {when(row.ended_at, place.at)}: {row.get_outcome_display().lower()}."
    why = f": {row.reason.label.lower()}" if row.reason else ""
    return f"{by} sent it back {when(row.ended_at, place.at)}{why}. {row.why}".strip()


urlpatterns = [
    path("hand-offs/<int:pk>/accept/", accept, name="hand-off-accept"),
    path("hand-offs/<int:pk>/refuse/", refuse, name="hand-off-refuse"),
    path("hand-offs/<int:pk>/again/", again, name="hand-off-again"),
]
