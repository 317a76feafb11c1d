"""What a person does with one lead: log a touch, end the round, keep it, write a note, plan, note an opt-out, ask for an
exception. Whose hands it is in is `hands.py`, taking an act back `undo.py`.

Each act is a POST with the round and version it was drawn from and a token that makes it count once (`acting`).
"""

from datetime import timedelta

from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.models import Door, Reason
from accounts.words import day, moment
from accounts.workdays import after_months
from leads import (
    consent,
    dispositions,
    exceptions,
    next_steps,
    notes,
    permissions,
    touches,
)
from leads.lifecycle import Refused, Seen, what_happened
from leads.mass_guard import LIMIT
from leads.models import Channel, Lead, LeadStatus, Spell, TouchOutcome
from leads.permissions import possessive
from leads.queue import wishes
from leads.views import acts, forms
from leads.views.acting import did, moved_on, seen, view_of
from leads.views.desk import Desk
from leads.views.panel import slim

FAR = "That is more than two years away. Choose an earlier day."


@require_GET
def act(request, pk, kind):
    """Show one act in #act; without a script, the page with it opened."""
    desk = Desk(request)
    lead = desk.lead(pk)
    if not acts.is_known(kind):
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


@view_of(forms.TouchForm, "log")
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
    if not now.is_open and moved_on(lead, desk.request.POST):
        return did(desk, now, f"{what_happened(now, desk.at)} What you did is kept on it.", undo=undo)
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


def _write(desk, lead: Lead, text: str) -> None:
    if text:
        notes.add([Seen(lead.pk)], text=text, by=desk.user, at=desk.at, door=Door.PAGE).whole()


def _back(lead: Lead) -> dict:
    return {"kind": "take_back", "cycle": lead.cycle_id}


@view_of(forms.EndForm, "nurture")
def nurture(desk, lead, said):
    """End the round: not now. A raw lead is set aside for marketing instead."""
    reason = _reason(said, "nurture")
    if lead.status in LeadStatus.WAITING:
        now = dispositions.set_aside([seen(lead, said)], by=desk.user, at=desk.at, door=Door.PAGE).lead
        _write(desk, now, said["note"])
        return did(desk, now, f"{now.name} is set aside for marketing.")
    now = dispositions.nurture(
        [seen(lead, said)], reason=reason, by=desk.user, at=desk.at, note=said["note"], size=said["size"], door=Door.PAGE
    ).lead  # fmt: skip
    if now.is_open:
        return _waits(desk, now)
    back = f" Comes back {_day(desk, now.recycle_at)}." if now.recycle_at else ""
    return did(desk, now, f"{now.name}: not now, {reason.label.lower()}.{back}", stays=False, undo=_back(now))


@view_of(forms.EndForm, "unqualify")
def unqualify(desk, lead, said):
    """End the round: never. A lead that waits is discarded before it reaches sales."""
    reason = _reason(said, "unqualified")
    if lead.status in LeadStatus.WAITING:
        now = dispositions.discard([seen(lead, said)], reason=reason, by=desk.user, at=desk.at, door=Door.PAGE).lead
        _write(desk, now, said["note"])
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


@view_of(forms.WhenForm, "keep")
def keep(desk, lead, said):
    """Keep the lead for later: it leaves the list and comes back on its day (LIFE-9)."""
    until = _when(desk, said)
    now = dispositions.keep(
        [seen(lead, said)], until=until, by=desk.user, at=desk.at, note=said["note"], door=Door.PAGE
    ).lead
    return did(desk, now, f"{now.name} is kept until {_moment(desk, until)}.", stays=False, undo=_back(now))


@view_of(forms.WhenForm, "next")
def follow_up(desk, lead, said):
    """Plan what happens next with a working lead (WORK-6)."""
    due = _when(desk, said)
    if due > after_months(desk.at, 24):
        raise Refused(FAR, "far")
    channel = next_steps.best(lead)
    now = notes.follow_up(
        [Seen(lead.pk, said["cycle"])], due_at=due, by=desk.user, at=desk.at, channel=channel, door=Door.PAGE
    ).lead
    _write(desk, now, said["note"])
    what = Channel(channel).label.lower() if channel else "step"
    return did(desk, now, f"{now.name}: next {what} {_moment(desk, due)}.", stays=False)


def _when(desk, said):
    return said["moment"] if "moment" in said else next_steps.start_of(desk.user, said["on"])


@view_of(forms.NoteForm, "log", right=lambda lead: ("note",))
def note(desk, lead, said):
    """Write a note: no touch, and never refused because the lead moved on."""
    now = notes.add([Seen(lead.pk)], text=said["note"], by=desk.user, at=desk.at, door=Door.PAGE).lead
    return did(desk, now, f"Your note is on {possessive(now.name)} timeline.")


@view_of(forms.ActForm, "log", right=lambda lead: ("take_back",))
def take_back(desk, lead, said):
    """Take the end of the last round back (LIFE-15)."""
    now = dispositions.take_back([seen(lead, said)], by=desk.user, at=desk.at, door=Door.PAGE).lead
    return did(desk, now, f"{now.name}: the end is taken back, the round goes on.")


@view_of(forms.OptOutForm, "opt-out")
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


@view_of(forms.ExceptionForm, "exception", right=lambda lead: ("ask_exception",))
def ask_exception(desk, lead, said):
    """Ask that the round be left out of every metric and limit until a day (LIFE-10). It counts until a manager grants it."""
    until = next_steps.start_of(desk.user, said["day"])
    if until > after_months(desk.at, 24):
        raise Refused(FAR, "far")
    now = exceptions.ask(
        [Seen(lead.pk, said["cycle"])], reason=_reason(said, "exception"), review_at=until, by=desk.user, at=desk.at,
        what=said["note"], door=Door.PAGE,
    ).lead  # fmt: skip
    return did(
        desk, now, f"{now.name}: asked for an exception until {_day(desk, until)}. It counts until that is granted."
    )


def _day(desk, at) -> str:
    return day(at.astimezone(desk.user.zone).date(), desk.at.astimezone(desk.user.zone).date())


def _moment(desk, at) -> str:
    return moment(at, timezone.get_current_timezone(), desk.at)
