"""What a page draws fifty times over, put together at once: as templates the rows were a third of a page's time (measured)."""

from collections.abc import Sequence
from datetime import tzinfo
from html import escape
from typing import Any

from django import template
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from accounts.templatetags.words import chip, clock_chip

register = template.Library()


@register.simple_tag
def rows_of(rows: Sequence[Any], view: str, chosen: int | str, *, is_swap: bool = False) -> SafeString:
    """Draw rows of the queue as links, each with its clock, who, what next, and why it is here.

    A row as `leads.rows` makes it; `view` is the part of the queue it is drawn in, `chosen` the lead that is open. `is_swap`: it is
    drawn beside another answer, in the place of the row that was.
    """
    zone, part = timezone.get_current_timezone(), f"view={escape(view)}" if view else ""
    before, after = (f"{part}&amp;", "?" + part) if view else ("", "")
    swap = ' hx-swap-oob="true"' if is_swap else ""
    return mark_safe("".join([_row(row, before, after, swap, row.id == chosen, zone) for row in rows]))


def _row(row: Any, before: str, after: str, swap: str, is_chosen: bool, zone: tzinfo) -> str:
    ref = row.ref
    here = f"/queue/?{before}lead={ref}"
    icon = f'<svg class="icon" aria-hidden="true"><use href="#i-{escape(row.icon)}"/></svg>' if row.icon else ""
    return (
        f'<li class="row{" is-done" if row.is_done else ""}" id="row-{ref}"{swap}>'
        f'<a class="row__link" href="{here}#lead" hx-get="/queue/{ref}/{after}" hx-target="#lead"'
        f' hx-sync="#lead:replace" hx-indicator="#lead" hx-push-url="{here}"{' aria-current="true"' if is_chosen else ""}>\n'
        f'<span class="row__time">{chip(row.clock, zone) if row.clock else ""}</span>\n'
        f'<span class="row__who"><b>{escape(row.name)}</b> <span>{escape(row.company)}</span></span>\n'
        f'<span class="row__next">{icon}{escape(row.next)}</span>\n'
        f'<span class="row__why">{escape(row.why)}</span></a></li>\n'
    )


@register.simple_tag
def team_row(row: dict[str, Any]) -> SafeString:
    """Draw one lead of a manager's list: its box, its clock or state, whose it is, and why it is listed."""
    name, value = escape(row["name"]), escape(row["value"])
    time = clock_chip(row["clock"]) if row["clock"] else f'<span class="quiet">{escape(row["state"])}</span>'
    before = "Queue of" if row["is_queue"] else ""
    return mark_safe(
        f'<tr role="row"><th role="rowheader" scope="row"><input type="checkbox" name="lead" value="{value}" id="tick-{value}"'
        f' aria-label="Choose {name}"> <a href="{escape(row["url"])}">{name}</a></th>\n<td role="cell" data-label="Time">{time}</td>\n'
        f"{_cell('Owner', row['holder'], before)}\n{_cell('Company', row['company'])}\n{_cell('What', row['what'])}</tr>"
    )


@register.simple_tag
def rep_row(rep: dict[str, Any]) -> SafeString:
    """Draw the line of one rep: each figure with its link where there is something behind it, today's touches, until when they are away."""
    name, cells = escape(rep["name"]), []
    for cell in rep["cells"]:
        if not (number := cell["count"]):
            cells.append('<td class="n">0</td>')
            continue
        kind = "n warn" if cell["warn"] else "n"
        says = f"{name}, {escape(cell['label'].lower())}: {number}"
        cells.append(f'<td class="{kind}"><a href="{escape(cell["url"])}" aria-label="{says}">{number}</a></td>')
    off = "" if rep["is_active"] else ' <span class="quiet">switched off</span>'
    delegate = f", {escape(rep['delegate'])} stands in" if rep["delegate"] else ""
    away = f"till {escape(rep['away'])}{delegate} " if rep["away"] else ""
    return mark_safe(
        f'<tr><th scope="row"><a id="rep-{rep["pk"]}" href="{escape(rep["url"])}">{name}</a>{off}</th>\n{"".join(cells)}\n'
        f'<td class="n">{rep["done"]}</td>\n<td>{away}<span class="by-rep__acts">'
        f'<a href="{escape(rep["away_url"])}" aria-label="Plan an absence of {name}">Absence</a>'
        f' <a href="{escape(rep["leave_url"])}" aria-label="{name} leaves">Leaves</a></span></td></tr>'
    )


def _cell(label: str, text: str, before: str = "") -> str:
    """Empty cells say so to the style; `before` stands quietly ahead."""
    nil = "" if text else ' class="nil"'
    quiet = f'<span class="quiet">{before}</span> ' if before else ""
    return f'<td role="cell" data-label="{label}"{nil}>{quiet}{escape(text)}</td>'
