"""What happens where nobody speaks: of a meeting that is over, of a hand-off that waits, of a contract that ends (MEET-3, MEET-7, SLA-6).

Called by the sweeps. Each word once, whatever crashes or runs twice, dated when it was due; looked at again under the row's lock, so that
nobody is told of what was answered a moment before. About six queries for any number of rows.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts import messages
from accounts.lines import Lines
from accounts.models import Door, Event, Message, Opportunity, User
from accounts.writing import fresh, insert_each, update_each
from leads.models import Lead
from meetings import invitations, links
from meetings.models import HandOff, Meeting, MeetingStatus
from meetings.record import tell

CLAIM_AFTER = timedelta(hours=48)
# How far a meeting without a word has escalated: nothing told yet, its owner reminded, the manager told, the SDR asked to record it.
FRESH, REMINDED, SILENT, OPEN_TO_CLAIM = range(4)
ANSWERS = (
    ("Completed, and they may buy", MeetingStatus.QUALIFIED),
    ("Completed, and they will not", MeetingStatus.UNQUALIFIED),
    ("They did not come", MeetingStatus.NO_SHOW),
    ("I missed it", MeetingStatus.MISSED),
)


@dataclass(slots=True)
class _Silent:
    """One meeting without a word, as much of it as is told of."""

    pk: int
    lead_id: int
    cycle_id: int | None
    account_id: int
    opportunity_id: int
    owner_id: int
    sourced_by_id: int | None
    version: int
    starts_at: datetime
    due_at: datetime
    sweep_at: datetime | None
    level: int
    product: str
    lead: dict[str, str]


COLUMNS = (
    "pk", "lead_id", "cycle_id", "account_id", "opportunity_id", "owner_id", "sourced_by_id", "version", "starts_at", "due_at", "sweep_at",
    "level", "opportunity__product__name",
)  # fmt: skip
NAMES = ("first_name", "last_name", "email", "company", "phone", "gone_as")


def speak_of_meetings(keys: list[int], at: datetime, recorded_at: datetime) -> int:
    """Remind who held a meeting at its end, tell their manager 24 hours from its start, let the SDR record it after 48."""
    rows = Meeting.objects.select_for_update(no_key=True, skip_locked=True).filter(pk__in=keys)
    held = list(rows.filter(status=MeetingStatus.BOOKED, sweep_at__lte=at).order_by("pk").values_list("pk", flat=True))
    due = [
        _Silent(*row[: len(COLUMNS)], dict(zip(NAMES, row[len(COLUMNS) :], strict=True)))
        for row in Meeting.objects.filter(pk__in=held)
        .order_by("pk")
        .values_list(*COLUMNS, *(f"lead__{n}" for n in NAMES))
    ]
    words = _Words({meeting.owner_id for meeting in due} | {meeting.sourced_by_id for meeting in due}, recorded_at)
    for meeting in due:
        while meeting.sweep_at is not None and meeting.sweep_at <= at:
            words.add_next(meeting)
    insert_each(words.told, ignore_conflicts=True)
    insert_each(words.events)
    now = [fresh(Meeting, id=meeting.pk, sweep_at=meeting.sweep_at, level=meeting.level) for meeting in due]
    update_each(now, ["sweep_at", "level"], guard={"status": [MeetingStatus.BOOKED] * len(due)})
    return len(due)


class _Words:
    """What is told of meetings, and put on record. People are read once for all of them."""

    def __init__(self, people: set[int | None], recorded_at: datetime):
        self.people = User.objects.in_bulk(people - {None})
        self.lines, self.links = Lines(), links.Maker()
        self.told: list[Message] = []
        self.events: list[Event] = []
        self.recorded_at = recorded_at

    def add_next(self, meeting: _Silent) -> None:
        """Add the word that is due of one meeting, and say when the next one is."""
        when = meeting.sweep_at
        if meeting.level == FRESH:
            owner = self.people[meeting.owner_id]
            self._tell(owner, "meeting_over", meeting)
            if owner.is_active and owner.email:
                self.told.append(self._reminder(meeting, owner))
            meeting.level, meeting.sweep_at = REMINDED, meeting.due_at
        elif meeting.level == REMINDED:
            self._tell(self.lines.manager(user=meeting.owner_id), "meeting_silent", meeting)
            self.events.append(_record("meeting", "silent", meeting, when, self.recorded_at))
            meeting.level, meeting.sweep_at = SILENT, meeting.starts_at + CLAIM_AFTER
        else:
            self._tell(self.people.get(meeting.sourced_by_id), "meeting_yours_to_say", meeting)
            meeting.level, meeting.sweep_at = OPEN_TO_CLAIM, None

    def _tell(self, to: User | None, kind: str, meeting: _Silent) -> None:
        self.told += tell(to, kind, str(meeting.pk), at=meeting.sweep_at, meeting=meeting)

    def _reminder(self, meeting: _Silent, owner: User) -> Message:
        """Return the mail that asks its owner what came of it: a signed link for each answer; opening one changes nothing (MEET-3)."""
        lead = "" if meeting.lead["gone_as"] else fresh(Lead, id=meeting.lead_id, **meeting.lead).name
        title = invitations.called(meeting.product, lead, owner)
        said = "\n\n".join(f"{label}:\n{self.links.address(meeting, owner, status)}" for label, status in ANSWERS)
        body = (
            f"{title}\n{invitations.when(meeting.starts_at, owner.time_zone)}\n\n"
            f"What came of it? It is due 24 hours from the start. Each link opens a page that asks once more.\n\n{said}\n"
        )
        return messages.mail(
            kind="meeting_reminder", key=str(meeting.pk), subject=f"What came of it? {title}", body=body, at=meeting.sweep_at, to=owner,
            lead=meeting.lead_id,
        )  # fmt: skip


def _record(kind: str, move: str, meeting: _Silent, at: datetime, recorded_at: datetime) -> Event:
    return fresh(
        Event, kind=kind, move=move, at=at, recorded_at=max(recorded_at, at), door=Door.SWEEP, lead_id=meeting.lead_id,
        cycle_id=meeting.cycle_id, account_id=meeting.account_id, opportunity_id=meeting.opportunity_id,
        data={"meeting": meeting.pk, "owner": meeting.owner_id},
    )  # fmt: skip


def speak_of_hand_offs(keys: list[int], at: datetime, recorded_at: datetime) -> int:
    """Tell the manager of who should have accepted a hand-off 24 hours after it began (SLA-6). Once; it goes on waiting."""
    rows = HandOff.objects.select_for_update(no_key=True, skip_locked=True, of=("self",)).filter(
        pk__in=keys, outcome="", sweep_at__lte=at
    )
    due = list(rows.select_related("receiver", "giver", "opportunity__product", "opportunity__account").order_by("pk"))
    lines, told, events = Lines(), [], []
    for row in due:
        manager = lines.manager(user=row.receiver_id or row.giver_id)
        facts = {"hand_off": row.pk, "sale": row.opportunity.name}
        if manager is not None:
            told.append(
                fresh(Message, to_id=manager.pk, kind="hand_off_late", lead_id=row.lead_id, data=facts, created_at=row.limit_at,
                        dedupe_key=f"hand_off_late:{row.pk}:{manager.pk}")
            )  # fmt: skip
        events.append(
            fresh(Event, kind="hand_off", move="late", at=row.limit_at, recorded_at=max(recorded_at, row.limit_at), door=Door.SWEEP,
                  lead_id=row.lead_id, account_id=row.opportunity.account_id, opportunity_id=row.opportunity_id,
                  data={"hand_off": row.pk, "to": row.receiver_id})
        )  # fmt: skip
        row.sweep_at = None
    insert_each(told, ignore_conflicts=True)
    insert_each(events)
    update_each(due, ["sweep_at"])
    return len(due)


def speak_of_contracts(keys: list[int], at: datetime, recorded_at: datetime) -> int:
    """Tell whose customer it is that a contract ends in 120 days (ACC-11). Once."""
    rows = Opportunity.objects.select_for_update(no_key=True, skip_locked=True, of=("self",)).filter(
        pk__in=keys, renew_at__lte=at
    )
    due = list(rows.select_related("account", "product", "success_owner", "opportunity_owner").order_by("pk"))
    lines, told, events = Lines(), [], []
    for sale in due:
        facts = {"sale": sale.name, "ends": f"{sale.contract_end_date:%d %b %Y}", "opportunity": sale.pk}
        people = {p for p in (sale.success_owner, sale.opportunity_owner) if p is not None and p.is_active}
        for person in sorted(people or lines.revops, key=lambda p: p.pk):
            told.append(
                Message(to=person, kind="contract_ends", data=facts,
                        created_at=sale.renew_at, dedupe_key=f"contract_ends:{sale.pk}:{sale.contract_end_date}:{person.pk}")
            )  # fmt: skip
        events.append(
            Event(kind="contract", move="ends", at=sale.renew_at, recorded_at=max(recorded_at, sale.renew_at), door=Door.SWEEP,
                  account_id=sale.account_id, opportunity_id=sale.pk, data={"ends": str(sale.contract_end_date)})
        )  # fmt: skip
        sale.renew_at = None
    insert_each(told, ignore_conflicts=True)
    insert_each(events)
    update_each(due, ["renew_at"])
    return len(due)
