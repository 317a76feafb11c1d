"""What people were told in the page, gathered into one mail each (WORK-8).

The sweep `gather` looks at every message once: what its reader wants by mail joins the mail that waits for them, or begins one. A mail
waits two minutes for company, and while mail is down for as long as that lasts: after an hour without it everybody gets one. It holds
numbers of messages, never words: they are said when it leaves (`letter`), so that an erased person is in no mail. It promises: nothing
twice, because a message is marked in the transaction that puts it into a mail; nothing lost, because until then it is due. Who has read
something in the page before it was gathered gets no mail of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from accounts import telling
from accounts.messages import mail
from accounts.models import Message, User, Way
from accounts.sweeping import Sweep
from accounts.templatetags.words import reached
from accounts.words import count
from accounts.writing import update_each

LETTER = "told"
COMPANY = timedelta(minutes=2)  # a mail waits for what comes with it
MOST = 200  # messages in one mail
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Letter:
    """A mail in words: what stands over it, and what it says, plain and in HTML."""

    subject: str
    text: str
    html: str


def to_gather(at: datetime) -> QuerySet:
    """Messages nobody has looked at for the mail, by `message_to_gather`."""
    rows = Message.objects.filter(channel=Message.Channel.PAGE, gathered_at__isnull=True, created_at__lte=at)
    return rows.order_by("created_at", "pk").values_list("pk", flat=True)


def gather(keys: Sequence[int], at: datetime, recorded_at: datetime) -> int:
    """Put these messages into the mails of those who want them so, each once; return how many were looked at.

    What its reader wants to hear by mail alone, or not at all, is not left unread in the page. Four queries, and one for each mail that
    grows. In a transaction.
    """
    rows = Message.objects.filter(pk__in=keys, channel=Message.Channel.PAGE, gathered_at__isnull=True)
    rows = list(rows.select_for_update(no_key=True, skip_locked=True).order_by("pk"))
    people = User.objects.in_bulk({row.to_id for row in rows if row.to_id})
    wanted: dict[int, list[int]] = {}
    for row in rows:
        person = people.get(row.to_id)
        way = telling.way_of(person, row.kind) if person else Way.NONE
        if way in (Way.MAIL, Way.BOTH) and person.is_active and person.email and row.read_at is None:
            wanted.setdefault(person.pk, []).append(row.pk)
        row.gathered_at = recorded_at
        if way not in telling.IN_PAGE and row.read_at is None:
            row.read_at = recorded_at
    _into_mails(wanted, people, recorded_at)
    update_each(rows, ["gathered_at", "read_at"])
    return len(rows)


def _into_mails(wanted: dict[int, list[int]], people: dict[int, User], at: datetime) -> None:
    """Add messages to the mail that waits for their reader, untried; begin one where none does."""
    waiting = Message.objects.filter(
        to__in=wanted,
        channel=Message.Channel.MAIL,
        kind=LETTER,
        attempts=0,
        sent_at__isnull=True,
        parked_at__isnull=True,
    )
    grown, new = {}, []
    for letter in waiting.select_for_update(no_key=True, skip_locked=True).order_by("pk"):
        if letter.to_id in wanted and len(letter.data["messages"]) + len(wanted[letter.to_id]) <= MOST:
            letter.data["messages"] += wanted.pop(letter.to_id)
            grown[letter.pk] = letter
    for letter in grown.values():
        letter.save(update_fields=["data"])
    for person, ids in wanted.items():
        for part in (ids[n : n + MOST] for n in range(0, len(ids), MOST)):
            new.append(
                mail(
                    kind=LETTER,
                    key=str(part[0]),
                    subject="",
                    body="",
                    to=people[person],
                    at=at,
                    not_before=at + COMPANY,
                    messages=part,
                )
            )
    Message.objects.bulk_create(new, ignore_conflicts=True)


def letter(message: Message, at: datetime) -> Letter | None:
    """Say a gathered mail in the reader's zone and words, grouped by day and by lead; None when nothing of it is left to say.

    Two queries.
    """
    rows = Message.objects.filter(pk__in=message.data.get("messages", ()), to=message.to_id).order_by(
        "created_at", "pk"
    )
    with timezone.override(message.to.zone):
        told = telling.said(list(rows), message.to, at)
        if not told:
            return None
        facts = {"days": by_day(told), "reader": message.to}
        facts |= {"more": reached(reverse("messages")), "ways": reached(reverse("message-ways"))}
        subject = told[0].words if len(told) == 1 else f"LeadOps: {count(len(told))} messages"
        return Letter(
            " ".join(subject.split())[:200],
            render_to_string("emails/told.txt", facts),
            render_to_string("emails/told.html", facts),
        )


@dataclass(frozen=True)
class Group:
    """What was told of one lead, or of one kind, on one day. The newest first."""

    title: str
    url: str
    told: list[telling.Told]

    @property
    def ids(self) -> str:
        return ",".join(str(each.message.pk) for each in self.told)

    @property
    def is_unread(self) -> bool:
        return any(each.message.read_at is None for each in self.told)


def by_day(told: Sequence[telling.Told]) -> list[tuple]:
    """Group what was told by day in the active zone, and within a day by lead, else by kind; the newest first. Pure."""
    days: dict[object, dict[object, list[telling.Told]]] = {}
    for each in sorted(told, key=lambda t: (t.message.created_at, t.message.pk), reverse=True):
        message = each.message
        day = timezone.localtime(message.created_at).date()
        about = ("lead", message.lead_id) if message.lead_id else ("kind", message.kind)
        days.setdefault(day, {}).setdefault(about, []).append(each)
    return [(day, [_group(about, rows) for about, rows in groups.items()]) for day, groups in days.items()]


def _group(about: tuple, told: list[telling.Told]) -> Group:
    if about[0] == "lead":
        return Group(told[0].lead.name, told[0].lead.url, told)
    kind = telling.KINDS.get(about[1])
    return Group(kind.label if kind else "News", "", told)


GATHER = Sweep("gather", MINUTE, to_gather, gather)
