"""Meetings that were held, missed or called off elsewhere, written as they ended, each with its place on record (IN-4).

Called by `telling` once the sales are there. A meeting belongs to the sale of its lead that was under way then; where no file tells of
one, the meeting opened it (ACC-10), and it counts as qualified when a meeting of it was.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from accounts.models import Door, Event, Opportunity, OpportunityStatus, Reason, Stage
from accounts.writing import insert_each
from leads.import_batches import Outcome as RowOutcome
from leads.intake_people import CREATED, REJECTED
from leads.models import ContactRole, Lead
from meetings.models import HandOffPoint, Meeting, MeetingStatus

from .rows import Told

Line = tuple[int, int]
DUE = timedelta(hours=24)
ENDS = {
    "qualified": MeetingStatus.QUALIFIED, "unqualified": MeetingStatus.UNQUALIFIED, "no_show": MeetingStatus.NO_SHOW,
    "missed": MeetingStatus.MISSED, "cancelled": MeetingStatus.CANCELLED,
}  # fmt: skip


def opened_by(stories: Iterable[Any]) -> list[tuple[Line, Any, Told]]:
    """Return the sales that meetings opened: one a lead that has meetings and no sale told, as rows for `sales.bring`."""
    qualifying = Stage.objects.filter(is_qualifying=True).values_list("name", flat=True).first()
    rows = []
    for story in stories:
        told = [one for _line, one in story.told("meetings", "starts_at")]
        if not told or story.told("opportunities"):
            continue
        sale = Told("opportunities", 0)
        sale.facts["began_at"] = min(one.get("booked_at") or one.facts["starts_at"] for one in told)
        sale.facts["opportunity_owner"] = told[0].get("owner")
        if held := [one.facts["starts_at"] for one in told if one.get("outcome") == "qualified"]:
            sale.stages[qualifying] = min(held)
            sale.facts["status"] = OpportunityStatus.OPEN
        else:
            sale.facts |= {
                "status": OpportunityStatus.NOT_QUALIFIED,
                "closed_at": max(one.facts["ends_at"] for one in told),
            }
        rows.append(((0, story.lead), story, sale))
    return rows


def bring(rows: Sequence[tuple[Line, Any, Told]], *, at: datetime) -> dict[Line, RowOutcome]:
    """Write the meetings of these rows (line, story, told). About six queries for any number."""
    results: dict[Line, RowOutcome] = {}
    leads = Lead.objects.select_related("cycle").in_bulk([story.lead for _line, story, _told in rows])
    sales = _sales(leads)
    reasons = {text.lower(): reason for reason in Reason.objects.all() for text in (reason.code, reason.label)}
    credited = set(Meeting.objects.filter(opportunity__in=[s.pk for found in sales.values() for s in found], is_credited=True)
                   .values_list("opportunity", flat=True))  # fmt: skip
    new: list[tuple[Line, Meeting]] = []
    for line, story, told in sorted(rows, key=lambda row: row[2].facts["starts_at"]):
        made = _made(told, story, leads[story.lead], sales.get(story.lead, []), reasons, at)
        if isinstance(made, str):
            results[line] = (REJECTED, story.lead, "", made)
            continue
        held = made.status in MeetingStatus.HELD
        made.is_credited = held and made.sourced_by is not None and made.opportunity_id not in credited
        credited |= {made.opportunity_id} if made.is_credited else set()
        new.append((line, made))
        results[line] = (CREATED, story.lead, "", "")
    insert_each([meeting for _line, meeting in new])
    insert_each([event for _line, meeting in new for event in _events(meeting, at)])
    return results


def known(leads: Iterable[int]) -> set[tuple[int, datetime]]:
    """Name the meetings these leads had, by their start. One query."""
    return set(Meeting.objects.filter(lead__in=list(leads)).values_list("lead", "starts_at"))


def _sales(leads: Mapping[int, Lead]) -> dict[int, list[Opportunity]]:
    roles = ContactRole.objects.filter(lead__in=leads, opportunity__gone_as="").select_related("opportunity")
    found: dict[int, list[Opportunity]] = {}
    for role in roles.order_by("opportunity__created_at", "opportunity"):
        found.setdefault(role.lead_id, []).append(role.opportunity)
    return found


def _made(
    told: Told, story, lead: Lead, sales: Sequence[Opportunity], reasons: Mapping[str, Reason], at: datetime
) -> Meeting | str:
    """Build one meeting as it ended, or say why not."""
    starts, owner = told.facts["starts_at"], told.get("owner")
    under_way = [
        sale
        for sale in sales
        if sale.created_at <= starts and (sale.closed_at is None or starts <= sale.closed_at + DUE)
    ]
    sale = (under_way or list(sales) or [None])[-1]
    if sale is None:
        return "It belongs to no sale: the lead has no company."
    if (owner := owner or sale.opportunity_owner or story.owner) is None:
        return "It does not say who held it."
    status = ENDS.get(told.get("outcome", ""))
    if told.get("outcome") == "held":
        qualified = sale.qualified_at is not None
        status = MeetingStatus.QUALIFIED if qualified else MeetingStatus.UNQUALIFIED
    if status is None:
        return "It does not say what came of it."
    reason = None
    if status == MeetingStatus.UNQUALIFIED:
        reason = reasons.get(told.get("reason", "").lower())
        if reason is None or reason.disposition not in ("nurture", "unqualified"):
            return "It was held without qualifying; say why: a reason of not now or never, by code or label."
    booked = min(told.get("booked_at") or starts, starts)
    is_disposed = status in MeetingStatus.DISPOSED
    return Meeting(
        lead=lead, cycle=lead.cycle, account_id=sale.account_id, opportunity=sale, owner=owner,
        sourced_by=sale.development_owner or story.owner, booked_by=told.get("booked_by"), status=status, starts_at=starts,
        ends_at=told.facts["ends_at"], point=HandOffPoint.COMPLETED, booked_at=booked, recorded_at=at, due_at=starts + DUE,
        ended_at=told.facts["ends_at"] if is_disposed else starts, disposed_at=told.facts["ends_at"] if is_disposed else None,
        disposed_by=owner if is_disposed else None, reason=reason, version=1,
    )  # fmt: skip


def _events(meeting: Meeting, at: datetime) -> list[Event]:
    moves = [("book", meeting.booked_at), ("disposition" if meeting.disposed_at else "cancel", meeting.ended_at)]
    facts = {"meeting": meeting.pk, "owner": meeting.owner_id, "starts": meeting.starts_at.isoformat()}
    last = {"status": meeting.status, "reason": meeting.reason_id, "version": 1, "credited": meeting.is_credited}
    return [
        Event(
            kind="meeting", move=move, at=moment, recorded_at=max(at, moment), door=Door.IMPORT, lead_id=meeting.lead_id,
            cycle_id=meeting.cycle_id, account_id=meeting.account_id, opportunity_id=meeting.opportunity_id,
            data=facts | (last if move != "book" else {}),
        )
        for move, moment in moves
    ]  # fmt: skip
