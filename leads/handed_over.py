"""What somebody handed over when they left or went on leave, kept row by row so that it can be taken back (ROUTE-6).

Written by `leads/handing_over.py`, read and used up by `leads/hand_over_undo.py`. A Batch of its own kind: numbers only, no names.
"""

from dataclasses import asdict, dataclass, field
from datetime import datetime

from accounts.models import Batch, User
from leads.models import Lead

KIND = "hand over"


@dataclass(slots=True)
class Went:
    """What went and has not come back: leads in work (lead, round, owner, team, touches of the round), those kept (lead, roles, tasks),
    roles of others (table, role, row), what stands above leads by its name; `to` has what is not in work, `off` says that they were
    switched off with it."""

    to: int | None = None
    off: bool = False
    leads: list[list] = field(default_factory=list)
    kept: list[list] = field(default_factory=list)
    roles: list[list] = field(default_factory=list)
    above: dict[str, list[int]] = field(default_factory=dict)

    @property
    def number(self) -> int:
        return sum(map(len, (self.leads, self.kept, self.roles, *self.above.values())))

    def __bool__(self) -> bool:
        return bool(self.number or self.off)


def in_work(lead: Lead) -> list:
    """Return what is kept of a lead in work as it is in its new hands."""
    return [lead.pk, lead.cycle_id, lead.owner_id, lead.team_id, lead.cycle.touches]


def keep(user: User, went: Went, *, by: User, at: datetime) -> None:
    """Keep what went, where anything did. One query."""
    if went:
        Batch.objects.create(
            kind=KIND, name=f"of {user.username}"[:200], by=by, status=Batch.Status.DONE, rows=went.number,
            options={"person": user.pk, "went": asdict(went), "undone": []}, created_at=at, started_at=at, finished_at=at,
        )  # fmt: skip


def of(user: User):
    """Return what this person ever handed over, the newest first. By an index on the few batches of this kind."""
    return Batch.objects.filter(kind=KIND, options__person=user.pk).select_related("by").order_by("-pk")


def went_of(batch: Batch) -> Went:
    """Return what of it has not come back."""
    return Went(**batch.options["went"])
