"""How what waits for a manager's word is told on the timeline (`timeline.py`): its icon, its words, whether it is quiet.

Wishes to end a lead unseen (WORK-7), and exceptions from the limits (LIFE-10).
"""

from accounts.models import Event
from leads.permissions import possessive


def _waits(told, event: Event):
    manager = told.person(event.data.get("manager")) or "the manager"
    text = f"{told.who(event)} wants to end the round: {told.why(event)}. It waits for {possessive(manager)} word."
    return "alert", text, False


WORDS = {
    "disposition_waits": _waits,
    "disposition_unasked": lambda t, e: ("round", f"{t.who(e)} took the wish to end the round back.", True),
    "disposition_refused": lambda t, e: ("never", f"{t.who(e)} said no: this lead is to be worked.", False),
    "exception_asked": lambda t, e: ("alert", f"{t.who(e)} asked for an exception: {t.why(e)}.", False),
    "exception_granted": lambda t, e: ("check", f"{t.who(e)} granted the exception: {t.why(e)}.", False),
    "exception_refused": lambda t, e: ("never", f"{t.who(e)} refused the exception: {t.why(e)}.", False),
    "exception_closed": lambda t, e: ("check", f"{t.who(e)} closed the exception.", False),
}
