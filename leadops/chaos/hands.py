"""A kill at every boundary of the two sweeps that put things into other hands: what a pool holds, and target accounts nobody works.

Called by `boundaries.py`. Each boundary has two rows of its own; whoever comes after the killed one puts them into hands, once.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection

from accounts import sweeping, targets
from accounts.models import Absence, Account, Membership, Role, User
from accounts.sweeping import Sweep
from leadops.chaos.crew import fork, wait
from leadops.chaos.world import FIRST, World, a_world
from leads import assignment
from leads.models import Lead, RoutingRule
from leads.response_sweeps import POOLS, TARGETS

AWAY = timedelta(hours=1)
Kill = Callable[[Sweep, datetime, int], bool]


def main(say: Callable[[str], None], kill_at: Kill, boundaries: range) -> bool:
    """Kill at these boundaries of either sweep; say the figures; return whether all is right."""
    right = True
    for sweep, make, count in ((POOLS, _held_by_the_pool, HANDED_OUT), (TARGETS, _idle_targets, HANDED_ON)):
        with a_world(0, groups=1) as world:
            kills = _kill(world, sweep, make, kill_at, boundaries)
            rows, missing, twice, half = _count(count)
        say(
            f"{sweep.name}: {kills} kills at its boundaries, {rows} rows: missing {missing}, twice {twice}, half {half}"
        )
        right &= kills > 0 and rows == 2 * kills and not (missing or twice or half)
    return right


def _kill(world: World, sweep: Sweep, make: Callable, kill_at: Kill, boundaries: range) -> int:
    other = User.objects.create(username="chaos-other", name="Other", role=Role.SDR, time_zone="UTC")
    kills = 0
    for number, boundary in enumerate(boundaries):
        at = FIRST + number * 2 * AWAY
        rows = make(world, other, number, at)
        if not kill_at(sweep, at, boundary):
            # Nobody was killed: these are no row of the count.
            rows.update(website="-")
            break
        kills += 1
        wait(fork(lambda at=at: sweeping.run(sweep, at)))
    return kills


def _held_by_the_pool(world: World, other: User, number: int, at: datetime):
    """Two leads that come in turn while the pool's only member is away, who is back at this moment."""
    Absence.objects.create(user=world.rep, starts_at=at - AWAY, ends_at=at)
    leads = world.raw(2)
    assignment.share_out(leads, team=world.team, by=None, at=at - AWAY / 2)
    return Lead.objects.filter(pk__in=leads)


def _idle_targets(world: World, other: User, number: int, at: datetime):
    """Two target accounts of the rep with a lead in hand each, whose thirty days are over; the pool has somebody else too."""
    Membership.objects.get_or_create(user=other, team=world.team)
    RoutingRule.objects.get_or_create(
        name="Targets", is_target=True, pool=world.team, valid_from=FIRST - 60 * targets.IDLE_AFTER
    )
    # One person has room for fifty; those of before are nobody's worry any more.
    Account.objects.filter(is_target=True).update(is_target=False, idle_at=None)
    began = at - targets.IDLE_AFTER
    accounts = Account.objects.bulk_create(
        Account(name=f"Target {number} {n}", name_key=f"target {number} {n}", domain=f"target-{number}-{n}.example", created_at=began)
        for n in range(2)
    )  # fmt: skip
    targets.give(accounts, to=world.rep, by=None, at=began)
    for account, lead in zip(accounts, world.raw(2), strict=True):
        Lead.objects.filter(pk=lead).update(account=account)
        assignment.assign([lead], to=world.rep, by=None, at=began)
    return Account.objects.filter(pk__in=[account.pk for account in accounts])


def _count(query: str) -> tuple[int, ...]:
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute(f"""
          WITH counted AS ({query}),
          judged AS (SELECT (SELECT max(x) FROM unnest(n) x) AS most, (SELECT min(x) FROM unnest(n) x) AS few FROM counted)
          SELECT count(*), count(*) FILTER (WHERE most = 0), count(*) FILTER (WHERE most > 1), count(*) FILTER (WHERE most <> few)
          FROM judged""")
        return cursor.fetchone()


# One row of a kind, and how often each half of its effect is there.
HANDED_OUT = """
  SELECT ARRAY[
    (SELECT count(*) FROM accounts_event e WHERE e.lead_id = l.id AND e.kind = 'owner' AND e.door = 'sweep'),
    (SELECT count(*) FROM leads_spell s WHERE s.lead_id = l.id AND s.owner_id = l.owner_id),
    (SELECT count(*) FROM accounts_message m WHERE m.lead_id = l.id AND m.kind = 'assigned')] AS n
  FROM leads_lead l WHERE l.website <> '-'"""
HANDED_ON = """
  SELECT ARRAY[
    (SELECT count(*) FROM accounts_event e WHERE e.account_id = a.id AND e.kind = 'idle_account'),
    (SELECT count(*) FROM accounts_event e WHERE e.account_id = a.id AND e.lead_id IS NULL AND e.kind = 'owner' AND e.door = 'sweep'),
    (SELECT count(*) FROM accounts_event e JOIN leads_lead l ON l.id = e.lead_id
       WHERE l.account_id = a.id AND e.kind = 'owner' AND e.door = 'sweep'),
    (SELECT count(*) FROM accounts_message m WHERE m.kind = 'idle_account' AND m.data ->> 'account' = a.name)] AS n
  FROM accounts_account a WHERE a.website <> '-'"""
