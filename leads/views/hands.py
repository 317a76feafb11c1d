"""Into whose hands a lead goes, from its page: a colleague's, a team's, a queue's, one's own; back to the queue; up again on its day."""

from accounts.models import Door, Team, User
from leads import assignment, permissions, pulling, receivers, recycling
from leads.lifecycle import Forbidden, Refused
from leads.models import Lead, LeadStatus, Trigger
from leads.views import forms
from leads.views.acting import did, seen, view_of


@view_of(forms.AssignForm, "assign", right=lambda lead: ("assign", "pull"))
def assign(desk, lead, said):
    """Put the lead into somebody's hands: one's own, a colleague's, a team's in turn, or a team's queue."""
    if said["owner"] == "me":
        return _claim(desk, lead, said)
    if not permissions.can(desk.user, "assign", lead, at=desk.at):
        raise Forbidden(permissions.refusal(desk.user, "assign", lead))
    kind, pk = said["owner"][0], int(said["owner"][1:])
    was = {"kind": "assign_back", "cycle": lead.cycle_id, "owner": lead.owner_id, "team": lead.team_id}
    this = [seen(lead, said)]
    if kind == "u":
        to = _one_of(receivers.people_below(desk.user), pk)
        if words := receivers.unable([to], desk.at).get(to.pk):
            raise Refused(f"{to}: {words[0].lower()}{words[1:]}", "cap")
        now = assignment.assign(this, to=to, by=desk.user, at=desk.at, note=said["why"], door=Door.PAGE).lead
    elif kind == "t":
        team = _one_of(receivers.teams_below(desk.user), pk)
        now = assignment.share_out(this, team=team, by=desk.user, at=desk.at, door=Door.PAGE).lead
    else:
        team = _one_of(receivers.teams_below(desk.user), pk)
        now = assignment.enqueue(this, team=team, by=desk.user, at=desk.at, door=Door.PAGE).lead
        return did(desk, now, f"{now.name} waits in the queue of {team}.", stays=lead.owner_id != desk.user.pk)
    if not lead.is_open:
        was = {"kind": "give_back", "cycle": now.cycle_id} if lead.status in LeadStatus.WAITING else None
    mine = lead.owner_id == desk.user.pk and now.owner_id != desk.user.pk
    return did(desk, now, f"{now.name} went to {now.owner or now.team}.", stays=not mine, undo=was)


def _claim(desk, lead: Lead, said) -> dict:
    """Take a lead that waits: one of the own queues, or one that this person brought in."""
    right = next((r for r in ("pull", "assign") if permissions.can(desk.user, r, lead, at=desk.at)), None)
    if right is None:
        raise Forbidden(permissions.refusal(desk.user, "pull", lead))
    trigger = {"pull": Trigger.PULL, "assign": Trigger.OWN}[right]
    now = assignment.assign(
        [seen(lead, said)], to=desk.user, by=desk.user, at=desk.at, trigger=trigger, door=Door.PAGE
    ).lead
    return did(desk, now, f"{now.name} is yours.", undo={"kind": "give_back", "cycle": now.cycle_id})


def _one_of(rows: list[User] | list[Team], pk: int):
    found = next((row for row in rows if row.pk == pk), None)
    if found is None:
        raise Refused("Choose somebody of the list.", "owner")
    return found


@view_of(forms.ActForm, "log", right=lambda lead: ("give_back",))
def give_back(desk, lead, said):
    """Give a pull back untouched, to the queue it came from."""
    now = pulling.give_back([seen(lead, said)], by=desk.user, at=desk.at, door=Door.PAGE).lead
    return did(
        desk,
        now,
        f"{now.name} is back in the queue of {now.team}." if now.team else f"{now.name} is given back.",
        stays=False,
    )


@view_of(forms.ActForm, "log", right=lambda lead: ("keep",))
def start(desk, lead, said):
    """Take a kept lead up again once its day has come: the next round begins, in the hands of who kept it (LIFE-8)."""
    now = recycling.take_up(lead, seen(lead, said), by=desk.user, at=desk.at, door=Door.PAGE).lead
    return did(desk, now, f"{now.name}: round {now.cycle.number} begins.")
