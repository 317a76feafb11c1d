"""Who was in which team, and which team below which, at the moment of a report. Used by the filters of every figure.

What somebody may see is a right, and rights are today's: a manager reaches the teams they manage now. Who was in those teams is of then:
a figure of a closed period does not change because somebody changes teams (ruling 2). Read from the tables, and back along the history
that the database keeps of them (`accounts/changes.py`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection

from accounts.models import Change, Team

PART = "accounts_membership"
TEAMS = """SELECT id, parent_id, manager_id, is_active, ARRAY(SELECT user_id FROM accounts_membership m WHERE m.team_id = t.id)
  FROM accounts_team t"""


@dataclass(frozen=True, slots=True)
class Lines:
    """Teams at a moment: the parent and the manager of each, who was in which, and who manages which today."""

    parents: dict[int, int | None]
    managers: dict[int, int | None]
    members: frozenset[tuple[int, int]]
    managed_now: dict[int, int | None]
    active: frozenset[int]

    def below(self, teams: Iterable[int]) -> frozenset[int]:
        """Return these teams and all below them. A ring of parents ends the walk."""
        found = wave = set(teams)
        while wave:
            wave = {pk for pk, parent in self.parents.items() if parent in wave} - found
            found = found | wave
        return frozenset(found)

    def people(self, teams: frozenset[int]) -> frozenset[int]:
        """Return who was in these teams."""
        return frozenset(person for team, person in self.members if team in teams)

    def own(self, person: int) -> frozenset[int]:
        """Return the teams in use that somebody was in."""
        return frozenset(team for team, member in self.members if member == person) & self.active

    def managed(self, person: int) -> frozenset[int]:
        """Return the teams somebody manages today, with all that was below them."""
        return self.below(team for team, manager in self.managed_now.items() if manager == person)

    def led(self, teams: frozenset[int]) -> frozenset[int]:
        """Return who managed these teams."""
        return frozenset(manager for team, manager in self.managers.items() if team in teams and manager)


@dataclass(slots=True)
class Teams:
    """The lines at every moment that is asked for, each read once. Made for one question, and not kept beyond it."""

    _read: dict[datetime | None, Lines] = field(default_factory=dict)

    def at(self, as_of: datetime | None) -> Lines:
        """Return the lines as they were known at a moment; None is now. Two queries at most, once a moment."""
        if as_of not in self._read:
            self._read[as_of] = _lines(as_of)
        return self._read[as_of]


def _lines(as_of: datetime | None) -> Lines:
    with connection.cursor() as cursor:
        cursor.execute(TEAMS)
        rows = cursor.fetchall()
    parents, now = {row[0]: row[1] for row in rows}, {row[0]: row[2] for row in rows}
    managers, in_use = dict(now), {row[0]: row[3] for row in rows}
    members = {(row[0], person) for row in rows for person in row[4]}
    if as_of is not None:
        for change in Change.objects.filter(table=Team._meta.db_table, at__gt=as_of).order_by("-pk"):
            if change.part:
                _take_back_member(change, members)
            elif change.kind == Change.Kind.CHANGED:
                for column, kept in (("parent_id", parents), ("manager_id", managers), ("is_active", in_use)):
                    if column in change.what:
                        kept[change.row] = change.what[column][0]
    return Lines(
        parents, managers, frozenset(members), now, frozenset(team for team, is_used in in_use.items() if is_used)
    )


def _take_back_member(change: Change, members: set[tuple[int, int]]) -> None:
    """Undo one change of who is in a team."""
    here = (change.row, int(change.part.removeprefix(f"{PART} ")))
    moved = {name: change.what[name][0] for name in ("team_id", "user_id") if name in change.what}
    if change.kind == Change.Kind.ADDED or (moved and change.kind == Change.Kind.CHANGED):
        members.discard(here)
    if change.kind != Change.Kind.ADDED:
        members.add((moved.get("team_id", here[0]), moved.get("user_id", here[1])))
