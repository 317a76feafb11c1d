"""A week of response clocks, written by hand, under `kill -9`: two keep the clocks at once and both may die at any statement (SLA-3).

`./run chaos week` lives it again and again until enough were killed, and each time what was told must be what is written, line by line.
Tests live the same week in peace, by the command, and by two at once (`tests/leads/test_escalation.py`).
"""

import random
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import connection

from accounts import sweeping
from accounts.models import Absence, Event, Membership, Message, Role, Team, User
from leadops.chaos.boundaries import dying
from leadops.chaos.crew import fork, wait
from leadops.chaos.world import TABLES
from leads import assignment, touches
from leads.lifecycle import Seen
from leads.models import Lead
from leads.response_sweeps import RESPONSE

BERLIN = ZoneInfo("Europe/Berlin")
MOST = 80  # a run of the clocks that has something to do asks the database about as often
TOLD = ("assigned", "soon", "target", "limit", "taken", "waits", "hand_raise", "reply")

# Two leads, two reps on shift from nine to six, Ana away from Wednesday evening on. She reaches Brandt on Wednesday at 12:50.
ARRIVALS = (("Tue 10:00", "Adler"), ("Tue 11:00", "Brandt"))
AWAY = ("Wed 18:00", "next Mon 00:00")
STEPS = [
    "Tue 11:45", "Tue 12:00", "Tue 12:45", "Tue 13:00", "Wed 09:59", "Wed 10:00", "Wed 11:00", "Wed 11:45", "Wed 12:00", "Wed 12:45",
]  # fmt: skip
TOUCH, LAST = "Wed 12:50", "Thu 10:00"
WEEK = """
Tue 10:00 ana assigned Adler
Tue 11:00 ben assigned Brandt
Tue 11:45 ana soon Adler
Tue 12:00 ana target Adler
Tue 12:45 ben soon Brandt
Tue 13:00 ben target Brandt
Wed 10:00 ana taken Adler
Wed 10:00 ben assigned Adler
Wed 10:00 cleo limit Adler
Wed 11:00 cleo limit Brandt
Wed 11:00 ben taken Brandt
Wed 11:00 ana assigned Brandt
Wed 11:45 ben soon Adler
Wed 12:00 ben target Adler
Wed 12:45 ana soon Brandt
Thu 10:00 cleo limit Adler
""".strip().splitlines()
BREACHES = ["Wed 10:00 Adler", "Wed 11:00 Brandt", "Thu 10:00 Adler"]


def main(say: Callable[[str], None], *, kills: int, seed: int) -> bool:
    """Live the week until so many were killed; say the figures; return whether each was as it is written."""
    chance, began = random.Random(seed), time.monotonic()
    done = weeks = unlike = aside = 0
    while done < kills:
        ana = _people()
        brandt = live(ana)[1]
        for step in STEPS:
            done += _keep_clocks(on(step), chance)
        touches.log([Seen(brandt.pk)], channel="call", outcome="no_answer", by=ana, at=on(TOUCH)).whole()
        done += _keep_clocks(on(LAST), chance)
        connection.close()
        weeks += 1
        aside += Message.objects.filter(kind="parked").count()
        unlike += (sorted(told()), breaches()) != (sorted(WEEK), BREACHES)
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {TABLES} CASCADE")
    say(
        f"a week by hand, lived {weeks} times, {done} kills -9 over two that keep the clocks at once, seed {seed}, "
        f"{time.monotonic() - began:.0f} s, {aside} put aside and tried again: unlike what is written {unlike}"
    )
    return not unlike


def _keep_clocks(at: datetime, chance: random.Random) -> int:
    """Let two keep the clocks at once, each to die at some statement if it comes so far, then one in peace; say how many died."""
    pair = [fork(dying(RESPONSE, at, chance.randrange(MOST))) for _ in range(2)]
    died = sum([wait(child) == -signal.SIGKILL for child in pair])
    sweeping.release(RESPONSE.name)
    wait(fork(lambda: sweeping.run(RESPONSE, at)))
    return died


def _people() -> User:
    """Ana and Ben share what comes in, Cleo answers for it; RevOps hears of what is put aside. Returns Ana."""
    roles = {"ana": Role.SDR, "ben": Role.SDR, "cleo": Role.MANAGER, "rita": Role.REVOPS}
    made = {n: User.objects.create(username=n, name=n, role=r, email=f"{n}@leadops.example") for n, r in roles.items()}
    pool = Team.objects.create(name="Inbound", kind="pool", manager=made["cleo"])
    Membership.objects.bulk_create(Membership(user=made[name], team=pool) for name in ("ana", "ben"))
    return made["ana"]


def live(ana: User) -> list[Lead]:
    """Let the week's leads come in, and note when Ana is away."""
    made = [arrives(*arrival) for arrival in ARRIVALS]
    Absence.objects.create(user=ana, starts_at=on(AWAY[0]), ends_at=on(AWAY[1]))
    return made


def arrives(when: str, name: str, **facts) -> Lead:
    """Take in a lead and route it, at a moment of the week."""
    at = on(when)
    lead = Lead.objects.create(
        first_name="Marta", last_name=name, motion="slg", go_to_market="inbound", status_since=at, created_at=at, recorded_at=at, **facts
    )  # fmt: skip
    return assignment.route([lead], by=None, at=at).lead


def on(text: str) -> datetime:
    """Read a moment of the week of Monday 2 March 2026, on Berlin's walls: `Fri 15:05`; `next` for the week after."""
    day, clock = text.removeprefix("next ").split()
    number = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].index(day) + (7 if text.startswith("next") else 0)
    hour, minute = map(int, clock.split(":"))
    return (datetime(2026, 3, 2, hour, minute, tzinfo=BERLIN) + timedelta(days=number)).astimezone(UTC)


def words(moment: datetime) -> str:
    """Say a moment as the week does."""
    here = moment.astimezone(BERLIN)
    week = "next " if here.day >= 9 else ""
    return f"{week}{here:%a %H:%M}"


def told(*kinds: str) -> list[str]:
    """Say what was told of leads, in the week's words, in its order."""
    rows = Message.objects.filter(kind__in=kinds or TOLD).order_by("created_at", "pk")
    names = dict(Lead.objects.values_list("pk", "last_name"))
    return [f"{words(m.created_at)} {m.to.username} {m.kind} {names[m.lead_id]}" for m in rows.select_related("to")]


def breaches() -> list[str]:
    """Say which limits are on record as passed, and when."""
    names = dict(Lead.objects.values_list("pk", "last_name"))
    return [f"{words(e.at)} {names[e.lead_id]}" for e in Event.objects.filter(kind="breach").order_by("at", "pk")]
