"""One timeline per lead (LIFE-12): what happened, who did it, when, why and by what door, newest first, in words.

Read by the lead page. The record holds ids and codes only; names, reasons, notes and their words are looked up here for all entries of a
page at once. What was taken back stays, struck out. Words in the zone that the page has made the current one.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import Door, Event, Reason, User
from accounts.prepared import Prepared
from accounts.words import duration, moment
from leads import lookups, routing_words
from leads.models import Channel, Lead, LeadStatus, Note, Signal, TouchOutcome, Way
from leads.rows import ICONS, asked
from leads.timeline_moves import ENDS, MOVES, changed_hands
from leads.timeline_words import WORDS

PAGE = 20
BREACHED = {"response": "The limit passed without a first touch"}
TAKEN_BACK = ("withdraw", "take_back_untouched")
LATER = timedelta(minutes=15)  # logged so long after it happened, an entry says so
BY_DOOR = {
    Door.ADMIN: "in the admin", Door.API: "through the API", Door.IMPORT: "by import", Door.SWEEP: "by its date",
    Door.COMMAND: "by command",
}  # fmt: skip
DID = {"call": "called", "email": "wrote a mail", "social": "wrote on social media", "sms": "sent an SMS", "chat": "chatted",
       "letter": "sent a letter", "meeting": "met them"}  # fmt: skip
SIGNALS = {"import": "Came in by import", "form": "Filled a form", "hand_raise": "Asked for us", "reply": "Answered",
           "product": "Used the product", "campaign": "Took part in a campaign"}  # fmt: skip


# What a timeline can be narrowed to: a word of the address, its name, and the events that belong there.
PARTS = {
    "touches": ("Touches", Q(kind__in=("touch", "touch_withdrawn"))),
    "moves": ("Moves", Q(kind__in=("transition", "owner", "recycled", "recycle_put_off"))),
    "meetings": ("Meetings", Q(kind__in=("meeting", "hand_off")) | Q(kind="touch", data__channel=Channel.MEETING)),
}


@dataclass(slots=True)
class Entry:
    """One line of the timeline."""

    icon: str
    text: str
    at: datetime
    quote: str = ""
    quiet: bool = False
    struck: bool = False


# How apps above tell what happened there: by kind of event, a function of Told and the event.
TELLERS: dict[str, Callable] = {}


def of(lead: Lead, at: datetime, before: int | None = None, part: str = "") -> tuple[list[Entry], int | None]:
    """Tell what happened to a lead, or a part of it (`PARTS`), newest first, and the key of what is older.

    Two queries, whatever the length.
    """
    told = read(lead, at, before, part=part)
    return told.entries(), told.older


def _newest(lead: int) -> QuerySet[Event]:
    return Event.objects.filter(lead_id=lead).order_by("-pk")[: PAGE + 1]


def _given(lead: int, cycle: int) -> QuerySet[Event]:
    """Find what put an open lead into the hands it is in."""
    events = Event.objects.filter(lead_id=lead, cycle_id=cycle)
    events = events.filter(Q(kind="owner") | Q(to_status=LeadStatus.ASSIGNED))
    return events.exclude(move__in=TAKEN_BACK).order_by("-pk")[:1]


NEWEST, GIVEN = Prepared(_newest), Prepared(_given)
NEWEST_AND_GIVEN = Prepared(lambda lead, cycle: _newest(lead).union(_given(lead, cycle)))


def read(
    lead: Lead,
    at: datetime,
    before: int | None = None,
    *,
    part: str = "",
    given: bool = False,
    past: bool = False,
) -> "Told":
    """Read one page of a lead's record with all that it names. `given`: and what put it into the hands it is in, wherever that stands;
    `past`: see `lookups`.

    Two queries, whatever the length; three where a part is told and what put it there is asked for.
    """
    more = GIVEN.objects(lead.pk, lead.cycle_id) if given and part else []
    if before is None and not part:
        page = NEWEST_AND_GIVEN.objects(lead.pk, lead.cycle_id) if given else NEWEST.objects(lead.pk)
    else:
        rows = Event.objects.filter(PARTS[part][1] if part else Q(), lead_id=lead.pk).order_by("-pk")
        page = (rows if before is None else rows.filter(pk__lt=before))[: PAGE + 1]
    return Told(lead, sorted(page, key=lambda event: -event.pk), at, past=past, more=more, is_part=bool(part))


class Told:
    """Events of one lead, newest first, and the names and words that their entries need, read at once."""

    def __init__(
        self, lead: Lead, events: list[Event], at: datetime, *, past=False, more: Sequence[Event] = (), is_part=False
    ):
        self.lead, self.at, self.is_part = lead, at, is_part
        self.page = events[:PAGE]
        self.older = events[PAGE - 1].pk if len(events) > PAGE else None
        self.events = events = [*events, *more]
        routed = [routing_words.ids(e.data["route"]) for e in events if e.data.get("route")]
        people, teams, rules = ({pk for ids in routed for pk in ids[kind]} for kind in ("people", "teams", "rules"))
        actors = {e.actor_id for e in events if e.actor_id}
        wanted = {
            "users": _ids(events, "to", "from", "manager", "owner") | actors | people,
            "teams": _ids(events, "team", "from_team", "to_team") | teams,
            "rules": rules,
            "reasons": {e.reason_id for e in events if e.reason_id},
            "notes": _ids(self.page, "note"),
            "signals": _ids(self.page, "signal"),
            "touches": _ids(self.page, "touch"),
        }
        self.read = lookups.read(lead, wanted, past=past)
        named = {name: {row.id: row for row in self.read[name]} for name in (*lookups.NAMED, "touches")}
        self.users = {pk: User(pk=pk, name=row.a, username=row.b) for pk, row in named["users"].items()}
        self.teams = {pk: row.a for pk, row in named["teams"].items()}
        self.rules = {pk: row.a for pk, row in named["rules"].items()}
        self.reasons = {pk: Reason(pk=pk, label=row.a, code=row.b) for pk, row in named["reasons"].items()}
        self.notes = {pk: Note(pk=pk, text=row.a, erased_at=row.at) for pk, row in named["notes"].items()}
        self.signals = {pk: Signal(pk=pk, kind=row.a, what=row.b, words=row.c) for pk, row in named["signals"].items()}
        self.touches = named["touches"]
        self.with_touch = {row.ids[0] for row in self.touches.values() if row.ids[0]}

    def entries(self) -> list[Entry]:
        """Tell the page; at its end, where the record begins, how the lead came."""
        entries = [entry for event in self.page if (entry := self.entry(event))]
        if self.older is None and not self.is_part and not any(e.data.get("new") for e in self.events):
            where = self.lead.source.name if self.lead.source else "No source"
            entries.append(Entry("signal", f"Came to us: {where}.", self.lead.created_at, quiet=True))
        return entries

    def entry(self, event: Event) -> Entry | None:
        """Say one event; None for one that another entry says already."""
        if tell := getattr(self, f"_{event.kind}", None):
            entry = tell(event)
        elif tell := WORDS.get(event.kind):
            icon, text, quiet = tell(self, event)
            entry = Entry(icon, text, event.at, quiet=quiet)
        elif tell := TELLERS.get(event.kind):
            entry = tell(self, event)
        else:
            entry = Entry("note", f"{event.kind.replace('_', ' ').capitalize()}.", event.at, quiet=True)
        if entry and (door := BY_DOOR.get(event.door)):
            entry.text = f"{entry.text.rstrip('.')}, {door}."
        if entry and event.recorded_at - event.at > LATER:
            entry.text += f" Logged {self.moment(event.recorded_at)}."
        return entry

    def moment(self, at: datetime) -> str:
        return moment(at, timezone.get_current_timezone(), self.at)

    def who(self, event: Event) -> str:
        return self.person(event.actor_id) or "LeadOps"

    def person(self, pk: int | None) -> str:
        return self.users[pk].get_short_name() if pk in self.users else ""

    def hands(self, event: Event, person: str = "to", team: str = "team") -> str:
        """Name whose hands it went to, or came from."""
        held = self.teams.get(event.data.get(team))
        return self.person(event.data.get(person)) or (str(held) if held else "nobody")

    def why(self, event: Event) -> str:
        return self.reasons[event.reason_id].label.lower() if event.reason_id in self.reasons else "no reason"

    def _touch(self, event: Event) -> Entry | None:
        touch, data = self.touches.get(event.data.get("touch")), event.data
        channel, outcome = data.get("channel", ""), data.get("outcome", "")
        who = "An automatic message" if data.get("auto") else self.who(event)
        did = "went out" if data.get("auto") else DID.get(channel, "reached out")
        text = (
            f"{who} {did}: {TouchOutcome(outcome).label.lower()}."
            if outcome in TouchOutcome.values
            else f"{who} {did}."
        )
        if data.get("booked"):
            if any(e.kind == "meeting" and e.move == "book" and e.at == event.at for e in self.events):
                return None  # the booking says it
            text = f"{who} agreed on a meeting with them."
        quote = (touch.b or "") if touch else ""
        struck = bool(touch and touch.at)
        return Entry(ICONS.get(channel, "phone"), text, event.at, quote, bool(data.get("auto")) or struck, struck)

    def _touch_withdrawn(self, event: Event) -> Entry:
        touch = self.touches.get(event.data.get("touch"))
        what = Channel(touch.a).label.lower() if touch else "touch"
        return Entry("round", f"{self.who(event)} took the {what} back.", event.at, quiet=True)

    def _note(self, event: Event) -> Entry | None:
        if event.data.get("note") in self.with_touch:
            return None
        note = self.notes.get(event.data.get("note"))
        gone = note is None or note.erased_at
        return Entry("note", f"{self.who(event)} wrote:" if not gone else f"{self.who(event)} wrote a note, erased since.", event.at,
                     "" if gone else note.text, quiet=bool(gone))  # fmt: skip

    def _note_erased(self, event: Event) -> Entry:
        return Entry("note", f"{self.who(event)} erased a note.", event.at, quiet=True)

    def _signal(self, event: Event) -> Entry:
        signal = self.signals.get(event.data.get("signal"))
        text = SIGNALS.get(event.data.get("kind") or (signal.kind if signal else ""), "Did something")
        what = signal.what if signal else ""
        if event.data.get("kind") == Signal.Kind.HAND_RAISE and what:
            text = asked(what)
        elif event.data.get("new") and event.data.get("kind") in (Signal.Kind.IMPORT, Signal.Kind.FORM):
            text = f"Came to us: {self.lead.source.name}" if self.lead.source else text
        elif what and event.data.get("kind") != Signal.Kind.REPLY:
            text = f"{text}: {what}"
        told = f" {self.person(event.actor_id)} told us." if self.person(event.actor_id) else ""
        return Entry("signal", f"{text}.{told}", event.at, signal.words if signal else "")

    def _filled(self, event: Event) -> Entry:
        names = ", ".join(name.replace("_", " ") for name in event.data.get("filled") or ())
        return Entry("note", f"{self.who(event)} filled in what was missing: {names}.", event.at, quiet=True)

    def _contact(self, event: Event) -> Entry:
        names = ", ".join(name.replace("_", " ") for name in event.data.get("fields") or ())
        return Entry("note", f"{self.who(event)} changed who they are: {names}.", event.at, quiet=True)

    def _owner(self, event: Event) -> Entry:
        return Entry("swap", changed_hands(self, event), event.at)

    def _qualification(self, event: Event) -> Entry:
        """Say what the card suggests, and what was decided where that differs (QUAL-1)."""
        said = [
            words.format(Way(way).label.lower())
            for words, way in (
                ("it suggests {}", event.data.get("suggestion")),
                ("decided: {}", event.data.get("decision")),
            )
            if way in Way.values
        ]
        return Entry(
            "note", f"{'; '.join([f'{self.who(event)} filled the qualification card', *said])}.", event.at, quiet=True
        )

    def _opt_out(self, event: Event) -> Entry:
        channels = event.data.get("channels")
        what = (
            "on every channel"
            if channels == "all"
            else "by " + ", ".join(Channel(c).label.lower() for c in channels or ())
        )
        return Entry("never", f"They asked us to stop {what}; {self.who(event)} noted it.", event.at)

    def _opt_in(self, event: Event) -> Entry:
        return Entry("check", f"{self.who(event)} cleared the opt-out.", event.at)

    def _recycled(self, event: Event) -> Entry:
        return Entry("round", f"Came round again, into the queue of {self.hands(event)}.", event.at)

    def _recycle_put_off(self, event: Event) -> Entry:
        return Entry("round", "Its coming back was put off.", event.at, quiet=True)

    def _breach(self, event: Event) -> Entry:
        return Entry(
            "alert", f"{BREACHED.get(event.data.get('kind', ''), 'The limit passed without an answer')}.", event.at
        )

    def _undone(self, event: Event) -> Entry:
        return Entry("round", f"{self.who(event)} took the import back that brought this lead in.", event.at)

    def _erased(self, event: Event) -> Entry:
        return Entry("never", f"{self.who(event)} erased this person.", event.at)

    def _transition(self, event: Event) -> Entry:
        tell = MOVES.get(event.move)
        if tell is None:
            return Entry("round", f"{self.who(event)}: {event.move.replace('_', ' ')}.", event.at)
        icon, text, quiet = tell(self, event)
        stayed = f" After {duration(event.stayed)}." if event.move in ENDS and event.stayed else ""
        return Entry(icon, text + stayed, event.at, quiet=quiet)


def _ids(events: Iterable[Event], *names: str) -> set[int]:
    return {e.data[name] for e in events for name in names if isinstance(e.data.get(name), int)}
