"""Who is meant: the people behind a batch of rows, and what each row would change about them.

`Finder` reads once for many rows, then answers row after row from memory, in the rows' order, so that a batch ends as if its
rows had come one by one. It writes nothing: intake writes what it found out, the import's preview throws it away.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC

from django.db import connection

from accounts.bulk import numbers, texts
from accounts.names import fold
from leads.erasure import hashed
from leads.intake_rows import IntakeRow
from leads.models import LeadStatus, Signal

FILLED = ("first_name", "last_name", "title", "company", "email", "phone", "website", "country")
COMPANY = {"email", "company", "website"}  # what an account is found by
CREATED, UPDATED, UNCHANGED, REJECTED = "created", "updated", "unchanged", "rejected"
ERASED = "This person asked to be erased and is not brought back."

NEW = 1 << 62  # beyond any number of a lead

Key = tuple[str, str, str]  # kind, system, value of an Identity


@dataclass(slots=True, eq=False)
class Person:
    """One person of a batch: as the database knows them, and what the batch adds."""

    lead: int | None = None
    status: str = LeadStatus.RAW
    account: int | None = None
    values: dict[str, str] = field(default_factory=dict)
    phones: set[str] = field(default_factory=set)
    signals: set[str] = field(default_factory=set)
    filled: set[str] = field(default_factory=set)
    claims: list[Key] = field(default_factory=list)
    first: IntakeRow | None = None
    is_new: bool = False
    is_erased: bool = False
    guess: bool = False
    age: int = 0  # who came first is the smaller


@dataclass(slots=True)
class Placed:
    """One row, whom it means and what it changes. `signal` is the natural key of the signal it tells of, '' when known."""

    row: IntakeRow
    person: Person
    result: str
    signal: str = ""
    filled: tuple[str, ...] = ()


class Finder:
    """The people of many rows. Use `look` before `place`; both may be called again with more rows."""

    def __init__(self) -> None:
        self.people: dict[int, Person] = {}
        self.owners: dict[Key, Person] = {}
        self.by_phone: dict[str, list[Person]] = {}
        self._asked: set[Key] = set()
        self._newest = NEW

    def look(self, rows: Sequence[IntakeRow]) -> None:
        """Read what the database knows of the people of these rows. At most nine queries."""
        wanted: dict[tuple[str, str], set[str]] = {}
        for row in rows:
            for key in keys_of(row):
                if key not in self._asked:
                    self._asked.add(key)
                    wanted.setdefault(key[:2], set()).add(key[2])
        pairs: list[tuple[Key, int]] = []
        with connection.cursor() as cursor:
            for (kind, system), values in wanted.items():
                cursor.execute(
                    "SELECT value, lead_id FROM leads_identity"
                    " WHERE kind = %s AND system = %s AND value = ANY(%s::text[]) AND is_live ORDER BY lead_id",
                    [kind, system, texts(list(values))],
                )
                pairs += [((kind, system, value), lead) for value, lead in cursor.fetchall()]
            self._read_erased(cursor, wanted, {key for key, _lead in pairs})
            people = self._read(cursor, {lead for _key, lead in pairs} - self.people.keys())
            for key, lead in pairs:
                if key[0] == "phone":
                    self.by_phone.setdefault(key[2], []).append(people[lead])
                else:
                    self.owners[key] = people[lead]
            self._read_signals(cursor, rows)

    def _read_erased(self, cursor, wanted: dict[tuple[str, str], set[str]], found: set[Key]) -> None:
        """Recognise who was erased, by the keyed hash of what they were known by (ruling 5). One query while nobody was."""
        cursor.execute("SELECT EXISTS (SELECT 1 FROM leads_lead WHERE gone_as = 'erased')")
        if not cursor.fetchone()[0]:
            return
        for (kind, system), values in wanted.items():
            hashes = {hashed(kind, system, v): (kind, system, v) for v in values if (kind, system, v) not in found}
            cursor.execute(
                "SELECT value FROM leads_identity WHERE kind = %s AND system = %s AND value = ANY(%s::text[]) AND is_live",
                [kind, system, texts(list(hashes))],
            )
            for (value,) in cursor.fetchall():
                self.owners[hashes[value]] = Person(is_erased=True)

    def _read(self, cursor, leads: Iterable[int]) -> dict[int, Person]:
        """Read leads; one that was merged is read as its winner. What an erased person was known by leads to nobody."""
        alias: dict[int, int] = {}
        read: list[int] = []
        todo = set(leads)
        while todo:
            cursor.execute(
                "SELECT id, gone_as, merged_into_id, status, account_id,"
                f" {', '.join(FILLED)} FROM leads_lead WHERE id = ANY(%s::bigint[])",
                [numbers(todo)],
            )
            todo = set()
            for pk, gone, winner, status, account, *values in cursor.fetchall():
                if gone == "merged":
                    alias[pk] = winner
                    todo |= {winner} - self.people.keys()
                else:
                    read.append(pk)
                    person = self.people[pk] = Person(pk, status, account, dict(zip(FILLED, values, strict=True)))
                    person.age, person.is_erased = pk, gone == "erased"
        if read:
            cursor.execute(
                "SELECT lead_id, value FROM leads_identity WHERE lead_id = ANY(%s::bigint[]) AND kind = 'phone'",
                [numbers(read)],
            )
            for pk, value in cursor.fetchall():
                self.people[pk].phones.add(value)
        for pk in alias:
            winner = pk
            while winner in alias:
                winner = alias[winner]
            self.people[pk] = self.people[winner]
        return self.people

    def _read_signals(self, cursor, rows: Sequence[IntakeRow]) -> None:
        """Read which of the signals that these rows tell of are known."""
        asked: dict[str, set[int]] = {}
        for row in rows:
            for key in keys_of(row):
                if (person := self.owners.get(key)) and person.lead:
                    asked.setdefault(signal_key(row), set()).add(person.lead)
            if row.phone_key in self.by_phone:
                asked.setdefault(signal_key(row), set()).update(p.lead for p in self.by_phone[row.phone_key] if p.lead)
        pairs = [(lead, key) for key, leads in asked.items() for lead in leads]
        if pairs:
            cursor.execute(
                "SELECT s.lead_id, s.key FROM leads_signal s JOIN unnest(%s::bigint[], %s::text[]) AS v(lead, key)"
                " ON s.lead_id = v.lead AND s.key = v.key",
                [numbers(lead for lead, _key in pairs), texts([key for _lead, key in pairs])],
            )
            for lead, key in cursor.fetchall():
                self.people[lead].signals.add(key)

    def place(self, row: IntakeRow) -> Placed:
        """Say whom a row means, by address, else external id, else phone (IN-1), and what it changes about them.

        Blanks are filled, nothing is overwritten; a further address, id or phone becomes an alias unless it is somebody
        else's. Nothing to fill, nothing to add and a known signal: unchanged (ruling 7).
        """
        keys = keys_of(row)
        person = next((self.owners[key] for key in keys if key in self.owners), None)
        if person is None and keys[0][0] == "phone":  # owners holds phones of erased people only
            person = self._by_phone(row)
        if person is None:
            self._newest += 1
            person = Person(is_new=True, first=row, age=self._newest)
            person.values = {name: getattr(row, name) for name in FILLED}
            filled: tuple[str, ...] = ()
            result = CREATED
        elif person.is_erased:
            return Placed(row, person, REJECTED)
        else:
            filled = tuple(name for name in FILLED if getattr(row, name) and not person.values[name])
            for name in filled:
                person.values[name] = getattr(row, name)
            person.filled.update(filled)
            result = UPDATED if filled else UNCHANGED
        if self._claim(person, row, keys) and result == UNCHANGED:
            result = UPDATED
        signal = signal_key(row)
        if signal in person.signals:
            return Placed(row, person, result, "", filled)
        person.signals.add(signal)
        return Placed(row, person, UPDATED if result == UNCHANGED else result, signal, filled)

    def _claim(self, person: Person, row: IntakeRow, keys: Sequence[Key]) -> bool:
        """Make what the row is known by the person's own, as far as it is nobody's. True when anything was."""
        before = len(person.claims)
        for key in keys:
            if key[0] != "phone" and key not in self.owners:
                self.owners[key] = person
                person.claims.append(key)
        if row.phone_key and row.phone_key not in person.phones:
            person.phones.add(row.phone_key)
            person.claims.append(("phone", "", row.phone_key))
            self.by_phone.setdefault(row.phone_key, []).append(person)
        return len(person.claims) > before

    def _by_phone(self, row: IntakeRow) -> Person | None:
        """Find somebody by phone alone: who has the same name first, then the oldest.

        A phone may be a switchboard's: who is known by another name is somebody else.
        """
        name = fold(f"{row.first_name} {row.last_name}".strip())
        best, rank = None, (2, 0)
        for person in self.by_phone.get(row.phone_key, ()):
            theirs = fold(f"{person.values['first_name']} {person.values['last_name']}".strip())
            if theirs == name or not (name and theirs):
                best, rank = min((best, rank), (person, (theirs != name, person.age)), key=lambda pair: pair[1])
        return best


def keys_of(row: IntakeRow) -> list[Key]:
    """Return what a row's person is looked up by, in order. A phone only where there is nothing better."""
    if row.keys is None:
        row.keys = _keys_of(row)
    return row.keys


def _keys_of(row: IntakeRow) -> list[Key]:
    keys: list[Key] = [("email", "", row.email)] if row.email else []
    if row.external_id:
        keys.append(("external", row.system, row.external_id))
    return keys or [("phone", "", row.phone_key)]


def signal_key(row: IntakeRow) -> str:
    """Return the natural key of what a row tells: the same thing told twice has the same one, whatever the file's format.

    A list without dates tells one thing for ever; a form sent at another moment is another signal, which its door says by
    `created_at` or a key of its own.
    """
    if row.key:
        return row.key
    moment = ""
    if at := row.created_at:
        at = at if at.tzinfo is UTC else at.astimezone(UTC)
        day_only = not (at.hour or at.minute or at.second or at.microsecond)
        moment = at.date().isoformat() if day_only else at.isoformat()
    what = f"|{row.what}" if row.kind != Signal.Kind.IMPORT else ""
    key = f"{row.kind}{what}|{row.source}|{row.campaign}|{moment}"
    return key if len(key) <= 200 else f"{row.kind}|{hashlib.sha256(key.encode()).hexdigest()}"
