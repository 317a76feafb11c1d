"""The sweeps of meetings, hand-offs and opportunities: each finds what is due by a stored deadline and lets the process that owns the rule
do it. Listed in `leadops/schedules.py`; how one is added says docs/sweeps.md."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import Door, Opportunity
from accounts.sweeping import Sweep
from leads.lifecycle import Refused
from leads.models import Task
from meetings import closing, duty, silence
from meetings.models import HandOff, Meeting

SOON, HOURLY = timedelta(minutes=5), timedelta(hours=1)


def without_a_word(at: datetime) -> QuerySet:
    """Meetings of which something must be said: at their end, 24 and 48 hours from their start, by `meeting_to_sweep`."""
    return Meeting.objects.filter(sweep_at__lte=at).order_by("sweep_at", "pk").values_list("pk", flat=True)


def duties_over(at: datetime) -> QuerySet:
    """Leads whose time to find a new time is over, by `task_duty_due`, unless an exception stands (MEET-6)."""
    granted = Task.objects.filter(
        lead=OuterRef("lead"), kind=Task.Kind.EXCEPTION, done_at__isnull=True, accepted_at__isnull=False
    )
    due = Task.objects.filter(kind=Task.Kind.RESCHEDULE, done_at__isnull=True, sweep_at__lte=at, lead__gone_as="")
    return due.filter(~Exists(granted)).order_by("sweep_at", "pk").values_list("lead_id", flat=True)


def run_out(leads: list[int], at: datetime, recorded_at: datetime) -> int:
    return len(duty.run_out(leads, at=at, recorded_at=recorded_at, skip_locked=True).done)


def hand_offs_waiting(at: datetime) -> QuerySet:
    """Hand-offs not accepted in 24 hours, by `handoff_to_sweep` (SLA-6)."""
    return HandOff.objects.filter(outcome="", sweep_at__lte=at).order_by("sweep_at", "pk").values_list("pk", flat=True)


def close_given_up(keys: list[int], at: datetime, recorded_at: datetime) -> int:
    """Close what nobody means any more. One by one: few at a time ever are, and each holds its own opportunity."""
    done = 0
    for pk in keys:
        try:
            closing.close_not_qualified(Opportunity(pk=pk), by=None, at=at, door=Door.SWEEP)
        except Refused:
            continue  # somebody was faster
        done += 1
    return done


def contracts_ending(at: datetime) -> QuerySet:
    """Contracts that end in 120 days, by `opportunity_to_renew` (ACC-11)."""
    return (
        Opportunity.objects.filter(renew_at__lte=at, gone_as="").order_by("renew_at", "pk").values_list("pk", flat=True)
    )


MEETINGS = Sweep("meetings", SOON, without_a_word, silence.speak_of_meetings)
NO_SHOWS = Sweep("no-shows", SOON, duties_over, run_out)
HAND_OFFS = Sweep("hand-offs", SOON, hand_offs_waiting, silence.speak_of_hand_offs)
GIVEN_UP = Sweep("not-qualified", HOURLY, closing.given_up, close_given_up, batch=50)
CONTRACTS = Sweep("contracts", HOURLY, contracts_ending, silence.speak_of_contracts)

# What ends a round before what follows from its end.
SWEEPS = [MEETINGS, NO_SHOWS, HAND_OFFS, GIVEN_UP, CONTRACTS]
