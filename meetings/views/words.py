"""How a meeting, a sale and their times are said on the pages of this app."""

import zoneinfo
from datetime import datetime
from decimal import Decimal

from django.utils import timezone

from accounts.prepared import Prepared
from accounts.words import day, duration, moment
from leads.models import Qualification, Way
from leads.sla import Clock
from meetings.models import Meeting, MeetingStatus
from meetings.zones import known

KINDS = {
    MeetingStatus.QUALIFIED: ("now", "check"), MeetingStatus.UNQUALIFIED: ("notnow", "moon"), MeetingStatus.NO_SHOW: ("never", "miss"),
    MeetingStatus.MISSED: ("never", "alert"), MeetingStatus.BOOKED: ("outline", "calendar"),
    MeetingStatus.RESCHEDULED: ("outline", "round"), MeetingStatus.CANCELLED: ("outline", "never"),
}  # fmt: skip


def badge(row: Meeting) -> dict:
    kind, icon = KINDS[row.status]
    return {"kind": kind, "icon": icon, "label": row.get_status_display()}


def when(at: datetime, now: datetime, zone: str = "") -> str:
    """Say a moment in the zone of whoever looks, and in brackets in theirs: `today 14:00 (15:00 in Lagos)`."""
    mine = timezone.get_current_timezone()
    return moment(at, mine, now) + in_their_zone(at, zone)


def sentence(text: str) -> str:
    """Begin a line with a capital, and leave names as they are."""
    return text[:1].upper() + text[1:]


def in_their_zone(at: datetime, zone: str) -> str:
    """Say in brackets when a moment is for them; nothing where their clocks say the same."""
    mine, name = timezone.get_current_timezone(), known(zone)
    if not name:
        return ""
    here, there = at.astimezone(mine), at.astimezone(zoneinfo.ZoneInfo(name))
    if here.utcoffset() == there.utcoffset():
        return ""
    on = f"{day(there.date(), here.date())} " if there.date() != here.date() else ""
    on = f"{there:%a} " if on else ""
    return f" ({on}{there:%H:%M} in {place(name)})"


def place(zone: str) -> str:
    return zone.rsplit("/", 1)[-1].replace("_", " ")


def due(row: Meeting, now: datetime) -> Clock:
    """Return the clock of a disposition: due 24 hours after the scheduled start."""
    return clock(row.starts_at, row.due_at, now)


def clock(began: datetime, limit: datetime, now: datetime) -> Clock:
    """Return a clock with a limit and no target."""
    left, length = limit - now, limit - began
    share = min(1.0, max(0.0, (now - began) / length)) if length else 1.0
    kind = "over" if now > limit else "risk" if share >= 0.75 else "ok"
    figure = duration(left)
    return Clock(kind=kind, due_at=limit, target_at=None, limit_at=limit, now=now, share=share, figure=figure,
                 word="over" if kind == "over" else "left")  # fmt: skip


def pack(row: Meeting, card: Qualification | None) -> list[dict]:
    """List what the SDR gives along (MEET-4): persona, what they want of it, what the card tells. No discovery twice."""
    facts = [("Who they are", row.persona), ("What they want of it", row.next_step)]
    if card is not None:
        scores = [("urgency", card.urgency), ("criticality", card.criticality), ("complexity", card.complexity)]
        known_ = ", ".join(f"{name} {value} of 3" for name, value in scores if value is not None)
        facts += [
            ("Scores", known_),
            ("Suggested", Way(card.suggestion).label if card.suggestion else ""),
            ("Decided", Way(card.decision).label if card.decision else ""),
            ("Need", card.need_evidence), ("Budget", card.budget_evidence), ("Authority", card.authority_evidence),
            ("Timeline", card.timeline_evidence), ("Compelling event", card.compelling_event), ("Systems in place", card.systems),
            ("Size", card.size),
        ]  # fmt: skip
    return [{"label": label, "value": value} for label, value in facts if value]


CARDS = Prepared(lambda leads: Qualification.objects.filter(lead__in=leads).order_by("lead", "-pk").distinct("lead"))
AT_ONCE = 50  # the question has so many places, so that it is one statement for any smaller number


def cards_of(leads) -> dict[int, Qualification]:
    """Read the newest card of each of these leads. One query for fifty."""
    asked = list(dict.fromkeys(leads))
    parts = [asked[start : start + AT_ONCE] for start in range(0, len(asked), AT_ONCE)]
    return {row.lead_id: row for part in parts for row in CARDS.objects(part + [0] * (AT_ONCE - len(part)))}


def money(amount: Decimal, currency: str) -> str:
    """Say a value: `18,000 EUR`; cents only where there are any."""
    return f"{amount:,.0f} {currency}" if amount == amount.to_integral_value() else f"{amount:,.2f} {currency}"
