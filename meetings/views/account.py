"""One company on its page: people, opportunities, owners, and where it stands between coverage and engagement (ACC-7, ACC-12, ACC-13)."""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_POST

from accounts.models import Account, Domain, Event, Opportunity, User
from accounts.models.companies import Relationship
from leads import sla
from leads.lifecycle import Refused
from leads.models import Lead
from leads.timeline import Told
from leads.views.answers import said
from meetings import accounts, coverage, holders, opportunities, permissions
from meetings.views import forms
from meetings.views.acting import Place, Wrong, answered, do
from meetings.views.told import entries
from meetings.views.words import money

PEOPLE, SHOWN = 30, 30
BESIDE = accounts.ROLES
LABELS = {
    "development_owner": "Sales development owner",
    "opportunity_owner": "Opportunity owner",
    "success_owner": "Customer success owner",
}
WORDS = {
    "leads": ("open lead, with its tasks", "open leads, with their tasks"),
    "tasks": ("follow-up planned, whoever has the lead", "follow-ups planned, whoever has the lead"),
    "meetings": ("meeting ahead", "meetings ahead"), "opportunities": ("open opportunity", "open opportunities"),
    "customers": ("opportunity, won or open", "opportunities, won or open"),
}  # fmt: skip


def read(place: Place, pk: int) -> Account:
    seen = accounts.visible_to(Account.objects.with_relationship().select_related(*BESIDE), place.user, place.at)
    row = seen.filter(pk=pk).first()
    if row is None:
        raise Http404("no such account in scope")
    return row


@require_GET
def account(request, pk):
    """Show one company."""
    place = Place(request)
    return page(place, read(place, pk))


def page(place: Place, row: Account, wrong: Wrong | None = None):
    """Draw a company's page; after a refusal with its reason. A fixed number of queries."""
    sales = (
        Opportunity.objects.filter(account=row, gone_as="")
        .select_related(*opportunities.BESIDE)
        .order_by("-pk")[:SHOWN]
    )
    seen = [sale for sale in sales if permissions.can(place.user, "see", sale)]
    leads = Lead.objects.filter(account=row, gone_as="")
    people = list(leads.visible_to(place.user, place.at).select_related("owner", "cycle").order_by("-pk")[:PEOPLE])
    known = len(leads.values_list("pk")[:1_001])
    events = list(
        Event.objects.filter(account_id=row.pk, lead_id=None)
        .filter(Q(kind__in=("owner", "stage", "value", "hand_off")))
        .order_by("-pk")[:SHOWN]
    )
    may = accounts.may_change(place.user, row)
    open_ones = [s for s in seen if s.status == "open"]
    context = {
        "a": row, "relationship": Relationship(row.relationship).label,
        "domains": list(Domain.objects.filter(account=row).values_list("name", flat=True)),
        "people": [_person(p, place.at) for p in people], "more": known - len(people),
        "sales": [_sale(s) for s in seen], "more_sales": len(sales) - len(seen),
        "standing": drawing(coverage.of(row, place.at)),
        "owners": [owner_of(row, role, may, place.at) for role in accounts.ROLES],
        "choices": list(User.objects.filter(role__in=holders.HOLDERS, is_active=True).order_by("name", "pk")[:100]) if may else [],
        "may": may, "consolidates": may and len({s.opportunity_owner_id for s in open_ones}) > 1, "open_ones": len(open_ones),
        "owner_url": reverse("account-owners", args=[row.pk]),
        "entries": entries(Told(Lead(), events, place.at), events, {s.pk: s.product.name for s in sales}),
        "now": place.at, "token": place.token, "wrong": wrong, "toast": said(place.request),
    }  # fmt: skip
    return render(place.request, "meetings/account.html", context, status=wrong.status if wrong else 200)


def _person(lead: Lead, at) -> dict:
    holder = lead.owner.get_short_name() if lead.owner else ""
    return {
        "name": lead.name,
        "title": lead.title,
        "state": lead.state_label,
        "holder": holder,
        "clock": sla.clock_of(lead, lead.cycle, at),
        "url": reverse("lead", args=[lead.pk]),
    }


def _sale(row: Opportunity) -> dict:
    owner = row.opportunity_owner.get_short_name() if row.opportunity_owner else "nobody"
    return {
        "name": row.name,
        "stage": row.stage.name,
        "owner": owner,
        "money": money(row.amount, row.currency),
        "url": reverse("opportunity", args=[row.pk]),
    }


def owner_of(row: Account | Opportunity, role: str, may: bool, at: datetime) -> dict:
    """Say who owns one role, and what a change could move along, with how many (ACC-7). Four queries where somebody may change it."""
    owner = getattr(row, role)
    held = accounts.there(row, role, at) if owner and may else {}
    counts = {name: rows.count() for name, rows in held.items()}
    said = WORDS | ({"opportunities": WORDS["customers"]} if role == "success_owner" else {})
    along = [
        {"value": name, "words": f"{counts[name]} {words[counts[name] != 1]}"}
        for name, words in said.items()
        if counts.get(name)
    ]
    return {"role": role, "label": LABELS[role], "owner": owner, "along": along}


def went(moved: dict[str, int]) -> str:
    """Say what moved along, as the end of a toast."""
    told = ", ".join(f"{n} {WORDS[name][n != 1].split(',')[0]}" for name, n in moved.items() if n)
    return f" Moved along: {told}." if told else ""


def drawing(standing: coverage.Standing) -> dict:
    """Return where the point stands in the square of coverage and engagement: 0 to 100 each, engagement up; the cut-offs are its middle."""
    cut = standing.rule.covered_percent / 100
    if standing.coverage < cut:
        along = standing.coverage / cut / 2
    else:
        along = 0.5 + (standing.coverage - cut) / (1 - cut) / 2 if cut < 1 else 1.0
    up = min(1.0, standing.engagement / (2 * float(standing.engaged_from)))
    return {
        "s": standing,
        "percent": round(100 * standing.coverage),
        "x": 8 + round(84 * along),
        "y": 92 - round(84 * up),
    }


@require_POST
def owners(request, pk):
    """Put one role of a company into someone's hands, with what was ticked to move along."""
    place = Place(request)
    row = read(place, pk)
    if not accounts.may_change(place.user, row):
        raise PermissionDenied(f"Who owns {row.name} is not yours to say.")

    def effect(given):
        moved = accounts.change_owner(
            row, given["role"], to=given["to"], along=set(given["along"]), by=place.user, at=place.at
        )
        return f"{row.name}: {given['to'].get_short_name()} is {LABELS[given['role']].lower()}.{went(moved)}"

    return _acted(place, row, "owner", forms.OwnerForm(request.POST), effect)


@require_POST
def consolidate(request, pk):
    """Put all open opportunities of a company under one owner (ACC-12)."""
    place = Place(request)
    row = read(place, pk)
    if not accounts.may_change(place.user, row):
        raise PermissionDenied(f"Who owns {row.name} is not yours to say.")

    def effect(given):
        if given["to"] is None:
            raise Refused("Choose who.", "to")
        number = accounts.consolidate(row, to=given["to"], by=place.user, at=place.at)
        return f"{row.name}: {number} changed hands, all are with {given['to'].get_short_name()}."

    return _acted(place, row, "consolidate", forms.ToForm(request.POST), effect)


def _acted(place: Place, row: Account, kind: str, form, effect):
    try:
        text = do(place, kind, form, effect)
    except Wrong as wrong:
        return page(place, row, wrong)
    return answered(place, text, reverse("account-page", args=[row.pk]))


urlpatterns = [
    path("accounts/<int:pk>/", account, name="account-page"),
    path("accounts/<int:pk>/owners/", owners, name="account-owners"),
    path("accounts/<int:pk>/consolidate/", consolidate, name="account-consolidate"),
]
