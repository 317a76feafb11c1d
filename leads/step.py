"""One lead on its way through a turn: what it was, what it becomes, and the rows that come of it.

The processes of `leads` and `meetings` are written in these words; `leads/lifecycle.py` makes the steps and writes what they hold.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django_fsm import TransitionNotAllowed

from accounts.models import Account, Event, Reason, Team, User
from accounts.writing import fresh
from leads import permissions, policies
from leads.models import Cycle, Lead, LeadStatus, Outcome, Spell, Task
from leads.refusals import Forbidden, Refused
from leads.sharing import credits_for_nobody

if TYPE_CHECKING:
    from leads.lifecycle import Turn


class Step:
    """One lead within a turn: what it was, what it becomes, and the rows that come of it. Written only if nobody refuses."""

    def __init__(self, turn: Turn, lead: Lead, at: datetime):
        self.turn, self.lead, self.at = turn, lead, at
        self.cycle: Cycle | None = lead.cycle
        self.was_version, self.was_status, self.was_owner_id = lead.version, lead.status, lead.owner_id
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
        at = at or self.at
        event = fresh(
            Event, kind=kind, at=at, recorded_at=max(self.turn.recorded_at, at), door=self.turn.door, lead_id=self.lead.pk,
            actor_id=self.by.pk if self.by else None, account_id=self.lead.account_id, **facts,
        )  # fmt: skip
        self.events.append((event, self.new_cycle or self.cycle))

    def add(self, row, name: str = ""):
        """Have a row written with this turn; `name` lets the caller find it in the result."""
        self.rows.append(row)
        if name:
            self.made[name] = row
        return row

    def tell(self, rows) -> None:
        """Have messages written with this turn."""
        self.rows += rows

    def own(self, owner: User | None, team: Team | None) -> None:
        """Put the lead in someone's hands. A change of hands raises the version, so that open forms notice."""
        if (self.lead.owner_id, self.lead.team_id) != (owner.pk if owner else None, team.pk if team else None):
            self.lead.version = self.was_version + 1
        if owner is not None or self.lead.owner_id is not None:
            self.lead.owner = owner
        if team is not None or self.lead.team_id is not None:
            self.lead.team = team

    def begin_cycle(
        self, trigger: str, *, owner, team=None, how: str = Spell.How.ASSIGNED, pool=None, starts_clock=True, policy_name: str = ""
    ) -> Cycle:  # fmt: skip
        """Begin a round for this owner and freeze what is true of the lead now (LIFE-3).

        A response clock runs for inbound, sales-led ones, by the policy named, else the first that matches.
        """
        lead, account, at = self.lead, self.account, max(self.at, self.lead.status_since)
        promised = starts_clock and lead.go_to_market == "inbound" and lead.motion == "slg"
        policy = self.turn.policy(self, at, policy_name) if promised else None
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
            clock = Task(kind=Task.Kind.RESPONSE, lead=lead, cycle=cycle, owner=owner, team=team, began_at=at,
                         due_at=cycle.target_at, limit_at=cycle.limit_at)  # fmt: skip
            self.add(policies.start(clock), "response")
        self.own(owner, team)
        self.begin_spell(owner, team, how, pool, at)
        if owner is not None:
            lead.development_owner = owner
        return cycle

    def begin_spell(self, owner, team, how, pool=None, at=None) -> None:
        at = max(at or self.at, self.lead.status_since)
        facts = {
            "owner_id": owner.pk if owner else None,
            "team_id": team.pk if team else None,
            "pool_id": pool.pk if pool else None,
        }
        spell = fresh(Spell, lead_id=self.lead.pk, cycle_id=self.lead.cycle_id, how=how, began_at=at, **facts)
        if self.new_cycle:
            spell.cycle = self.new_cycle  # numbered when it is written
        self.add(spell)

    def start_untold(self, at: datetime) -> None:
        """Start the work where it is known that they were worked and not by what: history without its touches."""
        moment = max(at, self.lead.status_since)
        self.cycle.working_at, self.cycle_changed = moment, True
        self.move("start", at=moment, data={"untold": True})

    def end_cycle(self, outcome: str, *, reason=None, **facts) -> None:
        """End the open round: its outcome, its spell, its open tasks. No earlier than the last hands took it, however late a sweep is."""
        if self.by is not None:
            facts["size"] = size_of(reason, facts.get("size", ""))
        cycle = self.cycle
        began = (self.lead.status_since, self.turn.held_since.get(self.lead.pk), cycle.assigned_at)
        cycle.ended_at = self.at = max(self.at, *filter(None, began))
        cycle.outcome, cycle.reason, cycle.ended_by = outcome, reason, self.by
        cycle.nurture_kind = reason.nurture_kind if reason and outcome == Outcome.NURTURE else ""
        for name, value in facts.items():
            setattr(cycle, name, value)
        if reason is not None and reason.code == "false_identity":
            self.rows += credits_for_nobody(self)
        self.cycle_changed = self.closes_spell = True
        self.close_tasks(outcome=Task.Outcome.DROPPED, at=cycle.ended_at)  # by which a taken back end finds them

    def close_tasks(self, *kinds: str, outcome: str, at: datetime | None = None) -> None:
        """Close the open tasks of these kinds, or all when none is named."""
        for task in self.open_tasks:
            if not kinds or task.kind in kinds:
                self.close_task(task, outcome, at)

    def close_task(self, task: Task, outcome: str, at: datetime | None = None) -> None:
        task.done_at, task.outcome = at or self.at, outcome
        self.changed_tasks[task.pk] = task


LARGEST = 9_999_999  # people


def size_of(reason: Reason | None, size: str) -> str:
    """Return the size as it is kept with an end: a number of people where its reason asks for it, nothing where not (LIFE-4). Pure.

    Asked of every end that somebody chooses, whatever the door; what ended by itself, or elsewhere before it was brought over, chose no
    reason of the list. Raises Refused for a reason that asks for it without one, and for a size that is no number.
    """
    if reason is None or not reason.asks_size or reason.is_system:
        return ""
    if not size.strip():
        raise Refused(f"{reason.label}: write the size.", "size")
    return number_of(size)


def number_of(size: str) -> str:
    """Return a size that was typed as the number it is; nothing for nothing. Raises Refused for what is no number of people. Pure."""
    typed = size.strip()
    if not typed:
        return ""
    if len(typed) > 40 or not typed.isdecimal() or not 0 < int(typed) <= LARGEST:
        raise Refused("Write the size as a number, like 12.", "size")
    return str(int(typed))
