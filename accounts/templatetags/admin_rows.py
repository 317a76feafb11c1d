"""The table of a list in the admin, drawn column by column. Used by `templates/admin/change_list.html` for every list of the house.

Django asks anew for each of fifty rows how each column is read, and makes the address of a row for each of its links: a third of the
time of a page (measured). Here both are asked once a list. What is shown is the same, and a class describes its columns as ever; only
`list_editable`, which nobody uses, is not drawn.
"""

from collections.abc import Callable
from datetime import date, time
from html import escape
from typing import Any
from urllib.parse import quote

from django import template
from django.contrib.admin.templatetags.admin_list import result_headers
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.utils import display_for_field, display_for_value
from django.contrib.admin.utils import quote as quoted
from django.db import models
from django.urls import NoReverseMatch, reverse
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()
PLACE = "0row0"  # stands for a row while its address is made
BARE = "!$&'()*+,;=/~:@"  # as `reverse` leaves them

type Draw = Callable[[models.Model], str]


@register.inclusion_tag("admin/rows.html")
def rows(cl) -> dict[str, Any]:
    """Give the headers of a list, and its rows as they are drawn. No query."""
    headers = list(result_headers(cl))
    columns = _columns(cl)
    drawn = ("<tr>" + "".join([draw(row) for draw in columns]) + "</tr>" for row in cl.result_list)
    by = sum(header["sortable"] and header["sorted"] for header in headers)
    return {"result_headers": headers, "num_sorted_fields": by, "rows": mark_safe("\n".join(drawn))}


def _columns(cl) -> list[Draw]:
    """Say for each column how its cell of a row is drawn. The first that links heads the row."""
    links, opens = cl.list_display_links, _link(cl)
    columns: list[Draw] = []
    head = "th"
    for name in cl.list_display:
        is_link = links is not None and (name in links or (head == "th" and not links))
        columns.append(_cell(cl, name, opens if is_link else None, head if is_link else "td"))
        head = "td" if is_link else head
    return columns


def _link(cl) -> Draw | None:
    """Say how the link to a row begins, in which the list's filters are kept; None where a row has no page."""
    place = f"admin:{cl.opts.app_label}_{cl.opts.model_name}_change"
    try:
        url = reverse(place, args=[PLACE], current_app=cl.model_admin.admin_site.name)
    except NoReverseMatch:
        return None
    url = add_preserved_filters({"preserved_filters": cl.preserved_filters, "opts": cl.opts}, url)
    before, _place, after = escape(url).partition(PLACE)
    chosen = str(cl.to_field or cl.pk_attname)

    def begin(row: models.Model) -> str:
        told = f' data-popup-opener="{escape(str(row.serializable_value(chosen)))}"' if cl.is_popup else ""
        return f'<a href="{before}{escape(quote(str(quoted(getattr(row, cl.pk_attname))), safe=BARE))}{after}"{told}>'

    return begin


def _cell(cl, name: Any, opens: Draw | None, tag: str) -> Draw:
    """Say how one cell is drawn: a field of the row, a method of the list's class or of the row."""
    admin = cl.model_admin
    field = next((f for f in cl.lookup_opts.concrete_fields if f.name == name), None)
    called = name.__name__ if callable(name) else name
    kind = "action-checkbox" if name == "action_checkbox" else f"field-{called}"
    nowrap = isinstance(field, models.DateField | models.TimeField | models.ForeignKey)
    show = _as_field(field, admin, opens is not None) if field and not field.auto_created else _as_value(cl, name)
    read = _reading(cl, name, field)

    def draw(row: models.Model) -> str:
        value = read(row)
        shown = show(value)
        shown = shown if type(shown) is SafeString else conditional_escape(shown)
        kinds = f"{kind} nowrap" if nowrap or isinstance(value, date | time) else kind
        return (
            f'<{tag} class="{kinds}">{opens(row)}{shown}</a></{tag}>'
            if opens
            else f'<{tag} class="{kinds}">{shown}</{tag}>'
        )

    return draw


def _reading(cl, name: Any, field: models.Field | None) -> Callable[[models.Model], Any]:
    if callable(name):
        return name
    if field is None and name != "__str__" and hasattr(cl.model_admin, name):
        return getattr(cl.model_admin, name)

    def read(row: models.Model) -> Any:
        value = getattr(row, name)
        return value() if field is None and callable(value) else value

    return read


def _as_field(field: models.Field, admin, is_link: bool) -> Callable[[Any], Any]:
    empty = admin.get_empty_value_display()
    if field.is_relation:
        return lambda value: empty if value is None else value
    return lambda value: display_for_field(value, field, empty, avoid_link=is_link)


def _as_value(cl, name: Any) -> Callable[[Any], Any]:
    told = name if callable(name) else getattr(cl.model_admin, name, None) or getattr(cl.model, name, None)
    told = getattr(told, "fget", told)
    empty = getattr(told, "empty_value_display", None) or cl.model_admin.get_empty_value_display()
    boolean = getattr(told, "boolean", False)

    def show(value: Any) -> Any:
        # What is already text is most of a list.
        return value if type(value) is SafeString and value else display_for_value(value, empty, boolean)

    return show
