"""Figures over what was done: touches, passed limits, who asked for us, days of pulling."""

from collections import defaultdict
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from tests.reporting.plain.counting import average, number, percentile, seconds, share
from tests.reporting.plain.rounds import is_off
from tests.reporting.plain.world import ANSWERED, World

DAY = timedelta(hours=24)
OF_DAYS = (
    "motion",
    "go_to_market",
    "source",
    "campaign",
    "segment",
    "region",
    "target",
    "cycle",
    "again",
    "fully_worked",
)
NOTHING = dict.fromkeys(
    ("motion", "go_to_market", "source_id", "campaign_id", "segment", "region", "is_target", "number")
)


def _of_round(world: World, cycle: int | None, as_of) -> dict:
    """What a doing has of its round: frozen facts, and whether an exception was known to overlap it."""
    if cycle is None:
        return NOTHING | {"exception": False}
    facts = world.cycles[cycle]
    known = world.rounds(as_of).get(cycle)
    return {name: facts[name] for name in NOTHING} | {"exception": bool(known and known["exception"])}


def touches(world: World, as_of, known, period) -> list[dict]:
    return [
        _of_round(world, t.cycle_id, as_of) | {"at": t.occurred_at, "owner_id": t.by_id, "touch": t}
        for t in world.known_touches(as_of)
    ]


def activity(rows, known) -> dict:
    made = [r["touch"] for r in rows if not r["touch"].is_automated]
    reached = [t for t in made if t.outcome in ANSWERED]
    return {
        "touches": len(made),
        "calls": number(made, lambda t: t.channel == "call"),
        "emails": number(made, lambda t: t.channel == "email"),
        "reached": (len(reached), len(made)),
        "interested": share(reached, lambda t: t.outcome == "interested"),
        "late": share(made, lambda t: t.recorded_at - t.occurred_at > DAY),
        "others": number(made, lambda t: not t.is_owners),
        "automated": len(rows) - len(made),
    }


def breaches(world: World, as_of, known, period) -> list[dict]:
    found = []
    for e in world.known(as_of):
        if e.kind == "breach" and e.cycle_id:
            moves = [s for s in world.spells[e.cycle_id] if s.how == "sla" and s.began_at <= known]
            found.append(_of_round(world, e.cycle_id, as_of) | {
                "at": e.at, "owner_id": e.data.get("owner"), "clock": e.data["kind"], "told": e.data.get("told"),
                "assigned_at": world.cycles[e.cycle_id]["assigned_at"], "world": world, "as_of": as_of, "hops": len(moves),
                "moved": any(s.began_at >= e.at for s in moves),
            })  # fmt: skip
    return found


def limits(rows, known) -> dict:
    return {
        "breaches": len(rows),
        "first": number(rows, lambda r: r["clock"] == "response"),
        "raised": number(rows, lambda r: r["clock"] == "hand_raise"),
        "escalated": share(rows, lambda r: r["told"] is not None),
        "off_hours": share([r for r in rows if r["owner_id"]], is_off),
        "moved": share(rows, lambda r: r["moved"]),
        "hops": average(r["hops"] for r in rows),
        "again": number(rows, lambda r: r["hops"] > 1),
    }


def raises(world: World, as_of, known, period) -> list[dict]:
    """Return who asked for us inside a round, and when they were answered by a touch or booked by themselves."""
    heard = {
        (s.lead_id, s.at) for s in world.signals if s.kind == "hand_raise" and (as_of is None or s.recorded_at <= as_of)
    }
    found = []
    for task in world.raises:
        if (task.lead_id, task.began_at) not in heard or task.cycle_id not in world.rounds(as_of):
            continue
        one = world.rounds(as_of)[task.cycle_id]
        answers = [t.occurred_at for t in one["touches"] if t.occurred_at >= task.began_at]
        if one["self_booked"] and one["self_booked"] >= task.began_at:
            answers.append(one["self_booked"])
        held = [
            s
            for s in world.spells[task.cycle_id]
            if s.began_at <= task.began_at and not (s.ended_at and s.ended_at <= task.began_at)
        ]
        found.append(one | {
            "at": task.began_at, "owner_id": held[-1].owner_id if held else None, "target": task.due_at, "limit": task.limit_at,
            "answered": min(answers, default=None),
        })  # fmt: skip
    return found


def hand_raises(rows, known) -> dict:
    rows = [r for r in rows if r["outcome"] != "void"]
    times = [seconds(r["answered"], r["at"]) for r in rows if r["answered"]]

    def within(deadline):
        judged = [
            r
            for r in rows
            if r["answered"] or (deadline(r) < known and (r["ended_at"] is None or r["ended_at"] > deadline(r)))
        ]
        return share(judged, lambda r: r["answered"] and r["answered"] <= deadline(r))

    return {
        "asked": len(rows),
        "median": percentile(times, 0.5),
        "p90": percentile(times, 0.9),
        "mean": average(times),
        "in_2h": within(lambda r: r["at"] + timedelta(hours=2)),
        "in_24h": within(lambda r: r["at"] + DAY),
        "target": within(lambda r: r["target"]),
        "limit": within(lambda r: r["limit"]),
        "unanswered": len(rows) - len(times),
    }


def pulled_days(world: World, as_of, known, period) -> list[dict]:
    """Return the working days of who pulled anything in the period, each with what was pulled and kept."""
    zone = ZoneInfo(period.zone)
    pulls = world.once("pulls", as_of, lambda: _pulls(world, as_of))
    people, away = world.people(as_of), world.away(as_of)
    dry = {
        (e.actor_id, e.at.astimezone(people[e.actor_id].zone).date()) for e in world.known(as_of) if e.kind == "starved"
    }
    found = []
    there = [r for of_day in pulls.values() for r in of_day]
    for person in {r["owner_id"] for r in there if period.starts_at <= r["assigned_at"] < period.ends_at}:
        user = people[person]
        day = period.first
        while day < period.until:
            begins, ends = (datetime.combine(day, at, user.zone) for at in (user.work_start, user.work_end))
            is_there = not any(a.starts_at < ends and a.ends_at > begins for a in away[person])
            if day.isoweekday() in user.work_days and day < known.astimezone(user.zone).date() and is_there:
                stood = [r for r in pulls[person, day] if _counts(r, day, user)]
                kept = [r for r in stood if not r["exception"]]
                found.append({
                    "at": datetime.combine(day, time(), zone), "owner_id": person, "exception": False, "pulled": len(kept),
                    "aside": len(stood) - len(kept), "starved": len(kept) < 10 and (person, day) in dry,
                })  # fmt: skip
            day += timedelta(days=1)
    return found


def _pulls(world: World, as_of) -> dict[tuple, list[dict]]:
    """Tell what was pulled apart by who pulled it, and on which day of theirs."""
    found = defaultdict(list)
    for r in world.rounds(as_of).values():
        if r["trigger"] == "pull" and (as_of is None or r["assigned_at"] <= as_of):
            found[r["owner_id"], r["assigned_at"].astimezone(world.people(as_of)[r["owner_id"]].zone).date()].append(r)
    return found


def _counts(r: dict, day, user) -> bool:
    """Pulled, and not given back untouched the same day."""
    if r["outcome"] == "void":
        return False
    is_back = r["outcome"] == "returned" and r["first_at"] is None
    return not (is_back and r["ended_at"].astimezone(user.zone).date() == day)


def pulls(rows, known) -> dict:
    fed = [r for r in rows if not r["starved"]]
    return {
        "in_band": share(fed, lambda r: 10 <= r["pulled"] <= 15),
        "below": number(fed, lambda r: r["pulled"] < 10),
        "above": number(rows, lambda r: r["pulled"] > 15),
        "starved": len(rows) - len(fed),
        "median": percentile([r["pulled"] for r in rows], 0.5),
        "pulled": sum(r["pulled"] for r in rows),
        "aside": sum(r["aside"] for r in rows),
    }
