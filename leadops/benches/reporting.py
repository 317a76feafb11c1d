"""How fast reports over half a year and the first page are among a million rounds, beside SQL written by hand for the same figures.

Called by `manage.py bench reports`, in a scratch database that it fills: rounds of two years, one in fifty still in hand. The front page is
measured as the browser gets it, beside an almost empty page of ours (its floor).
"""

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import override_settings

from accounts.models import Role, User
from leadops.benches import importing
from leadops.scratch import scratch_database
from reporting import answers, counting
from reporting.filters import Filters
from reporting.metrics import METRICS
from reporting.period import Period, named

TIMES = 5
SPAN = 720  # days over which rounds were assigned
ROUNDS = """
INSERT INTO leads_cycle (lead_id, number, trigger, motion, go_to_market, source_id, segment, region, relationship, is_target, owner_id,
  came_from, came_kind, assigned_at, target_at, limit_at, first_touch_at, first_touch_by_id, working_at, last_touch_at, touches, ended_at,
  outcome, reason_id, nurture_kind, size, is_early, has_exception, ended_by_id)
SELECT l.id, 1, 'score', 'slg', CASE WHEN l.id %% 4 = 0 THEN 'outbound' ELSE 'inbound' END, l.source_id, 'mid', 'north', 'new_business',
  l.id %% 20 = 0, p.ids[1 + l.id %% 20], 'raw', '', a.at, a.at + interval '2 hours', a.at + interval '1 day',
  CASE WHEN l.id %% 7 <> 0 THEN a.at + (l.id %% 400) * interval '1 minute' END, CASE WHEN l.id %% 7 <> 0 THEN p.ids[1 + l.id %% 20] END,
  CASE WHEN l.id %% 7 <> 0 THEN a.at + (l.id %% 400) * interval '1 minute' END,
  CASE WHEN l.id %% 7 <> 0 THEN a.at + (l.id %% 400) * interval '1 minute' END, l.id %% 7,
  CASE WHEN l.id %% 50 <> 0 THEN a.at + (l.id %% 29) * interval '1 day' + interval '8 hours' END,
  CASE WHEN l.id %% 50 <> 0 THEN 'nurture' ELSE '' END, CASE WHEN l.id %% 50 <> 0 THEN r.id END, CASE WHEN l.id %% 50 <> 0 THEN 'remarket'
  ELSE '' END, '', false, l.id %% 100 = 3, CASE WHEN l.id %% 50 <> 0 THEN p.ids[1 + l.id %% 20] END
FROM leads_lead l, (SELECT array_agg(id ORDER BY id) AS ids FROM accounts_user WHERE role = 'sdr') p,
  (SELECT id FROM accounts_reason WHERE code = 'no_for_now') r,
  LATERAL (SELECT %(end)s::timestamptz - (l.id * 7919 %% (%(span)s * 1440)) * interval '1 minute' AS at) a
"""
OPEN = """
UPDATE leads_lead l SET status = CASE WHEN c.first_touch_at IS NULL THEN 'assigned' ELSE 'working' END, cycle_id = c.id,
  owner_id = c.owner_id, motion = 'slg' FROM leads_cycle c WHERE c.lead_id = l.id AND c.ended_at IS NULL
"""
TABLES = ("leads_lead", "leads_cycle", "accounts_event")
# The same figures, written by hand.
WHERE = "assigned_at >= %(a)s AND assigned_at < %(b)s"
ASKED = """NOT has_exception AND motion = 'slg' AND go_to_market = 'inbound'
  AND outcome NOT IN ('handed_over', 'self_serve', 'opted_out', 'returned', 'void')"""
UNSEEN = "first_touch_at IS NULL AND outcome IN ('qualified', 'nurture', 'unqualified') AND ended_by_id IS NOT NULL"
OFF = """AND NOT (extract(isodow FROM assigned_at AT TIME ZONE u.time_zone)::int = ANY(u.work_days)
          AND (assigned_at AT TIME ZONE u.time_zone)::time >= u.work_start AND (assigned_at AT TIME ZONE u.time_zone)::time < u.work_end)"""
BY_HAND = {
    "pick-up": f"""SELECT source_id, count(*) FILTER (WHERE {ASKED}), count(*) FILTER (WHERE {ASKED} AND first_touch_at IS NOT NULL),
      count(*) FILTER (WHERE {ASKED} AND {UNSEEN}), count(*) FILTER (WHERE has_exception),
      count(*) FILTER (WHERE {ASKED} AND first_touch_at IS NULL AND outcome = ''),
      count(*) FILTER (WHERE {ASKED} AND first_touch_at IS NULL AND outcome = 'nurture' AND ended_by_id IS NULL)
      FROM leads_cycle WHERE {WHERE} GROUP BY GROUPING SETS ((), (source_id))""",
    "response": f"""SELECT date_trunc('week', assigned_at AT TIME ZONE 'Europe/Berlin')::date, count(*) FILTER (WHERE {ASKED}),
      percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM first_touch_at - assigned_at)::float)
        FILTER (WHERE {ASKED} AND first_touch_at IS NOT NULL),
      percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM first_touch_at - assigned_at)::float)
        FILTER (WHERE {ASKED} AND first_touch_at IS NOT NULL),
      avg(extract(epoch FROM first_touch_at - assigned_at)) FILTER (WHERE {ASKED}),
      count(*) FILTER (WHERE {ASKED} AND first_touch_at <= assigned_at + interval '2 hours'),
      count(*) FILTER (WHERE {ASKED} AND first_touch_at <= assigned_at + interval '24 hours'),
      count(*) FILTER (WHERE {ASKED} AND first_touch_at <= target_at), count(*) FILTER (WHERE {ASKED} AND first_touch_at <= limit_at),
      count(*) FILTER (WHERE {ASKED} AND {UNSEEN}), count(*) FILTER (WHERE has_exception),
      count(*) FILTER (WHERE {ASKED} {OFF}),
      percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM first_touch_at - assigned_at)::float)
        FILTER (WHERE {ASKED} {OFF})
      FROM leads_cycle c JOIN accounts_user u ON u.id = owner_id WHERE {WHERE} GROUP BY GROUPING SETS ((), (1))""",
    "qualified": """SELECT source_id, count(*) FILTER (WHERE NOT has_exception), count(*) FILTER (WHERE outcome = 'qualified'),
      count(*) FILTER (WHERE first_touch_at IS NOT NULL), count(*) FILTER (WHERE ended_at IS NULL),
      percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM ended_at - assigned_at)::float) FILTER (WHERE outcome = 'qualified')
      FROM leads_cycle WHERE assigned_at >= %(a)s AND assigned_at < %(b)s GROUP BY GROUPING SETS ((), (source_id))""",
}


def main(say: Callable[[str], None], leads: int) -> None:
    """Fill, measure, and say the figures."""
    now = datetime.now(UTC)
    with scratch_database("bench"):
        began = time.perf_counter()
        importing.fill(leads)
        _make_rounds(now)
        say(f"{leads:,} rounds over {SPAN} days, made in {time.perf_counter() - began:.0f} s")
        period = named("last-180", now)
        for name, sql in BY_HAND.items():
            floor = _median(lambda sql=sql: _by_hand(sql, period))
            ours = _median(lambda name=name: answers.answer(METRICS[name], period, Filters(), now=now))
            say(
                f"{name} over 180 days, with the 180 before: {ours * 1000:,.0f} ms, {ours / floor:.2f} times SQL by hand (asked: 1.5)"
            )
        began = time.perf_counter()
        counting.count(now)
        say(f"the daily figures: counted in {time.perf_counter() - began:.1f} s")
        _first_page(say)


def _make_rounds(now: datetime) -> None:
    User.objects.bulk_create(User(username=f"rep-{n}", name=f"Rep {n}", role=Role.SDR) for n in range(20))
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute("SET synchronous_commit = off")
        cursor.execute(ROUNDS, {"end": now - timedelta(hours=1), "span": SPAN})
        cursor.execute(OPEN)
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        for table in TABLES:
            cursor.execute(f"VACUUM ANALYZE {table}")


def _by_hand(sql: str, period: Period) -> None:
    with connection.cursor() as cursor:
        for one in (period, period.before()):
            cursor.execute(sql, {"a": one.starts_at, "b": one.ends_at})
            cursor.fetchall()


def _median(work: Callable[[], object]) -> float:
    took = []
    for _ in range(TIMES):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return statistics.median(took)


def _first_page(say: Callable[[str], None]) -> None:
    """Get the front page and, as its floor, one with nothing on it."""
    rita = User.objects.create(username="rita", name="Rita", role=Role.REVOPS, email="rita@leadops.example")
    client = Client()
    client.force_login(rita)

    def get(address: str) -> None:
        assert client.get(address).status_code == 200, address

    plain = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    with override_settings(STORAGES=settings.STORAGES | plain, ALLOWED_HOSTS=["testserver"]):
        get("/overview/"), get("/account/")
        floor, ours = _median(lambda: get("/account/")), _median(lambda: get("/overview/"))
    say(
        f"the front page: {ours * 1000:.0f} ms, {ours / floor:.1f} times an empty page of {floor * 1000:.0f} ms (asked: 3)"
    )
