"""Who is told about whose leads, and where a team's leads wait when they come back. Asked by processes that act on many at once.

Everything is read at the first question and kept as long as the Lines are: at most four queries, however many are asked about.
"""

from functools import cached_property

from accounts.models import Membership, Role, Team, User


class Lines:
    """The teams as they are now."""

    @cached_property
    def teams(self) -> dict[int, Team]:
        return {team.pk: team for team in Team.objects.select_related("manager").order_by("pk")}

    @cached_property
    def _line_of(self) -> dict[int, int]:
        """The line of each person, else the first pool they are in."""
        rows = Membership.objects.filter(team__is_active=True).order_by("team_id").values_list("user_id", "team_id")
        found: dict[int, int] = {}
        for user, team in rows:
            has = found.get(user)
            if has is None or (self.teams[has].kind != Team.Kind.LINE and self.teams[team].kind == Team.Kind.LINE):
                found[user] = team
        return found

    @cached_property
    def revops(self) -> list[User]:
        """Everybody in RevOps: they are told what nobody else is."""
        return list(User.objects.filter(role=Role.REVOPS, is_active=True).order_by("pk"))

    def team_of(self, user: int | None) -> Team | None:
        return self.teams.get(self._line_of.get(user))

    def manager(self, *, user: int | None = None, team: int | None = None) -> User | None:
        """Return who answers for a person's leads, or a team's: the first active manager above them, else RevOps."""
        at, seen = team if team is not None else self._line_of.get(user), set()
        while at in self.teams and at not in seen:
            seen.add(at)
            found = self.teams[at].manager
            if found is not None and found.is_active and found.pk != user:
                return found
            at = self.teams[at].parent_id
        return self.revops[0] if self.revops else None

    def queue(self, *teams: Team | None) -> Team | None:
        """Return where the leads of the first of these teams wait when they come back (LIFE-8).

        What the team says, or one above it; else the team itself; without a team what a top team says; else the first pool, the
        first line with people in it. None only in a house without any.
        """
        team = next((t for t in teams if t is not None and self._receives(t)), None)
        if team is None:
            tops = [t for t in self.teams.values() if t.parent_id is None and t.outbound_queue_id]
            return self._said(tops[0]) if tops else self._any()
        return self._said(team) or team

    def _said(self, team: Team | None) -> Team | None:
        seen = set()
        while team is not None and team.pk not in seen:
            seen.add(team.pk)
            queue = self.teams.get(team.outbound_queue_id)
            if queue is not None and self._receives(queue):
                return queue
            team = self.teams.get(team.parent_id)
        return None

    def _any(self) -> Team | None:
        manned = set(self._line_of.values())
        able = [t for t in self.teams.values() if self._receives(t)]
        pools = [t for t in able if t.kind == Team.Kind.POOL]
        return next(iter([*pools, *(t for t in able if t.pk in manned)]), None)

    def _receives(self, team: Team) -> bool:
        return team.is_active and team.kind != Team.Kind.PRODUCT
