"""How many leads stand where, and how many moved, day by day: counted by a job, kept as Figures, read by the clock (REP-7).

The large, slow numbers (raw, not now, never) and the moves of past days are read from here; what is in hand is always counted live. A day
may be counted as often as one likes until it is over; then its figures stay. `tests/reporting/test_counting.py` holds them to the events.
"""

import json
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from reporting import permissions, stuck
from reporting.models import Figure, TeamFigures
from reporting.period import ZONE

LOCK = 0x1EAD0C  # one count at a time
LARGE = 20_000  # events of a house that is not counted on each view
BACK = 35  # days that a first count reaches back
MARGIN = 20_000  # events that may still be written by transactions begun before a count
STAY_OVER = timedelta(days=30)
Whose = tuple[list[int], list[int]]  # people and queues
# Where, development owner, queue; how many, how many of them stuck, and due within a week.
Stood = tuple[str, int | None, int | None, int, int, int]

DUE = "l.status = 'nurture' AND l.recycle_at < %(soon)s"  # who comes back within a week
WEEKS_NOTICE = timedelta(days=7)
STANDING = f"""
SELECT concat_ws(':', l.status, l.motion, nullif(l.nurture_kind, '')), l.development_owner_id, l.team_id, count(*),
  count(*) FILTER (WHERE {stuck.LEAD}), count(*) FILTER (WHERE {DUE}) FROM leads_lead l
WHERE l.gone_as = '' GROUP BY l.status, l.motion, nullif(l.nurture_kind, ''), l.development_owner_id, l.team_id
"""
# Where each step led from and to, and whose the round is: a state and, in hand, its lane. Between the lanes only these two lead. What a
# history tells of another day moved then, and elsewhere: it is no move of the day on which it was brought over.
LANES = """
SELECT e.*, c.owner_id AS of_person, c.team_id AS of_team,
  e.from_status || CASE WHEN e.from_status IN ('assigned', 'working') THEN '/' ||
    CASE e.move WHEN 'hand_over' THEN 'plg' WHEN 'fit_self_serve' THEN 'slg' ELSE c.motion END ELSE '' END AS from_lane,
  e.to_status || CASE WHEN e.to_status IN ('assigned', 'working') THEN '/' || c.motion ELSE '' END AS to_lane
FROM accounts_event e LEFT JOIN leads_cycle c ON c.id = e.cycle_id WHERE e.kind = 'transition'
  AND NOT (e.door = 'import' AND e.at < e.recorded_at - interval '1 day')"""
# Without a mark its index would be read from end to end.
LATER = "(%(after)s = 0 OR e.id > %(after)s)"
IN_TIME = f"{LATER} AND e.recorded_at >= %(since)s AND e.recorded_at < %(until)s"
MOVES = f"""
SELECT (e.recorded_at AT TIME ZONE %(zone)s)::date, concat_ws(':', e.from_lane, e.to_lane), count(*) FROM ({LANES}) e
WHERE {IN_TIME} AND e.recorded_at <= %(at)s GROUP BY 1, 2
"""
OURS = "(e.of_person = ANY(%(people)s) OR e.of_team = ANY(%(teams)s))"
MOVES_OF = (
    f"SELECT concat_ws(':', e.from_lane, e.to_lane), count(*) FROM ({LANES}) e WHERE {IN_TIME} AND {OURS} GROUP BY 1"
)
HALF_STAYED = "percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM e.stayed))"
STAYED = f"{LATER} AND e.recorded_at >= %(since)s AND e.stayed IS NOT NULL AND e.from_lane <> e.to_lane"
STAYS = f"SELECT e.from_lane, {HALF_STAYED} FROM ({LANES}) e WHERE {STAYED} GROUP BY 1"
STAYS_OF = f"""
SELECT r.n, e.from_lane, {HALF_STAYED} FROM ({LANES}) e
JOIN jsonb_to_recordset(%(whose)s) r (n int, people bigint[], teams bigint[]) ON e.of_person = ANY(r.people) OR e.of_team = ANY(r.teams)
WHERE {STAYED} GROUP BY 1, 2
"""


def count(at: datetime) -> int:
    """Count the house as of now for the day that is, and the moves of every day not yet closed. Ten queries; a day again is a day once.

    `at` is now: what stands in the tables cannot be counted as of another moment.
    """
    zone = ZoneInfo(ZONE)
    today = at.astimezone(zone).date()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        first, after = _from(today)
        since, until = _midnight(first, zone), _midnight(today + timedelta(days=1), zone)
        cursor.execute("SELECT coalesce(max(id), 0) FROM accounts_event")
        mark = cursor.fetchone()[0]
        standing = standing_now(at)
        stood, held, due = summed(standing)
        rows = [_figure(Figure.Kind.COUNT, today, key, number, at, {"mark": mark}) for key, number in stood.items()]
        rows += [_figure(Figure.Kind.STUCK, today, key, number, at) for key, number in held.items()]
        rows += [_figure(Figure.Kind.DUE, today, key, number, at) for key, number in due.items()]
        cursor.execute(MOVES, {"zone": ZONE, "after": after, "since": since, "until": until, "at": at})
        rows += [_figure(Figure.Kind.MOVE, day, key, number, at) for day, key, number in cursor.fetchall()]
        lately = {"after": max(0, mark - 3_000_000), "since": at - STAY_OVER}
        cursor.execute(STAYS, lately)
        rows += [_figure(Figure.Kind.STAY, today, key, round(seconds, 2), at) for key, seconds in cursor.fetchall()]
        # What stood this morning and stands no more is none, not what it was.
        Figure.objects.filter(kind__in=(Figure.Kind.COUNT, Figure.Kind.STUCK, Figure.Kind.DUE), day=today).delete()
        Figure.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["kind", "day", "key"],
            update_fields=["value", "frozen_at", "data"],
        )
        _count_teams(permissions.watched(), standing, lately, at)
    return len(rows)


def _count_teams(watched: list[Whose], standing: list[Stood], lately: dict, at: datetime) -> None:
    """Write anew what stands with the people and queues of every manager, and how long it stays there. Three queries."""
    stays = stays_of(watched, lately)
    rows = []
    for whose, stayed in zip(watched, stays, strict=True):
        people, teams = map(set, whose)
        stood, held, due = summed(row for row in standing if row[1] in people or row[2] in teams)
        figures = {"count": stood, "stuck": held, "due": due, "stay": stayed}
        rows.append(TeamFigures(people=whose[0], teams=whose[1], figures=figures, counted_at=at))
    TeamFigures.objects.all().delete()
    TeamFigures.objects.bulk_create(rows)


def stays_of(watched: list[Whose], lately: dict) -> list[dict[str, float]]:
    """Return for each how long leads of these people and queues stayed in a lane, half of them less. One query."""
    found: list[dict[str, float]] = [{} for _whose in watched]
    asked = [{"n": n, "people": people, "teams": teams} for n, (people, teams) in enumerate(watched)]
    with connection.cursor() as cursor:
        cursor.execute(STAYS_OF, lately | {"whose": json.dumps(asked)})
        for n, lane, seconds in cursor.fetchall():
            found[n][lane] = round(float(seconds), 2)
    return found


def summed(standing: Iterable[Stood]) -> tuple[Counter, Counter, Counter]:
    """Return how many stand where, how many of them are stuck, and how many due within a week. Pure."""
    sums = Counter(), Counter(), Counter()
    for key, _owner, _team, *numbers in standing:
        for total, number in zip(sums, numbers, strict=True):
            if number:
                total[key] += number
    return sums


def count_first(at: datetime) -> bool:
    """Count a large house that was never counted, for whoever looks before the job did; who looks at the same moment waits for that count.

    A small one is read live by whoever looks, and waits for the job: then nothing is kept, and False said.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        # Of its events, not of their numbers: many may have been given and taken back.
        cursor.execute("SELECT EXISTS (SELECT FROM accounts_event ORDER BY id OFFSET %s LIMIT 1)", [LARGE - 1])
        if not cursor.fetchone()[0]:
            return False
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        if not Figure.objects.filter(kind=Figure.Kind.COUNT).exists():
            count(at)
    return True


def standing_now(at: datetime) -> list[Stood]:
    """Count all leads by state, motion and kind of nurture, whose they were and whose queue they are in, and who of them is stuck or due.

    Two queries, one over the whole table. For the job.
    """
    said = stuck.values(stuck.limits(at), at) | {"soon": at + WEEKS_NOTICE}
    with connection.cursor() as cursor:
        cursor.execute(STANDING, said)
        return cursor.fetchall()


def moves_now(first: date, until: date, at: datetime) -> list[tuple[str, int]]:
    """Count the moves of some days over all events, of a small house that was never counted."""
    zone, found = ZoneInfo(ZONE), Counter()
    with connection.cursor() as cursor:
        days = {"since": _midnight(first, zone), "until": _midnight(until, zone)}
        cursor.execute(MOVES, days | {"zone": ZONE, "after": 0, "at": at})
        for _day, key, number in cursor.fetchall():
            found[key] += number
    return list(found.items())


def _from(today: date) -> tuple[date, int]:
    """Return the first day to count moves of, and the event after which to look: the day of the last count, or far back at first."""
    last = Figure.objects.filter(kind=Figure.Kind.COUNT, day__lt=today).order_by("-day").first()
    if last is None:
        return today - timedelta(days=BACK), 0
    before = Figure.objects.filter(kind=Figure.Kind.COUNT, day__lt=last.day).order_by("-day").first()
    return last.day, max(0, before.data["mark"] - MARGIN) if before else 0


def _figure(kind: str, day: date, key: str, value, at: datetime, data: dict | None = None) -> Figure:
    return Figure(kind=kind, day=day, key=key, value=value, data=data or {}, frozen_at=at)


def _midnight(on: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(on, time(), zone)


def midnight(on: date) -> datetime:
    """Return when a day of the company begins."""
    return _midnight(on, ZoneInfo(ZONE))


def mark_before(on: date) -> int:
    """Return an event before which nothing of a day, or of a later one, was written. One query."""
    counted = Figure.objects.filter(kind=Figure.Kind.COUNT, day__lt=on).order_by("-day").first()
    return max(0, counted.data["mark"] - MARGIN) if counted else 0
