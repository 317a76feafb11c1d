"""How each move of the state machine is told on the timeline (`timeline.py`): its icon, its words, and whether it is quiet.

A new transition says here what it is; a test holds that every one does.
"""

from accounts.models import Event
from leads import routing_words
from leads.models import Trigger

ENDS = ("nurture", "unqualify", "qualify", "opt_out", "lose", "lose_for_good")


def _assign(told, event: Event):
    to, trigger = told.hands(event), event.data.get("trigger", "")
    if route := event.data.get("route"):
        pool, rule = told.teams.get(route.get("pool")), told.rules.get(route.get("rule"))
        names = {"pool": str(pool or ""), "rule": str(rule or ""), "instead_of": told.person(route.get("for"))}
        asked_us = "They asked for us. " if trigger == Trigger.ACTION else ""
        return "pull", asked_us + routing_words.sentence(route, told.person(event.data.get("to")), **names), False
    words = {
        Trigger.PULL: f"{told.who(event)} pulled this lead from the queue.",
        Trigger.OWN: f"{told.who(event)} took this lead, having brought it in.",
        Trigger.ACTION: f"Went to {to}, because they asked for us.",
        Trigger.ROUND_ROBIN: f"Went to {to}, in turn.",
        Trigger.RECYCLE: f"Came back to {to}.",
        Trigger.SCORE: f"Went to {to} by its score.",
        Trigger.TARGET: f"Went to {to}, who has this target account.",
        Trigger.SIGN_UP: "Signed up: this lead belongs to the product.",
    }
    return "pull", words.get(trigger, f"{told.who(event)} gave this lead to {to}."), False


def changed_hands(told, event: Event) -> str:
    """Say from whom to whom a lead went inside its round or its queue, and why."""
    if not event.data.get("to") and event.data.get("team") and not event.data.get("from"):
        return f"{told.who(event)} put this lead into the queue of {told.hands(event)}."
    old, new = told.hands(event, "from", "from_team"), told.hands(event)
    if event.data.get("roles") == ["follow_up"]:
        return f"{told.who(event)} gave the follow-up from {old} to {new}."
    if route := event.data.get("route"):
        new += ", " + routing_words.because(route, str(told.teams.get(route.get("pool")) or ""))
    if event.data.get("why") == "limit":
        return f"Went from {old} to {new}: over its limit, and nobody touched it."
    if event.data.get("why") == "pulled":
        return f"{told.who(event)} pulled this lead from {old}; its clock runs on."
    clock = "began again" if event.data.get("restarted") else "runs on"
    return f"{told.who(event)} gave this lead from {old} to {new}; its clock {clock}."


def _start(told, event: Event):
    if event.actor_id is None:
        return "check", "Activated: the product is in use.", False
    return "round", "Working, from this touch on.", True


def _nurture(told, event: Event):
    reason = told.reasons.get(event.reason_id)
    if reason and reason.code == "kept":
        return "keep", f"{told.who(event)} keeps this lead for later.", False
    if event.actor_id is None:
        return "moon", f"The round ended, not now: {told.why(event)}.", False
    return "moon", f"{told.who(event)} ended the round, not now: {told.why(event)}.", False


MOVES = {
    "assign": _assign,
    "start": _start,
    "nurture": _nurture,
    "unqualify": lambda t, e: ("never", f"{t.who(e)} ended the round, never: {t.why(e)}.", False),
    "opt_out": lambda t, e: ("never", "The round ended: they asked us to stop.", False),
    "qualify": lambda t, e: ("check", f"{t.who(e)} qualified this lead: now.", False),
    "lose": lambda t, e: ("moon", f"The opportunity was lost: {t.why(e)}. Not now.", False),
    "lose_for_good": lambda t, e: ("never", f"The opportunity was lost: {t.why(e)}. Never.", False),
    "set_aside": lambda t, e: ("moon", f"{t.who(e)} set this lead aside: {t.why(e)}.", False),
    "discard": lambda t, e: ("never", f"{t.who(e)} discarded this lead: {t.why(e)}.", False),
    "reopen": lambda t, e: ("round", f"{t.who(e)} opened this lead again for {t.hands(e)}.", False),
    "come_back": lambda t, e: ("round", f"Came back to {t.hands(e)}: a new round.", False),
    "take_back": lambda t, e: ("round", f"{t.who(e)} took the end back. The round goes on.", False),
    "take_back_untouched": lambda t, e: ("round", f"{t.who(e)} took the end back. The round goes on.", False),
    "withdraw": lambda t, e: ("round", "Without a touch again; the clock runs as before.", True),
    "hand_over": lambda t, e: ("swap", f"The product handed this lead over to {t.hands(e)}.", False),
    "fit_self_serve": lambda t, e: (
        "swap",
        f"{t.who(e)} gave this lead to the product: they serve themselves best.",
        False,
    ),
    "give_back_raw": lambda t, e: (
        "pull",
        f"{t.who(e)} gave this lead back to the queue of {t.hands(e, '', 'to_team')}.",
        False,
    ),
    "give_back_nurture": lambda t, e: (
        "pull",
        f"{t.who(e)} gave this lead back to the queue of {t.hands(e, '', 'to_team')}.",
        False,
    ),
}
