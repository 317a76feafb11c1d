"""The one search box (WORK-5): a page of its own, and with each letter typed the likeliest below the box on any page."""

from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_GET

from accounts.models import Opportunity
from leads import finding, sla
from leads.models import Lead
from leads.views import slots
from leads.views.desk import Desk, sees_leads
from leads.views.known import phone_of

BELOW = 6  # of a kind, below the box of another page


@require_GET
def search(request):
    """Show what was found; only that, when a script asks."""
    sees_leads(request.user)
    desk = Desk(request, place="lead")
    text = request.GET.get("q", "").strip()[: finding.LONGEST]
    found = finding.find(desk.user, text, at=desk.at)
    below = desk.is_htmx and request.headers.get("HX-Target") == "found"
    shown = BELOW if below else finding.SHOWN
    groups = [
        {"key": "people", "label": "People", "rows": [_person(lead, desk) for lead in found.people[:shown]]},
        {"key": "companies", "label": "Companies", "rows": [_company(account) for account in found.companies[:shown]]},
        {"key": "sales", "label": "Opportunities", "rows": [_sale(sale) for sale in found.opportunities[:shown]]},
        {"key": "others", "label": "Not yours to see", "rows": [_other(lead) for lead in found.others]},
    ]
    groups = [group for group in groups if group["rows"]]
    more = any(len(rows) > shown for rows in (found.people, found.companies, found.opportunities))
    context = {
        "q": text,
        "groups": groups,
        "is_guess": found.is_guess,
        "is_short": found.is_short,
        "more": more and below,
        "is_more": found.is_more and not below,
        "says": _says(text, groups, found),
    }
    return render(request, "leads/_found.html" if desk.is_htmx else "leads/search.html", context)


def _says(text: str, groups: list[dict], found: finding.Found) -> str:
    """Say in one line what was found, for those who listen."""
    if not text:
        return ""
    if found.is_short:
        return "Write three letters or more."
    if not groups:
        return "This finds nobody."
    counted = ", ".join(f"{group['label'].lower()}: {len(group['rows'])}" for group in groups)
    return f"{'Perhaps you mean' if found.is_guess else 'Found'}: {counted}"


def _person(lead: Lead, desk) -> dict:
    mine = lead.owner_id == desk.user.pk
    return {
        "name": lead.name,
        "url": reverse("lead", args=[lead.pk]),
        "state": lead.state_label,
        "kind": lead.motion if lead.is_open else KINDS.get(lead.status, "outline"),
        "about": ", ".join(filter(None, (lead.title, lead.account.name if lead.account else lead.company))),
        "reach": ", ".join(filter(None, (lead.email, phone_of(lead) if lead.phone else ""))),
        "holder": "yours" if mine else _holder(lead),
        "clock": sla.clock_of(lead, lead.cycle, desk.at),
    }


KINDS = {"qualified": "now", "nurture": "notnow", "unqualified": "never"}


def _holder(lead: Lead) -> str:
    if lead.is_shielded:
        return "with the product"
    if lead.owner:
        return f"with {lead.owner.get_short_name()}"
    return f"in the queue of {lead.team}" if lead.team else ""


def _other(lead: Lead) -> dict:
    """Tell of a lead that is not this person's to see: that it exists, and with whom."""
    name, company = finding.called(lead)
    return {"name": name, "about": company, "holder": _holder(lead) or "in nobody's hands"}


def _company(account) -> dict:
    return {
        "name": account.name,
        "url": slots.company_page(account.pk) or _leads_of(account.pk),
        "about": account.domain,
    }


def _sale(sale: Opportunity) -> dict:
    owner = sale.opportunity_owner
    try:
        url = reverse("opportunity", args=[sale.pk])
    except NoReverseMatch:
        url = _leads_of(sale.account_id)
    about = ", ".join(filter(None, (sale.account.name, sale.stage.name)))
    return {"name": sale.name, "url": url, "about": about, "holder": f"with {owner.get_short_name()}" if owner else ""}


def _leads_of(account: int) -> str:
    return f"{reverse('leads')}?account={account}"
