"""What happened of one row, told from the record below its history in the admin (ADMIN-1). Called by the admin classes of every app."""

from collections.abc import Mapping

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.models import Event, Reason, User

SHOWN = 100


def told(events: QuerySet[Event], states: Mapping[str, str] | None = None) -> SafeString:
    """Tell the newest of these events in one line each: when, what, why, by whom, by what door. Three queries. Empty where none happened.

    `states` names the states that a move may go between.
    """
    rows = list(events.order_by("-id")[:SHOWN])
    people = User.objects.in_bulk({e.actor_id for e in rows if e.actor_id} | set(_hands(rows)))
    reasons = Reason.objects.in_bulk({e.reason_id for e in rows if e.reason_id})
    lines = [
        (date_format(timezone.localtime(e.at), "DATETIME_FORMAT"), _line(e, people, reasons, states or {}))
        for e in rows
    ]
    if not lines:
        return SafeString("")
    return format_html("<ol reversed>{}</ol>", format_html_join("", "<li>{} {}</li>", lines))


def _hands(events: list[Event]):
    """Yield the people between whom hands changed."""
    for event in events:
        if event.kind == "owner":
            yield from (pk for name in ("from", "to") if isinstance(pk := event.data.get(name), int))


def _line(event: Event, people: dict, reasons: dict, states: Mapping[str, str]) -> str:
    what = " ".join(filter(None, (event.kind, event.move))).replace("_", " ")
    if event.kind == "transition":
        between = (states.get(status, status) or "–" for status in (event.from_status, event.to_status))
        what = f"{event.move.replace('_', ' ')}: {' to '.join(between)}"
    elif event.kind == "owner" and {"from", "to"} & event.data.keys():
        what += ": " + " to ".join(str(people.get(event.data.get(name)) or "–") for name in ("from", "to"))
    why = f", {reasons[event.reason_id]}" if event.reason_id in reasons else ""
    return f"{what}{why}, by {people.get(event.actor_id) or 'LeadOps'} ({event.get_door_display()})"
