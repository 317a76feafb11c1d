"""What the board draws many times over, put together at once: as templates its cards were half of the page's time (measured)."""

from html import escape

from django import template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()
ICON = '<svg class="icon" aria-hidden="true"><use href="#i-alert"/></svg>'


@register.simple_tag(takes_context=True)
def card_of(context: template.Context, card: dict) -> SafeString:
    """Draw one sale: what, who, when next, what is missing, its value, and *Move* with a button for each other stage.

    `card` as `views/board.py` makes it. Dragging presses the same form (board.js): POST /opportunities/7/stage/: stage, seen_at, token.
    """
    pk, url, product, who = card["id"], escape(card["url"]), escape(card["product"]), escape(card["who"])
    wrong = context.get("wrong") if context.get("at_card") == pk else None
    refused = f'<p class="field__error" role="alert">{ICON}{escape(wrong.words)}</p>\n' if wrong else ""
    meeting = f"{escape(card['meeting'])}, " if card["meeting"] else ""
    missing = f'<p class="quiet">{len(card["missing"])} of 5 answers missing</p>\n' if card["missing"] else ""
    return mark_safe(
        f'<article class="scard" id="card-{pk}"{' draggable="true"' if card["may"] else ""} aria-labelledby="card-{pk}-h">'
        f'<h3 id="card-{pk}-h" tabindex="-1"><a href="{url}" draggable="false">{product}</a></h3><p>{who}</p>\n{refused}'
        f'<p class="quiet">{meeting}{escape(card["owner"])}{". Hand-off waits" if card["hand_off"] else ""}</p>\n{missing}'
        f'<div class="scard__foot"><b>{escape(card["money"]) or "–"}</b>'
        f"{_move(context, card, url) if card['may'] else ''}</div></article>\n"
    )


def _move(context: template.Context, card: dict, url: str) -> str:
    narrowed = context["narrowed"]
    product = f'<input type="hidden" name="product" value="{narrowed["product"]}">' if narrowed.get("product") else ""
    stages = "".join([f'<button name="stage" value="{pk}">{name}</button>' for pk, name in card["to"]])
    return (
        f'<details class="menu"><summary class="btn" aria-label="Move {escape(card["product"])} {escape(card["who"])}">Move</summary>'
        f'<form class="menu__list" method="post" action="{url}stage/" hx-post="{url}stage/" hx-target="#board">'
        f'<input type="hidden" name="csrfmiddlewaretoken" value="{context["csrf_token"]}">'
        f'<input type="hidden" name="token" value="{context["token"]}{card["id"]}">'
        f'<input type="hidden" name="seen_at" value="{card["stage"]}">'
        f'<input type="hidden" name="whose" value="{narrowed["whose"]}">{product}{stages}'
        f'<a href="{url}#end">Won, lost or not qualified</a></form></details>'
    )
