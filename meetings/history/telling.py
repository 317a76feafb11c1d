"""The stories of leads that lived elsewhere, told through the engine every change of state goes through: up to some hundred at once.

A lead that is raw here and has no round yet gets one: it begins when it was assigned (or came), its touches count as they would have, it
ends as its sale or its file says, each dated when it was and recorded now. Nobody is told of anything. Whoever has a life here already
keeps it: what is known is unchanged, what is new about them is rejected with that reason.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from accounts.models import Disposition, Door, Opportunity, Reason, Team, User
from accounts.workdays import after_months
from leads import touches
from leads.import_batches import Outcome as RowOutcome
from leads.intake_people import CREATED, REJECTED, UNCHANGED
from leads.lifecycle import Refused, Seen, Step, turn
from leads.models import Channel, Lead, LeadStatus, Outcome, Touch, TouchOutcome, Trigger

from . import appointments, sales
from .rows import Told

Line = tuple[int, int]  # batch and line
OURS = "They have a life here already, which is not rewritten."
NO_OWNER = "It names nobody who had this lead; give an owner, or a team for all of them."


@dataclass(slots=True)
class Story:
    """All that the files tell of one lead."""

    lead: int
    team: int | None = None
    rows: dict[str, list[tuple[Line, Told]]] = field(default_factory=dict)

    def add(self, batch: int, told: Told) -> None:
        self.rows.setdefault(told.kind, []).append(((batch, told.line), told))

    def told(self, kind: str, by: str = "") -> list[tuple[Line, Told]]:
        """Return the rows of one kind, in the order in which they happened."""
        rows = self.rows.get(kind, [])
        return sorted(rows, key=lambda pair: pair[1].facts[by]) if by else rows

    @property
    def facts(self) -> Mapping[str, Any]:
        """What the file of leads says of the round."""
        return next((told.facts for _line, told in self.told("leads")), {})

    @property
    def happened(self) -> bool:
        """Say whether anything is told beyond that they came."""
        return bool(
            self.facts.keys() - {"status"}
            or self.facts.get("status") not in (None, LeadStatus.RAW)
            or self.rows.keys() - {"leads"}
        )

    @property
    def owner(self) -> User | None:
        """Who had them: as their file says, else who is named first in what happened."""
        named = [self.facts.get("owner")]
        named += [told.get("development_owner") for _line, told in self.told("opportunities", "began_at")]
        named += [told.get("by") for _line, told in self.told("touches", "at")]
        named += [told.get("booked_by") for _line, told in self.told("meetings", "starts_at")]
        named += [told.get("opportunity_owner") for _line, told in self.told("opportunities", "began_at")]
        return next((user for user in named if user), None)

    def reached(self) -> list[tuple]:
        """List what counted as reaching them, in order: touches, meetings booked with them, meetings held (metrics: touch)."""
        rows = [
            (line, told.facts["at"], told.get("by") or self.owner, told.get("channel", Channel.CALL),
             told.get("outcome", TouchOutcome.NO_ANSWER), told.get("note", ""))
            for line, told in self.told("touches")
        ]  # fmt: skip
        for _line, told in self.told("meetings"):
            meeting = (Channel.MEETING, TouchOutcome.INTERESTED, "")
            if told.get("booked_by") and told.get("booked_at"):
                rows.append((None, told.facts["booked_at"], told.facts["booked_by"], *meeting))
            if told.get("outcome") in ("qualified", "unqualified", "held") and (who := told.get("owner") or self.owner):
                rows.append((None, told.facts["starts_at"], who, *meeting))
        return sorted(rows, key=lambda row: row[1])

    def lines(self) -> Iterable[Line]:
        return (line for rows in self.rows.values() for line, told in rows if told.kind != "leads")


def tell(
    stories: Iterable[Story], *, by: User | None, at: datetime, options: Mapping[str, Any]
) -> dict[Line, RowOutcome]:
    """Tell these stories, and answer row by row what came of it. One transaction of the caller's; about fifty queries."""
    by_lead = {story.lead: story for story in stories if story.happened}
    results: dict[Line, RowOutcome] = {}
    fresh = _fresh(by_lead, at, results)
    began = _begin([by_lead[pk] for pk in fresh], by_lead, at, results)
    _touch(began, by_lead, at, results)
    told = [(line, by_lead[pk], one) for pk in began for line, one in by_lead[pk].told("opportunities", "began_at")]
    told += appointments.opened_by(by_lead[pk] for pk in began)
    brought = sales.bring(told, at=at, options=options)
    results |= {line: outcome for line, outcome in brought.results.items() if line[0]}
    held = [(line, by_lead[pk], one) for pk in began for line, one in by_lead[pk].told("meetings")]
    results |= appointments.bring(held, at=at) if held else {}
    _end(began, by_lead, brought.qualified, at, results)
    return results


def _fresh(by_lead: Mapping[int, Story], at: datetime, results: dict[Line, RowOutcome]) -> list[int]:
    """Say who has no life here yet, and what becomes of the rows of the others. Four queries."""
    found = raw(by_lead)
    results |= told_of_ours([story for pk, story in by_lead.items() if pk not in found])
    return sorted(found)


def raw(leads: Iterable[int]) -> set[int]:
    """Return who of these has no life here yet. One query."""
    found = Lead.objects.filter(pk__in=leads, status=LeadStatus.RAW, cycle=None, gone_as="")
    return set(found.values_list("pk", flat=True))


def told_of_ours(stories: list[Story]) -> dict[Line, RowOutcome]:
    """Say of the rows about who has a life here: what is told again is unchanged, the rest is not taken. Three queries; none of nobody."""
    if not stories:
        return {}
    results: dict[Line, RowOutcome] = {}
    ids = {story.lead for story in stories}
    known = set(Touch.objects.filter(lead__in=ids).values_list("lead", "occurred_at", "channel"))
    met = appointments.known(ids)
    sold = sales.known(stories)
    for story in stories:
        pk = story.lead
        for line, told in (pair for kind in ("touches", "meetings", "opportunities") for pair in story.told(kind)):
            same = (
                (pk, told.get("at"), told.get("channel", Channel.CALL)) in known
                or line in sold
                or (pk, told.get("starts_at")) in met
            )
            results[line] = (UNCHANGED, pk, "", "") if same else (REJECTED, pk, "", OURS)
    return results


def _begin(stories: list[Story], by_lead, at: datetime, results) -> list[int]:
    """Begin the round of each, when it was assigned, in the hands it was in."""
    teams = Team.objects.in_bulk([story.team for story in stories if story.team])

    def change(step: Step) -> None:
        story = by_lead[step.lead.pk]
        if story.facts.get("status") == LeadStatus.RAW:
            raise Refused("Nobody worked this lead.", "raw")
        if story.owner is None and story.team is None:
            raise Refused(NO_OWNER, "owner")
        if story.owner is not None and not story.owner.is_active and not _ends(story):
            raise Refused(f"{story.owner} is not here any more, so nobody can have this lead now.", "owner")
        team = None if story.owner else teams[story.team]
        step.begin_cycle(Trigger.HISTORY, owner=story.owner, team=team)
        step.move(
            "assign",
            data={
                "to": story.owner.pk if story.owner else None,
                "team": team.pk if team else None,
                "trigger": Trigger.HISTORY,
            },
        )

    came = dict(Lead.objects.filter(pk__in=[story.lead for story in stories]).values_list("pk", "created_at"))
    seen = [Seen(story.lead, at=story.facts.get("assigned_at") or came[story.lead]) for story in stories]
    result = turn(seen, change, by=None, at=at, door=Door.IMPORT, recorded_at=at, quiet=True)
    for lead, refused in result.refused:
        story = by_lead[lead.pk]
        # Who came in stays; what was told of them does not, and that is said of their own line too.
        own = [line for line, _told in story.told("leads")] if refused.code != "raw" else []
        for line in [*story.lines(), *own]:
            results[line] = (REJECTED, lead.pk, "owner" if refused.code == "owner" else "", refused.words)
    return [lead.pk for lead in result.done]


def _ends(story: Story) -> bool:
    """Say whether the round of a story ended before today."""
    ended = any(told.facts["status"] != "open" or told.stages for _line, told in story.told("opportunities"))
    ended = ended or any(told.get("outcome") == "qualified" for _line, told in story.told("meetings"))
    return ended or story.facts.get("status") in (LeadStatus.NURTURE, LeadStatus.UNQUALIFIED)


def _touch(leads: list[int], by_lead, at: datetime, results) -> None:
    """Tell their touches in order; a sale without a touch on record was worked all the same, by nobody knows what."""

    def change(step: Step) -> None:
        story, had = by_lead[step.lead.pk], set()
        for line, when, who, channel, outcome, note in story.reached():
            if line and (same := (when, who, channel, outcome, note)) in had:
                results[line] = (UNCHANGED, step.lead.pk, "", "")
                continue
            if who is None:
                results[line] = (REJECTED, step.lead.pk, "", "It does not say who reached out.")
                continue
            touches.reach(step, channel, outcome, by=who, when=when, note=note)
            if line:
                had.add(same)
                results[line] = (CREATED, step.lead.pk, "", "")
        works = story.rows.keys() & {"opportunities", "meetings"} or story.facts.get("status") == LeadStatus.WORKING
        if step.lead.status == LeadStatus.ASSIGNED and works:
            first = [told.facts["began_at"] for _line, told in story.told("opportunities")]
            first += [told.facts["starts_at"] for _line, told in story.told("meetings")]
            step.start_untold(min(first, default=step.lead.status_since))
        if not step.rows and not step.cycle_changed:
            raise Refused("Nothing to tell.", "nothing")

    turn([Seen(pk) for pk in leads], change, by=None, at=at, door=Door.IMPORT, recorded_at=at, quiet=True)


def _end(leads: list[int], by_lead, qualified: Mapping[int, Opportunity], at: datetime, results) -> None:
    """End their rounds: now with the sale that reached the qualifying stage, else as their file says."""
    reasons = {}
    for reason in Reason.objects.all():
        reasons[reason.code.lower()] = reasons[reason.label.lower()] = reason
    lost: dict[int, Opportunity] = {}

    def change(step: Step) -> None:
        story, lead = by_lead[step.lead.pk], step.lead
        if sale := qualified.get(lead.pk):
            step.at = sale.qualified_at
            step.end_cycle(Outcome.QUALIFIED, opportunity=sale)
            step.move("qualify", data={"opportunity": sale.pk})
            lead.opportunity_owner = sale.opportunity_owner or lead.opportunity_owner
            step.own(sale.opportunity_owner or lead.owner, None)
            if sale.status == "lost":
                lost[lead.pk] = sale
            return
        status = story.facts.get("status")
        if status not in (LeadStatus.NURTURE, LeadStatus.UNQUALIFIED):
            raise Refused("Still in hand.", "open")
        reason = reasons.get(story.facts["reason"].lower())
        if reason is None or reason.disposition != status:
            raise Refused(f"“{story.facts['reason']}” is no reason for this end.", "reason")
        step.at = story.facts.get("ended_at") or lead.status_since
        is_nurture = reason.disposition == Disposition.NURTURE
        step.end_cycle(Outcome.NURTURE if is_nurture else Outcome.UNQUALIFIED, reason=reason)
        step.move("nurture" if is_nurture else "unqualify", reason=reason)
        if is_nurture and reason.recycle_months:
            lead.recycle_at = after_months(lead.status_since, reason.recycle_months)
        step.own(None, None)

    result = turn([Seen(pk) for pk in leads], change, by=None, at=at, door=Door.IMPORT, recorded_at=at, quiet=True)
    for lead, refused in result.refused:
        if refused.code != "open":
            for line, _told in by_lead[lead.pk].told("leads"):
                results[line] = (REJECTED, lead.pk, "reason", refused.words)
    _lose(lost, at)


def _lose(lost: Mapping[int, Opportunity], at: datetime) -> None:
    """Let those whose sale was lost follow its reason, unless another sale of theirs is open."""

    def change(step: Step) -> None:
        if step.lead.pk in step.turn.in_open_opportunity:
            raise Refused("In another open opportunity.", "open_opportunity")
        sale = lost[step.lead.pk]
        becomes = sales.what_becomes(sale)
        nurtures = becomes.disposition == Disposition.NURTURE
        step.at = sale.closed_at
        step.move("lose" if nurtures else "lose_for_good", reason=becomes)
        if nurtures and becomes.recycle_months:
            step.lead.recycle_at = after_months(step.lead.status_since, becomes.recycle_months)
        step.own(None, None)

    if lost:
        turn([Seen(pk) for pk in lost], change, by=None, at=at, door=Door.IMPORT, recorded_at=at, quiet=True)
