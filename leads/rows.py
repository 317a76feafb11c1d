"""The rows of a queue as people read them: whose they are, how urgent, what to do, and why each is there, in one sentence.

Read by the queue page and its answers. One query however many rows: the leads with what they last said and when they were last
reached. Words in the zone that the page has made the current one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.utils import timezone

from accounts.bulk import numbers
from accounts.prepared import planned
from accounts.words import MONTHS, ago, day, duration, moment
from leads import sla
from leads.models import Channel, GoToMarket, Lead, Signal, Task, TouchOutcome, Trigger
from leads.next_steps import best
from leads.queue import Entry

ICONS = {
    "call": "phone",
    "email": "mail",
    "social": "social",
    "sms": "sms",
    "chat": "chat",
    "letter": "letter",
    "meeting": "calendar",
}
ASKED_FOR = {
    "demo": "Asked for a demo", "call": "Asked for a call", "price": "Asked for a price", "chat": "Asked to chat",
    "trial": "Asked for a trial", "walk-in": "Walked in", "answered": "They answered", "reply": "They answered", "": "They asked for us",
}  # fmt: skip
SAID = (Signal.Kind.HAND_RAISE, Signal.Kind.REPLY, Signal.Kind.FORM)
LONGEST = 160


@dataclass(slots=True)
class Row:
    """One row on the screen."""

    id: int
    name: str
    company: str
    group: str
    clock: sla.Clock | None
    icon: str
    next: str
    why: str
    is_done: bool = False

    @property
    def ref(self) -> str:
        """The number as it stands in addresses: plain, not in the manner of a language."""
        return str(self.id)


class Near(NamedTuple):
    """What a row says of a lead."""

    pk: int
    first_name: str
    last_name: str
    company: str
    email: str
    phone: str
    status_since: datetime
    go_to_market: str
    opted_out_at: datetime | None
    opted_out_channels: list[str]
    last_touch_at: datetime | None
    trigger: str
    source: str
    reason: str
    said: str
    words: str
    channel: str
    outcome: str
    reached_at: datetime | None

    @property
    def name(self) -> str:
        return Lead.name.fget(self)


# One statement that never changes: as objects with their joins it took longer to write down than to answer (measured).
NEAR = f"""
SELECT l.id, l.first_name, l.last_name, l.company, l.email, l.phone, l.status_since, l.go_to_market, l.opted_out_at, l.opted_out_channels,
  c.last_touch_at, coalesce(c.trigger, ''), coalesce(s.name, ''), coalesce(r.label, ''), coalesce(d.what, ''), coalesce(d.words, ''),
  coalesce(t.channel, ''), coalesce(t.outcome, ''), t.occurred_at
FROM leads_lead l LEFT JOIN leads_cycle c ON c.id = l.cycle_id LEFT JOIN leads_source s ON s.id = l.source_id
LEFT JOIN accounts_reason r ON r.id = l.reason_id
LEFT JOIN LATERAL (SELECT what, words FROM leads_signal WHERE lead_id = l.id AND kind IN ({", ".join(f"'{kind}'" for kind in SAID)})
  ORDER BY at DESC, id DESC LIMIT 1) d ON true
LEFT JOIN LATERAL (SELECT channel, outcome, occurred_at FROM leads_touch WHERE lead_id = l.id AND withdrawn_at IS NULL
  ORDER BY occurred_at DESC, id DESC LIMIT 1) t ON true
WHERE l.id = ANY(%s::bigint[]) AND l.gone_as = ''"""


def of(entries: Sequence[Entry], at: datetime) -> list[Row]:
    """Draw these rows, in their order. One query; leads that are gone meanwhile are left out."""
    if not entries:
        return []
    with planned() as cursor:
        cursor.execute(NEAR, [numbers(e.lead for e in entries)])
        found = {row[0]: Near._make(row) for row in cursor.fetchall()}
    return [_row(entry, found[entry.lead], at) for entry in entries if entry.lead in found]


def leaving(lead: Lead) -> Row:
    """Draw a row that goes, of a lead in hand. No query."""
    return Row(lead.pk, lead.name, lead.company, "", None, "", "", "", is_done=True)


def _row(entry: Entry, lead: Near, at: datetime) -> Row:
    icon, then = _next(entry, lead)
    return Row(
        lead.pk,
        lead.name,
        lead.company,
        entry.group,
        _clock(entry, lead, at),
        icon,
        then,
        _why(entry, lead, at)[:LONGEST],
    )


def _next(entry: Entry, lead: Near) -> tuple[str, str]:
    """Say what to do, in a word, with its icon."""
    task = entry.task
    if task is None:
        if entry.group == "open":
            return "calendar", "Plan"
        channel = best(lead)
    elif task.kind == Task.Kind.REVIEW:
        return "swap", "Decide"
    elif task.kind == Task.Kind.KEEP:
        return "round", "Take up"
    elif task.kind in (Task.Kind.HAND_RAISE, Task.Kind.REPLY):
        return ICONS.get(best(lead), "reply"), "Answer"
    else:
        channel = task.channel or best(lead)
    return ICONS.get(channel, "round"), Channel(channel).label if channel else "Find a way"


def _clock(entry: Entry, lead: Near, at: datetime) -> sla.Clock | None:
    """Return the time a row begins with: its clock, or the moment it was planned for, or how long nothing happened."""
    task = entry.task
    if task is None:
        since = lead.last_touch_at or lead.status_since
        if entry.group == "open":
            return sla.Clock("due", duration(at - since), "quiet", at, due_at=since)
        figure, word = _point(lead.status_since, at)
        return sla.Clock("due", figure, word or "given", at, due_at=lead.status_since)
    if task.limit_at is None:
        figure, word = _point(task.due_at, at)
        return sla.Clock("due", figure, word, at, due_at=task.due_at)
    clock = sla.task_clock(task, at)
    if task.kind == Task.Kind.REPLY and clock.kind == "ok":
        return sla.Clock("due", duration(at - task.began_at), "ago", at, due_at=task.began_at)
    return clock


def _point(when: datetime, at: datetime) -> tuple[str, str]:
    """Say a moment in two words, the first one the weightier: `09:30 today`, `Mon 09:30`."""
    zone = timezone.get_current_timezone()
    here, now = when.astimezone(zone), at.astimezone(zone)
    away = (now.date() - here.date()).days
    if away in (-1, 0, 1):
        return f"{here:%H:%M}", day(here.date(), now.date())
    return f"{here.day} {MONTHS[here.month - 1]}", f"{here:%H:%M}"


def _why(entry: Entry, lead: Near, at: datetime) -> str:
    """Say in one sentence why the lead is here."""
    task = entry.task
    if task is None:
        if entry.group == "open":
            return f"Nothing is planned. {_reached(lead, at)}"
        return f"{_came(lead)}. No touch yet"
    if task.kind == Task.Kind.REVIEW:
        return (
            f"{asked(task.what)}; the last round ended “{lead.reason}”. You decide" if lead.reason else asked(task.what)
        )
    if task.kind in (Task.Kind.HAND_RAISE, Task.Kind.REPLY):
        return _quoted(lead) or f"{asked(task.what)} {ago(task.began_at, at)}"
    if task.kind == Task.Kind.KEEP:
        return f"You kept it until {_day(task.due_at, at)}" + (f": {task.what}" if task.what else "")
    if task.kind == Task.Kind.FOLLOW_UP:
        return task.what or _reached(lead, at)
    if entry.group == "over":
        return f"{_came(lead)}. No touch in {duration(at - task.began_at)}"
    words = _quoted(lead) if lead.trigger == Trigger.ACTION else ""
    return f"{_came(lead)}: {words}" if words else f"{_came(lead)}. No touch yet"


def asked(what: str) -> str:
    """Say what somebody asked for."""
    return ASKED_FOR.get(what.lower(), f"Asked for us: {what}")


def _quoted(lead: Near) -> str:
    words = " ".join(lead.words.split())
    return f"“{words}”" if words else ""


def _came(lead: Near) -> str:
    """Say what brought the lead here: what they asked, else where they come from."""
    if lead.trigger == Trigger.ACTION and lead.said:
        return asked(lead.said)
    return f"{lead.source or GoToMarket(lead.go_to_market).label}, {Trigger(lead.trigger).label}"


def _reached(lead: Near, at: datetime) -> str:
    if not lead.reached_at:
        return "No touch yet"
    when = moment(lead.reached_at, timezone.get_current_timezone(), at)
    if lead.channel == Channel.MEETING:  # agreed on, or held: each is a touch
        return f"Last: meeting, {when}"
    channel, outcome = Channel(lead.channel).label, TouchOutcome(lead.outcome).label.lower()
    return f"Last: {channel.lower()}, {outcome}, {when}"


def _day(when: datetime, at: datetime) -> str:
    zone = timezone.get_current_timezone()
    return day(when.astimezone(zone).date(), at.astimezone(zone).date())
