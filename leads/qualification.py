"""The qualification card (QUAL-1, QUAL-2): one a round, prefilled with what is known, each version kept. Called by the lead page, booking
and the API; the five answers of the pipeline stage are read from it.

The card suggests, the rep decides, and where they differ both are kept. Unknown is not no; spend alone never decides.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from accounts.models import Door, User
from leads import product_led
from leads.lifecycle import Refused, Result, Step, turn
from leads.models import Answer, CardRule, Lead, Qualification, Way

SCORES = ("urgency", "criticality", "complexity")
FOUR = ("budget", "authority", "need", "timeline")
TEXTS = ("compelling_event", "systems", "size")
EVIDENCE = tuple(f"{name}_evidence" for name in FOUR)
FIELDS = (*SCORES, *FOUR, *EVIDENCE, *TEXTS)
HIGHEST = 3
LONGEST = 2_000

# The questions to ask, beside each part of the card.
QUESTIONS = {
    "urgency": "By when must it be solved, and what happens if it is not?",
    "criticality": "What does the problem cost them, and who above notices?",
    "complexity": "How many people, systems and steps does it touch?",
    "budget": "Is money set aside, and for what amount?",
    "authority": "Who signs, and who can stop it?",
    "need": "What do they want to do that they cannot do today?",
    "timeline": "When do they want to begin, and what must happen before?",
    "compelling_event": "Which date or event makes them act?",
    "systems": "What do they use for it today, and what must it work with?",
    "size": "How many people will use it?",
}
# The five answers of the pipeline stage (ACC-10), and how each is asked for.
FIVE = {
    "compelling_event": "the compelling event",
    "need": "the clear need",
    "systems": "the systems in place",
    "timeline": "the timeline",
    "size": "the size",
}


@dataclass(slots=True)
class Card:
    """The card of a lead as a form begins with it: its values, and which were brought over from an earlier round or the lead."""

    values: dict[str, object]
    newest: Qualification | None = None
    brought_over: set[str] = field(default_factory=set)


def suggest(values: Mapping[str, object], rule: CardRule) -> str:
    """Say what the card suggests: sales-led (as shipped, a sum of 5 or any 3), not buying, self-serve, or nothing yet. Pure.

    Not buying needs a no to the need itself; self-serve needs all three to be known. Spend never decides.
    """
    known = [values.get(name) for name in SCORES if values.get(name) is not None]
    if known and (sum(known) >= rule.sales_sum or max(known) >= rule.sales_any):
        return Way.SALES
    if values.get("need") == Answer.NO:
        return Way.NOT_BUYING
    return Way.SELF_SERVE if len(known) == len(SCORES) else ""


def of(lead: Lead) -> Card:
    """Return the card as it stands: the newest version, whichever round it is of, else what the lead tells by itself. One query."""
    newest = Qualification.objects.filter(lead=lead).order_by("-pk").first()
    if newest is not None:
        values = {name: getattr(newest, name) for name in FIELDS}
        old = newest.cycle_id != lead.cycle_id
        return Card(
            values, newest, {name for name, value in values.items() if value not in (None, "")} if old else set()
        )
    values = _untold(lead)
    return Card(values, None, {"size"} if values["size"] else set())


def changed(lead: Lead, answers: Mapping[str, object], seen: int | None) -> dict[str, object]:
    """Keep of these answers what differs from the version that a form was drawn from (none: from what the lead tells), so that who
    fills the card beside somebody else takes nothing of theirs back. One query."""
    row = Qualification.objects.filter(lead=lead, pk=seen).first() if seen else None
    values = {name: getattr(row, name) for name in FIELDS} if row else _untold(lead)
    kept = {name: value for name, value in answers.items() if _clean(value) != values[name]}
    for name in FOUR:  # an answer and its evidence are one
        if {name, f"{name}_evidence"} & set(kept):
            kept |= {part: answers[part] for part in (name, f"{name}_evidence") if part in answers}
    return kept


def _untold(lead: Lead) -> dict[str, object]:
    size = lead.cycle.size if lead.cycle is not None else ""
    return dict.fromkeys(FIELDS, "") | dict.fromkeys(SCORES) | {"size": size}


def missing(card: Qualification | None) -> list[str]:
    """Name which of the five answers are not known, in words; none when the pipeline stage may be entered (ACC-10). Pure."""
    return [words for name, words in FIVE.items() if not _known(card, name)]


def missing_of(leads) -> list[str]:
    """Name which of the five answers no newest card of these people gives. One query."""
    newest = Qualification.objects.filter(lead__in=leads).order_by("lead", "-pk").distinct("lead")
    cards = list(newest)
    return [words for name, words in FIVE.items() if not any(_known(card, name) for card in cards)]


def _known(card: Qualification | None, name: str) -> bool:
    if card is None:
        return False
    if name in FOUR:
        return getattr(card, name) == Answer.YES and bool(getattr(card, f"{name}_evidence").strip())
    return bool(getattr(card, name).strip())


def fill(
    lead, answers: Mapping[str, object], *, by: User, at: datetime, decision: str | None = None, why: str | None = None,
    door: str = Door.PAGE,
) -> Result:  # fmt: skip
    """Write the next version of a lead's card: what is named in `answers` changes, everything else stays as it is known.

    `decision` is the rep's, and may differ from what the card suggests; None keeps what was decided in this round, empty takes it back.
    A yes or no needs its evidence. Refused where nothing changes. It does not move the lead: `return_to_product` does.
    """
    _fits(answers, decision)

    def change(step: Step) -> None:
        step.may("qualify_card")
        if not _write(step, answers, decision, why):
            raise Refused("The card says so already; nothing changed.", "unchanged")

    return turn([lead], change, by=by, at=at, door=door)


def _write(step: Step, answers: Mapping[str, object], decision: str | None, why: str | None) -> bool:
    """Write the next version within a turn; say whether anything changed. Two queries."""
    card, rule = of(step.lead), CardRule.in_force(step.at)
    values = card.values | {name: _clean(value) for name, value in answers.items()}
    for name in FOUR:
        if values[name] and not str(values[f"{name}_evidence"]).strip():
            raise Refused(f"Write what makes you sure: {name}.", f"{name}_evidence")
    newest = card.newest if card.newest and card.newest.cycle_id == step.lead.cycle_id else None
    decided = newest.decision if newest and decision is None else decision or ""
    why = newest.why if newest and why is None else _clean(why or "")
    if newest and (values, decided, why) == (card.values, newest.decision, newest.why):
        return False
    if card.newest is None and not decided and not why and not {*values.values()} - {"", None}:
        raise Refused("Write what you know; unknown is not no.", "unchanged")
    row = Qualification(
        lead=step.lead, cycle=step.new_cycle or step.cycle, number=newest.number + 1 if newest else 1, by=step.by, at=step.at,
        recorded_at=max(step.turn.recorded_at, step.at), suggestion=suggest(values, rule), decision=decided, why=why, **values,
    )  # fmt: skip
    step.add(row, "card")
    step.record("qualification", data={"card": row, "suggestion": row.suggestion, "decision": decided})
    return True


def return_to_product(
    lead, answers: Mapping[str, object] | None = None, *, by: User, at: datetime, why: str, door: str = Door.PAGE
) -> Result:
    """Decide self-serve and give the lead back to the product (QUAL-2): the round ends *self-serve fit*, a product-led one begins.

    What was learnt with it is the round's last version, where it says anything new. The rep loses no credit for being right.
    """
    if not why.strip():
        raise Refused("Write why they serve themselves best.", "why")
    _fits(answers or {}, Way.SELF_SERVE)

    def change(step: Step) -> None:
        step.may("qualify_card")
        _write(step, answers or {}, Way.SELF_SERVE, why)

    with transaction.atomic():
        turn([lead], change, by=by, at=at, door=door).whole()
        result = product_led.fit_self_serve([lead.pk if isinstance(lead, Lead) else lead.lead], by=by, at=at, door=door)
        result.whole()
    return result


def _clean(value: object) -> object:
    return value.strip()[:LONGEST].replace("\x00", "") if isinstance(value, str) else value


def _fits(answers: Mapping[str, object], decision: str | None) -> None:
    for name, value in answers.items():
        if name not in FIELDS:
            raise Refused(f"The card has no {name}.", "field")
        if name in SCORES and value is not None and not (isinstance(value, int) and 0 <= value <= HIGHEST):
            raise Refused(f"{name.capitalize()} goes from 0 to {HIGHEST}.", name)
        if name in FOUR and value not in Answer.values:
            raise Refused(f"{name.capitalize()} is yes, no or not known.", name)
    if decision and decision not in Way.values:
        raise Refused("Choose sales-led, self-serve or not buying.", "decision")
