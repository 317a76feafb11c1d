"""Leads into hands: to a person, to oneself, in turn over a team; and from one hand to another. Pulls are in `leads/pulling.py`.

Called by every door and by intake. Each function takes many leads and answers with a Result (`leads/lifecycle.py`).
"""

from datetime import datetime

from accounts.lines import Lines
from accounts.models import Door, Product, Team, User
from leads import permissions, routing, routing_rules
from leads.lifecycle import Forbidden, Refused, Result, Step, turn
from leads.models import Lead, LeadStatus, Trigger
from leads.notices import notice
from leads.receiving import Receiver, begin, change_hands


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

    def change(step: Step) -> None:
        step.may(_action(step.lead, to, by, trigger))
        if by is not None and not permissions.may_give_to(by, to):
            raise Forbidden(f"{to} is not yours to give leads to.")
        receiver = step.turn.remember("receiver", lambda: Receiver(to, at, counts_caps=by is not None))
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


def routed(step: Step, **asked) -> tuple["Receiver", routing.Decision]:
    """Ask routing for one lead of a turn, and tell whom it concerns where there is no better answer than a queue."""
    decision = routing.of_turn(step.turn, **asked).decide(step.lead.pk)
    lines = step.turn.remember("lines", Lines)
    if decision.tells_revops:
        for person in lines.revops:
            # Once a day: it is the rule that is missing, not the lead.
            key = f"{decision.rule.pk if decision.rule else 0}:{step.at:%Y-%m-%d}"
            step.tell(notice(person, "unrouted", key, at=step.at, lead=step.lead.pk))
    return _receives(step, decision, lines)


def _receives(step: Step, decision: routing.Decision, lines: Lines) -> tuple["Receiver", routing.Decision]:
    """Return who receives by a decision: the person, else the pool, whose manager is told (ROUTE-3)."""
    if decision.user is None:
        manager = lines.manager(team=decision.pool.pk)
        step.tell(notice(manager, "waits", f"{step.lead.pk}:{step.at.isoformat()}", at=step.at, lead=step.lead.pk))
    counts_caps = decision.path == "explicit"
    return Receiver(decision.user or decision.pool, step.at, counts_caps), decision


def _action(lead: Lead, to, by, trigger) -> str:
    """Name what is asked for: to oneself only by a pull, or as the one who made the lead."""
    if to == by and not lead.is_open:
        return {Trigger.PULL: "pull", Trigger.OWN: "create"}.get(trigger, "assign")
    return "assign"


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
        rounds = {s.lead.pk: s.lead.cycle_id for s in step.turn.steps if s.lead.cycle_id}
        roles = step.turn.remember("roles", lambda: routing_rules.roles_asked(rounds))
        decision = router.in_turn(step.lead.team, role=roles.get((step.lead.pk, step.lead.team_id), ""))
        if decision.user is None:
            raise Refused("Nobody there can receive it.", "nobody")
        receiver = Receiver(decision.user, step.at, counts_caps=False)
        change_hands(step, receiver, pool=step.lead.team, data={"route": decision.trace()})

    return turn(leads, change, by=None, at=at, door=Door.SWEEP, recorded_at=recorded_at or at, skip_locked=True)


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
