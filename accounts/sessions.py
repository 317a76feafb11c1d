"""How long a sign-in lasts: 60 minutes without a click (30 for RevOps), 12 hours at most.

Asked at every request by `accounts/middleware.py`. The two moments lie in the session itself, in whole seconds.
"""

from datetime import timedelta

from accounts.models import Role

BEGAN, SEEN = "signed_in_at", "seen_at"
MOST = timedelta(hours=12)
IDLE = timedelta(minutes=60)
IDLE_REVOPS = timedelta(minutes=30)
# A click is written down once a minute, not at every one: a page must not cost a write.
STEP = timedelta(minutes=1)


def idle_of(user) -> timedelta:
    return IDLE_REVOPS if user.is_superuser or user.role == Role.REVOPS else IDLE


def begin(session, at) -> None:
    """Start both clocks. Called when somebody is let in, by whatever door."""
    session[BEGAN] = session[SEEN] = int(at.timestamp())


def why_over(session, user, at) -> str:
    """Say why this sign-in is over, `idle` or `long`; empty while it lasts."""
    now = int(at.timestamp())
    if now - session.get(BEGAN, 0) >= MOST.total_seconds():
        return "long"
    if now - session.get(SEEN, 0) >= idle_of(user).total_seconds():
        return "idle"
    return ""


def keep(session, at) -> None:
    """Note that somebody clicked, at most once a minute."""
    now = int(at.timestamp())
    if now - session.get(SEEN, 0) >= STEP.total_seconds():
        session[SEEN] = now
