"""People as other systems name them: colleagues here, or former ones who are known by that name only.

Called by whatever brings history over. A former colleague is a person like any other, switched off from the start: they keep the credit
for what they did and can receive nothing and sign in nowhere.
"""

import hashlib
from collections.abc import Iterable

from django.contrib.auth.hashers import make_password
from django.db.models import Q

from accounts.models import User
from accounts.names import fold

FORMER = "former."


def named(names: Iterable[str]) -> dict[str, User]:
    """Find colleagues by user name, address or full name; a full name that two share names nobody. One query."""
    wanted = {name: fold(name) for name in names if name.strip()}
    if not wanted:
        return {}
    found: dict[str, User] = {}
    full: dict[str, list[User]] = {}
    usernames = {username_of(name) for name in wanted}
    # A house has some hundred people; who is switched off did things too.
    for user in User.objects.filter(Q(username__in=usernames) | ~Q(username__startswith=FORMER)).order_by("pk"):
        found[user.username.lower()] = user
        if user.email:
            found.setdefault(user.email.lower(), user)
        full.setdefault(fold(str(user)), []).append(user)
    answer = {}
    for name, key in wanted.items():
        same = full.get(key, [])
        user = found.get(name.strip().lower()) or (same[0] if len(same) == 1 else None) or found.get(username_of(name))
        if user:
            answer[name] = user
    return answer


def username_of(name: str) -> str:
    """Return the user name of a former colleague, the same whenever the same name is told. Pure."""
    return FORMER + hashlib.sha256(fold(name).encode()).hexdigest()[:16]


def former(names: dict[str, str]) -> dict[str, User]:
    """Make former colleagues of these names, each with the role they are told in; who is there already stays. Two queries."""
    users = {
        username_of(name): User(
            username=username_of(name),
            name=name.strip()[:150],
            role=role,
            is_active=False,
            password=make_password(None),
        )
        for name, role in sorted(names.items())
        if name.strip()
    }
    User.objects.bulk_create(users.values(), ignore_conflicts=True)
    there = {user.username: user for user in User.objects.filter(username__in=users)}
    return {name: there[username_of(name)] for name in names if name.strip()}
