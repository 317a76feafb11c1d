"""What LeadOps tells people of leads by itself, in one sentence each, and the rows of the outbox that say so.

A process writes the row in the transaction that makes it true (`Step.add`); pages and mails say it with `words`.
"""

from datetime import datetime

from accounts.models import Message, User
from accounts.words import count
from leads.models import Spell, Task

SENTENCES = {
    "auto_abandoned": "{lead} went to not now by itself: 30 days in working and 7 without a touch, or 14 without the first.",
    "returned": "{lead} went back to its queue: pulled, and untouched for 3 working days.",
    "kept_due": "{lead} is yours again: you kept it until today.",
    "long_working": "{lead} is in working for 21 days and not qualified.",
    "exception_waits": "{lead}: somebody asks for an exception for 14 days and has no answer.",
    "exception_due": "{lead}: its exception is past its review date, or 14 days old. Close it, or take the lead on.",
    "morning": "{silent} working leads without activity for 7 days; {nobody} in no program, no queue and no one's hands.",
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
    "parked": "The sweep {sweep} failed three times on row {key} and put it aside: {error}",
}


def notice(to: User | None, kind: str, key: str, *, at: datetime, lead: int | None = None, **data) -> list[Message]:
    """Return the row that tells one person one thing, none for nobody. `key` says what happened: it is told once."""
    if to is None or not to.is_active:
        return []
    return [Message(to=to, kind=kind, lead_id=lead, data=data, created_at=at, dedupe_key=f"{kind}:{key}:{to.pk}"[:120])]


def at_assignment(step) -> list[Message]:
    """Return what tells an owner that a lead is theirs now, once its rows are written (SLA-3).

    Nobody is told of what they took themselves, or what another message of this turn tells them.
    """
    spell = next((row for row in reversed(step.rows) if isinstance(row, Spell)), None)
    if spell is None or spell.owner is None or spell.how == Spell.How.RETURNED or spell.owner == step.by:
        return []
    if any(isinstance(row, Message) and row.to_id == spell.owner_id for row in step.rows):
        return []
    clocks = [*(t for t in step.rows if isinstance(t, Task)), *step.open_tasks]
    clock = next((t for t in clocks if t.kind == Task.Kind.RESPONSE and t.done_at is None), None)
    data = {"due": clock.due_at.isoformat()} if clock else {}
    return [
        Message(
            to=spell.owner, kind="assigned", lead_id=step.lead.pk, data=data, created_at=step.turn.recorded_at,
            dedupe_key=f"sla:{clock.pk if clock else 0}:{spell.pk}:0",
        )
    ]  # fmt: skip


def words(message: Message, lead: str = "A lead") -> str:
    """Say a message of ours in a sentence; an empty one for a kind that says itself elsewhere. Pure."""
    sentence = SENTENCES.get(message.kind, "")
    facts = {"lead": lead, "sweep": "", "key": "", "error": "", "account": "", "receiver": ""} | message.data
    facts |= {name: count(message.data.get(name, 0)) for name in ("silent", "nobody")}
    return sentence.format_map(facts)
