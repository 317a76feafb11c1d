"""What every happening of a meeting has in common: its row held under lock, its place on record, and who is told by one sentence.

Used by the processes of this app only. The order of locks is everywhere the same: account, opportunity, lead, pool, meeting.
"""

from collections.abc import Callable
from datetime import datetime

from django.utils import timezone

from accounts.models import Event, Message, Opportunity, User
from accounts.words import when
from accounts.writing import fresh, insert_each
from leads.lifecycle import Forbidden, Refused, Seen, Stale, Step, turn
from meetings import permissions
from meetings.models import Meeting

BESIDE = (
    "lead",
    "cycle",
    "owner",
    "sourced_by",
    "opportunity__product",
    "opportunity__account",
    "opportunity__stage",
    "pool",
    "task",
    "disposed_by",
)


def hold(meeting: Meeting | int, *, at: datetime, version: int | None = None) -> Meeting:
    """Lock a meeting with its opportunity, and read it as it is now. Inside a transaction; three queries.

    Raises Stale where it is not the version that was looked at any more, saying who did what, as seen from `at`.
    """
    pk = meeting.pk if isinstance(meeting, Meeting) else meeting
    sale = Meeting.objects.filter(pk=pk).values_list("opportunity", flat=True).first()
    if sale is None:
        raise Refused("There is no such meeting.", "gone")
    Opportunity.objects.select_for_update(no_key=True).get(pk=sale)
    # Every happening of a meeting holds its opportunity first; only sweeps take the row alone, for a word.
    list(Meeting.objects.select_for_update(no_key=True).filter(pk=pk).values_list("pk"))
    row = Meeting.objects.select_related(*BESIDE).get(pk=pk)
    if version is not None and row.version != version:
        raise Stale(what_happened(row, at))
    return row


def may(by: User | None, action: str, row) -> None:
    """Refuse unless the person who asks may do this to this row. The system may do anything."""
    if by is not None and not permissions.can(by, action, row):
        raise Forbidden(permissions.refusal(by, action, row))


DID = {
    "book": "booked it", "reschedule": "moved it", "cancel": "called it off", "pass_on": "gave it to another", "claim": "recorded it",
    "deny": "did not confirm it",
}  # fmt: skip


def what_happened(meeting: Meeting, at: datetime) -> str:
    """Say in one sentence who did what to a meeting last, as seen from a moment: for the one who comes second. Two queries."""
    moves = ("disposition", "correct", *DID)
    events = Event.objects.filter(
        opportunity_id=meeting.opportunity_id, kind="meeting", data__meeting=meeting.pk, move__in=moves
    )
    event = events.order_by("-id").first()
    who = User.objects.filter(pk=event.actor_id).first() if event and event.actor_id else None
    status = meeting.get_status_display().lower()
    if event is None:
        return f"This meeting is {status} already."
    actor = (
        who.get_short_name() if who else "They" if event.data.get("theirs") or event.data.get("by_them") else "LeadOps"
    )
    moment = when(
        event.recorded_at, timezone.get_current_timezone(), at
    )  # the viewer's zone, which the page made the current one
    if event.move in DID:
        return f"{actor} {DID[event.move]} {moment}."
    return f"{actor} said {moment}: {status}. It stands so."


def put_on_record(
    step: Step | None, meeting: Meeting, move: str, *, by: User | None, at: datetime, door: str, **data
) -> None:
    """Put one happening of a meeting on record: with the lead's turn, or alone where its lead is gone."""
    facts = {"meeting": meeting.pk, "owner": meeting.owner_id, "starts": meeting.starts_at.isoformat()} | data
    if step is not None:
        step.record("meeting", move=move, opportunity_id=meeting.opportunity_id, data=facts)
        return
    insert_each([
        Event(
            kind="meeting", move=move, at=at, recorded_at=at, door=door, actor_id=by.pk if by else None, lead_id=meeting.lead_id,
            cycle_id=meeting.cycle_id, account_id=meeting.account_id, opportunity_id=meeting.opportunity_id, data=facts,
        )
    ])  # fmt: skip


def with_lead(
    meeting: Meeting, change: Callable[[Step], None], move: str, *, by: User | None, at: datetime, door: str, recorded_at=None, **data
) -> None:  # fmt: skip
    """Let something happen to the lead of a meeting, and put it on record with it. A lead that is gone keeps the record only.

    Raises what the lead refuses: then nothing of it happens.
    """

    def both(step: Step) -> None:
        change(step)
        put_on_record(step, meeting, move, by=by, at=at, door=door, **data)

    result = turn([Seen(meeting.lead_id)], both, by=by, at=at, door=door, recorded_at=recorded_at)
    for _lead, refusal in result.refused:
        if refusal.code != "gone":
            raise refusal
        put_on_record(None, meeting, move, by=by, at=at, door=door, **data)


def tell(to: User | None, kind: str, key: str, *, at: datetime, meeting: Meeting, **data) -> list[Message]:
    """Return the row that tells one person of a meeting, none for nobody or one who is switched off. `key` makes it once."""
    if to is None or not to.is_active:
        return []
    facts = {"meeting": meeting.pk, "starts": meeting.starts_at.isoformat()} | data
    return [
        fresh(Message, to_id=to.pk, kind=kind, lead_id=meeting.lead_id, data=facts, created_at=at, dedupe_key=f"{kind}:{key}:{to.pk}"[:120])
    ]  # fmt: skip
