"""The rows behind a figure, as a page or a file says them: ids become names once for a whole page, a fixed number of queries."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, Opportunity, OpportunityStatus, Reason, User
from accounts.words import DASH, duration, moment
from leads.models import Channel, Lead, LeadStatus, Outcome, Source, TouchOutcome
from meetings.models import HandOff, MeetingStatus
from meetings.permissions import visible_to
from reporting.answers import Rows
from reporting.words import days

NUMBERS = ("number", "time", "money", "days", "percent")
LOOKED_UP = {"lead": Lead, "person": User, "source": Source, "reason": Reason, "company": Account}
CHOICES = {
    "outcome": dict(Outcome.choices) | {"reassigned": "Reassigned away", "": "Still open"},
    "channel": dict(Channel.choices),
    "said": dict(TouchOutcome.choices),
    "meeting": dict(MeetingStatus.choices),
    "state": dict(LeadStatus.choices),
    "sale": dict(OpportunityStatus.choices),
    "hand_off": dict(HandOff.Kind.choices),
    "answer": dict(HandOff.Outcome.choices),
}


@dataclass(frozen=True, slots=True)
class Said:
    """One cell: its words, where they lead, and what it is."""

    text: str
    url: str = ""
    title: str = ""
    is_number: bool = False


def said(page: Rows, now, user: User | None = None) -> list[list[Said]]:
    """Say every cell of a page of rows, each lead and opportunity with where it is, to who may see it. Two queries for each kind that
    is named."""
    words, links = {}, {}
    for place, (_title, kind) in enumerate(page.titles):
        if kind in LOOKED_UP or kind == "opportunity":
            ids = {row[place] for row in page.rows if row[place] is not None}
            words.setdefault(kind, {}).update(_names(kind, ids))
            links.setdefault(kind, set()).update(_seen(kind, ids, user))
    speak = [_speaker(kind, words, links, now) for _title, kind in page.titles]
    heads = [(title, kind in NUMBERS) for title, kind in page.titles]
    return [
        [
            replace(say(value), title=title, is_number=is_number)
            for say, value, (title, is_number) in zip(speak, row, heads, strict=True)
        ]
        for row in page.rows
    ]


def _names(kind: str, ids: set[int]) -> dict:
    if kind == "opportunity":
        found = Opportunity.objects.filter(pk__in=ids).select_related("product", "account")
        return {sale.pk: sale.name for sale in found}
    if kind == "lead":
        return {
            lead.pk: lead.name
            for lead in Lead.objects.filter(pk__in=ids).only(
                "status", "first_name", "last_name", "email", "company", "phone"
            )
        }
    return {row.pk: str(row) for row in LOOKED_UP[kind].objects.filter(pk__in=ids)}


def _seen(kind: str, ids: set[int], user: User | None) -> set[int]:
    """Return which of these somebody may open. A query."""
    if user is None or not ids or kind not in ("lead", "opportunity"):
        return set()
    if kind == "lead":
        return set(Lead.objects.filter(pk__in=ids).visible_to(user).values_list("pk", flat=True))
    return set(visible_to(Opportunity.objects.filter(pk__in=ids), user).values_list("pk", flat=True))


def _speaker(kind: str, words: dict, links: dict[str, set[int]], now) -> Callable[[object], Said]:
    zone = timezone.get_current_timezone()
    if kind in words:
        link = lambda value: reverse(kind, args=[value]) if value in links[kind] else ""  # noqa: E731
        return lambda value: Said(DASH) if value is None else Said(words[kind].get(value, f"no. {value}"), link(value))
    if kind in CHOICES:
        return lambda value: Said(str(CHOICES[kind].get(value, value)) if value is not None else DASH)
    if kind == "moment":
        return lambda value: Said(moment(value, zone, now) if value else DASH)
    if kind == "day":
        return lambda value: Said(f"{value.astimezone(zone):%a %-d %b %Y}" if value else DASH)
    if kind == "yes":
        return lambda value: Said("Yes" if value else DASH)
    if kind == "time":
        return lambda value: Said(duration(float(value)) if value is not None else DASH)
    if kind == "days":
        return lambda value: Said(days(float(value)) if value is not None else DASH)
    if kind == "percent":
        return lambda value: Said(f"{float(value):,.1f} %".replace(".0 %", " %") if value is not None else DASH)
    if kind == "money":
        return lambda value: Said(f"€ {float(value):,.0f}" if value is not None else DASH)
    return lambda value: Said(DASH if value is None else str(value))
