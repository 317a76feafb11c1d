"""A manager's day (ADMIN-1): what is late, stuck, without a next step or waiting for their word in the teams below them, and by rep.

Read by the team's page; nothing is changed here. Counts are of the team's own open work, by `task_of_owner` and `lead_of_owner`, never of
whole tables; lists end at 25 rows. The same number of queries for every team.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from django.db.models import (
    Case,
    Count,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, JSONObject
from django.utils import timezone

from accounts.models import Absence, Role, Team, User
from accounts.permissions import HOLDERS, Scope, allowed, people_of, teams_of
from accounts.prepared import Prepared
from leads import attention
from leads.late import CLOCK, EXCEPTION, clocks, granted, overdue, quiet, unplanned
from leads.models import Lead, LeadStatus, Motion, Task, Touch
from leads.queue import ENOUGH, wishes

ROWS = 25
REPS = (Role.SDR, Role.AE, Role.CSM)
NEAR = ("owner", "team", "cycle", "account", "source")
# Of a task with a clock and its lead what a line shows; the rest of six tables is left where it is.
CLOCKED = ("kind", "began_at", "due_at", "limit_at")
LEAD = (
    "first_name", "last_name", "email", "phone", "company", "status", "motion", "go_to_market", "cycle", "version", "owner__name",
    "owner__username", "team__name", "account__name", "source__name",
)  # fmt: skip
ASKED = ("created_by", "created_by__name", "cycle__source", "cycle__source__name", "reason", "reason__label")
ASKING = ("word", "asked", "review")  # the views that say who asks for what


def leads_people(user: User) -> bool:
    """Say whether somebody's day is their team's: who hands leads to others."""
    return bool(allowed(user, "leads.assign") & (Scope.TEAM | Scope.ALL))


@dataclass(slots=True)
class Rep:
    """One person's line: what they have in hand and what of it is stuck, what they did today, until when they are away."""

    user: User
    counts: Counter = field(default_factory=Counter)

    @property
    def is_listed(self) -> bool:
        """Whoever sells, while they are here; anybody who holds something."""
        return (self.user.role in REPS and self.user.is_active) or any(self.counts.values())


class Board:
    """The teams below one manager at one moment. RevOps' reaches over everybody."""

    def __init__(self, user: User, at: datetime, rep: int | None = None):
        self.user, self.at = user, at
        self.is_all = Scope.ALL in allowed(user, "leads.assign")
        self.rep = rep if rep in self.users else None
        self.held: Counter = Counter()  # what no person has, counted with the lines

    @cached_property
    def users(self) -> dict[int, User]:
        """The people, with today's touches and the absence they are in. One query beyond the teams."""
        midnight = timezone.localtime(self.at).replace(hour=0, minute=0, second=0, microsecond=0)
        if self.is_all:
            found = EVERYBODY.objects(midnight, self.at)
        else:
            found = PEOPLE.objects(sorted(people_of(self.user) | {self.user.pk}), midnight, self.at)
        return {person.pk: person for person in found}

    @cached_property
    def teams(self) -> list[int]:
        """The teams below them; of RevOps, to whom all are, every one that may have a queue."""
        if self.is_all:
            return list(Team.objects.exclude(kind=Team.Kind.PRODUCT).order_by("pk").values_list("pk", flat=True))
        return sorted(teams_of(self.user))

    @property
    def people(self) -> list[int]:
        return [self.rep] if self.rep else list(self.users)

    @property
    def holding(self) -> list[int]:
        """The teams whose own clocks are looked at beside those of the people: of leads that wait in a pool or a queue."""
        return [] if self.rep else self.teams

    @cached_property
    def reps(self) -> list[Rep]:
        """Everybody's line. Two queries: their open tasks, their leads in hand."""
        found = {pk: Rep(user, Counter(done=user.done_today)) for pk, user in self.users.items()}
        everybody = list(self.users)
        for pk, *numbers in TASKS.rows(everybody, self.teams, self.at):
            counts = found[pk].counts if pk else self.held
            counts.update(dict(zip(("over", "late", "risk", "asked", "review", "overdue"), numbers, strict=True)))
        for pk, *numbers in IN_HAND.rows(everybody, self.at):
            found[pk].counts.update(dict(zip(("open", "unplanned", "quiet"), numbers, strict=True)))
        return [rep for rep in found.values() if rep.is_listed]

    @cached_property
    def words(self) -> list[dict]:
        """The wishes to end many leads unseen (WORK-7), by who asks, source and reason. One query."""
        return [dict(zip((*ASKED, "number"), row, strict=True)) for row in WORDS.rows(list(self.users))]

    @cached_property
    def figures(self) -> Counter:
        """The sums over the team. Those in queues are exact up to a thousand. Two queries beyond the lines."""
        figures = sum((rep.counts for rep in self.reps), self.held)
        figures["queue"] = len(QUEUE.rows(self.teams))
        figures["word"] = sum(row["number"] for row in self.words)
        if self.is_all:
            figures["nobody"] = _up_to_enough(attention.nobodys())
        return figures

    def found(self, view: str) -> QuerySet:
        """Return the leads, or the tasks on leads, that one view lists, in its order."""
        late, risk = clocks(self.at)
        tasks = _open_tasks(self.people, self.holding)
        views = {
            "over": lambda: tasks.filter(late["over"]).order_by("limit_at", "pk"),
            "late": lambda: tasks.filter(late["late"]).order_by("due_at", "pk"),
            "risk": lambda: tasks.filter(risk).order_by("due_at", "pk"),
            "asked": lambda: tasks.filter(EXCEPTION, accepted_at__isnull=True).order_by("began_at", "pk"),
            "review": lambda: tasks.filter(EXCEPTION, accepted_at__isnull=False, due_at__lte=self.at).order_by("due_at", "pk"),
            "overdue": lambda: tasks.filter(overdue(self.at)).order_by("due_at", "pk"),
            "word": lambda: wishes(owner__in=list(self.users), **self._asked_by()).order_by("began_at", "pk"),
            "queue": lambda: _waiting(self.teams).order_by(RUNS_SINCE, "pk"),
            "nobody": lambda: (attention.nobodys() if self.is_all else Lead.objects.none()).order_by("-pk"),
            "unplanned": lambda: _in_hand(self.people).filter(unplanned()).order_by("status_since", "pk"),
            "quiet": lambda: _in_hand(self.people).filter(quiet(self.at)).order_by("last_activity_at", "pk"),
            "open": lambda: _in_hand(self.people).order_by("status_since", "pk"),
        }  # fmt: skip
        return views[view]() if view in views else _by_clock(self.people, self.holding)

    def listed(self, view: str) -> list[tuple[Lead, Task | None]]:
        """Return up to 25 leads of a view, each with the task that put it there. At most two queries."""
        if not view:
            first = {}
            for pk, lead in BY_CLOCK.rows(self.people, self.holding):
                first.setdefault(lead, pk)
            return [(task.lead, task) for task in LISTED.objects(list(first.values())[:ROWS])]
        found = self.found(view)
        if found.model is Lead:
            return [(lead, None) for lead in found.select_related(*NEAR)[:ROWS]]
        near = [f"lead__{name}" for name in NEAR]
        # Which ones first, then all that is shown of them: joined to nine tables, thousands were sorted to show a few (measured).
        first: dict[int, int] = {}
        for pk, lead in found.values_list("pk", "lead")[: 2 * ROWS]:
            first.setdefault(lead, pk)
        asked = ("reason", "created_by", "accepted_by") if view in ASKING else ()
        rows = Task.objects.filter(pk__in=list(first.values())[:ROWS]).order_by(*found.query.order_by)
        return [(task.lead, task) for task in rows.select_related(*asked, *near)]

    def ids(self, view: str, most: int) -> list[tuple[int, int | None, int]]:
        """Name the leads of a view with their round and version: what "all of them" means. One query."""
        found = self.found(view)
        at = "" if found.model is Lead else "lead__"
        rows = found.values_list(f"{at}pk", f"{at}cycle_id", f"{at}version")[:most]
        return list(dict.fromkeys(rows))

    def _asked_by(self) -> dict:
        return {"created_by": self.rep} if self.rep else {}


# Whose clock runs comes first: nobody has them in hand, and they were promised an answer (SLA-2).
RUNS_SINCE = Case(When(status__in=LeadStatus.OPEN, then=F("status_since"))).asc(nulls_last=True)


def _waiting(teams: list[int]) -> QuerySet[Lead]:
    """In a queue to be pulled, or in a team's hands because nobody could receive it."""
    to_pull = Q(status__in=LeadStatus.WAITING, opted_out_at__isnull=True)
    return Lead.objects.filter(to_pull | Q(status__in=LeadStatus.OPEN), team__in=teams, motion=Motion.SLG, gone_as="")


def _in_hand(people: list[int]) -> QuerySet[Lead]:
    return Lead.objects.filter(owner__in=people, status__in=LeadStatus.OPEN, gone_as="")


def _day_of(people: QuerySet[User], midnight: datetime, at: datetime) -> QuerySet[User]:
    """People with the touches they logged since midnight and the absence they are in."""
    touches = Touch.objects.filter(by=OuterRef("pk"), recorded_at__gte=midnight, withdrawn_at__isnull=True)
    away = Absence.objects.filter(user=OuterRef("pk"), starts_at__lte=at, ends_at__gt=at).order_by("-ends_at")
    people = people.annotate(
        done_today=Coalesce(Subquery(touches.order_by().values("by").annotate(n=Count("pk")).values("n")), 0),
        away=Subquery(away.values(j=JSONObject(till="ends_at", delegate="delegate__name"))[:1]),
    )
    return people.order_by("name", "pk")


def _people(people: list[int], midnight: datetime, at: datetime) -> QuerySet[User]:
    return _day_of(User.objects.filter(pk__in=people), midnight, at)


def _everybody(midnight: datetime, at: datetime) -> QuerySet[User]:
    return _day_of(User.objects.filter(role__in=(*HOLDERS, Role.REVOPS)), midnight, at)


def _words(people: list[int]) -> QuerySet:
    rows = wishes(owner__in=people).values_list(*ASKED).annotate(number=Count("pk"))
    return rows.order_by("created_by__name", "cycle__source__name", "reason__label")


def _open_tasks(people: list[int], teams: list[int]) -> QuerySet[Task]:
    return Task.objects.filter(
        Q(owner__in=people) | Q(owner__isnull=True, team__in=teams), done_at__isnull=True, lead__gone_as=""
    )


def _by_clock(people: list[int], teams: list[int]) -> QuerySet[Task]:
    return _open_tasks(people, teams).filter(CLOCK & ~Q(lead__in=granted())).order_by("due_at", "pk")


def _count_tasks(people: list[int], teams: list[int], at: datetime) -> QuerySet:
    """Count by person, and for these teams together, the open tasks a manager looks at; most others, planned for later, are not read."""
    late, risk = clocks(at)
    tasks = Task.objects.filter(CLOCK | EXCEPTION | overdue(at), done_at__isnull=True).values_list("owner")
    numbers = {
        "over": Count("lead", distinct=True, filter=late["over"]),
        "late": Count("lead", distinct=True, filter=late["late"]),
        "risk": Count("lead", distinct=True, filter=risk),
        "asked": Count("lead", filter=EXCEPTION & Q(accepted_at__isnull=True)),
        "review": Count("lead", filter=EXCEPTION & Q(accepted_at__isnull=False, due_at__lte=at)),
        "overdue": Count("lead", filter=overdue(at)),
    }
    held = tasks.filter(owner__isnull=True, team__in=teams).annotate(**numbers)
    return tasks.filter(owner__in=people).annotate(**numbers).union(held, all=True)


def _count_in_hand(people: list[int], at: datetime) -> QuerySet:
    """Count by person what the index of leads in hand says by itself; what is quiet stands in the rows, and is asked of them beside it."""
    nothing = Value(0, output_field=IntegerField())
    here = _in_hand(people).values_list("owner")
    counts = here.annotate(open=Count("pk"), unplanned=Count("pk", filter=unplanned()), quiet=nothing)
    return counts.union(here.filter(quiet(at)).annotate(open=nothing, unplanned=nothing, quiet=Count("pk")), all=True)


def _listed(tasks: list[int]) -> QuerySet[Task]:
    rows = Task.objects.filter(pk__in=tasks).order_by("due_at", "pk")
    rows = rows.select_related("lead__owner", "lead__team", "lead__account", "lead__source")
    return rows.only(*CLOCKED, *[f"lead__{name}" for name in LEAD])


PEOPLE, EVERYBODY, WORDS = Prepared(_people), Prepared(_everybody), Prepared(_words)
QUEUE = Prepared(lambda teams: _waiting(teams).values_list("pk")[: ENOUGH + 1])
TASKS, IN_HAND, LISTED = Prepared(_count_tasks), Prepared(_count_in_hand), Prepared(_listed)
BY_CLOCK = Prepared(lambda people, teams: _by_clock(people, teams).values_list("pk", "lead")[: 2 * ROWS])


def _up_to_enough(rows: QuerySet) -> int:
    return rows.order_by().values("pk")[: ENOUGH + 1].count()
