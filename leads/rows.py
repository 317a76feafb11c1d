"""The rows of a queue as people read them: whose they are, how urgent, what to do, and why each is there, in one sentence.

Read by the queue page and its answers. Two queries however many rows: the leads with what they last said and when they were last
reached, and nothing else. Words in the zone that the page has made the current one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, Subquery
from django.db.models.functions import JSONObject
from django.utils import timezone

from accounts.words import MONTHS, ago, day, duration, moment
from leads import sla
from leads.models import Channel, Lead, Signal, Task, Touch, TouchOutcome, Trigger
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


def of(entries: Sequence[Entry], at: datetime) -> list[Row]:
    """Draw these rows, in their order. One query; leads that are gone meanwhile are left out."""
    said = Signal.objects.filter(lead=OuterRef("pk"), kind__in=SAID).order_by("-at", "-pk")
    reached = Touch.objects.filter(lead=OuterRef("pk"), withdrawn_at__isnull=True).order_by("-occurred_at", "-pk")
    leads = (
        Lead.objects.filter(pk__in=[e.lead for e in entries], gone_as="")
        .select_related("cycle", "source", "reason")
        .annotate(
            said=Subquery(said.values(j=JSONObject(kind="kind", what="what", words="words"))[:1]),
            reached=Subquery(reached.values(j=JSONObject(channel="channel", outcome="outcome", at="occurred_at"))[:1]),
        )
    )
    found = {lead.pk: lead for lead in leads}
    return [_row(entry, found[entry.lead], at) for entry in entries if entry.lead in found]


def leaving(lead: Lead) -> Row:
    """Draw a row that goes, of a lead in hand. No query."""
    return Row(lead.pk, lead.name, lead.company, "", None, "", "", "", is_done=True)


def _row(entry: Entry, lead: Lead, at: datetime) -> Row:
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


def _next(entry: Entry, lead: Lead) -> tuple[str, str]:
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


def _clock(entry: Entry, lead: Lead, at: datetime) -> sla.Clock | None:
    """Return the time a row begins with: its clock, or the moment it was planned for, or how long nothing happened."""
    task = entry.task
    if task is None:
        since = lead.cycle.last_touch_at or lead.status_since
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


def _why(entry: Entry, lead: Lead, at: datetime) -> str:
    """Say in one sentence why the lead is here."""
    task = entry.task
    if task is None:
        if entry.group == "open":
            return f"Nothing is planned. {_reached(lead, at)}"
        return f"{_came(lead)}. No touch yet"
    if task.kind == Task.Kind.REVIEW:
        return (
            f"{asked(task.what)}; the last round ended “{lead.reason.label}”. You decide"
            if lead.reason
            else asked(task.what)
        )
    if task.kind in (Task.Kind.HAND_RAISE, Task.Kind.REPLY):
        return _quoted(lead) or f"{asked(task.what)} {ago(task.began_at, at)}"
    if task.kind == Task.Kind.KEEP:
        return f"You kept it until {_day(task.due_at, at)}" + (f": {task.what}" if task.what else "")
    if task.kind == Task.Kind.FOLLOW_UP:
        return task.what or _reached(lead, at)
    if entry.group == "over":
        return f"{_came(lead)}. No touch in {duration(at - task.began_at)}"
    words = _quoted(lead) if lead.cycle.trigger == Trigger.ACTION else ""
    return f"{_came(lead)}: {words}" if words else f"{_came(lead)}. No touch yet"


def asked(what: str) -> str:
    """Say what somebody asked for."""
    return ASKED_FOR.get(what.lower(), f"Asked for us: {what}")


def _quoted(lead: Lead) -> str:
    words = " ".join((lead.said or {}).get("words", "").split())
    return f"“{words}”" if words else ""


def _came(lead: Lead) -> str:
    """Say what brought the lead here: what they asked, else where they come from."""
    said, trigger = lead.said or {}, lead.cycle.trigger
    if trigger == Trigger.ACTION and said.get("what"):
        return asked(said["what"])
    where = lead.source.name if lead.source else lead.get_go_to_market_display()
    return f"{where}, {lead.cycle.get_trigger_display()}"


def _reached(lead: Lead, at: datetime) -> str:
    last = lead.reached
    if not last:
        return "No touch yet"
    when = moment(datetime.fromisoformat(last["at"]), timezone.get_current_timezone(), at)
    channel, outcome = Channel(last["channel"]).label, TouchOutcome(last["outcome"]).label.lower()
    return f"Last: {channel.lower()}, {outcome}, {when}"


def _day(when: datetime, at: datetime) -> str:
    zone = timezone.get_current_timezone()
    return day(when.astimezone(zone).date(), at.astimezone(zone).date())
