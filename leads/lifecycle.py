"""The one way a lead changes state, whatever the process and whatever the door.

A process (assignment, touches, dispositions, ...) says what happens to one lead; `turn` asks it for many: locks them in id order, lets
the process decide lead by lead, and writes what was decided with one statement a table, in one transaction. A lead that cannot
change is refused with its reason, and nothing of it is written; the others go on.

Called by the process modules of `leads` and `meetings` only.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import FETCH_PEERS
from django.utils import timezone
from django.utils.functional import cached_property

from accounts.bulk import numbers
from accounts.models import Account, Door, Event, Message, User
from accounts.reading import read
from accounts.words import when
from accounts.writing import Overtaken, changed, insert_each, update_each, values_of
from leads import deadlines, notices, policies, spells
from leads.models import ContactRole, Credit, Cycle, Lead, Note, Policy, Qualification, Signal, Spell, Task, Touch
from leads.refusals import Forbidden, Refused, Stale
from leads.results import ANY, Result, Seen, both
from leads.step import Step

BATCH = 500
UNDO = timedelta(seconds=60)

# What may have changed on a row of each table in a turn. Nothing else is ever written by one.
LEAD_FIELDS = (
    "status", "status_since", "nurture_kind", "reason", "recycle_at", "version", "motion", "go_to_market", "owner", "team",
    "development_owner", "opportunity_owner", "success_owner", "cycle", "opted_out_at", "last_activity_at", "gone_as",
)  # fmt: skip
CYCLE_FIELDS = (
    "first_touch_at", "first_touch_by", "working_at", "connected_at", "last_touch_at", "touches", "ended_at", "outcome", "reason",
    "nurture_kind", "ended_by", "size", "is_early", "has_exception", "opportunity", "abandon_at", "return_at", "freed_at", "warned_at",
    "self_booked_at",
)  # fmt: skip
TASK_FIELDS = (
    "owner", "team", "began_at", "due_at", "limit_at", "sweep_at", "level", "accepted_by", "accepted_at", "done_at", "outcome",
)  # fmt: skip


class Turn:
    """One batch, at most BATCH leads, in one transaction. Made by `turn`."""

    def __init__(self, *, by, at, door, recorded_at, quiet=False):
        # In UTC: limits are added to these moments, and on a wall's clock a day of 24 hours may take 25.
        self.at, self.recorded_at = at.astimezone(UTC), recorded_at.astimezone(UTC)
        self.by, self.door, self.quiet = by, door, quiet
        self.tasks: dict[int, list[Task]] = {}
        self.came: dict[int, dict] = {}
        self.before: dict[type, dict[int, tuple]] = {Lead: {}, Cycle: {}, Task: {}}  # as they were read
        self.ids: list[int] = []
        self.steps: list[Step] = []
        self.closing: list[Callable[[], None]] = []  # what else is written with this turn: the shares of pools

        self.ended_unseen: Counter | None = None  # leads/mass_guard.py
        self._remembered: dict[str, object] = {}

    def remember(self, name: str, ask: Callable[[], object]):
        """Ask once a turn."""
        if name not in self._remembered:
            self._remembered[name] = ask()
        return self._remembered[name]

    @cached_property
    def accounts(self) -> dict[int, Account]:
        """The accounts of this batch with their relationship. One query, where somebody asks."""
        wanted = {step.lead.account_id for step in self.steps if step.lead.account_id}
        return {a.pk: a for a in Account.objects.filter(pk__in=wanted).with_relationship()} if wanted else {}

    @cached_property
    def held_since(self) -> dict[int, datetime]:
        """Since when each lead of this batch is in the hands it is in. One query, where a round ends."""
        spells = Spell.objects.filter(lead__in=self.ids, role="development", ended_at__isnull=True)
        return dict(spells.values_list("lead", "began_at"))

    @cached_property
    def in_open_opportunity(self) -> set[int]:
        """The leads of this batch that have a role in an open opportunity. One query."""
        roles = ContactRole.objects.filter(lead__in=self.ids, opportunity__status="open", opportunity__gone_as="")
        return set(roles.values_list("lead", flat=True))

    def policy(self, step: Step, at: datetime, name: str = "") -> Policy | None:
        """Return the response policy of a lead: the one named, else the first in force that matches. One query a turn."""
        known = self.remember("policies", policies.versions)
        return policies.policy_of(known, step.lead, step.account, at, name)

    def load(self, seen: list[Seen], skip_locked: bool) -> list[Step]:
        """Lock the leads in id order and read what every decision needs. Three queries."""
        wanted = {s.lead: s for s in seen}
        lock = Lead.objects.filter(pk__in=wanted, gone_as="").order_by("pk")
        # Whoever asks for an owner, a team or a reason has them read for all of the batch; most turns need none of them.
        lock = lock.select_for_update(no_key=True, skip_locked=skip_locked).fetch_mode(FETCH_PEERS)
        leads = list(lock)
        ids = self.ids = [lead.pk for lead in leads]
        # Read only once the locks are held: a row that is joined to one waited for would still be as it was before the wait.
        rounds = numbers(lead.cycle_id for lead in leads if lead.cycle_id)
        cycles = (
            {cycle.pk: cycle for cycle in read(Cycle, "WHERE id = ANY(%s::bigint[])", [rounds])}
            if rounds != "{}"
            else {}
        )
        for task in read(Task, "WHERE lead_id = ANY(%s::bigint[]) AND done_at IS NULL ORDER BY id", [numbers(ids)]):
            self.tasks.setdefault(task.lead_id, []).append(task)
            self.before[Task][task.pk] = values_of(task, TASK_FIELDS)
        for lead in leads:
            if lead.cycle_id:
                lead.cycle = cycle = cycles[lead.cycle_id]
                self.before[Cycle][cycle.pk] = values_of(cycle, CYCLE_FIELDS)
            if self.by is not None and lead.owner_id == self.by.pk:
                lead.owner = self.by
            self.before[Lead][lead.pk] = values_of(lead, LEAD_FIELDS)
            self.came[lead.pk] = {
                "reason_id": lead.reason_id, "nurture_kind": lead.nurture_kind, "recycle_at": lead.recycle_at, "team_id": lead.team_id,
            }  # fmt: skip
        self.steps = [Step(self, lead, (wanted[lead.pk].at or self.at).astimezone(UTC)) for lead in leads]
        return self.steps

    def write(self, steps: list[Step]) -> list[Event]:
        """Write all that was decided: one statement a table, guarded by the version that was read."""
        for step in steps:
            deadlines.keep(step)
            policies.keep(step)
        spells.close([s for s in steps if s.closes_spell])
        self._update([task for s in steps for task in s.changed_tasks.values()], TASK_FIELDS)
        self._update([s.cycle for s in steps if s.cycle_changed], CYCLE_FIELDS)
        for cycle in insert_each([s.new_cycle for s in steps if s.new_cycle]):
            cycle.lead.cycle = cycle
        self._update([s.lead for s in steps], LEAD_FIELDS, guard={"version": [s.was_version for s in steps]})
        rows: dict[type, list] = {}
        for step in steps:
            for row in step.rows:
                rows.setdefault(type(row), []).append(row)
        for model in (Note, Touch, Signal, Spell, Task, ContactRole, Credit, Qualification):
            insert_each(rows.pop(model, []))
        told = rows.pop(Message, []) + [message for step in steps for message in notices.at_assignment(step)]
        insert_each([] if self.quiet else told, ignore_conflicts=True)
        for close in self.closing:
            close()
        assert not rows, f"no table for {rows}"
        events = []
        for step in steps:
            for event, cycle in step.events:
                event.cycle_id = cycle.pk if cycle else None
                for name, row in list(event.data.items()):
                    if hasattr(row, "pk"):
                        event.data[name] = row.pk
                events.append(event)
        return insert_each(events)

    def _update(self, rows: list, fields: Sequence[str], guard: dict | None = None) -> None:
        """Write what changed on these rows, and nothing else; the guard is asked even where nothing did."""
        names = changed(rows, fields, self.before[type(rows[0])]) if rows else []
        if names or guard:
            update_each(rows, names or list(guard), guard=guard)


def turn(
    leads: Iterable[Lead | Seen | int],
    change: Callable[[Step], None],
    *,
    by: User | None,
    at: datetime,
    door: str = Door.PAGE,
    recorded_at: datetime | None = None,
    skip_locked: bool = False,
    quiet: bool = False,
) -> Result:
    """Let `change` happen to each of these leads, or tell why not.

    A lead given as Lead means the round and version it was read with; as Seen what that says; as a number whatever it is now.
    `by=None` is the system; `quiet` tells nobody, of what happened long ago. `change` raises Refused to leave one lead as it was. Leads
    that do not exist are refused as gone. Transactions of at most 500 leads; about 10 queries each. Raises Overtaken only if a lock was
    circumvented.
    """
    result = Result()
    seen = {s.lead: s for s in map(_seen, leads)}
    ids = sorted(seen)
    for start in range(0, len(ids), BATCH):
        part = [seen[i] for i in ids[start : start + BATCH]]
        this = Turn(by=by, at=at, door=door, recorded_at=recorded_at or at, quiet=quiet)
        _one_turn(part, change, result, this, skip_locked)
    return result


def _one_turn(seen, change, result, this: Turn, skip_locked: bool) -> None:
    wanted = {s.lead: s for s in seen}
    with transaction.atomic():
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
        raise Stale(what_happened(lead, step.at))


def what_happened(lead: Lead, at: datetime) -> str:
    """Say in one sentence who changed this lead last, and how, as seen from a moment: for the one who was looking elsewhere.

    Two queries.
    """
    event = Event.objects.filter(lead_id=lead.pk, kind__in=("transition", "owner")).order_by("-id").first()
    if event is None:
        return f"{lead.name} changed while you were writing."
    who = User.objects.filter(pk=event.actor_id).first() if event.actor_id else None
    actor = who.get_short_name() if who else "LeadOps"
    # In the viewer's zone, which the page made the current one.
    moment = when(event.at, timezone.get_current_timezone(), at)
    if event.kind == "owner" or event.move in ("assign", "reopen", "come_back"):
        return f"{actor} gave {lead.name} to {lead.owner or lead.team or 'no one'} {moment}, while you were writing."
    return f"{actor} moved {lead.name} to {lead.state_label} {moment}, while you were writing."


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
    "both",
    "turn",
    "what_happened",
]
