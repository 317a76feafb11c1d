"""Leads pulled from a queue, and those given back to it untouched (ROUTE-5).

Called by the queue's page, the API and the sweep `untouched-pulls`. How many a person should pull in a day is in `leads/pulls.py`.
"""

from datetime import datetime

from django.db import transaction

from accounts.models import Door, Team, User
from leads import deadlines, permissions, queue, routing
from leads.assignment import assign
from leads.lifecycle import Refused, Result, Seen, Step, both, turn
from leads.models import Cycle, Lead, LeadStatus, Motion, Outcome, Trigger
from leads.notices import notice
from leads.receiving import NotAvailable, Receiver, begin, change_hands


def pull(team: Team, *, by: User, at: datetime, number: int = 1, door: str = Door.PAGE) -> Result:
    """Take the next leads of a queue into one's own hands, oldest first (ROUTE-5).

    What a limit or a manager put back into the queue comes first: its round and its clock go on, and the puller's own begins (ROUTE-7).
    Two who pull at once never get the same lead: what another transaction holds is passed over. The pull stamps the assigned date.
    Pulls obey the order of routing: a lead whose company or person is somebody's goes to that one, and the next is pulled instead
    (ROUTE-1). An empty result means an empty queue. Raises NotAvailable at the cap or when absent from the queue's team.
    """
    with transaction.atomic():
        if (room := routing.room_of(by, at)) is not None and room < number:
            raise NotAvailable("You are at your cap. Work or end one first.", "cap")
        result = _take_up(team, number, by, at, door)
        number -= len(result.done)
        ids = next_in_queue(team, number)
        while ids and _to_holders(ids, by, at):
            ids = next_in_queue(team, number)
        pulled = assign([Seen(pk) for pk in ids], to=by, by=by, at=at, door=door, trigger=Trigger.PULL)
        return both(result, pulled)


def _take_up(team: Team, number: int, by: User, at: datetime, door: str) -> Result:
    """Take what waits in a queue in the middle of its round. One query where nothing does."""
    left = queue.left_in_queues([team.pk]).order_by("id").select_for_update(skip_locked=True, no_key=True, of=("self",))
    ids = list(left.values_list("pk", flat=True)[:number])

    def change(step: Step) -> None:
        step.may("pull")
        change_hands(step, step.turn.remember("receiver", lambda: Receiver(by, at)), data={"why": "pulled"})

    return turn([Seen(pk) for pk in ids], change, by=by, at=at, door=door) if ids else Result()


def _to_holders(ids: list[int], by: User, at: datetime) -> int:
    """Give those of these leads that are somebody else's by ROUTE-1 to that one, and say how many went. Five queries if none does."""
    leads = Lead.objects.filter(pk__in=ids).select_related("cycle", "account", "team")
    router = routing.Router({lead.pk: routing.ask_of(lead, lead.account, at) for lead in leads}, at, named_only=True)
    theirs = {pk: found for pk in ids if (found := router.holder(pk)).user not in (None, by)}

    def change(step: Step) -> None:
        step.may("assign")
        found = theirs[step.lead.pk]
        begin(step, lambda: (Receiver(found.user, at, counts_caps=False), found), Trigger.ROUTE)

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
    """Return a pull untouched: the lead is again what and where it was before, the round ends *returned*.

    Also what somebody brought in for themselves; and by whoever hands leads out, what they gave. Refused: who came to us by themselves,
    and who waits for an answer of ours. A round that ends *returned* is in no figure, and nobody would answer them.
    """

    def change(step: Step) -> None:
        step.may("give_back")
        if step.lead.status == LeadStatus.ASSIGNED and not goes_back(step.lead, step.cycle, by, at):
            raise Refused("Only what was pulled goes back to its queue.", "not_pulled")
        if any(map(deadlines.holds, step.open_tasks)):
            raise Refused("Something of theirs waits for an answer.", "held")
        _return(step)

    return turn(leads, change, by=by, at=at, door=door)


def goes_back(lead: Lead, cycle: Cycle, by: User | None, at: datetime) -> bool:
    """Say whether this round was begun by a person's own act, and not by the lead's: whether it may end *returned*. No query mostly."""
    if cycle.trigger in (Trigger.PULL, Trigger.OWN):
        return True
    is_given = cycle.trigger in (Trigger.MANAGER, Trigger.ROUND_ROBIN)
    return is_given and (by is None or permissions.can(by, "assign", lead, at=at))


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
