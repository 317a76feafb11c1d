"""What they do: hand raises and answers (IN-2). A hand raise reaches a person at once, whatever state the lead is in.

Called by intake, the form, *they asked for us*, and mail.
"""

from datetime import UTC, datetime, timedelta

from accounts.models import Door, NurtureKind, Team, User
from accounts.permissions import manager_of
from leads import routing
from leads.assignment import _Receiver, begin
from leads.lifecycle import Refused, Result, Step, turn
from leads.models import LeadStatus, Motion, Signal, Task, Trigger

BACK_WITHIN = timedelta(days=90)


def raise_hand(
    leads, *, what: str, by: User | None, at: datetime, words: str = "", to: User | None = None, pool: Team | None = None,
    when: datetime | None = None, source=None, campaign=None, signal: bool = True, door: str = Door.PAGE,
) -> Result:  # fmt: skip
    """Note that people ask for us (demo, chat, call, walk-in, ...), and see to it that somebody answers.

    With an open round: a response clock of its own, on top of the queue. Else a round begins by *action*: with `to`, who keeps the
    lead, who last worked it within 90 days, or in turn over `pool`; where nobody can, the pool holds it. A lead that may not return,
    or is in an open opportunity, becomes a task for the manager or the opportunity's owner under the same limits. `signal=False`
    when intake has written the signal already. The same hand raise told twice is refused and changes nothing.
    """
    when = (when or at).astimezone(UTC)
    chooser = _Chooser(to, pool, at)

    def change(step: Step) -> None:
        step.may("hand_raise")
        lead = step.lead
        if signal:
            _note_signal(step, Signal.Kind.HAND_RAISE, what, words, when, source, campaign)
        lead.last_activity_at = max(when, lead.last_activity_at or when)
        if lead.is_open:
            _clock(step, Task.Kind.HAND_RAISE, what, lead.owner, lead.team, when)
        elif lead.status == LeadStatus.QUALIFIED and lead.pk in step.turn.in_open_opportunity:
            _clock(step, Task.Kind.HAND_RAISE, what, lead.opportunity_owner or lead.owner, None, when)
        elif (lead.status == LeadStatus.UNQUALIFIED and not lead.reason.may_return) or lead.motion == Motion.PLG:
            _clock(step, Task.Kind.REVIEW, what, chooser.manager_of(lead), None, when)
        else:
            begin(step, chooser.receiver(lead), Trigger.ACTION, pool=chooser.pool_used)

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
            _clock(step, Task.Kind.REPLY, "answered", lead.owner, lead.team, when)
        elif lead.status == LeadStatus.NURTURE:
            chooser = _Chooser(None, None, at)
            begin(step, chooser.receiver(lead), Trigger.ACTION, pool=chooser.pool_used)

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
    policy = step.turn.policy(when)
    target = when + timedelta(minutes=policy.target_minutes if policy else 120)
    limit = when + timedelta(minutes=policy.limit_minutes if policy else 1440)
    step.add(
        Task(kind=kind, lead=step.lead, cycle=step.cycle if step.lead.is_open else None, owner=owner, team=team, what=what[:200],
             began_at=when, due_at=target, limit_at=limit, sweep_at=target - timedelta(minutes=15)),
        "task",
    )  # fmt: skip


class _Chooser:
    """Who receives someone who asks for us, until routing rules say more."""

    def __init__(self, to: User | None, pool: Team | None, at: datetime):
        self.to, self.pool, self.at, self.pool_used = to, pool, at, None

    def receiver(self, lead) -> _Receiver:
        if self.to:
            return _Receiver(self.to, self.at)
        keeper = lead.owner if lead.nurture_kind == NurtureKind.SALES else None
        last = (
            lead.cycle.owner
            if lead.cycle and lead.cycle.ended_at and self.at - lead.cycle.ended_at <= BACK_WITHIN
            else None
        )
        for person in (keeper, last):
            if person and person.is_active and not routing.is_away(person, self.at):
                return _Receiver(person, self.at, counts_caps=False)
        pool = lead.team or self.pool or Team.objects.filter(kind=Team.Kind.POOL, is_active=True).order_by("pk").first()
        if pool is None:
            raise Refused("No pool receives who asks for us. RevOps makes one.", "no_pool")
        self.pool_used = pool = Team.objects.select_for_update(no_key=True).get(pk=pool.pk)
        turns = routing.share(routing.places(pool, self.at), 1)
        return _Receiver(User.objects.get(pk=turns[0]) if turns[0] else pool, self.at, counts_caps=False)

    def manager_of(self, lead) -> User | None:
        """The manager of who had the lead last; else of the pool; else RevOps."""
        if lead.development_owner is None and self.pool and self.pool.manager:
            return self.pool.manager
        return manager_of(lead.development_owner)
