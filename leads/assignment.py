"""Leads into hands: to a person, to oneself, in turn over a team, pulled from a queue; and from one hand to another.

Called by every door and by intake. Each function takes many leads and answers with a Result (`leads/lifecycle.py`).
"""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from accounts.lines import Lines
from accounts.models import Door, Product, Team, User
from accounts.workdays import working_days_after
from leads import deadlines, permissions, policies, routing
from leads.lifecycle import Forbidden, Refused, Result, Seen, Step, turn
from leads.models import Cycle, GoToMarket, Lead, LeadStatus, Motion, Outcome, Spell, Task, Trigger
from leads.notes import attach
from leads.notices import notice

# What makes a round inbound or outbound (LIFE-3); other triggers keep what the lead has.
INBOUND, OUTBOUND = {Trigger.ACTION}, {Trigger.PULL, Trigger.RECYCLE, Trigger.TARGET}


class NotAvailable(Refused):
    """The one who should receive the lead cannot."""


def assign(
    leads, *, to: User | Team, by: User | None, at: datetime, door: str = Door.PAGE, trigger: str = Trigger.MANAGER,
    note: str = "", restart_clock: bool = False, recorded_at: datetime | None = None,
) -> Result:  # fmt: skip
    """Put leads into the hands of a person or a team.

    Raw and nurtured ones begin a round; unqualified ones are reopened (a manager's note, or a hand raise whose reason may return);
    qualified ones come back once no opportunity of theirs is open; a lead in hand changes hands inside its round, its clock running
    on unless it is restarted with a note (ROUTE-6, ROUTE-7). Refused: whoever may not, a receiver switched off or at their cap, an
    opted-out lead unless they raised their hand, a product-led lead for a seller.
    """
    receiver = _Receiver(to, at, counts_caps=by is not None)

    def change(step: Step) -> None:
        step.may(_action(step.lead, to, by, trigger))
        if by is not None and not permissions.may_give_to(by, to):
            raise Forbidden(f"{to} is not yours to give leads to.")
        if step.lead.is_open:
            change_hands(step, receiver, note, restart_clock)
        else:
            begin(step, receiver, trigger, note=note)

    return turn(leads, change, by=by, at=at, door=door, recorded_at=recorded_at)


def route(
    leads, *, by: User | None, at: datetime, door: str = Door.ROUTING, trigger: str = Trigger.SCORE, queue: Team | None = None,
    product: Product | None = None,
) -> Result:  # fmt: skip
    """Put waiting leads into the hands that routing names (ROUTE-1): the sales-ready, by their score.

    `queue` is where those wait that no rule is for. Where nobody of a pool can receive, the pool holds the lead and its manager is
    told at once (ROUTE-3). Refused: a lead in hand.
    """

    def change(step: Step) -> None:
        step.may("assign")
        if step.lead.is_open:
            raise Refused(f"{step.lead.name} is in hand already.", "state")
        begin(step, lambda: routed(step, queue=queue, product=product), trigger)

    return turn(leads, change, by=by, at=at, door=door)


def routed(step: Step, **asked) -> tuple["_Receiver", routing.Decision]:
    """Ask routing for one lead of a turn, and tell whom it concerns where there is no better answer than a queue."""
    decision = routing.of_turn(step.turn, **asked).decide(step.lead.pk)
    lines = step.turn.remember("lines", Lines)
    if decision.tells_revops:
        for person in lines.revops:
            # Once a day: it is the rule that is missing, not the lead.
            key = f"{decision.rule.pk if decision.rule else 0}:{step.at:%Y-%m-%d}"
            step.tell(notice(person, "unrouted", key, at=step.at, lead=step.lead.pk))
    return _receives(step, decision, lines)


def _receives(step: Step, decision: routing.Decision, lines: Lines) -> tuple["_Receiver", routing.Decision]:
    """Return who receives by a decision: the person, else the pool, whose manager is told (ROUTE-3)."""
    if decision.user is None:
        manager = lines.manager(team=decision.pool.pk)
        step.tell(notice(manager, "waits", f"{step.lead.pk}:{step.at.isoformat()}", at=step.at, lead=step.lead.pk))
    counts_caps = decision.path == "explicit"
    return _Receiver(decision.user or decision.pool, step.at, counts_caps), decision


def _action(lead: Lead, to, by, trigger) -> str:
    """Name what is asked for: to oneself only by a pull, or as the one who made the lead."""
    if to == by and not lead.is_open:
        return {Trigger.PULL: "pull", Trigger.OWN: "create"}.get(trigger, "assign")
    return "assign"


class _Receiver:
    """Who receives, and how many more they may."""

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


def begin(step: Step, receiver: "_Receiver | Callable", trigger: str, *, note: str = "") -> None:
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


def begin_inside(step: Step, receiver: _Receiver, trigger: str, transition: str, data: dict) -> None:
    """Begin the next round of a lead whose round just ended in the same transaction: between product and sales."""
    receiver.take_one(step.lead)
    step.begin_cycle(trigger, owner=receiver.user, team=receiver.team)
    step.move(transition, data={"to": _pk(receiver.user), "team": _pk(receiver.team), "trigger": trigger, **data})


def _goes_along(step: Step, task: Task, to: User) -> None:
    for take in _meetings:
        take(step, task, to)


_meetings: list[Callable[[Step, Task, User], None]] = []


def meetings_with(take: Callable[[Step, Task, User], None]) -> None:
    """Say who lets the meeting of a task go along with its lead. Called once, when an app begins."""
    _meetings[:] = [take]


def change_hands(
    step: Step, receiver: _Receiver, note: str = "", restart_clock: bool = False, *, how: str = Spell.How.REASSIGNED,
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
    for task in step.open_tasks:
        if task.kind == Task.Kind.REVIEW and task.reason_id:  # whoever has it now is asked anew
            step.close_task(task, Task.Outcome.DROPPED)
            continue
        if (
            task.kind == Task.Kind.MEETING
        ):  # whoever holds the meeting keeps it, unless the lead was theirs too (ROUTE-6)
            if task.owner_id == was and receiver.user and how == Spell.How.REASSIGNED:
                _goes_along(step, task, receiver.user)
            continue
        step.changed_tasks[task.pk] = task
        task.owner, task.team = receiver.user, receiver.team
        if restart_clock and task.kind == Task.Kind.RESPONSE and cycle.policy_id:
            length, target = task.limit_at - task.began_at, task.due_at - task.began_at
            task.began_at, task.due_at, task.limit_at = step.at, step.at + target, step.at + length
        policies.hand_on(task, step.at, own=how == Spell.How.SLA)
    if note:
        attach(step, note)


def _expect_a_touch(step: Step, cycle: Cycle, receiver: _Receiver) -> None:
    """Set when a pull goes back untouched (ROUTE-5): three working days of who has it now, on the clock of their wall."""
    if cycle.trigger != Trigger.PULL or cycle.first_touch_at is not None:
        return
    since = max(step.at, cycle.assigned_at)
    cycle.return_at = working_days_after(receiver.user, since, deadlines.RETURN_AFTER) if receiver.user else None
    step.cycle_changed = step.cycle_changed or cycle is step.cycle


def share_out(
    leads, *, team: Team, by: User | None, at: datetime, door: str = Door.PAGE, trigger: str = Trigger.ROUND_ROBIN, note: str = "",
    restart_clock: bool = False,
) -> Result:  # fmt: skip
    """Give leads in turn to the members of a team, by weight and within their caps; where nobody can, the team holds them (ROUTE-3).

    The team's row is locked meanwhile, so that two who share out at once stay within one of the shares. A lead in hand goes to
    somebody else of the team. Costs what assigning to a person costs, and eight queries.
    """

    def change(step: Step) -> None:
        lead = step.lead
        step.may("assign")
        if by is not None and not permissions.may_give_to(by, team):
            raise Forbidden(f"{team} is not yours to give leads to.")
        if lead.opted_out_at:
            raise Refused(f"{lead.name} asked us to stop.", "opted_out")

        def next_one():
            # The leads are locked by now; the team's row comes after them, as everywhere.
            router = routing.holding(step.turn, [team])
            decision = router.in_turn(team, exclude=[lead.owner_id] if lead.is_open else ())
            return _receives(step, decision, step.turn.remember("lines", Lines))

        if lead.is_open:
            receiver, decision = next_one()
            change_hands(step, receiver, note, restart_clock, pool=team, data={"route": decision.trace()})
        else:
            begin(step, next_one, trigger, note=note)

    return turn(leads, change, by=by, at=at, door=door)


def hand_out(leads, *, at: datetime, recorded_at: datetime | None = None) -> Result:
    """Give what a pool holds, because nobody could receive it, to whoever can now (ROUTE-3). Called by the sweep."""

    def change(step: Step) -> None:
        if step.lead.status != LeadStatus.ASSIGNED or step.lead.team is None:
            raise Refused("No pool holds it.", "state")
        router = routing.holding(step.turn, [s.lead.team for s in step.turn.steps if s.lead.team_id])
        decision = router.in_turn(step.lead.team)
        if decision.user is None:
            raise Refused("Nobody there can receive it.", "nobody")
        receiver = _Receiver(decision.user, step.at, counts_caps=False)
        change_hands(step, receiver, pool=step.lead.team, data={"route": decision.trace()})

    return turn(leads, change, by=None, at=at, door=Door.SWEEP, recorded_at=recorded_at or at, skip_locked=True)


def pull(team: Team, *, by: User, at: datetime, number: int = 1, door: str = Door.PAGE) -> Result:
    """Take the next leads of a queue into one's own hands, oldest first (ROUTE-5).

    Two who pull at once never get the same lead: what another transaction holds is passed over. The pull stamps the assigned date.
    Pulls obey the order of routing: a lead whose company or person is somebody's goes to that one, and the next is pulled instead
    (ROUTE-1). An empty result means an empty queue. Raises NotAvailable at the cap or when absent from the queue's team.
    """
    if (room := routing.room_of(by, at)) is not None and room < number:
        raise NotAvailable("You are at your cap. Work or end one first.", "cap")
    with transaction.atomic():
        ids = next_in_queue(team, number)
        while ids and _to_holders(ids, by, at):
            ids = next_in_queue(team, number)
        return assign([Seen(pk) for pk in ids], to=by, by=by, at=at, door=door, trigger=Trigger.PULL)


def _to_holders(ids: list[int], by: User, at: datetime) -> int:
    """Give those of these leads that are somebody else's by ROUTE-1 to that one, and say how many went. Five queries if none does."""
    leads = Lead.objects.filter(pk__in=ids).select_related("cycle", "account", "team")
    router = routing.Router({lead.pk: routing.ask_of(lead, lead.account, at) for lead in leads}, at, named_only=True)
    theirs = {pk: found for pk in ids if (found := router.holder(pk)).user not in (None, by)}

    def change(step: Step) -> None:
        step.may("assign")
        found = theirs[step.lead.pk]
        begin(step, lambda: (_Receiver(found.user, at, counts_caps=False), found), Trigger.ROUTE)

    return len(turn([Seen(pk) for pk in theirs], change, by=None, at=at, door=Door.ROUTING).done) if theirs else 0


def next_in_queue(team: Team, number: int) -> list[int]:
    """Lock and name the next leads of a queue that nobody else is taking. One query, by `lead_in_queue`."""
    waiting = Lead.objects.filter(
        team=team, status__in=LeadStatus.WAITING, motion=Motion.SLG, gone_as="", opted_out_at__isnull=True
    )
    return list(
        waiting.order_by("id").select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)[:number]
    )


def give_back(leads, *, by: User | None, at: datetime, door: str = Door.PAGE) -> Result:
    """Return a pull untouched: the lead is again what and where it was before, the round ends *returned*."""

    def change(step: Step) -> None:
        step.may("give_back")
        _return(step)

    return turn(leads, change, by=by, at=at, door=door)


def give_back_untouched(
    leads, *, at: datetime, recorded_at: datetime | None = None, skip_locked: bool = False
) -> Result:
    """Return the pulls that nobody touched for three working days (ROUTE-5), dated when that was, and tell who had them.

    Called by the sweep. Refused while it is not due, or an answer of theirs waits in it, or an exception stands.
    """

    def change(step: Step) -> None:
        cycle = step.cycle
        if step.lead.status != LeadStatus.ASSIGNED or cycle.return_at is None or cycle.return_at > at:
            raise Refused("Not due.", "not_due")
        if any(map(deadlines.holds, step.open_tasks)):
            raise Refused("Something of theirs waits for an answer.", "held")
        step.at = max(filter(None, (cycle.return_at, cycle.freed_at)))
        for row in notice(step.lead.owner, "returned", str(cycle.pk), at=step.at, lead=step.lead.pk):
            step.add(row)
        _return(step)

    return turn(leads, change, by=None, at=at, door=Door.SWEEP, recorded_at=recorded_at or at, skip_locked=skip_locked)


def _return(step: Step) -> None:
    lead, cycle = step.lead, step.cycle
    if lead.status != LeadStatus.ASSIGNED or cycle.touches:
        raise Refused("Only what nobody has touched goes back to the queue.", "touched")
    if cycle.came_from not in LeadStatus.WAITING:
        raise Refused("This lead came from no queue.", "no_queue")
    step.end_cycle(Outcome.RETURNED)
    nurture = cycle.came_from == LeadStatus.NURTURE
    step.move(
        "give_back_nurture" if nurture else "give_back_raw",
        reason=cycle.came_reason,
        data={"to_team": cycle.came_team_id},
    )
    if nurture:
        lead.nurture_kind, lead.recycle_at = cycle.came_kind, cycle.came_recycle_at
    step.own(None, cycle.came_team)


def enqueue(leads, *, team: Team | None, by: User | None, at: datetime, door: str = Door.PAGE) -> Result:
    """Put waiting leads into a team's queue, or out of any."""

    def change(step: Step) -> None:
        step.may("assign")
        if step.lead.status not in LeadStatus.WAITING:
            raise Refused(
                f"{step.lead.name} is {step.lead.state_label}; only raw and nurtured leads wait in a queue.", "state"
            )
        if team and step.lead.opted_out_at:
            raise Refused(f"{step.lead.name} asked us to stop and waits in no queue.", "opted_out")
        if team and step.lead.team_id == team.pk:
            raise Refused(f"{step.lead.name} waits in the queue of {team} already.", "already")
        step.record("owner", data={"from_team": step.lead.team_id, "team": _pk(team)})
        step.own(None, team)

    return turn(leads, change, by=by, at=at, door=door)


def _pk(row) -> int | None:
    return row.pk if row else None
