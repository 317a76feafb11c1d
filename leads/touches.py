"""Touches: what a person did to reach a lead, and what it changes. Called by the queue, the lead page, the API and mail.

The first touch that counts starts the work (assigned -> working) and stops the response clock; no edit, note or plan does (spec 1).
"""

from datetime import UTC, datetime, timedelta

from accounts.models import Door, Event, User
from leads.lifecycle import UNDO, Refused, Result, Step, turn
from leads.models import Channel, LeadStatus, Motion, Signal, Task, Touch, TouchOutcome
from leads.notes import attach, plan

BACKDATED = timedelta(hours=24)
LIVE = timedelta(minutes=1)  # longer than anybody waits for a lock
ANSWERED = (Task.Kind.HAND_RAISE, Task.Kind.REPLY)


def log(
    leads, *, channel: str, outcome: str, by: User | None, at: datetime, occurred_at: datetime | None = None, note: str = "",
    is_automated: bool = False, next_at: datetime | None = None, next_channel: str = "", next_what: str = "", door: str = Door.PAGE,
) -> Result:  # fmt: skip
    """Record that someone reached out, when it happened, and what came of it.

    The owner's touch counts for lead and owner; a manager's, a colleague's or a former owner's for the lead alone. Before the round
    began, it stands on the timeline and counts for nothing. An automated one never works a lead nor stops a clock (SLA-5). A touch
    logged later for an earlier moment never moves the first one. `next_at` plans the next step. Refused: in the future, to a
    product-led lead, to someone who asked us not to on this channel (their own later request may be answered).
    """
    if channel not in Channel.values or outcome not in TouchOutcome.values:
        raise Refused("Choose a channel and an outcome.", "choice")
    when = (occurred_at or at).astimezone(UTC)
    if when > at:
        raise Refused("That is in the future. A touch is logged once it happened.", "future")

    def change(step: Step) -> None:
        if not is_automated:
            step.may("touch")
        _consent(step, channel)
        reach(step, channel, outcome, when=when if occurred_at else None, is_automated=is_automated, note=note)
        if next_at and step.lead.is_open:
            plan(step, next_at, next_channel, next_what)

    return turn(leads, change, by=by, at=at, door=door)


def reach(
    step: Step, channel: str, outcome: str, *, by: User | None = None, when: datetime | None = None, is_automated: bool = False,
    note: str = "", **data,
) -> Touch:  # fmt: skip
    """Let one touch count within a turn: of who acts, or of `by`. Also a meeting that was booked with them, or held: each is one; `data`
    stands on record beside it.

    Who may, and whether they asked us not to, is the caller's to ask.
    """
    lead, person = step.lead, by or step.by
    moment = when or _in_order(step, step.at)
    cycle = step.cycle if lead.is_open and moment >= step.cycle.assigned_at else None
    is_owners = person is not None and person.pk == lead.owner_id
    touch = Touch(
        lead=lead, cycle=cycle, by=person, channel=channel, outcome=outcome, occurred_at=moment,
        recorded_at=max(step.turn.recorded_at, moment), is_automated=is_automated, is_owners=is_owners,
    )  # fmt: skip
    if note.strip():
        touch.note = attach(step, note)
    step.add(touch, "touch")
    lead.last_activity_at = max(moment, lead.last_activity_at or moment)
    step.record(
        "touch", at=moment, data={"touch": touch, "channel": channel, "outcome": outcome, "auto": is_automated,
                                "late": step.at - moment > BACKDATED, "owners": is_owners} | data,
    )  # fmt: skip
    if cycle and not is_automated:
        _count(step, moment, outcome, person)
    elif not is_automated and cycle is None:
        _answer(step, moment)
    return touch


def _in_order(step: Step, when: datetime) -> datetime:
    """Return when a touch that is logged as it happens counts as made: after a limit that a sweep acted on while it waited for the lead.

    So a lead is touched in time or escalated, never both (SLA-3). One query, and only in the minute before a limit.
    """
    near = [t.limit_at for t in step.open_tasks if t.limit_at and when <= t.limit_at <= when + LIVE]
    if not near or step.cycle is None:
        return when
    passed = Event.objects.filter(lead_id=step.lead.pk, kind="breach", cycle_id=step.cycle.pk, at__gte=when)
    last = passed.order_by("-recorded_at").values_list("recorded_at", flat=True).first()
    return max(when, last + timedelta(microseconds=1)) if last else when


def _consent(step: Step, channel: str) -> None:
    lead = step.lead
    if not lead.opted_out_at and channel not in lead.opted_out_channels:
        return
    since = lead.opted_out_at
    asked_again = any(t.kind == Task.Kind.HAND_RAISE for t in step.open_tasks) or (
        since is not None and Signal.objects.filter(lead=lead, kind=Signal.Kind.HAND_RAISE, at__gt=since).exists()
    )
    if asked_again:
        return
    if lead.opted_out_at:
        raise Refused(f"{lead.name} asked us to stop on every channel.", "opted_out")
    label = Channel(channel).label.lower()
    raise Refused(f"{lead.name} asked us not to use this channel: {label}. Others are still allowed.", "opted_out")


def _answer(step: Step, when: datetime) -> None:
    """Let a touch outside a round answer whoever asked for us between rounds, or while in a sale."""
    for task in step.open_tasks:
        if task.kind in ANSWERED and task.began_at <= when:
            step.close_task(task, Task.Outcome.DONE, when)


def _count(step: Step, when: datetime, outcome: str, by: User | None) -> None:
    """Let a person's touch count: stamps, state, clocks."""
    lead, cycle = step.lead, step.cycle
    cycle.touches += 1
    cycle.last_touch_at = max(when, cycle.last_touch_at or when)
    if outcome not in TouchOutcome.UNANSWERED and cycle.connected_at is None:
        cycle.connected_at = when
    if cycle.first_touch_at is None:
        cycle.first_touch_at, cycle.first_touch_by = when, by
        step.close_tasks(Task.Kind.RESPONSE, outcome=Task.Outcome.DONE, at=when)
        if lead.status == LeadStatus.ASSIGNED and lead.motion == Motion.SLG:
            cycle.working_at = max(when, lead.status_since)
            step.move("start", at=when)
    step.close_tasks(Task.Kind.HAND_RAISE, Task.Kind.REPLY, outcome=Task.Outcome.DONE, at=when)
    if outcome not in TouchOutcome.UNANSWERED:
        end_duty(step, when)
    for task in step.open_tasks:
        # What was due for this lead is what was just done; a later plan of another channel stands.
        if task.kind == Task.Kind.FOLLOW_UP and task.began_at <= when:
            step.close_task(task, Task.Outcome.DONE, when)
    step.cycle_changed = True


def end_duty(step: Step, when: datetime) -> None:
    """An answer ends the duty to find a new time after a no-show (MEET-6): what comes next is a follow-up like any other."""
    for task in step.open_tasks:
        if task.kind == Task.Kind.RESCHEDULE and task.began_at <= when:
            step.close_task(task, Task.Outcome.DONE, when)


def withdraw(touch: Touch, *, by: User, at: datetime, door: str = Door.PAGE) -> Result:
    """Take a touch back within 60 seconds (WORK-2): both facts stay on record.

    If it was the first, its stamps are cleared, the clock runs again from where it was, and the lead is assigned as before.
    """

    def change(step: Step) -> None:
        step.may("withdraw")
        current = Touch.objects.select_for_update(no_key=True).get(pk=touch.pk)
        if current.withdrawn_at is not None:
            raise Refused("It is already taken back.", "already")
        if current.by_id != by.pk:
            raise Refused("Only who logged a touch takes it back.", "not_yours")
        if at - current.recorded_at > UNDO:
            raise Refused("Too late to undo; log what is right as a new touch.", "too_late")
        if current.cycle_id and (current.cycle_id != step.lead.cycle_id or not step.lead.is_open):
            raise Refused("The round ended since. Take its end back first.", "ended")
        Touch.objects.filter(pk=touch.pk, withdrawn_at__isnull=True).update(withdrawn_at=at)
        step.record("touch_withdrawn", data={"touch": touch.pk})
        if current.cycle_id and not current.is_automated:
            _uncount(step, current)
        elif not current.is_automated:
            for task in Task.objects.filter(lead=step.lead, kind__in=ANSWERED, done_at=current.occurred_at):
                task.done_at, task.outcome = None, ""
                step.changed_tasks[task.pk] = task

    return turn([touch.lead_id], change, by=by, at=at, door=door)


def _uncount(step: Step, touch: Touch) -> None:
    cycle = step.cycle
    rest = Touch.objects.filter(cycle=cycle, withdrawn_at__isnull=True, is_automated=False).order_by(
        "occurred_at", "pk"
    )
    rest = list(rest.exclude(pk=touch.pk).select_related("by"))
    cycle.touches = len(rest)
    cycle.last_touch_at = max((t.occurred_at for t in rest), default=None)
    cycle.connected_at = next((t.occurred_at for t in rest if t.outcome not in TouchOutcome.UNANSWERED), None)
    step.cycle_changed = True
    for task in Task.objects.filter(lead=step.lead, cycle=cycle, done_at=touch.occurred_at, outcome=Task.Outcome.DONE):
        if task.kind != Task.Kind.RESPONSE or not rest:
            task.done_at, task.outcome = None, ""
            step.changed_tasks[task.pk] = task
    for task in step.open_tasks:
        if (
            task.kind == Task.Kind.FOLLOW_UP
            and task.created_by_id == touch.by_id
            and task.began_at == touch.recorded_at
        ):
            step.close_task(task, Task.Outcome.DROPPED)
    if not rest:
        cycle.first_touch_at = cycle.first_touch_by = None
        if step.lead.status == LeadStatus.WORKING and step.lead.motion == Motion.SLG:
            cycle.working_at = None
            step.move("withdraw", data={"touch": touch.pk})
    elif cycle.first_touch_at == touch.occurred_at:
        cycle.first_touch_at, cycle.first_touch_by = rest[0].occurred_at, rest[0].by
