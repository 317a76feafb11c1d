"""How many leads are where, now: by state and motion. Read by the overview; changes nothing.

The counts are of leads, not of cycles: where people stand today, not how a period went.
"""

from dataclasses import dataclass

from django.db.models import Count

from leads.models import LeadStatus, Motion


@dataclass(frozen=True, slots=True)
class Line:
    """One state: its leads by motion."""

    status: str
    label: str
    slg: int
    plg: int

    @property
    def total(self) -> int:
        return self.slg + self.plg


def by_state(leads) -> list[Line]:
    """Count these leads by state and motion, every state named, in the order of a life. One query."""
    found = {
        (status, motion): number
        for status, motion, number in leads.order_by().values_list("status", "motion").annotate(number=Count("pk"))
    }
    return [
        Line(state.value, state.label, *(found.get((state, motion), 0) for motion in (Motion.SLG, Motion.PLG)))
        for state in LeadStatus
    ]
