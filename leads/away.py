"""Absences as a manager plans them (ROUTE-9): whose, and whether the days and the delegate fit. Called by the team's page and the API."""

from datetime import date, datetime, time, timedelta

from django.core.exceptions import ValidationError

from accounts.models import Absence, Event, User
from accounts.permissions import HOLDERS, Scope, allowed, people_of
from leads import board
from leads.lifecycle import Refused
from leads.models import Spell


def below(by: User):
    """Return the people whose absences this person plans, and who hand over to them: those below who hold leads."""
    people = User.objects.filter(role__in=HOLDERS)
    if not board.leads_people(by):
        return people.none()
    return people if Scope.ALL in allowed(by, "leads.assign") else people.filter(pk__in=people_of(by))


def absence(
    person: User, *, first: date, last: date, delegate: User | None = None, note: str = "", at: datetime
) -> Absence:
    """Return an absence over whole days of the person's zone, not saved. Raises Refused, its code the name of a field. Two queries."""
    zone = person.zone
    if last < at.astimezone(zone).date():
        raise Refused("That day is past. Choose one from today on.", "last")
    if last < first:
        raise Refused("The last day is before the first.", "last")
    if last.year > 2200:
        raise Refused("Choose an earlier day.", "last")
    if first.year < 2000:  # midnight of the first day there is lies before it, east of here
        raise Refused("Choose a later day.", "first")
    starts = datetime.combine(first, time.min, zone)
    ends = datetime.combine(last + timedelta(days=1), time.min, zone)
    row = Absence(user=person, starts_at=starts, ends_at=ends, delegate=delegate, note=note)
    try:
        row.full_clean()
    except ValidationError as error:
        name, words = next(iter(error.message_dict.items()))
        raise Refused(words[0], name if name in ("delegate", "note") else "first") from None
    others = Absence.objects.filter(starts_at__lt=ends, ends_at__gt=starts)
    if others.filter(user=person).exists():
        raise Refused(f"{person} is away already on some of these days.", "first")
    if delegate and others.filter(user=delegate).exists():
        raise Refused(f"{delegate} is away on some of these days too.", "delegate")
    return row


def came_instead(row: Absence, at: datetime) -> int:
    """Count the leads that routing gave to who stands in because this person is away; they stay there. Two queries."""
    if row.delegate_id is None or row.starts_at > at:
        return 0
    got = Spell.objects.filter(owner=row.delegate, began_at__gte=row.starts_at).values_list("lead", flat=True)
    routed = Event.objects.filter(lead_id__in=list(got), at__gte=row.starts_at, data__route__for=row.user_id)
    return routed.values("lead_id").distinct().count()


def end(row: Absence, *, at: datetime) -> bool:
    """End an absence now, or call it off where it has not begun; say whether it had. What came to who stands in stays there. One query."""
    if row.starts_at >= at:
        row.delete()
        return False
    row.ends_at = at
    row.save(update_fields=["ends_at"])
    return True
