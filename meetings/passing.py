"""Meetings and hand-offs that go into other hands: with the lead of who holds both, and all of them when somebody leaves (ROUTE-6, ACC-7).

`go_along` is called within the turn that changes a lead's hands, `held` and `pass_on` by `leads/handing_over.py`, `bring_back` by
`leads/hand_over_undo.py`, told of them when the app begins; `give` and `follow_owner` by a change of owner of a company or a
sale. What was brought about, said and credited stays whose it was. A meeting that is just being spoken of is left alone and the lead or
the leaver with it, so that nobody waits for the other: locks are taken here from the lead on.
"""

from collections.abc import Iterable
from copy import copy
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts.models import Door, Event, User
from accounts.writing import insert_each
from leads.lifecycle import BATCH, Refused, Result, Step, turn
from leads.models import LeadStatus, Task
from meetings import entering, handing, holders, invitations, points
from meetings.models import HandOff, Meeting, MeetingStatus
from meetings.record import BESIDE, put_on_record, tell


def held(user: User) -> dict[str, int]:
    """Count the meetings without their end that somebody holds, and the hand-offs that wait for their word. Two queries."""
    return {"meetings": _meetings(user).count(), "hand_offs": _hand_offs(user).count()}


def _meetings(user: User):
    return Meeting.objects.filter(owner=user, status=MeetingStatus.BOOKED)


def _hand_offs(user: User):
    return HandOff.objects.filter(receiver=user, outcome="")


def go_along(step: Step, task: Task, to: User) -> None:
    """Let the meeting of a task go to who gets its lead, within their turn. Raises Refused where they are taken then, or away."""
    meeting = Meeting.objects.filter(task=task.pk, status=MeetingStatus.BOOKED).values_list("pk", flat=True).first()
    if meeting is not None:
        take(step, meeting, to)


def give(rows: QuerySet, *, to: User, by: User, at: datetime, door: str = Door.PAGE) -> Result:
    """Give these meetings to another: time, invitation and chain stay. A lead is refused whose meeting cannot be taken on.

    Who may is asked by the caller. About six queries a meeting, ten for each 500 leads.
    """
    result = Result()

    def change(step: Step) -> None:
        for meeting in rows.filter(lead=step.lead.pk).order_by("starts_at").values_list("pk", flat=True):
            take(step, meeting, to)

    ids = sorted(set(rows.values_list("lead", flat=True)))
    for start in range(0, len(ids), BATCH):
        part = turn(ids[start : start + BATCH], change, by=by, at=at, door=door)
        result.done += part.done
        result.refused += part.refused
    return result


def pass_on(
    leaver: User, *, to: User, by: User, at: datetime, door: str = Door.PAGE
) -> tuple[Result, dict[str, list[int]]]:
    """Give the meetings and waiting hand-offs of one who leaves to another, and name those that went."""
    meetings = list(_meetings(leaver).values_list("pk", flat=True))
    result = give(_meetings(leaver), to=to, by=by, at=at, door=door)
    went = list(_meetings(to).filter(pk__in=meetings).order_by("pk").values_list("pk", flat=True))
    return result, {"meetings": went, "hand_offs": answer_for(_hand_offs(leaver), leaver, to, by, at, door)}


def bring_back(
    leaver: User, went: dict[str, list[int]], *, frm: User, by: User, at: datetime, door: str = Door.PAGE
) -> tuple[Result, dict[str, list[int]]]:
    """Give back what `pass_on` gave, as far as who got it has it still and it waits; name what came. A meeting comes back only where its
    time is free for the one who has it again."""
    meetings = went.get("meetings", [])
    result = give(_meetings(frm).filter(pk__in=meetings), to=leaver, by=by, at=at, door=door)
    came = list(_meetings(leaver).filter(pk__in=meetings).order_by("pk").values_list("pk", flat=True))
    waiting = _hand_offs(frm).filter(pk__in=went.get("hand_offs", []))
    return result, {"meetings": came, "hand_offs": answer_for(waiting, frm, leaver, by, at, door)}


def take(step: Step, pk: int, to: User) -> None:
    """Put one meeting into the hands of another within a turn: on record, in both calendars and the prospect's."""
    free = Meeting.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=pk).values_list("pk", flat=True)
    if not list(free):
        raise Refused("Somebody says just now what came of its meeting. Try again.", "busy")
    row = Meeting.objects.select_related(*BESIDE).get(pk=pk)
    if row.status != MeetingStatus.BOOKED or row.owner_id == to.pk:
        return
    before, ahead = copy(row), row.starts_at > step.at
    holders.able(to, row, ahead=ahead)
    row.owner, row.pool, row.point = to, None, points.agreed(row.point, to, step.lead)
    row.sequence, row.version = row.sequence + 1, row.version + 1
    holders.hold_calendar(to)
    try:
        with transaction.atomic():
            row.save(update_fields=["owner", "pool", "point", "sequence", "version"])
    except IntegrityError as problem:
        if "meeting_owner_free" not in str(problem):
            raise
        raise Refused(
            f"{to.get_short_name()} has another meeting when {step.lead.name} has theirs.", "busy"
        ) from problem
    for task in step.open_tasks:
        if task.pk == row.task_id:
            task.owner, task.team = to, None
            step.changed_tasks[task.pk] = task
    Task.objects.filter(pk=row.task_id).update(what=entering.what_to_do(row))
    put_on_record(
        step, row, "pass_on", by=step.by, at=step.at, door=step.turn.door, **{"from": before.owner_id, "to": to.pk}
    )
    if to != step.by:
        step.tell(tell(to, "meeting_passed_on", f"{row.pk}:{row.sequence}", at=step.at, meeting=row))
    if ahead:
        before.ended_at = step.at
        step.tell([*invitations.passed_on(row, step.at), *invitations.cancel(before, only=before.owner)])


# Which hand-offs wait for the word of who has a role of a sale.
OF_ROLE = {"opportunity_owner": HandOff.Kind.SALE, "success_owner": HandOff.Kind.SUCCESS}


def follow_owner(
    sales: Iterable[int], role: str, *, last: User | None, to: User, by: User, at: datetime, door: str
) -> None:
    """Let the word that is waited for of these sales follow to who has this role of them now, in what is left of its 24 hours (SLA-6).

    A lead that is qualified already goes along with it; one in hand stays where it is, and with it who answers for it: whoever gives it
    away takes the word along. One query where nothing waits, ten for each 500 leads.
    """
    waits = HandOff.objects.filter(opportunity__in=sales, kind=OF_ROLE.get(role, ""), receiver=last, outcome="")
    told = list(waits.order_by("lead").values_list("lead", "lead__status", "lead__owner"))
    if any(lead is None for lead, *_ in told):
        answer_for(waits.filter(lead=None), last, to, by, at, door)
    ids = [lead for lead, *stands in told if last is not None and stands == [LeadStatus.QUALIFIED, last.pk]]

    def change(step: Step) -> None:
        if step.lead.status != LeadStatus.QUALIFIED or step.lead.owner_id != last.pk:
            return
        step.record("owner", data={"from": last.pk, "to": to.pk, "roles": [role]})
        step.own(to, None)
        step.lead.opportunity_owner = to
        handing.follow(step, last.pk, to)

    for start in range(0, len(ids), BATCH):
        turn(ids[start : start + BATCH], change, by=by, at=at, door=door)


def answer_for(rows: QuerySet, was: User | None, to: User, by: User, at: datetime, door: str) -> list[int]:
    """Let another answer these hand-offs that wait for somebody's word, and name them; their 24 hours run on. Three queries."""
    with transaction.atomic():
        rows = list(rows.select_for_update(no_key=True, of=("self",)).select_related("opportunity").order_by("pk"))
        ids = [row.pk for row in rows]
        HandOff.objects.filter(pk__in=ids).update(receiver=to)
        insert_each([
            Event(
                kind="hand_off", move="pass_on", at=at, recorded_at=at, door=door, actor_id=by.pk, account_id=row.opportunity.account_id,
                opportunity_id=row.opportunity_id, lead_id=row.lead_id,
                data={"hand_off": row.pk, "from": was.pk if was else None, "to": to.pk},
            )
            for row in rows
        ])  # fmt: skip
    return ids
