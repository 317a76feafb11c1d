"""Who holds a meeting (MEET-1): who is named, who has the sale or the company, or who is next among those who take them in turn.

Called by booking within the lead's turn, and by whoever gives a meeting to another.
"""

from datetime import datetime

from django.db import connection

from accounts.models import Absence, Opportunity, Role, Team, User
from leads import routing
from leads.lifecycle import Refused, Step
from leads.models import Lead
from meetings import opportunities, points
from meetings.models import HandOffPoint, Meeting, MeetingStatus

LOCK = 0x1EADCA1  # the space of advisory locks that calendars take
HOLDERS = (Role.AE, Role.CSM, Role.SDR, Role.MANAGER)


def busy(people, starts_at: datetime, ends_at: datetime) -> set[int]:
    """Say which of these people hold a meeting or are away at some part of that time. Two queries."""
    taken = Meeting.objects.filter(
        owner__in=people, status=MeetingStatus.BOOKED, starts_at__lt=ends_at, ends_at__gt=starts_at
    )
    away = Absence.objects.filter(user__in=people, starts_at__lt=ends_at, ends_at__gt=starts_at)
    return {*taken.values_list("owner", flat=True), *away.values_list("user", flat=True)}


def choose(step: Step, meeting: Meeting, owner: User | None, pool: Team | None) -> None:
    """Say who holds a meeting, and by it when the lead is handed over: who is named, who is expected (`expected`), or is next in the pool.

    Without a hand-off nobody stands in for the rep who has the lead: where they are taken then, another time is asked for.
    """
    sale, lead = meeting.opportunity, step.lead
    if owner is None and pool is None:
        owner = expected(lead, sale, meeting.point)
        stays = sale.opportunity_owner_id is not None or (owner == lead.owner and meeting.point == HandOffPoint.NONE)
        if (
            owner is not None
            and not stays
            and (not owner.is_active or busy([owner.pk], meeting.starts_at, meeting.ends_at))
        ):
            owner = None
    if owner is None:
        pool = pool or _pool()
        out = busy(pool.memberships.values("user"), meeting.starts_at, meeting.ends_at)
        decision = routing.holding(step.turn, [pool]).in_turn(pool, role=Role.AE, exclude=out)
        if decision.user is None:
            raise Refused(f"Nobody of {pool} is free then. Choose another time.", "nobody")
        owner, meeting.pool = decision.user, pool
    able(owner, meeting)
    meeting.owner, meeting.point = owner, points.agreed(meeting.point, owner, lead)
    if sale.opportunity_owner_id is None:
        opportunities.name_owner(sale, owner, by=step.by, at=step.at, door=step.turn.door)
    if not lead.is_open or meeting.point == HandOffPoint.SCHEDULED:
        lead.opportunity_owner = owner


def expected(lead: Lead, sale: Opportunity | None, point: str) -> User | None:
    """Say who holds a meeting where nobody is named: who has the sale, without a hand-off the rep who has the lead, else who sells to the
    company; None: who is next in turn. No query where those were read beside the rows."""
    if sale is not None and sale.opportunity_owner_id:
        return sale.opportunity_owner
    if point == HandOffPoint.NONE and lead.is_open and lead.owner_id:
        return lead.owner
    account = sale.account if sale is not None and sale.account_id else lead.account
    return account.opportunity_owner if account is not None else None


def able(owner: User, meeting: Meeting, *, ahead: bool = True) -> None:
    """Refuse who holds no meetings, or is away then. One query."""
    if not owner.is_active or Role(owner.role) not in HOLDERS:
        raise Refused(f"{owner} holds no meetings.", "owner")
    if (
        ahead
        and Absence.objects.filter(user=owner, starts_at__lt=meeting.ends_at, ends_at__gt=meeting.starts_at).exists()
    ):
        raise Refused(f"{owner.get_short_name()} is away then. Choose another time, or somebody else.", "away")


def hold_calendar(owner: User) -> None:
    """Let nobody else enter anything into this person's calendar meanwhile: two who did at once would wait for each other, not for the
    first. Taken after every row but the meeting's. One query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s::int)", [LOCK, owner.pk % 2**31])


def _pool() -> Team:
    """Return the pool whose AEs take meetings in turn: the first that has any."""
    pools = Team.objects.filter(
        kind=Team.Kind.POOL, is_active=True, memberships__user__role=Role.AE, memberships__user__is_active=True
    )
    found = pools.order_by("pk").first()
    if found is None:
        raise Refused("No pool of account executives takes meetings in turn. Choose who holds it.", "no_pool")
    return found
