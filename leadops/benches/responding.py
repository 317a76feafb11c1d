"""How fast leads are routed, and how fast the sweep of the response clocks works through what is due, beside plain SQL (SLA-3, ROUTE-2).

Called by `manage.py bench response`, in a scratch database that it fills. Two halves, alike: the sweep does one, a statement the other.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from django.db import connection

from accounts import sweeping
from accounts.models import Door, Membership, Role, Team, User
from leadops.benches import importing
from leadops.chaos.crew import fork, wait
from leadops.scratch import scratch_database
from leads import assignment, intake
from leads.models import Lead, RoutingRule, Task
from leads.response_sweeps import RESPONSE

FIRST = datetime(2040, 3, 5, 12, tzinfo=UTC)  # a Monday, after everything that fills the database
REPS, ARRIVE = 20, 300
AT_ONCE = 8  # processes that take in people at the same time
OURS, THEIRS = "swept", "statement"


def main(say: Callable[[str], None], leads: int, due: int) -> None:
    """Fill, measure, and say the figures."""
    with scratch_database("bench"):
        began = time.perf_counter()
        importing.fill(leads)
        rate, one, many = _route(due)
        say(f"{leads:,} leads, {due:,} due twice over, made in {time.perf_counter() - began:.0f} s")
        say(f"routed: {rate:,.0f} a second in batches")
        say(f"one by one through intake: {one:,.0f} a second, {many:,.0f} by {AT_ONCE} processes at once (asked: 50)")
        for what, at, statement in (
            ("15 minutes before the target", FIRST + timedelta(minutes=105), TELL),
            ("at the target", FIRST + timedelta(minutes=120), TELL),
            ("at the limit, all moved", FIRST + timedelta(hours=24), MOVE),
        ):
            floor, took, done = _statement(statement, at), *_sweep(at)
            say(f"{what}: {done:,} in {took:.2f} s, {took / floor:.1f} times one statement of {floor:.2f} s (asked: 4)")


def _route(due: int) -> tuple[float, float, float]:
    """Route twice as many as are to be due, and a few by intake, by one and by many processes; return the rates."""
    pool = Team.objects.create(name="Bench", kind="pool", manager=_person("bench-manager", Role.MANAGER))
    reps = [_person(f"bench-rep-{n}", Role.SDR) for n in range(REPS)]
    Membership.objects.bulk_create(Membership(user=rep, team=pool) for rep in reps)
    RoutingRule.objects.create(name="All", pool=pool, valid_from=FIRST - timedelta(days=1))
    ids = list(Lead.objects.order_by("pk").values_list("pk", flat=True)[: 2 * due])
    Lead.objects.filter(pk__in=ids).update(go_to_market="inbound", account=None)
    Lead.objects.filter(pk__in=ids[:due]).update(region=OURS)
    Lead.objects.filter(pk__in=ids[due:]).update(region=THEIRS)
    began = time.perf_counter()
    routed = assignment.route(ids, by=None, at=FIRST)
    rate = len(routed.done) / (time.perf_counter() - began)
    # Theirs wait for the statement alone.
    Task.objects.filter(lead__region=THEIRS).update(kind=Task.Kind.FOLLOW_UP, limit_at=None, what="theirs")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    began = time.perf_counter()
    _arrive("one")
    one = ARRIVE / (time.perf_counter() - began)
    began = time.perf_counter()
    children = [fork(partial(_arrive, f"of{n}x")) for n in range(AT_ONCE)]
    ended = [wait(child) for child in children]
    if any(ended):
        raise SystemExit("Somebody could not be taken in.")
    return rate, one, AT_ONCE * ARRIVE / (time.perf_counter() - began)


def _arrive(who: str) -> None:
    """People ask for us, one after the other, each at a company of their own."""
    for n in range(ARRIVE):
        row = intake.make_row({"email": f"ask@{who}{n}.no", "last_name": "Bench"}, kind="hand_raise", what="demo")
        intake.take([row], by=None, at=FIRST + timedelta(days=20), door=Door.API)


def _person(name: str, role: str) -> User:
    return User.objects.create(username=name, name=name, role=role, email=f"{name}@leadops.example")


def _statement(sql: str, at: datetime) -> float:
    with connection.cursor() as cursor:
        began = time.perf_counter()
        cursor.execute(sql, {"at": at, "who": THEIRS})
        return time.perf_counter() - began


def _sweep(at: datetime) -> tuple[float, int]:
    began = time.perf_counter()
    run = sweeping.run(RESPONSE, at, seconds=None)
    return time.perf_counter() - began, run.done


TELL = """
WITH due AS (
  SELECT t.id, t.lead_id, t.owner_id, t.sweep_at, s.id AS spell FROM leads_task t
  JOIN leads_lead l ON l.id = t.lead_id JOIN leads_spell s ON s.lead_id = l.id AND s.ended_at IS NULL
  WHERE l.region = %(who)s AND t.what = 'theirs' AND t.done_at IS NULL),
told AS (INSERT INTO accounts_message (to_id, address, channel, kind, lead_id, data, dedupe_key, created_at)
  SELECT owner_id, '', 'page', 'soon', lead_id, '{}', 'theirs:' || id || ':' || spell || ':' || %(at)s, sweep_at FROM due)
UPDATE leads_task t SET level = level + 1, sweep_at = t.sweep_at + interval '15 minutes' FROM due WHERE t.id = due.id
"""
MOVE = """
WITH people AS (SELECT array_agg(user_id ORDER BY user_id) AS ids FROM accounts_membership),
due AS (
  SELECT t.id, t.lead_id, t.owner_id, t.cycle_id, l.account_id, s.id AS spell, s.pool_id, m.manager_id,
    people.ids[1 + (row_number() OVER (ORDER BY t.id)) %% 20] AS next
  FROM leads_task t JOIN leads_lead l ON l.id = t.lead_id JOIN leads_spell s ON s.lead_id = l.id AND s.ended_at IS NULL
    JOIN accounts_team m ON m.id = s.pool_id, people
  WHERE l.region = %(who)s AND t.what = 'theirs' AND t.done_at IS NULL),
a AS (UPDATE leads_task t SET level = 0, sweep_at = %(at)s, owner_id = due.next FROM due WHERE t.id = due.id),
b AS (UPDATE leads_spell s SET ended_at = %(at)s FROM due WHERE s.id = due.spell),
c AS (UPDATE leads_lead l SET owner_id = due.next, development_owner_id = due.next, version = version + 1
  FROM due WHERE l.id = due.lead_id),
d AS (INSERT INTO accounts_event (at, recorded_at, kind, move, door, lead_id, cycle_id, account_id, from_status, to_status, data)
  SELECT %(at)s, %(at)s, k, '', 'sweep', lead_id, cycle_id, account_id, '', '', jsonb_build_object('owner', owner_id, 'to', next)
  FROM due, unnest(ARRAY['breach', 'owner']) AS k),
e AS (INSERT INTO accounts_message (to_id, address, channel, kind, lead_id, data, dedupe_key, created_at)
  SELECT CASE k WHEN 'limit' THEN manager_id WHEN 'taken' THEN owner_id ELSE next END, '', 'page', k, lead_id, '{}',
    'theirs:' || id || ':' || k, %(at)s FROM due, unnest(ARRAY['limit', 'taken', 'assigned']) AS k),
-- Closed first: only one spell of a lead may be open.
f AS (SELECT count(*) FROM due)
INSERT INTO leads_spell (lead_id, cycle_id, owner_id, pool_id, role, how, began_at, ended_at)
SELECT lead_id, cycle_id, next, pool_id, 'development', 'sla', %(at)s, %(at)s FROM due
"""
