"""What is asked of a batch of leads, and what came of it. Made and read by `leads/lifecycle.py`; handed to every door by the processes."""

from dataclasses import dataclass, field
from datetime import datetime

from accounts.models import Event
from leads.models import Lead
from leads.refusals import Refused

ANY = object()


@dataclass(frozen=True, slots=True)
class Seen:
    """A lead as the asker saw it. Every action carries the round it meant; a form also carries the version.

    `at` is when it became true for this lead, where that differs within a batch (a sweep's due moments).
    """

    lead: int
    cycle: object = ANY
    version: int | None = None
    at: datetime | None = None


@dataclass(slots=True)
class Result:
    """What came of a batch: the leads that changed, as they now are, and those that could not, with their reason."""

    done: list[Lead] = field(default_factory=list)
    refused: list[tuple[Lead | int, Refused]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    made: dict[int, dict[str, object]] = field(default_factory=dict)

    @property
    def waiting(self) -> list[Lead]:
        """The leads whose end waits for the manager's word (WORK-7)."""
        return [lead for lead in self.done if "review" in self.made.get(lead.pk, ())]

    def whole(self) -> "Result":
        """Return itself where nobody was refused, else raise why the first was: for what is done whole or not at all."""
        if self.refused:
            raise self.refused[0][1]
        return self

    @property
    def lead(self) -> Lead:
        """Return the one lead of a batch of one, or raise why it was refused."""
        return self.whole().done[0]


def both(result: Result, more: Result) -> Result:
    """Add what came of some leads to what came of others."""
    for mine, theirs in ((result.done, more.done), (result.refused, more.refused), (result.events, more.events)):
        mine.extend(theirs)
    result.made |= more.made
    return result
