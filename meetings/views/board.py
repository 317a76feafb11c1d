"""The opportunity board (ACC-9): what is open, stage by stage; and the lists beside it: contracts that end, surprises (ACC-11, ACC-12).

Each column shows its newest cards and what is older by key; a card is moved by *Move*, or dragged on a desktop by `board.js`, which
presses the same form. A fixed number of queries, however many sales: one for the cards of all columns, one for the sums.
"""

from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db.models import Sum
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from accounts.models import Opportunity, OpportunityStatus, Product, Stage
from accounts.permissions import Scope, allowed
from leads.views.answers import said
from meetings import answers, closing, opportunities, permissions
from meetings.models import HandOff, Meeting, MeetingStatus
from meetings.views import forms
from meetings.views.acting import Place, Wrong, answered, do, may
from meetings.views.words import money, when

COLUMN = 20
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


def of(place: Place, narrowed: dict):
    """Return the open sales this person looks at."""
    rows = Opportunity.objects.filter(status=OpportunityStatus.OPEN, gone_as="")
    rows = permissions.visible_to(rows, place.user)
    if narrowed["whose"] == "mine" and narrowed["many"]:
        rows = rows.filter(opportunity_owner=place.user)
    return rows.filter(product=narrowed["product"]) if "product" in narrowed else rows


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
    """Return the columns with their cards, sums and what is older."""
    narrowed, rows = asked(place), None
    rows = of(place, narrowed)
    stages = list(Stage.objects.filter(status=OpportunityStatus.OPEN).order_by("order"))
    slices = []
    for stage in stages:
        column = rows.filter(stage=stage)
        if narrowed.get("stage") == stage.pk and "before" in narrowed:
            column = column.filter(pk__lt=narrowed["before"])
        slices.append(column.order_by("-pk").values_list("pk", flat=True)[: COLUMN + 1])
    ids = list(slices[0].union(*slices[1:], all=True)) if slices else []
    found = list(Opportunity.objects.filter(pk__in=ids).select_related(*BESIDE).order_by("-pk"))
    worth = rows.filter(stage__in=stages).values_list("stage", "currency").annotate(Sum("amount"))
    sums: dict[int, list[str]] = {}
    for stage, currency, total in worth.filter(amount__gt=0).order_by("stage", "-amount__sum"):
        sums.setdefault(stage, []).append(money(total, currency))  # each for itself: nobody adds kronor to euros
    about = cards_of(place, found)
    first = next((s for s in stages if s.is_pipeline), None)
    columns = []
    for stage in stages:
        cards = [row for row in found if row.stage_id == stage.pk]
        columns.append({
            "stage": stage,
            "cards": [card(place, row, about, stages) for row in cards[:COLUMN]],
            "sum": " + ".join(sums.get(stage.pk, ["–"])) if first and stage.order >= first.order else "",
            "older": _url(narrowed, stage=stage.pk, before=cards[COLUMN - 1].pk) if len(cards) > COLUMN else "",
            "newest": _url(narrowed) if narrowed.get("stage") == stage.pk and "before" in narrowed else "",
        })  # fmt: skip
    return {
        "columns": columns, "stages": stages, "narrowed": narrowed, "token": place.token, "now": place.at, "wrong": wrong,
        "at_card": at_card,
        "products": [{"name": p.name, "url": _url(narrowed | {"product": p.pk}), "on": narrowed.get("product") == p.pk}
                     for p in Product.objects.filter(is_active=True)],
        "all_products": _url({k: v for k, v in narrowed.items() if k != "product"}),
        "mine": _url(narrowed | {"whose": "mine"}), "team": _url(narrowed | {"whose": "team"}),
    }  # fmt: skip


def _url(narrowed: dict, **more) -> str:
    given = {name: narrowed[name] for name in ("whose", "product") if name in narrowed} | more
    return f"{reverse('opportunities')}?{urlencode(given)}"


def cards_of(place: Place, found: list[Opportunity]) -> dict:
    """Read beside many cards what each says: its next meeting, its hand-off, which answers it misses. Four queries."""
    ids = [row.pk for row in found]
    ahead = Meeting.objects.filter(opportunity__in=ids, status=MeetingStatus.BOOKED).order_by(
        "opportunity", "starts_at"
    )
    waiting = (
        HandOff.objects.filter(opportunity__in=ids, outcome="")
        .select_related("opportunity", "giver", "receiver")
        .order_by("limit_at")
    )
    return {
        "meetings": {m.opportunity_id: m for m in ahead.distinct("opportunity")},
        "hand_offs": {h.opportunity_id: h for h in waiting},
        "missing": answers.missing_by_sale(ids),
    }


def card(place: Place, row: Opportunity, about: dict, stages: list[Stage]) -> dict:
    """Draw one card."""
    meeting, hand_off = about["meetings"].get(row.pk), about["hand_offs"].get(row.pk)
    missing = about["missing"].get(row.pk, []) if row.pipeline_at is None else []
    return {
        "id": row.pk,
        "product": row.product.name,
        "who": f"@{row.account.domain}" if row.account.domain else row.account.name,
        "url": reverse("opportunity", args=[row.pk]),
        "owner": row.opportunity_owner.get_short_name() if row.opportunity_owner else "nobody",
        "money": money(row.amount, row.currency) if row.amount else "",
        "meeting": when(meeting.starts_at, place.at) if meeting else "",
        "hand_off": bool(hand_off),
        "missing": missing,
        "stage": row.stage_id,
        "may": permissions.can(place.user, "change", row),
        "to": [stage for stage in stages if stage.pk != row.stage_id],
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
