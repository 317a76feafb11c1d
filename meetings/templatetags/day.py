"""What the lists of a day draw many times over, put together at once: as templates they took a third of the page's time (measured)."""

from html import escape

from django import template
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator

from accounts.templatetags.words import clock_chip

register = template.Library()
LONGEST = 200  # of a fact of the pack; the whole is on the meeting's page


@register.simple_tag
def line_of(row: dict, carry: str = "") -> SafeString:
    """Draw a meeting that is due its disposition as one line: opens its form in its place. `row`: `line()` of `views/rows.py`."""
    pk, url, lead = row["id"], escape(row["url"]), escape(row["lead"])
    claimed = f". {escape(row['claimed'])}" if row["claimed"] else ""
    return mark_safe(
        f'<article class="due due--line" id="m-{pk}" aria-labelledby="m-{pk}-h"><p class="due__time">{clock_chip(row["clock"])}</p>\n'
        f'<h3 id="m-{pk}-h"><a href="{url}">{lead}</a> <span class="quiet">{escape(row["company"])}</span></h3>\n'
        f'<p class="quiet">{_time(row)}, {escape(row["product"])}{claimed}</p>\n'
        f'<p class="due__acts"><a class="btn" href="{url}" hx-get="{url}outcome/{escape(carry)}" hx-target="#m-{pk}"'
        f' hx-swap="outerHTML">Say how it went<span class="sr-only"> with {lead}</span></a></p></article>\n'
    )


@register.simple_tag
def row_of(row: dict) -> SafeString:
    """Draw one meeting of a list: when, who, what for, how it stands, what may be pressed, its pack. `row`: `views/rows.py`."""
    told = "".join(
        [
            f", {row['minutes']} min, {escape(row['owner'])}",
            f", by {escape(row['by'])}" if row["by"] else "",
            f". {escape(row['reason'])}" if row["reason"] else "",
            f". {escape(row['claimed'])}" if row["claimed"] else "",
        ]
    )
    lead = escape(row["lead"])
    lead = (
        f'<a href="{escape(row["url"])}">{lead}</a>' if row["url"] else lead
    )  # no link to what this person may not open
    return mark_safe(
        f'<article class="mrow"><p class="mrow__when">{_time(row)}</p>\n'
        f'<h3>{lead} <span class="quiet">{escape(row["company"])}</span></h3>\n'
        f'<p class="quiet">{escape(row["product"])}{told}</p>\n<p class="mrow__acts">{_badge(row["badge"])}{_acts(row)}</p>\n'
        f"{_pack(row['pack'])}</article>\n"
    )


def _time(row: dict) -> str:
    return f'<time datetime="{timezone.localtime(row["at"]).isoformat()}">{escape(row["when"])}</time>'


def _badge(badge: dict) -> str:
    icon = (
        f'<svg class="icon" aria-hidden="true"><use href="#i-{escape(badge["icon"])}"/></svg>' if badge["icon"] else ""
    )
    return f'<span class="badge badge--{escape(badge["kind"])}">{icon}{escape(badge["label"])}</span>'


def _acts(row: dict) -> str:
    can, url = row["can"], escape(row["url"])
    pressed = next(
        (
            f' <a class="btn" href="{url}#{place}">{label}</a>'
            for act, place, label in (
                ("confirm", "claim", "Confirm or not"),
                ("settle", "contest", "Settle"),
                ("claim", "claim", "Record it"),
            )
            if can[act]
        ),
        "",
    )
    return pressed + (f' <a class="btn" href="{escape(row["join"])}" rel="noreferrer">Join</a>' if row["join"] else "")


def _pack(pack: list[dict]) -> str:
    if not pack:
        return ""
    facts = "".join(
        [f"<dt>{escape(f['label'])}</dt><dd>{escape(Truncator(f['value']).chars(LONGEST))}</dd>" for f in pack]
    )
    return f'<details><summary>Pack</summary><dl class="facts">{facts}</dl></details>'
