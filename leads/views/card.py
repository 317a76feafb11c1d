"""The qualification card on the lead page (QUAL-1): what stands in it, what it was before, and its form in #act.

Filled by `qualifying.py`. Prefilled with what is known, from an earlier round too: nothing is asked twice.
"""

from leads import qualification
from leads.models import Answer, CardRule, Lead, Motion, Qualification, Way
from leads.qualification import FIVE, FOUR, QUESTIONS, SCORES, TEXTS
from leads.views.known import said_at

LABELS = {"compelling_event": "Compelling event", "systems": "Systems in place", "size": "Size"}
SHOWN = 6  # versions


def label_of(name: str) -> str:
    return LABELS.get(name) or name.removesuffix("_evidence").capitalize()


def summary(desk, lead: Lead) -> dict | None:
    """Return the card as the side of the lead page shows it: the newest version, and those before it. One query.

    Beside the queue only the way to it: what a rep works from is kept light.
    """
    if desk.place == "queue":
        return {"is_light": True} if lead.is_open and lead.motion == Motion.SLG else None
    rows = list(Qualification.objects.filter(lead=lead).select_related("by", "cycle").order_by("-pk")[:SHOWN])
    if not rows and not (lead.is_open and lead.motion == Motion.SLG):
        return None
    newest = rows[0] if rows else None
    missing = qualification.missing(newest)
    return {
        "known": len(FIVE) - len(missing),
        "of": len(FIVE),
        "missing": missing,
        "facts": _facts(newest) if newest else [],
        "suggests": Way(newest.suggestion).label if newest and newest.suggestion else "",
        "decided": Way(newest.decision).label if newest and newest.decision else "",
        "differs": bool(newest and newest.differs),
        "why": newest.why if newest else "",
        "versions": [_version(row, desk) for row in rows],
    }


def _facts(row: Qualification) -> list[dict]:
    facts = [{"label": label_of(n), "value": f"{getattr(row, n)} of 3"} for n in SCORES if getattr(row, n) is not None]
    for name in FOUR:
        answer, evidence = getattr(row, name), getattr(row, f"{name}_evidence")
        if answer:
            facts.append(
                {"label": label_of(name), "value": Answer(answer).label + (f": {evidence}" if evidence else "")}
            )
    facts += [{"label": label_of(n), "value": getattr(row, n)} for n in TEXTS if getattr(row, n)]
    return facts


def _version(row: Qualification, desk) -> str:
    who = row.by.get_short_name() if row.by else "LeadOps"
    round_ = f"Round {row.cycle.number}, " if row.cycle else ""
    known = len(FIVE) - len(qualification.missing(row))
    words = f"{round_}version {row.number}: {known} of {len(FIVE)}"
    if row.suggestion:
        words += f", suggests {Way(row.suggestion).label.lower()}"
    if row.decision:
        words += f", {who} decided {Way(row.decision).label.lower()}"
    return f"{words}. {who}, {said_at(row.at, desk.at)}."


def drawn(desk, lead: Lead, kind: str, panel: dict, typed: dict) -> dict:
    """Return the form of the card, with what is known in it, or with what was typed."""
    card = qualification.of(lead)
    given = {name: typed[name] for name in qualification.FIELDS if name in typed} if "urgency" in typed else {}
    values = {name: _text(given.get(name, card.values[name])) for name in qualification.FIELDS}
    rule = CardRule.in_force(desk.at)
    suggests = qualification.suggest(card.values, rule)
    newest = card.newest if card.newest and card.newest.cycle_id == lead.cycle_id else None
    return {
        "scores": [
            _part(name, values[name], card) | {"choices": [("", "?"), ("0", "0"), ("1", "1"), ("2", "2"), ("3", "3")]}
            for name in SCORES
        ],
        "four": [
            _part(name, values[name], card) | {"choices": Answer.choices, "evidence": values[f"{name}_evidence"]}
            for name in FOUR
        ],
        "texts": [_part(name, values[name], card) for name in TEXTS],
        "ways": Way.choices,
        "decision": typed.get("decision", newest.decision if newest else ""),
        "why": typed.get("why", newest.why if newest else ""),
        "suggests": Way(suggests).label if suggests else "",
        "suggested": suggests,
        "rule": rule,
        "seen": typed.get("seen", card.newest.pk if card.newest else ""),
        "returns": lead.status == "working" and lead.motion == Motion.SLG,
    }


def _text(value) -> str:
    return "" if value is None else str(value)


def _part(name: str, value: str, card) -> dict:
    return {
        "name": name,
        "label": label_of(name),
        "asks": QUESTIONS[name],
        "value": value,
        "is_brought": name in card.brought_over,
    }
