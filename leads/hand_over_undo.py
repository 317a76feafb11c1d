"""Taking back what somebody handed over when they left or went on leave (ROUTE-6): back on, and theirs again what nobody took up since.

A lead comes back as long as it is in the same round and hands as the hand-over put it in and nobody reached out to them since; a role
or a task while who got it has it; a meeting or a hand-off while it waits and the leaver can take it. Whatever went on stays where it
is, with why. Clocks go on, mail that left has left, turns that colleagues took stay counted. Called by the page of a leave and the API.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime

from django.db import transaction

from accounts import ownership
from accounts.models import Account, Batch, Door, Opportunity, User
from accounts.permissions import Scope, allowed
from accounts.target_limits import TooMany
from leads import bulk, handing_over
from leads.handed_over import Went, went_of
from leads.lifecycle import BATCH, Refused, Result, Seen, Step, turn
from leads.models import Lead, Spell
from leads.receiving import Receiver, change_hands

TABLES = {model._meta.model_name: model for model in (Account, Opportunity)}


@dataclass(slots=True)
class Back:
    """What came back, or would: how many of each kind (leads, kept, roles, and by their names what stands above), and what stays and why,
    lead by lead. `print` holds a deed against its preview."""

    counts: Counter = field(default_factory=Counter)
    stays: list[tuple[Lead | int, Refused]] = field(default_factory=list)
    others: Counter = field(default_factory=Counter)
    switched_on: bool = False
    print: str = ""

    @property
    def number(self) -> int:
        return self.counts.total()

    @property
    def whys(self) -> list[tuple[str, list[Lead]]]:
        """Say why leads stay, the most frequent reason first, each with its leads."""
        groups: dict[str, list[Lead]] = {}
        for lead, refusal in self.stays:
            groups.setdefault(refusal.words, []).append(lead)
        return sorted(groups.items(), key=lambda group: -len(group[1]))


def look(batch: Batch, *, by: User, at: datetime) -> Back:
    """Say what would come back: the real thing, run and rolled back. Raises what `take_back` raises."""
    with transaction.atomic():
        back = take_back(batch, by=by, at=at)
        transaction.set_rollback(True)
    return back


def carry_out(batch: Batch, expected: str, *, by: User, at: datetime, door: str = Door.PAGE) -> tuple[bool, Back]:
    """Take back as it was looked at. Where it comes out otherwise by now nothing is done, and the first of the answer is False."""
    with transaction.atomic():
        back = take_back(batch, by=by, at=at, door=door)
        if back.print != expected:
            transaction.set_rollback(True)
    return back.print == expected, back


def take_back(batch: Batch, *, by: User, at: datetime, door: str = Door.PAGE) -> Back:
    """Take back all that can be. What came back is used up, so that it comes back once; what stayed may be tried again.

    Raises Refused where the person is switched off and this is not theirs to change, or nothing is left to take back.
    """
    when = {"by": by, "at": at, "door": door}
    with transaction.atomic():
        batch = Batch.objects.select_for_update(no_key=True, of=("self",)).get(pk=batch.pk)
        went, back = went_of(batch), Back()
        if not went:
            raise Refused("All that can come back has come back.", "already")
        user = User.objects.select_for_update(no_key=True).get(pk=batch.options["person"])
        _switch_on(user, back, by)
        owned = (
            model.objects.filter(pk__in=[pk for name, _role, pk in went.roles if name == table])
            for table, model in TABLES.items()
        )
        handing_over.lock(*owned, Lead.objects.filter(pk__in=[row[0] for row in (*went.leads, *went.kept)]))
        went.off = False
        _leads(user, went, back, when)
        if went.to is not None:
            to = User.objects.get(pk=went.to)
            _kept(user, to, went, back, when)
            _roles(user, to, went, back, when)
            for one in handing_over.above:
                _above(one, user, to, went, back, when)
        done = {"by": by.pk, "at": at.isoformat(), "back": back.number, "stays": went.number}
        batch.options |= {"went": asdict(went), "undone": [*batch.options["undone"], done]}
        Batch.objects.filter(pk=batch.pk).update(options=batch.options)
    stays = sorted(getattr(lead, "pk", lead) for lead, _refusal in back.stays)
    facts = (
        len(batch.options["undone"]),
        sorted(back.counts.items()),
        stays,
        sorted(back.others.items()),
        back.switched_on,
    )
    back.print = hashlib.sha256(repr(facts).encode()).hexdigest()[:16]
    return back


def _switch_on(user: User, back: Back, by: User) -> None:
    if user.is_active:
        return
    if Scope.ALL not in allowed(by, "people.change"):
        raise Refused(f"{user} is switched off. RevOps takes this back, or switches them on first.", "off")
    user.is_active = back.switched_on = True
    user.save(update_fields=["is_active"])


def _leads(user: User, went: Went, back: Back, when: dict) -> None:
    """Give leads in work back: the same round, in the hands they were put in, nobody reached out since. Caps are not asked: it is no new
    work."""
    rows = {row[0]: row for row in went.leads}
    receiver = Receiver(user, when["at"], counts_caps=False)

    def change(step: Step) -> None:
        lead, (_pk, cycle, owner, team, touches) = step.lead, rows[step.lead.pk]
        step.may("assign")
        if not lead.is_open or lead.cycle_id != cycle:
            raise Refused("The round they were handed over in has ended.", "ended")
        if (lead.owner_id, lead.team_id) != (owner, team):
            raise Refused("They went on to other hands.", "moved")
        if step.cycle.touches > touches:
            raise Refused("Somebody reached out to them since.", "worked")
        change_hands(step, receiver, how=Spell.How.REASSIGNED, data={"taken_back": True})

    went.leads = _turned(rows, change, back, "leads", when)


def _kept(user: User, to: User, went: Went, back: Back, when: dict) -> None:
    """Give back what was theirs of leads that are not in work: the keeper, an owner's role, what was asked of them."""
    rows = {row[0]: row for row in went.kept}

    def change(step: Step) -> None:
        lead, (_pk, roles, tasks), came = step.lead, rows[step.lead.pk], []
        step.may("assign")
        for role in roles:
            if getattr(lead, f"{role}_id") != to.pk or (role == "owner" and lead.is_open):
                continue
            came.append(role)
            if role == "owner":
                step.own(user, None)
            else:
                setattr(lead, role, user)
        mine = [task for task in step.open_tasks if task.pk in tasks and task.owner_id == to.pk]
        for task in mine:
            task.owner = user
            step.changed_tasks[task.pk] = task
        if not (came or mine):
            raise Refused(f"{to} no longer has them.", "moved")
        facts = {"from": to.pk, "to": user.pk, "roles": came, "tasks": [task.pk for task in mine]}
        step.record("owner", data=facts | {"taken_back": True})

    went.kept = _turned(rows, change, back, "kept", when)


def _turned(rows: dict[int, list], change, back: Back, kind: str, when: dict) -> list[list]:
    """Run a turn over these leads, note what came of it, and return the rows of those that stay."""
    result, ids = Result(), sorted(rows)
    for start in range(0, len(ids), BATCH):
        bulk.both(result, turn([Seen(pk) for pk in ids[start : start + BATCH]], change, **when))
    back.counts[kind] += len(result.done)
    back.stays += result.refused
    came = {lead.pk for lead in result.done}
    return [row for pk, row in rows.items() if pk not in came]


def _roles(user: User, to: User, went: Went, back: Back, when: dict) -> None:
    """Give companies and open opportunities back, role by role, where who got them has them still."""
    stays = []
    for table, role, ids in _by_role(went):
        rows = list(TABLES[table].objects.filter(pk__in=ids, gone_as="", **{role: to}))
        try:
            ownership.change(rows, role, to=user, **when)
        except TooMany as problem:
            back.others[problem.words] += len(rows)
            rows = []
        came = {row.pk for row in rows}
        back.counts["roles"] += len(came)
        stays += [[table, role, pk] for pk in ids if pk not in came]
    went.roles = stays
    if stays:
        back.others["Roles in companies and opportunities that went on to others, or ended."] += len(stays)


def _by_role(went: Went) -> Iterator[tuple[str, str, list[int]]]:
    groups: dict[tuple[str, str], list[int]] = {}
    for table, role, pk in went.roles:
        groups.setdefault((table, role), []).append(pk)
    for (table, role), ids in groups.items():
        yield table, role, ids


def _above(one: handing_over.Above, user: User, to: User, went: Went, back: Back, when: dict) -> None:
    result, came = one.bring_back(user, went.above, frm=to, **when)
    back.stays += result.refused
    for name, ids in came.items():
        back.counts[name] += len(ids)
        left = sorted(set(went.above.get(name, ())) - set(ids))
        lost = len(left) - (len(result.refused) if name == "meetings" else 0)  # those are told lead by lead
        went.above[name] = left
        if lost > 0:
            back.others[f"{name.replace('_', '-').capitalize()} that took place, ended or went on to others."] += lost
