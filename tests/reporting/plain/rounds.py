"""Figures over rounds and over hands: one person's time with a round."""

from collections import defaultdict
from datetime import datetime, timedelta

from accounts.models import Reason
from tests.reporting.plain.counting import average, number, percentile, seconds, share
from tests.reporting.plain.world import World

HOUR = timedelta(hours=1)
DAY = 24 * HOUR
ASIDE = ("handed_over", "self_serve", "opted_out", "returned", "void")
DISPOSED = ("qualified", "nurture", "unqualified")


def rows(world: World, as_of, known, period) -> list[dict]:
    ended = world.once("ended", as_of, lambda: _ended_untouched(world.rounds(as_of).values()))
    return [r | {"world": world, "as_of": as_of, "ended_untouched": ended} for r in world.rounds(as_of).values()]


def of_product(world: World, as_of, known, period) -> list[dict]:
    return [r for r in rows(world, as_of, known, period) if r["motion"] == "plg"]


def hands(world: World, as_of, known, period) -> list[dict]:
    """Turn rounds into people's time with them: their touch, their end, from when it was theirs."""
    return world.once("hands", as_of, lambda: _hands(world, as_of, known, period))


def _hands(world: World, as_of, known, period) -> list[dict]:
    found = []
    for r in rows(world, as_of, known, period):
        spells = [
            s for s in world.spells[r["id"]] if s.role == "development" and (as_of is None or s.began_at <= as_of)
        ]
        for person in sorted({s.owner_id for s in spells if s.owner_id}):
            found.append(_hand(r, spells, person))
    return found


def _hand(r: dict, spells: list, person: int) -> dict:
    own = [s for s in spells if s.owner_id == person]

    def had(moment) -> bool:
        return moment is not None and any(
            s.began_at <= moment and (s.ended_at is None or s.ended_at >= moment) for s in own
        )

    mine = r["first_by"] == person and had(r["first_at"])
    booked = had(r["self_booked"])
    gone = any(s.pk > max(o.pk for o in own) for s in spells if s.owner_id != person)
    first = any(s.how == "assigned" for s in own)
    return r | {
        "left": max(s.ended_at for s in own if s.ended_at) if gone else None,
        "owner_id": person, "first_at": r["first_at"] if mine else None, "is_first": first,
        "later": None if first else min(s.began_at for s in own), "self_booked": r["self_booked"] if booked else None,
        "ended_by": person if r["ended_by"] == person and (mine or booked or not answered_at(r)) else None,
        "started": None if gone else r["started"],
        "outcome": "reassigned" if gone and not (mine or booked) and r["outcome"] != "void" else r["outcome"],
    }  # fmt: skip


def untouched(r) -> bool:
    return answered_at(r) is None and r["outcome"] in DISPOSED and r["ended_by"] is not None


def worked(r) -> bool:
    return answered_at(r) is not None or untouched(r) or told(r)


def told(r) -> bool:
    """Say whether a history without a touch on file tells that somebody worked it: a later stage was reached, or a person ended it."""
    if r["trigger"] != "history":
        return False
    limit = r["reason_id"] and r["world"].reasons[r["reason_id"]].code == "auto_abandoned"
    return bool(r["started"]) or (r["outcome"] in DISPOSED and not limit)


def sold(rows) -> list[dict]:
    return [r for r in rows if r["motion"] == "slg" and r["outcome"] not in ASIDE]


def inbound(rows) -> list[dict]:
    return [r for r in sold(rows) if r["go_to_market"] == "inbound"]


def aside(rows) -> int:
    """Count what ended otherwise than by a disposition: it stands beside the rates."""
    return number(rows, lambda r: r["motion"] == "slg" and r["outcome"] in ASIDE)


def assignment(rows, known) -> dict:
    real = [r for r in rows if r["outcome"] != "void"]
    given = [r for r in real if r["is_first"]]
    return {
        "assigned": len(given),
        "inbound": number(given, lambda r: r["go_to_market"] == "inbound"),
        "outbound": number(given, lambda r: r["go_to_market"] == "outbound"),
        "pulled": number(given, lambda r: r["trigger"] == "pull"),
        "again": number(given, lambda r: r["number"] > 1),
        "product": number(given, lambda r: r["motion"] == "plg"),
        "received": sum(_received(r) for r in real),
        "void": len(rows) - len(real),
    }


def _received(r) -> int:
    """Count who received it inside the round, from another: of somebody's hands whether they did, of a whole round how many."""
    if "left" in r:
        return int(not r["is_first"])
    spells = [
        s
        for s in r["world"].spells[r["id"]]
        if s.role == "development" and s.owner_id and (r["as_of"] is None or s.began_at <= r["as_of"])
    ]
    return len({s.owner_id for s in spells} - {s.owner_id for s in spells if s.how == "assigned"})


def _began(r):
    """When somebody's clock began: with the round, or when a later owner got it."""
    return r["later"] or r["assigned_at"]


def answered_at(r):
    """A touch, or a meeting they booked by themselves, whichever came first."""
    return min(filter(None, (r["first_at"], r["self_booked"])), default=None)


def _is_self_booked(r) -> bool:
    return bool(r["self_booked"] and (not r["first_at"] or r["self_booked"] < r["first_at"]))


def _passed(r, deadline, known) -> bool:
    """A time that has passed, and while it was still theirs."""
    return deadline < known and (r.get("left") is None or r["left"] >= deadline)


def is_off(r) -> bool:
    """Assigned outside the owner's hours, by the clock on their wall."""
    owner = r["world"].people(r["as_of"])[r["owner_id"]]
    there = r["assigned_at"].astimezone(owner.zone)
    return not (there.isoweekday() in owner.work_days and owner.work_start <= there.time() < owner.work_end)


def ran_out(r, known) -> bool:
    """Whose clock, or a day where none was promised, has passed by now."""
    limit = r["limit_at"] and r["limit_at"] + (_began(r) - r["assigned_at"])
    return (limit or _began(r) + DAY) < known


def _time(r) -> float:
    return 0 if r["trigger"] == "own" and r["is_first"] else seconds(answered_at(r), _began(r))


def response(rows, known) -> dict:
    ours = inbound(rows)
    asked = [r for r in ours if not untouched(r)]
    answered = [r for r in asked if answered_at(r)]
    owned = [r for r in ours if r["owner_id"]]
    live = [r for r in answered if r["trigger"] == "own" and r["is_first"] and r["first_at"]]

    def within(deadline):
        judged = [r for r in asked if deadline(r) and (answered_at(r) or _passed(r, deadline(r), known))]
        return share(judged, lambda r: r in live or (answered_at(r) is not None and answered_at(r) <= deadline(r)))

    def moved(name):
        return lambda r: r[name] and r[name] + (_began(r) - r["assigned_at"])

    return {
        "median": percentile(map(_time, answered), 0.5),
        "p90": percentile(map(_time, answered), 0.9),
        "mean": average(map(_time, answered)),
        "in_2h": within(lambda r: _began(r) + 2 * HOUR),
        "in_24h": within(lambda r: _began(r) + DAY),
        "target": within(moved("target_at")),
        "limit": within(moved("limit_at")),
        "off_hours": share(owned, is_off),
        "median_off": percentile([_time(r) for r in answered if r["owner_id"] and is_off(r)], 0.5),
        "at_once": number(answered, lambda r: r["first_at"] == _began(r)),
        "self_assigned": len(live),
        "self_booked": number(answered, _is_self_booked),
        "untouched": len(ours) - len(asked),
        "beside": aside(r for r in rows if r["go_to_market"] == "inbound"),
    }


def vanity(rows, known) -> dict:
    answered = [r for r in inbound(rows) if not untouched(r) and answered_at(r) and r["owner_id"]]
    times = [_working_seconds(r) for r in answered]
    return {
        "median": percentile(times, 0.5),
        "mean": average(times),
        "in_2h": (number(times, lambda t: t <= 7200), len(times)),
    }


def _working_seconds(r) -> float:
    """Walk the minutes of a wait day by day, and count those in the owner's hours."""
    if r["trigger"] == "own" and r["is_first"]:
        return 0
    owner = r["world"].people(r["as_of"])[r["owner_id"]]
    began, ended = (moment.astimezone(owner.zone).replace(tzinfo=None) for moment in (_began(r), answered_at(r)))
    found, day = 0.0, began.date()
    while day <= ended.date():
        since, until = (datetime.combine(day, hour) for hour in (owner.work_start, owner.work_end))
        if day.isoweekday() in owner.work_days:
            found += max(0.0, (min(ended, until) - max(began, since)).total_seconds())
        day += DAY
    return found


def pick_up(rows, known) -> dict:
    ours = inbound(rows)
    early = [r for r in ours if untouched(r)]
    return {
        "rate": share(ours, worked),
        "touched": share(ours, answered_at),
        "self_booked": number(ours, _is_self_booked),
        "untouched": share(ours, untouched),
        "early": share(early, lambda r: r["world"].was(Reason, r["as_of"])[r["reason_id"]]["is_prequalification"]),
        "waiting": number(ours, lambda r: not worked(r) and r["outcome"] == ""),
        "lost": number(ours, lambda r: not worked(r) and r["outcome"] == "nurture" and r["ended_by"] is None),
        "beside": aside(r for r in rows if r["go_to_market"] == "inbound"),
    }


def qualified(rows, known) -> dict:
    ours = sold(rows)
    done = [r for r in ours if r["outcome"] == "qualified"]
    return {
        "rate": share(filter(worked, ours), lambda r: r["outcome"] == "qualified"),
        "of_assigned": (len(done), len(ours)),
        "qualified": len(done),
        "worked": number(ours, worked),
        "assigned": len(ours),
        "time": percentile([seconds(r["ended_at"], r["assigned_at"]) for r in done], 0.5),
        "beside": aside(rows),
    }


def dispositions(rows, known) -> dict:
    ours = sold(rows)
    opened = [r for r in ours if r["ended_at"] is None]
    ended = [r for r in ours if r["outcome"] in DISPOSED]

    def gave_up(code):
        return share(ours, lambda r: r["outcome"] == "nurture" and r["world"].reasons[r["reason_id"]].code == code)

    def aged(low, high=None):
        return number(
            opened, lambda r: low <= known - r["assigned_at"] and (high is None or known - r["assigned_at"] < high)
        )

    return {
        "ended": len(ended),
        "share": (len(ended), len(ours)),
        "now": number(ours, lambda r: r["outcome"] == "qualified"),
        "not_now": number(ours, lambda r: r["outcome"] == "nurture"),
        "never": number(ours, lambda r: r["outcome"] == "unqualified"),
        "rep_abandoned": gave_up("rep_abandoned"),
        "auto_abandoned": gave_up("auto_abandoned"),
        "age_2h": aged(timedelta(0), 2 * HOUR),
        "age_24h": aged(2 * HOUR, DAY),
        "age_7d": aged(DAY, 7 * DAY),
        "age_30d": aged(7 * DAY, 30 * DAY),
        "age_old": aged(30 * DAY),
        "beside": aside(rows),
    }


def product_led(rows, known) -> dict:
    ours = [r for r in rows if r["motion"] == "plg" and r["outcome"] != "void"]
    opened = [r for r in ours if r["ended_at"] is None]

    def gave_up(code):
        return share(ours, lambda r: r["outcome"] == "nurture" and r["world"].reasons[r["reason_id"]].code == code)

    return {
        "began": len(ours),
        "activated": share(ours, lambda r: r["activated"]),
        "time": percentile([seconds(r["activated"], r["assigned_at"]) for r in ours if r["activated"]], 0.5),
        "handed_over": share(ours, lambda r: r["outcome"] == "handed_over"),
        "bought": share(ours, lambda r: r["outcome"] == "qualified"),
        "not_activated": gave_up("not_activated"),
        "stopped": gave_up("stopped_using"),
        "trying": number(opened, lambda r: not r["activated"]),
        "using": number(opened, lambda r: r["activated"]),
    }


def cherry_picking(rows, known) -> dict:
    ours = sold(rows)

    def burst(r) -> bool:
        """As the sixth or later that this person ended untouched of this source within the hour."""
        same = r["ended_untouched"][r["ended_by"], r["source_id"]]
        near = [o for o in same if timedelta(0) <= r["ended_at"] - o["ended_at"] < HOUR]
        return len(near) > 5

    return {
        "untouched": share(ours, untouched),
        "touched": share(ours, answered_at),
        "away": share(ours, lambda r: r["outcome"] == "reassigned"),
        "burst": number(rows, lambda r: untouched(r) and burst(r)),
        "qualified": share(ours, lambda r: r["outcome"] == "qualified"),
        "beside": aside(rows),
    }


def _ended_untouched(played) -> dict[tuple, list[dict]]:
    """Tell the rounds that somebody ended untouched apart by who did and where they came from."""
    found = defaultdict(list)
    for r in played:
        if untouched(r) and r["outcome"] in ("nurture", "unqualified"):
            found[r["ended_by"], r["source_id"]].append(r)
    return found
