"""What had followed from a wrong word about a meeting, taken back before the right one is said (LIFE-15). Called by `outcomes.correct`.

As far as nobody went on from there: the round that ended with it goes on, the same one, in the hands and with the tasks it had; the
sale that was closed for it alone is open again; the duty and the turn are given back. Both words, and what came of the first, stay on
record.
"""

from datetime import datetime

from accounts.lines import Lines
from accounts.messages import post
from accounts.models import Event, Opportunity, OpportunityStatus, Stage, User
from leads import dispositions
from leads.lifecycle import Refused, Seen, Step, turn
from leads.models import Credit, Cycle, LeadStatus, Outcome, Task
from leads.notices import notice
from meetings import closing, following, opportunities
from meetings.models import Meeting, MeetingStatus

# How a round can have ended by what was said of a meeting.
BY_WORD = {
    MeetingStatus.QUALIFIED: (Outcome.QUALIFIED,), MeetingStatus.UNQUALIFIED: (Outcome.NURTURE, Outcome.UNQUALIFIED),
    MeetingStatus.NO_SHOW: (Outcome.NURTURE,),
}  # fmt: skip
# What somebody was asked to do because of it.
DUTIES = {MeetingStatus.NO_SHOW: Task.Kind.RESCHEDULE, MeetingStatus.MISSED: Task.Kind.FOLLOW_UP}
ASKED = DUTIES | {MeetingStatus.QUALIFIED: Task.Kind.FOLLOW_UP}  # of a sale that was closed meanwhile


def unfollow(row: Meeting, status: str, by: User | None, at: datetime, door: str) -> None:
    """Take back what followed from the wrong word, before `status` is said instead. The sale is held.

    Raises Refused where they were ended since by somebody's own decision, and the right word is that they may buy: whoever ended the
    round takes that back first.
    """
    alone = row.status == MeetingStatus.QUALIFIED and status != MeetingStatus.QUALIFIED and not _met_otherwise(row)
    said, went_on = (row.disposed_at, row.corrected_at), row.status == MeetingStatus.QUALIFIED and _went_on(row)
    restored: list[bool] = []

    def change(step: Step) -> None:
        if step.lead.pk != row.lead_id:  # qualified with it, since they have a part in its sale
            if _stands(step, step.cycle) and step.lead.status == LeadStatus.QUALIFIED:
                dispositions.restore(step)
            return
        if _stands(step, row.cycle) and not went_on:
            if _ended_by_it(row, status, step.cycle, said):
                by_limit = step.cycle.reason is not None and step.cycle.reason.code == "no_show_limit"
                dispositions.restore(step)
                restored.append(True)
                if by_limit and status in DUTIES:
                    _still_not_met(step, row)
            elif status == MeetingStatus.QUALIFIED and step.lead.status != LeadStatus.QUALIFIED:
                raise Refused(_ended_otherwise(step), "ended")
        # That of another no-show runs on; what a restored round has again is among those that changed.
        for task in {task.pk: task for task in (*step.open_tasks, *step.changed_tasks.values())}.values():
            if task.done_at is None and task.began_at in said and task.kind == ASKED.get(row.status):
                step.close_task(task, Task.Outcome.DROPPED)

    with_it = _with_it(row, said) if row.status == MeetingStatus.QUALIFIED and not went_on else []
    for _lead, refusal in turn([Seen(pk) for pk in (row.lead_id, *with_it)], change, by=by, at=at, door=door).refused:
        if refusal.code != "gone":
            raise refusal
    if row.status == MeetingStatus.QUALIFIED and not went_on:
        _step_back(row, at, door)
    if alone and went_on:
        _tell_of_unmet(row, by, at)
    if restored and status in DUTIES:  # held and qualified opens it by itself, or says where it is open anew
        _open_again(row, by, at, door)
    if row.status == MeetingStatus.NO_SHOW and row.pool_id:
        Credit.objects.create(
            pool_id=row.pool_id, user=row.owner, lead_id=row.lead_id, why=Credit.Why.NO_SHOW, turns=-1, at=at, by=by
        )


def _still_not_met(step: Step, row: Meeting) -> None:
    """Begin the seven days of looking for a new time of the no-show that was the third, where an earlier one was none: it ended the round
    instead of beginning them (MEET-6). Two queries."""
    others = Meeting.objects.filter(cycle=row.cycle_id).exclude(pk=row.pk)
    last = others.order_by("starts_at", "pk").last()
    if last is None or last.status != MeetingStatus.NO_SHOW or last.starts_at < row.starts_at:
        return
    for task in step.changed_tasks.values():  # of one before it, that the end of the round had dropped
        if task.kind == Task.Kind.RESCHEDULE and task.done_at is None:
            step.close_task(task, Task.Outcome.DROPPED)
    following.look_for_a_time(step, step.at, others.filter(status=MeetingStatus.NO_SHOW).count())


def _with_it(row: Meeting, said: tuple[datetime | None, ...]) -> list[int]:
    """Name the others of its sale who were qualified in the moment it was told as qualified. One query."""
    rounds = Cycle.objects.filter(opportunity=row.opportunity_id, outcome=Outcome.QUALIFIED)
    rounds = rounds.filter(ended_at__in=[moment for moment in said if moment])
    return list(rounds.exclude(lead=row.lead_id).values_list("lead", flat=True))


def _stands(step: Step, round: Cycle | None) -> bool:
    """Say whether this round of a lead is its newest, ended by a disposition, and the lead is still where that left it. Pure."""
    lead, cycle = step.lead, step.cycle
    if cycle is None or cycle != round or cycle.ended_at is None or lead.status not in LeadStatus.ENDED:
        return False
    return cycle.outcome in Outcome.DISPOSITIONS and lead.status_since <= cycle.ended_at


def _ended_by_it(row: Meeting, status: str, cycle: Cycle, said: tuple[datetime | None, ...]) -> bool:
    """Say whether a round ended by the wrong word: with it; by the duty that began with it; by the limit of no-shows, of which it was one;
    or by itself, for want of what the right word says was there. One query at most."""
    if cycle.outcome in BY_WORD.get(row.status, ()) and cycle.ended_at in said:
        return True
    if cycle.outcome != Outcome.NURTURE or cycle.ended_by_id is not None or row.status not in DUTIES:
        return False
    if status in MeetingStatus.HELD or cycle.reason.code == "no_show_limit":
        return cycle.ended_at >= row.disposed_at
    duties = Task.objects.filter(cycle=cycle.pk, kind=Task.Kind.RESCHEDULE, done_at=cycle.ended_at)
    return duties.filter(began_at__in=[moment for moment in said if moment]).exists()


def _ended_otherwise(step: Step) -> str:
    who = step.cycle.ended_by.get_short_name() if step.cycle.ended_by else "LeadOps"
    why = f", “{step.lead.reason.label}”" if step.lead.reason else ""
    return f"{who} moved {step.lead.name} to {step.lead.state_label}{why} since. Take that back first, then correct the meeting."


def _went_on(row: Meeting) -> bool:
    """Whether its sale is qualified without it: by another meeting, or since it is past the qualifying stage, or won. One query."""
    sale = row.opportunity
    if sale.status == OpportunityStatus.WON or (sale.status == OpportunityStatus.OPEN and sale.pipeline_at is not None):
        return True
    return _met_otherwise(row)


def _met_otherwise(row: Meeting) -> bool:
    others = Meeting.objects.filter(opportunity=row.opportunity_id, status=MeetingStatus.QUALIFIED).exclude(pk=row.pk)
    return others.exists()


def _tell_of_unmet(row: Meeting, by: User | None, at: datetime) -> None:
    """Tell who has an open sale that it stands past a stage it has no good meeting for any more (ACC-9): it is theirs to move back or to
    close, since others went on from there. Where nobody has it, the manager of who held the meeting. Two queries."""
    sale = row.opportunity
    owner = sale.opportunity_owner
    to = owner if owner is not None and owner.is_active else Lines().manager(user=row.owner_id)
    if sale.status == OpportunityStatus.OPEN and to is not None and to != by:
        facts = {"sale": sale.name, "opportunity": sale.pk}
        post(notice(to, "sale_unmet", f"{row.pk}:{row.version}", at=at, **facts))


def _step_back(row: Meeting, at: datetime, door: str) -> None:
    """Put a sale back to where it began, if it had come to the qualifying stage, or to one between that and the pipeline, by this meeting
    alone. Its stamps stay."""
    sale = row.opportunity
    if sale.status == OpportunityStatus.OPEN and sale.stage.order >= Stage.objects.get(is_qualifying=True).order:
        first = Stage.objects.filter(status=OpportunityStatus.OPEN).order_by("order").first()
        opportunities.advance(sale, first, by=None, at=at, door=door)


def _open_again(row: Meeting, by: User | None, at: datetime, door: str) -> None:
    """Open the sale again that closed by itself because its last hope was gone, now that somebody works its lead; unless it is open anew.
    Three queries."""
    sale = row.opportunity
    if sale.status != OpportunityStatus.NOT_QUALIFIED or sale.gone_as or sale.closed_at < row.disposed_at:
        return
    closed = Event.objects.filter(opportunity_id=sale.pk, kind="stage", move="give_up").order_by("-pk").first()
    anew = Opportunity.objects.filter(
        account=sale.account_id, product=sale.product_id, status=OpportunityStatus.OPEN, gone_as=""
    )
    if (closed is None or closed.actor_id is None) and not anew.exists():
        row.opportunity = closing.reopen(sale, by=by, at=at, door=door)
