"""One person's day in one order (WORK-1): what is past its limit, what is late or soon late, who asked for us, what was planned, what is
new, and what has no next step (WORK-6).

Read by the queue page, its answers and the API. A row is a lead; its most urgent open task decides where it stands. Nothing here is
stored, and nothing is changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import NamedTuple

from django.db.models import CharField, DateTimeField, Exists, F, OuterRef, Q, Value
from django.db.models.functions import Cast

from accounts.models import Role, User
from accounts.prepared import Prepared
from leads import sla
from leads.models import GoToMarket, Lead, LeadStatus, Motion, Spell, Task

ENOUGH = 1_000  # a count of other people's work is exact up to here


class Group(NamedTuple):
    """One part of the day: its heading, the shorter name of its view, and the dot of that."""

    key: str
    label: str
    short: str
    dot: str = ""


# In the order of the day.
GROUPS = (
    Group("over", "Past limit", "Past limit", "over"),
    Group("risk", "Target missed or at risk", "At risk", "risk"),
    Group("asked", "Asked for us or answered", "Replies", "reply"),
    Group("due", "Follow-ups due", "Follow-ups"),
    Group("new", "New", "New"),
    Group("open", "No next step", "No next step"),
)
LATER = Group("later", "Later today", "Later today")
PLACE = {group.key: number for number, group in enumerate((*GROUPS, LATER))}
ASKED = (Task.Kind.HAND_RAISE, Task.Kind.REPLY, Task.Kind.REVIEW)
PLANNED = (Task.Kind.FOLLOW_UP, Task.Kind.KEEP)


class Due(NamedTuple):
    """What must happen with a lead next, as read from one open task."""

    lead_id: int
    kind: str
    began_at: datetime
    due_at: datetime
    limit_at: datetime | None
    channel: str
    what: str
    accepted_at: datetime | None
    score: int | None
    go_to_market: str


class Entry(NamedTuple):
    """One row: the lead, the group it stands in, and the task that put it there (none: nothing is planned)."""

    lead: int
    group: str
    order: tuple
    task: Due | None = None


@dataclass(slots=True)
class Queue:
    """One person's day at one moment."""

    at: datetime
    entries: list[Entry] = field(default_factory=list)
    later: list[Entry] = field(default_factory=list)

    def view(self, key: str = "") -> list[Entry]:
        """Return the rows of one view, in order; without a key all that is to do now."""
        if key == LATER.key:
            return self.later
        return [e for e in self.entries if e.group == key] if key else self.entries

    def counts(self) -> dict[str, int]:
        """Say how many rows each group has."""
        counts = dict.fromkeys(PLACE, 0) | {LATER.key: len(self.later)}
        for entry in self.entries:
            counts[entry.group] += 1
        return counts

    def after(self, lead: int, view: str = "", number: int = 20) -> list[int]:
        """Name the leads that follow this one in a view, then those before it: where a rep goes on."""
        ids = [e.lead for e in self.view(view)]
        if lead not in ids:
            return ids[:number]
        place = ids.index(lead)
        return (ids[place + 1 :] + ids[:place])[:number]


def of(user: User, at: datetime) -> Queue:
    """Read a person's day. One query, by the index `task_of_owner` and the person's own leads in hand; counts are exact."""
    midnight = datetime.combine(at.astimezone(user.zone).date() + timedelta(days=1), time.min, user.zone)
    held, found, entries = {}, {}, []
    for values in DAY.rows(user.pk, midnight):
        task = Due(*values)
        if task.kind == Task.Kind.EXCEPTION:
            if task.accepted_at:
                held[task.lead_id] = task
            continue
        if not task.kind:
            entries.append(_entry_without(task))
            continue
        entry = _entry(task, at)
        if task.lead_id not in found or entry.order < found[task.lead_id].order:
            found[task.lead_id] = entry
    queue = Queue(at)
    for entry in [*found.values(), *entries]:
        (queue.later if entry.group == LATER.key else queue.entries).append(entry)
    # A granted exception is out of every limit (LIFE-10): its lead does not stand among the late ones.
    queue.entries = [e for e in queue.entries if e.lead not in held or e.group not in ("over", "risk", "new")]
    queue.entries.sort(key=lambda e: e.order)
    queue.later.sort(key=lambda e: e.order)
    return queue


def _day(user: int, midnight: datetime):
    tasks = Task.objects.filter(owner=user, done_at__isnull=True, lead__gone_as="").filter(
        Q(limit_at__isnull=False) | Q(due_at__lt=midnight) | Q(kind=Task.Kind.EXCEPTION)
    )
    # What waits for the manager's word is out of the queue; the manager answers it on the team's page (WORK-7).
    tasks = tasks.exclude(kind=Task.Kind.REVIEW, reason__isnull=False).filter(~Exists(wishes(lead=OuterRef("lead"))))
    named = [F(name) for name in Due._fields[:-2]]
    return tasks.values_list(*named, "lead__score", "lead__go_to_market").union(_without_a_task(user), all=True)


DAY = Prepared(_day)


def _entry(task: Due, at: datetime) -> Entry:
    if task.limit_at is not None:
        kind = sla.kind_of(task.began_at, task.due_at, task.limit_at, at)
        group = {"over": "over", "late": "risk", "risk": "risk"}.get(kind)
        group = group or ("asked" if task.kind in ASKED else "new")
        when = task.limit_at if group == "over" else task.due_at
    else:
        group, when = "due" if task.due_at <= at else LATER.key, task.due_at
    return Entry(
        task.lead_id, group, _order(group, when, task.kind in ASKED, task.go_to_market, task.score, task.lead_id), task
    )


def _without_a_task(user: int):
    """Find the leads in hand for which nothing is planned, in the shape of tasks: no kind, the state for what, since when."""
    planned = Task.objects.filter(lead=OuterRef("pk"), done_at__isnull=True)
    planned = planned.exclude(kind=Task.Kind.EXCEPTION, accepted_at__isnull=True)
    rows = Lead.objects.filter(~Exists(planned), owner=user, status__in=LeadStatus.OPEN, gone_as="")
    never = Value(None, output_field=DateTimeField())
    since, state, none = F("status_since"), Cast("status", CharField()), Value("", output_field=CharField())
    return rows.values_list(F("pk"), none, since, since, never, none, state, never, "score", "go_to_market")


def _entry_without(task: Due) -> Entry:
    """Place a lead for which nothing is planned: newly assigned without a clock, or working without a next step."""
    group = "new" if task.what == LeadStatus.ASSIGNED else "open"
    # After the new ones with a clock, however long they have one still.
    order = _order(group, task.began_at, False, task.go_to_market, task.score, task.lead_id, group == "new")
    return Entry(task.lead_id, group, order)


def _order(group, when, asked, market, score, lead, without_clock=False) -> tuple:
    """Order rows: group, time; ties by intent (asked for us, inbound, outbound), then value, then age."""
    intent = 0 if asked else 1 if market == GoToMarket.INBOUND else 2
    return (PLACE[group], without_clock, when, intent, -(score or 0), lead)


def wishes(**whose):
    """Return the open wishes to end a lead that wait for a manager's word."""
    return Task.objects.filter(kind=Task.Kind.REVIEW, reason__isnull=False, done_at__isnull=True, **whose)


def in_queues(teams: Sequence[int]):
    """Return the leads that wait to be pulled from these teams' queues."""
    return Lead.objects.filter(
        team__in=teams, status__in=LeadStatus.WAITING, motion=Motion.SLG, gone_as="", opted_out_at__isnull=True
    )


def left_in_queues(teams: Sequence[int]):
    """Return the leads in work that a limit or a manager put back into these teams' queues (SLA-3, ROUTE-6): their clocks run on.

    What a pool holds because nobody there could receive it is not meant: that goes out in turn (ROUTE-3). Nor what an AE or a CSM had
    in this round: only SDRs pull, and a lead stays within its role (ROUTE-7).
    """
    held = Spell.objects.filter(lead=OuterRef("pk"), ended_at__isnull=True, pool=OuterRef("team"))
    others = Spell.objects.filter(cycle=OuterRef("cycle"), role="development", owner__role__in=(Role.AE, Role.CSM))
    rows = Lead.objects.filter(
        team__in=teams, status__in=LeadStatus.OPEN, motion=Motion.SLG, gone_as="", opted_out_at__isnull=True
    )
    return rows.filter(~Exists(held), ~Exists(others))
