"""Where else a person was written of, who is being erased: files that were brought in, messages, answers, sessions, the admin's log,
what was put right.

Called by `leads/erasure.py` only, within its transaction and before what the person was known by is gone. Reads these tables whole, so
it may take seconds where they are long: a person is erased seldom.
"""

import json
from collections.abc import Sequence

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection, models
from django.db.models import Q, Value
from django.db.models.functions import Cast, Concat

from accounts import changes
from accounts.models import BatchRow, Change, Message, Receipt
from leads.models import ContactRole, Identity, Lead

SHORTEST = 4  # a shorter text stands in too many others
DIGITS = 8  # of a phone, which may be written without its country


def empty(ids: list[int], known: Sequence[Identity], names: Sequence[tuple[str, str]]) -> None:
    """Empty what was written of these leads, known by this, called so (first and last name)."""
    texts = {row.value.lower() for row in known} | {" ".join(name).lower() for name in names}
    texts = {text for text in texts if len(text) >= SHORTEST}
    _files(ids, known, names)
    _messages(ids, texts)
    _receipts(ids, texts)
    _log(ids, texts)
    _changes(ids, texts)
    if texts:
        _sessions(texts)


def _files(ids: list[int], known: Sequence[Identity], names: Sequence[tuple[str, str]]) -> None:
    """Empty the rows that made them; those without a lead that hold what they are known by; and rejected ones of their name."""
    BatchRow.objects.filter(lead_id__in=ids).update(cells=[], error="erased")
    phones = ["".join(filter(str.isdigit, row.value)) for row in known if row.kind == Identity.Kind.PHONE]
    facts = {
        "values": [row.value.lower() for row in known if len(row.value) >= SHORTEST],
        "phones": [phone[-DIGITS:] for phone in phones if len(phone) >= DIGITS],
        "first": [first.lower() for first, _last in names],
        "last": [last.lower() for _first, last in names],
    }
    with connection.cursor() as cursor:
        cursor.execute(ROWS, facts)


ROWS = """UPDATE accounts_batchrow SET cells = '[]', error = 'erased', "column" = '' WHERE lead_id IS NULL AND (
  EXISTS (SELECT 1 FROM unnest(%(values)s::text[]) v WHERE strpos(lower(cells::text), v) > 0)
  OR EXISTS (SELECT 1 FROM unnest(%(phones)s::text[]) p WHERE strpos(regexp_replace(cells::text, '[^0-9"]', '', 'g'), p) > 0)
  OR result = 'rejected' AND EXISTS (SELECT 1 FROM unnest(%(first)s::text[], %(last)s::text[]) n(first, last)
    WHERE strpos(lower(cells::text), first) > 0 AND strpos(lower(cells::text), last) > 0))"""


def _saying(texts: set[str]) -> Q:
    """The condition that one of these texts stands in `said`."""
    says = Q(pk__in=[])
    for text in texts:
        says |= Q(said__icontains=text)
    return says


def _messages(ids: list[int], texts: set[str]) -> None:
    """Drop what was, or was to be, said or mailed about them. What other programs are told are numbers: they are told of the end too."""
    text = models.TextField()
    between, data = Value(" "), Cast("data", text)
    said = Concat("address", between, "subject", between, "body", between, "error", between, data, output_field=text)
    spoken = Message.objects.exclude(channel=Message.Channel.WEBHOOK).annotate(said=said)
    spoken.filter(Q(lead_id__in=ids) | _saying(texts)).delete()


def _receipts(ids: list[int], texts: set[str]) -> None:
    """Drop what was answered about them, by pages and API: whatever says them, their number, or a sale of theirs, named after a company."""
    sales = ContactRole.objects.filter(lead__in=ids).values_list("opportunity", flat=True)
    facts = {"ids": json.dumps({"ids": ids}), "sales": rf"/opportunities/({'|'.join(map(str, sales)) or 0})/"}
    with connection.cursor() as cursor:
        cursor.execute(RECEIPTS, facts)
    Receipt.objects.annotate(said=Cast("data", models.TextField())).filter(_saying(texts)).delete()


RECEIPTS = """DELETE FROM accounts_receipt WHERE jsonb_path_exists(data, '$.**.lead ? (@ == $ids[*])', %(ids)s::jsonb)
  OR data ->> 'path' ~ %(sales)s"""


def _log(ids: list[int], texts: set[str]) -> None:
    """Blank what the admin's log says of them: that something was done stays."""
    lines = LogEntry.objects.annotate(
        said=Concat("object_repr", Value(" "), "change_message", output_field=models.TextField())
    )
    leads = ContentType.objects.get_for_model(Lead)
    mine = lines.filter(Q(content_type=leads, object_id__in=[str(pk) for pk in ids]) | _saying(texts))
    LogEntry.objects.filter(pk__in=list(mine.values_list("pk", flat=True))).update(
        object_repr="erased", change_message=""
    )


def _changes(ids: list[int], texts: set[str]) -> None:
    """Take away what they were before it was put right, and what any other change says of them."""
    changes.forget(Lead, ids)
    changes.forget(ContactRole, ContactRole.objects.filter(lead__in=ids).values_list("pk", flat=True))
    said = Change.objects.annotate(said=Cast("what", models.TextField()))
    Change.objects.filter(pk__in=list(said.filter(_saying(texts)).values_list("pk", flat=True))).update(what={})


def _says(value: object, texts: set[str]) -> bool:
    said = str(value).lower()
    return any(text in said for text in texts)


def _sessions(texts: set[str]) -> None:
    """Take from the sessions what they would say of them on the next page."""
    for session in Session.objects.iterator():
        data = session.get_decoded()
        kept = {name: value for name, value in data.items() if name[:5] == "_auth" or not _says(value, texts)}
        if len(kept) < len(data):
            Session.objects.filter(pk=session.pk).update(session_data=SessionStore().encode(kept))
