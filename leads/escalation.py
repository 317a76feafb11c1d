"""A clock that nobody answers (SLA-3): the owner is told before and at the target, at the limit their manager, and the lead moves on.

Called by the sweep `response` (`leads/response_sweeps.py`). It promises: each level once per spell, whatever crashes or runs twice;
never to a lead touched a moment before, since every clock is looked at again under its lead's lock; told and breached are dated when
they were due. Only the move itself is dated when it is made: it goes to who is there then, and their own clock begins.
"""

from datetime import datetime, timedelta
from functools import cached_property

from django.db import connection

from accounts.bulk import numbers
from accounts.models import Absence, Door, Membership, Role, Team, User
from accounts.reading import read
from accounts.workdays import is_on_shift, next_shift
from leads import routing, routing_rules
from leads.deadlines import is_exception
from leads.lifecycle import Refused, Result, Step, turn
from leads.managers import Managers
from leads.models import AtLimit, Credit, Spell, Task
from leads.notices import notice
from leads.policies import BREACHED, CLOCKS, FRESH, MISSED, NEAR, versions
from leads.receiving import Receiver, change_hands

WATCHED = (*CLOCKS, Task.Kind.REVIEW)  # whom a manager's word is asked for waits under the same limits, and stays
MOST_HOPS = 3  # by its limit; then it is the manager's
INTO_SHIFT = timedelta(hours=1)
LOOK_AGAIN = timedelta(hours=1)

# What is open and due at one level, its lead and itself locked; whoever holds a lead just now is passed over.
TELL = """
WITH due AS MATERIALIZED (
  SELECT t.id, t.lead_id, coalesce(t.owner_id, m.manager) AS told, t.sweep_at, t.due_at, t.limit_at
  FROM leads_task t JOIN leads_lead l ON l.id = t.lead_id
    LEFT JOIN unnest(%(teams)s::bigint[], %(managers)s::bigint[]) AS m(team, manager) ON m.team = t.team_id
  WHERE t.lead_id = ANY(%(leads)s::bigint[]) AND t.kind = ANY(%(kinds)s::text[]) AND t.done_at IS NULL AND t.limit_at IS NOT NULL
    AND t.level = %(level)s AND t.sweep_at <= %(at)s AND l.gone_as = ''
    AND NOT EXISTS (SELECT FROM leads_task e WHERE e.lead_id = t.lead_id AND e.kind = 'exception' AND e.done_at IS NULL
                    AND e.accepted_at IS NOT NULL)
  FOR NO KEY UPDATE OF l, t SKIP LOCKED
), told AS (
  INSERT INTO accounts_message (to_id, address, channel, kind, lead_id, data, subject, body, dedupe_key, created_at, attempts, error)
  SELECT u.id, '', 'page', %(word)s, due.lead_id, '{}', '', '', 'sla:' || due.id || ':' || coalesce(s.id, 0) || ':' || %(level)s + 1,
         due.sweep_at, 0, ''
  FROM due JOIN accounts_user u ON u.id = due.told AND u.is_active
    LEFT JOIN leads_spell s ON s.lead_id = due.lead_id AND s.ended_at IS NULL AND s.role = 'development'
  ON CONFLICT (dedupe_key) DO NOTHING
)
UPDATE leads_task t SET level = %(level)s + 1,
  sweep_at = due.sweep_at + CASE WHEN %(level)s = 0 THEN interval '15 minutes' ELSE due.limit_at - due.due_at END
FROM due WHERE t.id = due.id
"""


def escalate(leads: list[int], at: datetime, recorded_at: datetime) -> int:
    """Do what is due to the clocks of these leads, and say how many were changed. Two statements, and a turn for those at their limit."""
    managers = Managers(at)
    done = _tell(leads, at, FRESH, "soon", managers) + _tell(leads, at, NEAR, "target", managers)
    over = Task.objects.filter(lead__in=leads, kind__in=WATCHED, done_at__isnull=True, limit_at__isnull=False)
    over = list(
        over.filter(level__gte=MISSED, sweep_at__lte=at).order_by("sweep_at", "pk").values_list("lead", flat=True)
    )
    return done + len(breach(list(dict.fromkeys(over)), at=at, recorded_at=recorded_at, managers=managers).done)


def _tell(leads: list[int], at: datetime, level: int, word: str, managers: Managers) -> int:
    teams = managers.of_teams()
    facts = {
        "leads": leads, "kinds": [str(k) for k in WATCHED], "level": level, "at": at, "word": word, "teams": list(teams),
        "managers": list(teams.values()),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(TELL, facts)
        return cursor.rowcount


def breach(leads: list[int], *, at: datetime, recorded_at: datetime, managers: Managers | None = None) -> Result:
    """Record passed limits, tell the managers, and move what may move (SLA-3, ROUTE-7). About fifteen queries whatever the number."""
    managers = managers or Managers(at)

    def change(step: Step) -> None:
        due = [t for t in step.open_tasks if t.kind in WATCHED and t.limit_at and t.level >= MISSED and _is_due(t, at)]
        if not due:
            raise Refused("Not due.", "not_due")
        if any(map(is_exception, step.open_tasks)):
            raise Refused("An exception stands.", "held")
        hands = step.turn.remember("hands", lambda: Hands(step.turn, managers))
        stays_until = hands.stays_until(step, due)
        for task in sorted(due, key=lambda t: t.sweep_at):
            if task.level == MISSED:
                _record(step, task, hands)
            step.changed_tasks[task.pk] = task
            task.level, task.sweep_at = BREACHED, None
        moving = [t for t in due if t.kind in CLOCKS and t.cycle_id is not None]
        if step.lead.is_open and moving and (stays_until or not _move(step, moving[0], hands)):
            for task in moving:
                task.sweep_at = stays_until or hands.look_again(step.lead.owner, at)

    return turn(leads, change, by=None, at=at, door=Door.SWEEP, recorded_at=recorded_at, skip_locked=True)


def _is_due(task: Task, at: datetime) -> bool:
    return task.sweep_at is not None and task.sweep_at <= at


def _record(step: Step, task: Task, hands: "Hands") -> None:
    """Put a passed limit on record, dated when it passed, and tell the manager."""
    lead, spell, limit = step.lead, hands.spell(step.lead.pk), task.sweep_at
    owner = task.owner_id if task.cycle_id is None else lead.owner_id
    told = hands.managers.manager(user=owner, team=lead.team_id if owner is None else None)
    facts = {"task": task.pk, "kind": task.kind, "spell": spell.pk if spell else None, "owner": owner}
    step.record("breach", at=limit, data=facts | {"told": told.pk if told else None})
    for row in notice(told, "limit", "", at=limit, lead=lead.pk, owner=owner):
        row.dedupe_key = f"sla:{task.pk}:{spell.pk if spell else 0}:3"
        step.add(row)


def _move(step: Step, task: Task, hands: "Hands") -> bool:
    """Take an unanswered lead from who has it: to the next on shift of their role, by policy to the queue, after three hops to the manager.

    False where it stays. A touch of the last owner still counts for the lead, and they see it for seven days.
    """
    lead, spell = step.lead, hands.spell(step.lead.pk)
    to_queue = hands.goes_to_queue(step)
    if (
        spell is None
        or (lead.owner is not None and lead.owner.role == Role.MANAGER)
        or (to_queue and lead.owner is None)
    ):
        return spell is not None
    owner, decision = lead.owner, None
    if hands.hops(lead.pk) >= MOST_HOPS:
        receiver = hands.managers.manager(user=lead.owner_id)
    elif to_queue:
        receiver = next(iter(hands.pools(spell)), None)
    else:
        decision = hands.next_on_shift(step, spell)
        receiver = decision.user if decision else None
    if receiver is None or receiver == owner:
        return False
    pool = decision.pool if decision else None
    data = {"why": "limit"} | ({"route": decision.trace()} if decision else {})
    change_hands(step, Receiver(receiver, step.at, counts_caps=False), how=Spell.How.SLA, pool=pool, data=data)
    if owner is not None:
        _charge(step, owner, spell, task, pool, hands)
        step.tell(notice(owner, "taken", f"{task.pk}:{spell.pk}", at=step.at, lead=lead.pk))
    return True


def _charge(step: Step, owner: User, spell: Spell, task: Task, pool: Team | None, hands: "Hands") -> None:
    """Let it cost the old owner a turn, save when the limit fell outside their hours (ROUTE-7).

    A lead that came in turn has cost one already: outside their hours it is given back. Any other costs one where it moves.
    """
    own = spell.how == Spell.How.SLA or spell.began_at >= task.limit_at
    limit = spell.began_at + (task.limit_at - task.began_at) if own else task.limit_at
    outside = not is_on_shift(owner, limit) or hands.was_away(owner, limit)
    facts = {"user": owner, "lead": step.lead, "at": step.at}
    if outside and spell.pool_id:
        step.add(Credit(pool_id=spell.pool_id, turns=1, why=Credit.Why.OFF_SHIFT, **facts))
    elif not outside and not spell.pool_id and pool is not None and pool.pk in hands.teams_of.get(owner.pk, ()):
        step.add(Credit(pool=pool, turns=-1, why=Credit.Why.TAKEN, **facts))


class Hands:
    """In whose hands the leads of one turn are and were, and who may have them next. Read once a turn, the pools under lock."""

    def __init__(self, turn, managers: Managers):
        self.turn, self.managers = turn, managers
        self._spells: dict[int, list[Spell]] = {}
        self._absences: dict[int, list[Absence]] = {}
        self.teams_of: dict[int, list[int]] = {}
        owners = {s.lead.owner_id for s in self.turn.steps if s.lead.owner_id}
        cycles = numbers(s.lead.cycle_id for s in self.turn.steps if s.lead.cycle_id)
        for spell in read(Spell, "WHERE cycle_id = ANY(%s::bigint[]) AND role = 'development' ORDER BY id", [cycles]):
            self._spells.setdefault(spell.lead_id, []).append(spell)
        rows = Membership.objects.filter(user__in=owners, team__is_active=True).exclude(team__kind=Team.Kind.PRODUCT)
        for user, team in rows.order_by("-team__kind", "team_id").values_list("user_id", "team_id"):
            self.teams_of.setdefault(user, []).append(team)
        for absence in Absence.objects.filter(user__in=owners):
            self._absences.setdefault(absence.user_id, []).append(absence)
        wanted = {team for teams in self.teams_of.values() for team in teams}
        wanted |= {s[-1].pool_id or s[-1].team_id for s in self._spells.values()} - {None}
        self.router = routing.holding(self.turn, Team.objects.filter(pk__in=wanted).order_by("pk"))

    def spell(self, lead: int) -> Spell | None:
        """Return the spell that runs."""
        return next((s for s in reversed(self._spells.get(lead, ())) if s.ended_at is None), None)

    def hops(self, lead: int) -> int:
        return sum(s.how == Spell.How.SLA for s in self._spells.get(lead, ()))

    def pools(self, spell: Spell) -> list[Team]:
        """Name the pools a lead may move within: whose turn it was, then its owner's, pools before lines; else the one that holds it."""
        ids = [spell.pool_id, *self.teams_of.get(spell.owner_id, ()), spell.team_id]
        held = self.router.pools
        return [held[pk].team for pk in dict.fromkeys(ids) if pk in held]

    def next_on_shift(self, step: Step, spell: Spell) -> routing.Decision | None:
        """Take the turn of the next who is there, of the owner's role, and had it not yet in this round."""
        had = {s.owner_id for s in self._spells[step.lead.pk]} - {None}
        for team in self.pools(spell):
            role = step.lead.owner.role if step.lead.owner else self._roles_asked.get((step.lead.pk, team.pk), "")
            decision = self.router.in_turn(team, role=role, exclude=had, on_shift=True)
            if decision.user is not None:
                return decision
        return None

    @cached_property
    def _roles_asked(self) -> dict[tuple[int, int], str]:
        """Whom the rules asked for that put leads into the pools which hold them."""
        held = {s.lead.pk: s.lead.cycle_id for s in self.turn.steps if s.lead.owner_id is None and s.lead.cycle_id}
        return routing_rules.roles_asked(held)

    def next_of_role(self, step: Step) -> routing.Decision | None:
        """Take the turn of the next of the owner's role who had it not yet in this round, whatever their hours."""
        had = {s.owner_id for s in self._spells[step.lead.pk]} - {None}
        spell, role = self.spell(step.lead.pk), step.lead.owner.role if step.lead.owner else ""
        decisions = (self.router.in_turn(team, role=role, exclude=had) for team in (self.pools(spell) if spell else ()))
        return next((decision for decision in decisions if decision.user is not None), None)

    def goes_to_queue(self, step: Step) -> bool:
        known = self.turn.remember("policies", versions)
        policy = next((p for p in known if p.pk == step.cycle.policy_id), None)
        return policy is not None and policy.at_limit == AtLimit.QUEUE

    def was_away(self, user: User, at: datetime) -> bool:
        return any(a.starts_at <= at < a.ends_at for a in self._absences.get(user.pk, ()))

    def look_again(self, owner: User | None, at: datetime) -> datetime:
        """Say when a lead that stayed is looked at again: one hour into its owner's next shift; what a pool holds within the hour.

        By the week they work, also where they are away then: others may be there, and nobody waits for who is on holiday.
        """
        return at + LOOK_AGAIN if owner is None else next_shift(owner, at) + INTO_SHIFT

    def stays_until(self, step: Step, due: list[Task]) -> datetime | None:
        """Say until when a lead stays that is looked at only now, because at its limit nobody was there who could have taken it.

        Then its owner has the first hour of their next shift, whenever the sweep runs. None where it need not wait.
        """
        lead, spell = step.lead, self.spell(step.lead.pk)
        limits = [t.sweep_at for t in due if t.kind in CLOCKS and t.cycle_id is not None and t.level == MISSED]
        if (
            not limits
            or lead.owner is None
            or spell is None
            or self.hops(lead.pk) >= MOST_HOPS
            or self.goes_to_queue(step)
        ):
            return None
        limit = min(limits)
        until = self.look_again(lead.owner, limit)
        if self.turn.at >= until or self._somebody_was_there(step, spell, limit):
            return None
        return until

    def _somebody_was_there(self, step: Step, spell: Spell, at: datetime) -> bool:
        """Say whether anybody of the owner's role who had it not yet was on shift at a moment that is past."""
        had, role = {s.owner_id for s in self._spells[step.lead.pk]}, step.lead.owner.role
        places = (place for team in self.pools(spell) for place in self.router.pools[team.pk].places)
        others = (self._members[place.user] for place in places if place.user not in had and place.role == role)
        return any(user.is_active and is_on_shift(user, at) and not self.was_away(user, at) for user in others)

    @cached_property
    def _members(self) -> dict[int, User]:
        """Everybody in the pools of this turn; their absences are read beside those of the owners. Two queries."""
        found = User.objects.in_bulk({p.user for pool in self.router.pools.values() for p in pool.places})
        for absence in Absence.objects.filter(user__in=found.keys() - self._absences.keys()):
            self._absences.setdefault(absence.user_id, []).append(absence)
        return found
