"""Eight doors at once, a thousand people who ask for us at each: shares stay within one of the weights, caps hold, none goes to the absent.

One of five has half the weight, one may take so many a day, one goes on leave in the middle. The control lets nobody wait for a pool.
"""

import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import DatabaseError, connection
from django.db.models import QuerySet

from accounts.models import Absence, Door, Membership, Role, Team, User
from leadops.chaos.crew import fork, wait
from leads import intake
from leads.models import RoutingRule, Share, Source, Spell

FIRST = datetime.fromisoformat("2026-03-03T09:00:00+00:00")  # a Tuesday
HOUR = timedelta(hours=1)
DOORS, CAP = 8, 20
ENOUGH, FULL = 50, 8_000  # assignments a second, of so many
REPS = {"even": 100, "half": 50, "full": 100, "leaves": 100, "other": 100}


def main(say: Callable[[str], None], *, intakes: int, guarded: bool = True) -> bool:
    """Take them in, count, say the figures; return whether all is right. The control is right when it finds harm."""
    pool, people = _house()
    each = intakes // DOORS
    began = time.monotonic()
    children = [fork(lambda n=n: _take_in(n, each, guarded)) for n in range(DOORS)]
    died = sum(wait(child) != 0 for child in children)
    took = time.monotonic() - began
    connection.close()
    wrong = _wrong(pool, people, each * DOORS)
    rate = each * DOORS / took
    what = "" if guarded else "control, nobody waits for the pool: "
    say(
        f"{what}{DOORS} processes, {each * DOORS:,} intakes, {rate:.0f} assigned a second, {died} doors broke, wrong: {wrong or 'nothing'}"
    )
    # The rate is promised of the whole number, on a machine that has nothing else to do.
    return bool(wrong or died) != guarded and (not guarded or intakes < FULL or rate >= ENOUGH)


def _house() -> tuple[Team, dict[str, User]]:
    manager = _person("shares-manager", Role.MANAGER)
    pool = Team.objects.create(name="Shares", kind="pool", manager=manager)
    people = {name: _person(f"shares-{name}", Role.SDR) for name in REPS}
    for name, weight in REPS.items():
        Membership.objects.create(user=people[name], team=pool, weight=weight, cap_day=CAP if name == "full" else None)
    Absence.objects.create(user=people["leaves"], starts_at=FIRST + HOUR, ends_at=FIRST + 9 * HOUR)
    RoutingRule.objects.create(name="Shares", pool=pool, valid_from=FIRST - 24 * HOUR)
    Source.objects.get_or_create(name="Website", parent=None)
    return pool, people


def _person(name: str, role: str) -> User:
    return User.objects.create(username=name, name=name, role=role, email=f"{name}@leadops.example")


def _take_in(door: int, each: int, guarded: bool) -> None:
    """Take people in one after the other. Half of them before the absence begins."""
    if not guarded:
        QuerySet.select_for_update = lambda rows, **_how: rows
    for n in range(each):
        facts = {"email": f"p@d{door}n{n}.no", "last_name": f"Asks {door} {n}", "source": "Website"}
        row = intake.make_row(facts, kind="hand_raise", what="demo")
        at = FIRST + (HOUR if n >= each // 2 else timedelta(0)) + timedelta(seconds=n)
        try:
            intake.take([row], by=None, at=at, door=Door.API)
        except DatabaseError:
            connection.close()


def _wrong(pool: Team, people: dict[str, User], number: int) -> dict[str, object]:
    """Name what is not as promised."""
    names = {user.pk: name for name, user in people.items()}
    got = Counter(
        names[pk] for pk in Spell.objects.filter(pool=pool, owner__isnull=False).values_list("owner", flat=True)
    )
    shares = {names[s.user_id]: s for s in Share.objects.filter(pool=pool)}
    late = Spell.objects.filter(pool=pool, owner=people["leaves"], began_at__gte=FIRST + HOUR).count()
    found = {
        "not assigned": number - sum(got.values()),
        "beyond the cap": max(0, got["full"] - CAP),
        "to the absent": late,
        "off their share by more than one": [n for n, s in shares.items() if abs(s.due - s.received) > 1.0001],
        "ledger and leads differ": [n for n in names.values() if got[n] != (shares[n].received if n in shares else 0)],
    }
    return {what: how for what, how in found.items() if how}
