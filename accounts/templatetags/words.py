"""The words of `accounts.words` for templates, and the two drawings of a clock.

A clock is what `leads.sla` hands out: `kind` (ok, risk, late, over, hold or due), `due_at`, `target_at`, `limit_at`,
`now`, `share`, `figure` and `word`. The chip and the stand carry the moments too, so that the page's script keeps them
true and a page without one still says when.
"""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from html import escape
from typing import Any
from urllib.parse import urljoin

from django import template
from django.conf import settings
from django.utils import timezone
from django.utils.safestring import mark_safe

from accounts import clock, words

register = template.Library()
TICKING = ("ok", "risk", "late", "over")
OVER = {"late": "over target", "over": "over limit"}


register.filter("duration", words.duration)


@register.filter
def moment(at: datetime | None, now: datetime | None = None) -> str:
    """Say a moment in the active time zone, as seen from `now`: `{{ cycle.assigned_at|moment:now }}`."""
    return words.moment(at, timezone.get_current_timezone(), now or clock.glance())


@register.filter
def ago(at: datetime | None, now: datetime | None = None) -> str:
    """Say how far a moment lies back from `now`."""
    return words.ago(at, now or clock.glance())


@register.filter
def reached(path: str) -> str:
    """Return where a page of ours is for somebody who reads a mail."""
    return urljoin(settings.LEADOPS_URL, path)


@register.filter
def count(n: int | None, estimated: bool = False) -> str:
    """Say how many; `{{ n|count:True }}` for an estimate."""
    return words.count(n, estimated)


def drawing(clock: Any) -> dict[str, Any]:
    """Return what both drawings of a clock need: its words, its angle, and the moment it started from.

    The start is not kept on a clock; share and due moment give it back, so that the script can go on drawing the arc.
    """
    used = min(1.0, max(0.0, float(clock.share or 0)))
    started = None
    if clock.kind in ("ok", "risk") and clock.due_at and used < 1:
        started = clock.due_at - timedelta(seconds=(clock.due_at - clock.now).total_seconds() / (1 - used))
    word = OVER.get(clock.kind, clock.word) if clock.word == "over" else clock.word
    return {
        "clock": clock,
        "ticks": clock.kind in TICKING,
        "is_late": clock.kind in OVER,
        "started_at": started,
        "word": word,
        "spent": round(used * 100),
        "left": 100 - round(used * 100),
        "angle": round(used * 360),
    }


FACE = '<svg class="clock__face" viewBox="0 0 16 16" aria-hidden="true">'
LATE = f'{FACE}<circle class="track" cx="8" cy="8" r="6.5" stroke-width="2"/><path class="hand" d="M8 4.6V8l2.3 1.5"/></svg>'
HELD = f'{FACE}<circle class="track" cx="8" cy="8" r="6.5" stroke-width="2"/></svg>'
ANSWER = '<svg class="icon" aria-hidden="true"><use href="#i-reply"/></svg>'


@register.simple_tag
def clock_chip(clock: Any) -> str:
    """Draw the chip of a row. Not a template: a list has fifty, and half of its time went there (measured)."""
    return mark_safe(chip(clock, timezone.get_current_timezone()))


def chip(clock: Any, zone: tzinfo) -> str:
    """Draw the chip of a row in a zone that is asked for once for all of them."""
    d, due = drawing(clock), clock.due_at
    stamps, face, till = _stamp("datetime", due, zone), "", ""
    if d["ticks"]:
        stamps += (
            f"{_stamp('data-now', clock.now, zone)}{_stamp('data-from', d['started_at'], zone)}"
            f"{_stamp('data-target', clock.target_at, zone)}{_stamp('data-limit', clock.limit_at, zone)}"
        )
        face = LATE if d["is_late"] else _arc(d["left"])
        if due:
            till = f'<span class="clock__at">{"since" if d["is_late"] else "until"} {words.moment(due, zone, clock.now)}</span>'
    elif d["word"] == "ago" and due:
        stamps += _stamp("data-since", due, zone)
        face = ANSWER
    elif clock.kind == "hold":
        face = HELD
    ticks = ' data-clock="clock"' if d["ticks"] else ""
    said = f'{till}<span class="clock__words"><b data-figure>{escape(clock.figure)}</b> <span data-word>{escape(d["word"])}</span></span>'
    return f'<time class="clock clock--{clock.kind}"{ticks}{stamps}>{face}{said}</time>'


def _stamp(name: str, at: datetime | None, zone: tzinfo) -> str:
    return f' {name}="{_iso(at, zone)}"' if at else ""


@lru_cache(1024)  # fifty rows are of one now, and most are due when their target is
def _iso(at: datetime, zone: tzinfo) -> str:
    return at.astimezone(zone).isoformat()


def _arc(left: int) -> str:
    arc = f'<circle class="arc" cx="8" cy="8" r="6.5" pathLength="100" stroke-dasharray="{left} 100" transform="rotate(-90 8 8)"/>'
    return f'{FACE}<circle class="track" cx="8" cy="8" r="6.5"/>{arc}</svg>'


@register.inclusion_tag("components/_stand.html")
def stand(clock: Any, assigned: str = "") -> dict[str, Any]:
    """Draw where the open lead stands; `assigned` says in a sentence since when and why it is in these hands."""
    return drawing(clock) | {"assigned": assigned}


@register.inclusion_tag("components/_field.html")
def show_field(field: Any) -> dict[str, Any]:
    """Draw one field of a form with its label, help and error, named in the field for those who listen."""
    described = [f"{field.id_for_label}-help"] if field.help_text else []
    described += [f"{field.id_for_label}-error"] if field.errors else []
    attrs = {"aria-describedby": " ".join(described)} if described else {}
    if field.errors:
        attrs["aria-invalid"] = "true"
    kind = getattr(field.field.widget, "input_type", "")
    if kind not in ("checkbox", "radio", "file", "hidden"):
        attrs["class"] = "input"
    return {"field": field, "control": field.as_widget(attrs=attrs), "is_tick": kind == "checkbox"}
