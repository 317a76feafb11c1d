"""Tries at a lead that belongs to the product (MOTION-2): refused elsewhere, counted here, so that somebody sees who works around it.

Called by the edges that refuse, pages and API, once nothing else of the request is left to be written. Told on the lead's timeline,
beside the shield on its page, and in the clean room of whoever leads the person.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Count

from accounts.models import Door, Event, User
from accounts.permissions import allowed
from leads import room
from leads.models import Lead
from leads.room import Line
from leads.timeline import TELLERS, Entry

KIND = "tried"
ONE_TRY = timedelta(minutes=1)  # pressed again within it, it is the same try
LOOKED_AT = timedelta(hours=24)


def tried(pk: int, what: str, *, by: User, at: datetime, door: str = Door.PAGE) -> bool:
    """Put on record that a seller tried to do `what` to this lead, if the product has it; say whether it was one more try.

    Nothing of somebody who works no leads, or at whose own sale the shield is open. At most three queries.
    """
    if not allowed(by, "leads.touch"):
        return False
    lead = Lead.objects.filter(pk=pk, gone_as="").first()
    if lead is None or not lead.is_shielded:
        return False
    mine = Event.objects.filter(lead_id=pk, kind=KIND, actor_id=by.pk, at__gt=at - ONE_TRY, data__what=what)
    if mine.exists():
        return False
    facts = {"lead_id": pk, "cycle_id": lead.cycle_id, "account_id": lead.account_id, "data": {"what": what}}
    Event.objects.create(kind=KIND, actor_id=by.pk, at=at, recorded_at=at, door=door, **facts)
    return True


def tries_of(lead: Lead) -> int:
    """Count the tries at a lead in the round it is in. One query."""
    return Event.objects.filter(lead_id=lead.pk, kind=KIND, cycle_id=lead.cycle_id).count()


def _tries(people: Sequence[int], _teams: Sequence[int], at: datetime) -> dict[int, int]:
    """Count by person the tries of the last day, by `event_tried`. One query."""
    rows = Event.objects.filter(kind=KIND, actor_id__in=people, at__gt=at - LOOKED_AT, at__lte=at).order_by()
    return dict(rows.values_list("actor_id").annotate(Count("pk")))


LINE = Line(
    "tried", "Tries at the product's leads", "try at a lead of the product's since yesterday",
    "tries at leads of the product's since yesterday", _tries, url=lambda person: f"/team/?rep={person}" if person else "/team/",
)  # fmt: skip


def tell(told, event: Event) -> Entry:
    """Say a try on the timeline."""
    return Entry(
        "alert", f"{told.who(event)} tried to work this lead while the product had it. Nothing was changed.", event.at
    )


def begin() -> None:
    """Add the words and the line. Called when the app is ready."""
    TELLERS[KIND] = tell
    room.add(LINE)
