"""Product-led leads: they belong to the product until it hands them over (spec 2). No rep owns or touches one meanwhile."""

from datetime import datetime

from accounts.models import Door, Team, User
from leads import dispositions
from leads.assignment import assign
from leads.lifecycle import Refused, Result, Step, turn
from leads.models import LeadStatus, Motion, Outcome, Trigger
from leads.receiving import Receiver, begin_inside


def product() -> Team:
    """Return the team without members that owns product-led leads: that is the shield."""
    return Team.objects.get(kind=Team.Kind.PRODUCT)


def sign_up(leads, *, at: datetime, by: User | None = None, door: str = Door.API) -> Result:
    """Give product-led leads to the product: a round begins, Open PLG."""
    return assign(leads, to=product(), by=by, at=at, door=door, trigger=Trigger.SIGN_UP)


def activate(leads, *, at: datetime, door: str = Door.API) -> Result:
    """An activation signal: Open PLG becomes Working P (MOTION-3). Said again, nothing happens."""

    def change(step: Step) -> None:
        if step.lead.motion != Motion.PLG or step.lead.status != LeadStatus.ASSIGNED:
            raise Refused(f"{step.lead.name} is {step.lead.state_label}; activation changes nothing.", "state")
        step.cycle.working_at = max(step.at, step.lead.status_since)
        step.cycle_changed = True
        step.lead.last_activity_at = step.at
        step.move("start")

    return turn(leads, change, by=None, at=at, door=door)


def hand_over(
    leads, *, to: User | Team, at: datetime, by: User | None = None, rule: str = "", door: str = Door.SWEEP
) -> Result:
    """Hand product-led leads over to sales: the product's round ends *handed over*, a sales-led one begins with its clock."""

    def change(step: Step) -> None:
        step.may("assign")
        if not step.lead.is_shielded:
            raise Refused(
                f"{step.lead.name} is {step.lead.state_label}; only what the product has is handed over.", "state"
            )
        step.end_cycle(Outcome.HANDED_OVER)
        step.lead.motion = Motion.SLG
        receiver = step.turn.remember("receiver", lambda: Receiver(to, at))
        begin_inside(step, receiver, Trigger.HAND_OVER, "hand_over", {"rule": rule})

    return turn(leads, change, by=by, at=at, door=door)


def fit_self_serve(leads, *, by: User | None, at: datetime, door: str = Door.PAGE) -> Result:
    """Return leads to the product: sales found that they serve themselves best. The rep's round ends *self-serve fit* (QUAL-2)."""
    receiver = Receiver(product(), at)

    def change(step: Step) -> None:
        step.may("nurture")
        if step.lead.status != LeadStatus.WORKING or step.lead.motion != Motion.SLG:
            raise Refused(
                f"{step.lead.name} is {step.lead.state_label}; only a lead that sales works goes to the product.",
                "state",
            )
        dispositions.refuse_while_met(step)
        step.end_cycle(Outcome.SELF_SERVE)
        step.lead.motion = Motion.PLG
        begin_inside(step, receiver, Trigger.SELF_SERVE, "fit_self_serve", {})

    return turn(leads, change, by=by, at=at, door=door)
