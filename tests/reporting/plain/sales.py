"""Figures over opportunities, meetings and companies."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from accounts.models import Account
from leads.models import ContactRole, Lead
from meetings.models import CoverageRule
from reporting.period import ZONE
from tests.reporting.plain.counting import average, number, percentile, seconds, share
from tests.reporting.plain.rounds import answered_at, aside, sold, worked
from tests.reporting.plain.world import ANSWERED, World, grouped

LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
FAR = datetime(9999, 1, 1, tzinfo=UTC)
DAY = timedelta(hours=24)
MONTH = timedelta(days=30)
OF_COMPANIES = ("motion", "go_to_market", "source", "campaign", "cycle", "again", "fully_worked")
UNKNOWN = {"source_id": None, "campaign_id": None, "segment": "", "region": "", "motion": None, "go_to_market": None, "is_target": False,
           "number": None}  # fmt: skip
HELD = ("qualified", "unqualified")


def _sales(world: World, as_of) -> list[dict]:
    """Play every sale back: where it stood, how far it ever came, what it was worth."""
    return world.once("sales", as_of, lambda: _played_sales(world, as_of))


def _played_sales(world: World, as_of) -> list[dict]:
    story = defaultdict(list)
    for e in world.known(as_of):
        if e.opportunity_id:
            story[e.opportunity_id].append(e)
    later = {}
    for e in world.events if as_of else ():
        if e.recorded_at > as_of and e.kind == "owner" and e.move == "development_owner":
            later.setdefault(e.opportunity_id, e.data["from"])
    found = []
    for sale in world.sales:
        stages = [e for e in story[sale.pk] if e.kind == "stage"]
        if not stages or any(e.kind == "undone" for e in story[sale.pk]):
            continue
        one = _sale(world, sale, stages, [e for e in story[sale.pk] if e.kind in ("stage", "value")], as_of)
        one["owner_id"] = later.get(sale.pk, sale.development_owner_id)
        if one["status"] != "merged":
            found.append(one)
    return found


def _sale(world: World, sale, stages: list, values: list, as_of) -> dict:
    def line(mark):
        return next(stage.order for stage in world.stages.values() if getattr(stage, mark))

    def reached(mark):
        for e in stages:
            stage = world.stages[e.data["to"]]
            if (stage.status == "open" and stage.order >= line(mark)) or stage.status == "won":
                return e
        return None

    last = world.stages[stages[-1].data["to"]]
    entry, good = reached("is_pipeline"), reached("is_qualifying")
    said = values[-1].data
    day = (entry.at if entry else sale.created_at).astimezone(ZoneInfo(ZONE)).date()
    return {
        "sale": sale, "status": last.status, "currency": said["currency"], "rate": _rate(world, said["currency"], day, as_of),
        "entry_rate": entry and _rate(world, entry.data["currency"], day, as_of), "created_at": sale.created_at,
        "qualified_at": good and good.at, "pipeline_at": entry and entry.at, "entry": entry and Decimal(entry.data["amount"]),
        "amount": Decimal(said["to"] if values[-1].kind == "value" else said["amount"]),
        "closed_at": stages[-1].at if last.status != "open" else None, "exception": False,
    } | _behind(world, sale)  # fmt: skip


def _rate(world: World, currency: str, day, as_of) -> Decimal | None:
    """What one of it was worth on a day, by what was on record: the latest day up to it, and of that day the last word."""
    if currency == "EUR":
        return Decimal(1)
    kept = [
        r
        for r in world.rates
        if r.currency == currency and r.from_date <= day and (as_of is None or r.recorded_at <= as_of)
    ]
    return max(kept, key=lambda r: (r.from_date, r.pk)).rate if kept else None


def _behind(world: World, sale) -> dict:
    """What the round froze in which it was made: of its primary contact, else of the first."""
    role = next(iter(world.roles_of[sale.pk]), None)
    rounds = [c for c in world.rounds_of[role.lead_id] if _begins(c) <= sale.created_at] if role else []
    facts = max(rounds, key=lambda c: c["number"]) if rounds else UNKNOWN
    return {name: facts[name] for name in UNKNOWN}


def _begins(one: dict) -> datetime:
    """From when on sales belong to a round: wrong dates of what was brought over lose none."""
    return LONG_AGO if one["number"] == 1 and one["trigger"] == "history" else one["assigned_at"]


def made(world: World, as_of, known, period) -> list[dict]:
    return [s | {"at": s["created_at"]} for s in _sales(world, as_of)]


def entered(world: World, as_of, known, period) -> list[dict]:
    return [s | {"at": s["pipeline_at"]} for s in _sales(world, as_of)]


def _euro(rows, value: str = "amount", by: str = "rate") -> Decimal | int:
    """Sum what has a rate."""
    return sum(r[value] * r[by] for r in rows if r[by] is not None)


def pipeline(rows, known) -> dict:
    return {
        "value": _euro(rows, "entry", "entry_rate"),
        "entered": len(rows),
        "value_now": _euro(rows),
        "won": number(rows, lambda r: r["status"] == "won"),
        "other": number(rows, lambda r: r["entry_rate"] is None or r["rate"] is None),
    }


def cohorts(rows, known) -> dict:
    won = [r for r in rows if r["status"] == "won"]
    return {
        "won": (len(won), len(rows)),
        "sourced": len(rows),
        "qualified": share(rows, lambda r: r["qualified_at"]),
        "pipeline": share(rows, lambda r: r["pipeline_at"]),
        "open": share(rows, lambda r: r["status"] == "open"),
        "lost": share(rows, lambda r: r["status"] == "lost"),
        "dropped": number(rows, lambda r: r["status"] == "not_qualified"),
        "amount": _euro(won),
        "sourced_amount": _euro(rows),
        "other": number(rows, lambda r: r["rate"] is None),
        "time": percentile([seconds(r["closed_at"], r["created_at"]) for r in won], 0.5),
    }


def rounds_to_sales(world: World, as_of, known, period) -> list[dict]:
    """Give each round the first opportunity made in it: of its lead, before the next round."""
    return world.once("rounds to sales", as_of, lambda: _rounds_to_sales(world, as_of))


def _rounds_to_sales(world: World, as_of) -> list[dict]:
    sales = {s["sale"].pk: s for s in _sales(world, as_of)}
    of_lead = defaultdict(list)
    joined = _joined(world)
    for role in world.roles:
        if role.opportunity_id in sales and joined.get((role.lead_id, role.opportunity_id), LONG_AGO) <= (as_of or FAR):
            of_lead[role.lead_id].append(sales[role.opportunity_id])
    begins = {(c["lead_id"], c["number"]): c["assigned_at"] for c in world.cycles.values()}
    found = []
    for r in world.rounds(as_of).values():
        until = begins.get((r["lead_id"], r["number"] + 1))
        mine = [
            s for s in of_lead[r["lead_id"]] if _begins(r) <= s["created_at"] and (not until or s["created_at"] < until)
        ]
        found.append(r | {"sold": min(mine, key=lambda s: (s["created_at"], s["sale"].pk), default=None)})
    return found


def _joined(world: World) -> dict[tuple[int, int], datetime]:
    """Say when somebody joined a sale, by their first booking of it or by being added; not of sales that were brought over with theirs."""
    brought = {e.opportunity_id for e in world.events if e.kind == "stage" and e.door == "import"}
    found: dict[tuple[int, int], datetime] = {}
    for e in world.events:
        if (e.kind == "part" or (e.kind == "meeting" and e.move == "book")) and e.opportunity_id not in brought:
            key = (e.lead_id, e.opportunity_id)
            found[key] = min(found.get(key, e.recorded_at), e.recorded_at)
    return found


def _stands(r, *states) -> bool:
    return r["sold"] is not None and r["sold"]["status"] in states


def funnel(rows, known) -> dict:
    ours = sold(rows)
    busy = [r for r in ours if worked(r)]
    with_sale = [r for r in ours if r["sold"]]
    won = [r for r in ours if _stands(r, "won")]
    days = [(r["sold"]["closed_at"].astimezone(UTC).date() - r["assigned_at"].astimezone(UTC).date()).days for r in won]
    return {
        "assigned": len(ours),
        "worked": (len(busy), len(ours)),
        "qualified": share(busy, lambda r: r["outcome"] == "qualified"),
        "to_opportunity": (len(with_sale), len(ours)),
        "to_won": (len(won), number(with_sale, lambda r: not _stands(r, "not_qualified"))),
        "won": len(won),
        "open": number(ours, lambda r: _stands(r, "open")),
        "time_to_work": percentile([seconds(answered_at(r), r["assigned_at"]) for r in ours if answered_at(r)], 0.5),
        "time_to_end": percentile([seconds(r["ended_at"], r["assigned_at"]) for r in ours if r["ended_at"]], 0.5),
        "days_to_won": percentile(days, 0.5),
        "days_to_won_mean": average(days),
        "wrong_dates": number(won, lambda r: r["sold"]["closed_at"] < r["assigned_at"]),
        "time_to_won": percentile([seconds(r["sold"]["closed_at"], r["assigned_at"]) for r in won], 0.5),
        "beside": aside(rows),
    }


def lead_value(rows, known) -> dict:
    decided = [
        r
        for r in sold(rows)
        if r["ended_at"] and not _stands(r, "open") and not (_stands(r, "won") and r["sold"]["rate"] is None)
    ]
    won = [float(r["sold"]["amount"] * r["sold"]["rate"]) for r in decided if _stands(r, "won")]
    value = sum(won) / len(decided) if decided else None
    return {
        "estimate": value, "value": value, "conversion": (len(won), len(decided)), "average": average(won), "decided": len(decided),
    }  # fmt: skip


def meetings(world: World, as_of, known, period) -> list[dict]:
    """Play every meeting back: what was last said of it, and when it was first said."""
    return world.once("meetings", as_of, lambda: _played_meetings(world, as_of))


def _played_meetings(world: World, as_of) -> list[dict]:
    story = defaultdict(list)
    for e in world.known(as_of):
        if e.kind == "meeting" and "meeting" in e.data:
            story[e.data["meeting"]].append(e)
    there = [m for m in world.meetings if as_of is None or m.recorded_at <= as_of]
    moved = {m.previous_id for m in there}
    held: dict[int, int] = {}
    for e in world.events if as_of else ():
        if e.recorded_at > as_of and e.kind == "meeting" and e.move == "pass_on":
            held.setdefault(e.data["meeting"], e.data["from"])
    found = []
    for m in there:
        said = [e for e in story[m.pk] if e.move in ("disposition", "correct", "credit", "reschedule", "cancel")]
        words = [e for e in said if e.move in ("disposition", "correct", "credit")]
        last = said[-1] if said else None
        status = (
            {"reschedule": "rescheduled", "cancel": "cancelled"}.get(last.move, last.data.get("status"))
            if last
            else "booked"
        )
        facts = world.cycles[m.cycle_id] if m.cycle_id else UNKNOWN
        round_known = world.rounds(as_of).get(m.cycle_id)
        others = [o for o in world.meetings_of[m.opportunity_id] if o.uid != m.uid and o.booked_at < m.booked_at]
        found.append({name: facts[name] for name in UNKNOWN} | {
            "at": m.starts_at, "booked_at": m.booked_at, "owner_id": m.sourced_by_id or held.get(m.pk, m.owner_id), "status": status,
            "said_at": words[0].at if words and status in (*HELD, "no_show", "missed") else None,
            "credited": bool(last and last.data.get("credited")), "is_first": not others, "is_last": m.pk not in moved,
            "exception": bool(round_known and round_known["exception"]),
        })  # fmt: skip
    return found


def held(rows, known) -> dict:
    came = [r for r in rows if r["status"] in (*HELD, "no_show")]
    stood = [r for r in rows if r["status"] not in ("cancelled", "rescheduled")]

    def shy(r):
        return r["status"] == "no_show"

    return {
        "held": number(rows, lambda r: r["status"] in HELD),
        "qualified": share([r for r in rows if r["status"] in HELD], lambda r: r["status"] == "qualified"),
        "no_shows": share(came, shy),
        "first_no_shows": share([r for r in came if r["is_first"]], shy),
        "chain_no_shows": share([r for r in came if r["is_last"]], shy),
        "in_time": share(
            [r for r in stood if r["at"] + DAY < known], lambda r: r["said_at"] and r["said_at"] <= r["at"] + DAY
        ),
        "unsaid": number(rows, lambda r: r["status"] == "booked" and r["at"] < known),
        "missed": number(rows, lambda r: r["status"] == "missed"),
        "moved": number(rows, lambda r: r["status"] == "rescheduled"),
        "cancelled": number(rows, lambda r: r["status"] == "cancelled"),
        "credited": number(rows, lambda r: r["credited"]),
        "ahead": percentile([seconds(r["at"], r["booked_at"]) for r in stood], 0.5),
    }


def companies(world: World, as_of, known, period) -> list[dict]:
    """Return companies with a round assigned in the period; one all of whose rounds are left out is left out."""
    of = defaultdict(list)
    for r in world.rounds(as_of).values():
        if r["account_id"] and r["outcome"] != "void" and period.starts_at <= r["assigned_at"] < period.ends_at:
            of[r["account_id"]].append(r)
    found = []
    for account, rounds in of.items():
        counted = [r for r in rounds if not r["exception"]] or rounds
        last = max(counted, key=lambda r: (r["assigned_at"], r["id"]))
        found.append({
            "account": account, "at": last["assigned_at"], "segment": last["segment"], "region": last["region"],
            "owner_id": last["owner_id"], "is_target": any(r["is_target"] for r in counted),
            "is_sought": any(r["is_target"] or r["go_to_market"] == "outbound" for r in counted), "rounds": counted,
            "exception": all(r["exception"] for r in rounds), "world": world, "as_of": as_of,
        })  # fmt: skip
    return found


def of_companies(rows, known) -> dict:
    return {
        "companies": len(rows),
        "target": number(rows, lambda r: r["is_target"]),
        "touched": share(rows, lambda r: any(answered_at(x) for x in r["rounds"])),
        "answered": share(rows, lambda r: any(x["connected"] or x["self_booked"] for x in r["rounds"])),
        "now": share(rows, lambda r: any(x["outcome"] == "qualified" for x in r["rounds"])),
        "people": average(len({x["lead_id"] for x in r["rounds"]}) for r in rows),
    }


def covered(world: World, as_of, known, period) -> list[dict]:
    """Return the companies we went to, with who is known there and how active they are."""
    rows = [
        r | _people(world, r["account"], as_of, known) for r in companies(world, as_of, known, period) if r["is_sought"]
    ]
    for row in rows:
        row["is_engaged"] = row["engagement"] >= _cut_off(world, row["account"], as_of, known)
    return rows


def _cut_off(world: World, account: int, as_of, known) -> float:
    """The newest median of its segment that was kept by then; one person active just now where there is none."""
    segment = world.was(Account, as_of)[account]["segment"]
    kept = [row for row in world.medians if row.segment == segment and row.at <= known and row.recorded_at <= known]
    return float(max(kept, key=lambda row: row.at).engagement) if kept else 1.0


def _active(world: World, as_of, known) -> tuple[dict[int, str], dict[int, object]]:
    """Say who plays which part, and when somebody was last active in the month before."""
    parts = defaultdict(str)
    joined = _joined(world)
    for role in world.was(ContactRole, as_of).values():
        if joined.get((role["lead_id"], role["opportunity_id"]), LONG_AGO) <= (as_of or FAR):
            parts[role["lead_id"]] += f" {role['role']}"
    last: dict[int, object] = {}
    touched = [
        (t.lead_id, t.occurred_at) for t in world.known_touches(as_of) if not t.is_automated and t.outcome in ANSWERED
    ]
    heard = [(s.lead_id, s.at) for s in world.signals if s.kind != "import" and s.recorded_at <= known]
    for lead, at in touched + heard:
        if known - MONTH <= at <= known:
            last[lead] = max(at, last.get(lead, at))
    return parts, last


def _standing(world: World, as_of) -> dict[int, tuple]:
    """Say in which state and for which reason everybody stood, and who was gone."""
    found: dict[int, tuple] = {}
    for e in world.known(as_of):
        if e.kind == "transition":
            found[e.lead_id] = (e.to_status, e.reason_id)
        elif e.kind in ("undone", "erased") and e.lead_id:
            found[e.lead_id] = ("gone", None)
    return found


def _is_there(world: World, lead, standing, as_of, known) -> bool:
    status, reason = standing.get(lead.pk, ("raw", None))
    has_left = status == "unqualified" and world.reasons[reason].code == "left_company"
    is_out = lead.opted_out_at is not None and lead.opted_out_at <= known
    return lead.recorded_at <= known and lead.created_at <= known and status != "gone" and not has_left and not is_out


def _people(world: World, account: int, as_of, known) -> dict:
    parts, last = world.once("active", as_of, lambda: _active(world, as_of, known))
    standing = world.once("standing", as_of, lambda: _standing(world, as_of))
    was = world.was(Lead, as_of)
    here = world.once("where", as_of, lambda: grouped(world.leads, lambda lead: was[lead.pk]["account_id"]))[account]
    here = [lead for lead in here if _is_there(world, lead, standing, as_of, known)]
    about = [f"{parts[lead.pk]} {was[lead.pk]['title']}".lower() for lead in here]
    needed = [
        any(persona in text or set(words) & set(text.replace("-", " ").split()) for text in about)
        for persona, words in CoverageRule().needed.items()
    ]
    return {
        "contacts": len(here),
        "coverage": sum(needed) / len(needed),
        "engagement": sum(0.5 ** ((known - last[lead.pk]) / MONTH) for lead in here if lead.pk in last),
    }


def coverage(rows, known) -> dict:
    def is_covered(r):
        return r["coverage"] >= 0.5

    return {
        "companies": len(rows),
        "covered": share(rows, is_covered),
        "engaged": share(rows, lambda r: r["is_engaged"]),
        "win": share(rows, lambda r: r["is_engaged"] and is_covered(r)),
        "personas": average(100 * r["coverage"] for r in rows),
        "engagement": average(r["engagement"] for r in rows),
        "contacts": average(r["contacts"] for r in rows),
    }
