"""A change to many leads at once (WORK-7, ROUTE-6): what it would do, then doing exactly that, then taking it back for ten minutes.

Called by the pages. A preview is the real process, run and rolled back; a deed that would come out otherwise than its preview is rolled
back too and shown again. At most MOST leads a time.
"""

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import Door, Reason, Team, User
from leads import assignment, dispositions, pulling, wishes
from leads.lifecycle import Result, Seen, both
from leads.models import Lead, LeadStatus

MOST = 500
BACK_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Change:
    """What is wanted: `assign` (to a `person`, in a team's `turn`, into its `queue`), `nurture` or `unqualify`."""

    what: str
    how: str = ""
    to: User | Team | None = None
    reason: Reason | None = None
    note: str = ""
    size: str = ""
    restart_clock: bool = False


@dataclass(frozen=True, slots=True)
class Moved:
    """A lead that can change: into whose hands, or whether its end waits for the manager's word."""

    pk: int
    name: str
    to: str = ""
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """A lead that cannot change, and why."""

    pk: int
    name: str
    code: str
    words: str


@dataclass(slots=True)
class Outcome:
    """What a change would do, or did. `back` is what taking it back needs: see `take_back`."""

    change: Change
    done: list[Moved] = field(default_factory=list)
    refused: list[Kept] = field(default_factory=list)
    back: list[list] = field(default_factory=list)
    is_as_seen: bool = True

    @property
    def number(self) -> int:
        return len(self.done) + len(self.refused)

    @property
    def waiting(self) -> int:
        """How many ends would wait for the manager's word."""
        return sum(moved.waits for moved in self.done)

    @property
    def shares(self) -> list[tuple[str, int]]:
        """Say who receives how many, the most first."""
        return Counter(moved.to for moved in self.done if moved.to).most_common()

    @property
    def reasons(self) -> list[tuple[str, int]]:
        """Count the refusals by their code, the most frequent first."""
        return Counter(kept.code for kept in self.refused).most_common()

    @property
    def print(self) -> str:
        """Name what comes out in a few letters, so that a deed can be held against its preview."""
        rows = sorted((m.pk, m.to, m.waits) for m in self.done), sorted(k.pk for k in self.refused)
        return hashlib.sha256(repr(rows).encode()).hexdigest()[:16]


def preview(change: Change, seen: list[Seen], *, by: User, at: datetime, door: str = Door.PAGE) -> Outcome:
    """Say what a change would do. Raises Refused where it cannot be done to any lead (a reason that does not fit, no size)."""
    with transaction.atomic():
        outcome = _run(change, seen, by, at, door)
        transaction.set_rollback(True)
    return outcome


def carry_out(
    change: Change, seen: list[Seen], expected: str | None, *, by: User, at: datetime, door: str = Door.PAGE
) -> Outcome:
    """Do what a preview showed. Where it comes out otherwise by now nothing is done, and the outcome says so: `is_as_seen`.

    Without an expectation whatever can be done is done.
    """
    with transaction.atomic():
        outcome = _run(change, seen, by, at, door)
        outcome.is_as_seen = expected in (None, outcome.print)
        if not outcome.is_as_seen:
            transaction.set_rollback(True)
    return outcome


def _run(change: Change, seen: list[Seen], by: User, at: datetime, door: str) -> Outcome:
    """Run the real process over what this person sees; the others are not there. Two queries beyond those of the process."""
    visible = in_one_order(Lead.objects.visible_to(by, at).filter(pk__in=[s.lead for s in seen]))
    was = {row[0]: row for row in visible.values_list("pk", "status", "owner", "team")}
    result = process(change, [s for s in seen[:MOST] if s.lead in was], was, by=by, at=at, door=door)
    outcome = Outcome(change)
    waits = {lead.pk for lead in result.waiting}
    for lead in result.done:
        to = str(lead.owner or lead.team or "") if change.what == "assign" else ""
        outcome.done.append(Moved(lead.pk, lead.name, to, lead.pk in waits))
        way = _way_back(lead, change.what, was[lead.pk], lead.pk in waits)
        outcome.back.append([lead.pk, lead.cycle_id, lead.version, *way])
    for lead, refusal in result.refused:
        known = isinstance(lead, Lead)
        outcome.refused.append(
            Kept(lead.pk if known else lead, str(lead) if known else "", refusal.code, refusal.words)
        )
    gone = [s.lead for s in seen if s.lead not in was]
    outcome.refused += [Kept(pk, "", "gone", "This lead is gone, or not yours to see.") for pk in gone]
    return outcome


def in_one_order(rows: QuerySet) -> QuerySet:
    """Lock rows in id order before several turns in one transaction: two who each hold what the other is yet to take would wait for ever.
    So would who holds somebody with a cap, and is yet to take a lead."""
    return rows.order_by("pk").select_for_update(no_key=True, of=("self",))


def process(change: Change, seen: list[Seen], was: dict, **when) -> Result:
    """Run the process that a change means. `was` holds the state of each lead, second in its row."""
    if change.what != "assign":
        end = {"nurture": dispositions.nurture, "unqualify": dispositions.unqualify}[change.what]
        size = {"size": change.size} if change.what == "nurture" else {}
        return end(seen, reason=change.reason, note=change.note, **size, **when)
    how = {"note": change.note, "restart_clock": change.restart_clock}
    if change.how == "turn":
        return assignment.share_out(seen, team=change.to, **how, **when)
    if change.how == "queue":
        waiting = [s for s in seen if was[s.lead][1] in LeadStatus.WAITING]
        in_hand = [s for s in seen if was[s.lead][1] not in LeadStatus.WAITING]
        result = assignment.assign(in_hand, to=change.to, **how, **when)
        return both(result, assignment.enqueue(waiting, team=change.to, **when))
    return assignment.assign(seen, to=change.to, **how, **when)


def take_back(rows: list[list], *, by: User, at: datetime, door: str = Door.PAGE) -> Result:
    """Move leads back where they were, as an action of its own; those that went on meanwhile stay, with their reason.

    `rows` are `Outcome.back` as kept. Clocks are not turned back.
    """
    when = {"by": by, "at": at, "door": door}
    groups: dict[tuple, list[Seen]] = {}
    for pk, cycle, version, way, to in rows:
        groups.setdefault((way, to), []).append(Seen(pk, cycle, version))
    people = User.objects.in_bulk({way[1] for way in groups if way[0] == "person"})
    teams = Team.objects.in_bulk({way[1] for way in groups if way[0] in ("team", "queue") and way[1]})
    ways = {
        "ask": lambda _to, seen: wishes.unask(seen, **when),
        "end": lambda _to, seen: dispositions.take_back(seen, **when),
        "person": lambda to, seen: assignment.assign(seen, to=people[to], **when),
        "team": lambda to, seen: assignment.assign(seen, to=teams[to], **when),
        "queue": lambda to, seen: assignment.enqueue(seen, team=teams.get(to), **when),
        "begun": lambda _to, seen: pulling.give_back(seen, **when),
    }
    result = Result()
    with transaction.atomic():
        list(in_one_order(Lead.objects.filter(pk__in=[row[0] for row in rows])).values_list("pk"))
        for (way, to), seen in sorted(groups.items(), key=lambda group: (group[0][0], group[0][1] or 0)):
            both(result, ways[way](to, seen))
    return result


def _way_back(lead: Lead, what: str, was: tuple, waits: bool) -> list:
    """Say how one lead would go back, and to whom."""
    _pk, status, owner, team = was
    if what != "assign":
        return ["ask" if waits else "end", None]
    if status in LeadStatus.OPEN:
        return ["person", owner] if owner else ["team", team]
    return ["begun", None] if lead.is_open else ["queue", team]
