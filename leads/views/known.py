"""What we know of a lead beside what to do with it: facts, past rounds, the other people and the sales of its company.

Part of the panel (`panel.py`). Of others only what this person may see; that there are more is said by their number.
"""

import phonenumbers
from django.urls import reverse
from django.utils import timezone

from accounts.models import Opportunity, OpportunityStatus
from accounts.permissions import Scope, allowed, people_of
from accounts.words import moment
from leads import permissions
from leads.models import Channel, Lead, Task

SHOWN = 6


def said_at(at, now) -> str:
    """Say a moment in the zone of whoever looks."""
    return moment(at, timezone.get_current_timezone(), now)


def phone_of(lead: Lead) -> str:
    """Return a phone the way people read it: in groups, with its country; as it was typed where it has none."""
    try:
        number = phonenumbers.parse(lead.phone, None)
    except phonenumbers.NumberParseException:
        return lead.phone
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def asked_not_to(lead: Lead, at) -> str:
    """Say what they asked us not to do, or nothing."""
    if lead.opted_out_at:
        return f"They asked us to stop on every channel, {said_at(lead.opted_out_at, at)}."
    if lead.opted_out_channels:
        return "They asked us not to use: " + ", ".join(Channel(c).label.lower() for c in lead.opted_out_channels) + "."
    return ""


def facts(lead: Lead, account, tasks: list[Task], at) -> list[dict]:
    """List what we know, in the order it is asked for; what is empty is left out."""
    plan = next((t for t in tasks if t.kind == Task.Kind.FOLLOW_UP), None)
    planned = (
        plan and f"{Channel(plan.channel).label if plan.channel else plan.what or 'Next'}, {said_at(plan.due_at, at)}"
    )
    holder = lead.owner or lead.team
    pairs = (
        ("Next step", planned),
        ("Owner", str(holder) if holder else ""),
        ("Source", lead.source and lead.source.name),
        ("Campaign", lead.campaign and lead.campaign.name),
        ("Motion", f"{lead.get_motion_display()}, {lead.get_go_to_market_display().lower()}"),
        ("Email", lead.email),
        ("Phone", phone_of(lead)),
        ("Domain", account.domain if account else ""),
        ("Website", lead.website),
        ("Country", lead.country or (account.country if account else "")),
        ("Segment", lead.segment or (account.segment if account else "")),
        ("Came to us", said_at(lead.created_at, at)),
        ("Opt-out", asked_not_to(lead, at)),
    )
    return [{"label": label, "value": value} for label, value in pairs if value]


def rounds(lead: Lead, at) -> list[dict]:
    """List the rounds before this one, newest first."""
    past = (
        lead.cycles.filter(ended_at__isnull=False)
        .select_related("reason", "owner", "ended_by")
        .order_by("-number")[:10]
    )
    return [
        {
            "words": f"Round {c.number}, {c.get_outcome_display().lower()}"
            + (f": {c.reason.label.lower()}" if c.reason else "")
            + (f". {c.owner.get_short_name()}, {c.touches} touch{'' if c.touches == 1 else 'es'}" if c.owner else ""),
            "at": c.ended_at,
        }
        for c in past
    ]


def links(lead: Lead, desk) -> list[dict]:
    """List what is asked for seldom and has a page of its own."""
    pages = []
    if (lead.opted_out_at or lead.opted_out_channels) and permissions.can(desk.user, "clear_opt_out", lead, at=desk.at):
        pages.append({"url": reverse("opt-out-clear", args=[lead.pk]), "label": "Clear the opt-out"})
    if permissions.can(desk.user, "erase", lead, at=desk.at):
        pages.append({"url": reverse("erase", args=[lead.pk]), "label": "Erase this person"})
    return pages


def company(lead: Lead, account, desk) -> dict:
    """Return the other people and the opportunities of the account: those this person may see, and how many more there are."""
    if account is None:
        return {"people": [], "people_more": 0, "opportunities": [], "opportunities_more": 0}
    others = Lead.objects.filter(account=account, gone_as="").exclude(pk=lead.pk)
    people = list(others.visible_to(desk.user, desk.at).order_by("-pk")[:SHOWN])
    known = len(others.values_list("pk")[:1_001])
    sales = list(
        Opportunity.objects.filter(account=account, gone_as="").select_related("product", "stage", "opportunity_owner")
    )
    seen = [sale for sale in sales if _sees_sale(desk.user, sale)]
    for sale in sales:
        sale.account = account  # which its name is made of
    return {
        "people": [
            {"name": p.name, "title": p.title, "state": p.state_label, "url": reverse("lead", args=[p.pk])}
            for p in people
        ],
        "people_more": known - len(people),
        "opportunities": [_sale(sale) for sale in seen],
        "opportunities_more": sum(sale.status == OpportunityStatus.OPEN for sale in sales if sale not in seen),
    }


def _sale(opportunity: Opportunity) -> dict:
    owner = opportunity.opportunity_owner
    return {
        "name": opportunity.name,
        "words": f"{opportunity.stage.name}" + (f", {owner.get_short_name()}" if owner else ""),
    }


def _sees_sale(user, opportunity: Opportunity) -> bool:
    """Whether this person may see an opportunity: their own, their team's, or all of them."""
    scope = allowed(user, "opportunities.see")
    owners = {opportunity.development_owner_id, opportunity.opportunity_owner_id, opportunity.success_owner_id}
    if Scope.ALL in scope:
        return True
    if Scope.TEAM in scope and owners & (people_of(user) | {user.pk}):
        return True
    return Scope.OWN in scope and user.pk in owners
