"""The private calendar address of each user (MEET-1): made once, shown once, kept as a digest, and revoked at will."""

import hashlib
import secrets
from datetime import datetime, timedelta

from accounts.models import User
from meetings import invitations

BACK = timedelta(days=90)


def make(user: User) -> str:
    """Make a new secret for somebody's calendar, and return it: the only time it is known. The one before it is good for nothing then."""
    token = secrets.token_urlsafe(32)
    User.objects.filter(pk=user.pk).update(feed_digest=_digest(token))
    user.feed_digest = _digest(token)
    return token


def revoke(user: User) -> None:
    """Let no calendar program read somebody's meetings any more."""
    User.objects.filter(pk=user.pk).update(feed_digest="")
    user.feed_digest = ""


def read(token: str, at: datetime) -> bytes | None:
    """Return the calendar behind a secret; None for one that is revoked, made up, or of somebody switched off. Two queries."""
    user = User.objects.filter(feed_digest=_digest(token), is_active=True).first()
    return invitations.feed(user, at - BACK) if user else None


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
