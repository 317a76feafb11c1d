"""Lists by key, never by number: the same few queries on the thousandth page as on the first."""

import base64
import binascii
import json

from django.db.models import QuerySet
from rest_framework import serializers

from accounts.api.fields import Said
from accounts.api.problems import Unreadable

PAGE, MOST = 50, 200
BIGGEST = 2**63 - 1


class Page(Said):
    """How much of a list, and from where."""

    limit = serializers.IntegerField(
        required=False, min_value=1, max_value=MOST, help_text=f"How many; {PAGE} if not said."
    )
    cursor = serializers.CharField(
        required=False, max_length=200, help_text="`next_cursor` of the page before. Opaque: keep it, do not make one."
    )


def read(cursor: str) -> list:
    """Return the key that a cursor holds. Raises Unreadable."""
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)))
        if not (isinstance(key, list) and key and all(isinstance(part, int | str) for part in key)):
            raise ValueError(key)
    except (ValueError, binascii.Error, RecursionError):
        raise Unreadable({"cursor": ["This cursor is none of ours. Begin without one."]}) from None
    return key


def read_number(said: dict) -> int:
    """Return the number that the cursor of a query holds, 0 for none. Raises Unreadable."""
    if "cursor" not in said:
        return 0
    key = read(said["cursor"])
    if len(key) != 1 or not isinstance(key[0], int) or isinstance(key[0], bool) or not 0 <= key[0] <= BIGGEST:
        raise Unreadable({"cursor": ["This cursor is none of ours. Begin without one."]})
    return key[0]


def write(key: list) -> str:
    return base64.urlsafe_b64encode(json.dumps(key, separators=(",", ":")).encode()).decode().rstrip("=")


def page(rows: QuerySet, said: dict, *, newest_first: bool = True) -> tuple[list, str | None]:
    """Return one page of rows by their number, and the cursor of the next one, None at the end. One query."""
    limit = said.get("limit", PAGE)
    if "cursor" in said:
        number = read_number(said)
        rows = rows.filter(pk__lt=number) if newest_first else rows.filter(pk__gt=number)
    found = list(rows.order_by("-pk" if newest_first else "pk")[: limit + 1])
    more = len(found) > limit
    return found[:limit], write([found[limit - 1].pk]) if more else None
