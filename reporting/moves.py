"""The leads that moved, one by one: what stands behind each number of moves of the clock (REP-7, REP-8).

Called by the clock's page. Counted and listed by one condition, `counting.LANES`, up to the moment at which the clock counted them, so
that the rows come to the number.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from reporting import counting, life

WORDS = {
    "raw": "Newly assigned", "again": "Came round again", "worked": "Worked", "now": "Became now", "notnow": "Became not now",
    "never": "Became never", "lost": "Lost again",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Move:
    """One lead's step from one state to another, by whom, when."""

    pk: int
    lead: int
    at: datetime
    by: int | None
    before: str
    after: str


def number_of(found: life.Life, name: str, motion: str = "") -> int:
    """Return how many moved so, of one lane or of both."""
    if not motion:
        return found.moved(*life.TO_HAND[name])
    wanted = [pair.split(":") for pair in life.TO_HAND[name]]
    return sum(
        number
        for pair, number in found.lanes.items()
        for before, after in wanted
        if pair.startswith(f"{before}/{motion}:") and pair.partition(":")[2].partition("/")[0] == after
    )


def listed(
    found: life.Life,
    name: str,
    motion: str,
    narrow: tuple[list[int], list[int]] | None,
    period,
    at: datetime,
    before: int,
    limit: int,
) -> list[Move]:
    """Name those moves, the last written first, by key before `before`. Two queries, backwards along the events."""
    since, until = period.starts_at, min(period.ends_at, found.counted_at or at)
    if found.counted_from:
        since = max(since, counting.midnight(found.counted_from))
    values = {"pairs": list(life.TO_HAND[name]), "since": since, "until": period.ends_at, "at": until, "before": before,
              "after": counting.mark_before(period.first), "limit": limit}  # fmt: skip
    whose = ""
    if narrow is not None:
        whose, values = f" AND {counting.OURS}", values | {"people": narrow[0], "teams": narrow[1]}
    lane = " AND split_part(e.from_lane, '/', 2) = %(motion)s" if motion else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT e.id, e.lead_id, e.recorded_at, e.actor_id, e.from_status, e.to_status FROM ({counting.LANES}) e"
            " WHERE e.from_status || ':' || e.to_status = ANY(%(pairs)s) AND e.recorded_at >= %(since)s AND e.recorded_at < %(until)s"
            f" AND e.recorded_at <= %(at)s AND e.id < %(before)s AND {counting.LATER}{lane}{whose} ORDER BY e.id DESC LIMIT %(limit)s",
            values | {"motion": motion},
        )
        return [Move(*row) for row in cursor.fetchall()]
