"""What a person does with one lead: log a touch, end the round, keep it, write a note, plan, note an opt-out, hand it over; and undo.

Each act is a POST with the round and version it was drawn from and a token that makes it count once (`acting`).
"""

from datetime import timedelta

from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.models import Door, Reason, Team, User
from accounts.words import day, moment
from leads import (
    assignment,
    consent,
    dispositions,
    exceptions,
    next_steps,
    notes,
    permissions,
    receivers,
    recycling,
    touches,
)
from leads.lifecycle import Forbidden, Refused, Seen
from leads.mass_guard import LIMIT
from leads.models import Channel, Lead, LeadStatus, Spell, TouchOutcome, Trigger
from leads.permissions import possessive
from leads.queue import wishes
from leads.views import acts, forms
from leads.views.acting import did, perform, seen
from leads.views.desk import Desk
from leads.views.panel import slim

FAR = "That is more than two years away. Choose an earlier day."


@require_GET
def act(request, pk, kind):
    """Show one act in #act; without a script, the page with it opened."""
    desk = Desk(request)
    lead = desk.lead(pk)
    if kind not in acts.RIGHTS:
        raise Http404(kind)
    if not desk.is_htmx:
        return HttpResponseRedirect(desk.address(lead.pk, act=kind) + "#act")
    panel = slim(desk, lead, _as_seen(request.GET, lead))
    shown = acts.act(desk, lead, kind, panel)
    status = 200
    if shown is None:
        status, words = 403, permissions.refusal(desk.user, acts.right_of(kind, lead), lead)
        shown = {"kind": "refused", "error": {"title": words, "text": ""}}
    return render(
        request, "leads/_act.html", {"panel": panel, "act": shown, "place": desk.place, "now": desk.at}, status=status
    )


def _as_seen(given, lead: Lead) -> dict:
    """Return the round and version of the panel that a picker is opened in: what changed since must be noticed when it is sent."""
    told = {name: int(given[name]) for name in ("cycle", "version") if _is_number(given.get(name, ""))}
    if "version" not in told:
        return {"cycle": lead.cycle_id, "version": lead.version}
    return {"cycle": told.get("cycle"), "version": told["version"]}


def _is_number(text: str) -> bool:
    return text.isdecimal() and len(text) < 19


def _acts(form_class, kind: str, right=None):
    """Make a view of an effect: `effect(desk, lead, said)` calls one process and says what it did."""

    def wrap(effect):
        def view(request, pk):
            return perform(request, pk, right or (lambda lead: (acts.right_of(kind, lead),)), form_class, kind, effect)

        view.__doc__, view.__name__ = effect.__doc__, effect.__name__
        return require_POST(view)

    return wrap


@_acts(forms.TouchForm, "log")
def touch(desk, lead, said):
    """Log a touch. It expects the round only: who called did call, whoever has the lead by now (WORK-2, ROUTE-7)."""
    channel, outcome = said["channel"], said["outcome"]
    plans = lead.is_open and lead.owner_id is not None and permissions.can(desk.user, "task", lead, at=desk.at)
    then = next_steps.after(lead, channel, outcome, lead.owner, desk.at) if plans else None
    plan = {"next_at": then.at, "next_channel": then.channel, "next_what": then.what} if then else {}
    what = {"channel": channel, "outcome": outcome, "note": said["note"]}
    result = touches.log([Seen(lead.pk, said["cycle"])], by=desk.user, at=desk.at, door=Door.PAGE, **what, **plan)
    now = result.lead
    undo = {"kind": "touch", "touch": result.made[now.pk]["touch"].pk}
    if now.is_open and now.owner_id not in (None, desk.user.pk) and not plans:
        return did(desk, now, _no_longer_yours(desk, now, channel), stays=False, undo=undo)
    text = f"{now.name}: {TouchOutcome(outcome).label.lower()}."
    if then:
        return did(desk, now, f"{text} Next: {next_steps.words(then, desk.user, desk.at)}.", stays=False, undo=undo)
    unanswered = outcome in TouchOutcome.UNANSWERED
    return did(desk, now, text, stays=not unanswered, asks="next" if plans else "", undo=undo)


def _no_longer_yours(desk, lead: Lead, channel: str) -> str:
    spell = Spell.objects.filter(lead=lead, owner=lead.owner_id, ended_at__isnull=True).first()
    since = (
        f" since {spell.began_at.astimezone(desk.user.zone):%H:%M}"
        if spell and desk.at - spell.began_at < timedelta(hours=12)
        else ""
    )
    who = lead.owner.get_short_name()
    what = Channel(channel).label.lower() if channel != Channel.SMS else "SMS"
    return f"This is {possessive(who)} lead{since}. Your {what} is kept on it and counts for the lead; {who} sees it."


def _reason(said, disposition: str) -> Reason:
    reason = Reason.objects.filter(code=said["reason"], disposition=disposition).first()
    if reason is None:
        raise Refused("Choose a reason of the list.", "reason")
    return reason


def _back(lead: Lead) -> dict:
    return {"kind": "take_back", "cycle": lead.cycle_id}


@_acts(forms.EndForm, "nurture")
def nurture(desk, lead, said):
    """End the round: not now. A raw lead is set aside for marketing instead."""
    reason = _reason(said, "nurture")
    if lead.status in LeadStatus.WAITING:
        now = dispositions.set_aside([seen(lead, said)], by=desk.user, at=desk.at, door=Door.PAGE).lead
        return did(desk, now, f"{now.name} is set aside for marketing.")
    now = dispositions.nurture(
        [seen(lead, said)], reason=reason, by=desk.user, at=desk.at, note=said["note"], size=said["size"], door=Door.PAGE
    ).lead  # fmt: skip
    if now.is_open:
        return _waits(desk, now)
    back = f" Comes back {_day(desk, now.recycle_at)}." if now.recycle_at else ""
    return did(desk, now, f"{now.name}: not now, {reason.label.lower()}.{back}", stays=False, undo=_back(now))


@_acts(forms.EndForm, "unqualify")
def unqualify(desk, lead, said):
    """End the round: never. A lead that waits is discarded before it reaches sales."""
    reason = _reason(said, "unqualified")
    if lead.status in LeadStatus.WAITING:
        now = dispositions.discard([seen(lead, said)], reason=reason, by=desk.user, at=desk.at, door=Door.PAGE).lead
        return did(desk, now, f"{now.name} is discarded: {reason.label.lower()}.")
    now = dispositions.unqualify(
        [seen(lead, said)], reason=reason, by=desk.user, at=desk.at, note=said["note"], door=Door.PAGE
    ).lead
    if now.is_open:
        return _waits(desk, now)
    return did(desk, now, f"{now.name}: never, {reason.label.lower()}.", stays=False, undo=_back(now))


def _waits(desk, lead: Lead) -> dict:
    """Say that so many untouched leads of one source need the manager's word (WORK-7). Until then the lead is out of the queue."""
    wish = wishes(lead=lead).select_related("owner").first()
    whose = f"{possessive(wish.owner.get_short_name())}" if wish and wish.owner else "the manager's"
    text = f"Stopped after {LIMIT}. So many untouched leads of one source need {whose} word; {lead.name} waits for it."
    return did(desk, lead, text, stays=False, undo={"kind": "unask", "cycle": lead.cycle_id})


@_acts(forms.WhenForm, "keep")
def keep(desk, lead, said):
    """Keep the lead for later: it leaves the list and comes back on its day (LIFE-9)."""
    until = _when(desk, said)
    now = dispositions.keep(
        [seen(lead, said)], until=until, by=desk.user, at=desk.at, note=said["note"], door=Door.PAGE
    ).lead
    return did(desk, now, f"{now.name} is kept until {_moment(desk, until)}.", stays=False, undo=_back(now))


@_acts(forms.WhenForm, "next")
def follow_up(desk, lead, said):
    """Plan what happens next with a working lead (WORK-6)."""
    due = _when(desk, said)
    if due > dispositions.after_months(desk.at, 24):
        raise Refused(FAR, "far")
    channel = next_steps.best(lead)
    now = notes.follow_up(
        [Seen(lead.pk, said["cycle"])], due_at=due, by=desk.user, at=desk.at, channel=channel, door=Door.PAGE
    ).lead
    if said["note"]:
        now = notes.add([Seen(lead.pk)], text=said["note"], by=desk.user, at=desk.at, door=Door.PAGE).lead
    what = Channel(channel).label.lower() if channel else "step"
    return did(desk, now, f"{now.name}: next {what} {_moment(desk, due)}.", stays=False)


def _when(desk, said):
    return said["moment"] if "moment" in said else next_steps.start_of(desk.user, said["on"])


@_acts(forms.NoteForm, "log", right=lambda lead: ("note",))
def note(desk, lead, said):
    """Write a note: no touch, and never refused because the lead moved on."""
    now = notes.add([Seen(lead.pk)], text=said["note"], by=desk.user, at=desk.at, door=Door.PAGE).lead
    return did(desk, now, f"Your note is on {possessive(now.name)} timeline.")


@_acts(forms.ActForm, "log", right=lambda lead: ("take_back",))
def take_back(desk, lead, said):
    """Take the end of the last round back (LIFE-15)."""
    now = dispositions.take_back([seen(lead, said)], by=desk.user, at=desk.at, door=Door.PAGE).lead
    return did(desk, now, f"{now.name}: the end is taken back, the round goes on.")


@_acts(forms.OptOutForm, "opt-out")
def opt_out(desk, lead, said):
    """Note what they asked us not to do (LIFE-11): on some channels, or on all."""
    if said["all"]:
        now = consent.opt_out([Seen(lead.pk)], by=desk.user, at=desk.at, door=Door.PAGE).lead
        return did(
            desk, now, f"{now.name} asked us to stop. Nobody writes or calls from now on.", stays=not lead.is_open
        )
    new = sorted(set(said["channel"]) - set(lead.opted_out_channels))
    if not new:
        raise Refused("Tick what they asked us not to do.", "channel")
    now = consent.opt_out([Seen(lead.pk)], by=desk.user, at=desk.at, channels=new, door=Door.PAGE).lead
    labels = ", ".join(Channel(c).label.lower() for c in new)
    return did(desk, now, f"{now.name}: no {labels} from now on.")


@_acts(forms.AssignForm, "assign", right=lambda lead: ("assign", "pull"))
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


@_acts(forms.ActForm, "log", right=lambda lead: ("give_back",))
def give_back(desk, lead, said):
    """Give a pull back untouched, to the queue it came from."""
    now = assignment.give_back([seen(lead, said)], by=desk.user, at=desk.at, door=Door.PAGE).lead
    return did(
        desk,
        now,
        f"{now.name} is back in the queue of {now.team}." if now.team else f"{now.name} is given back.",
        stays=False,
    )


@_acts(forms.ActForm, "log", right=lambda lead: ("keep",))
def start(desk, lead, said):
    """Take a kept lead up again once its day has come: the next round begins, in the hands of who kept it (LIFE-8)."""
    if lead.owner_id != desk.user.pk or lead.recycle_at is None or lead.recycle_at > desk.at:
        raise Refused("Its day has not come.", "not_due")
    now = recycling.come_back([seen(lead, said)], at=desk.at, queue=None, door=Door.PAGE).lead
    return did(desk, now, f"{now.name}: round {now.cycle.number} begins.")


@_acts(forms.ExceptionForm, "exception", right=lambda lead: ("ask_exception",))
def ask_exception(desk, lead, said):
    """Ask that the round be left out of every metric and limit until a day (LIFE-10). It counts until a manager grants it."""
    until = next_steps.start_of(desk.user, said["day"])
    if until > dispositions.after_months(desk.at, 24):
        raise Refused(FAR, "far")
    now = exceptions.ask(
        [Seen(lead.pk, said["cycle"])], reason=_reason(said, "exception"), review_at=until, by=desk.user, at=desk.at,
        what=said["note"], door=Door.PAGE,
    ).lead  # fmt: skip
    return did(desk, now, f"{now.name}: asked for an exception until {_day(desk, until)}. It counts until that is granted.")


def _day(desk, at) -> str:
    return day(at.astimezone(desk.user.zone).date(), desk.at.astimezone(desk.user.zone).date())


def _moment(desk, at) -> str:
    return moment(at, timezone.get_current_timezone(), desk.at)
