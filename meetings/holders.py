"""Who holds a meeting (MEET-1): who is named, who has the sale or the company, or who is next among those who take them in turn.

Called by booking within the lead's turn, and by whoever gives a meeting to another.
"""

from datetime import datetime

from django.db import connection

from accounts.models import Absence, Role, Team, User
from leads import routing
from leads.lifecycle import Refused, Step
from meetings import opportunities
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
    """Say who holds a meeting: without a hand-off the SDR, else who is named, who has the sale or the company, or is next in the pool."""
    sale, lead = meeting.opportunity, step.lead
    if owner is None and pool is None:
        owner = meeting.sourced_by if meeting.point == HandOffPoint.NONE else None
        owner = owner or sale.opportunity_owner or sale.account.opportunity_owner
        if owner is not None and (not owner.is_active or busy([owner.pk], meeting.starts_at, meeting.ends_at)):
            owner = None if sale.opportunity_owner_id is None else owner
    if owner is None:
        pool = pool or _pool()
        out = busy(pool.memberships.values("user"), meeting.starts_at, meeting.ends_at)
        decision = routing.holding(step.turn, [pool]).in_turn(pool, role=Role.AE, exclude=out)
        if decision.user is None:
            raise Refused(f"Nobody of {pool} is free then. Choose another time.", "nobody")
        owner, meeting.pool = decision.user, pool
    able(owner, meeting)
    meeting.owner = owner
    if sale.opportunity_owner_id is None:
        opportunities.name_owner(sale, owner, by=step.by, at=step.at, door=step.turn.door)
    if not lead.is_open or meeting.point == HandOffPoint.SCHEDULED:
        lead.opportunity_owner = owner


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
