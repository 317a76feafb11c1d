"""The one way a lead changes state, whatever the process and whatever the door.

A process (assignment, touches, dispositions, ...) says what happens to one lead; `turn` asks it for many: locks them in id order, lets
the process decide lead by lead, and writes what was decided with one statement a table, in one transaction. A lead that cannot
change is refused with its reason, and nothing of it is written; the others go on.

Called by the process modules of `leads` and `meetings` only.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.functional import cached_property
from django_fsm import TransitionNotAllowed

from accounts.models import Account, Door, Event, Message, Team, User
from accounts.writing import Overtaken, update_each
from leads import deadlines, permissions
from leads.models import ContactRole, Cycle, Lead, LeadStatus, Note, Outcome, Policy, Signal, Spell, Task, Touch

BATCH = 500
UNDO = timedelta(seconds=60)
ANY = object()

# What may have changed on a row of each table in a turn. Nothing else is ever written by one.
LEAD_FIELDS = (
    "status", "status_since", "nurture_kind", "reason", "recycle_at", "version", "motion", "go_to_market", "owner", "team",
    "development_owner", "opportunity_owner", "cycle", "opted_out_at", "last_activity_at", "gone_as",
)  # fmt: skip
CYCLE_FIELDS = (
    "first_touch_at", "first_touch_by", "working_at", "connected_at", "last_touch_at", "touches", "ended_at", "outcome", "reason",
    "nurture_kind", "ended_by", "size", "is_early", "has_exception", "opportunity", "abandon_at", "return_at", "freed_at", "warned_at",
)  # fmt: skip
TASK_FIELDS = (
    "owner", "team", "began_at", "due_at", "limit_at", "sweep_at", "level", "accepted_by", "accepted_at", "done_at", "outcome",
)  # fmt: skip


class Refused(Exception):
    """It cannot be, and why. `code` is for programs; the words are for the person who asked."""

    def __init__(self, words: str, code: str = "refused"):
        super().__init__(words)
        self.words, self.code = words, code


class Stale(Refused):
    """The lead moved on between looking and asking."""

    def __init__(self, words: str):
        super().__init__(words, "stale")


class Forbidden(Refused):
    """This person may not do this to this lead."""

    def __init__(self, words: str):
        super().__init__(words, "forbidden")


@dataclass(frozen=True, slots=True)
class Seen:
    """A lead as the asker saw it. Every action carries the round it meant; a form also carries the version.

    `at` is when it became true for this lead, where that differs within a batch (a sweep's due moments).
    """

    lead: int
    cycle: object = ANY
    version: int | None = None
    at: datetime | None = None


@dataclass(slots=True)
class Result:
    """What came of a batch: the leads that changed, as they now are, and those that could not, with their reason."""

    done: list[Lead] = field(default_factory=list)
    refused: list[tuple[Lead | int, Refused]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    made: dict[int, dict[str, object]] = field(default_factory=dict)

    @property
    def waiting(self) -> list[Lead]:
        """The leads whose end waits for the manager's word (WORK-7)."""
        return [lead for lead in self.done if "review" in self.made.get(lead.pk, ())]

    @property
    def lead(self) -> Lead:
        """Return the one lead of a batch of one, or raise why it was refused."""
        if self.refused:
            raise self.refused[0][1]
        return self.done[0]


class Step:
    """One lead within a turn: what it was, what it becomes, and the rows that come of it. Written only if nobody refuses."""

    def __init__(self, turn: "Turn", lead: Lead, at: datetime):
        self.turn, self.lead, self.at = turn, lead, at
        self.cycle: Cycle | None = lead.cycle
        self.was_version, self.was_status = lead.version, lead.status
        self.new_cycle: Cycle | None = None
        self.old_cycle: Cycle | None = None
        self.rows: list = []
        self.events: list[tuple[Event, Cycle | None]] = []
        self.changed_tasks: dict[int, Task] = {}
        self.closes_spell = False
        self.cycle_changed = False
        self.made: dict[str, object] = {}

    @property
    def by(self) -> User | None:
        return self.turn.by

    @property
    def open_tasks(self) -> list[Task]:
        return [t for t in self.turn.tasks.get(self.lead.pk, ()) if t.done_at is None]

    @property
    def account(self) -> Account | None:
        return self.turn.accounts.get(self.lead.account_id)

    def may(self, action: str) -> None:
        """Refuse unless the person who asks may do this to this lead. The system may do anything."""
        if self.by is not None and not permissions.can(self.by, action, self.lead, at=self.at):
            raise Forbidden(permissions.refusal(self.by, action, self.lead))

    def move(self, transition: str, *, at: datetime | None = None, reason=None, data: dict | None = None) -> None:
        """Make one transition of the state machine, in memory, and put it on record.

        Dated `at` (else the step's moment), or when the lead got where it is, if a transaction that began later was faster.
        """
        lead = self.lead
        at = max(at or self.at, lead.status_since)
        before, since = lead.status, lead.status_since
        try:
            getattr(lead, transition)()
        except TransitionNotAllowed:
            raise Refused(f"{lead.name} is {lead.state_label}; that cannot be done from there.", "state") from None
        lead.status_since = at
        lead.version = self.was_version + 1
        if lead.status in (LeadStatus.NURTURE, LeadStatus.UNQUALIFIED):
            if reason is None:
                raise Refused("An end needs its reason.", "reason")
            lead.reason = reason
            lead.nurture_kind = reason.nurture_kind if lead.status == LeadStatus.NURTURE else ""
        else:
            lead.reason, lead.nurture_kind = None, ""
        if lead.status != LeadStatus.NURTURE:
            lead.recycle_at = None
        self.record(
            "transition", move=transition, at=at, from_status=before, to_status=lead.status, stayed=at - since,
            reason_id=reason.pk if reason else None, data=data or {},
        )  # fmt: skip

    def record(self, kind: str, *, at: datetime | None = None, **facts) -> None:
        """Put one thing that happened on record."""
        event = Event(
            kind=kind, at=at or self.at, recorded_at=self.turn.recorded_at, door=self.turn.door, lead_id=self.lead.pk,
            actor_id=self.by.pk if self.by else None, account_id=self.lead.account_id, **facts,
        )  # fmt: skip
        self.events.append((event, self.new_cycle or self.cycle))

    def add(self, row, name: str = ""):
        """Have a row written with this turn; `name` lets the caller find it in the result."""
        self.rows.append(row)
        if name:
            self.made[name] = row
        return row

    def own(self, owner: User | None, team: Team | None) -> None:
        """Put the lead in someone's hands. A change of hands raises the version, so that open forms notice."""
        if (self.lead.owner_id, self.lead.team_id) != (owner.pk if owner else None, team.pk if team else None):
            self.lead.version = self.was_version + 1
        self.lead.owner, self.lead.team = owner, team

    def begin_cycle(
        self, trigger: str, *, owner, team=None, how: str = Spell.How.ASSIGNED, pool=None, starts_clock=True
    ) -> Cycle:
        """Begin a round for this owner and freeze what is true of the lead now (LIFE-3)."""
        lead, account, at = self.lead, self.account, max(self.at, self.lead.status_since)
        policy = (
            self.turn.policy(at) if starts_clock and lead.go_to_market == "inbound" and lead.motion == "slg" else None
        )
        self.new_cycle = cycle = Cycle(
            lead=lead, number=(self.cycle.number if self.cycle else 0) + 1, trigger=trigger, motion=lead.motion,
            go_to_market=lead.go_to_market, source_id=lead.source_id, campaign_id=lead.campaign_id, score=lead.score,
            segment=lead.segment or (account.segment if account else ""), region=lead.region or (account.region if account else ""),
            account_id=lead.account_id, relationship=account.relationship if account else "new_business",
            is_target=bool(account and account.is_target), owner=owner, team=team, policy=policy, came_from=self.was_status,
            came_reason_id=self.turn.came[lead.pk]["reason_id"], came_kind=self.turn.came[lead.pk]["nurture_kind"],
            came_recycle_at=self.turn.came[lead.pk]["recycle_at"], came_team_id=self.turn.came[lead.pk]["team_id"], assigned_at=at,
        )  # fmt: skip
        if policy:
            cycle.target_at = at + timedelta(minutes=policy.target_minutes)
            cycle.limit_at = at + timedelta(minutes=policy.limit_minutes)
            self.add(
                Task(kind=Task.Kind.RESPONSE, lead=lead, cycle=cycle, owner=owner, team=team, began_at=at,
                     due_at=cycle.target_at, limit_at=cycle.limit_at, sweep_at=cycle.target_at - timedelta(minutes=15)),
                "response",
            )  # fmt: skip
        self.own(owner, team)
        self.begin_spell(owner, team, how, pool, at)
        if owner is not None:
            lead.development_owner = owner
        return cycle

    def begin_spell(self, owner, team, how, pool=None, at=None) -> None:
        at = at or self.at
        self.add(
            Spell(
                lead=self.lead,
                cycle=self.new_cycle or self.cycle,
                owner=owner,
                team=team,
                pool=pool,
                how=how,
                began_at=at,
            )
        )

    def end_cycle(self, outcome: str, *, reason=None, **facts) -> None:
        """End the open round: its outcome, its spell, its open tasks."""
        cycle = self.cycle
        cycle.ended_at = max(self.at, self.lead.status_since, cycle.assigned_at)
        cycle.outcome, cycle.reason, cycle.ended_by = outcome, reason, self.by
        cycle.nurture_kind = reason.nurture_kind if reason and outcome == Outcome.NURTURE else ""
        for name, value in facts.items():
            setattr(cycle, name, value)
        self.cycle_changed = self.closes_spell = True
        self.close_tasks(outcome=Task.Outcome.DROPPED)

    def close_tasks(self, *kinds: str, outcome: str, at: datetime | None = None) -> None:
        """Close the open tasks of these kinds, or all when none is named."""
        for task in self.open_tasks:
            if not kinds or task.kind in kinds:
                self.close_task(task, outcome, at)

    def close_task(self, task: Task, outcome: str, at: datetime | None = None) -> None:
        task.done_at, task.outcome = at or self.at, outcome
        self.changed_tasks[task.pk] = task


class Turn:
    """One batch, at most BATCH leads, in one transaction. Made by `turn`."""

    def __init__(self, *, by, at, door, recorded_at):
        self.by, self.at, self.door, self.recorded_at = by, at, door, recorded_at
        self.accounts: dict = {}
        self.tasks: dict[int, list[Task]] = {}
        self.came: dict[int, dict] = {}
        self.ids: list[int] = []
        self._policy: Policy | object | None = ANY

        self.ended_unseen: Counter | None = None  # leads/mass_guard.py
        self._remembered: dict[str, object] = {}

    def remember(self, name: str, ask: Callable[[], object]):
        """Ask once a turn."""
        if name not in self._remembered:
            self._remembered[name] = ask()
        return self._remembered[name]

    @cached_property
    def in_open_opportunity(self) -> set[int]:
        """The leads of this batch that have a role in an open opportunity. One query."""
        roles = ContactRole.objects.filter(lead__in=self.ids, opportunity__status="open", opportunity__gone_as="")
        return set(roles.values_list("lead", flat=True))

    def policy(self, at: datetime) -> Policy | None:
        """Return the response policy in force. One query a turn."""
        if self._policy is ANY:
            self._policy = Policy.objects.filter(valid_from__lte=at).order_by("-valid_from", "-version").first()
        return self._policy

    def load(self, seen: list[Seen], skip_locked: bool) -> list[Step]:
        """Lock the leads in id order and read what a decision may need. Four queries."""
        wanted = {s.lead: s for s in seen}
        lock = Lead.objects.filter(pk__in=wanted, gone_as="").order_by("pk")
        lock = lock.select_for_update(no_key=True, skip_locked=skip_locked)
        held = list(lock.values_list("pk", flat=True))
        # Read only once the locks are held: a row that is joined to one waited for would still be as it was before the wait.
        rows = Lead.objects.filter(pk__in=held).order_by("pk")
        leads = list(
            rows.select_related("owner", "team", "reason", "cycle__owner", "cycle__came_reason", "cycle__came_team")
        )
        ids = self.ids = [lead.pk for lead in leads]
        for task in Task.objects.filter(lead__in=ids, done_at__isnull=True).order_by("pk"):
            self.tasks.setdefault(task.lead_id, []).append(task)
        accounts = {lead.account_id for lead in leads if lead.account_id}
        self.accounts = (
            {a.pk: a for a in Account.objects.filter(pk__in=accounts).with_relationship()} if accounts else {}
        )
        for lead in leads:
            self.came[lead.pk] = {
                "reason_id": lead.reason_id, "nurture_kind": lead.nurture_kind, "recycle_at": lead.recycle_at, "team_id": lead.team_id,
            }  # fmt: skip
        return [Step(self, lead, wanted[lead.pk].at or self.at) for lead in leads]

    def write(self, steps: list[Step]) -> list[Event]:
        """Write all that was decided: one statement a table, guarded by the version that was read."""
        for step in steps:
            deadlines.keep(step)
        closing = [s for s in steps if s.closes_spell]
        if closing:
            spells = list(Spell.objects.filter(lead__in=[s.lead.pk for s in closing], ended_at__isnull=True))
            when = {s.lead.pk: s.at for s in closing}
            for spell in spells:
                spell.ended_at = max(when[spell.lead_id], spell.began_at)
            update_each(spells, ["ended_at"])
        update_each([task for s in steps for task in s.changed_tasks.values()], TASK_FIELDS)
        update_each([s.cycle for s in steps if s.cycle_changed], CYCLE_FIELDS)
        cycles = Cycle.objects.bulk_create([s.new_cycle for s in steps if s.new_cycle])
        for cycle in cycles:
            cycle.lead.cycle = cycle
        update_each([s.lead for s in steps], LEAD_FIELDS, guard={"version": [s.was_version for s in steps]})
        rows: dict[type, list] = {}
        for step in steps:
            for row in step.rows:
                rows.setdefault(type(row), []).append(row)
        for model in (Note, Touch, Signal, Spell, Task, ContactRole):
            model.objects.bulk_create(rows.pop(model, []))
        Message.objects.bulk_create(rows.pop(Message, []), ignore_conflicts=True)
        assert not rows, f"no table for {rows}"
        events = []
        for step in steps:
            for event, cycle in step.events:
                event.cycle_id = cycle.pk if cycle else None
                for name, row in list(event.data.items()):
                    if hasattr(row, "pk"):
                        event.data[name] = row.pk
                events.append(event)
        return Event.objects.bulk_create(events)


def turn(
    leads: Iterable[Lead | Seen | int],
    change: Callable[[Step], None],
    *,
    by: User | None,
    at: datetime,
    door: str = Door.PAGE,
    recorded_at: datetime | None = None,
    skip_locked: bool = False,
) -> Result:
    """Let `change` happen to each of these leads, or tell why not.

    A lead given as Lead means the round and version it was read with; as Seen what that says; as a number whatever it is now.
    `by=None` is the system. `change` raises Refused to leave one lead as it was. Leads that do not exist are refused as gone.
    Transactions of at most 500 leads; about 10 queries each. Raises Overtaken only if a lock was circumvented.
    """
    result = Result()
    seen = {s.lead: s for s in map(_seen, leads)}
    ids = sorted(seen)
    for start in range(0, len(ids), BATCH):
        _one_turn([seen[i] for i in ids[start : start + BATCH]], change, result, by, at, door, recorded_at, skip_locked)
    return result


def _one_turn(seen, change, result, by, at, door, recorded_at, skip_locked) -> None:
    wanted = {s.lead: s for s in seen}
    with transaction.atomic():
        this = Turn(by=by, at=at, door=door, recorded_at=recorded_at or at)
        steps, kept = this.load(seen, skip_locked), []
        found = set()
        for step in steps:
            found.add(step.lead.pk)
            try:
                _expect(step, wanted[step.lead.pk])
                change(step)
            except Refused as refusal:
                refusal.lead = step.lead
                result.refused.append((step.lead, refusal))
            else:
                kept.append(step)
        if not skip_locked:
            result.refused += [(pk, Refused("This lead is gone.", "gone")) for pk in wanted.keys() - found]
        result.events += this.write(kept)
    for step in kept:
        result.done.append(step.lead)
        result.made[step.lead.pk] = step.made


def _seen(lead: Lead | Seen | int) -> Seen:
    if isinstance(lead, Seen):
        return lead
    if isinstance(lead, Lead):
        return Seen(lead.pk, lead.cycle_id, lead.version)
    return Seen(lead)


def _expect(step: Step, seen: Seen) -> None:
    """Refuse what was meant for another round, or for a lead that somebody changed meanwhile."""
    lead = step.lead
    if (seen.cycle is not ANY and seen.cycle != lead.cycle_id) or (
        seen.version is not None and seen.version != lead.version
    ):
        raise Stale(what_happened(lead))


def what_happened(lead: Lead) -> str:
    """Say in one sentence who changed this lead last, and how: for the one who was looking elsewhere. Two queries."""
    event = Event.objects.filter(lead_id=lead.pk, kind__in=("transition", "owner")).order_by("-id").first()
    if event is None:
        return f"{lead.name} changed while you were writing."
    who = User.objects.filter(pk=event.actor_id).first() if event.actor_id else None
    actor = who.get_short_name() if who else "LeadOps"
    when = timezone.localtime(event.at).strftime(
        "%H:%M"
    )  # in the viewer's zone, which the page has made the current one
    if event.kind == "owner" or event.move in ("assign", "reopen", "come_back"):
        return f"{actor} gave {lead.name} to {lead.owner or lead.team or 'no one'} at {when}, while you were writing."
    return f"{actor} moved {lead.name} to {lead.state_label} at {when}, while you were writing."


__all__ = [
    "ANY",
    "BATCH",
    "UNDO",
    "Forbidden",
    "Overtaken",
    "Refused",
    "Result",
    "Seen",
    "Stale",
    "Step",
    "Turn",
    "turn",
    "what_happened",
]
