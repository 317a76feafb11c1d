"""One meeting on its own page, and what is done with it: told, corrected, moved, called off (MEET-2 to MEET-5).

Every act is a POST with the version it was drawn from and a token that makes it count once. From the day's page it is answered with
that page's lists (htmx) or leads back to it.
"""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.models import Event, Opportunity
from leads.models import Lead, Note
from leads.timeline import TELLERS, Told
from leads.views.answers import said
from meetings import free, moving, outcomes, permissions, zones
from meetings.models import HandOff, Meeting, MeetingStatus
from meetings.views import day, forms, lists, rows
from meetings.views.acting import Place, Wrong, answered, do, may
from meetings.views.booking import LENGTHS, holders, moment_of
from meetings.views.words import cards_of, sentence, when

ENDS = (MeetingStatus.QUALIFIED, MeetingStatus.UNQUALIFIED, MeetingStatus.NO_SHOW, MeetingStatus.MISSED)
NOTES = 5  # of the pack; all of them stand on the lead's page


def read(place: Place, pk: int) -> Meeting:
    return place.found(
        Meeting.objects.select_related(
            *lists.BESIDE, "disposed_by", "contested_by", "settled_by", "opportunity__stage"
        ),
        pk,
    )


@require_GET
def meeting(request, pk):
    """Show one meeting with all that may be done with it."""
    place = Place(request)
    return page(place, read(place, pk))


def page(place: Place, row: Meeting, wrong: Wrong | None = None):
    """Draw a meeting's page; after a refusal with its reason and what was typed."""
    drawn = rows.meeting(place, row, cards_of([row.lead_id]).get(row.lead_id))
    can, given = drawn["can"], place.request.POST
    people = [row.owner, *(p for p in holders(place.user) if p != row.owner)] if can["move"] else []
    times = (
        free.times([row.owner], place.at, minutes=drawn["minutes"], zone=zones.known(row.zone)) if can["move"] else []
    )
    context = {
        "row": drawn,
        "m": row,
        "links": links(row, place),
        "entries": history(row, place),
        "reasons": rows.reasons() if can["tell"] or can["correct"] or can["claim"] or can["settle"] else [],
        "times": [{"value": t.isoformat(), "label": sentence(when(t, place.at, row.zone))} for t in times],
        "people": people,
        "lengths": LENGTHS,
        "first_day": place.at.astimezone(place.user.zone).date().isoformat(),
        "others": [(s.value, s.label) for s in ENDS if s != row.status or s == MeetingStatus.UNQUALIFIED],  # for another reason
        "notes": list(Note.objects.filter(lead=row.lead_id, erased_at=None).select_related("by").order_by("-pk")[:NOTES]),
        "now": place.at, "token": place.token, "wrong": wrong, "typed": given, "back": reverse("meeting", args=[row.pk]),
        "toast": said(place.request), "is_why": "why" in place.request.GET,
    }  # fmt: skip
    return render(place.request, "meetings/meeting.html", context, status=wrong.status if wrong else 200)


def links(row: Meeting | HandOff, place: Place) -> dict[str, str]:
    """Say where the lead and the sale of a meeting or a hand-off are, to who may see them: they may be a colleague's. Two queries."""
    lead = Lead.objects.visible_to(place.user, place.at).filter(pk=row.lead_id)
    sale = permissions.visible_to(Opportunity.objects.filter(pk=row.opportunity_id), place.user)
    return {
        "lead": reverse("lead", args=[row.lead_id]) if lead.exists() else "",
        "sale": reverse("opportunity", args=[row.opportunity_id]) if sale.exists() else "",
    }


def history(row: Meeting, place: Place) -> list:
    """Tell what happened to the meetings of this chain, newest first. Six queries at most."""
    events = list(
        Event.objects.filter(opportunity_id=row.opportunity_id, kind="meeting", lead_id=row.lead_id).order_by("-pk")[
            :20
        ]
    )
    teller = Told(row.lead, events, place.at)
    return [TELLERS[event.kind](teller, event) for event in events]


def act(form_class, kind: str, right: str):
    """Make a view of one act on a meeting: `effect(place, row, said)` calls one process and says what it did."""

    def wrap(effect):
        def view(request, pk):
            place = Place(request)
            row = read(place, pk)
            may(place, right, row)
            try:
                text = do(place, kind, form_class(request.POST), lambda given: effect(place, row, given))
            except Wrong as wrong:
                return refused(place, pk, wrong)
            return done(place, text, pk)

        view.__doc__, view.__name__ = effect.__doc__, effect.__name__
        return require_POST(view)

    return wrap


def refused(place: Place, pk: int, wrong: Wrong):
    """Answer a refused act where the hand was: in the lists of the day, or on the meeting's page."""
    if place.is_htmx:
        return again(place, wrong=wrong, at_row=pk)
    return page(place, read(place, pk), wrong)


def done(place: Place, text: str, pk: int):
    """Answer an act that was done: the lists anew (htmx), or the page it was pressed on."""
    if place.is_htmx:
        return again(place, text=text)
    return answered(place, text, place.back(reverse("meeting", args=[pk])))


def again(place: Place, *, text: str = "", wrong: Wrong | None = None, at_row: int = 0) -> HttpResponse:
    """Draw the lists of the day anew, with what was said."""
    context = day.day(place, at_row) | {
        "now": place.at,
        "token": place.token,
        "wrong": wrong,
        "at_row": at_row,
        "in_place": True,
    }
    context["toast"] = {"text": text} if text else None
    return render(place.request, "meetings/_lists.html", context, status=wrong.status if wrong else 200)


WORDS = {
    MeetingStatus.QUALIFIED: "held, qualified. {sale} is at its qualifying stage.",
    MeetingStatus.UNQUALIFIED: "held, unqualified: {reason}.",
    MeetingStatus.NO_SHOW: "no show. {who} looks for a new time.",
    MeetingStatus.MISSED: "missed by us. {who} looks for a new time.",
}


def words(row: Meeting) -> str:
    who = row.sourced_by.get_short_name() if row.sourced_by else "The manager"
    reason = row.reason.label.lower() if row.reason else ""
    return f"{row.lead.name}: " + WORDS[row.status].format(sale=row.opportunity.name, reason=reason, who=who)


def form(request, pk):
    """Draw a due meeting with its form in the place of its line; what was said, where it was told meanwhile. Without a script: its page."""
    place = Place(request)
    row = read(place, pk)
    if not place.is_htmx:
        return page(place, row)
    drawn = rows.meetings(place, [row])[0]
    template = "meetings/_due.html" if drawn["can"]["tell"] else "meetings/_row.html"
    context = {"row": drawn, "reasons": rows.reasons(), "token": place.token, "now": place.at}
    context["is_why"] = "why" in request.GET
    return render(request, template, context | day.way_back(lists.Page.asked(request)))


@act(forms.OutcomeForm, "disposition", "disposition")
def told(place, row, given):
    """Say what came of a meeting."""
    status, reason = given["outcome"]
    facts = {"reason": reason, "size": given["size"], "version": given["version"]}
    return words(outcomes.dispose(row, status, by=place.user, at=place.at, **facts))


@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def outcome(request, pk):
    """Ask what came of a meeting, or say it."""
    return told(request, pk) if request.method == "POST" else form(request, pk)


@act(forms.OutcomeForm, "correct", "correct")
def correct(place, row, given):
    """Correct what was said of a meeting; both words stay on record."""
    status, reason = given["outcome"]
    facts = {"reason": reason, "size": given["size"], "version": given["version"]}
    now = outcomes.correct(row, status, by=place.user, at=place.at, **facts)
    return f"Corrected. {words(now)}"


@act(forms.MoveForm, "move", "move")
def move(place, row, given):
    """Move a meeting to another time; its invitation goes along."""
    new = moving.reschedule(
        row, starts_at=moment_of(given, place.user.zone), by=place.user, at=place.at, minutes=given["minutes"], owner=given["owner"],
        is_theirs=given["theirs"], version=given["version"],
    )  # fmt: skip
    return f"{row.lead.name}: moved to {when(new.starts_at, place.at, new.zone)}. They are told."


@act(forms.CancelForm, "cancel", "cancel")
def cancel(place, row, given):
    """Call a meeting off, before it began."""
    moving.cancel(row, by=place.user, at=place.at, is_theirs=given["theirs"], version=given["version"])
    return f"{row.lead.name}: the meeting is called off. They are told."


urlpatterns = [
    path("meetings/", day.meetings, name="meetings"),
    path("meetings/<int:pk>/", meeting, name="meeting"),
    path("meetings/<int:pk>/outcome/", outcome, name="meeting-outcome"),
    path("meetings/<int:pk>/correct/", correct, name="meeting-correct"),
    path("meetings/<int:pk>/move/", move, name="meeting-move"),
    path("meetings/<int:pk>/cancel/", cancel, name="meeting-cancel"),
]
