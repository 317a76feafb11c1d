"""Which manager is told of what their people let pass: asked by the clocks, the pulls, the mornings and the target accounts.

Read once for a batch, whatever its size.
"""

from datetime import datetime

from accounts.lines import Lines
from accounts.models import Absence, User


class Managers:
    """Who is told, as it is now: the manager; while they are away, theirs (WORK-8)."""

    def __init__(self, at: datetime):
        self.at, self.lines = at, Lines()
        self.away = set(Absence.objects.filter(starts_at__lte=at, ends_at__gt=at).values_list("user", flat=True))

    def manager(self, *, user: int | None = None, team: int | None = None) -> User | None:
        return self.there(self.lines.manager(user=user, team=team))

    def there(self, found: User | None) -> User | None:
        """Return a manager, or while they are away who is above them; nobody where nobody is there."""
        seen: set[int] = set()
        while found is not None and found.pk in self.away and found.pk not in seen:
            seen.add(found.pk)
            found = (
                self.lines.manager(team=self._above(found)) if self._above(found) else self.lines.manager(user=found.pk)
            )
        return found

    def _above(self, manager: User) -> int | None:
        """The team above the highest one this person manages."""
        tops = [t for t in self.lines.teams.values() if t.manager_id == manager.pk and t.parent_id]
        return next((t.parent_id for t in tops if self.lines.teams[t.parent_id].manager_id != manager.pk), None)

    def of_teams(self) -> dict[int, int | None]:
        """Say of every team who answers for what it holds."""
        found = {pk: self.manager(team=pk) for pk in self.lines.teams}
        return {pk: user.pk if user else None for pk, user in found.items()}
