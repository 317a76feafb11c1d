"""Round again: leads given up on by time, and leads that come back by time or because what blocked them is gone (LIFE-6, LIFE-8).

Called by the sweeps (`leads/sweeps.py`), which date each when it was due, and by who releases what a reason held.
"""

from datetime import datetime

from accounts.lines import Lines
from accounts.models import Door, NurtureKind, Reason, Team, User
from accounts.workdays import after_months
from leads import deadlines, dispositions, routing
from leads.lifecycle import Refused, Result, Seen, Step, turn
from leads.models import Lead, LeadStatus, Motion, Outcome, Task, Trigger
from leads.notices import notice
from leads.receiving import Receiver, begin


def abandon_due(step: Step) -> datetime | None:
    """Say when a lead in hand is auto-abandoned, or None while something holds it (LIFE-6, `deadlines.abandon_at`)."""
    if not step.lead.is_open:
        return None
    tasks = [task for task in step.open_tasks if task.cycle_id == step.cycle.pk]
    return deadlines.abandon_at(step.lead, step.cycle, tasks)


def abandon(
    leads, *, at: datetime, door: str = Door.SWEEP, recorded_at: datetime | None = None, skip_locked: bool = False
) -> Result:
    """Auto-abandon what is due, dated when it was due, and tell the owner. Never a person's choice (LIFE-5).

    What a team holds is told to its manager. Refused while it is not due: whoever touched it a moment ago was in time.
    """
    reason, lines = Reason.objects.get(code="auto_abandoned"), Lines()

    def change(step: Step) -> None:
        due = abandon_due(step)
        if due is None or due > at:
            raise Refused("Not due.", "not_due")
        step.at = due
        tell = step.lead.owner or lines.manager(team=step.lead.team_id)
        for row in notice(tell, "auto_abandoned", str(step.cycle.pk), at=due, lead=step.lead.pk):
            step.add(row)
        dispositions.end(step, Outcome.NURTURE, "nurture", reason)

    return turn(leads, change, by=None, at=at, door=door, recorded_at=recorded_at or at, skip_locked=skip_locked)


def come_back(
    leads, *, at: datetime, queue: Team | None = None, door: str = Door.SWEEP, recorded_at: datetime | None = None,
    skip_locked: bool = False,
) -> Result:  # fmt: skip
    """Bring back nurtured leads whose time has come: a kept one to its rep as a new round, any other into the outbound queue.

    Without a `queue` it is the one of the team that had the lead last (`outbound_queue`). Who stands in for an absent keeper
    receives; a keeper who left lets it go to the queue. A customer's, or one in an open opportunity, is looked at again a month later.
    """
    lines, stand_ins = Lines(), routing.StandIns()

    def change(step: Step) -> None:
        lead = step.lead
        if lead.status != LeadStatus.NURTURE or lead.recycle_at is None or lead.recycle_at > at:
            raise Refused("Not due.", "not_due")
        step.at = max(lead.recycle_at, lead.status_since)
        keeper = lead.owner if lead.nurture_kind == NurtureKind.SALES else None
        keeper = stand_ins.of(keeper, step.at) if keeper and not lead.opted_out_at else None
        if keeper is not None:
            for row in notice(keeper, "kept_due", f"{lead.pk}:{step.at.isoformat()}", at=step.at, lead=lead.pk):
                step.add(row)
            begin(step, Receiver(keeper, at, counts_caps=False), Trigger.RECYCLE)
        elif refusal := _stays(step):
            _put_off(step, refusal.code, at)
        elif to := queue or _queue_of(lead, lines):
            _to_queue(step, to)
        else:
            _put_off(step, "no_queue", at)

    return turn(leads, change, by=None, at=at, door=door, recorded_at=recorded_at or at, skip_locked=skip_locked)


def take_up(lead: Lead, seen: Seen, *, by: User, at: datetime, door: str = Door.PAGE) -> Result:
    """Take a kept lead up again once its day has come: the next round begins, in the hands of who kept it (LIFE-8)."""
    if lead.owner_id != by.pk or lead.recycle_at is None or lead.recycle_at > at:
        raise Refused("Its day has not come.", "not_due")
    return come_back([seen], at=at, door=door)


def release(
    reason: Reason, leads=None, *, queue: Team | None = None, by: User, at: datetime, door: str = Door.PAGE
) -> Result:
    """Let leads held for one reason come back because the reason is gone (the feature shipped): into the outbound queue.

    All of them where none are named; `queue` as in `come_back`.
    """
    lines = Lines()
    if leads is None:
        held = Lead.objects.filter(status=LeadStatus.NURTURE, reason=reason, gone_as="")
        leads = held.order_by("pk").values_list("pk", flat=True)

    def change(step: Step) -> None:
        step.may("assign")
        if step.lead.status != LeadStatus.NURTURE or step.lead.reason_id != reason.pk:
            raise Refused(f"{step.lead.name} is not held for “{reason.label}”.", "state")
        if refusal := _stays(step):
            raise refusal
        _to_queue(step, queue or _queue_of(step.lead, lines))

    return turn(leads, change, by=by, at=at, door=door)


def _stays(step: Step) -> Refused | None:
    """Say why a lead is offered to nobody, if so."""
    name = step.lead.name
    if step.lead.opted_out_at:
        return Refused(f"{name} asked us to stop.", "opted_out")
    if step.lead.pk in step.turn.in_open_opportunity:
        return Refused(f"{name} is in an open opportunity.", "open_opportunity")
    if step.account and step.account.relationship == "customer":
        return Refused(f"{name} is a customer's.", "customer")
    return None


def _put_off(step: Step, why: str, at: datetime) -> None:
    """Ask again the same day of a later month, what stands in the way may be gone by then; who opted out is not asked for again."""
    first, months = step.lead.recycle_at, 1
    while (later := after_months(first, months)) <= at:
        months += 1
    step.lead.recycle_at = None if why == "opted_out" else later
    step.record("recycle_put_off", data={"why": why})


def _queue_of(lead: Lead, lines: Lines) -> Team | None:
    """Find the outbound queue of the team that had the lead last: the queue it was pulled from, its owner's line, its holder."""
    cycle = lead.cycle
    pulled_from = cycle.came_team_id if cycle and cycle.trigger == Trigger.PULL else None
    had = (pulled_from, lead.team_id, cycle.team_id if cycle else None, cycle.came_team_id if cycle else None)
    teams = [lines.teams.get(pk) for pk in had]
    return lines.queue(teams[0], lines.team_of(lead.development_owner_id), *teams[1:])


def _to_queue(step: Step, queue: Team | None) -> None:
    lead = step.lead
    # What is recycled into a queue of sellers is sales-led (MOTION-4).
    lead.motion, lead.recycle_at = Motion.SLG, None
    step.record("recycled", data={"team": queue.pk if queue else None})
    step.close_tasks(outcome=Task.Outcome.DONE)
    step.own(None, queue)
