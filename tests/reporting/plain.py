"""The metrics once more, in plain Python over the events and touches, one after the other: what `reporting` must agree with.

Written from the definitions, not from the code: no SQL beyond reading whole tables, no column of a round that ever changes.
"""

from collections import defaultdict
from datetime import datetime, timedelta
from statistics import mean, median
from zoneinfo import ZoneInfo

from accounts.models import Event, Opportunity, Stage
from leads.models import ContactRole, Cycle, Spell, Touch

ENDS = {"qualify": "qualified", "nurture": "nurture", "unqualify": "unqualified", "opt_out": "opted_out",
        "give_back_raw": "returned", "give_back_nurture": "returned"}  # fmt: skip
BEGINS = ("assign", "reopen", "come_back")
HANDED = {"hand_over": "handed_over", "fit_self_serve": "self_serve"}
ASIDE = ("handed_over", "self_serve", "opted_out", "returned", "void")
ANSWERED = ("interested", "call_back", "not_interested")
FROZEN = ("id", "lead_id", "number", "trigger", "motion", "go_to_market", "source_id", "campaign_id", "segment", "region", "is_target",
          "owner_id", "team_id", "assigned_at", "target_at", "limit_at")  # fmt: skip
HOUR = timedelta(hours=1)


class World:
    """Everything that happened, read once."""

    def __init__(self):
        self.events = list(Event.objects.order_by("pk"))
        self.touches = list(Touch.objects.order_by("recorded_at", "pk"))
        self.cycles = {row["id"]: row for row in Cycle.objects.values(*FROZEN)}
        self.spells = list(Spell.objects.order_by("pk"))
        self.sales = list(Opportunity.objects.filter(gone_as=""))
        self.stages = {stage.pk: stage for stage in Stage.objects.all()}
        self.roles = list(ContactRole.objects.order_by("-is_primary", "pk"))

    def rounds(self, as_of: datetime | None) -> list[dict]:
        """Play the events back, up to what was known at a moment."""
        known = [e for e in self.events if as_of is None or e.recorded_at <= as_of]
        rounds: dict[int, dict] = {}
        running: dict[int, dict] = {}
        for e in known:
            if e.kind == "transition":
                self._step(e, rounds, running)
            elif e.kind == "exception_granted":
                rounds[e.cycle_id]["exception"] = True
            elif e.kind == "undone" and e.lead_id in running:
                self._end(running.pop(e.lead_id), e.at, "void", None, None)
        for touch in self._known_touches(as_of):
            if touch.cycle_id in rounds and not touch.is_automated:
                one = rounds[touch.cycle_id]
                one["touches"].append(touch)
        for one in rounds.values():
            first = one["touches"][0] if one["touches"] else None
            one["first_at"], one["first_by"] = (first.occurred_at, first.by_id) if first else (None, None)
            one["connected"] = any(t.outcome in ANSWERED for t in one["touches"])
        return list(rounds.values())

    def _step(self, e, rounds, running) -> None:
        if e.move in HANDED:
            self._end(running.pop(e.lead_id), e.at, HANDED[e.move], None, e.actor_id)
        if e.move in BEGINS or e.move in HANDED:
            rounds[e.cycle_id] = running[e.lead_id] = self.cycles[e.cycle_id] | {
                "touches": [], "exception": False, "ended_at": None, "outcome": "", "reason_id": None, "ended_by": None,
            }  # fmt: skip
        elif e.move in ENDS and e.lead_id in running:
            self._end(running.pop(e.lead_id), e.at, ENDS[e.move], e.reason_id, e.data.get("asked_by") or e.actor_id)
        elif e.move.startswith("take_back"):
            running[e.lead_id] = rounds[e.cycle_id]
            self._end(rounds[e.cycle_id], None, "", None, None)

    def _end(self, one, at, outcome, reason, by) -> None:
        one.update(ended_at=at, outcome=outcome, reason_id=reason, ended_by=by)

    def _known_touches(self, as_of):
        for touch in self.touches:
            if as_of is not None and touch.recorded_at > as_of:
                continue
            if touch.withdrawn_at is None or (as_of is not None and touch.withdrawn_at > as_of):
                yield touch


def kept(rows, filters: dict, period) -> list[dict]:
    """Narrow to a period and to what was chosen."""
    zone = ZoneInfo(period.zone)
    days = [r for r in rows if period.first <= r["assigned_at"].astimezone(zone).date() < period.until]
    plain = {"source": "source_id", "campaign": "campaign_id", "target": "is_target", "cycle": "number"}
    for name, value in filters.items():
        if name == "again":
            days = [r for r in days if (r["number"] > 1) == value]
        elif name == "fully_worked":
            days = [r for r in days if _is_fully_worked(r)]
        else:
            days = [r for r in days if r[plain.get(name, name)] == value]
    return days


def _is_fully_worked(r) -> bool:
    ended = r["first_at"] and r["ended_by"] and r["outcome"] in ("nurture", "unqualified")
    return bool(r["connected"] or r["outcome"] == "qualified" or ended)


def _untouched(r) -> bool:
    return (
        r["first_at"] is None and r["outcome"] in ("qualified", "nurture", "unqualified") and r["ended_by"] is not None
    )


def _share(rows, test) -> tuple[int, int]:
    return sum(1 for r in rows if test(r)), len(rows)


def figures(rows: list[dict], now: datetime) -> dict[str, object]:
    """Compute what the reports say, by `metric.measure`; a share as (n, of)."""
    left_out = sum(r["exception"] for r in rows)
    rows = [r for r in rows if not r["exception"]]
    real = [r for r in rows if r["outcome"] != "void"]
    sold = [r for r in rows if r["motion"] == "slg" and r["outcome"] not in ASIDE]
    inbound = [r for r in sold if r["go_to_market"] == "inbound"]
    asked = [r for r in inbound if not _untouched(r)]
    times = sorted((r["first_at"] - r["assigned_at"]).total_seconds() for r in inbound if r["first_at"])
    worked = [r for r in sold if r["first_at"] or _untouched(r)]
    opened = [r for r in sold if r["ended_at"] is None]

    def within(deadline):
        judged = [r for r in asked if deadline(r) and (r["first_at"] or deadline(r) < now)]
        return _share(judged, lambda r: r["first_at"] is not None and r["first_at"] <= deadline(r))

    def aged(low, high):
        return sum(
            1 for r in opened if low <= now - r["assigned_at"] and (high is None or now - r["assigned_at"] < high)
        )

    return {
        "left_out": left_out,
        "assignment.assigned": len(real),
        "assignment.inbound": sum(r["go_to_market"] == "inbound" for r in real),
        "assignment.pulled": sum(r["trigger"] == "pull" for r in real),
        "assignment.again": sum(r["number"] > 1 for r in real),
        "assignment.void": len(rows) - len(real),
        "response.median": median(times) if times else None,
        "response.mean": mean(times) if times else None,
        "response.in_2h": within(lambda r: r["assigned_at"] + 2 * HOUR),
        "response.in_24h": within(lambda r: r["assigned_at"] + 24 * HOUR),
        "response.target": within(lambda r: r["target_at"]),
        "response.limit": within(lambda r: r["limit_at"]),
        "response.untouched": len(inbound) - len(asked),
        "pick-up.rate": _share(inbound, lambda r: r["first_at"] or _untouched(r)),
        "pick-up.touched": _share(inbound, lambda r: r["first_at"]),
        "pick-up.untouched": _share(inbound, _untouched),
        "pick-up.waiting": sum(1 for r in inbound if not r["first_at"] and r["ended_at"] is None),
        "qualified.rate": _share(worked, lambda r: r["outcome"] == "qualified"),
        "qualified.of_assigned": _share(sold, lambda r: r["outcome"] == "qualified"),
        "dispositions.ended": len(sold) - len(opened),
        "dispositions.not_now": sum(r["outcome"] == "nurture" for r in sold),
        "dispositions.never": sum(r["outcome"] == "unqualified" for r in sold),
        "dispositions.age_2h": aged(timedelta(0), 2 * HOUR),
        "dispositions.age_7d": aged(24 * HOUR, 7 * 24 * HOUR),
        "dispositions.age_old": aged(30 * 24 * HOUR, None),
    }


def hands(world: World, rows: list[dict], person: int, as_of: datetime | None) -> list[dict]:
    """Turn rounds into one person's time with them: their touch, their end, from when it was theirs."""
    spells = defaultdict(list)
    for spell in world.spells:
        if spell.role == "development" and (as_of is None or spell.began_at <= as_of):
            spells[spell.cycle_id].append(spell)
    found = []
    for r in rows:
        own = [s for s in spells[r["id"]] if s.owner_id == person]
        if not own:
            continue
        inside = (
            any(s.began_at <= r["first_at"] and (s.ended_at is None or s.ended_at >= r["first_at"]) for s in own)
            if r["first_at"]
            else False
        )
        mine = r["first_by"] == person and inside
        gone = any(s.pk > max(o.pk for o in own) for s in spells[r["id"]] if s.owner_id != person)
        first = any(s.how == "assigned" for s in own)
        later = timedelta(0) if first else min(s.began_at for s in own) - r["assigned_at"]
        found.append(r | {
            "first_at": r["first_at"] if mine else None, "is_first": first, "later": later,
            "ended_by": person if r["ended_by"] == person and (mine or r["first_at"] is None) else None,
            "outcome": "reassigned" if gone and not mine and r["outcome"] != "void" else r["outcome"],
        })  # fmt: skip
    return found


def of_hands(rows: list[dict]) -> dict[str, object]:
    """Compute a rep's own figures of their hands."""
    rows = [r for r in rows if not r["exception"]]
    sold = [r for r in rows if r["motion"] == "slg" and r["outcome"] not in ASIDE]
    inbound = [r for r in sold if r["go_to_market"] == "inbound"]
    times = [(r["first_at"] - r["assigned_at"] - r["later"]).total_seconds() for r in inbound if r["first_at"]]
    real = [r for r in rows if r["outcome"] != "void"]
    return {
        "assignment.assigned": sum(r["is_first"] for r in real),
        "assignment.received": sum(not r["is_first"] for r in real),
        "response.median": median(times) if times else None,
        "pick-up.rate": _share(inbound, lambda r: r["first_at"] or _untouched(r)),
        "cherry-picking.untouched": _share(sold, _untouched),
        "cherry-picking.away": _share(sold, lambda r: r["outcome"] == "reassigned"),
    }


def doings(world: World, period, as_of: datetime | None) -> dict[str, object]:
    """Compute what is counted over touches, passed limits and opportunities."""
    zone = ZoneInfo(period.zone)

    def inside(moment) -> bool:
        return period.first <= moment.astimezone(zone).date() < period.until

    out = {r["id"] for r in world.rounds(as_of) if r["exception"]}
    touches = [t for t in world._known_touches(as_of) if inside(t.occurred_at) and t.cycle_id not in out]
    by_hand = [t for t in touches if not t.is_automated]
    known = [e for e in world.events if as_of is None or e.recorded_at <= as_of]
    limits = [e for e in known if e.kind == "breach" and e.cycle_id and inside(e.at) and e.cycle_id not in out]
    made = {e.opportunity_id: e for e in reversed([e for e in known if e.kind == "stage"])}
    sales = [s for s in world.sales if s.pk in made and inside(s.created_at)]
    return {
        "activity.touches": len(by_hand),
        "activity.calls": sum(t.channel == "call" for t in by_hand),
        "activity.reached": (sum(t.outcome in ANSWERED for t in by_hand), len(by_hand)),
        "activity.automated": len(touches) - len(by_hand),
        "limits.breaches": len(limits),
        "limits.first": sum(e.data["kind"] == "response" for e in limits),
        "cohorts.sourced": len(sales),
        "cohorts.qualified": (sum(_reached(world, known, s, "is_qualifying") for s in sales), len(sales)),
        "cohorts.pipeline": (sum(_reached(world, known, s, "is_pipeline") for s in sales), len(sales)),
    }


def _reached(world: World, known, sale, mark: str) -> bool:
    """Say whether a sale ever stood at a stage or beyond it."""
    line = next(stage.order for stage in world.stages.values() if getattr(stage, mark))
    stages = [world.stages[e.data["to"]] for e in known if e.kind == "stage" and e.opportunity_id == sale.pk]
    return any(stage.status == "open" and stage.order >= line for stage in stages)
