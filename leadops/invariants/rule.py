"""What a rule is, and the words that several of them use."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Invariant:
    """One rule. `sql` names what breaks it: a key, and some words about it."""

    name: str
    says: str
    sql: str


IN_HAND = "l.status IN ('assigned', 'working')"
LIVE = "l.gone_as = ''"
