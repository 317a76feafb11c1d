"""What this app puts on the lead page: booking, its undo, the meetings with their pack (WORK-3). The timeline: `meetings/telling.py`."""

from django.db.models import QuerySet
from django.urls import reverse

from accounts.prepared import Prepared
from leads.models import Lead
from leads.views import slots
from meetings import permissions, returned
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
    slots.UNDOES["book"] = (booking.take_back, "the booking is taken back; they are not invited.")


def _last(lead: int) -> QuerySet[Meeting]:
    rows = Meeting.objects.filter(lead=lead).for_a_list().select_related("lead__owner", "reason", "disposed_by")
    return rows.order_by("-starts_at", "-pk")[:SHOWN]


LAST = Prepared(_last)


def meetings(desk, lead: Lead) -> dict | None:
    """Return the meetings of a lead: what is ahead or waits for its word first, then the last ones. Two queries."""
    rows = LAST.objects(lead.pk)
    if not rows:
        return None
    waiting = None
    if any(map(_may_wait, rows)):  # elsewhere the disposition is the acceptance: nothing waits
        last = HandOff.objects.filter(lead=lead, kind=HandOff.Kind.SALE).order_by("-pk")
        waiting = last.select_related("receiver", "giver", "ended_by", "reason", "opportunity", "lead").first()
    drawn = [
        _row(desk, row)
        for row in sorted(rows, key=lambda r: (r.status != MeetingStatus.BOOKED, -r.starts_at.timestamp()))
    ]
    again = waiting is not None and returned.is_back(waiting) and permissions.can(desk.user, "again", waiting)
    facts = {"hand_off": _waits(desk, waiting), "again": reverse("hand-off-again", args=[waiting.pk]) if again else ""}
    return {"template": "meetings/_on_lead.html", "side": False, "rows": drawn, **facts}


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


def _may_wait(row: Meeting) -> bool:
    """Whether somebody may have to accept the lead: handed over at the booking, or held by who found it."""
    by_finder = row.owner_id == row.sourced_by_id and row.status == MeetingStatus.QUALIFIED
    return row.point == HandOffPoint.SCHEDULED or (by_finder and row.point == HandOffPoint.COMPLETED)


def _waits(desk, row: HandOff | None) -> str:
    """Say whose word is waited for, or why the last one sent it back."""
    if row is None or row.outcome not in (HandOff.Outcome.WAITS, HandOff.Outcome.REFUSED):
        return ""
    if row.outcome == HandOff.Outcome.REFUSED:
        by = row.ended_by.get_short_name() if row.ended_by else "Nobody"
        why = f": {row.reason.label.lower()}" if row.reason else ""
        return f"{by} sent it back {when(row.ended_at, desk.at)}{why}. {row.why}".strip()
    who = row.receiver.get_short_name() if row.receiver else "nobody yet"
    return f"Handed to {who}, who accepts it until {when(row.limit_at, desk.at)}."
