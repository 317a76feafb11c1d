"""What this app puts on the lead page: booking, the meetings with their pack, and what happened to them in the timeline (WORK-3)."""

from datetime import datetime

from django.urls import reverse

from accounts.models import Event
from leads import timeline
from leads.models import Lead
from leads.views import slots
from meetings import permissions
from meetings.models import HandOff, HandOffPoint, Meeting, MeetingStatus
from meetings.views import booking
from meetings.views.words import badge, when

SHOWN = 5


def fill() -> None:
    """Fill the places of the lead page, once, when the app is ready."""
    book = slots.Act("book", "Book", "b", "calendar", "book", "meetings/_act_book.html", booking.drawn, booking.fits)
    slots.ACTS[book.kind] = book
    slots.SECTIONS[:] = [meetings]
    slots.COMPANY_PAGE[:] = [lambda pk: reverse("account-page", args=[pk])]
    slots.SALE_PAGE[:] = [lambda pk: reverse("opportunity", args=[pk])]
    timeline.TELLERS["meeting"] = told
    timeline.TELLERS["hand_off"] = handed


def meetings(desk, lead: Lead) -> dict | None:
    """Return the meetings of a lead: what is ahead or waits for its word first, then the last ones. Two queries."""
    found = Meeting.objects.filter(lead=lead).for_a_list().select_related("lead__owner", "reason", "disposed_by")
    rows = list(found.order_by("-starts_at", "-pk")[:SHOWN])
    if not rows:
        return None
    waiting = None
    if any(
        row.point == HandOffPoint.SCHEDULED for row in rows
    ):  # elsewhere the disposition is the acceptance: nothing waits
        waiting = HandOff.objects.filter(lead=lead, outcome="").select_related("receiver").first()
    drawn = [
        _row(desk, row)
        for row in sorted(rows, key=lambda r: (r.status != MeetingStatus.BOOKED, -r.starts_at.timestamp()))
    ]
    return {"template": "meetings/_on_lead.html", "side": False, "rows": drawn, "hand_off": _waits(desk, waiting)}


def _row(desk, row: Meeting) -> dict:
    may_see = permissions.can(desk.user, "see", row)
    ahead = row.status == MeetingStatus.BOOKED and row.starts_at > desk.at
    return {
        "url": reverse("meeting", args=[row.pk]) if may_see else "",
        "badge": badge(row) if ahead or row.status != MeetingStatus.BOOKED else badge(row) | {"label": "To be told"},
        "when": when(row.starts_at, desk.at, row.zone),
        "at": row.starts_at,
        "who": row.owner.get_short_name(),
        "sale": row.opportunity.name,
        "minutes": int((row.ends_at - row.starts_at).total_seconds() // 60),
        "reason": row.reason.label if row.reason else "",
        "pack": [row.persona, row.next_step] if row.status == MeetingStatus.BOOKED else [],
        "may_move": may_see and ahead and permissions.can(desk.user, "move", row),
        "is_due": may_see
        and row.status == MeetingStatus.BOOKED
        and not ahead
        and permissions.can(desk.user, "disposition", row),
    }


def _waits(desk, row: HandOff | None) -> str:
    if row is None:
        return ""
    who = row.receiver.get_short_name() if row.receiver else "nobody yet"
    return f"Handed to {who}, who accepts it until {when(row.limit_at, desk.at)}."


BY_STATUS = {
    "qualified": ("check", "held, qualified"), "unqualified": ("moon", "held, unqualified"), "no_show": ("miss", "they did not come"),
    "missed": ("alert", "we missed it"),
}  # fmt: skip


def told(teller, event: Event) -> timeline.Entry:
    """Say one happening of a meeting."""
    data, who = event.data, teller.who(event)
    starts = teller.moment(datetime.fromisoformat(data["starts"])) if data.get("starts") else ""
    owner = teller.person(data.get("owner")) or "somebody"
    icon, text = "calendar", f"{who}: meeting, {event.move.replace('_', ' ')}."
    if event.move == "book":
        text = (
            f"They booked a meeting with {owner}, {starts}."
            if data.get("by_them")
            else f"{who} booked a meeting with {owner}, {starts}."
        )
    elif event.move == "reschedule":
        to = teller.moment(datetime.fromisoformat(data["to"])) if data.get("to") else "another time"
        text = f"{who} moved the meeting of {starts} to {to}{', as they asked' if data.get('theirs') else ''}."
    elif event.move == "cancel":
        text = f"{who} called the meeting of {starts} off{', as they asked' if data.get('theirs') else ''}."
    elif event.move in ("disposition", "correct"):
        icon, what = BY_STATUS.get(data.get("status", ""), ("calendar", data.get("status", "")))
        said = "said of" if event.move == "disposition" else "corrected what was said of"
        text = f"{who} {said} the meeting of {starts}: {what}."
    return timeline.Entry(icon, text, event.at)


HANDED = {
    "accepted": "{who} accepted the hand-off.",
    "refused": "{who} sent the hand-off back.",
    "dropped": "The hand-off fell away.",
}


def handed(teller, event: Event) -> timeline.Entry:
    """Say one happening of a hand-off."""
    words = HANDED.get(event.move, "{who} handed over.")
    return timeline.Entry("swap", words.format(who=teller.who(event)), event.at)
