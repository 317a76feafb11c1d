"""Opt-out (LIFE-11): what a person asked us not to do, per channel or for all. Heeded by queues, touches, recycling and audiences."""

from collections.abc import Callable
from datetime import datetime

from accounts.models import Door, Message, Reason, User
from leads import receiving
from leads.lifecycle import Refused, Result, Step, turn
from leads.models import Channel, Lead, Outcome, Task
from leads.notes import attach

_above: list[Callable[[Step], None]] = []


def also(tell: Callable[[Step], None]) -> None:
    """Say who above leads hears of a person who asked us to stop on every channel, within the turn that notes it. Called once, when an app
    begins."""
    _above[:] = [tell]


def opt_out(leads, *, by: User | None, at: datetime, channels=(), door: str = Door.PAGE) -> Result:
    """Note that people asked us to stop: on these channels, or on all when none is named.

    For all, an open round ends *opted out*, they wait in no queue and come back by nothing but their own request; without an open
    round it is a flag and the state stays. A meeting that is ahead stands: who holds it is told, and calls it off or asks.
    """
    channels = sorted(set(channels))
    if unknown := set(channels) - set(Channel.values):
        raise Refused(f"No such channel: {', '.join(sorted(unknown))}.", "choice")
    reason = Reason.objects.get(code="opted_out")

    def change(step: Step) -> None:
        step.may("opt_out")
        lead = step.lead
        if channels:
            new = sorted(set(lead.opted_out_channels) | set(channels))
            if new == lead.opted_out_channels:
                raise Refused("That is noted already.", "already")
            step.record("opt_out", data={"channels": channels})
            Lead.objects.filter(pk=lead.pk).update(opted_out_channels=new)
            lead.opted_out_channels = new
            return
        if lead.opted_out_at:
            raise Refused("That is noted already.", "already")
        for tell in _above:
            tell(step)
        lead.opted_out_at = step.at
        step.record("opt_out", data={"channels": "all"})
        if lead.is_open:
            step.end_cycle(Outcome.OPTED_OUT, reason=reason)
            step.move("opt_out", reason=reason)
            step.own(None, None)
            receiving.tell_who_waits(step, step.was_owner_id, None)
        else:
            lead.recycle_at = None
            step.close_tasks(outcome=Task.Outcome.DROPPED)
            if lead.team_id:
                step.own(None, None)

    return turn(leads, change, by=by, at=at, door=door)


def clear(leads, *, by: User, at: datetime, proof: str, door: str = Door.PAGE) -> Result:
    """Take an opt-out off again, with the proof that they asked for it. By RevOps."""
    if not proof.strip():
        raise Refused("Write what proves that they want to hear from us again.", "proof")

    def change(step: Step) -> None:
        step.may("clear_opt_out")
        if not step.lead.opted_out_at and not step.lead.opted_out_channels:
            raise Refused("There is no opt-out to clear.", "state")
        attach(step, proof)
        step.lead.opted_out_at = None
        Lead.objects.filter(pk=step.lead.pk).update(opted_out_channels=[])
        step.lead.opted_out_channels = []
        step.record("opt_in")

    return turn(leads, change, by=by, at=at, door=door)


def may_still_mail(message: Message) -> bool:
    """Say whether a mail may leave the house, and hold the lead until it has: an opt-out comes before it, or after. One query.

    Asked by the outbox within its transaction (`accounts/messages.py`).
    """
    if message.lead_id is None:
        return True
    lead = Lead.objects.select_for_update(no_key=True).filter(pk=message.lead_id, gone_as="").first()
    return lead is not None and not lead.opted_out_at and Channel.EMAIL not in lead.opted_out_channels
