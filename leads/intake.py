"""The one way in: people that a form, the API, a colleague or a file tells us of become leads (IN-1, IN-2).

Normalise (`intake_rows`) -> find the person (`intake_people`) -> find or make the account -> create or fill blanks -> note
what they did -> put them into hands if somebody is named or they asked for us. `take` does it for many at once; a form is a
list of one. Called by the import, the pages, the API and the demo world.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from accounts import changes
from accounts.bulk import number, stamp, texts
from accounts.matching import Company, accounts_for
from accounts.models import Batch, User
from leads import assignment, signals
from leads import intake_writing as write
from leads.intake_people import COMPANY, CREATED, ERASED, REJECTED, UNCHANGED, UPDATED, Finder, Person, Placed
from leads.intake_rows import Bad, IntakeRow, make_row
from leads.lifecycle import Refused, Result
from leads.models import LeadStatus, Note, Signal, Trigger

TRIES = 6
LOCK = 0x1EAD1D  # the space of advisory locks that phones take
BUCKETS = 256  # of phones, so that a long list does not fill the server's table of locks


@dataclass(slots=True)
class Taken:
    """What came of one row. `words` say why it was rejected, or what was refused although it was taken (an owner at their cap)."""

    result: str
    lead: int | None = None
    words: str = ""


def take(
    rows: Sequence[IntakeRow], *, by: User | None, at: datetime, door: str, batch: Batch | None = None,
    recorded_at: datetime | None = None,
) -> list[Taken]:  # fmt: skip
    """Take in people and answer row by row: created, updated, unchanged or rejected.

    All in one transaction; rows of one person are folded in their order. Blanks are filled, nothing is overwritten, and the
    same thing twice changes nothing and says so. `at` is now; what a row says of when it came is kept beside it. Two who take
    in the same people at once end as one after the other would. About thirty queries whatever the number of rows, and those of
    assignment for who is put into hands.
    """
    if not rows:
        return []
    for attempt in range(1, TRIES + 1):
        try:
            with transaction.atomic():
                return _Intake(by, at, door, batch, recorded_at or at).take(rows)
        except write.Raced:
            # What we waited for is there now, and the next look finds it.
            if attempt == TRIES:
                raise
    raise AssertionError


class _Intake:
    """One batch of rows on its way in."""

    def __init__(self, by, at, door, batch, recorded_at):
        self.by, self.at, self.door, self.batch, self.recorded_at = by, at, door, batch, recorded_at
        self.actor, self.learnt = number(by.pk if by else None), recorded_at.isoformat()

    def take(self, rows: Sequence[IntakeRow]) -> list[Taken]:
        sources = write.sources_of(rows, self.at)
        _hold_phones(rows)
        finder = Finder()
        finder.look(rows)
        placed = [finder.place(row) for row in rows]
        people = list({id(p.person): p.person for p in placed if p.result != REJECTED}.values())
        self._give_accounts(people, placed)
        with connection.cursor() as cursor:
            self._write_people(cursor, people, placed, sources)
            self._write_signals(cursor, placed, sources)
            self._write_notes(cursor, placed)
        taken = [
            Taken(REJECTED, None, ERASED) if p.result == REJECTED else Taken(p.result, p.person.lead) for p in placed
        ]
        self._into_hands(placed, taken)
        return taken

    def _give_accounts(self, people: Sequence[Person], placed: Sequence[Placed]) -> None:
        """Find the account of new people, and of known ones without one who just told more of their company."""
        asking = [p for p in people if p.account is None and (p.is_new or p.filled & COMPANY)]
        asked = {p: Company(*(p.values[name] for name in ("email", "website", "company", "country"))) for p in asking}
        found = accounts_for(asked.values(), at=self.at)
        for person, company in asked.items():
            if answer := found.get(company):
                person.account, person.guess = answer

    def _write_people(self, cursor, people: Sequence[Person], placed: Sequence[Placed], sources: dict) -> None:
        new = [person for person in people if person.is_new]
        for person, pk in zip(new, write.reserve(cursor, write.Lead, len(new)) if new else (), strict=True):
            person.lead = pk
        # First what others could want too: whoever finds it taken has little to take back.
        write.claim(cursor, [(person.lead, key) for person in people for key in person.claims])
        if new:
            write.insert_leads(cursor, new, sources, self.at, self.learnt)
        active: dict[int, datetime] = {}
        for p in placed:
            if p.signal and not p.person.is_new and p.row.kind != Signal.Kind.IMPORT:
                active[p.person.lead] = self._moment(p.row)
        filled = write.fill_leads(cursor, [person for person in people if not person.is_new], active)
        by = self.by.pk if self.by else None
        changes.note_many(write.Lead, filled, by=by, at=self.recorded_at, door=self.door)

    def _moment(self, row: IntakeRow) -> datetime:
        return min(row.created_at, self.at) if row.created_at else self.at

    def _write_signals(self, cursor, placed: Sequence[Placed], sources: dict) -> None:
        """Write what they did, and put it on record. A signal somebody else wrote a moment before is not told again."""
        telling = [p for p in placed if p.signal]
        batch = number(self.batch.pk if self.batch else None)
        new, known, told = [], [], {}
        for p, pk in zip(telling, write.reserve(cursor, Signal, len(telling)) if telling else (), strict=True):
            row = p.row
            source, campaign = sources[row.source, row.campaign]
            signal = (
                str(pk), str(p.person.lead), row.kind, p.signal, row.what, number(source), number(campaign), row.words, row.data,
                self.actor,
                batch, stamp(self._moment(row)), self.learnt,
            )  # fmt: skip
            (new if p.person.is_new else known).append(signal)
            told[signal[0]] = p
        written = write.insert_signals(cursor, new, known)
        for pk, p in told.items():
            if pk not in written:
                p.signal = ""
                p.result = UPDATED if p.filled else UNCHANGED
        write.insert_events(cursor, self._events(told, placed))

    def _events(self, told: dict[str, Placed], placed: Sequence[Placed]):
        for pk, p in told.items():
            data = f'{{"signal":{pk},"kind":"{p.row.kind}"'
            if p.result == CREATED:
                data += ',"new":true,"guess":true' if p.person.guess else ',"new":true'
            elif p.filled:
                data += f',"filled":{json.dumps(p.filled)}'
            if p.signal:
                yield self._event("signal", p, self._moment(p.row), data + "}")
        for p in placed:
            if p.filled and not p.signal:
                yield self._event("filled", p, self.at, json.dumps({"filled": p.filled}))

    def _event(self, kind: str, p: Placed, at: datetime, data: str) -> tuple[str, ...]:
        return (
            stamp(at), self.learnt, kind, self.door, self.actor, str(p.person.lead), number(p.person.account), data
        )  # fmt: skip

    def _write_notes(self, cursor, placed: Sequence[Placed]) -> None:
        """Keep the notes of what was new; the same list twice does not say them twice."""
        noted = [p for p in placed if p.row.note and p.signal]
        if not noted:
            return
        numbers = [str(pk) for pk in write.reserve(cursor, Note, len(noted))]
        write.insert_notes(
            cursor,
            [
                (pk, str(p.person.lead), self.actor, p.row.note, stamp(self._moment(p.row)))
                for pk, p in zip(numbers, noted, strict=True)
            ],
        )
        write.insert_events(
            cursor,
            [
                self._event("note", p, self._moment(p.row), f'{{"note":{pk}}}')
                for pk, p in zip(numbers, noted, strict=True)
            ],
        )

    def _into_hands(self, placed: Sequence[Placed], taken: list[Taken]) -> None:
        """Assign who has a named owner or asked for us; all others wait. A lead in hand stays where it is."""
        raised: dict[tuple, list[int]] = {}
        owned: dict[tuple, list[int]] = {}
        for p in placed:
            if p.signal and p.row.kind == Signal.Kind.HAND_RAISE:
                raised.setdefault((p.row.what, p.row.words, self._moment(p.row), p.row.owner, p.row.team), []).append(
                    p.person.lead
                )
            elif p.row.owner and p.result in (CREATED, UPDATED) and p.person.status == LeadStatus.RAW:
                owned.setdefault((p.row.owner,), []).append(p.person.lead)
        said: dict[int, str] = {}
        for (what, words, when, owner, team), leads in raised.items():
            # Whoever told us need not have the right to give the lead to who now gets it: the system does.
            result = signals.raise_hand(
                leads,
                what=what,
                words=words,
                by=None,
                at=self.at,
                when=when,
                to=owner,
                pool=team,
                signal=False,
                door=self.door,
            )
            said |= _refused(result)
        for (owner,), leads in owned.items():
            trigger = Trigger.OWN if owner == self.by else Trigger.MANAGER
            leads = list(dict.fromkeys(leads))
            said |= _refused(
                assignment.assign(leads, to=owner, by=self.by, at=self.at, door=self.door, trigger=trigger)
            )
        for one in taken:
            if one.lead in said:
                one.words = said[one.lead]


def _refused(result: Result) -> dict[int, str]:
    return {lead if isinstance(lead, int) else lead.pk: refused.words for lead, refused in result.refused}


def _hold_phones(rows: Sequence[IntakeRow]) -> None:
    """Let nobody else take in people by these phones meanwhile: phones may be shared, so no constraint could stop a double."""
    phones = [row.phone_key for row in rows if not (row.email or row.external_id)]
    if phones:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(%s, b) FROM (SELECT DISTINCT abs(hashtext(p) %% %s) AS b"
                " FROM unnest(%s::text[]) AS v(p) ORDER BY 1) AS buckets",
                [LOCK, BUCKETS, texts(phones)],
            )


__all__ = ["CREATED", "REJECTED", "UNCHANGED", "UPDATED", "Bad", "IntakeRow", "Refused", "Taken", "make_row", "take"]
