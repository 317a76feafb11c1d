"""One opportunity on its page (ACC-8 to ACC-12): its stages, its people, its meetings, what happened; and how it ends.

Losing shows first what each of its people will become: the same question that the process asks, asked before it is pressed.
"""

from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_POST

from accounts.models import Event, Opportunity, OpportunityStatus, Reason, Stage, User
from leads.models import ContactRole, Lead, LeadStatus
from leads.timeline import Told
from leads.views.answers import said
from meetings import accounts, closing, customers, holders, opportunities, parts, permissions, returned, success
from meetings.models import HandOff, Meeting
from meetings.views import forms, rows
from meetings.views.account import LABELS, owner_of, went
from meetings.views.acting import Place, Wrong, answered, do, may
from meetings.views.handing import sent_back
from meetings.views.lists import BESIDE as OF_MEETINGS
from meetings.views.told import entries
from meetings.views.words import money, when

BESIDE = (*opportunities.BESIDE, "loss_reason")
SHOWN, OTHERS = 50, 100
LACKS = "a meeting that was held, and told as qualified"
CORRECTED = f"{LACKS}; the one that brought it here was corrected since"
ROLES = ("decision maker", "champion", "user", "finance", "IT", "purchasing")


def read(place: Place, pk: int) -> Opportunity:
    return place.found(Opportunity.objects.select_related(*BESIDE), pk)


@require_GET
def sale(request, pk):
    """Show one opportunity."""
    place = Place(request)
    return page(place, read(place, pk))


def page(place: Place, row: Opportunity, wrong: Wrong | None = None):
    """Draw the page of a sale; after a refusal with its reason. A fixed number of queries."""
    row = read(place, row.pk)
    is_open = row.status == OpportunityStatus.OPEN
    changes = is_open and permissions.can(place.user, "change", row)
    customer = _customer(place, row) if row.status == OpportunityStatus.WON else None
    stages = list(Stage.objects.filter(status=OpportunityStatus.OPEN).order_by("order"))
    missing = opportunities.missing_answers(row) if is_open and row.pipeline_at is None else []
    is_met = not is_open or opportunities.is_met(row)
    met = Meeting.objects.filter(opportunity=row).select_related(*OF_MEETINGS).order_by("-starts_at", "-pk")[:SHOWN]
    why, above = place.request.GET.get("lose", ""), place.user.role in accounts.LATER or place.user.is_superuser
    context = {
        "o": row, "worth": money(row.amount, row.currency), "is_open": is_open, "changes": changes, "missing": missing,
        "stages": [_stage(row, stage, missing, is_met) for stage in stages],
        "people": people(place, row), "roles": ROLES, "others": list(parts.others_of(row)[:OTHERS]) if changes else [],
        "meetings": rows.meetings(place, list(met)),
        "entries": history(place, row),
        "owners": [owner_of(row, role, changes and (role != "development_owner" or above), place.at) for role in accounts.ROLES],
        "choices": list(User.objects.filter(role__in=holders.HOLDERS, is_active=True).order_by("name", "pk")[:100]) if changes else [],
        "may": changes, "above": above, "owner_url": reverse("opportunity-owners", args=[row.pk]),
        "account_url": reverse("account-page", args=[row.account_id]),
        "success": list(User.objects.filter(role="csm", is_active=True).order_by("name")) if changes or customer else [],
        "customer": customer, "sent_back": _sent_back(place, row) if is_open else [],
        "losses": losses(row, why) if changes else None,
        "now": place.at, "token": place.token, "wrong": wrong, "typed": place.request.POST, "back": reverse("opportunity", args=[row.pk]),
        "toast": said(place.request),
    }  # fmt: skip
    return render(place.request, "meetings/sale.html", context, status=wrong.status if wrong else 200)


def _sent_back(place: Place, row: Opportunity) -> list[dict]:
    """List its leads that were sent back, and where they are handed over again. One query."""
    return [
        {"name": one.lead.name, "told": sent_back(place, one), "url": reverse("hand-off-again", args=[one.pk])
         if permissions.can(place.user, "again", one) else ""}
        for one in returned.of_sale(row)
    ]  # fmt: skip


def _customer(place: Place, row: Opportunity) -> dict:
    """Say who of customer success has a customer, or why nobody does, and what is not known yet (ACC-11). Four queries."""
    last = success.of_success(row)
    who = last.receiver.get_short_name() if last and last.receiver else "nobody yet"
    by = last.ended_by.get_short_name() if last and last.ended_by else "Nobody"
    words = {
        None: "Nobody has handed them over.",
        HandOff.Outcome.WAITS: lambda: f"Handed to {who}, who accepts it until {when(last.limit_at, place.at)}.",
        HandOff.Outcome.ACCEPTED: lambda: f"{by} took it on {when(last.ended_at, place.at)}.",
        HandOff.Outcome.REFUSED: lambda: f"{by} sent it back {when(last.ended_at, place.at)}{_why(last)}",
        HandOff.Outcome.DROPPED: lambda: "It fell away.",
    }
    said = words[last.outcome]() if last else words[None]
    missing = [closing.CRITERIA[code] for code in closing.missing_for_success(row)]
    return {"said": said, "missing": missing, "may": permissions.can(place.user, "change", row), "last": last}


def _why(last: HandOff) -> str:
    return (f": {last.reason.label.lower()}. " if last.reason else ". ") + last.why


def _stage(row: Opportunity, stage: Stage, missing: list[str], is_met: bool) -> dict:
    here, passed = row.stage_id == stage.pk, stage.order < row.stage.order
    lacks = (CORRECTED if here or passed else LACKS) if stage.is_qualifying and not is_met else ""
    return {
        "stage": stage, "here": here, "passed": passed, "back": passed, "criteria": stage.entry_criteria,
        "missing": missing if stage.is_pipeline else [], "lacks": lacks,
    }  # fmt: skip


def people(place: Place, row: Opportunity) -> list[dict]:
    """List the people of a sale with their parts. Two queries."""
    parts = (
        ContactRole.objects.filter(opportunity=row, lead__gone_as="")
        .select_related("lead")
        .order_by("-is_primary", "pk")[:SHOWN]
    )
    seen = set(
        Lead.objects.visible_to(place.user, place.at)
        .filter(pk__in=[p.lead_id for p in parts])
        .values_list("pk", flat=True)
    )
    return [
        {"id": p.lead_id, "name": p.lead.name, "title": p.lead.title, "role": p.role, "primary": p.is_primary, "state": p.lead.state_label,
         "url": reverse("lead", args=[p.lead_id]) if p.lead_id in seen else ""}
        for p in parts
    ]  # fmt: skip


def losses(row: Opportunity, code: str) -> dict:
    """Say why a sale can be lost, and for the reason that was chosen what each of its people becomes. Four queries."""
    reasons = list(
        Reason.objects.filter(disposition="loss", is_active=True).select_related("becomes").order_by("order", "pk")
    )
    chosen = next((r for r in reasons if r.code == code), None)
    return {"reasons": reasons, "chosen": chosen, "people": becomes(row, chosen) if chosen else []}


def becomes(row: Opportunity, reason: Reason) -> list[dict]:
    """Say what each person of a sale becomes when it is lost for this reason. Three queries."""
    to = reason.becomes or Reason.objects.get(code="opportunity_lost")
    leads = list(Lead.objects.filter(contact_roles__opportunity=row, gone_as="").order_by("pk"))
    elsewhere = ContactRole.objects.filter(lead__in=leads, opportunity__status="open", opportunity__gone_as="").exclude(
        opportunity=row
    )
    others = set(elsewhere.values_list("lead", flat=True))
    what = f"{'not now' if to.disposition == 'nurture' else 'never'}: {to.label.lower()}"
    return [{"name": lead.name, "becomes": _becomes(lead, others, what)} for lead in leads]


def _becomes(lead: Lead, others: set[int], what: str) -> str:
    if lead.pk in others:
        return "stays: another opportunity of theirs is open"
    return what if lead.status == LeadStatus.QUALIFIED else f"stays {lead.state_label}"


def history(place: Place, row: Opportunity) -> list:
    """Tell what happened to a sale, newest first."""
    events = list(Event.objects.filter(opportunity_id=row.pk).exclude(kind="transition").order_by("-pk")[:SHOWN])
    return entries(Told(Lead(), events, place.at), events)


def act(form_class, kind: str):
    """Make a view of one act on a sale: `effect(place, row, given)` calls one process and says what it did."""

    def wrap(effect):
        def view(request, pk):
            place = Place(request)
            row = read(place, pk)
            may(place, "change", row)
            try:
                text = do(place, kind, form_class(request.POST), lambda given: effect(place, row, given))
            except Wrong as wrong:
                return page(place, row, wrong)
            return answered(place, text, reverse("opportunity", args=[pk]))

        view.__doc__, view.__name__ = effect.__doc__, effect.__name__
        return require_POST(view)

    return wrap


@act(forms.WinForm, "win")
def win(place, row, given):
    """Close it as won: the account is a customer, the success manager gets the hand-off."""
    facts = {name: given[name] for name in ("contract_end_date", "success_owner", "amount") if given[name] is not None}
    closing.win(row, by=place.user, at=place.at, **facts)
    return f"{row.name}: won. Customer success gets the hand-off."


@act(forms.CustomerForm, "customer")
def customer(place, row, given):
    """Hand a customer over again, or say when the contract ends."""
    facts = {"to": given["success_owner"], "contract_end_date": given["contract_end_date"]}
    now = customers.hand_over(row, by=place.user, at=place.at, **facts)
    told = (
        f"handed to {facts['to'].get_short_name()}"
        if facts["to"]
        else f"the contract ends {now.contract_end_date:%-d %b %Y}"
    )
    return f"{row.name}: {told}."


@act(forms.OwnerForm, "owner")
def owners(place, row, given):
    """Put one role of it into someone's hands, with what was ticked to move along (ACC-7)."""
    moved = accounts.change_owner_of_sale(
        row, given["role"], to=given["to"], along=set(given["along"]), by=place.user, at=place.at
    )
    return f"{row.name}: {given['to'].get_short_name()} is {LABELS[given['role']].lower()}.{went(moved)}"


@act(forms.LoseForm, "lose")
def lose(place, row, given):
    """Close it as lost: each of its people follows the reason."""
    closing.lose(row, reason=given["reason"], by=place.user, at=place.at)
    return f"{row.name}: lost, {given['reason'].label.lower()}."


@act(forms.TokenForm, "give-up")
def give_up(place, row, given):
    """Close it as not qualified: neither won nor lost (ACC-10)."""
    closing.close_not_qualified(row, by=place.user, at=place.at)
    return f"{row.name}: not qualified. It counts neither as won nor as lost."


@act(forms.ValueForm, "value")
def value(place, row, given):
    """Say anew what it is worth and when it should close."""
    given = {name: given[name] for name in ("amount", "currency", "close_date")}
    now = opportunities.change_value(
        row, by=place.user, at=place.at, **(given | {"currency": given["currency"] or None})
    )
    return f"{row.name}: {money(now.amount, now.currency)}."


@act(forms.RoleForm, "role")
def role(place, row, given):
    """Say what part somebody has in a sale."""
    part = parts.name_part(row, given["lead"], role=given["role"], by=place.user, at=place.at)
    return f"{row.name}: {part.role or 'no part named'}."


@act(forms.PartForm, "part")
def part(place, row, given):
    """Add somebody of the company to a sale, with their part."""
    added = parts.add_part(row, given["lead"], role=given["role"], by=place.user, at=place.at)
    return f"{row.name}: {added.lead.name} has a part in it{f', {added.role}' if added.role else ''}."


urlpatterns = [
    path("opportunities/<int:pk>/", sale, name="opportunity"),
    path("opportunities/<int:pk>/win/", win, name="opportunity-win"),
    path("opportunities/<int:pk>/customer/", customer, name="opportunity-customer"),
    path("opportunities/<int:pk>/lose/", lose, name="opportunity-lose"),
    path("opportunities/<int:pk>/not-qualified/", give_up, name="opportunity-not-qualified"),
    path("opportunities/<int:pk>/owners/", owners, name="opportunity-owners"),
    path("opportunities/<int:pk>/value/", value, name="opportunity-value"),
    path("opportunities/<int:pk>/roles/", role, name="opportunity-roles"),
    path("opportunities/<int:pk>/people/", part, name="opportunity-people"),
]
