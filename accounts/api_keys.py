"""The keys of API clients: made, shown once, asked for at every request, rotated, revoked.

Called by `manage.py create_api_client`, the admin and the API's door. A key is 256 random bits, so a plain hash of it gives
nothing away; what the key may is its scopes and the table of rights together (`accounts/permissions.py`).
"""

import hashlib
import re
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from accounts.models import ApiKey, ApiScope, Role, User

BEGINS = "lo_"
STILL = timedelta(hours=24)  # how long an old key works beside the one that follows it
NOTICED = timedelta(hours=1)


class Unknown(ValueError):
    """A scope or a client that does not exist, in words."""


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def create_client(name: str, scopes: Iterable[str], *, by: User | None, at: datetime) -> tuple[ApiKey, str]:
    """Make an API client of this name, or another key for the one that has it, and return the key's row and the key itself."""
    name = " ".join(name.split())[:60]
    if not name:
        raise Unknown("A client needs a name.")
    username = "api-" + (re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "client")[:50]
    user = User.objects.filter(username=username).first()
    if user is None:
        user = User(username=username, name=name, role=Role.API, time_zone="UTC")
        user.set_unusable_password()
        user.save()
    if user.role != Role.API or not user.is_active:
        raise Unknown(f"{username} is no API client that is switched on.")
    return new_key(user, scopes, by=by, at=at)


def new_key(user: User, scopes: Iterable[str], *, by: User | None, at: datetime) -> tuple[ApiKey, str]:
    """Make a key for a client. The key itself is in the answer, and nowhere else."""
    scopes = sorted(set(scopes))
    if unknown := set(scopes) - set(ApiScope.values):
        raise Unknown(f"No such scope: {', '.join(sorted(unknown))}. There are: {', '.join(ApiScope.values)}.")
    token = BEGINS + secrets.token_urlsafe(32)
    facts = {"start": token[:8], "digest": digest(token), "scopes": scopes, "created_by": by, "created_at": at}
    return ApiKey.objects.create(user=user, **facts), token


def rotate(key: ApiKey, *, by: User | None, at: datetime) -> tuple[ApiKey, str]:
    """Make the key that follows this one, with the same scopes. The old one works for another day, so that nothing stands still."""
    made = new_key(key.user, key.scopes, by=by, at=at)
    ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=at + STILL)
    return made


def revoke(keys: Sequence[ApiKey], *, at: datetime) -> int:
    """Let these keys open nothing from now on. One query."""
    return ApiKey.objects.filter(pk__in=[key.pk for key in keys]).exclude(revoked_at__lte=at).update(revoked_at=at)


def holder_of(token: str, at: datetime) -> User | None:
    """Return the client that holds this key, knowing what the key may; None for a key that is none. One query, once an hour two."""
    key = ApiKey.objects.select_related("user").filter(digest=digest(token)).first()
    if key is None or (key.revoked_at and key.revoked_at <= at):
        return None
    user = key.user
    if not user.is_active or user.role != Role.API:
        return None
    user.key_scopes, user.key = frozenset(key.scopes), key.pk
    if key.last_used_at is None or at - key.last_used_at > NOTICED:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=at)
    return user
