"""What somebody had typed when it turned out that they were signed out: kept through signing in, and shown again, never sent by itself.

For pages without a script; with one the page itself keeps what was typed. A form says whose it is by a signed mark, and only that
person gets it back. It lies in the session for half an hour at most, never in an address. Written by `accounts/middleware.py`, taken
by the pages that can draw their form again.
"""

from datetime import datetime, timedelta

from django.core import signing

from accounts.models import User

KEY, SALT, FIELD = "unsent", "whose form", "whose"
LASTS = timedelta(minutes=30)
MOST = 30_000  # characters
NOT_TYPED = (FIELD, "csrfmiddlewaretoken", "token")


def mark(user: User) -> str:
    """Return what a form carries in `whose`, so that it can be told later whose it was."""
    return signing.dumps(user.pk, salt=SALT)


def keep(request, at: datetime) -> None:
    """Keep a form that came without a sign-in, if it says whose it is."""
    try:
        whose = signing.loads(request.POST.get(FIELD, ""), salt=SALT)
    except signing.BadSignature:
        return
    typed = {name: request.POST.getlist(name) for name in request.POST if name not in NOT_TYPED}
    if sum(len(text) for texts in typed.values() for text in texts) <= MOST:
        request.session[KEY] = {"whose": whose, "at": int(at.timestamp()), "path": request.path, "typed": typed}


def take(session, user: User, at: datetime) -> tuple[str, dict[str, list[str]]] | None:
    """Return where this person's form was going and what it said, once; what is another's or old is forgotten."""
    kept = session.pop(KEY, None) if KEY in session else None
    if kept is None or kept["whose"] != user.pk or at.timestamp() - kept["at"] > LASTS.total_seconds():
        return None
    return kept["path"], kept["typed"]
