"""Who may receive a lead from this person, and who cannot just now and why. Asked by the page that hands leads over.

Read in bulk: at most six queries, however many people. What is offered here is decided again by `assignment` when it is chosen.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from accounts.models import Absence, Membership, Team, User
from accounts.permissions import HOLDERS, Scope, allowed, people_of, teams_of
from accounts.words import moment
from leads import routing
from leads.models import Lead, LeadStatus

MOST = 100


def choices(lead: Lead, by: User, at: datetime) -> list[dict]:
    """List the hands a person may put this lead into: people, teams in turn, and for a waiting lead the teams' queues."""
    people = people_below(by)
    reasons = unable(people, at)
    listed = [
        {"value": f"u{p.pk}", "label": str(p), "help": p.get_role_display(), "refused": reasons.get(p.pk, "")}
        for p in people
        if p.pk != lead.owner_id
    ]
    listed.sort(key=lambda choice: bool(choice["refused"]))
    teams = teams_below(by)
    listed += [
        {"value": f"t{t.pk}", "label": f"{t}, in turn", "help": "By weight, to whoever is there.", "refused": ""}
        for t in teams
    ]
    if lead.status in LeadStatus.WAITING:
        listed += [
            {"value": f"q{t.pk}", "label": f"Queue of {t}", "help": "Waits there to be pulled.", "refused": ""}
            for t in teams
            if t.pk != lead.team_id
        ]
    return listed


def people_below(by: User) -> list[User]:
    """Return who may hold leads and is this person's to give them to, by name. One query beyond the teams."""
    people = User.objects.filter(is_active=True, role__in=HOLDERS)
    if Scope.ALL not in allowed(by, "leads.assign"):
        people = people.filter(pk__in=people_of(by) | {by.pk})
    return list(people.order_by("name")[:MOST])


def teams_below(by: User) -> list[Team]:
    """Return the teams with members that are this person's to give leads to. One query."""
    teams = Team.objects.filter(is_active=True, memberships__isnull=False).exclude(kind=Team.Kind.PRODUCT)
    if Scope.ALL not in allowed(by, "leads.assign"):
        teams = teams.filter(pk__in=teams_of(by))
    return list(teams.distinct().order_by("name")[:MOST])


def unable(people: Iterable[User], at: datetime) -> dict[int, str]:
    """Say who of these cannot receive a lead now, and why: away, or at their cap. At most four queries."""
    ids, zone = [p.pk for p in people], timezone.get_current_timezone()
    reasons = {}
    capped = list(Membership.objects.filter(user__in=ids).filter(Q(cap_open__isnull=False) | Q(cap_day__isnull=False)))
    if capped:
        held, today = routing.open_leads(ids), routing.received_today(ids, at)
        for m in capped:
            has, got = held.get(m.user_id, 0), today.get(m.user_id, 0)
            if m.cap_open is not None and has >= m.cap_open:
                reasons[m.user_id] = f"At the cap: {has} of {m.cap_open} open."
            elif m.cap_day is not None and got >= m.cap_day:
                reasons[m.user_id] = f"At the cap: {got} of {m.cap_day} today."
    for absence in Absence.objects.filter(user__in=ids, starts_at__lte=at, ends_at__gt=at).select_related("delegate"):
        instead = f" {absence.delegate.get_short_name()} stands in." if absence.delegate else ""
        reasons[absence.user_id] = f"Away until {moment(absence.ends_at, zone, at)}.{instead}"
    return reasons
