"""What LeadOps tells people of leads by itself, in one sentence each, and the rows of the outbox that say so.

A process writes the row in the transaction that makes it true (`Step.add`); pages and mails say it (`accounts/telling.py`). Something
new to tell is one line of SENTENCES and one of KINDS; another app has its own and adds them when it begins.
"""

from collections.abc import Sequence
from datetime import datetime

from django.urls import reverse

from accounts import telling
from accounts.models import Message, Role, User, Way
from accounts.telling import EVERYWHERE, IN_PAGE, Kind, Named
from accounts.words import count
from accounts.writing import fresh
from leads.models import Lead, Spell, Task

REPS = (Role.SDR, Role.AE, Role.CSM, Role.MANAGER)
ABOVE = (Role.MANAGER, Role.REVOPS)
REVOPS = (Role.REVOPS,)
SENTENCES = {
    "auto_abandoned": "{lead} went to not now by itself: 30 days in working and 7 without a touch, or 14 without the first.",
    "returned": "{lead} went back to its queue: pulled, and untouched for 3 working days.",
    "kept_due": "{lead} is yours again: you kept it until today.",
    "long_working": "{lead} is in working for 21 days and not qualified.",
    "exception_waits": "{lead}: somebody asks for an exception for 14 days and has no answer.",
    "exception_due": "{lead}: its exception is past its review date, or 14 days old. Close it, or take the lead on.",
    "pulls": "{name} pulled {pulled} on {day}; the goal is 10 to 15 a day.",
    "dry": "{name} found nothing to pull: the queue is empty. Today's goal does not count.",
    "mention": "A colleague mentions you in a note on {lead}.",
    "assigned": "{lead} is yours.",
    "hand_raise": "{lead} asks for us.",
    "reply": "{lead} answered.",
    "soon": "{lead}: 15 minutes left to the target, and no touch yet.",
    "target": "{lead} is over its target, and nobody touched it.",
    "limit": "{lead} is over its limit, and nobody touched it.",
    "taken": "{lead} went to somebody else: it was over its limit.",
    "waits": "{lead} waits in the pool: nobody there can receive it.",
    "unrouted": "No routing rule matches leads like {lead}. Write one, or say where they go.",
    "idle_account": "The target account {account} was not worked for 30 days, and went to {receiver}.",
    "unsound": "The data breaks a rule. {says} ./run manage check_invariants shows where.",
}
# In the order of the settings: label, the way unless somebody chose another, which ways there are, to whom it comes. What the page tells
# within seconds stays in the page, whoever else hears of it by mail (SLA-3).
KINDS = {
    "assigned": ("A lead is yours", Way.PAGE, IN_PAGE, REPS),
    "hand_raise": ("A lead of yours asks for us", Way.BOTH, IN_PAGE, REPS),
    "reply": ("A lead of yours answers", Way.PAGE, IN_PAGE, REPS),
    "soon": ("15 minutes to a target", Way.PAGE, IN_PAGE, REPS),
    "target": ("A target is missed", Way.PAGE, IN_PAGE, REPS),
    "taken": ("A lead of yours moved on", Way.PAGE, IN_PAGE, REPS),
    "limit": ("A limit is passed in your team", Way.BOTH, IN_PAGE, ABOVE),
    "waits": ("A lead waits in a pool", Way.BOTH, IN_PAGE, ABOVE),
    "mention": ("Somebody mentions you", Way.PAGE, EVERYWHERE, ()),
    "kept_due": ("A kept lead is due", Way.PAGE, EVERYWHERE, REPS),
    "returned": ("A pull goes back", Way.PAGE, EVERYWHERE, REPS),
    "auto_abandoned": ("A lead leaves by itself", Way.PAGE, EVERYWHERE, (*REPS, Role.REVOPS)),
    "long_working": ("A lead is long in working", Way.PAGE, EVERYWHERE, REPS),
    "exception_waits": ("An exception has no answer", Way.BOTH, EVERYWHERE, ABOVE),
    "exception_due": ("An exception is past its review", Way.PAGE, EVERYWHERE, ABOVE),
    "pulls": ("Somebody pulled fewer than 10 or more than 15", Way.BOTH, EVERYWHERE, ABOVE),
    "dry": ("Somebody has nothing to pull", Way.PAGE, EVERYWHERE, ABOVE),
    "idle_account": ("A target account nobody works", Way.BOTH, EVERYWHERE, ABOVE),
    "unrouted": ("No rule matches", Way.BOTH, IN_PAGE, REVOPS),
    "unsound": ("The data breaks a rule", Way.BOTH, IN_PAGE, REVOPS),
}


def begin() -> None:
    """Add these kinds to what people are told, and say how leads are called. Called when the app is ready."""
    telling.add(
        *(Kind(code, label, SENTENCES[code], way, ways, roles) for code, (label, way, ways, roles) in KINDS.items())
    )
    from leads import room  # which stands above what tells it

    room_of = {"lines": lambda m: room.lines_of(m.data), "url": lambda _m: reverse("room")}
    telling.add(
        Kind(
            "room",
            "Clean your room, at 08:00",
            lambda m, _lead: room.sentence(m.data),
            Way.BOTH,
            EVERYWHERE,
            ABOVE,
            **room_of,
        )
    )
    wishes = "{name} wants to end more than 10 untouched leads of one source within an hour. They wait for your word."
    word = {"url": lambda _m: f"{reverse('team')}?show=word"}
    telling.add(Kind("wishes", "Many untouched leads wait for your word", wishes, Way.BOTH, IN_PAGE, ABOVE, **word))
    telling.add(Kind("morning", "The morning’s loose ends", _morning, Way.BOTH, EVERYWHERE, REVOPS))
    telling.name_leads_with(names)


def names(ids: Sequence[int], reader: User, at: datetime) -> dict[int, Named]:
    """Say how a reader knows these leads: by name and page those they may see, by nothing the others. One query beyond the teams."""
    rows = Lead.objects.visible_to(reader, at).filter(pk__in=ids)
    return {lead.pk: Named(lead.name, reverse("lead", args=[lead.pk])) for lead in rows}


def _morning(message: Message, _lead: str) -> str:
    silent, nobody = (count(message.data.get(name, 0)) for name in ("silent", "nobody"))
    return f"{silent} working leads without activity for 7 days; {nobody} in no program, no queue and no one's hands."


def notice(to: User | None, kind: str, key: str, *, at: datetime, lead: int | None = None, **data) -> list[Message]:
    """Return the row that tells one person one thing, none for nobody. `key` says what happened: it is told once."""
    if to is None or not to.is_active:
        return []
    once = f"{kind}:{key}:{to.pk}"[:120]
    return [fresh(Message, to_id=to.pk, kind=kind, lead_id=lead, data=data, created_at=at, dedupe_key=once)]


def at_assignment(step) -> list[Message]:
    """Return what tells an owner that a lead is theirs now, once its rows are written (SLA-3).

    Nobody is told of what they took themselves, or what another message of this turn tells them.
    """
    spell = next((row for row in reversed(step.rows) if isinstance(row, Spell)), None)
    if spell is None or spell.owner_id is None or spell.how == Spell.How.RETURNED:
        return []
    if step.by is not None and spell.owner_id == step.by.pk:
        return []
    if any(isinstance(row, Message) and row.to_id == spell.owner_id for row in step.rows):
        return []
    clocks = [*(t for t in step.rows if isinstance(t, Task)), *step.open_tasks]
    clock = next((t for t in clocks if t.kind == Task.Kind.RESPONSE and t.done_at is None), None)
    data = {"due": clock.due_at.isoformat()} if clock else {}
    return [
        fresh(
            Message, to_id=spell.owner_id, kind="assigned", lead_id=step.lead.pk, data=data, created_at=step.turn.recorded_at,
            dedupe_key=f"sla:{clock.pk if clock else 0}:{spell.pk}:0",
        )
    ]  # fmt: skip
