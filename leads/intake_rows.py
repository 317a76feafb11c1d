"""One person as some door tells of them, normalised: what intake takes.

Forms, the API and the import build rows with `make_row`; nothing here reads a table or asks the time.
"""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.domains import normalise_email, normalise_phone
from accounts.models import Team, User
from leads.models import GoToMarket, Lead, Motion, Signal, Source
from leads.notes import LONGEST as LONGEST_NOTE


class Bad(ValueError):
    """A row that cannot be taken: which field, and why in words."""

    def __init__(self, words: str, field: str = ""):
        super().__init__(words)
        self.words, self.field = words, field


@dataclass(slots=True)
class IntakeRow:
    """What one door tells of one person, once. Texts are normalised; '' is unknown, and never erases what is known.

    `phone` is shown, `phone_key` compared. `created_at` is when they came, where the door knows. `key` is the signal's natural
    key where the door has one of its own (a form token, say). `team` is the queue a new lead waits in, `owner` whoever should
    have it.
    """

    email: str = ""
    first_name: str = ""
    last_name: str = ""
    title: str = ""
    phone: str = ""
    company: str = ""
    website: str = ""
    country: str = ""
    external_id: str = ""
    system: str = ""
    source: str = ""
    campaign: str = ""
    motion: str = ""
    go_to_market: str = ""
    created_at: datetime | None = None
    note: str = ""
    kind: str = Signal.Kind.IMPORT
    what: str = ""
    words: str = ""
    key: str = ""
    phone_key: str = ""
    data: str = "{}"  # what else a signal says, as JSON
    owner: User | None = None
    team: Team | None = None
    keys: list[tuple[str, str, str]] | None = None  # what the person is looked up by, once asked


def line(text: str, longest: int = 0) -> str:
    """Return a text as one line without surplus space. Raises Bad when it is longer than the table takes."""
    text = text.strip()
    if "  " in text or not text.isprintable():
        text = " ".join(text.translate(UNSEEN).split())
        if "\x00" in text:
            raise Bad("has a NUL character in it.")
    if longest and len(text) > longest:
        raise Bad(f"has {len(text):,} characters; at most {longest} fit.")
    return text


# Control characters and halves of characters, which nobody typed and no database keeps; tab and line ends are space.
UNSEEN = {**dict.fromkeys((*range(1, 9), *range(14, 28), *range(127, 160))), **dict.fromkeys(range(0xD800, 0xE000))}


def _line_of(model, name: str) -> Callable[[str], str]:
    return functools.partial(line, longest=model._meta.get_field(name).max_length)


def _email(text: str) -> str:
    try:
        return normalise_email(text)
    except ValueError as problem:
        raise Bad(str(problem)) from None


def _note(text: str) -> str:
    text = text.translate(UNSEEN).translate(SEPARATORS).strip()
    if "\x00" in text:
        raise Bad("has a NUL character in it.")
    if len(text) > LONGEST_NOTE:
        raise Bad(f"has {len(text):,} characters; a note holds {LONGEST_NOTE:,}.")
    return text


SEPARATORS = dict.fromkeys(range(28, 32))
MOTIONS = {
    "slg": Motion.SLG, "sales-led": Motion.SLG, "sales led": Motion.SLG,
    "plg": Motion.PLG, "product-led": Motion.PLG, "product led": Motion.PLG,
}  # fmt: skip
MARKETS = {"inbound": GoToMarket.INBOUND, "outbound": GoToMarket.OUTBOUND}


def _choice(names: Mapping[str, str]) -> Callable[[str], str]:
    def choose(text: str) -> str:
        text = line(text)
        try:
            return str(names[text.lower()]) if text else ""
        except KeyError:
            raise Bad(f"“{text[:40]}” is not one of: {', '.join(dict.fromkeys(names.values()))}.") from None

    return choose


def _moment(value: datetime | str) -> datetime | None:
    if not value:
        return None
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise Bad("is no moment with its time zone.")
    return value


# How each field is brought into form. `created_at` comes as a moment: reading dates is the importer's.
CLEAN: dict[str, Callable[[Any], Any]] = {
    "email": _email,
    **{
        name: _line_of(Lead, name)
        for name in ("first_name", "last_name", "title", "company", "website", "country", "phone")
    },
    "external_id": functools.partial(line, longest=254),
    "system": functools.partial(line, longest=40),
    "source": _line_of(Source, "name"),
    "campaign": _line_of(Source, "name"),
    "motion": _choice(MOTIONS),
    "go_to_market": _choice(MARKETS),
    "created_at": _moment,
    "note": _note,
    "what": functools.partial(line, longest=80),
    "words": _note,
    "key": functools.partial(line, longest=200),
}
FIELDS = (
    "email",
    "first_name",
    "last_name",
    "title",
    "phone",
    "company",
    "website",
    "country",
    "external_id",
    "source",
)
FIELDS += ("campaign", "motion", "go_to_market", "created_at", "note")


def make_row(values: Mapping[str, Any], **defaults: Any) -> IntakeRow:
    """Build a row from what was typed. Raises Bad, naming the field, for what cannot be taken."""
    row = IntakeRow(**defaults)
    for name, value in values.items():
        try:
            setattr(row, name, CLEAN[name](value))
        except Bad as problem:
            raise Bad(problem.words, name) from None
    return finish(row)


def finish(row: IntakeRow) -> IntakeRow:
    """Bring what hangs together into form: the phone by its country; and hold that somebody can be found again (IN-1)."""
    if row.phone:
        shown, row.phone_key = normalise_phone(row.phone, row.country)
        row.phone = shown[:40]
    if not (row.email or row.external_id or row.phone_key):
        if row.phone:
            raise Bad(f"“{row.phone}” is no phone number, and there is no address or external id.", "phone")
        raise Bad("A lead needs an address, a phone or an external id.")
    return row
