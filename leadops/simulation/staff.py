"""What managers, RevOps and marketing of a made-up company do in their daily hour."""

from datetime import datetime

from accounts.models import Absence, Role, Team, User
from accounts.permissions import people_of
from leadops.simulation import words
from leadops.simulation.reps import NEVER, take_back
from leadops.simulation.world import HOUR, MINUTE, World, at_hour, works_on
from leads import assignment, consent, dispositions, erasure, exceptions, recycling, wishes
from leads.models import Cycle, Lead, LeadStatus, Motion, Task


def plan_a_day(world: World, on) -> None:
    for person in world.house.of(*HOURS):
        if works_on(person, on):
            world.plan(at_hour(person, on, 8.5) + world.between(0 * MINUTE, HOUR), HOURS[person.role], person)


def manage(world: World, at: datetime, manager: User) -> None:
    """A manager's morning: exceptions, who is away, what is past its limit, what was ended wrongly, who deserves a second look."""
    people = people_of(manager)
    if not people:
        return
    asked = Task.objects.filter(kind=Task.Kind.EXCEPTION, done_at=None, accepted_at=None, owner__in=people)
    for task in asked.exclude(lead__in=world.told).order_by("pk"):
        decide = exceptions.grant if world.chance(0.8) else exceptions.close
        world.attempt("exceptions decided", lambda decide=decide, task=task: decide([task.lead_id], by=manager, at=at))
    over = Task.objects.filter(kind=Task.Kind.EXCEPTION, done_at=None, due_at__lte=at, owner__in=people)
    for task in over.exclude(accepted_at=None).exclude(lead__in=world.told).order_by("pk"):
        world.attempt("exceptions closed", lambda task=task: exceptions.close([task.lead_id], by=manager, at=at))
    waiting = Task.objects.filter(kind=Task.Kind.REVIEW, done_at=None, owner=manager, reason__isnull=False)
    for lead in waiting.exclude(lead__in=world.told).order_by("pk").values_list("lead_id", flat=True):
        answer = wishes.allow if world.chance(0.3) else wishes.disallow
        world.attempt("ends answered", lambda answer=answer, lead=lead: answer([lead], by=manager, at=at))
    _stand_in(world, at, manager, people)
    _help_out(world, at, manager, people)
    _second_look(world, at, manager, people)


def _stand_in(world: World, at: datetime, manager: User, people) -> None:
    """Give the untouched leads of who is away to who stands in."""
    away = Absence.objects.filter(user__in=people, starts_at__lte=at, ends_at__gt=at, delegate__isnull=False)
    for absence in away.order_by("pk"):
        leads = Lead.objects.filter(owner=absence.user, status=LeadStatus.ASSIGNED, gone_as="")
        leads = list(leads.exclude(pk__in=world.told).order_by("pk")[:20])
        if leads:
            give = {"to": absence.delegate, "by": manager, "at": at, "note": f"{absence.user} is away."}
            world.attempt("stood in", lambda leads=leads, give=give: assignment.assign(leads, **give))


def _help_out(world: World, at: datetime, manager: User, people) -> None:
    """Give one lead that is past its limit to a colleague; now and then with a new clock."""
    late = Task.objects.filter(kind=Task.Kind.RESPONSE, done_at=None, limit_at__lte=at, owner__in=people)
    task = late.exclude(lead__in=world.told).select_related("owner").order_by("limit_at", "pk").first()
    if task is None or not world.chance(0.5):
        return
    others = [p for p in world.house.of(Role.SDR) if p.pk in people and p != task.owner]
    if others:
        give = {"to": world.random.choice(others), "by": manager, "at": at, "restart_clock": world.chance(0.2)}
        note = world.random.choice(words.REASSIGNED)
        world.attempt("reassigned", lambda: assignment.assign([task.lead_id], note=note, **give))
        world.overlooked.discard(task.lead_id)


def _second_look(world: World, at: datetime, manager: User, people) -> None:
    """Reopen somebody who was called never, or take an end back that was wrong."""
    ended = (
        Cycle.objects.filter(ended_by__in=people, lead__gone_as="")
        .exclude(lead__in=world.told)
        .order_by("-ended_at", "-pk")
    )
    if world.chance(0.08) and (cycle := ended.filter(outcome="unqualified").first()):
        to = world.random.choice([p for p in world.house.of(Role.SDR) if p.pk in people] or [manager])
        note = world.random.choice(words.REOPENED)
        world.attempt("reopened", lambda: assignment.assign([cycle.lead_id], to=to, by=manager, at=at, note=note))
    if world.chance(0.05) and (cycle := ended.filter(outcome="nurture")[3:4].first()):
        take_back(world, at, manager, cycle.lead_id)


def keep_rules(world: World, at: datetime, revops: User) -> None:
    """RevOps puts who waits in no queue into one, lets people go who were held for a reason that is gone, clears an opt-out."""
    loose = Lead.objects.filter(
        status=LeadStatus.RAW, team=None, owner=None, motion=Motion.SLG, gone_as="", opted_out_at=None
    )
    ids = list(
        loose.exclude(pk__in=world.told)
        .filter(created_at__lt=at - 20 * HOUR)
        .order_by("pk")
        .values_list("pk", flat=True)[:40]
    )
    if ids:
        line = world.random.choice(world.house.lines)
        world.attempt("queued", lambda: assignment.enqueue(ids, team=line, by=revops, at=at))
    if world.chance(0.04):
        reason = world.reasons["missing_feature"]
        held = list(
            Lead.objects.filter(status=LeadStatus.NURTURE, reason=reason, gone_as="")
            .exclude(pk__in=world.told)
            .order_by("pk")
        )
        queue: Team = world.random.choice(world.house.lines)
        world.attempt("released", lambda: recycling.release(reason, held, queue=queue, by=revops, at=at))
    if world.chance(0.03):
        out = Lead.objects.filter(opted_out_at__lt=at, gone_as="").exclude(pk__in=world.told).order_by("pk").first()
        if out:
            world.attempt("opt-outs cleared", lambda: consent.clear([out], by=revops, at=at, proof=words.CLEARED))
    if world.chance(0.02) and (out := _who_wants_to_go(world)):
        world.attempt("erased", lambda: erasure.erase([out], by=revops, at=at))


def _who_wants_to_go(world: World) -> Lead | None:
    gone = Lead.objects.filter(gone_as="", opted_out_at__isnull=False).exclude(pk__in=world.told)
    return gone.order_by("-opted_out_at", "pk").first()


def clean_lists(world: World, at: datetime, marketing: User) -> None:
    """Marketing discards trash and sets aside who is not ready, before sales sees either."""
    raw = Lead.objects.filter(status=LeadStatus.RAW, team=None, owner=None, motion=Motion.SLG, gone_as="")
    for lead in raw.exclude(pk__in=world.told).order_by("pk")[:30]:
        like = world.nature_of(lead.pk)
        if like.will == "never":
            reason = world.reasons[world.random.choice(NEVER)]
            world.attempt(
                "discarded",
                lambda lead=lead, reason=reason: dispositions.discard([lead], reason=reason, by=marketing, at=at),
            )
        elif like.will == "later" and world.chance(0.5):
            world.attempt("set aside", lambda lead=lead: dispositions.set_aside([lead], by=marketing, at=at))


HOURS = {Role.MANAGER: manage, Role.REVOPS: keep_rules, Role.MARKETING: clean_lists}
