"""How fast auto-abandon works through what is due, beside one SQL statement that leaves the same rows (LIFE-6).

Called by `manage.py bench abandon`, in a scratch database that it fills. It measures the sweep as it runs, how long a batch holds
its locks, and how long a colleague waits who logs touches on other leads meanwhile.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection

from accounts import sweeping
from accounts.models import Membership, Role, Team, User
from leadops.benches import importing
from leadops.chaos.crew import fork, wait
from leadops.scratch import scratch_database
from leads import assignment, touches
from leads.models import Lead
from leads.sweeps import ABANDON

FIRST = datetime(2040, 3, 5, 12, tzinfo=UTC)  # after everything that fills the database
REPS, LIVELY = 20, 1_000  # people; leads that are touched meanwhile
OURS, THEIRS, OTHERS = "swept", "statement", "lively"


def main(say: Callable[[str], None], leads: int, due: int) -> None:
    """Fill, measure, and say the figures."""
    with scratch_database("bench"):
        began = time.perf_counter()
        importing.fill(leads)
        at = _make_due(due)
        say(f"{leads:,} leads, {due:,} due twice over, made in {time.perf_counter() - began:.0f} s")
        floor = _statement(at)
        with tempfile.TemporaryDirectory() as folder:
            quiet = _touch_in_a_child(Path(folder) / "quiet", seconds=3)
            child = _start_touching(Path(folder) / "busy", seconds=60)
            took, held = _sweep(at)
            busy = _stop_touching(child, Path(folder) / "busy")
        ours, theirs = _digest(OURS), _digest(THEIRS)
    say(f"one SQL statement: {floor:.2f} s ({due / floor:,.0f} a second)")
    say(f"sweep: {took:.2f} s ({due / took:,.0f} a second), {took / floor:.1f} times the statement (asked: 4)")
    differ = [table for table in ours if ours[table] != theirs[table]]
    say(f"the rows they leave: {'differ in ' + ', '.join(differ) if differ else 'the same'}")
    worst, middle = max(held), statistics.median(held)
    say(f"locks held a batch: {middle:.0f} ms, at most {worst:.0f} ms (asked: 200), {len(held)} batches")
    say(f"a touch meanwhile: {_shares(busy)}; with nothing else going on: {_shares(quiet)} (asked: 95 % under 50 ms)")


def _make_due(due: int) -> datetime:
    """Let reps work leads and forget them: twice as many as asked for, alike in pairs, and some that they still work on."""
    team = Team.objects.create(name="Bench", manager=_person("bench-manager", Role.MANAGER))
    reps = [_person(f"bench-rep-{n}", Role.SDR) for n in range(REPS)]
    Membership.objects.bulk_create(Membership(user=rep, team=team) for rep in reps)
    raw = Lead.objects.filter(status="raw", motion="slg", gone_as="").order_by("pk")
    ids = list(raw.values_list("pk", flat=True)[: 2 * due + LIVELY])
    for number, rep in enumerate(reps):
        theirs = ids[number::REPS]
        began = FIRST + timedelta(minutes=number)
        assignment.assign(theirs, to=rep, by=None, at=began)
        touches.log(
            theirs,
            channel="call",
            outcome="sent",
            by=rep,
            at=began + timedelta(hours=1),
            next_at=began + timedelta(days=3),
        )
    for name, part in ((OURS, ids[:due]), (THEIRS, ids[due : 2 * due]), (OTHERS, ids[2 * due :])):
        Lead.objects.filter(pk__in=part).update(region=name)
    lively = ids[2 * due :]
    at = FIRST + timedelta(days=40)
    for rep in reps:
        touches.log(
            [pk for pk in lively if _owner(pk, ids, reps) == rep], channel="call", outcome="sent", by=rep, at=at
        )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return at


def _person(name: str, role: str) -> User:
    return User.objects.create(username=name, name=name, role=role, email=f"{name}@leadops.example")


def _owner(pk: int, ids: list[int], reps: list[User]) -> User:
    return reps[ids.index(pk) % REPS]


def _statement(at: datetime) -> float:
    """Do it to theirs by one statement, and return how long it took with its commit."""
    with connection.cursor() as cursor:
        began = time.perf_counter()
        cursor.execute(STATEMENT, {"at": at, "who": THEIRS, "zone": settings.LEADOPS_TIME_ZONE})
        return time.perf_counter() - began


def _sweep(at: datetime) -> tuple[float, list[float]]:
    """Sweep what is due, as the cluster does; return the seconds it took, and the milliseconds of each batch."""
    held: list[float] = []
    real = sweeping._bounded

    class Timed(real):
        def __enter__(self):
            self.began = time.perf_counter()
            return super().__enter__()

        def __exit__(self, *problem):
            try:
                return super().__exit__(*problem)
            finally:
                held.append((time.perf_counter() - self.began) * 1000)

    sweeping._bounded = Timed
    try:
        began = time.perf_counter()
        sweeping.run(ABANDON, at, seconds=None)
        return time.perf_counter() - began, held
    finally:
        sweeping._bounded = real


def _touch_in_a_child(file: Path, seconds: float) -> list[float]:
    child = _start_touching(file, seconds)
    wait(child)
    return _read(file)


def _start_touching(file: Path, seconds: float) -> int:
    """Have a colleague log touches, one after the other, in a process of their own, and note how long each took."""

    def work() -> None:
        leads = list(Lead.objects.filter(region=OTHERS).select_related("owner", "cycle").order_by("pk"))
        ends, took, number = time.monotonic() + seconds, [], 0
        while time.monotonic() < ends and not file.with_suffix(".stop").exists():
            lead = leads[number % len(leads)]
            at = FIRST + timedelta(days=41, seconds=number)
            began = time.perf_counter()
            touches.log([lead.pk], channel="call", outcome="no_answer", by=lead.owner, at=at)
            took.append((time.perf_counter() - began) * 1000)
            number += 1
            time.sleep(0.01)
        file.write_text("\n".join(map(str, took)))

    return fork(work)


def _stop_touching(child: int, file: Path) -> list[float]:
    file.with_suffix(".stop").touch()
    wait(child)
    return _read(file)


def _read(file: Path) -> list[float]:
    return [float(line) for line in file.read_text().split()]


def _shares(took: list[float]) -> str:
    ranks = statistics.quantiles(took, n=20)
    return f"median {statistics.median(took):.0f} ms, 95 % under {ranks[-1]:.0f} ms, of {len(took)}"


def _digest(name: str) -> dict[str, str]:
    """Summarise the rows of one half, the numbers of rows left out and counted from its first."""
    with connection.cursor() as cursor:
        cursor.execute(DIGEST, {"who": name})
        return dict(cursor.fetchall())


STATEMENT = """
WITH due AS (
  SELECT l.id AS lead, c.id AS cycle, c.abandon_at AS at, l.owner_id, l.account_id, l.status_since, r.id AS reason, r.recycle_months
  FROM leads_cycle c JOIN leads_lead l ON l.cycle_id = c.id, accounts_reason r
  WHERE c.ended_at IS NULL AND c.abandon_at <= %(at)s AND r.code = 'auto_abandoned' AND l.region = %(who)s),
a AS (UPDATE leads_task t SET done_at = due.at, outcome = 'dropped' FROM due WHERE t.lead_id = due.lead AND t.done_at IS NULL),
b AS (UPDATE leads_spell s SET ended_at = due.at FROM due WHERE s.lead_id = due.lead AND s.ended_at IS NULL),
c AS (UPDATE leads_cycle c SET ended_at = due.at, outcome = 'nurture', reason_id = due.reason, nurture_kind = 'remarket'
  FROM due WHERE c.id = due.cycle),
d AS (UPDATE leads_lead l SET status = 'nurture', status_since = due.at, nurture_kind = 'remarket', reason_id = due.reason,
    recycle_at = (due.at AT TIME ZONE %(zone)s + due.recycle_months * interval '1 month') AT TIME ZONE %(zone)s,
    version = version + 1, owner_id = NULL, team_id = NULL
  FROM due WHERE l.id = due.lead),
e AS (INSERT INTO accounts_message (to_id, address, channel, kind, lead_id, data, dedupe_key, created_at)
  SELECT owner_id, '', 'page', 'auto_abandoned', lead, '{}', 'auto_abandoned:' || cycle || ':' || owner_id, at FROM due)
INSERT INTO accounts_event
  (at, recorded_at, kind, move, door, lead_id, cycle_id, account_id, from_status, to_status, reason_id, stayed, data)
SELECT at, %(at)s, 'transition', 'nurture', 'sweep', lead, cycle, account_id, 'working', 'nurture', reason, at - status_since, '{}'
FROM due
"""
DIGEST = """
WITH half AS (SELECT l.*, row_number() OVER (ORDER BY id) AS n FROM leads_lead l WHERE region = %(who)s)
SELECT 'lead', md5(string_agg(concat_ws('|', n, status, status_since, nurture_kind, reason_id, recycle_at, version, owner_id, team_id,
    development_owner_id, motion, last_activity_at), ';' ORDER BY n)) FROM half
UNION ALL SELECT 'round', md5(string_agg(concat_ws('|', n, c.ended_at, c.outcome, c.reason_id, c.nurture_kind, c.ended_by_id, c.abandon_at,
    c.touches, c.size, c.is_early), ';' ORDER BY n, c.id)) FROM half JOIN leads_cycle c ON c.lead_id = half.id
UNION ALL SELECT 'spell', md5(string_agg(concat_ws('|', n, s.owner_id, s.began_at, s.ended_at), ';' ORDER BY n, s.id))
  FROM half JOIN leads_spell s ON s.lead_id = half.id
UNION ALL SELECT 'task', md5(string_agg(concat_ws('|', n, t.kind, t.due_at, t.done_at, t.outcome, t.owner_id), ';' ORDER BY n, t.id))
  FROM half JOIN leads_task t ON t.lead_id = half.id
UNION ALL SELECT 'event', md5(string_agg(concat_ws('|', n, e.at, e.recorded_at, e.kind, e.move, e.door, e.actor_id,
    e.from_status, e.to_status, e.reason_id, e.stayed, e.account_id - half.account_id), ';' ORDER BY n, e.id))
  FROM half JOIN accounts_event e ON e.lead_id = half.id AND e.door = 'sweep'
UNION ALL SELECT 'message', md5(string_agg(concat_ws('|', n, m.to_id, m.kind, m.channel, m.created_at), ';' ORDER BY n, m.id))
  FROM half JOIN accounts_message m ON m.lead_id = half.id
ORDER BY 1
"""
