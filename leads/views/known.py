"""What we know of a lead beside what to do with it: facts, past rounds, the other people and the sales of its company.

Part of the panel (`panel.py`). Of others only what this person may see; that there are more is said by their number.
"""

from functools import cache

import phonenumbers
from django.db.models import BooleanField, Case, When
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.models.companies import Relationship
from accounts.permissions import Scope, allowed, know_reach, own_teams_of, people_of, teams_of
from accounts.prepared import Prepared
from accounts.words import moment
from leads import permissions
from leads.models import Channel, Lead, Outcome, Task
from leads.views import slots

SHOWN = 6
STEPS = (Task.Kind.FOLLOW_UP, Task.Kind.MEETING, Task.Kind.RESCHEDULE)  # what can come next
COUNTED = 1_001


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


def _step(plan: Task) -> str:
    """Name what comes next: the channel of a follow-up, else what the task says."""
    if plan.kind == Task.Kind.FOLLOW_UP and plan.channel:
        return Channel(plan.channel).label
    return plan.what or "Next"


def facts(lead: Lead, account, tasks: list[Task], at) -> list[dict]:
    """List what we know, in the order it is asked for; what is empty is left out."""
    plan = next((t for t in tasks if t.kind in STEPS), None)
    planned = plan and f"{_step(plan)}, {said_at(plan.due_at, at)}"
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


def rounds(rows: list) -> list[dict]:
    """List the rounds before this one, newest first."""
    return [
        {
            "words": f"Round {row.id}, {Outcome(row.a).label.lower()}"
            + (f": {row.b.lower()}" if row.b else "")
            + (f". {row.c.split(' ')[0]}, {row.n} touch{'' if row.n == 1 else 'es'}" if row.c else ""),
            "at": row.at,
        }
        for row in sorted(rows, key=lambda row: -row.id)
    ]


def links(lead: Lead, desk) -> list[dict]:
    """List what is asked for seldom and has a page of its own."""
    pages = []
    if permissions.can(desk.user, "edit_contact", lead, at=desk.at):
        pages.append({"url": reverse("contact", args=[lead.pk]), "label": "Change who this is"})
    if (lead.opted_out_at or lead.opted_out_channels) and permissions.can(desk.user, "clear_opt_out", lead, at=desk.at):
        pages.append({"url": reverse("opt-out-clear", args=[lead.pk]), "label": "Clear the opt-out"})
    if permissions.can(desk.user, "erase", lead, at=desk.at):
        pages.append({"url": reverse("erase", args=[lead.pk]), "label": "Erase this person"})
    return pages


WON, OPEN = 2, 1


def relationship(sales: list) -> str:
    """Say what a company is to us (ACC-5), from all its sales."""
    states = {sale.n for sale in sales}
    return (Relationship.CUSTOMER if WON in states else Relationship.OPEN if OPEN in states else Relationship.NEW).label


@cache
def _others(role: str, is_superuser: bool) -> Prepared:
    """Ask for the other people of a company, those this person may see first: one question for everybody of a role."""

    def build(account: int, lead: int, user: int, teams: list, own: list, people: list, at):
        reader = User(pk=user, role=role, is_superuser=is_superuser)
        know_reach(reader, teams, own, people)
        others = Lead.objects.filter(account=account, gone_as="").exclude(pk=lead)
        mine = others.visible_to(reader, at).values("pk")
        seen = Case(When(pk__in=mine, then=True), default=False, output_field=BooleanField())
        rows = others.annotate(is_seen=seen).order_by("-is_seen", "-pk")
        names = ("first_name", "last_name", "email", "company", "phone", "title", "status", "motion")
        return rows.only(*names)[:COUNTED]

    return Prepared(build, may_leave=True)


def company(lead: Lead, sales: list, desk) -> dict:
    """Return the other people and the opportunities of the account: those this person may see, and how many more there are. One query."""
    if lead.account_id is None:
        return {"people": [], "people_more": 0, "opportunities": [], "opportunities_more": 0}
    user = desk.user
    asked = (*map(sorted, (teams_of(user), own_teams_of(user), people_of(user))), desk.at)
    people = _others(user.role, user.is_superuser).objects(lead.account_id, lead.pk, user.pk, *asked)
    shown = [person for person in people[:SHOWN] if person.is_seen]
    seen_sales = [sale for sale in sales if _sees_sale(desk.user, sale)]
    return {
        "people": [
            {"name": p.name, "title": p.title, "state": p.state_label, "url": reverse("lead", args=[p.pk])}
            for p in shown
        ],
        "people_more": len(people) - len(shown),
        "opportunities": [_sale(sale, lead.account) for sale in sorted(seen_sales)],
        "opportunities_more": sum(sale.n == OPEN for sale in sales if sale not in seen_sales),
    }


def _sale(sale, account) -> dict:
    return {
        "name": f"{sale.a} - " + (f"@{account.domain}" if account.domain else account.name),
        "url": slots.sale_page(sale.id),
        "words": f"{sale.b}" + (f", {sale.c.split(' ')[0]}" if sale.c else ""),
    }


def _sees_sale(user, sale) -> bool:
    """Whether this person may see an opportunity: their own, their team's, or all of them."""
    scope = allowed(user, "opportunities.see")
    owners = set(sale.ids) - {None}
    if Scope.ALL in scope:
        return True
    if Scope.TEAM in scope and owners & (people_of(user) | {user.pk}):
        return True
    return Scope.OWN in scope and user.pk in owners
