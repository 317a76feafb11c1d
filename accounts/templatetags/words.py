"""The words of `accounts.words` for templates, and the two drawings of a clock.

A clock is what `leads.sla` hands out: `kind` (ok, risk, late, over, hold or due), `due_at`, `target_at`, `limit_at`,
`now`, `share`, `figure` and `word`. The chip and the stand carry the moments too, so that the page's script keeps them
true and a page without one still says when.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urljoin

from django import template
from django.conf import settings
from django.utils import timezone

from accounts import words

register = template.Library()
TICKING = ("ok", "risk", "late", "over")
OVER = {"late": "over target", "over": "over limit"}


register.filter("duration", words.duration)


@register.filter
def moment(at: datetime | None, now: datetime | None = None) -> str:
    """Say a moment in the active time zone, as seen from `now`: `{{ cycle.assigned_at|moment:now }}`."""
    return words.moment(at, timezone.get_current_timezone(), now or timezone.now())


@register.filter
def ago(at: datetime | None, now: datetime | None = None) -> str:
    """Say how far a moment lies back from `now`."""
    return words.ago(at, now or timezone.now())


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


@register.inclusion_tag("components/_clock.html")
def clock_chip(clock: Any) -> dict[str, Any]:
    """Draw the chip of a row."""
    return drawing(clock)


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
