"""What LeadOps tells people of leads by itself, in one sentence each, and the rows of the outbox that say so.

A process writes the row in the transaction that makes it true (`Step.add`); pages and mails say it with `words`.
"""

from datetime import datetime

from accounts.models import Message, User
from accounts.words import count

SENTENCES = {
    "auto_abandoned": "{lead} went to not now by itself: 30 days in working and 7 without a touch, or 14 without the first.",
    "returned": "{lead} went back to its queue: pulled, and untouched for 3 working days.",
    "kept_due": "{lead} is yours again: you kept it until today.",
    "long_working": "{lead} is in working for 21 days and not qualified.",
    "exception_waits": "{lead}: somebody asks for an exception for 14 days and has no answer.",
    "exception_due": "{lead}: its exception is past its review date, or 14 days old. Close it, or take the lead on.",
    "morning": "{silent} working leads without activity for 7 days; {nobody} in no program, no queue and no one's hands.",
    "parked": "The sweep {sweep} failed three times on row {key} and put it aside: {error}",
}


def notice(to: User | None, kind: str, key: str, *, at: datetime, lead: int | None = None, **data) -> list[Message]:
    """Return the row that tells one person one thing, none for nobody. `key` says what happened: it is told once."""
    if to is None or not to.is_active:
        return []
    return [Message(to=to, kind=kind, lead_id=lead, data=data, created_at=at, dedupe_key=f"{kind}:{key}:{to.pk}"[:120])]


def words(message: Message, lead: str = "A lead") -> str:
    """Say a message of ours in a sentence; an empty one for a kind that says itself elsewhere. Pure."""
    sentence = SENTENCES.get(message.kind, "")
    facts = {"lead": lead, "sweep": "", "key": "", "error": ""} | message.data
    facts |= {name: count(message.data.get(name, 0)) for name in ("silent", "nobody")}
    return sentence.format_map(facts)
