"""What is shown of one lead, beside the queue and on its own page: see `templates/leads/_panel.html` for the contract.

Gathers what the processes know into the words of the screen. Four queries, whatever the lead has been through.
"""

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.http import urlencode

from accounts import unsent
from accounts.permissions import Scope, allowed
from accounts.prepared import Prepared
from leads import next_steps, permissions, sla, timeline
from leads.dispositions import TAKE_BACK
from leads.models import Channel, Lead, LeadStatus, Motion, Outcome, Signal, Task, Trigger
from leads.rows import ICONS, asked
from leads.views import card, known, slots, waiting
from leads.views.known import asked_not_to, said_at

ENDED = {"qualified": ("now", "check"), "nurture": ("notnow", "moon"), "unqualified": ("never", "never")}
HEARD = {"reply": "Their answer", "form": "Their form"}


def slim(desk, lead: Lead, seen: dict | None = None) -> dict:
    """Return what every form about a lead needs. `seen`: the round and version it was opened with, when they may have moved on."""
    seen = seen or {"cycle": lead.cycle_id, "version": lead.version}
    carried = {"place": desk.place, "view": desk.view, **seen}
    return {
        "id": lead.pk,
        "name": lead.name,
        "token": desk.token,
        "whose": unsent.mark(desk.user),
        "view": desk.view,
        "page_url": reverse("lead", args=[lead.pk]),
        "here": _with_more(desk.address(lead.pk)),
        "carry": urlencode({name: value for name, value in carried.items() if value not in ("", None)}),
        **seen,
    }


def _with_more(url: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}"


def _tasks(lead: int) -> QuerySet[Task]:
    rows = Task.objects.filter(lead=lead, done_at__isnull=True).select_related("owner", "created_by", "reason")
    return rows.order_by("due_at", "pk")


TASKS = Prepared(_tasks)


def full(desk, lead: Lead) -> dict:
    """Return all that is shown of a lead."""
    tasks = TASKS.objects(lead.pk)
    part = part_of(desk.request) if desk.place == "lead" else ""
    story = timeline.read(lead, desk.at, part=part, given=lead.is_open, past=True)
    account, sales = lead.account, story.read["sales"]
    entries, older = story.entries(), story.older
    may = {name: permissions.can(desk.user, name, lead, at=desk.at) for name in MAY}
    panel = slim(desk, lead) | {
        "is_open": lead.is_open,
        "title": lead.title,
        "company": account.name if account else lead.company,
        "back": _back(desk, lead),
        "badges": _badges(lead, account, known.relationship(sales)),
        "clock": _clock(lead, tasks, desk.at),
        "assigned": _assigned(lead, story, desk),
        "step": _step(lead, tasks, may, desk),
        "said": _said(story.read["said"], desk.at),
        "ended": _ended(lead, desk, may),
        "can": _can(lead, may, desk),
        "unplanned": lead.status == LeadStatus.WORKING
        and lead.owner_id == desk.user.pk
        and not any(map(_is_step, tasks)),
        "facts": known.facts(lead, account, tasks, desk.at),
        "rounds": known.rounds(story.read["rounds"]),
        "entries": entries,
        "older": older_url(lead, older, part),
        "parts": _parts(lead, part) if desk.place == "lead" else [],
        "acts": slots.offered(desk, lead),
        "sections": slots.sections(desk, lead),
        "card": card.summary(desk, lead),
        "company_url": slots.company_page(account.pk) if account else "",
        "answers": waiting.answers(lead, tasks, may, desk),
        "notice": waiting.shield(lead, may, desk) or waiting.waits(tasks, may, desk),
        "links": known.links(lead, desk),
    }
    return panel | known.company(lead, sales, desk)


def part_of(request) -> str:
    """Return what the timeline was narrowed to, by its address; '' for all of it."""
    part = request.GET.get("of", "")
    return part if part in timeline.PARTS else ""


def older_url(lead: Lead, before: int | None, part: str) -> str:
    """Return where the entries before this key are, or nothing where there are none."""
    if before is None:
        return ""
    return (
        f"{reverse('timeline-older', args=[lead.pk])}?{urlencode({'before': before} | ({'of': part} if part else {}))}"
    )


def _parts(lead: Lead, chosen: str) -> list[dict]:
    """List what the timeline of the lead's page can be narrowed to, as plain links."""
    url, names = (
        reverse("lead", args=[lead.pk]),
        [("", "All"), *((key, name) for key, (name, _) in timeline.PARTS.items())],
    )
    return [
        {"url": f"{url}?of={key}#tl-h" if key else f"{url}#tl-h", "label": name, "current": key == chosen}
        for key, name in names
    ]


MAY = (
    "touch", "nurture", "unqualify", "keep", "note", "take_back", "opt_out", "assign", "pull", "give_back", "task", "discard", "set_aside",
    "ask_exception", "grant_exception", "qualify_card",
)  # fmt: skip
VERBS = {
    "call": "Call", "email": "Write to", "social": "Write to", "sms": "Text", "chat": "Chat with", "letter": "Write to", "meeting": "Meet",
}  # fmt: skip


def _back(desk, lead: Lead) -> dict:
    """Say where this person came from, most likely."""
    if desk.place == "queue":
        return {"url": desk.address(), "label": "Queue"}
    if lead.is_open and lead.owner_id == desk.user.pk:
        return {"url": f"{reverse('queue')}?lead={lead.pk}#lead", "label": "Queue"}
    return {"url": reverse("leads"), "label": "Leads"}


def _can(lead: Lead, may: dict, desk) -> dict:
    """Say which acts are offered: those this person may do, and that make sense where the lead stands."""
    waiting = lead.status in LeadStatus.WAITING
    in_hands = lead.is_open or lead.owner_id is not None
    sales_led = lead.motion == Motion.SLG
    return {
        "touch": may["touch"] and in_hands,
        "nurture": (may["nurture"] and lead.is_open) or (may["set_aside"] and lead.status == LeadStatus.RAW),
        "unqualify": (may["unqualify"] and lead.is_open) or (may["discard"] and waiting),
        "keep": may["keep"] and lead.is_open and lead.owner_id is not None,
        "note": may["note"],
        "take_back": may["take_back"] and _takes_back(lead, desk),
        "opt_out": may["opt_out"] and not lead.opted_out_at,
        "assign": may["assign"] and _gives(desk.user) and sales_led,
        "claim": waiting
        and sales_led
        and not lead.opted_out_at
        and (may["pull"] or (may["assign"] and not _gives(desk.user))),
        "give_back": may["give_back"] and _came_from_queue(lead),
        "start": _kept_and_due(lead, desk),
        "plan": may["task"] and lead.is_open and sales_led,
        "exception": may["ask_exception"] and lead.is_open,
        "card": may["qualify_card"] and (lead.is_open or lead.status == LeadStatus.QUALIFIED),
    }


def _gives(user) -> bool:
    """Whether this person hands leads to others: managers and RevOps."""
    return bool(allowed(user, "leads.assign") & (Scope.TEAM | Scope.ALL))


def _came_from_queue(lead: Lead) -> bool:
    cycle = lead.cycle
    return bool(
        lead.status == LeadStatus.ASSIGNED
        and not cycle.touches
        and cycle.trigger in (Trigger.PULL, Trigger.OWN)
        and cycle.came_from in LeadStatus.WAITING
        and cycle.came_team_id
    )


def _kept_and_due(lead: Lead, desk) -> bool:
    """Whether a kept lead's day has come, for the one who keeps it."""
    mine = lead.status == LeadStatus.NURTURE and lead.owner_id == desk.user.pk
    return bool(mine and lead.recycle_at and lead.recycle_at <= desk.at)


def _takes_back(lead: Lead, desk) -> bool:
    cycle = lead.cycle
    if lead.is_open or cycle is None or cycle.outcome not in Outcome.DISPOSITIONS or lead.status_since > cycle.ended_at:
        return False
    return desk.at - cycle.ended_at <= TAKE_BACK or permissions.can(desk.user, "reopen", lead, at=desk.at)


def _badges(lead: Lead, account, relationship: str) -> list[dict]:
    """Say what never changes while you look; four at most."""
    kind = lead.motion if lead.is_open else ENDED[lead.status][0] if lead.status in ENDED else "outline"
    icon = ENDED[lead.status][1] if lead.status in ENDED else ""
    badges = [{"kind": kind, "icon": icon, "label": lead.state_label}]
    if lead.opted_out_at:
        badges.append({"kind": "never", "icon": "never", "label": "Opted out"})
    badges.append({"kind": "outline", "label": relationship})
    if account and account.is_target:
        badges.append({"kind": "outline", "label": "Target account"})
    if lead.cycle and lead.cycle.number > 1:
        badges.append({"kind": "outline", "icon": "round", "label": f"Round {lead.cycle.number}"})
    if lead.score is not None:
        badges.append({"kind": "outline", "label": f"Score {lead.score}"})
    return badges[:4]


def _clock(lead: Lead, tasks: list[Task], at) -> sla.Clock | None:
    """Return the clock that runs: a first touch, or an answer that is owed; the one that ends first."""
    running = [t for t in tasks if t.limit_at is not None and t.kind != Task.Kind.EXCEPTION]
    if running:
        return sla.task_clock(min(running, key=lambda t: t.due_at), at)
    return sla.clock_of(lead, lead.cycle, at)


def _assigned(lead: Lead, story: timeline.Told, desk) -> str:
    """Say in one sentence since when and why the lead is in these hands."""
    if not lead.is_open:
        return ""
    cycle = lead.cycle
    mine = (e for e in story.events if e.cycle_id == cycle.pk and e.move not in timeline.TAKEN_BACK)
    event = next((e for e in mine if e.kind == "owner" or e.to_status == LeadStatus.ASSIGNED), None)
    who = story.who(event) if event else "LeadOps"
    when = said_at(event.at if event else cycle.assigned_at, desk.at)
    if event and event.kind == "owner":
        return (
            f"{who} gave it to {_you(lead.owner, desk)} {when}; the round began {said_at(cycle.assigned_at, desk.at)}."
        )
    how = {
        Trigger.PULL: f"Pulled {when}.",
        Trigger.ACTION: f"They asked for us; assigned {when}.",
        Trigger.OWN: f"Brought in and taken {when}.",
        Trigger.ROUND_ROBIN: f"Assigned {when}, in turn.",
        Trigger.RECYCLE: f"Came back {when}.",
        Trigger.HAND_OVER: f"Handed over by the product {when}.",
        Trigger.SIGN_UP: f"With the product since {when}.",
        Trigger.SELF_SERVE: f"With the product since {when}: they serve themselves best.",
        Trigger.REOPEN: f"{who} opened it again {when}.",
    }
    return how.get(cycle.trigger, f"Assigned {when} by {who}.")


def _you(owner, desk) -> str:
    return "you" if owner == desk.user else owner.get_short_name() if owner else "the team"


def _step(lead: Lead, tasks: list[Task], may: dict, desk) -> dict | None:
    """Say what to do now, and the ways to do it that they did not ask us to leave."""
    if not may["touch"] or not (lead.is_open or lead.owner_id) or _kept_and_due(lead, desk):
        return None
    out = set(Channel.values) if lead.opted_out_at else set(lead.opted_out_channels)
    owed = next((t for t in tasks if t.due_at <= desk.at and t.kind == Task.Kind.FOLLOW_UP), None)
    channel = owed.channel if owed and owed.channel else next_steps.best(lead)
    first = lead.first_name or lead.name
    return {
        "title": f"{VERBS[channel]} {first}" if channel else "",
        "channel": channel,
        "icon": ICONS.get(channel, ""),
        "phone": known.phone_of(lead) if Channel.CALL not in out else "",
        "phone_href": "tel:" + "".join(c for c in lead.phone if c.isdigit() or c == "+"),
        "email": lead.email if Channel.EMAIL not in out else "",
        "what": owed.what if owed else "",
        "refused": asked_not_to(lead, desk.at),
    }


def _said(rows: list, at) -> dict | None:
    """Quote what they said last."""
    if not rows:
        return None
    kind, what, words, when = rows[0].a, rows[0].b, rows[0].c, rows[0].at
    heard = asked(what) if kind == Signal.Kind.HAND_RAISE else HEARD[kind]
    return {"text": words, "source": f"{heard}, {said_at(when, at)}"}


def _ended(lead: Lead, desk, may: dict) -> dict | None:
    """Say how the last round ended, and until when that can be taken back."""
    if lead.status not in ENDED:
        return None
    kind, icon = ENDED[lead.status]
    words = f"{lead.state_label} since {said_at(lead.status_since, desk.at)}"
    words += f": {lead.reason.label.lower()}." if lead.reason else "."
    if lead.cycle and lead.cycle.size:
        words += f" Size {lead.cycle.size}."
    if lead.recycle_at:
        words += (
            f" {'Kept until' if lead.nurture_kind == 'sales' else 'Comes back'} {said_at(lead.recycle_at, desk.at)}."
        )
    until = ""
    if may["take_back"] and _takes_back(lead, desk) and lead.cycle.ended_by_id == desk.user.pk:
        until = f"You can until {said_at(lead.cycle.ended_at + TAKE_BACK, desk.at)}, a manager later."
    return {"kind": kind, "icon": icon, "words": words, "until": until}


def _is_step(task: Task) -> bool:
    return task.kind != Task.Kind.EXCEPTION or task.accepted_at is not None
