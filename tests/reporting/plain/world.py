"""Everything that happened, read once, and played back up to what was known at a moment."""

from collections import defaultdict
from datetime import datetime

from accounts.models import Absence, Change, Event, Opportunity, Reason, Stage, User
from leads.models import ContactRole, Cycle, Lead, Signal, Spell, Task, Touch
from meetings.models import HandOff, Meeting, SegmentMedian
from reporting.models import ExchangeRate
from tests.reporting.plain import then

ENDS = {"qualify": "qualified", "nurture": "nurture", "unqualify": "unqualified", "opt_out": "opted_out",
        "give_back_raw": "returned", "give_back_nurture": "returned"}  # fmt: skip
BEGINS = ("assign", "reopen", "come_back")
HANDED = {"hand_over": "handed_over", "fit_self_serve": "self_serve"}
ANSWERED = ("interested", "call_back", "not_interested")
FROZEN = ("id", "lead_id", "number", "trigger", "motion", "go_to_market", "source_id", "campaign_id", "segment", "region", "is_target",
          "owner_id", "team_id", "account_id", "assigned_at", "target_at", "limit_at")  # fmt: skip


class World:
    """The record, and the tables of which no row ever changes what it says."""

    def __init__(self):
        self.events = list(Event.objects.order_by("pk"))
        self.touches = list(Touch.objects.order_by("recorded_at", "pk"))
        self.cycles = {row["id"]: row for row in Cycle.objects.values(*FROZEN)}
        self.spells = defaultdict(list)
        for spell in Spell.objects.order_by("pk"):
            self.spells[spell.cycle_id].append(spell)
        self.sales = list(Opportunity.objects.order_by("created_at", "pk"))
        self.stages = {stage.pk: stage for stage in Stage.objects.all()}
        self.roles = list(ContactRole.objects.order_by("-is_primary", "pk"))
        self.meetings = list(Meeting.objects.order_by("pk"))
        self.changes = list(Change.objects.order_by("-pk"))
        self.hand_offs = list(HandOff.objects.order_by("pk"))
        self.reasons = {reason.pk: reason for reason in Reason.objects.all()}
        self.leads = list(Lead.objects.order_by("pk"))
        self.signals = list(Signal.objects.all())
        self.raises = list(Task.objects.filter(kind="hand_raise", cycle__isnull=False))
        self.rounds_of = grouped(self.cycles.values(), lambda row: row["lead_id"])
        self.roles_of = grouped(self.roles, lambda role: role.opportunity_id)
        self.meetings_of = grouped(self.meetings, lambda meeting: meeting.opportunity_id)
        self.rates = list(ExchangeRate.objects.order_by("pk"))
        self.medians = list(SegmentMedian.objects.all())
        self._tables: dict[str, dict] = {}
        self._made: tuple[datetime | None, dict] = (None, {})

    def once(self, what: str, as_of: datetime | None, make):
        """Return what is made of everything known at a moment, made once. Only what was made of the last moment is kept."""
        if self._made[0] != as_of:
            self._made = (as_of, {})
        if what not in self._made[1]:
            self._made[1][what] = make()
        return self._made[1][what]

    def was(self, model, as_of: datetime | None) -> dict[int, dict]:
        """Return the rows of a table as they were known at a moment."""
        table = model._meta.db_table
        if table not in self._tables:
            self._tables[table] = {row["id"]: row for row in model.objects.values()}
        return self.once(table, as_of, lambda: then.rewound(self._tables[table], self.changes, table, as_of))

    def people(self, as_of: datetime | None) -> dict:
        """Return everybody's hours."""
        return self.once("people", as_of, lambda: {pk: then.person(row) for pk, row in self.was(User, as_of).items()})

    def away(self, as_of: datetime | None) -> dict[int, list]:
        """Return the absences of everybody."""
        rows = lambda: map(then.absence, self.was(Absence, as_of).values())  # noqa: E731
        return self.once("away", as_of, lambda: grouped(rows(), lambda row: row.user_id))

    def known(self, as_of: datetime | None) -> list[Event]:
        return self.once("known", as_of, lambda: [e for e in self.events if as_of is None or e.recorded_at <= as_of])

    def known_touches(self, as_of: datetime | None) -> list[Touch]:
        """Return what was logged by then and not yet taken back, in the order in which we learnt of it."""
        return self.once("touches", as_of, lambda: self._known_touches(as_of))

    def _known_touches(self, as_of: datetime | None) -> list[Touch]:
        return [
            t
            for t in self.touches
            if (as_of is None or t.recorded_at <= as_of)
            and (t.withdrawn_at is None or (as_of is not None and t.withdrawn_at > as_of))
        ]

    def rounds(self, as_of: datetime | None) -> dict[int, dict]:
        """Play the events back, up to what was known at a moment: every round by its number."""
        return self.once("rounds", as_of, lambda: self._play(as_of))

    def _play(self, as_of: datetime | None) -> dict[int, dict]:
        rounds: dict[int, dict] = {}
        running: dict[int, dict] = {}
        for e in self.known(as_of):
            if e.kind == "transition":
                self._step(e, rounds, running)
            elif e.kind == "exception_granted":
                rounds[e.cycle_id]["exception"] = True
            elif e.kind in ("undone", "erased") and e.lead_id in running:
                _end(running.pop(e.lead_id), e.at, "void", None, None)
            elif e.kind == "meeting" and e.move == "book" and e.actor_id is None and e.lead_id in running:
                one = running[e.lead_id]
                one["self_booked"] = one["self_booked"] or e.at
        for touch in self.known_touches(as_of):
            if touch.cycle_id in rounds and not touch.is_automated:
                rounds[touch.cycle_id]["touches"].append(touch)
        for one in rounds.values():
            first = one["touches"][0] if one["touches"] else None
            one["first_at"], one["first_by"] = (first.occurred_at, first.by_id) if first else (None, None)
            one["connected"] = any(t.outcome in ANSWERED for t in one["touches"])
            one["fully_worked"] = bool(
                one["connected"]
                or one["self_booked"]
                or one["outcome"] == "qualified"
                or (first and one["ended_by"] and one["outcome"] in ("nurture", "unqualified"))
            )
        return rounds

    def _step(self, e, rounds, running) -> None:
        if e.move in HANDED:
            _end(running.pop(e.lead_id), e.at, HANDED[e.move], None, e.actor_id)
        if e.move in BEGINS or e.move in HANDED:
            rounds[e.cycle_id] = running[e.lead_id] = self.cycles[e.cycle_id] | {
                "at": self.cycles[e.cycle_id]["assigned_at"], "touches": [], "exception": False, "ended_at": None, "outcome": "",
                "reason_id": None, "ended_by": None, "self_booked": None, "later": None, "activated": None, "started": None,
                "is_first": True,
            }  # fmt: skip
        elif e.move == "start" and e.cycle_id in rounds:
            one = rounds[e.cycle_id]
            one["started"] = one["started"] or e.at
            one["activated"] = one["started"] if one["motion"] == "plg" else None
        elif e.move in ENDS and e.lead_id in running:
            _end(running.pop(e.lead_id), e.at, ENDS[e.move], e.reason_id, e.data.get("asked_by") or e.actor_id)
        elif e.move.startswith("take_back"):
            running[e.lead_id] = rounds[e.cycle_id]
            _end(rounds[e.cycle_id], None, "", None, None)


def grouped(rows, by) -> dict[object, list]:
    """Tell rows apart, their order kept."""
    found = defaultdict(list)
    for row in rows:
        found[by(row)].append(row)
    return found


def _end(one, at, outcome, reason, by) -> None:
    one.update(ended_at=at, outcome=outcome, reason_id=reason, ended_by=by)
