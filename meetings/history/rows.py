"""One row of a file of history, read: what it tells, or which column cannot be read and why.

Made once for a file by `runs`; `row` is asked for each of its rows, by the preview and by the run alike.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from accounts.models import OpportunityStatus
from leads import import_dates
from leads.import_rows import SLACK, Reader
from leads.import_rows import line as clean_line
from leads.intake_rows import Bad, IntakeRow
from leads.lifecycle import Refused
from leads.models import Channel, LeadStatus, TouchOutcome
from meetings import opportunities

from .fields import ROUND, STAGE
from .known import Known

MOMENTS = {
    "assigned_at", "ended_at", "created_at", "closed_at", "won_at", "lost_at", "at", "starts_at", "ends_at", "booked_at",
}  # fmt: skip
PEOPLE = {"owner", "by", "booked_by", "development_owner", "opportunity_owner"}
HALF_AN_HOUR = timedelta(minutes=30)

STATES = {
    **dict.fromkeys(("raw", "new", "lead", "subscriber"), LeadStatus.RAW),
    **dict.fromkeys(("assigned", "open"), LeadStatus.ASSIGNED),
    **dict.fromkeys(("working", "in progress", "contacted", "attempted", "connected"), LeadStatus.WORKING),
    **dict.fromkeys(("nurture", "not now", "recycled", "nurturing"), LeadStatus.NURTURE),
    **dict.fromkeys(("unqualified", "never", "disqualified", "closed - not converted", "junk"), LeadStatus.UNQUALIFIED),
}
ENDS = {
    **dict.fromkeys(("won", "closed won", "closedwon", "true", "yes", "1"), OpportunityStatus.WON),
    **dict.fromkeys(("lost", "closed lost", "closedlost"), OpportunityStatus.LOST),
    **dict.fromkeys(("open", "false", "no", "0"), OpportunityStatus.OPEN),
}
CHANNELS = {
    **{value: Channel(value) for value in Channel.values},
    **dict.fromkeys(("phone", "phone call", "outbound call"), Channel.CALL),
    **dict.fromkeys(("mail", "e-mail"), Channel.EMAIL),
    **dict.fromkeys(("linkedin", "xing"), Channel.SOCIAL),
    **dict.fromkeys(("text", "whatsapp"), Channel.SMS),
    **dict.fromkeys(("demo", "visit"), Channel.MEETING),
}
OUTCOMES = {
    **{value: TouchOutcome(value) for value in TouchOutcome.values},
    **{label.lower(): TouchOutcome(value) for value, label in TouchOutcome.choices},
    **dict.fromkeys(("connected", "answered", "replied", "held", "completed", "positive"), TouchOutcome.INTERESTED),
    **dict.fromkeys(("no response", "busy", "not reached", "missed"), TouchOutcome.NO_ANSWER),
    **dict.fromkeys(("left voicemail", "left live message"), TouchOutcome.VOICEMAIL),
    **dict.fromkeys(("negative", "declined"), TouchOutcome.NOT_INTERESTED),
}
HELD = {
    "completed - qualified": "qualified", "qualified": "qualified", "completed - unqualified": "unqualified", "unqualified": "unqualified",
    **dict.fromkeys(("completed", "held", "done"), "held"),
    **dict.fromkeys(("no show", "no-show", "no_show", "not completed - no show"), "no_show"),
    **dict.fromkeys(("missed by us", "missed"), "missed"),
    **dict.fromkeys(("cancelled", "canceled", "rescheduled"), "cancelled"),
}  # fmt: skip


@dataclass(slots=True)
class Told:
    """What one row tells of one lead. `keys` are what the lead is known by; `facts` are its fields, read; `line` its place."""

    kind: str
    line: int
    keys: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    stages: dict[str, datetime] = field(default_factory=dict)
    intake: IntakeRow | None = None

    def get(self, name: str, default: Any = None) -> Any:
        return self.facts.get(name, default)


class History:
    """Reads the rows of one file of one kind. `orders` says of each column of dates how it writes them."""

    def __init__(
        self, kind: str, header: Sequence[str], columns: Mapping[str, str], *, orders: Mapping[str, str], at: datetime, known: Known,
        **lead: Any,
    ):  # fmt: skip
        self.kind, self.header, self.orders, self.latest = kind, list(header), orders, at + SLACK
        self.known = known
        self.plan = [
            (i, columns[name], self._cleaner(name, columns[name])) for i, name in enumerate(header) if columns.get(name)
        ]
        self.reader = None
        if kind == "leads":
            its = {column: name for column, name in columns.items() if name and name not in ROUND}
            column = next((column for column, name in its.items() if name == "created_at"), "")
            self.reader = Reader(header, its, order=orders.get(column, ""), at=at, **lead)
            self.plan = [part for part in self.plan if part[1] in ROUND]

    def row(self, line: int, cells: Sequence[str]) -> Told:
        """Read one row. Raises Bad with the column's name and why."""
        if len(cells) != len(self.header):
            raise Bad(f"The row has {len(cells)} cells, the header {len(self.header)}.")
        told = Told(self.kind, line, intake=self.reader.row(cells) if self.reader else None)
        for index, name, clean in self.plan:
            if not cells[index].strip():
                continue
            try:
                value = clean(cells[index])
            except Bad as problem:
                raise Bad(problem.words, self.header[index]) from None
            if name == "lead":
                told.keys = value
            elif name.startswith(STAGE):
                told.stages[name.removeprefix(STAGE)] = value
            else:
                told.facts.setdefault(name, value)
        self._finish(told)
        return told

    def _cleaner(self, column: str, name: str) -> Callable[[str], Any]:
        if name in MOMENTS or name.startswith(STAGE):
            return lambda text: self._moment(text, self.orders.get(column, ""))
        choices = {
            "channel": CHANNELS, "status": STATES if self.kind == "leads" else ENDS,
            "outcome": HELD if self.kind == "meetings" else OUTCOMES,
        }  # fmt: skip
        if name in choices:
            return lambda text: _choice(text, choices[name])
        if name in ("amount", "currency"):
            return _amount if name == "amount" else currency
        return lambda text: clean_line(text, longest=20_000 if name == "note" else 300)

    def _moment(self, text: str, order: str) -> datetime:
        try:
            moment = import_dates.read(text, order)
        except ValueError as problem:
            raise Bad(str(problem)) from None
        if moment > self.latest:
            raise Bad(f"“{text.strip()[:40]}” is in the future; history is what has been.")
        return moment

    def _finish(self, told: Told) -> None:
        if self.kind != "leads" and not told.keys:
            raise Bad("It does not say whose it is: a lead's address or external id.", self.column("lead"))
        for name in {"touches": ("at",), "meetings": ("starts_at",)}.get(self.kind, ()):
            if name not in told.facts:
                raise Bad("It does not say when.", self.column(name))
        if self.kind == "opportunities":
            self._finish_sale(told)
        if self.kind == "meetings":
            told.facts.setdefault("ends_at", told.facts["starts_at"] + HALF_AN_HOUR)
            if told.facts["ends_at"] <= told.facts["starts_at"]:
                raise Bad("It ends before it starts.", self.column("ends_at"))
            if not told.get("outcome"):
                raise Bad("It does not say what came of it.", self.column("outcome"))
            if told.facts["outcome"] == "unqualified":
                self._finish_unqualified(told)
        if self.kind == "leads" and told.get("status") in (LeadStatus.NURTURE, LeadStatus.UNQUALIFIED):
            if not told.get("reason"):
                raise Bad("An end needs its reason, by code or label.", self.column("status"))
            self._check("reason", lambda: self.known.expect_reason(told.facts["reason"], told.facts["status"]))

    def _finish_unqualified(self, told: Told) -> None:
        if not told.get("reason"):
            words = "It was held without qualifying; say why: a reason of not now or never, by code or label."
            raise Bad(words, self.column("reason") or self.column("outcome"))
        self._check("reason", lambda: self.known.expect_reason(told.facts["reason"], "nurture", "unqualified"))

    def _check(self, name: str, expect: Callable[[], None]) -> None:
        """Ask for what must be known here; what is not is said with the column of this field."""
        try:
            expect()
        except Bad as problem:
            raise Bad(problem.words, self.column(name)) from None

    def _finish_sale(self, told: Told) -> None:
        """Say in one way how and when a sale ended, whichever of the columns tell it."""
        facts = told.facts
        for status, name in ((OpportunityStatus.WON, "won_at"), (OpportunityStatus.LOST, "lost_at")):
            if name in facts:
                facts["status"], facts["closed_at"] = status, facts[name]
        status = facts.get("status") or ENDS.get(facts.get("stage", "").lower(), OpportunityStatus.OPEN)
        facts["status"] = status
        if status == OpportunityStatus.OPEN:
            facts.pop("closed_at", None)  # other programs write there when they hope to close it
        elif "closed_at" not in facts:
            raise Bad("It is closed, and does not say when.", self.column("status"))
        moments = [*told.stages.values(), *(facts[name] for name in ("created_at", "closed_at") if name in facts)]
        if not moments:
            column = self.column("created_at") or self.column("won_at") or self.column("closed_at")
            raise Bad("It does not say when: created, at a stage, or closed.", column)
        for name in told.stages:
            self._check(STAGE + name, lambda name=name: self.known.expect_stage(name))
        if status == OpportunityStatus.LOST and told.get("loss_reason"):
            self._check("loss_reason", lambda: self.known.expect_reason(facts["loss_reason"], "loss"))
        facts["began_at"] = min(moments)

    def column(self, name: str) -> str:
        """Return which column of the file holds a field; '' where none does."""
        return next((self.header[index] for index, field_name, _clean in self.plan if field_name == name), "")


def _choice(text: str, words: Mapping[str, Any]) -> Any:
    found = words.get(clean_line(text).lower())
    if found is None:
        raise Bad(f"“{text.strip()[:40]}” is none of: {', '.join(words)}.")
    return found


def currency(text: str) -> str:
    """Return a currency as it is kept: three capitals."""
    try:
        return opportunities.known_currency(text) if text.strip() else ""
    except Refused:
        raise Bad(f"“{text.strip()[:40]}” is no currency; write it like EUR.") from None


def _amount(text: str) -> Decimal:
    digits = "".join(c for c in text if c.isdigit() or c in ".,-")
    if "," in digits and "." in digits:
        digits = (
            digits.replace(",", "")
            if digits.rfind(".") > digits.rfind(",")
            else digits.replace(".", "").replace(",", ".")
        )
    elif "," in digits:
        whole, _comma, rest = digits.rpartition(",")
        digits = whole.replace(",", "") + ("." + rest if len(rest) != 3 else rest)
    try:
        amount = Decimal(digits).quantize(Decimal("0.01"))
    except InvalidOperation:
        raise Bad(f"“{text.strip()[:40]}” is no amount.") from None
    if not 0 <= amount < Decimal(10) ** 12:
        raise Bad(f"“{text.strip()[:40]}” is no amount that can be kept.")
    return amount


def day_of(moment: datetime) -> str:
    """Return the day of a moment as it stands in files. Pure."""
    return moment.astimezone(UTC).date().isoformat()
