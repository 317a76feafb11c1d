"""Figures over hand-offs, from what was written down when each began and what was answered when."""

from tests.reporting.plain.counting import number, percentile, seconds, share
from tests.reporting.plain.sales import UNKNOWN
from tests.reporting.plain.world import World


def rows(world: World, as_of, known, period) -> list[dict]:
    """Play every hand-off back: answered or not by then, and in whose hands it lay."""
    return world.once("hand-offs", as_of, lambda: _played(world, as_of))


def _played(world: World, as_of) -> list[dict]:
    found = []
    for h in world.hand_offs:
        if as_of is not None and h.recorded_at > as_of:
            continue
        answered = h.ended_at is not None and (as_of is None or h.ended_at <= as_of)
        lead = h.lead_id or next((role.lead_id for role in world.roles_of[h.opportunity_id]), None)
        begun = [c for c in world.rounds_of[lead] if c["assigned_at"] <= h.began_at] if lead else []
        facts = max(begun, key=lambda c: c["number"]) if begun else UNKNOWN
        one = world.rounds(as_of).get(facts.get("id"))
        found.append({name: facts[name] for name in UNKNOWN} | {
            "at": h.began_at, "limit": h.limit_at, "owner_id": h.giver_id, "other_id": _receiver(world, h, as_of),
            "answer": h.outcome if answered else "", "ended_at": h.ended_at if answered else None, "oversold": h.is_oversold,
            "lacks": bool(h.missing), "exception": bool(one and one["exception"]),
        })  # fmt: skip
    return found


def _receiver(world: World, h, as_of) -> int | None:
    """Whose answer was waited for then: what was passed on later is undone, and what somebody took on that was nobody's."""
    for e in world.events if as_of else ():
        if e.kind == "hand_off" and e.data["hand_off"] == h.pk and e.recorded_at > as_of:
            if e.move == "pass_on":
                return e.data["from"]
            if e.data.get("was_nobodys"):
                return None
    return h.receiver_id


def passed(rows, known) -> dict:
    stood = [r for r in rows if r["answer"] != "dropped"]
    accepted = [r for r in rows if r["answer"] == "accepted"]
    refused = [r for r in rows if r["answer"] == "refused"]
    waits = [r for r in rows if r["answer"] == ""]
    overdue = [r for r in waits if r["limit"] < known]
    times = [seconds(r["ended_at"], r["at"]) for r in accepted]
    return {
        "handed": len(stood),
        "in_time": (
            number(accepted, lambda r: r["ended_at"] <= r["limit"]),
            len(accepted) + len(refused) + len(overdue),
        ),
        "late": number(accepted, lambda r: r["ended_at"] > r["limit"]),
        "refused": (len(refused), len(accepted) + len(refused)),
        "oversold": number(refused, lambda r: r["oversold"]),
        "waiting": len(waits),
        "overdue": len(overdue),
        "time": percentile(times, 0.5),
        "p90": percentile(times, 0.9),
        "lacking": share(stood, lambda r: r["lacks"]),
        "dropped": len(rows) - len(stood),
    }
