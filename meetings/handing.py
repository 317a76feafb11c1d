"""Who has a lead before and after its meetings: the passing to sales, and the way back (MEET-4, MEET-5, SLA-6).

Called by booking and outcomes within their transaction; `accept` and `refuse` by the receiver's page.
"""

from datetime import datetime

from django.db import transaction

from accounts import ownership
from accounts.lines import Lines
from accounts.messages import post
from accounts.models import Disposition, Door, Event, Opportunity, Reason, Role, Team, User
from leads.lifecycle import Refused, Seen, Step, turn
from leads.models import Lead, LeadStatus, Qualification, Spell
from leads.notices import notice
from leads.receiving import Receiver, change_hands
from meetings import points, success
from meetings.models import HandOff, HandOffPoint, Meeting
from meetings.models.hand_off import ACCEPT_WITHIN
from meetings.record import may

# What a seller takes over with a lead, and how it is asked for.
GIVEN = {"persona": "who they are", "next_step": "what they want of it", "card": "the qualification card"}
OVERSOLD = "oversold"  # the reason that only a customer has


def give(step: Step, to: User, *, data: dict | None = None) -> None:
    """Put a lead in hand into the seller's hands, within a turn. Its sales development owner stays who it was (ACC-7)."""
    lead = step.lead
    if lead.owner_id != to.pk:
        found_by = lead.development_owner
        change_hands(step, Receiver(to, step.at, counts_caps=False), how=Spell.How.REASSIGNED, data=data)
        lead.development_owner = found_by
    lead.opportunity_owner = to


def return_to_source(step: Step, meeting: Meeting, *, data: dict | None = None) -> User | None:
    """Put a lead in hand back into the hands of the SDR who sourced the meeting, and say in whose it is then (MEET-5).

    One who left is stood in for by their manager.
    """
    lead, to = step.lead, meeting.sourced_by and _here(meeting.sourced_by)
    if not lead.is_open or to is None:
        return lead.owner
    if lead.owner_id != to.pk:
        seller = lead.opportunity_owner
        change_hands(step, Receiver(to, step.at, counts_caps=False), how=Spell.How.RETURNED, data=data)
        lead.development_owner = meeting.sourced_by
        lead.opportunity_owner = seller
    return to


def begin(meeting: Meeting, *, at: datetime, accepted: bool, passes: bool = True, had_by: int | None = None) -> None:
    """Begin the passing of a lead to sales: waiting for the receiver's word, or accepted by their disposition. Two queries or three.

    Nothing is handed over to who has it; where somebody else held the meeting than receives the lead, their word is waited for. `passes`:
    whether the lead changes hands with it; one that was qualified before, or is in nobody's, ends what waits and begins nothing. Nor does
    one that the receiver had (`had_by`) and took on before.
    """
    to = points.receiver_of(meeting) if accepted else meeting.owner
    of_this = {"kind": HandOff.Kind.SALE, "opportunity": meeting.opportunity, "lead": meeting.lead}
    waiting = HandOff.objects.filter(**of_this, outcome="")
    if to.pk == meeting.sourced_by_id:
        waiting.update(outcome=HandOff.Outcome.DROPPED, ended_at=at, sweep_at=None)
        return
    facts = {
        "kind": HandOff.Kind.SALE, "opportunity": meeting.opportunity, "lead": meeting.lead, "giver": meeting.sourced_by,
        "receiver": to, "missing": missing_of(meeting),
    }  # fmt: skip
    closed = {
        "receiver": to, "outcome": HandOff.Outcome.ACCEPTED, "ended_at": at, "ended_by": meeting.disposed_by, "sweep_at": None,
    }  # fmt: skip
    answers = accepted and to.pk == meeting.owner_id
    if (answers and waiting.update(**closed)) or not passes:
        return
    taken_on = HandOff.objects.filter(**of_this, receiver=to, outcome=HandOff.Outcome.ACCEPTED)
    if had_by == to.pk and taken_on.exists():
        return
    if answers:
        began = min(meeting.starts_at, at)
        HandOff.objects.create(**facts | closed, began_at=began, recorded_at=at, limit_at=began + ACCEPT_WITHIN)
        return
    limit = at + ACCEPT_WITHIN
    waits = facts | {"began_at": at, "recorded_at": at, "limit_at": limit, "sweep_at": limit}
    HandOff.objects.get_or_create(**of_this, outcome="", defaults=waits)


def missing_of(meeting: Meeting) -> list[str]:
    """Name what the pack does not tell of what a seller takes over (MEET-4, SLA-6). One query."""
    has_card = Qualification.objects.filter(lead=meeting.lead_id).exists()
    told = {"persona": meeting.persona, "next_step": meeting.next_step, "card": has_card}
    return [name for name in GIVEN if not told[name]]


def follow(step: Step, was: int | None, to: User | None) -> None:
    """Let the word that is waited for go along with a lead that changes hands (SLA-6): whoever has it now accepts it or sends it back, in
    what is left of the 24 hours. Back with who gave it or another SDR, or in nobody's hands, there is nothing to accept. On record.

    Called within the turn that changes the hands, as its last. One query a turn where nothing waits.
    """
    for row in step.turn.remember("hand-offs", lambda: _waiting_of(step.turn.ids)):
        if row.lead_id != step.lead.pk or row.receiver_id != was or row.outcome:
            continue
        passes = to is not None and to.pk != row.giver_id and to.role != Role.SDR
        if passes:
            row.receiver = to
        else:
            row.outcome, row.ended_at, row.ended_by, row.sweep_at = HandOff.Outcome.DROPPED, step.at, step.by, None
        row.save(update_fields=["receiver", "outcome", "ended_at", "ended_by", "sweep_at"])
        facts = {"hand_off": row.pk, "from": was, "to": to.pk if to else None}
        step.record("hand_off", move="pass_on" if passes else "dropped", opportunity_id=row.opportunity_id, data=facts)


def _waiting_of(leads: list[int]) -> list[HandOff]:
    rows = HandOff.objects.select_for_update(no_key=True).filter(kind=HandOff.Kind.SALE, lead__in=leads, outcome="")
    return list(rows.order_by("pk"))


def pass_on(step: Step, old: Meeting, new: Meeting) -> None:
    """Let a lead handed over with its meeting, and the word waited for, go along to who holds it now; the 24 hours run on."""
    if new.point == HandOffPoint.SCHEDULED:
        give(step, new.owner, data={"meeting": new.pk})


def drop(meeting: Meeting, *, at: datetime) -> None:
    """End what waits of this lead's passing to sales: there is nothing to hand over any more. One query."""
    HandOff.objects.filter(
        kind=HandOff.Kind.SALE, opportunity=meeting.opportunity, lead=meeting.lead, outcome=""
    ).update(outcome=HandOff.Outcome.DROPPED, ended_at=at, sweep_at=None)


def drop_of_sale(sale: Opportunity, *, at: datetime) -> None:
    """End what waits of the passing of any lead of a sale that ends: nobody takes it on any more. One query."""
    waits = HandOff.objects.filter(kind=HandOff.Kind.SALE, opportunity=sale, outcome="")
    waits.update(outcome=HandOff.Outcome.DROPPED, ended_at=at, sweep_at=None)


def hold(hand_off: HandOff) -> HandOff:
    """Lock a hand-off with its sale and its lead, and read it as it is now. Inside a transaction; four queries."""
    Opportunity.objects.select_for_update(no_key=True).get(pk=hand_off.opportunity_id)
    # Then the lead: whoever changes its hands lets this follow, and has it first.
    list(Lead.objects.select_for_update(no_key=True).filter(pk=hand_off.lead_id).values_list("pk"))
    list(HandOff.objects.select_for_update(no_key=True).filter(pk=hand_off.pk).values_list("pk"))
    beside = ("receiver", "giver", "opportunity__product", "opportunity__account", "lead")
    return HandOff.objects.select_related(*beside).get(pk=hand_off.pk)


def _waiting(hand_off: HandOff, by: User) -> HandOff:
    row = hold(hand_off)
    may(by, "answer", row)
    if row.outcome:
        who = row.ended_by.get_short_name() if row.ended_by else "LeadOps"
        raise Refused(f"{who} answered already: {row.get_outcome_display().lower()}.", "already")
    return row


def accept(hand_off: HandOff, *, by: User, at: datetime, door: str = Door.PAGE) -> HandOff:
    """Take on what is handed over. Who accepts a customer that nobody was named for becomes the success owner."""
    with transaction.atomic():
        row = _waiting(hand_off, by)
        was_nobodys = False
        _end(row, HandOff.Outcome.ACCEPTED, by, at)
        if row.kind == HandOff.Kind.SUCCESS and row.receiver_id is None:
            row.receiver, was_nobodys = by, True
            row.save(update_fields=["receiver"])
            ownership.change([row.opportunity], "success_owner", to=by, by=by, at=at, door=door)
            ownership.change([row.opportunity.account], "success_owner", to=by, by=by, at=at, door=door)
        if row.kind == HandOff.Kind.SUCCESS:
            success.name_owner(row, by, at, door)
        _told(row, "hand_off_accepted", by, at, door, was_nobodys=was_nobodys)
    return row


def refuse(
    hand_off: HandOff, *, reason: Reason | None, why: str = "", by: User, at: datetime, door: str = Door.PAGE
) -> HandOff:
    """Refuse what is handed over, with a reason of the list: it goes back to who gave it (SLA-6). A customer may be *oversold* (ACC-11).

    `why` says more of it in words of one's own.
    """
    if reason is None:
        raise Refused("Choose why you refuse it.", "reason")
    if reason.disposition != Disposition.REFUSAL or not reason.is_active:
        raise Refused(f"“{reason.label}” is no reason for refusing a hand-off.", "reason")
    with transaction.atomic():
        row = _waiting(hand_off, by)
        if reason.code == OVERSOLD and row.kind != HandOff.Kind.SUCCESS:
            raise Refused("Only a customer may be oversold. Choose another reason.", "reason")
        row.reason, row.why, row.is_oversold = reason, why.strip()[:2_000], reason.code == OVERSOLD
        _end(row, HandOff.Outcome.REFUSED, by, at)
        if row.kind == HandOff.Kind.SALE and row.lead_id:
            turn([Seen(row.lead_id)], lambda step: _back(step, row), by=by, at=at, door=door)
        _told(row, "hand_off_refused", by, at, door)
    return row


def _back(step: Step, row: HandOff) -> None:
    """Return a lead to who gave it; one who left is stood in for by their manager. A qualified one stays what it is, in their hands.

    Given from a queue, it waits there again; qualified meanwhile, the manager of who refused it has it.
    """
    lead = step.lead
    to: User | Team | None = _here(row.giver) if row.giver else _queue_of(step) or Lines().manager(user=row.receiver_id)
    if lead.status not in (*LeadStatus.OPEN, LeadStatus.QUALIFIED) or lead.owner_id != row.receiver_id or to is None:
        raise Refused("It is in other hands already.", "state")
    if lead.is_open:
        change_hands(step, Receiver(to, step.at, counts_caps=False), how=Spell.How.RETURNED, data={"hand_off": row.pk})
        return
    step.record("owner", data={"from": lead.owner_id, "to": to.pk, "hand_off": row.pk})
    step.own(to, None)


def _queue_of(step: Step) -> Team | None:
    """Name the queue in which a lead in hand waited last. One query."""
    if not step.lead.is_open:
        return None
    waited = Spell.objects.filter(cycle=step.cycle, team__isnull=False).select_related("team").order_by("pk").last()
    return waited.team if waited else None


def _here(person: User) -> User | None:
    """Return a person, or who stands in for one who left."""
    return person if person.is_active else Lines().manager(user=person.pk)


def _end(row: HandOff, outcome: str, by: User | None, at: datetime) -> None:
    row.outcome, row.ended_at, row.ended_by, row.sweep_at = outcome, at, by, None
    row.save(update_fields=["outcome", "ended_at", "ended_by", "sweep_at", "why", "reason", "is_oversold"])


def _told(row: HandOff, kind: str, by: User, at: datetime, door: str, **data) -> None:
    Event.objects.create(
        kind="hand_off", move=row.outcome, at=at, recorded_at=at, door=door, actor_id=by.pk, account_id=row.opportunity.account_id,
        opportunity_id=row.opportunity_id, lead_id=row.lead_id, reason_id=row.reason_id,
        data={"hand_off": row.pk, "kind": row.kind, "from": row.giver_id, "to": row.receiver_id, "oversold": row.is_oversold} | data,
    )  # fmt: skip
    facts = {"at": at, "lead": row.lead_id, "sale": row.opportunity.name, "opportunity": row.opportunity_id}
    if row.reason is not None:
        facts["why"] = f" {row.reason.label}."
    told = [] if row.giver_id == by.pk else notice(row.giver, kind, str(row.pk), **facts)
    if row.outcome == HandOff.Outcome.REFUSED:
        told += notice(Lines().manager(user=row.giver_id), kind, str(row.pk), **facts)
    post(told)
