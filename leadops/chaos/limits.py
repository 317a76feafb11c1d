"""A first touch and the sweep meet at the limit of a lead: touched in time or escalated, never both, never neither.

A rep's process and a sweep's act on the same leads in the same order, as of the moment of the limit; the rep a little later each time,
up to `LATER`, and at once again, so that on any machine each is first at times and they meet at every point between. The control reads
what is due, and acts on it a moment later without looking again.
"""

import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection

from accounts import sweeping
from accounts.models import Event, Membership, Message, Role, Team, User
from leadops.chaos.crew import SharedNumber, fork, wait
from leads import assignment, touches
from leads.lifecycle import Seen
from leads.models import Cycle, Lead, RoutingRule, Spell, Task
from leads.policies import MISSED
from leads.response_sweeps import RESPONSE

FIRST = datetime.fromisoformat("2026-03-03T09:00:00+00:00")  # a Tuesday
STEP = timedelta(seconds=1)
LATER, PACES = 0.03, 30  # seconds, and in how many paces


def main(say: Callable[[str], None], *, rounds: int, guarded: bool = True) -> bool:
    """Let them meet, count how each ended, say it; return whether all is right. The control is right when it finds harm."""
    leads, reps = _leads(rounds)
    moments = list(
        Task.objects.filter(lead__in=leads, kind=Task.Kind.RESPONSE).order_by("lead").values_list("limit_at", flat=True)
    )
    now = SharedNumber(-1)
    began = time.monotonic()
    ready = [SharedNumber(-1), SharedNumber(-1)]
    crew = [
        fork(lambda: _meet(now, ready[0], rounds, lambda n: _touch(n, leads[n], reps, moments[n]))),
        fork(lambda: _meet(now, ready[1], rounds, lambda n: _sweep(leads[n], moments[n], guarded))),
    ]
    for number in range(rounds):
        now.value = number
        while min(each.value for each in ready) < number:
            time.sleep(0)
    died = sum(wait(child) != 0 for child in crew)
    connection.close()
    for moment in (moments[-1] + STEP,):
        sweeping.run(RESPONSE, moment, seconds=None)
    ends = Counter(_end(lead) for lead in leads)
    wrong = died + sum(number for end, number in ends.items() if end not in ("in time", "escalated"))
    what = "" if guarded else "control, the sweep does not look again: "
    told = ", ".join(f"{end} {number:,}" for end, number in sorted(ends.items()))
    say(f"{what}{rounds:,} first touches against the limit, {time.monotonic() - began:.0f} s: {told}")
    return bool(wrong) != guarded


def _leads(rounds: int) -> tuple[list[int], dict[int, User]]:
    """Assign so many leads, each a second after the one before, so that one limit comes at a time."""
    manager = _person("limits-manager", Role.MANAGER)
    pool = Team.objects.create(name="Limits", kind="pool", manager=manager)
    reps = [_person(f"limits-{n}", Role.SDR) for n in range(4)]
    Membership.objects.bulk_create(Membership(user=rep, team=pool) for rep in reps)
    RoutingRule.objects.create(name="Limits", pool=pool, valid_from=FIRST - timedelta(days=1))
    made = []
    for n in range(rounds):
        at = FIRST + n * STEP
        lead = Lead.objects.create(
            first_name="Limit",
            last_name=str(n),
            motion="slg",
            go_to_market="inbound",
            status_since=at,
            created_at=at,
            recorded_at=at,
        )
        made.append(assignment.route([lead], by=None, at=at).lead.pk)
    Task.objects.filter(lead__in=made, kind=Task.Kind.RESPONSE).update(level=MISSED)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE leads_task SET sweep_at = limit_at WHERE lead_id = ANY(%s) AND limit_at IS NOT NULL", [made]
        )
    return made, {rep.pk: rep for rep in reps}


def _person(name: str, role: str) -> User:
    return User.objects.create(username=name, name=name, role=role, time_zone="UTC", email=f"{name}@leadops.example")


def _meet(now: SharedNumber, ready: SharedNumber, rounds: int, act: Callable[[int], None]) -> None:
    """Act on each lead as soon as the parent names it, and say so."""
    connection.ensure_connection()
    for number in range(rounds):
        while now.value < number:
            time.sleep(0)
        act(number)
        ready.value = number


def _touch(number: int, lead: int, reps: dict[int, User], at: datetime) -> None:
    time.sleep(number % PACES * LATER / PACES)
    row = Lead.objects.get(pk=lead)
    if row.owner_id in reps:
        touches.log([Seen(lead, row.cycle_id)], channel="call", outcome="sent", by=reps[row.owner_id], at=at)


def _sweep(lead: int, at: datetime, guarded: bool) -> None:
    if guarded:
        sweeping.run(RESPONSE, at, keep_run=False)
        return
    due = list(Task.objects.filter(lead=lead, done_at__isnull=True, sweep_at__lte=at))
    time.sleep(0.003)
    for task in due:
        Task.objects.filter(pk=task.pk).update(level=3, sweep_at=None)
        Message.objects.create(
            to_id=task.owner_id, kind="limit", lead_id=lead, dedupe_key=f"naive:{task.pk}", created_at=at
        )
        Event.objects.create(kind="breach", door="sweep", lead_id=lead, at=at, recorded_at=at)


def _end(lead: int) -> str:
    cycle = Cycle.objects.get(lead=lead)
    in_time = cycle.first_touch_at is not None and cycle.first_touch_at <= cycle.limit_at
    told = Message.objects.filter(lead_id=lead, kind="limit").count()
    breached = Event.objects.filter(lead_id=lead, kind="breach").count()
    moved = Spell.objects.filter(lead=lead, how=Spell.How.SLA).count()
    if (told, breached, moved) not in ((0, 0, 0), (1, 1, 1)):
        return "both" if in_time else "half"
    return {(True, False): "in time", (False, True): "escalated", (True, True): "both"}.get(
        (in_time, bool(told)), "neither"
    )
