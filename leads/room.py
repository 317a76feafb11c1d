"""Clean your room (SLA-4): what is late or left lying in a manager's teams, by rep, with links.

Read by its page at any moment, and told every morning at 08:00 (`leads/mornings.py`), also when it is clean. Each thing that counts is a
`Line`; what is above leads adds its own when it begins (`add`), as meetings without a disposition.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.urls import reverse

from accounts.models import User
from accounts.words import count
from leads import attention, pulls
from leads.late import clocks, overdue
from leads.models import Motion, Task

POOLS = 0  # in whose hands what a pool holds is


@dataclass(frozen=True)
class Line:
    """One thing that makes a room untidy.

    `find(people, teams, at)` counts it by person, `POOLS` for what nobody has in hand. `one` and `many` follow the number. `url(person)`
    leads to the rows; by default the team's page, on the view of this key. `is_a_person` counts who, not what: the number is a fact of it.
    """

    key: str
    label: str
    one: str
    many: str
    find: Callable[[Sequence[int], Sequence[int], datetime], dict[int, int]]
    url: Callable[[int], str] | None = None
    is_a_person: bool = False

    def address(self, person: int) -> str:
        if self.url is not None:
            return self.url(person)
        query = {"show": self.key, "rep": person} if person else {"show": "queue"}
        return f"{reverse('team')}?{urlencode(query)}"

    def words(self, number: int) -> str:
        return f"{count(number)} {self.one if number == 1 else self.many}"


@dataclass(frozen=True)
class Room:
    """A manager's room at one moment: by person (None: what pools hold) what of each line there is."""

    reps: list[tuple[User | None, dict[str, int]]]

    @property
    def totals(self) -> Counter[str]:
        of_people = {line.key for line in LINES if line.is_a_person}
        total: Counter[str] = Counter()
        for _who, found in self.reps:
            total.update({key: 1 if key in of_people else number for key, number in found.items()})
        return total

    @property
    def is_clean(self) -> bool:
        return not self.reps

    def kept(self) -> dict:
        """Return it as a message keeps it: numbers, and the names of our own people."""
        reps = [[who.pk if who else POOLS, str(who) if who else "In pools", found] for who, found in self.reps]
        return {"totals": dict(self.totals), "reps": reps}


def of(people: Iterable[User], teams: Sequence[int], at: datetime) -> Room:
    """Look into the room of these people and teams. One query a line."""
    by_key = {user.pk: user for user in people}
    found: dict[int, dict[str, int]] = {}
    for line in LINES:
        for who, number in line.find(list(by_key), teams, at).items():
            if number or line.is_a_person:
                found.setdefault(who, {})[line.key] = number
    order = sorted(found, key=lambda pk: (-found[pk].get("over", 0), str(by_key.get(pk, "")), pk))
    return Room([(by_key.get(pk), found[pk]) for pk in order])


def add(line: Line) -> None:
    """Add a line. Called once, when an app begins."""
    LINES[:] = [*(each for each in LINES if each.key != line.key), line]


def lines_of(kept: dict) -> list[tuple[str, str]]:
    """Say a kept room by rep: each part with the address of its rows. Pure."""
    said = []
    for pk, name, found in kept.get("reps", ()):
        said += [(f"{name}: {line.words(found[line.key])}", line.address(pk)) for line in LINES if line.key in found]
    return said


def sentence(kept: dict) -> str:
    """Say a kept room in one sentence. Pure."""
    totals = kept.get("totals", {})
    whose = f"For {kept['of']}, who is away. " if kept.get("of") else ""
    if not any(totals.values()):
        return f"{whose}A clean room. Nothing is late in {'their' if whose else 'your'} team."
    people = {line.key for line in LINES if line.is_a_person}
    parts = [
        _outside(totals[line.key]) if line.key in people else line.words(totals[line.key])
        for line in LINES
        if totals.get(line.key)
    ]
    return f"{whose}Clean your room: {', '.join(parts)}."


def _outside(number: int) -> str:
    return f"{count(number)} {'person' if number == 1 else 'people'} outside {pulls.LEAST} to {pulls.MOST} pulls"


def _over(people: Sequence[int], teams: Sequence[int], at: datetime) -> dict[int, int]:
    late, _risk = clocks(at)
    mine = Q(owner__in=people) | Q(owner__isnull=True, team__in=teams, lead__motion=Motion.SLG)
    tasks = Task.objects.filter(late["over"], mine, done_at__isnull=True, lead__gone_as="").order_by()
    return {pk or POOLS: number for pk, number in tasks.values_list("owner").annotate(Count("lead", distinct=True))}


def _quiet(people: Sequence[int], _teams, at: datetime) -> dict[int, int]:
    rows = attention.silent(at).filter(owner__in=people)
    return dict(rows.order_by().values_list("owner").annotate(Count("pk")))


def _overdue(people: Sequence[int], _teams, at: datetime) -> dict[int, int]:
    tasks = Task.objects.filter(overdue(at), owner__in=people, done_at__isnull=True, lead__gone_as="")
    return dict(tasks.order_by().values_list("owner").annotate(Count("pk")))


def _pulls(people: Sequence[int], _teams, at: datetime) -> dict[int, int]:
    return pulls.fell_outside(people, at)


LINES = [
    Line("over", "Past limit", "lead past its limit", "leads past their limit", _over),
    Line(
        "quiet",
        "Stale",
        "working lead without activity for 7 days",
        "working leads without activity for 7 days",
        _quiet,
    ),
    Line("overdue", "Overdue tasks", "overdue task", "overdue tasks", _overdue),
    Line("pulls", "Pulls", "pull", "pulls", _pulls, lambda rep: f"{reverse('team')}?rep={rep}", is_a_person=True),
]
