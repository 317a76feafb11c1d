"""What the daily figures say: read by the clock, written by the job (`reporting/counting.py`).

Of the day counted last how many stood where, who of them was stuck and how long they stay there; of a period its moves.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db import connection

from reporting import counting
from reporting.models import Figure, TeamFigures

IN_HAND = ("assigned", "working")  # always counted live


@dataclass(slots=True)
class Kept:
    """What the daily figures say: of the day counted last, and of the moves of a period."""

    day: date | None = None
    at: datetime | None = None
    first: date | None = None  # of which moves were counted
    standing: Counter = field(default_factory=Counter)
    kinds: Counter = field(default_factory=Counter)
    moves: Counter = field(default_factory=Counter)
    stays: dict[str, float] = field(default_factory=dict)
    held: Counter = field(default_factory=Counter)  # who of them is stuck
    due: int = 0  # and comes back within a week

    def stand(self, stood: dict[str, int], held: dict[str, int], due: dict[str, int]) -> None:
        for said, numbers in ((self.stands, stood), (self.is_stuck, held), (self.is_due, due)):
            for key, number in numbers.items():
                said(key, number)

    def stands(self, key: str, number: int) -> None:
        status, _motion, *kind = key.split(":")
        if status not in IN_HAND:
            self.standing[status] += number
            if kind:
                self.kinds[kind[0]] += number

    def is_stuck(self, key: str, number: int) -> None:
        status = key.partition(":")[0]
        if status not in IN_HAND:
            self.held[status] += number

    def is_due(self, _key: str, number: int) -> None:
        self.due += number


# Where how many stood when they were counted last, who of them was stuck or due, how long they stay; the moves of the days; the first day.
KEPT = """
SELECT kind, key, value, day, frozen_at FROM reporting_figure
WHERE kind IN ('count', 'stay', 'stuck', 'due') AND day = (SELECT max(day) FROM reporting_figure WHERE kind = 'count')
UNION ALL SELECT kind, key, sum(value), NULL, NULL FROM reporting_figure
  WHERE kind = 'move' AND day >= %(first)s AND day < %(until)s GROUP BY kind, key
UNION ALL SELECT 'first', '', NULL, min(day), NULL FROM reporting_figure WHERE kind = 'count'
"""


def kept_of(period) -> Kept:
    """Read the daily figures. One query."""
    kept = Kept()
    with connection.cursor() as cursor:
        cursor.execute(KEPT, {"first": period.first, "until": period.until})
        for what, key, value, day, at in cursor.fetchall():
            if what == "first":
                kept.first = day and day - timedelta(days=counting.BACK)
            elif what == Figure.Kind.MOVE:
                kept.moves[key] = int(value)
            elif what == Figure.Kind.STAY:
                kept.stays[key] = float(value)
            elif what == Figure.Kind.STUCK:
                kept.is_stuck(key, int(value))
            elif what == Figure.Kind.DUE:
                kept.is_due(key, int(value))
            else:
                kept.day, kept.at = day, at
                kept.stands(key, int(value))
    return kept


def live(period, at: datetime) -> Kept:
    """Count the same of a small house that was never counted. Three queries; none says how long leads stay."""
    kept = Kept(moves=Counter(dict(counting.moves_now(period.first, period.until, at))))
    kept.stand(*counting.summed(counting.standing_now(at)))
    return kept


def of_people(people: list[int], teams: list[int]) -> Kept | None:
    """Return what stood with these people and queues when they were counted last; None if just these never were. A query."""
    counted = TeamFigures.objects.filter(people=people, teams=teams).first()
    if counted is None:
        return None
    kept = Kept(at=counted.counted_at, stays=counted.figures["stay"])
    kept.stand(counted.figures["count"], counted.figures["stuck"], counted.figures["due"])
    return kept
