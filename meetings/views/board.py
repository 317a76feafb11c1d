"""The opportunity board (ACC-9): what is open, stage by stage; and the lists beside it: contracts that end, surprises (ACC-11, ACC-12).

Each column shows its newest cards and what is older by key; a card is moved by *Move*, or dragged on a desktop by `board.js`, which
presses the same form. A fixed number of queries, however many sales (`columns.py`).
"""

from datetime import timedelta
from html import escape

from django.core.exceptions import PermissionDenied
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from accounts.models import Opportunity, Stage
from accounts.permissions import Scope, allowed
from leads.views.answers import said
from meetings import closing, opportunities, permissions
from meetings.views import columns, forms
from meetings.views.acting import Place, Wrong, answered, do, may
from meetings.views.words import money, when

PAGE = 50
BESIDE = ("account", "product", "stage", "opportunity_owner")


def asked(place: Place) -> dict:
    """Read what the board is narrowed to: whose, which product, which column further down."""
    given = place.request.POST if place.request.method == "POST" else place.request.GET
    number = {
        n: int(given[n]) for n in ("product", "stage", "before") if given.get(n, "").isdecimal() and len(given[n]) < 19
    }
    many = leads_many(place)
    whose = given.get("whose") if given.get("whose") in ("mine", "team") else ("team" if many else "mine")
    return number | {"whose": whose if many else "mine", "many": many}


@require_GET
def board(request):
    """Show the board."""
    place = Place(request)
    refuse_who_sees_none(place)
    return render(request, "meetings/board.html", drawn(place) | {"toast": said(request)})


def refuse_who_sees_none(place: Place) -> None:
    if not allowed(place.user, "opportunities.see") & (Scope.OWN | Scope.TEAM | Scope.ALL):
        raise PermissionDenied(f"{place.user.get_role_display()} sees sums of opportunities only, in the reports.")


def drawn(place: Place, wrong: Wrong | None = None, at_card: int = 0) -> dict:
    """Return the columns with their cards, sums and what is older. Five queries at most beside the teams."""
    narrowed = asked(place)
    is_mine = narrowed["whose"] == "mine" and narrowed["many"]
    who = columns.Narrowed(place.user, is_mine, narrowed.get("product"), narrowed.get("stage"), narrowed.get("before"))
    stages = columns.STAGES.objects()
    first = next((s.order for s in stages if s.is_pipeline), None)
    sums: dict[int, list[str]] = {}
    summed = [stage for stage in stages if first is not None and stage.order >= first]
    for stage, currency, total in columns.worth(who, summed):
        sums.setdefault(stage, []).append(money(total, currency))  # each for itself: nobody adds kronor to euros
    ways = {stage.pk: [(other.pk, escape(other.name)) for other in stages if other.pk != stage.pk] for stage in stages}
    cards: dict[int, list[dict]] = {stage.pk: [] for stage in stages}
    for found in columns.cards(who, stages):
        cards[found.sale.stage_id].append(card(place, found, ways))
    return {
        "columns": [_column(narrowed, stage, cards[stage.pk], sums, stage in summed) for stage in stages],
        "stages": stages, "narrowed": narrowed, "token": place.token, "now": place.at, "wrong": wrong, "at_card": at_card,
        "products": [{"name": p.name, "url": _url(narrowed | {"product": p.pk}), "on": narrowed.get("product") == p.pk}
                     for p in columns.PRODUCTS.objects()],
        "all_products": _url({k: v for k, v in narrowed.items() if k != "product"}),
        "mine": _url(narrowed | {"whose": "mine"}), "team": _url(narrowed | {"whose": "team"}),
    }  # fmt: skip


def _column(narrowed: dict, stage: Stage, cards: list[dict], sums: dict[int, list[str]], is_summed: bool) -> dict:
    """Draw one column: its first cards, what they are worth, and where it goes on."""
    shown = cards[: columns.COLUMN]
    further = narrowed.get("stage") == stage.pk and "before" in narrowed
    return {
        "stage": stage,
        "cards": shown,
        "sum": " + ".join(sums.get(stage.pk, ["–"])) if is_summed else "",
        "older": _url(narrowed, stage=stage.pk, before=shown[-1]["id"]) if len(cards) > len(shown) else "",
        "newest": _url(narrowed) if further else "",
    }


def _url(narrowed: dict, **more) -> str:
    given = {name: narrowed[name] for name in ("whose", "product") if name in narrowed} | more
    return f"{reverse('opportunities')}?{urlencode(given)}"


def card(place: Place, found: columns.Card, ways: dict[int, list[tuple[int, str]]]) -> dict:
    """Draw one card."""
    row = found.sale
    return {
        "id": row.pk,
        "product": row.product.name,
        "who": f"@{row.account.domain}" if row.account.domain else row.account.name,
        "url": reverse("opportunity", args=[row.pk]),
        "owner": found.owner,
        "money": money(row.amount, row.currency) if row.amount else "",
        "meeting": when(found.meeting_at, place.at) if found.meeting_at else "",
        "hand_off": found.is_handed_over,
        "missing": found.missing,
        "stage": row.stage_id,
        "may": permissions.can(place.user, "change", row),
        "to": ways[row.stage_id],
    }


@require_POST
def move(request, pk):
    """Move a sale to another stage: by *Move*, by drag, or on its own page."""
    place = Place(request)
    row = place.found(Opportunity.objects.select_related(*BESIDE), pk)
    may(place, "change", row)

    def effect(given):
        now = opportunities.advance(row, given["stage"], by=place.user, at=place.at, seen_at=given["seen_at"])
        return f"{now.name}: {now.stage.name}."

    try:
        text = do(place, "stage", forms.StageForm(request.POST), effect)
    except Wrong as wrong:
        return refused(place, row, wrong)
    if place.is_htmx:
        return render(
            request, "meetings/_board.html", drawn(place) | {"toast": {"text": text}, "in_place": True, "at_card": pk}
        )
    return answered(place, text, place.back(reverse("opportunities")))


def refused(place: Place, row: Opportunity, wrong: Wrong):
    """Answer a refused move: the card in its column with what is missing, or the sale's page."""
    if place.is_htmx:
        return render(
            place.request, "meetings/_board.html", drawn(place, wrong, row.pk) | {"in_place": True}, status=wrong.status
        )
    if place.request.POST.get("back") == reverse("opportunity", args=[row.pk]):
        from meetings.views.sale import page

        return page(place, place.found(Opportunity.objects, row.pk), wrong)
    return render(place.request, "meetings/board.html", drawn(place, wrong, row.pk), status=wrong.status)


@require_GET
def surprises(request):
    """Show what looks like sandbagging among what closed in the last 90 days (ACC-12). For managers and RevOps."""
    place = Place(request)
    refuse_who_leads_none(place)
    rows = permissions.visible_to(closing.surprises(place.at - timedelta(days=90), place.at), place.user)[: PAGE + 1]
    found = [_surprise(row) for row in rows]
    return render(
        request, "meetings/surprises.html", {"rows": found[:PAGE], "is_more": len(found) > PAGE, "now": place.at}
    )


def leads_many(place: Place) -> bool:
    """Say whether somebody looks at the opportunities of others."""
    return bool(allowed(place.user, "opportunities.see") & (Scope.TEAM | Scope.ALL))


def refuse_who_leads_none(place: Place) -> None:
    if not leads_many(place):
        raise PermissionDenied("A manager looks at surprises.")


WHY = (
    ("is_quick", "won within 7 days of being created"),
    ("is_late", "created late: in pipeline within a day"),
    ("is_unmet", "won without a meeting held"),
)


def _why(row: Opportunity) -> str:
    return "; ".join(words for name, words in WHY if getattr(row, name))


def _surprise(row: Opportunity) -> dict:
    return {
        "name": row.name, "url": reverse("opportunity", args=[row.pk]), "why": _why(row),
        "owner": row.opportunity_owner, "money": money(row.amount, row.currency), "status": row.get_status_display(),
        "created_at": row.created_at, "closed_at": row.closed_at,
    }  # fmt: skip


@require_GET
def ending(request):
    """Show the contracts that end within 120 days, the next first."""
    place = Place(request)
    refuse_who_sees_none(place)
    rows = (
        permissions.visible_to(closing.ending(place.at), place.user)
        .select_related(*BESIDE, "success_owner")
        .order_by("contract_end_date", "pk")[: PAGE + 1]
    )
    found = [
        {"name": row.name, "url": reverse("opportunity", args=[row.pk]), "ends": row.contract_end_date, "success": row.success_owner,
         "owner": row.opportunity_owner, "money": money(row.amount, row.currency), "days": (row.contract_end_date - place.at.date()).days}
        for row in rows
    ]  # fmt: skip
    shown = {"rows": found[:PAGE], "is_more": len(found) > PAGE, "narrowed": {"many": leads_many(place)}}
    return render(request, "meetings/ending.html", shown)


urlpatterns = [
    path("opportunities/", board, name="opportunities"),
    path("opportunities/surprises/", surprises, name="surprises"),
    path("opportunities/ending/", ending, name="contracts-ending"),
    path("opportunities/<int:pk>/stage/", move, name="opportunity-stage"),
]
