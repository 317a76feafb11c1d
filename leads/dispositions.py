"""How a round ends: now, not now, never; and how an end is taken back. Called by every door, by meetings, and by the sweeps.

Every end has a reason from RevOps' list (LIFE-4). Nobody ends an untouched round without a pre-qualification reason.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from accounts.models import Disposition, Door, NurtureKind, Opportunity, Reason, Role, User
from accounts.workdays import after_months
from leads import mass_guard
from leads.lifecycle import Refused, Result, Step, turn
from leads.models import ContactRole, LeadStatus, Outcome, Spell, Task
from leads.notes import attach
from leads.permissions import possessive
from leads.step import size_of

TAKE_BACK, LATER = timedelta(hours=24), (Role.MANAGER, Role.REVOPS)  # who may take back later


def nurture(
    leads, *, reason: Reason, by: User | None, at: datetime, note: str = "", size: str = "", door: str = Door.PAGE
) -> Result:
    """End rounds *not now*. The lead goes to marketing, and comes back when its reason says so."""
    _fits(reason, Disposition.NURTURE, by, size)

    def change(step: Step) -> None:
        step.may("nurture")
        if reason.nurture_kind == NurtureKind.SALES:
            raise Refused("To keep a lead yourself, say until when.", "keep")
        end(step, Outcome.NURTURE, "nurture", reason, note, size)

    return turn(leads, change, by=by, at=at, door=door)


def unqualify(leads, *, reason: Reason, by: User | None, at: datetime, note: str = "", door: str = Door.PAGE) -> Result:
    """End rounds *never*."""
    _fits(reason, Disposition.UNQUALIFIED, by)

    def change(step: Step) -> None:
        step.may("unqualify")
        end(step, Outcome.UNQUALIFIED, "unqualify", reason, note)

    return turn(leads, change, by=by, at=at, door=door)


def _fits(reason: Reason, disposition: str, by: User | None, size: str = "") -> None:
    if reason.disposition != disposition:
        raise Refused(f"“{reason.label}” is no reason for this.", "reason")
    if by is not None and (reason.is_system or not reason.is_active):
        raise Refused(f"“{reason.label}” is not for people to choose.", "reason")
    if by is not None:
        size_of(reason, size)


def end(
    step: Step,
    outcome: str,
    transition: str,
    reason: Reason,
    note: str = "",
    size: str = "",
    keeper: User | None = None,
) -> None:
    """End a round within a turn, by a person or by time: not while a meeting is ahead, an untouched one only for a reason that allows it,
    and not too many of them unseen. It goes to nobody, or stays with its keeper."""
    lead, cycle = step.lead, step.cycle
    if not lead.is_open:
        raise Refused(f"{lead.name} is {lead.state_label}; only a lead in hand is ended.", "state")
    refuse_while_met(step)
    untouched = lead.status == LeadStatus.ASSIGNED and cycle.touches == 0
    if untouched and step.by is not None and not reason.is_prequalification:
        raise Refused(step.turn.remember("no touch", _no_touch), "no_touch")
    if note.strip():
        attach(step, note)
    if untouched and mass_guard.must_wait(step):
        if asked := mass_guard.asked(step):
            manager = asked.owner.get_short_name() if asked.owner else "the manager"
            raise Refused(f"{lead.name} waits for {possessive(manager)} word already.", "already")
        mass_guard.wait(step, reason, size)
        return
    step.end_cycle(
        outcome, reason=reason, size=size.strip()[:40], is_early=reason.code == "rep_abandoned" and step.by is not None
    )
    step.move(transition, reason=reason)
    _let_come_back(step, reason)
    step.own(keeper, None)


def _let_come_back(step: Step, reason: Reason) -> None:
    """Say when a lead just ended *not now* comes back by itself: by its reason; never who asked us to stop. Pure."""
    lead = step.lead
    if lead.status == LeadStatus.NURTURE and reason.recycle_months and not lead.opted_out_at:
        lead.recycle_at = after_months(lead.status_since, reason.recycle_months)


def refuse_while_met(step: Step) -> None:
    """Refuse to end the round of who has a meeting: who holds it would say that they may buy, of a lead that is gone. Pure."""
    for task in step.open_tasks:
        if task.kind == Task.Kind.MEETING:
            over = task.due_at <= step.at
            then = (
                "is over without a word: say first what came of it" if over else "is still to come: call it off first"
            )
            raise Refused(f"“{task.what}” of {step.lead.name} {then}.", "meeting")


def end_by_meeting(step: Step, reason: Reason, *, size: str = "") -> None:
    """End a round within a turn as what a meeting showed: for the AE's reason, or by a limit of no-shows. Who may is asked by meetings.

    A limit is the system's end, whoever said the last no-show.
    """
    by = None if reason.is_system else step.by
    end_as_reason_says(step, reason, size=size, by=by.pk if by else None)


def end_as_reason_says(step: Step, reason: Reason, *, size: str, by: int | None, data: dict | None = None) -> None:
    """End a round within a turn *not now* or *never*, as its reason is of one or the other, in the name of `by`; None is the system."""
    nurtures = reason.disposition == Disposition.NURTURE
    step.end_cycle(Outcome.NURTURE if nurtures else Outcome.UNQUALIFIED, reason=reason, size=size)
    step.cycle.ended_by_id = by
    step.move("nurture" if nurtures else "unqualify", reason=reason, data=data)
    _let_come_back(step, reason)
    step.own(None, None)


def _no_touch() -> str:
    allowed = Reason.objects.filter(is_prequalification=True, is_active=True, is_system=False)
    return f"No touch yet. Without one only these reasons are possible: {', '.join(allowed.values_list('label', flat=True))}."


def keep(
    leads, *, until: datetime, by: User, at: datetime, what: str = "", note: str = "", door: str = Door.PAGE
) -> Result:
    """*I want to keep it* (LIFE-9): sales nurture with a date and a task; the lead leaves the working list until then."""
    if until <= at:
        raise Refused("That day is past. Choose one from tomorrow on.", "past")
    if until > after_months(at, 24):
        raise Refused("That is more than two years away. Choose an earlier day, or not now with its reason.", "far")
    reason = Reason.objects.get(code="kept")

    def change(step: Step) -> None:
        step.may("keep")
        lead, keeper = step.lead, step.lead.owner
        if keeper is None:
            raise Refused("Only a lead in someone's hands is kept.", "no_owner")
        if lead.status == LeadStatus.ASSIGNED and step.cycle.touches == 0:
            raise Refused("No touch yet. Reach out once before you keep it for later.", "no_touch")
        end(step, Outcome.NURTURE, "nurture", reason, note, keeper=keeper)
        lead.recycle_at = until
        step.add(
            Task(kind=Task.Kind.KEEP, lead=lead, cycle=step.cycle, owner=keeper, what=what[:200], created_by=step.by, began_at=step.at,
                 due_at=until, sweep_at=until),
            "keep",
        )  # fmt: skip

    return turn(leads, change, by=by, at=at, door=door)


def set_aside(leads, *, by: User | None, at: datetime, door: str = Door.PAGE) -> Result:
    """Raw leads that say not now at intake, or that marketing keeps: nurture, kind marketing, without ever reaching sales."""
    reason = Reason.objects.get(code="not_now_intake")

    def change(step: Step) -> None:
        step.may("set_aside")
        step.move("set_aside", reason=reason)
        _let_come_back(step, reason)
        step.own(None, None)

    return turn(leads, change, by=by, at=at, door=door)


def discard(leads, *, reason: Reason, by: User | None, at: datetime, door: str = Door.PAGE) -> Result:
    """Raw or nurtured leads that are never: trash does not reach sales. By marketing or RevOps."""
    _fits(reason, Disposition.UNQUALIFIED, by)

    def change(step: Step) -> None:
        step.may("discard")
        step.move("discard", reason=reason)
        step.close_tasks(outcome=Task.Outcome.DROPPED)
        step.own(None, None)

    return turn(leads, change, by=by, at=at, door=door)


def qualify(
    leads, *, opportunity: Opportunity, by: User | None, at: datetime, hands: Mapping[int, User] | None = None, door: str = Door.PAGE
) -> Result:  # fmt: skip
    """End rounds *now*: the lead has a role in an opportunity that reached the qualifying stage. `hands`: who goes into whose hands, where
    that is not the owner of the opportunity."""
    in_role = set(ContactRole.objects.filter(opportunity=opportunity).values_list("lead", flat=True))

    def change(step: Step) -> None:
        step.may("qualify")
        if step.lead.status != LeadStatus.WORKING:
            raise Refused(
                f"{step.lead.name} is {step.lead.state_label}; only a lead that is worked is qualified.", "state"
            )
        if step.lead.pk not in in_role:
            raise Refused(f"{step.lead.name} has no role in {opportunity.name}.", "no_role")
        if opportunity.qualified_at is None or opportunity.gone_as:
            raise Refused(f"{opportunity.name} has not reached the qualifying stage.", "stage")
        step.end_cycle(Outcome.QUALIFIED, opportunity=opportunity)
        step.move("qualify", data={"opportunity": opportunity.pk})
        seller = (hands or {}).get(step.lead.pk) or opportunity.opportunity_owner
        step.lead.opportunity_owner = seller or step.lead.opportunity_owner
        step.own(seller or step.lead.owner, None)

    return turn(leads, change, by=by, at=at, door=door)


def lose(leads, *, reason: Reason, by: User | None, at: datetime, door: str = Door.PAGE) -> Result:
    """Qualified leads whose opportunity was lost follow its reason; those in another open opportunity stay."""

    def change(step: Step) -> None:
        lead = step.lead
        if lead.status != LeadStatus.QUALIFIED:
            raise Refused(f"{lead.name} is {lead.state_label} and stays so.", "state")
        if lead.pk in step.turn.in_open_opportunity:
            raise Refused(f"{lead.name} is in another open opportunity and stays.", "open_opportunity")
        nurtures = reason.disposition == Disposition.NURTURE
        step.move("lose" if nurtures else "lose_for_good", reason=reason)
        _let_come_back(step, reason)
        step.own(None, None)

    return turn(leads, change, by=by, at=at, door=door)


def take_back(leads, *, by: User, at: datetime, door: str = Door.PAGE) -> Result:
    """Take a disposition back (LIFE-15): who made it for 24 hours, a manager later. The same round goes on; both facts stay."""

    def change(step: Step) -> None:
        lead, cycle = step.lead, step.cycle
        if (
            lead.status not in LeadStatus.ENDED
            or cycle is None
            or cycle.ended_at is None
            or lead.status_since > cycle.ended_at
        ):
            raise Refused(f"{lead.name} is {lead.state_label}; there is no disposition to take back.", "state")
        if cycle.outcome not in Outcome.DISPOSITIONS:
            raise Refused(f"This round ended {cycle.get_outcome_display().lower()}; that is not taken back.", "outcome")
        step.may("take_back")
        if cycle.ended_by_id == by.pk and at - cycle.ended_at > TAKE_BACK and not (by.is_superuser or by.role in LATER):
            raise Refused("After 24 hours a manager takes it back.", "too_late")
        restore(step)

    return turn(leads, change, by=by, at=at, door=door)


def restore(step: Step) -> None:
    """Open the round that just ended, within a turn: as it was, in the hands it was in, with the tasks that its end dropped."""
    cycle = step.cycle
    spell = step.turn.remember("last hands", lambda: _last_hands(step.turn.ids))[cycle.pk]
    ended = cycle.ended_at
    cycle.ended_at = cycle.reason = cycle.ended_by = cycle.opportunity = None
    cycle.outcome = cycle.nurture_kind = cycle.size = ""
    cycle.is_early, step.cycle_changed = False, True
    step.close_tasks(Task.Kind.KEEP, outcome=Task.Outcome.DROPPED)
    for task in step.turn.remember("dropped", lambda: _dropped(step.turn.ids)):
        if task.cycle_id == cycle.pk and task.done_at == ended:
            task.done_at, task.outcome = None, ""
            step.changed_tasks[task.pk] = task
    step.move("take_back" if cycle.working_at else "take_back_untouched")
    step.own(spell.owner, spell.team)
    step.begin_spell(spell.owner, spell.team, Spell.How.RETURNED)


def _last_hands(leads: list[int]) -> dict[int, Spell]:
    """Say in whose hands each round of these leads was last."""
    spells = Spell.objects.filter(lead__in=leads, role="development").select_related("owner", "team").order_by("pk")
    return {spell.cycle_id: spell for spell in spells}


def _dropped(leads: list[int]) -> list[Task]:
    rows = Task.objects.filter(lead__in=leads, done_at__isnull=False, outcome=Task.Outcome.DROPPED)
    return list(rows.exclude(kind=Task.Kind.KEEP).exclude(kind=Task.Kind.REVIEW, reason__isnull=False))
