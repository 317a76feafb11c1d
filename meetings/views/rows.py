"""The rows of the meetings' pages: what stands in a line, and what may be pressed on it."""

from django.urls import reverse

from accounts.models import Disposition, Reason
from accounts.prepared import Prepared
from leads.dispositions import LATER
from leads.models import Lead
from leads.views.slots import sale_page
from meetings import handing, permissions
from meetings.closing import CRITERIA
from meetings.credit import CLAIM_AFTER, CONTEST_WITHIN
from meetings.handing import OVERSOLD
from meetings.models import HandOff, HandOffPoint, Meeting, MeetingStatus
from meetings.outcomes import CORRECT_WITHIN
from meetings.views.words import badge, cards_of, clock, due, pack, when

WANTED = CRITERIA | handing.GIVEN  # of either hand-off


def meetings(place, rows: list[Meeting]) -> list[dict]:
    """Draw meetings as rows, each with its pack. One query for all of them."""
    cards = cards_of({row.lead_id for row in rows})
    return [meeting(place, row, cards.get(row.lead_id)) for row in rows]


def meeting(place, row: Meeting, card=None) -> dict:
    """Draw one meeting: when in both zones, who, what for, its clock, its pack, and what this person may press."""
    is_due = row.status == MeetingStatus.BOOKED and row.starts_at <= place.at
    return {
        "id": row.pk,
        "version": row.version,
        "url": reverse("meeting", args=[row.pk]) if permissions.can(place.user, "see", row) else "",
        "lead": row.lead.name,
        "company": row.account.name,
        "product": row.opportunity.product.name,
        "sale": row.opportunity.name,
        "when": when(row.starts_at, place.at, row.zone),
        "at": row.starts_at,
        "minutes": int((row.ends_at - row.starts_at).total_seconds() // 60),
        "owner": "you" if row.owner_id == place.user.pk else row.owner.get_short_name(),
        "by": row.sourced_by.get_short_name() if row.sourced_by_id else "",
        "join": row.place if row.place.startswith(("https://", "http://")) else "",
        "place": row.place,
        "badge": badge(row),
        "is_due": is_due,
        "clock": due(row, place.at) if is_due else None,
        "pack": pack(row, card),
        "will": will(row) if is_due else "",
        "reason": (row.reason.label + (f", {row.size}" if row.size else "")) if row.reason_id else "",
        "claimed": claimed(row) if row.claim else "",
        "can": can(place, row, is_due),
    }


def line(place, row: Meeting) -> dict:
    """Draw a meeting that is due as one line, without its pack and its form."""
    return {
        "id": row.pk,
        "is_line": True,
        "url": reverse("meeting", args=[row.pk]),
        "lead": row.lead.name,
        "company": row.account.name,
        "product": row.opportunity.product.name,
        "when": when(row.starts_at, place.at, row.zone),
        "at": row.starts_at,
        "clock": due(row, place.at),
        "claimed": claimed(row) if row.claim else "",
    }


def can(place, row: Meeting, is_due: bool) -> dict:
    """Say what this person may press on a meeting, as it stands and at this moment."""
    user, at = place.user, place.at
    booked, mine = row.status == MeetingStatus.BOOKED, row.owner_id == user.pk
    late = row.disposed_at is not None and at - row.disposed_at > CORRECT_WITHIN
    return {
        "tell": is_due and permissions.can(user, "disposition", row),
        "move": booked and not is_due and permissions.can(user, "move", row),
        "correct": row.is_disposed and permissions.can(user, "correct", row) and not (mine and late and user.role not in LATER),
        "claim": booked and not row.claim and at >= row.starts_at + CLAIM_AFTER and permissions.can(user, "claim", row) and not mine,
        "confirm": booked and bool(row.claim) and permissions.can(user, "confirm", row),
        "contest": row.is_disposed and row.contested_at is None and at <= (row.corrected_at or row.disposed_at) + CONTEST_WITHIN
        and permissions.can(user, "contest", row),
        "settle": row.contested_at is not None and row.settled_at is None and row.contested_by_id != user.pk
        and permissions.can(user, "settle", row),
    }  # fmt: skip


def claimed(row: Meeting) -> str:
    """Say what the SDR recorded where nobody had."""
    who = row.claimed_by.get_short_name() if row.claimed_by else "The SDR"
    size = f" (size {row.claim_size})" if row.claim_size else ""
    return f"{who} recorded: {MeetingStatus(row.claim).label.lower()}{size}."


def will(row: Meeting) -> str:
    """Say what *held, qualified* will do, before it is pressed."""
    name = row.lead.first_name or row.lead.name
    text = f"Qualified moves {row.opportunity.product.name} to its qualifying stage and qualifies {name}"
    if row.point != HandOffPoint.COMPLETED:
        return f"{text}."
    if row.owner_id != row.sourced_by_id:
        return f"{text}; the hand-off to you begins."
    seller = row.opportunity.opportunity_owner_id
    return f"{text}." if seller in (None, row.owner_id) else f"{text}; who has the sale is asked to take {name} on."


def hand_offs(place, rows: list[HandOff]) -> list[dict]:
    """Draw passings as rows. One query where some of their leads are in other hands, for all of those that may be opened."""
    others = {row.lead_id for row in rows if row.lead_id and row.lead.owner_id != place.user.pk}
    opens = {row.lead_id for row in rows} - others - {None}
    if others:
        opens.update(Lead.objects.visible_to(place.user, place.at).filter(pk__in=others).values_list("pk", flat=True))
    return [hand_off(place, row, row.lead_id in opens) for row in rows]


def hand_off(place, row: HandOff, opens_lead: bool) -> dict:
    """Draw one passing that waits for a word, with its limit; what this person may not open is no link."""
    return {
        "id": row.pk,
        "clock": clock(row.began_at, row.limit_at, place.at),
        "kind": row.get_kind_display(),
        "sale": row.opportunity.name,
        "sale_url": sale_page(row.opportunity_id) if permissions.can(place.user, "see", row.opportunity) else "",
        "from": row.giver.get_short_name() if row.giver else "nobody",
        "to": row.receiver.get_short_name() if row.receiver else "",
        "lead": row.lead.name if row.lead else "",
        "lead_url": reverse("lead", args=[row.lead_id]) if opens_lead else "",
        "missing": [
            WANTED.get(code, code)
            for code in row.missing
            if code != "contract_end" or not row.opportunity.contract_end_date
        ],
        "may": permissions.can(place.user, "answer", row),
        "is_success": row.kind == HandOff.Kind.SUCCESS,
    }


def _reasons():
    chosen = (Disposition.NURTURE, Disposition.UNQUALIFIED, Disposition.REFUSAL)
    return Reason.objects.filter(disposition__in=chosen, is_active=True, is_system=False)


REASONS = Prepared(_reasons)
GROUPS = {Disposition.NURTURE: "Not now", Disposition.UNQUALIFIED: "Never", Disposition.REFUSAL: "Send back"}


def all_reasons() -> dict[str, list[dict]]:
    """List why a held meeting led to nothing, not now before never, and why a hand-off is sent back. One query."""
    found = sorted(REASONS.objects(), key=lambda r: (list(GROUPS).index(r.disposition), r.order, r.pk))
    said = [
        {
            "code": r.code,
            "label": r.label,
            "test": r.test,
            "asks_size": r.asks_size,
            "group": GROUPS[r.disposition],
            "is_customers": r.code == OVERSOLD,
        }
        for r in found
    ]
    return {
        "reasons": [row for row in said if row["group"] != "Send back"],
        "refusals": [row for row in said if row["group"] == "Send back"],
    }


def reasons() -> list[dict]:
    """List why a held meeting led to nothing, not now before never. One query."""
    return all_reasons()["reasons"]
