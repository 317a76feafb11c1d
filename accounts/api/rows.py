"""How a row becomes an answer, whatever it is a row of: what it says by the same names, and people by the name they sign in with."""

from collections.abc import Iterable

from accounts.models import User


def same(row, names: Iterable[str]) -> dict:
    """Return what a row says under these names."""
    return {name: getattr(row, name) for name in names}


def name_of(person: User | None) -> str | None:
    """Return the name somebody signs in with."""
    return person.username if person else None
