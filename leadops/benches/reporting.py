"""How fast reports over half a year and the first page are among a million leads, beside SQL written by hand for the same figures.

Called by `manage.py bench reports`, in a copy of the world (`world.py`) to which it adds what reports look for and a world at rest has
none of: exceptions, passed limits, rounds that a limit gave to somebody else, who asked inside a round, what was said of meetings,
hand-offs. The answer by hand (`by_hand.py`) must be the page's to the
last figure, or the bench fails. Asked in turn, the page and the hand, so that both are measured on the same machine.
"""

import statistics
import time
from collections.abc import Callable
from datetime import datetime

from django.core.management import call_command
from django.db import connection
from django.test import override_settings

from accounts.clock import now
from leadops.benches import by_hand, pages
from leadops.benches.world import world
from reporting import answers, counting
from reporting.answers import Answer, Line
from reporting.filters import Filters
from reporting.frame import COUNT, SHARE
from reporting.metrics import METRICS
from reporting.period import Period, named

TIMES, MANY_TIMES = 3, 25
ENOUGH = 1000  # ms
MOST = 1.5
RECORD = """INSERT INTO accounts_event (at, recorded_at, kind, move, door, lead_id, cycle_id, account_id, opportunity_id, from_status,
      to_status, data)"""
# Of a hundred rounds two are excepted; of a hundred promised ones five passed their limit, and two of these went to somebody else.
# Of a hundred five asked for us. What came of meetings is on record, and the qualified ones were handed over.
MADE = (
    "UPDATE leads_cycle SET has_exception = true WHERE id %% 100 IN (3, 57)",
    """INSERT INTO accounts_event (at, recorded_at, kind, move, door, lead_id, cycle_id, account_id, from_status, to_status, data)
    SELECT assigned_at, assigned_at, 'exception_granted', '', 'page', lead_id, id, account_id, '', '', '{}' FROM leads_cycle
    WHERE has_exception""",
    """INSERT INTO accounts_event (at, recorded_at, kind, move, door, lead_id, cycle_id, account_id, from_status, to_status, data)
    SELECT limit_at, limit_at, 'breach', '', 'sweep', lead_id, id, account_id, '', '', jsonb_build_object('kind', 'response', 'owner',
      owner_id) FROM leads_cycle WHERE id %% 20 = 7 AND limit_at < %(at)s""",
    """UPDATE leads_spell s SET ended_at = c.limit_at FROM leads_cycle c WHERE c.id = s.cycle_id AND c.id %% 100 IN (7, 47)
      AND c.limit_at < c.ended_at""",
    """INSERT INTO leads_spell (lead_id, cycle_id, owner_id, role, how, began_at, ended_at)
    SELECT lead_id, id, (SELECT min(p.id) FROM accounts_user p WHERE p.role = 'sdr' AND p.id <> owner_id), 'development', 'sla', limit_at,
      ended_at FROM leads_cycle WHERE id %% 100 IN (7, 47) AND limit_at < ended_at""",
    f"""{RECORD} SELECT x.at, x.at, 'meeting', x.move, 'page', m.lead_id, m.cycle_id, m.account_id, m.opportunity_id, '', '',
      jsonb_build_object('meeting', m.id) || x.data FROM meetings_meeting m CROSS JOIN LATERAL (VALUES
      (m.recorded_at, 'book', jsonb_build_object('owner', m.owner_id)), (m.disposed_at, 'disposition', jsonb_build_object('status',
        m.status, 'reason', m.reason_id, 'credited', m.is_credited))) AS x (at, move, data) WHERE x.at IS NOT NULL ORDER BY x.at""",
    """INSERT INTO meetings_handoff (kind, opportunity_id, lead_id, giver_id, receiver_id, missing, began_at, recorded_at, limit_at,
      sweep_at, outcome, ended_at, is_oversold, why)
    SELECT CASE WHEN id %% 7 = 0 THEN 'success' ELSE 'sale' END, opportunity_id, CASE WHEN id %% 7 > 0 THEN lead_id END, sourced_by_id,
      owner_id, CASE WHEN id %% 4 = 0 THEN '["size"]' ELSE '[]' END::jsonb, ended_at, ended_at, ended_at + interval '24 hours', NULL,
      CASE WHEN id %% 9 = 0 THEN 'refused' WHEN id %% 31 = 0 THEN 'dropped' ELSE 'accepted' END,
      ended_at + (1 + id %% 30) * interval '1 hour', id %% 63 = 0, CASE WHEN id %% 9 = 0 THEN 'Too early' ELSE '' END
    FROM meetings_meeting WHERE status = 'qualified' AND ended_at < %(at)s::timestamptz - interval '2 days' ORDER BY ended_at""",
    f"""{RECORD} SELECT began_at, began_at, 'hand_off', 'pass_on', 'page', lead_id, NULL, NULL, opportunity_id, '', '',
      jsonb_build_object('hand_off', id, 'from', giver_id, 'to', receiver_id) FROM meetings_handoff WHERE id %% 20 = 3""",
    """INSERT INTO leads_task (kind, lead_id, cycle_id, owner_id, channel, what, began_at, due_at, limit_at, level, done_at, outcome)
    SELECT 'hand_raise', lead_id, id, owner_id, '', '', at, at + interval '2 hours', at + interval '24 hours', 0, at + interval '1 hour',
      'done'
    FROM leads_cycle, LATERAL (SELECT assigned_at + interval '30 hours' AS at) t WHERE id %% 20 = 11 AND motion = 'slg'
      AND ended_at > at""",
    """INSERT INTO leads_signal (lead_id, kind, key, what, words, data, at, recorded_at)
    SELECT lead_id, 'hand_raise', 'bench|' || id, 'demo', '', '{}', began_at, began_at FROM leads_task WHERE kind = 'hand_raise'""",
    """INSERT INTO accounts_event (at, recorded_at, kind, move, door, actor_id, from_status, to_status, data)
    SELECT day, day, 'starved', '', 'sweep', u.id, '', '', '{}' FROM accounts_user u, generate_series(%(at)s::timestamptz - interval
      '600 days', %(at)s, interval '2 days') day WHERE u.role = 'sdr'""",
)  # fmt: skip
TOUCHED = ("leads_cycle", "leads_spell", "leads_task", "leads_signal", "meetings_handoff", "accounts_event")


def main(say: Callable[[str], None], leads: int) -> None:
    """Fill, measure, and say the figures."""
    call_command("collectstatic", interactive=False, verbosity=0)
    with override_settings(ROOT_URLCONF="leadops.benches.floor"), world(leads, say):
        at = now()
        _make(at)
        say(f"the daily figures of a house never counted: made in {_took(lambda: counting.count(at)) / 1000:.1f} s")
        say(f"counted again: {_took(lambda: counting.count(at)) / 1000:.1f} s")
        for name in by_hand.STATEMENTS:
            say(_beside(name, named("last-180", at), at))
        _first_pages(say)


def _make(at: datetime) -> None:
    with connection.cursor() as cursor:
        for table in TOUCHED:
            # facts of the past, as the world itself is made
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in MADE:
            cursor.execute(statement, {"at": at} if "%(at)s" in statement else {})
        for table in TOUCHED:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        cursor.execute(f"VACUUM ANALYZE {', '.join(TOUCHED)}")


def _beside(name: str, period: Period, at: datetime) -> str:
    """Measure one report beside the same by hand, hold them to each other, and say what the closed period before it takes."""
    metric, times, asked = METRICS[name], ([], [], []), {}
    # What is over in a moment is asked more often: its time hangs on what else the machine does.
    while len(times[0]) < TIMES or (sum(times[0]) < ENOUGH and len(times[0]) < MANY_TIMES):
        with connection.execute_wrapper(clock := Clock()):
            answer = answers.answer(metric, period, Filters(), now=at)
        times[0].append(clock.took[0])
        times[1].append(clock.took[1])
        times[2].append(_took(lambda: asked.update(theirs=_rounded(by_hand.ask(name, period, at)))))
        found, theirs = _figures(answer), asked["theirs"]
        if found != theirs:
            differ = [
                (key, found.get(key), theirs.get(key)) for key in {*found, *theirs} if found.get(key) != theirs.get(key)
            ]
            raise AssertionError(f"{name}: page and hand differ: {differ[:3]}")
    ours, before, theirs = map(statistics.median, times)
    ratio = ours / theirs
    return (
        f"{name} over 180 days: {ours:,.0f} ms, {ratio:.2f} times the same by hand ({theirs:,.0f} ms; asked: {MOST})"
        f"{'' if ratio <= MOST else '  NOT KEPT'}; the 180 before, as of their closing: {before:,.0f} ms"
    )


class Clock:
    """Times the two questions of a report: the period, and the one before."""

    def __init__(self) -> None:
        self.took: list[float] = []

    def __call__(self, execute, sql, params, many, context):
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            if ") q " in sql:
                self.took.append((time.perf_counter() - began) * 1000)


def _figures(answer: Answer) -> dict:
    """Return the figures of a page as its hand says them."""
    lines = {"": answer.total} | {line.key: line for line in answer.lines}
    return _rounded({key: tuple(_of(answer, line)) for key, line in lines.items()})


def _of(answer: Answer, line: Line):
    yield line.left_out
    yield line.still_open
    for measure in answer.metric.measures:
        cell = line.cells[measure.name]
        yield cell.n
        if measure.how != COUNT:
            yield cell.of if measure.how == SHARE else cell.value


def _rounded(found: dict) -> dict:
    return {key: tuple(None if v is None else round(float(v), 3) for v in row) for key, row in found.items()}


def _first_pages(say: Callable[[str], None]) -> None:
    """Get the clock of the house, of a manager and of a manager of everybody beside the floor."""
    wanted = [page for page in pages.PAGES if page.what == "floor" or page.what.startswith("clock")]
    for figure in pages.measure(wanted):
        if figure.what != "floor":
            say(
                f"{figure.what}: {figure.median:.1f} ms, {figure.ratio:.2f} x, {figure.asked}{'' if figure.is_kept else '  NOT KEPT'}"
            )


def _took(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000
