"""Leads whose deadlines come group by group, made by the real functions, and what must have become of them in the end."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.db import connection

from accounts.models import Membership, Reason, Role, Team, User
from accounts.sweeping import Sweep
from leads import assignment, dispositions, exceptions, response_sweeps, sweeps, touches
from leads.models import Lead

FIRST = datetime(2026, 3, 5, 12, tzinfo=UTC)  # a Thursday: what was pulled on Monday at noon goes back
STEP = timedelta(seconds=30)  # between two groups
# What is due, by which sweep, the move it ends in (none: a word only), and what is told of it.
KINDS = {
    "long": (sweeps.LONG_WORKING, "-", "long_working"),
    "exception": (sweeps.EXCEPTIONS, "-", "exception_due"),
    "abandon": (sweeps.ABANDON, "nurture", "auto_abandoned"),
    "kept": (sweeps.COME_BACK, "assign", "kept_due"),
    "pull": (sweeps.UNTOUCHED_PULLS, "give_back_raw", "returned"),
    "target": (response_sweeps.RESPONSE, "-", "target"),
    "limit": (response_sweeps.RESPONSE, "-", "limit"),
}
# How long before it is due each of them began; a round that nobody touches has its target after two hours, its limit after a day.
BEGAN = {
    "long": timedelta(days=21), "exception": timedelta(days=10), "abandon": timedelta(days=30), "kept": timedelta(days=30),
    "pull": timedelta(days=3), "target": timedelta(hours=2), "limit": timedelta(hours=24),
}  # fmt: skip
UNTOUCHED = ("pull", "target", "limit")


@dataclass(frozen=True)
class Wrong:
    """What is not as it must be: leads whose effect is missing, came twice, or came without its other half."""

    missing: int = 0
    twice: int = 0
    half: int = 0
    misdated: int = 0
    parked: int = 0

    def __bool__(self) -> bool:
        return any((self.missing, self.twice, self.half, self.misdated, self.parked))

    def __str__(self) -> str:
        return f"missing {self.missing}, twice {self.twice}, half {self.half}, misdated {self.misdated}, put aside {self.parked}"


class World:
    """A team with one rep and her manager, and leads of hers: `rows` in `groups`, group g due at `moment(g)`."""

    def __init__(self, rows: int, groups: int, kinds: tuple[str, ...] = tuple(KINDS), step: timedelta = STEP):
        self.groups, self.kinds, self.step = groups, kinds, step
        self.manager = _person("chaos-manager", Role.MANAGER)
        self.rep = _person("chaos-rep", Role.SDR)
        self.revops = _person("chaos-revops", Role.REVOPS)
        self.team = Team.objects.create(name="Chaos", manager=self.manager)
        Membership.objects.create(user=self.rep, team=self.team)
        leads = self.raw(rows)
        for group in range(groups):
            if part := leads[group::groups]:
                self._make_due(part, self.kind(group), self.moment(group))

    def kind(self, group: int) -> str:
        return self.kinds[group % len(self.kinds)]

    def moment(self, group: int) -> datetime:
        return FIRST + group * self.step

    @property
    def sweeps(self) -> list[Sweep]:
        return list({KINDS[kind][0].name: KINDS[kind][0] for kind in self.kinds}.values())

    def leads(self) -> list[int]:
        return list(Lead.objects.order_by("pk").values_list("pk", flat=True))

    def wrong(self, until: int | None = None) -> Wrong:
        """Count what is wrong with the groups up to this one. Four queries."""
        last = self.moment(self.groups if until is None else until)
        connection.close()
        with connection.cursor() as cursor:
            cursor.execute(COUNT, {"last": last})
            counts = cursor.fetchone()
        return Wrong(*counts)

    def raw(self, rows: int) -> list[int]:
        """Make leads in nobody's hands."""
        came = FIRST - timedelta(days=60)
        made = Lead.objects.bulk_create(
            Lead(first_name="Lead", last_name=str(n), motion="slg", go_to_market="inbound", status_since=came, created_at=came,
                 recorded_at=came, team=self.team)
            for n in range(rows)
        )  # fmt: skip
        return [lead.pk for lead in made]

    def _make_due(self, leads: list[int], kind: str, due: datetime) -> None:
        """Let the rep do what makes these leads due at this moment; `segment` notes what must become of them, for the count."""
        began = due - BEGAN[kind]
        if kind == "pull":
            assignment.assign(leads, to=self.rep, by=self.rep, at=began, trigger="pull")
        else:
            assignment.assign(leads, to=self.rep, by=None, at=began)
        if kind not in UNTOUCHED:
            touches.log(leads, channel="call", outcome="sent", by=self.rep, at=began)
        if kind == "kept":
            dispositions.keep(leads, until=due, by=self.rep, at=began + timedelta(hours=1))
        if kind == "exception":
            exceptions.ask(leads, reason=Reason.objects.get(code="legal"), review_at=due, by=self.rep, at=began)
            exceptions.grant(leads, by=self.manager, at=began)
        _sweep, move, told = KINDS[kind]
        Lead.objects.filter(pk__in=leads).update(segment=f"{move} {told}", website=due.isoformat())


@contextmanager
def a_world(rows: int, groups: int, kinds: tuple[str, ...] = tuple(KINDS), step: timedelta = STEP) -> Iterator[World]:
    """Make a world, and empty it for the next one. As the owner of its tables."""
    try:
        yield World(rows, groups, kinds, step)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {TABLES} CASCADE")


TABLES = (
    "leads_lead, accounts_event, accounts_message, accounts_user, accounts_team, accounts_parked, accounts_sweeprun"
)


def _person(name: str, role: str) -> User:
    return User.objects.create(
        username=name, name=name, role=role, time_zone="UTC", work_start=time(9), email=f"{name}@leadops.example"
    )


# Each lead carries what must become of it: the move, the word and the moment. An effect is one word, one move and the rows that it
# ends or begins, or one word and the row that says it was told.
COUNT = """
WITH expected AS (
  SELECT l.id, split_part(segment, ' ', 1) AS move, split_part(segment, ' ', 2) AS kind, website::timestamptz AS due
  FROM leads_lead l WHERE website::timestamptz <= %(last)s),
found AS (
  SELECT x.*,
    (SELECT count(*) FROM accounts_message m WHERE m.lead_id = x.id AND m.kind = x.kind) AS told,
    (SELECT count(*) FROM accounts_message m WHERE m.lead_id = x.id AND m.kind = x.kind AND m.created_at = x.due) AS told_then,
    (SELECT count(*) FROM accounts_event e WHERE e.lead_id = x.id AND e.door = 'sweep' AND e.kind = 'transition') AS moves,
    (SELECT count(*) FROM accounts_event e WHERE e.lead_id = x.id AND e.door = 'sweep' AND e.move = x.move AND e.at = x.due) AS moves_then,
    (SELECT count(*) FROM leads_cycle c WHERE c.lead_id = x.id AND (c.ended_at = x.due OR c.assigned_at = x.due)) AS rounds,
    (SELECT count(*) FROM leads_spell s WHERE s.lead_id = x.id AND (s.ended_at = x.due OR s.began_at = x.due)) AS spells,
    CASE x.kind
      WHEN 'long_working' THEN (SELECT count(*) FROM leads_cycle c WHERE c.lead_id = x.id AND c.warned_at = x.due)
      WHEN 'exception_due' THEN (SELECT sum(level) FROM leads_task t WHERE t.lead_id = x.id AND t.kind = 'exception')
      WHEN 'target' THEN (SELECT count(*) FROM leads_task t WHERE t.lead_id = x.id AND t.kind = 'response' AND t.level >= 2)
      WHEN 'limit' THEN (SELECT count(*) FROM accounts_event e WHERE e.lead_id = x.id AND e.kind = 'breach' AND e.at = x.due)
      ELSE 0 END AS noted
  FROM expected x),
judged AS (
  SELECT *, CASE move WHEN '-' THEN noted ELSE least(moves, rounds, spells) END AS halves,
    CASE move WHEN '-' THEN noted ELSE greatest(moves, rounds, spells) END AS most FROM found)
SELECT count(*) FILTER (WHERE told = 0 AND most = 0),
       count(*) FILTER (WHERE told > 1 OR most > 1),
       count(*) FILTER (WHERE (told > 0) <> (halves > 0)),
       count(*) FILTER (WHERE told > told_then OR moves > moves_then),
       (SELECT count(*) FROM accounts_parked WHERE parked_at IS NOT NULL)
FROM judged
"""
