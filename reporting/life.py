"""The life of leads as the clock draws it: who is in hand, by age; who waits; what moved and what is stuck (REP-7, LIFE-13).

Who waits comes from the daily figures, with the moment they were counted; so do the house's moves, while those of a manager's people are
counted live, as are the people. In hand is live for everybody.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import connection

from accounts.words import count
from reporting import counting, stuck
from reporting.kept import Kept, kept_of, live
from reporting.kept import of_people as kept_of_people
from reporting.period import ZONE

# state, motion -> its piles from fresh to worst: class, words. The class is the colour of time (ui, 6).
PILES = {
    ("assigned", "slg"): (
        ("slg", "on track"),
        ("risk", "at risk"),
        ("late", "target missed"),
        ("over", "limit breached"),
    ),
    ("assigned", "plg"): (("plg", "trying the product"), ("risk", "close to 14 days")),
    ("working", "slg"): (("slg", "active"), ("late", "no touch for 7 days"), ("over", "leaves within 3 days")),
    ("working", "plg"): (("plg", "active in the product"), ("late", "quiet for 7 days")),
}
WEEK = "last-7"  # what the clock shows the moves of, unless asked otherwise
# Beside the piles: who comes back within a week, and what is left out of all of them.
BESIDE = {"due": ("Not now", "due within a week"), "out": ("In hand", "left out as exceptions")}
KINDS = (("n1", "remarket"), ("n2", "marketing"), ("n3", "sales"))
# Which pile of its lane a round stands in, as its place in `PILES`: by the open round alone, as `cycle_one_open` holds it. Only who uses
# the product is asked of the lead, which knows the last activity.
PILE = """CASE
  WHEN c.working_at IS NULL AND c.motion = 'slg' THEN CASE
    WHEN c.first_touch_at IS NOT NULL OR c.self_booked_at IS NOT NULL OR c.limit_at IS NULL THEN 0
    WHEN c.limit_at < %(at)s THEN 3
    WHEN c.target_at < %(at)s THEN 2 WHEN %(at)s - c.assigned_at > (c.target_at - c.assigned_at) * 0.75 THEN 1 ELSE 0 END
  WHEN c.working_at IS NULL THEN CASE WHEN c.assigned_at < %(trying)s THEN 1 ELSE 0 END
  WHEN c.motion = 'plg' THEN 0
  WHEN c.abandon_at < %(leaving)s THEN 2
  WHEN coalesce(c.last_touch_at, c.working_at) < %(quiet)s THEN 1 ELSE 0 END"""
IS_QUIET = "coalesce(l.last_activity_at, l.status_since) < %(quiet)s"
USED = f"CASE WHEN {IS_QUIET} THEN 1 ELSE 0 END"
IS_USED = "(c.working_at IS NOT NULL AND c.motion = 'plg')"
IS_IN = {"assigned": "c.working_at IS NULL", "working": "c.working_at IS NOT NULL"}
# One number for all that a round counts in: grouping by it takes half the time of grouping by four words (measured).
PLACE = f"""{PILE} + CASE WHEN c.working_at IS NULL THEN 0 ELSE 4 END + CASE c.motion WHEN 'plg' THEN 8 ELSE 0 END
  + CASE WHEN c.has_exception THEN 16 ELSE 0 END + CASE WHEN {stuck.ROUND} THEN 32 ELSE 0 END"""
WITH_LEAD = "FROM leads_cycle c JOIN leads_lead l ON l.id = c.lead_id WHERE c.ended_at IS NULL"
# Who uses the product is in no one's hands but its team's: found by the index of the queues.
IS_OUT = "l.id IN (SELECT c.lead_id FROM leads_cycle c WHERE c.ended_at IS NULL AND c.has_exception)"
OF_PRODUCT = "FROM leads_lead l WHERE l.status = 'working' AND l.motion = 'plg' AND l.gone_as = ''"
ALL_PRODUCT, THEIR_PRODUCT = " AND l.team_id IN (SELECT t.id FROM accounts_team t)", " AND l.team_id = ANY(%(teams)s)"
# Theirs in hand, by the two indexes of what people and what queues hold; each once.
THEIRS = """FROM (
    SELECT id FROM leads_lead WHERE owner_id = ANY(%(people)s) AND status IN ('assigned', 'working') AND gone_as = ''
    UNION SELECT id FROM leads_lead WHERE team_id = ANY(%(teams)s) AND status IN ('assigned', 'working') AND gone_as = ''
  ) l JOIN leads_cycle c ON c.lead_id = l.id AND c.ended_at IS NULL"""
OURS = " AND (l.owner_id = ANY(%(people)s) OR l.team_id = ANY(%(teams)s))"
PASSED = " AND (l.development_owner_id = ANY(%(people)s) OR l.team_id = ANY(%(teams)s))"


@dataclass(slots=True)
class Life:
    """Counts and moves, and when the slow ones were counted."""

    hand: dict[tuple[str, str], dict[str, int]]
    standing: Counter
    kinds: Counter
    moves: Counter
    stays: dict[str, float]
    due: int
    left_out: int
    counted_at: datetime | None  # up to when moves are counted
    counted_from: date | None = None  # moves of earlier days were never counted
    lanes: Counter = field(default_factory=Counter)  # moves between lanes, as counted
    changes: Counter = field(default_factory=Counter)
    stuck: Counter = field(default_factory=Counter)  # by state, in hand by lane
    stood_at: datetime | None = None  # when what is not in hand was counted
    limits: dict[str, int] = field(default_factory=dict)  # days in a state after which somebody is stuck

    def piles(self, state: str, motion: str) -> list[tuple[str, int, str]]:
        found = self.hand.get((state, motion), {})
        return [(pile, found.get(pile, 0), words) for pile, words in PILES[state, motion]]

    def in_hand(self, state: str, motion: str | None = None) -> int:
        return sum(sum(found.values()) for (s, m), found in self.hand.items() if s == state and motion in (None, m))

    @property
    def all_in_hand(self) -> int:
        return self.in_hand("assigned") + self.in_hand("working")

    def moved(self, *pairs: str) -> int:
        return sum(self.moves[pair] for pair in pairs)

    @property
    def is_empty(self) -> bool:
        return not self.all_in_hand and not sum(self.standing.values())


TO_HAND = {
    "raw": ("raw:assigned",),
    "again": ("nurture:assigned", "qualified:assigned", "unqualified:assigned"),
    "worked": ("assigned:working",),
    "now": ("working:qualified", "assigned:qualified"),
    "notnow": ("working:nurture", "assigned:nurture"),
    "never": ("working:unqualified", "assigned:unqualified"),
    "lost": ("qualified:nurture", "qualified:unqualified"),
}


def of(whose: tuple[list[int], list[int]] | None, period, at: datetime) -> Life:
    """Return the life of the house's leads, or of these people's and queues'."""
    return of_house(period, at) if whose is None else of_people(*whose, period, at)


def of_house(period, at: datetime) -> Life:
    """Return the life of all leads, moves of a period. Four queries, none over a whole table.

    A large house that was never counted is counted first.
    """
    kept, days = kept_of(period), stuck.limits(at)
    if kept.day is None:
        kept = kept_of(period) if counting.count_first(at) else live(period, at)
    hand, left_out, held = _in_hand(False, stuck.values(days, at))
    life = Life(
        hand,
        kept.standing,
        kept.kinds,
        kept.moves,
        kept.stays,
        kept.due,
        left_out,
        kept.at,
        kept.first,
        stuck=kept.held + held,
        stood_at=kept.at,
        limits=days,
    )
    _settle(life)
    return life


def sentence(found: Life, period) -> str:
    """Say what the clock shows, computed from its counts. Pure."""
    if found.is_empty:
        return "No leads yet."
    came, again = found.moved(*TO_HAND["raw"]), found.moved(*TO_HAND["again"])
    ended = {name: found.moved(*TO_HAND[name]) for name in ("now", "notnow", "never")}
    late = sum(found.stuck.values())
    held = f" {count(late)} {'stays longer than it' if late == 1 else 'stay longer than they'} should." if late else ""
    return (
        f"{count(found.all_in_hand)} in hand, {count(sum(found.kinds.values()))} not now. In {period}: {count(came)} newly assigned,"
        f" {count(again)} came round again; {count(ended['now'])} became now, {count(ended['notnow'])} not now,"
        f" {count(ended['never'])} never." + held
    )


def of_people(people: list[int], teams: list[int], period, at: datetime) -> Life:
    """Return the life of the leads of these people and queues. Six queries, by their own leads' indexes.

    What is in hand and what moved is live; what stands elsewhere as counted last. Of people who were never counted together that is
    counted live too: three queries more.
    """
    whose, days = {"people": people, "teams": teams}, stuck.limits(at)
    said = whose | stuck.values(days, at)
    hand, left_out, held = _in_hand(True, said)
    kept = kept_of_people(people, teams) or _stand_now(whose, said)
    with connection.cursor() as cursor:
        time = {"since": period.starts_at, "until": period.ends_at, "after": counting.mark_before(period.first)}
        cursor.execute(counting.MOVES_OF, whose | time)
        moves = Counter(dict(cursor.fetchall()))
    life = Life(
        hand,
        kept.standing,
        kept.kinds,
        moves,
        kept.stays,
        kept.due,
        left_out,
        None,
        stuck=kept.held + held,
        limits=days,
        stood_at=kept.at,
    )
    _settle(life)
    return life


def _stand_now(whose: dict, said: dict) -> Kept:
    """Count what stands with some people and queues, and how long it stays. Three queries."""
    kept, lately = Kept(), said["at"] - counting.STAY_OVER
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT concat_ws(':', l.status, l.motion, nullif(l.nurture_kind, '')), count(*),"
            f" count(*) FILTER (WHERE {stuck.LEAD}), count(*) FILTER (WHERE {counting.DUE}) FROM leads_lead l"
            f" WHERE l.gone_as = '' AND l.status NOT IN ('assigned', 'working'){PASSED} GROUP BY 1", said | _moments(said["at"]),
        )  # fmt: skip
        for key, *numbers in cursor.fetchall():
            kept.stand(*({key: number} for number in numbers))
    after = counting.mark_before(lately.astimezone(ZoneInfo(ZONE)).date())
    [kept.stays] = counting.stays_of([(whose["people"], whose["teams"])], {"since": lately, "after": after})
    return kept


def _moments(at: datetime) -> dict[str, datetime]:
    """Return the moments that tell the piles apart. Pure."""
    day = timedelta(days=1)
    return {
        "at": at,
        "trying": at - 11 * day,
        "leaving": at + 3 * day,
        "quiet": at - 7 * day,
        "soon": at + counting.WEEKS_NOTICE,
    }


def _in_hand(is_narrow: bool, values: dict) -> tuple[dict, int, Counter]:
    """Count what is in hand by pile, what is left out of it as an exception, and who is stuck. Two queries: open rounds, and, by the index
    of the queues, who uses the product."""
    hand: dict[tuple[str, str], dict[str, int]] = {}
    left_out = used_out = 0
    held: Counter = Counter()
    rounds = THEIRS if is_narrow else "FROM leads_cycle c WHERE c.ended_at IS NULL"
    values = values | _moments(values["at"])
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {PLACE}, count(*) {rounds} GROUP BY 1", values)
        for place, number in cursor.fetchall():
            state, motion = "working" if place & 4 else "assigned", "plg" if place & 8 else "slg"
            uses = state == "working" and motion == "plg"
            if place & 16:
                left_out += number
                used_out += number if uses else 0
            elif not uses:
                piles, pile = hand.setdefault((state, motion), {}), PILES[state, motion][place & 3][0]
                piles[pile] = piles.get(pile, 0) + number
                held[f"{state}/{motion}"] += number if place & 32 else 0
        cursor.execute(
            f"SELECT count(*) FILTER (WHERE {IS_QUIET}), count(*), count(*) FILTER (WHERE {stuck.USED}) {OF_PRODUCT}"
            + (THEIR_PRODUCT if is_narrow else ALL_PRODUCT) + (f" AND NOT {IS_OUT}" if used_out else ""), values,
        )  # fmt: skip
        quiet, used, held_there = cursor.fetchone()
    if used:
        hand["working", "plg"] = {pile: number for pile, number in (("plg", used - quiet), ("late", quiet)) if number}
        held["working/plg"] += held_there
    return hand, left_out, held


def _settle(life: Life) -> None:
    """Say by how many each lane and state grew by these moves, and sum the moves of both lanes."""
    moves: Counter = Counter()
    for pair, number in life.moves.items():
        before, after = pair.split(":")
        life.changes[before] -= number
        life.changes[after] += number
        moves[f"{before.partition('/')[0]}:{after.partition('/')[0]}"] += number
    life.lanes, life.moves = life.moves, moves


def pile_of(
    state: str, motion: str, pile: str, narrow: tuple[list[int], list[int]] | None, at: datetime, after: int, limit: int
) -> list[int]:
    """Name the leads of one pile, of who is stuck, or of what stands beside them (`BESIDE`), by key from `after` on. Two queries."""
    if pile == stuck.PILE and state in stuck.STANDING:
        people = {} if narrow is None else {"people": narrow[0], "teams": narrow[1]}
        return stuck.listed(state, PASSED if people else "", people, at, after, limit)
    values = _moments(at) | {"after": after, "limit": limit}
    whose = ""
    if narrow is not None:
        whose, values = PASSED if pile == "due" else OURS, values | {"people": narrow[0], "teams": narrow[1]}
    if pile == "due":
        source = f"FROM leads_lead l WHERE l.gone_as = '' AND {counting.DUE}{whose}"
    elif pile == "out":
        source = f"{WITH_LEAD}{whose} AND c.has_exception"
    else:
        source = f"{WITH_LEAD}{whose} AND NOT c.has_exception AND {IS_IN[state]} AND c.motion = %(motion)s"
        values["motion"] = motion
        if pile == stuck.PILE:
            source += f" AND CASE WHEN {IS_USED} THEN {stuck.USED} ELSE {stuck.ROUND} END"
            values |= stuck.values(stuck.limits(at), at)
        elif pile != "all":
            source += f" AND CASE WHEN {IS_USED} THEN {USED} ELSE {PILE} END = %(place)s"
            values["place"] = [name for name, _words in PILES[state, motion]].index(pile)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT l.id {source} AND l.id > %(after)s ORDER BY l.id LIMIT %(limit)s", values)
        return [pk for (pk,) in cursor.fetchall()]
