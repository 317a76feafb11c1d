"""What people write about a lead (LIFE-12). Notes belong to the lead, mention colleagues by `@name`, and can be erased."""

import re
from datetime import datetime

from accounts.models import Door, Message, User
from leads import permissions
from leads.lifecycle import Refused, Result, Step, turn
from leads.models import Lead, Note, Task

MENTION = re.compile(r"(?<![\w.@])@([a-z][a-z0-9_.-]*[a-z0-9])", re.IGNORECASE)
LONGEST = 10_000


def add(leads, *, text: str, by: User, at: datetime, door: str = Door.PAGE) -> Result:
    """Write a note on leads. It is no touch, and takes part in no clock."""

    def change(step: Step) -> None:
        step.may("note")
        attach(step, text)

    return turn(leads, change, by=by, at=at, door=door)


def attach(step: Step, text: str) -> Note:
    """Write a note within a turn, and tell whom it mentions, if they may see the lead. One query when it mentions anybody."""
    text = text.strip().replace("\x00", "")
    if not text:
        raise Refused("Write something first.", "empty")
    if len(text) > LONGEST:
        raise Refused(f"A note holds {LONGEST:,} characters; this has {len(text):,}.", "too_long")
    note = step.add(Note(lead=step.lead, cycle=step.new_cycle or step.cycle, by=step.by, text=text, at=step.at), "note")
    step.record("note", data={"note": note})
    for person in mentioned(text, step.by):
        if permissions.can(person, "see", step.lead, at=step.at):
            step.add(
                Message(
                    to=person, kind="mention", lead_id=step.lead.pk, data={"by": step.by.pk if step.by else None}, created_at=step.at,
                    dedupe_key=f"mention:{step.lead.pk}:{person.pk}:{step.at.isoformat()}",
                )
            )  # fmt: skip
    return note


def mentioned(text: str, by: User | None) -> list[User]:
    """Return whom a note calls by `@name`, save who wrote it. One query when it calls anybody."""
    names = {name.lower() for name in MENTION.findall(text)}
    people = User.objects.filter(username__in=names, is_active=True).order_by("name") if names else ()
    return [person for person in people if person != by]


def not_told(text: str, lead: Lead, by: User, at: datetime) -> str:
    """Say who was called in a note just written on a lead and yet not told, because they may not see it; '' when nobody.

    Two queries when it calls anybody.
    """
    people = mentioned(text, by)
    told = (
        Message.objects.filter(kind="mention", lead_id=lead.pk, created_at__gte=at)
        if people
        else Message.objects.none()
    )
    deaf = {person.pk for person in people} - set(told.values_list("to", flat=True))
    *names, last = [person.get_short_name() for person in people if person.pk in deaf] or [""]
    if not last:
        return ""
    several = f"{', '.join(names)} and {last} may not see this lead and were not told."
    return several if names else f"{last} may not see this lead and was not told."


def erase(note: Note, *, by: User, at: datetime) -> None:
    """Blank one note; that it was there stays on record."""

    def change(step: Step) -> None:
        if note.by_id != by.pk:
            step.may("erase")
        step.record("note_erased", data={"note": note.pk})

    turn([note.lead_id], change, by=by, at=at).whole()
    Note.objects.filter(pk=note.pk, erased_at__isnull=True).update(text="", erased_at=at)


def follow_up(
    leads, *, due_at: datetime, by: User, at: datetime, channel: str = "", what: str = "", door: str = Door.PAGE
) -> Result:
    """Plan the next step of leads in hand (WORK-6); an earlier plan is replaced."""

    def change(step: Step) -> None:
        step.may("task")
        if not step.lead.is_open:
            raise Refused(f"{step.lead.name} is {step.lead.state_label}; next steps belong to leads in hand.", "state")
        plan(step, due_at, channel, what)

    return turn(leads, change, by=by, at=at, door=door)


def plan(step: Step, due_at: datetime, channel: str = "", what: str = "") -> Task:
    """Set the next step within a turn, in place of the one that stood."""
    if due_at <= step.at:
        raise Refused("That moment is past. Choose a later one.", "past")
    step.close_tasks(Task.Kind.FOLLOW_UP, outcome=Task.Outcome.DROPPED)
    lead = step.lead
    return step.add(
        Task(kind=Task.Kind.FOLLOW_UP, lead=lead, cycle=step.new_cycle or step.cycle, owner=lead.owner, team=lead.team, channel=channel,
             what=what[:200], created_by=step.by, began_at=step.at, due_at=due_at, sweep_at=due_at),
        "next",
    )  # fmt: skip
