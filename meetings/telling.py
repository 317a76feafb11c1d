"""How meetings and hand-offs are told on the timeline of a lead (LIFE-12): who, when, and what came of it.

Read by `leads/timeline.py`, which is told of these words when the app begins (`notices.py`). A new move says here what it is; a test holds
that every one does.
"""

from datetime import datetime

from accounts.models import Event
from leads.timeline import TELLERS, Entry, Told
from meetings.models import MeetingStatus

CAME_OF_IT = {
    MeetingStatus.QUALIFIED: "was held, and they may buy", MeetingStatus.UNQUALIFIED: "was held, and they will not buy",
    MeetingStatus.NO_SHOW: "did not happen: they did not come", MeetingStatus.MISSED: "did not happen: we missed it",
}  # fmt: skip


def _start(told: Told, event: Event) -> str:
    starts = event.data.get("starts")
    return f"the meeting of {told.moment(datetime.fromisoformat(starts))}" if starts else "the meeting"


def _who(told: Told, event: Event) -> str:
    """Name who did it: the prospect where it was theirs."""
    by_them = event.data.get("by_them") or event.data.get("theirs")
    return "They" if by_them and event.actor_id is None else told.who(event)


def _with(told: Told, event: Event, name: str = "owner") -> str:
    return told.person(event.data.get(name)) or "somebody"


def _why(told: Told, event: Event) -> str:
    return f": {told.why(event)}" if event.reason_id else ""


def _book(told: Told, event: Event) -> str:
    starts = event.data.get("starts")
    when = f" for {told.moment(datetime.fromisoformat(starts))}" if starts else ""
    return f"{_who(told, event)} booked a meeting with {_with(told, event)}{when}."


def _reschedule(told: Told, event: Event) -> str:
    asked = ", as they asked" if event.data.get("theirs") and event.actor_id else ""
    return f"{_who(told, event)} moved {_start(told, event)} to {told.moment(datetime.fromisoformat(event.data['to']))}{asked}."


def _cancel(told: Told, event: Event) -> str:
    asked = ", as they asked" if event.data.get("theirs") and event.actor_id else ""
    return f"{_who(told, event)} called {_start(told, event)} off{asked}."


def _came(told: Told, event: Event, verb: str) -> str:
    what = CAME_OF_IT.get(event.data.get("status", ""), "is over")
    return f"{told.who(event)} {verb}: {_start(told, event)} {what}."


MEETING = {
    "book": ("calendar", _book),
    "reschedule": ("round", _reschedule),
    "cancel": ("never", _cancel),
    "disposition": ("check", lambda t, e: _came(t, e, "said")),
    "correct": ("round", lambda t, e: _came(t, e, "corrected what was said")),
    "credit": ("check", lambda t, e: f"{_with(t, e, 'to')} is credited for {_start(t, e)} now: the one before was none."),
    "claim": ("note", lambda t, e: _came(t, e, "recorded, for the manager to confirm")),
    "deny": ("never", lambda t, e: f"{t.who(e)} did not confirm what was recorded of {_start(t, e)}."),
    "contest": ("alert", lambda t, e: f"{t.who(e)} contests what was said of {_start(t, e)}."),
    "settle": (
        "check",
        lambda t, e: f"{t.who(e)} settled what was contested of {_start(t, e)}: it {'was wrong' if e.data.get('upheld') else 'stands'}.",
    ),
    "silent": ("alert", lambda t, e: f"Nobody said for 24 hours what came of {_start(t, e)}. The manager was told."),
    "pass_on": ("swap", lambda t, e: f"{t.who(e)} gave {_start(t, e)} from {_with(t, e, 'from')} to {_with(t, e, 'to')}."),
}  # fmt: skip
HAND_OFF = {
    "accepted": ("check", lambda t, e: f"{t.who(e)} accepted the hand-off from {_with(t, e, 'from')}."),
    "refused": ("never", lambda t, e: f"{t.who(e)} refused the hand-off from {_with(t, e, 'from')}{_why(t, e)}. It is back."),
    "again": ("swap", lambda t, e: f"{t.who(e)} handed the lead over again, to {_with(t, e, 'to')}."),
    "late": ("alert", lambda t, e: f"The hand-off to {_with(t, e, 'to')} was not accepted for 24 hours. The manager was told."),
    "dropped": ("never", lambda t, e: f"The hand-off to {_with(t, e, 'from')} fell away: the lead is in other hands."),
    "pass_on": ("swap", lambda t, e: f"{t.who(e)} gave the hand-off that waits from {_with(t, e, 'from')} to {_with(t, e, 'to')}."),
}  # fmt: skip


def _told_by(words: dict):
    def tell(told: Told, event: Event) -> Entry:
        icon, say = words[event.move]
        return Entry(icon, say(told, event), event.at)

    return tell


def _duty_broken(told: Told, event: Event) -> Entry:
    touches = event.data.get("touches", 0)
    number = f"only {touches} touch{'es' if touches != 1 else ''}" if touches else "no touch"
    return Entry("alert", f"{_with(told, event)} made {number} in the 7 days after a no-show: fewer than 5.", event.at)


def _part(told: Told, event: Event) -> Entry:
    return Entry("plus", f"{told.who(event)} added them to the people of a sale.", event.at)


def begin() -> None:
    """Tell the timeline what it says of meetings. Called when the app is ready."""
    TELLERS.update(meeting=_told_by(MEETING), hand_off=_told_by(HAND_OFF), duty_broken=_duty_broken, part=_part)
