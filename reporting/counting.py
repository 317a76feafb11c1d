"""How many leads stand where, and how many moved, day by day: counted by a job, kept as Figures, read by the clock (REP-7).

The large, slow numbers (raw, not now, never) and the moves of past days are read from here; what is in hand is always counted live. A day
may be counted as often as one likes until it is over; then its figures stay. `tests/reporting/test_counting.py` holds them to the events.
"""

from collections import Counter
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from reporting import stuck
from reporting.models import Figure
from reporting.period import ZONE

LOCK = 0x1EAD0C  # one count at a time
LARGE = 20_000  # events of a house that is not counted on each view
BACK = 35  # days that a first count reaches back
MARGIN = 20_000  # events that may still be written by transactions begun before a count
STAY_OVER = timedelta(days=30)

STANDING = f"""
SELECT concat_ws(':', l.status, l.motion, nullif(l.nurture_kind, '')), count(*), count(*) FILTER (WHERE {stuck.LEAD}) FROM leads_lead l
WHERE l.gone_as = '' GROUP BY l.status, l.motion, nullif(l.nurture_kind, '')
"""
# What a history tells of another day moved then, and elsewhere: it is no move of the day on which it was brought over.
# Where each step led from and to: a state and, in hand, its lane. Between the lanes only these two lead.
LANES = """
SELECT e.*, e.from_status || CASE WHEN e.from_status IN ('assigned', 'working') THEN '/' ||
    CASE e.move WHEN 'hand_over' THEN 'plg' WHEN 'fit_self_serve' THEN 'slg' ELSE c.motion END ELSE '' END AS from_lane,
  e.to_status || CASE WHEN e.to_status IN ('assigned', 'working') THEN '/' || c.motion ELSE '' END AS to_lane
FROM accounts_event e LEFT JOIN leads_cycle c ON c.id = e.cycle_id WHERE e.kind = 'transition'
  AND NOT (e.door = 'import' AND e.at < e.recorded_at - interval '1 day')"""
MOVES = f"""
SELECT (recorded_at AT TIME ZONE %(zone)s)::date, concat_ws(':', from_lane, to_lane), count(*) FROM ({LANES}) e
WHERE id > %(after)s AND recorded_at >= %(since)s AND recorded_at < %(until)s AND recorded_at <= %(at)s GROUP BY 1, 2
"""
STAYS = f"""
SELECT from_lane, percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM stayed)) FROM ({LANES}) e
WHERE id > %(after)s AND recorded_at >= %(since)s AND stayed IS NOT NULL AND from_lane <> to_lane GROUP BY 1
"""
# Both, of the rounds of some people and queues, in one pass: a pair of lanes has its moves, a lane alone how long leads stayed.
MOVED_OF = f"""
SELECT e.from_lane, e.to_lane, GROUPING(e.to_lane), count(*) FILTER (WHERE e.recorded_at >= %(since)s AND e.recorded_at < %(until)s),
  percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM e.stayed))
    FILTER (WHERE e.recorded_at >= %(lately)s AND e.from_lane <> e.to_lane)
FROM ({LANES} AND c.lead_id = e.lead_id AND (c.owner_id = ANY(%(people)s) OR c.team_id = ANY(%(teams)s))) e
WHERE e.recorded_at >= least(%(since)s, %(lately)s) AND e.id > %(after)s
GROUP BY GROUPING SETS ((e.from_lane, e.to_lane), (e.from_lane))
"""


def count(at: datetime) -> int:
    """Count the house as of now for the day that is, and the moves of every day not yet closed. Six queries; a day again is a day once.

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
        rows = [_figure(Figure.Kind.COUNT, today, key, number, at, {"mark": mark}) for key, number, _stuck in standing]
        rows += [_figure(Figure.Kind.STUCK, today, key, number, at) for key, _number, number in standing if number]
        cursor.execute(MOVES, {"zone": ZONE, "after": after, "since": since, "until": until, "at": at})
        rows += [_figure(Figure.Kind.MOVE, day, key, number, at) for day, key, number in cursor.fetchall()]
        cursor.execute(STAYS, {"after": max(0, mark - 3_000_000), "since": at - STAY_OVER})
        rows += [_figure(Figure.Kind.STAY, today, key, round(seconds, 2), at) for key, seconds in cursor.fetchall()]
        # What stood this morning and stands no more is none, not what it was.
        Figure.objects.filter(kind__in=(Figure.Kind.COUNT, Figure.Kind.STUCK), day=today).delete()
        Figure.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["kind", "day", "key"],
            update_fields=["value", "frozen_at", "data"],
        )
    return len(rows)


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


def standing_now(at: datetime) -> list[tuple[str, int, int]]:
    """Count all leads by state, motion and kind of nurture, and who of them is stuck. Two queries, one over the whole table.

    For the job."""
    said = stuck.values(stuck.limits(at), at)
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
