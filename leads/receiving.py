"""What happens to one lead that comes into somebody's hands, within a turn: a round begins, or goes on in other hands.

Called by whatever gives leads: `leads/assignment.py`, `leads/pulling.py`, hand raises, recycling, escalation, meetings.
"""

from collections.abc import Callable
from datetime import datetime

from accounts.models import Team, User
from accounts.workdays import working_days_after
from leads import deadlines, policies, routing
from leads.lifecycle import Refused, Step
from leads.models import Cycle, GoToMarket, Lead, LeadStatus, Motion, Spell, Task, Trigger
from leads.notes import attach

# What makes a round inbound or outbound (LIFE-3); other triggers keep what the lead has.
INBOUND, OUTBOUND = {Trigger.ACTION}, {Trigger.PULL, Trigger.RECYCLE, Trigger.TARGET}


class NotAvailable(Refused):
    """The one who should receive the lead cannot."""


class Receiver:
    """Who receives, and how many more they may. Made within the transaction that gives, since whoever has a cap is held by it."""

    def __init__(self, to: User | Team, at: datetime, counts_caps: bool = True):
        self.user, self.team = (to, None) if isinstance(to, User) else (None, to)
        self.room = routing.room_of(to, at) if self.user and counts_caps else None

    def take_one(self, lead: Lead) -> None:
        if self.user and not self.user.is_active:
            raise NotAvailable(f"{self.user} is switched off and receives nothing.", "inactive")
        is_product = self.team is not None and self.team.kind == Team.Kind.PRODUCT
        if lead.motion == Motion.PLG and not is_product:
            raise Refused("This lead belongs to the product. Sales gets it when it is handed over.", "shield")
        if is_product and lead.motion != Motion.PLG:
            raise Refused("Only product-led leads belong to the product.", "motion")
        if self.room is not None:
            if self.room <= 0:
                raise NotAvailable(f"{self.user} is at their cap.", "cap")
            self.room -= 1


def begin(step: Step, receiver: "Receiver | Callable", trigger: str, *, note: str = "") -> None:
    """Begin a round for one lead within a turn: the right transition, go-to-market, owner, spell, clock.

    `receiver` may be a question to routing, which is asked once nothing else stands in the way, so that no turn is wasted.
    """
    lead = step.lead
    if lead.opted_out_at and trigger != Trigger.ACTION:
        raise Refused(f"{lead.name} asked us to stop.", "opted_out")
    transition = {LeadStatus.UNQUALIFIED: "reopen", LeadStatus.QUALIFIED: "come_back"}.get(lead.status, "assign")
    if transition == "reopen":
        if trigger == Trigger.ACTION and not lead.reason.may_return:
            raise Refused(f"“{lead.reason.label}” does not return by itself; the manager decides.", "may_not_return")
        if trigger != Trigger.ACTION:
            step.may("reopen")
            if not note:
                raise Refused("Write why this lead is opened again.", "note")
            trigger = Trigger.REOPEN
    elif transition == "come_back" and lead.pk in step.turn.in_open_opportunity:
        raise Refused(f"{lead.name} is in an open opportunity; its owner has this.", "open_opportunity")
    if trigger in INBOUND:
        lead.go_to_market = GoToMarket.INBOUND
    elif trigger in OUTBOUND:
        lead.go_to_market = GoToMarket.OUTBOUND
    decision = None
    if callable(receiver):
        receiver, decision = receiver()
    receiver.take_one(lead)
    data = {"to": _pk(receiver.user), "team": _pk(receiver.team), "trigger": trigger, "from": step.lead.status}
    named = {"pool": decision.pool, "policy_name": decision.policy_name} if decision else {}
    cycle = step.begin_cycle(trigger, owner=receiver.user, team=receiver.team, **named)
    _expect_a_touch(step, cycle, receiver)
    step.move(transition, data=data | ({"route": decision.trace()} if decision else {}))
    # A task kept on the waiting lead (a follow-up date, a manager's word) is answered by its coming back.
    step.close_tasks(outcome=Task.Outcome.DONE)
    if note:
        attach(step, note)


def begin_inside(step: Step, receiver: Receiver, trigger: str, transition: str, data: dict) -> None:
    """Begin the next round of a lead whose round just ended in the same transaction: between product and sales."""
    receiver.take_one(step.lead)
    step.begin_cycle(trigger, owner=receiver.user, team=receiver.team)
    step.move(transition, data={"to": _pk(receiver.user), "team": _pk(receiver.team), "trigger": trigger, **data})


def _goes_along(step: Step, task: Task, to: User) -> None:
    for take in _meetings:
        take(step, task, to)


Take = Callable[[Step, Task, User], None]
Follow = Callable[[Step, int | None, User | None], None]
_meetings: list[Take] = []
_waiting: list[Follow] = []


def meetings_with(take: Take, follow: Follow) -> None:
    """Say who lets the meeting of a task go along with its lead, and who lets what waits for the word of its owner follow it. Called once,
    when an app begins."""
    _meetings[:], _waiting[:] = [take], [follow]


def change_hands(
    step: Step, receiver: Receiver, note: str = "", restart_clock: bool = False, *, how: str = Spell.How.REASSIGNED,
    pool: Team | None = None, data: dict | None = None,
) -> None:  # fmt: skip
    """Put a lead in hand into other hands, within a turn: its round and clock go on, the new owner's spell begins (ROUTE-7)."""
    lead, cycle, was = step.lead, step.cycle, step.lead.owner_id
    if (lead.owner_id, lead.team_id) == (_pk(receiver.user), _pk(receiver.team)):
        raise Refused(f"{lead.name} is already with {lead.owner or lead.team}.", "already")
    if restart_clock and not note:
        raise Refused("Write why the clock starts again.", "note")
    if lead.opted_out_at:
        raise Refused(f"{lead.name} asked us to stop.", "opted_out")
    receiver.take_one(lead)
    step.record(
        "owner",
        data={"from": lead.owner_id, "from_team": lead.team_id, "to": _pk(receiver.user), "team": _pk(receiver.team)}
        | (data or {})
        | ({"restarted": True} if restart_clock else {}),
    )
    step.closes_spell = True
    step.own(receiver.user, receiver.team)
    if receiver.user:
        lead.development_owner = receiver.user
    step.begin_spell(receiver.user, receiver.team, how, pool)
    _expect_a_touch(step, cycle, receiver)
    _hand_tasks_on(step, receiver, was, how, restart_clock)
    if note:
        attach(step, note)
    tell_who_waits(step, was, receiver.user)


def _hand_tasks_on(step: Step, receiver: Receiver, was: int | None, how: str, restart_clock: bool) -> None:
    """Put the open tasks of a lead into the hands it went into. Whoever holds a meeting keeps it, unless the lead was theirs too (ROUTE-6);
    a wish to end it falls away: whoever has it now is asked anew."""
    for task in step.open_tasks:
        if task.kind == Task.Kind.REVIEW and task.reason_id:
            step.close_task(task, Task.Outcome.DROPPED)
            continue
        if task.kind == Task.Kind.MEETING:
            if task.owner_id == was and receiver.user and how == Spell.How.REASSIGNED:
                _goes_along(step, task, receiver.user)
            continue
        step.changed_tasks[task.pk] = task
        task.owner, task.team = receiver.user, receiver.team
        if restart_clock and task.kind == Task.Kind.RESPONSE and step.cycle.policy_id:
            length, target = task.limit_at - task.began_at, task.due_at - task.began_at
            task.began_at, task.due_at, task.limit_at = step.at, step.at + target, step.at + length
        policies.hand_on(task, step.at, own=how == Spell.How.SLA)


def tell_who_waits(step: Step, was: int | None, to: User | None) -> None:
    """Let what waits for the word of who had a lead go along with it, or fall away where nobody has it any more."""
    for follow in _waiting:
        follow(step, was, to)


def _expect_a_touch(step: Step, cycle: Cycle, receiver: Receiver) -> None:
    """Set when a pull goes back untouched (ROUTE-5): three working days of who has it now, on the clock of their wall."""
    if cycle.trigger != Trigger.PULL or cycle.first_touch_at is not None:
        return
    since = max(step.at, cycle.assigned_at)
    cycle.return_at = working_days_after(receiver.user, since, deadlines.RETURN_AFTER) if receiver.user else None
    step.cycle_changed = step.cycle_changed or cycle is step.cycle


def _pk(row) -> int | None:
    return row.pk if row else None
