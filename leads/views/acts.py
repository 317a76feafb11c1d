"""What stands in #act: the one place for every action on a lead. See `templates/leads/_act.html` for the contract.

Each picker lists what can be chosen, and says beside what cannot be chosen what is missing.
"""

from datetime import timedelta

from django.urls import reverse

from accounts.models import Disposition, Reason
from leads import next_steps, permissions, receivers
from leads.models import Channel, Lead, LeadStatus
from leads.views import card, slots

# What each act asks the table of rights.
RIGHTS = {
    "log": "touch",
    "nurture": "nurture",
    "unqualify": "unqualify",
    "keep": "keep",
    "next": "task",
    "opt-out": "opt_out",
    "assign": "assign",
    "exception": "ask_exception",
    "card": "qualify_card",
}
WAITING = {"nurture": "set_aside", "unqualify": "discard"}


def right_of(kind: str, lead: Lead) -> str:
    """Name the right that an act needs: what a rep ends, marketing sets aside or discards before it reaches sales."""
    if kind in slots.ACTS:
        return slots.ACTS[kind].right
    return WAITING.get(kind, RIGHTS[kind]) if lead.status in LeadStatus.WAITING else RIGHTS[kind]


def act(
    desk, lead: Lead, kind: str, panel: dict, *, error: dict | None = None, typed: dict | None = None
) -> dict | None:
    """Return one act of a lead as the template takes it; None where this person may not."""
    if not is_known(kind) or not permissions.can(desk.user, right_of(kind, lead), lead, at=desk.at):
        return None
    typed = typed or {}
    shown = {"kind": kind, "error": error, "note": typed.get("note", "")}
    if kind in slots.ACTS:
        return shown | {"template": slots.ACTS[kind].template} | slots.ACTS[kind].draw(desk, lead, panel, typed)
    return shown | DRAWN[kind](desk, lead, kind, panel, typed)


def can_be_drawn(desk, lead: Lead, kind: str) -> bool:
    """Whether this act makes sense where the lead stands now, for this person."""
    fits = slots.ACTS[kind].fits(lead) if kind in slots.ACTS else lead.is_open or lead.status == LeadStatus.QUALIFIED
    return fits and permissions.can(desk.user, right_of(kind, lead), lead, at=desk.at)


def is_known(kind: str) -> bool:
    return kind in RIGHTS or kind in slots.ACTS


def default(desk, lead: Lead, panel: dict, typed: dict | None = None) -> dict | None:
    """Return what stands in #act when nothing else was asked for: logging a touch, where that makes sense."""
    if not (lead.is_open or lead.owner_id) or panel["can"]["start"]:
        return None
    return act(desk, lead, "log", panel, typed=typed)


def _log(desk, lead, kind, panel, typed) -> dict:
    channel = typed.get("channel") or (panel.get("step") or {}).get("channel") or next_steps.best(lead) or Channel.CALL
    then = ""
    if lead.is_open and lead.owner and permissions.can(desk.user, "task", lead, at=desk.at):
        step = next_steps.after(lead, channel, "no_answer" if channel == Channel.CALL else "sent", lead.owner, desk.at)
        then = next_steps.words(step, desk.user, desk.at)
    return {"channel": channel, "next": then}


def _reasons(desk, lead, kind, panel, typed) -> dict:
    if lead.status in LeadStatus.WAITING and kind == "nurture":
        reasons = Reason.objects.filter(code="not_now_intake")
    else:
        reasons = Reason.objects.to_choose(Disposition.NURTURE if kind == "nurture" else Disposition.UNQUALIFIED)
    untouched = lead.status == LeadStatus.ASSIGNED and lead.cycle.touches == 0
    choices = [
        {
            "code": reason.code,
            "label": reason.label,
            "test": reason.test,
            "asks_size": reason.asks_size,
            "refused": "Needs a touch first." if untouched and not reason.is_prequalification else "",
        }
        for reason in reasons
    ]
    # What can be chosen comes first, so that the keys 1 to 9 reach it.
    choices.sort(key=lambda choice: bool(choice["refused"]))
    return {"choices": choices, "size": typed.get("size", ""), "until_touch": untouched}


def _keep(desk, lead, kind, panel, typed) -> dict:
    choices = next_steps.to_keep(desk.user, desk.at)
    missing = ""
    if lead.status == LeadStatus.ASSIGNED and not lead.cycle.touches:
        missing = "No touch yet. Reach out once before you keep it for later."
    return _moments(desk, choices, missing, typed) | {"url": reverse("keep", args=[lead.pk])}


def _next(desk, lead, kind, panel, typed) -> dict:
    return _moments(desk, next_steps.to_go_on(desk.user, desk.at), "", typed) | {
        "url": reverse("follow-up", args=[lead.pk])
    }


def _moments(desk, choices, missing: str, typed: dict) -> dict:
    first = (desk.at + timedelta(days=1)).astimezone(desk.user.zone).date()
    choices = [{"value": c.value, "label": c.label, "help": c.help, "refused": missing} for c in choices]
    return {"choices": choices, "until": typed.get("day", ""), "first_day": first.isoformat()}


def _opt_out(desk, lead, kind, panel, typed) -> dict:
    ticked = set(typed.get("channel", ()))
    channels = [
        {"value": c.value, "label": c.label, "is_out": c.value in lead.opted_out_channels, "ticked": c.value in ticked}
        for c in Channel
        if c != Channel.MEETING
    ]
    return {"channels": channels, "all_out": bool(typed.get("all"))}


def _assign(desk, lead, kind, panel, typed) -> dict:
    return {"people": receivers.choices(lead, desk.user, desk.at), "note": typed.get("why", "")}


def _exception(desk, lead, kind, panel, typed) -> dict:
    reasons = Reason.objects.to_choose("exception")
    choices = [{"code": r.code, "label": r.label, "test": r.test} for r in reasons]
    return _moments(desk, [], "", typed) | {"choices": choices, "chosen": typed.get("reason", "")}


DRAWN = {
    "log": _log,
    "nurture": _reasons,
    "unqualify": _reasons,
    "keep": _keep,
    "next": _next,
    "opt-out": _opt_out,
    "assign": _assign,
    "exception": _exception,
    "card": card.drawn,
}
