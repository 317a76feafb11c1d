"""A request counts once: who presses twice, or whose browser asks again, is told what happened the first time.

Called by the pages and the API, inside the transaction of the effect: a refused effect takes its receipt back with it.
"""

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from accounts.models import Receipt, User


def key_of(kind: str, user: User, token: str, content: Iterable[tuple[str, str]] = ()) -> str:
    """Return the key of one request: its token together with all it says, so that another text under an old token is another request."""
    digest = hashlib.sha256(repr((user.pk, token, sorted(content))).encode()).hexdigest()
    return f"{kind}:{digest}"[:80]


def claim(key: str, *, user: User, at: datetime) -> bool:
    """Claim a key, or say that it was claimed before. Waits for a transaction that is claiming it right now. One query."""
    table, quote = Receipt._meta.db_table, connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {quote(table)} (key, user_id, at, data) VALUES (%s, %s, %s, '{{}}') ON CONFLICT DO NOTHING",
            [key, user.pk, at],
        )
        return cursor.rowcount == 1


def put(key: str, data: dict, *, user: User, at: datetime) -> None:
    """Keep something under a key that nobody else can know yet. One query."""
    Receipt.objects.bulk_create([Receipt(key=key, user=user, at=at, data=data)])


def keep(key: str, data: dict) -> dict:
    """Keep what was answered under a claimed key, and return it as it is kept: who asks again reads the same, to the byte. One query."""
    table, quote = Receipt._meta.db_table, connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {quote(table)} SET data = %s WHERE key = %s RETURNING data::text", [json.dumps(data), key]
        )
        kept = cursor.fetchone()
    return json.loads(kept[0]) if kept else data  # what nobody claimed is kept nowhere


def first_answer(key: str, user: User) -> dict:
    """Return what this person was answered under this key. One query; raises Receipt.DoesNotExist for a stranger."""
    return Receipt.objects.get(pk=key, user=user).data


def found(key: str, user: User) -> dict | None:
    """Return what this person was answered under this key, None where nothing was. One query."""
    return Receipt.objects.filter(pk=key, user=user).values_list("data", flat=True).first()
