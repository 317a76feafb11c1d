"""Random kills over four that keep the response clocks at once: each level of each lead once, dated when it was due (SLA-3).

Leads come a second apart; the clock goes over their 15 minutes before the target, their target and their limit, and all of them move.
"""

import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from datetime import time as daytime

from django.db import connection

from accounts import sweeping
from accounts.models import Membership, Role, Team, User
from leadops.chaos.sweeps import CREW, attack
from leads import assignment
from leads.models import Lead, RoutingRule
from leads.response_sweeps import RESPONSE

FIRST = datetime.fromisoformat("2026-03-03T00:10:00+00:00")  # a Tuesday
LEVELS = (timedelta(minutes=105), timedelta(hours=2), timedelta(hours=24))
SECOND = timedelta(seconds=1)


class Clocks:
    """So many leads with a clock each, and the moments at which the crew sweeps: what `attack` needs of a world."""

    def __init__(self, rows: int, kills: int):
        self.rows, self.groups, self.sweeps = rows, max(len(LEVELS), kills), [RESPONSE]
        self.leads = _leads(rows)

    def moment(self, group: int) -> datetime:
        """Return the moment of a tick: a third of them goes over each level."""
        if group >= self.groups - 1:
            return FIRST + LEVELS[-1] + self.rows * SECOND
        each = -(-self.groups // len(LEVELS))
        level, tick = divmod(group, each)
        return FIRST + LEVELS[level] + self.rows * SECOND * (tick + 1) / each


def main(say: Callable[[str], None], *, rows: int, kills: int, seed: int) -> bool:
    """Kill and count; say the figures; return whether all is right."""
    clocks = Clocks(rows, kills)
    began = time.monotonic()
    amid = attack(clocks, kills, random.Random(seed))
    connection.close()
    # Who is killed thrice over one row alone is told that it is put aside; what RevOps then does is done here.
    aside = sweeping.release(RESPONSE.name)
    if aside:
        sweeping.run(RESPONSE, clocks.moment(clocks.groups))
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"leads": clocks.leads, "levels": list(LEVELS)})
        missing, twice, misdated, half = cursor.fetchone()
    took = time.monotonic() - began
    say(
        f"{rows:,} clocks over three levels, {kills} kills -9 ({amid} with rows in hand) over {CREW} sweeping at once, seed {seed}, "
        f"{took:.0f} s, {aside} put aside and tried again: missing {missing}, twice {twice}, misdated {misdated}, half {half}"
    )
    return not (missing or twice or misdated or half)


def _leads(rows: int) -> list[int]:
    manager = _person("clocks-manager", Role.MANAGER)
    pool = Team.objects.create(name="Clocks", kind="pool", manager=manager)
    Membership.objects.bulk_create(Membership(user=_person(f"clocks-{n}", Role.SDR), team=pool) for n in range(4))
    RoutingRule.objects.create(name="Clocks", pool=pool, valid_from=FIRST - timedelta(days=1))
    made = []
    for n in range(rows):
        at = FIRST + n * SECOND
        facts = {"status_since": at, "created_at": at, "recorded_at": at}
        lead = Lead.objects.create(first_name="Clock", last_name=str(n), motion="slg", go_to_market="inbound", **facts)
        made.append(assignment.route([lead], by=None, at=at).lead.pk)
    return made


def _person(name: str, role: str) -> User:
    hours = {"work_start": daytime(0), "work_end": daytime(23, 59, 59), "work_days": [1, 2, 3, 4, 5, 6, 7]}
    return User.objects.create(
        username=name, name=name, role=role, time_zone="UTC", email=f"{name}@leadops.example", **hours
    )


# Each lead is told of at each level once, its breach is on record once, and it moved once: one more spell, one word to who had it.
COUNT = """
WITH clock AS (
  SELECT l.id, c.assigned_at FROM leads_lead l JOIN leads_cycle c ON c.lead_id = l.id WHERE l.id = ANY(%(leads)s)),
told AS (
  SELECT clock.id, w.kind, count(m.id) AS times, count(m.id) FILTER (WHERE m.created_at = clock.assigned_at + w.after) AS on_time
  FROM clock CROSS JOIN (SELECT unnest(ARRAY['soon', 'target', 'limit']) AS kind, unnest(%(levels)s::interval[]) AS after) w
    LEFT JOIN accounts_message m ON m.lead_id = clock.id AND m.kind = w.kind GROUP BY clock.id, w.kind),
moved AS (
  SELECT clock.id,
    (SELECT count(*) FROM accounts_event e
     WHERE e.lead_id = clock.id AND e.kind = 'breach' AND e.at = clock.assigned_at + interval '24 hours') AS breaches,
    (SELECT count(*) FROM leads_spell s WHERE s.lead_id = clock.id AND s.how = 'sla') AS moves,
    (SELECT count(*) FROM accounts_message m WHERE m.lead_id = clock.id AND m.kind = 'taken') AS taken
  FROM clock)
SELECT (SELECT count(*) FROM told WHERE times = 0),
       (SELECT count(*) FROM told WHERE times > 1) + (SELECT count(*) FROM moved WHERE moves > 1),
       (SELECT count(*) FROM told WHERE times > on_time), (SELECT count(*) FROM moved WHERE NOT (breaches = 1 AND moves = 1 AND taken = 1))
"""
