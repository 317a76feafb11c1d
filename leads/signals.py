"""What they do: hand raises and answers (IN-2). A hand raise reaches a person at once, whatever state the lead is in.

Called by intake, the form, *they asked for us*, and mail.
"""

from datetime import UTC, datetime, timedelta

from accounts.models import Door, Product, Team, User
from accounts.permissions import manager_of
from leads import policies, touches
from leads.assignment import routed
from leads.lifecycle import Refused, Result, Step, turn
from leads.models import LeadStatus, Motion, Signal, Task, Trigger
from leads.notices import notice
from leads.receiving import begin


def raise_hand(
    leads, *, what: str, by: User | None, at: datetime, words: str = "", to: User | None = None, pool: Team | None = None,
    product: Product | None = None, when: datetime | None = None, source=None, campaign=None, signal: bool = True,
    door: str = Door.PAGE,
) -> Result:  # fmt: skip
    """Note that people ask for us (demo, chat, call, walk-in, ...), and see to it that somebody answers.

    With an open round: a response clock of its own, on top of the queue. Else a round begins by *action*, and routing says whose
    (ROUTE-1): `to` is an explicit owner, `pool` the queue where no rule says more. A lead that may not return, or is in an open
    opportunity, becomes a task for the manager or the opportunity's owner under the same limits. `signal=False`
    when intake has written the signal already. The same hand raise told twice is refused and changes nothing.
    """
    when = (when or at).astimezone(UTC)

    def change(step: Step) -> None:
        step.may("hand_raise")
        lead = step.lead
        if signal:
            _note_signal(step, Signal.Kind.HAND_RAISE, what, words, when, source, campaign)
        lead.last_activity_at = max(when, lead.last_activity_at or when)
        if lead.is_open:
            touches.end_duty(step, when)
            _clock(step, Task.Kind.HAND_RAISE, what, lead.owner, lead.team, when)
        elif lead.status == LeadStatus.QUALIFIED and lead.pk in step.turn.in_open_opportunity:
            _clock(step, Task.Kind.HAND_RAISE, what, lead.opportunity_owner or lead.owner, None, when)
        elif (lead.status == LeadStatus.UNQUALIFIED and not lead.reason.may_return) or lead.motion == Motion.PLG:
            _clock(step, Task.Kind.REVIEW, what, _manager_of(lead, pool), None, when)
        else:
            begin(
                step, lambda: routed(step, is_hand_raise=True, explicit=to, queue=pool, product=product), Trigger.ACTION
            )

    return turn(leads, change, by=by, at=at, door=door)


def reply(
    leads, *, words: str, by: User | None, at: datetime, when: datetime | None = None, door: str = Door.API
) -> Result:
    """Note that people answered: a hand raise for a nurtured lead, a thing to answer for one in hand."""
    when = (when or at).astimezone(UTC)

    def change(step: Step) -> None:
        _note_signal(step, Signal.Kind.REPLY, "reply", words, when, None, None)
        lead = step.lead
        lead.last_activity_at = max(when, lead.last_activity_at or when)
        if lead.is_open:
            touches.end_duty(step, when)
            _clock(step, Task.Kind.REPLY, "answered", lead.owner, lead.team, when)
        elif lead.status == LeadStatus.NURTURE:
            begin(step, lambda: routed(step, is_hand_raise=True), Trigger.ACTION)

    return turn(leads, change, by=by, at=at, door=door)


def _note_signal(step: Step, kind: str, what: str, words: str, when: datetime, source, campaign) -> None:
    key = f"{kind}|{what}|{when.isoformat()}"[:200]
    if Signal.objects.filter(lead=step.lead, key=key).exists():
        raise Refused("We know that already; nothing changed.", "unchanged")
    row = step.add(
        Signal(lead=step.lead, kind=kind, key=key, what=what[:80], words=words.strip(), source=source, campaign=campaign, by=step.by,
               at=when, recorded_at=step.turn.recorded_at),
        "signal",
    )  # fmt: skip
    step.record("signal", at=when, data={"signal": row, "kind": kind})


def _clock(step: Step, kind: str, what: str, owner: User | None, team: Team | None, when: datetime) -> None:
    policy = step.turn.policy(step, when)
    target = when + timedelta(minutes=policy.target_minutes if policy else 120)
    limit = when + timedelta(minutes=policy.limit_minutes if policy else 1440)
    cycle = step.cycle if step.lead.is_open else None
    task = Task(kind=kind, lead=step.lead, cycle=cycle, owner=owner, team=team, what=what[:200], began_at=when, due_at=target,
                limit_at=limit)  # fmt: skip
    step.add(policies.start(task), "task")
    if owner is not None and owner != step.by and kind != Task.Kind.REVIEW:
        for row in notice(owner, kind, f"{step.lead.pk}:{when.isoformat()}", at=step.at, lead=step.lead.pk):
            step.add(row)


def _manager_of(lead, pool: Team | None) -> User | None:
    """The manager of who had the lead last; else of the pool; else RevOps."""
    if lead.development_owner is None and pool and pool.manager:
        return pool.manager
    return manager_of(lead.development_owner)
