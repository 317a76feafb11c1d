"""A change to many in words: what can be done and what is refused, what was done, what came out otherwise. Pure."""

from accounts.words import count
from leads.bulk import Kept, Outcome
from leads.mass_guard import LIMIT

NAMED = 10
# code: of one, of several
WHY = {
    "cap": ("is beyond the cap", "are beyond the cap"),
    "opted_out": ("opted out", "opted out"),
    "already": ("is there already", "are there already"),
    "stale": ("changed meanwhile", "changed meanwhile"),
    "forbidden": ("is not yours", "are not yours"),
    "gone": ("is gone", "are gone"),
    "no_touch": ("has no touch yet", "have no touch yet"),
    "state": ("is not in hand", "are not in hand"),
    "shield": ("belongs to the product", "belong to the product"),
    "motion": ("is not product-led", "are not product-led"),
    "inactive": ("cannot: the receiver is switched off", "cannot: the receiver is switched off"),
    "note": ("needs a note to be opened again", "need a note to be opened again"),
    "open_opportunity": ("is in an open opportunity", "are in an open opportunity"),
}
# what happens to those that change hands: can, did
DOES = {"turn": ("be shared out", "shared out"), "": ("move", "moved")}


def why(code: str, number: int) -> str:
    one, several = WHY.get(code, ("cannot", "cannot"))
    return f"{count(number)} {one if number == 1 else several}"


def _where(outcome: Outcome) -> str:
    change = outcome.change
    if change.what != "assign":
        return f"{'not now' if change.what == 'nurture' else 'never'}, {change.reason.label.lower()}"
    return {"turn": f"over {change.to}", "queue": f"to the queue of {change.to}"}.get(change.how, f"to {change.to}")


def _s(number: int) -> str:
    """End a verb: one waits, two wait."""
    return "s" if number == 1 else ""


def preview(outcome: Outcome, whose: str) -> str:
    """Say what would happen: `48 of 52 can move to Ben. 3 are beyond the cap, 1 opted out.`"""
    can = "can end:" if outcome.change.what != "assign" else f"can {DOES.get(outcome.change.how, DOES[''])[0]}"
    said = f"{count(len(outcome.done))} of {count(outcome.number)} {can} {_where(outcome)}."
    if outcome.refused:
        said += f" {', '.join(why(code, number) for code, number in outcome.reasons)}."
    if outcome.change.how == "turn" and outcome.shares:
        said += f" {', '.join(f'{name} gets {number}' for name, number in outcome.shares)}."
    if outcome.waiting:
        said += f" After {LIMIT} untouched leads of one source, {count(outcome.waiting)} wait{_s(outcome.waiting)} for {whose} word."
    return said


def press(outcome: Outcome) -> str:
    """Say what the button does."""
    verb = "End" if outcome.change.what != "assign" else "Share out" if outcome.change.how == "turn" else "Move"
    return f"{verb} {count(len(outcome.done))}"


def done(outcome: Outcome, whose: str) -> str:
    """Say what happened: `48 moved to Ben, clocks kept.`"""
    number = len(outcome.done) - outcome.waiting
    if outcome.change.what == "assign":
        clocks = "clocks started again" if outcome.change.restart_clock else "clocks kept"
        shares = (
            f" {', '.join(f'{name} got {n}' for name, n in outcome.shares)}." if outcome.change.how == "turn" else ""
        )
        return f"{count(number)} {DOES.get(outcome.change.how, DOES[''])[1]} {_where(outcome)}, {clocks}.{shares}"
    said = f"{count(number)} ended: {_where(outcome)}."
    if outcome.waiting:
        waits = f"{count(outcome.waiting)} wait{_s(outcome.waiting)} for it"
        said += f" Stopped after {LIMIT}. So many untouched leads of one source need {whose} word; {waits}."
    return said


def refusals(outcome: Outcome) -> list[dict]:
    """List the refused by their reason, each with the first names."""
    return refused_later([(k.pk, k.code) for k in outcome.refused], {k.pk: k.name for k in outcome.refused})


def refused_later(rows, names: dict) -> list[dict]:
    groups: dict[str, list[int]] = {}
    for pk, code in rows:
        groups.setdefault(code, []).append(pk)
    return [
        {
            "why": why(code, len(pks)),
            "names": ", ".join(filter(None, (names.get(pk, "") for pk in pks[:NAMED]))),
            "more": max(0, len(pks) - NAMED),
        }
        for code, pks in sorted(groups.items(), key=lambda item: -len(item[1]))
    ]


def differences(outcome: Outcome, doable: set[str]) -> dict:
    """Say what came out otherwise than the preview showed: who can no longer, and how many can now."""
    lost: list[Kept] = [k for k in outcome.refused if str(k.pk) in doable]
    gained = sum(str(m.pk) not in doable for m in outcome.done)
    return {"lost": [{"name": k.name or f"Lead {k.pk}", "words": k.words} for k in lost[:NAMED]], "gained": gained}


def kept(outcome: Outcome, back: str, whose: str) -> dict:
    """Return what the page about a done change is drawn from, without anything personal."""
    return {
        "text": done(outcome, whose),
        "what": outcome.change.what,
        "refused": [[k.pk, k.code] for k in outcome.refused],
        "rows": outcome.back,
        "restarted": outcome.change.restart_clock,
        "url": back,
        "undone": "",
    }
