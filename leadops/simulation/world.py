"""The order of time in a made-up company: who does what when, the earliest first, whoever planned it.

Everything else of the simulation hangs on a World: its people, its chance, what it counts.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from random import Random

from accounts.models import Reason, User
from leadops.simulation.house import House
from leadops.simulation.people import Maker, Nature, nature
from leads.lifecycle import Refused, Result

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class World:
    """One made-up company between two moments. The same seed, start and house make the same company."""

    def __init__(self, house: House, *, seed: int, start: datetime, end: datetime):
        self.house, self.start, self.end = house, start, end
        self.random = Random(f"{seed} {start.isoformat()}")
        self.maker = Maker(Random(f"{seed} people {start.isoformat()}"))
        self.reasons = {reason.code: reason for reason in Reason.objects.all()}
        self.natures: dict[int, Nature] = {}
        self.did: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        # Leads with a story of their own, which nobody else acts on.
        self.told: set[int] = set()
        # Leads that their rep will not see, whatever the list says.
        self.overlooked: set[int] = set()
        self.last = end
        self.sweep_hours: tuple[int, ...] = (5, 17)
        self.mornings_from = start  # when managers begin to hear their morning's figures
        self._plans: list[tuple] = []
        self._order = count()

    def plan(self, at: datetime, do: Callable, *arguments) -> None:
        """Have something happen at a moment; what lies beyond the end of the world does not."""
        if at <= self.last:
            # In UTC: hours are added to moments here and below, and on a wall's clock a day may have 25 of them.
            heapq.heappush(self._plans, (at.astimezone(UTC), next(self._order), do, arguments))

    @contextmanager
    def ending(self, before: timedelta) -> Iterator[None]:
        """Plan nothing for the time this long before the end, within this block."""
        self.last = self.end - before
        try:
            yield
        finally:
            self.last = self.end

    def run(self) -> None:
        """Let everything happen that was planned, and what follows from it, in the order of time."""
        while self._plans:
            at, _order, do, arguments = heapq.heappop(self._plans)
            do(self, at, *arguments)

    def count(self, what: str, result: Result) -> Result:
        """Count what a process did and what it refused; a refusal is life, not a mistake."""
        self.did[what] += len(result.done)
        self.refused.update(f"{what}: {refusal.code}" for _lead, refusal in result.refused)
        return result

    def attempt(self, what: str, do: Callable[[], Result]) -> Result:
        """Do something that may be refused as a whole, and count it."""
        try:
            return self.count(what, do())
        except Refused as refusal:
            self.refused[f"{what}: {refusal.code}"] += 1
            return Result()

    def nature_of(self, lead: int) -> Nature:
        """Return how the person behind a lead behaves; whoever was there before this world began is drawn now."""
        if lead not in self.natures:
            self.natures[lead] = nature(self.random)
        return self.natures[lead]

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def between(self, shortest: timedelta, longest: timedelta) -> timedelta:
        """Draw a length of time, in whole seconds."""
        return timedelta(seconds=int(self.random.uniform(shortest.total_seconds(), longest.total_seconds())))

    def days(self) -> list[date]:
        """List the days of this world, by the clock of its head office."""
        zone = self.house.zone
        first, last = self.start.astimezone(zone).date(), self.end.astimezone(zone).date()
        return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def works_on(user: User, on: date) -> bool:
    """Say whether this is a working day of theirs."""
    return on.isoweekday() in user.work_days


def at_hour(user: User, on: date, hour: float) -> datetime:
    """Return a moment of somebody's day, by the clock on their wall."""
    hours, minutes = divmod(int(hour * 60), 60)
    return datetime.combine(on, time(hours, minutes), user.zone)
