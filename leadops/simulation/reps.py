"""What the sellers of a made-up company do all day: open their queue, reach out, end rounds, pull, forget, make mistakes.

A session reads the real queue and works it from the top, as it was when it was read: what a manager changes meanwhile is
refused as it would be on the page.
"""

from datetime import datetime, timedelta

from accounts.models import Absence, Role, User
from leadops.simulation import sales, words
from leadops.simulation.names import SIZES
from leadops.simulation.people import Nature
from leadops.simulation.world import DAY, HOUR, MINUTE, World, at_hour, works_on
from leads import consent, dispositions, exceptions, next_steps, notes, product_led, pulling, queue, signals, touches
from leads.lifecycle import Seen
from leads.models import Channel, Lead, LeadStatus, Task, TouchOutcome

FULL = 40  # open leads beyond which nobody pulls more
SESSIONS = {9.2: False, 13.2: True}  # when they open the queue, and whether they pull then


def plan_a_day(world: World, on) -> None:
    """Plan the sessions of everybody who works on this day."""
    for rep in world.house.of(Role.SDR):
        if works_on(rep, on):
            for hour, pulls in SESSIONS.items():
                start = at_hour(rep, on, hour) + world.between(0 * MINUTE, 50 * MINUTE)
                world.plan(start, session, rep, 9, pulls)


def session(world: World, at: datetime, rep: User, most: int, pulls: bool) -> None:
    """Open the queue and work it from the top; with little to do, pull."""
    if Absence.objects.filter(user=rep, starts_at__lte=at, ends_at__gt=at).exists():
        return
    if world.chance(0.02):
        world.plan(at + MINUTE, throw_away, rep)
    waiting = queue.of(rep, at)
    entries = [e for e in waiting.entries if e.lead not in world.told and e.lead not in world.overlooked][:most]
    leads = Lead.objects.select_related("cycle", "owner", "account").in_bulk([e.lead for e in entries])
    for entry in entries:
        at += world.between(2 * MINUTE, 9 * MINUTE)
        if entry.lead in leads:
            world.plan(at, work, rep, leads[entry.lead], entry.task.kind if entry.task else "")
    if pulls and len(entries) < most and len(waiting.entries) + len(waiting.later) < FULL:
        world.plan(at + MINUTE, pull, rep, most - len(entries))


def pull(world: World, at: datetime, rep: User, number: int) -> None:
    """Take the next of the line's queue; one in thirty is given back untouched."""
    line = world.house.line_of(rep)
    result = world.attempt("pulled", lambda: pulling.pull(line, by=rep, at=at, number=number))
    for lead in result.done:
        if world.chance(0.03):
            world.plan(at + 5 * MINUTE, give_back, rep, lead)


def throw_away(world: World, at: datetime, rep: User) -> None:
    """A bad hour: a rep ends untouched what they have not looked at; beyond ten of one source the manager is asked first."""
    mine = (
        Lead.objects.filter(owner=rep, status=LeadStatus.ASSIGNED, gone_as="").exclude(pk__in=world.told).order_by("pk")
    )
    facts = {"reason": world.reasons["not_in_purchase"], "by": rep, "at": at}
    world.attempt("thrown away", lambda: dispositions.nurture(mine[:14], **facts))


def give_back(world: World, at: datetime, rep: User, lead: Lead) -> None:
    world.count("given back", pulling.give_back([lead], by=rep, at=at))


def work(world: World, at: datetime, rep: User, lead: Lead, why: str) -> None:
    """Do with one lead of the queue what its person makes of it."""
    like = world.nature_of(lead.pk)
    first = lead.status == LeadStatus.ASSIGNED and not lead.cycle.touches
    if first and world.chance(0.03):
        world.overlooked.add(lead.pk)
    elif (first and like.will in ("never", "small") and world.chance(0.5)) or (
        lead.cycle.touches >= like.tries and like.will in ("silent", "never", "small")
    ):
        end(world, at, rep, lead)
    elif why == "" and not first and world.chance(0.5):
        plan_next(world, at, rep, lead)
    else:
        reach_out(world, at, rep, lead, like, answers=why in (Task.Kind.REPLY, Task.Kind.HAND_RAISE))


def reach_out(world: World, at: datetime, rep: User, lead: Lead, like: Nature, answers: bool = False) -> None:
    """Log a touch, now or some hours late; what follows depends on whether somebody was there."""
    channel = _channel(world, lead)
    if not channel:
        end(world, at, rep, lead)
        return
    outcome = _outcome(world, channel, like, answers)
    reached = outcome not in TouchOutcome.UNANSWERED
    said = words.TALKED if reached else words.SENT if channel == Channel.EMAIL else words.NO_ANSWER
    late = world.between(HOUR, 4 * HOUR) if world.chance(0.05) else timedelta(0)
    step = next_steps.after(lead, channel, outcome, rep, at)
    plan = {"next_at": step.at, "next_channel": step.channel, "next_what": step.what} if step else {}
    if reached and world.chance(0.9):
        plan = {"next_at": _soon(world, rep, at), "next_what": world.random.choice(words.PLANS)}
    result = world.attempt(
        "touched",
        lambda: touches.log(
            [lead],
            channel=channel,
            outcome=outcome,
            by=rep,
            at=at,
            occurred_at=at - late,
            note=world.random.choice(said),
            **plan,
        ),
    )
    for done in result.done:
        touch = result.made[done.pk]["touch"]
        if world.chance(0.015):
            world.plan(at + world.between(10 * MINUTE / 60, MINUTE), withdraw, rep, touch)
        elif reached:
            world.plan(at + world.between(2 * MINUTE, 6 * MINUTE), decide, rep, done)
        _answer(world, at, done, like, channel)


def _answer(world: World, at: datetime, lead: Lead, like: Nature, channel: str) -> None:
    """What the person does with what reached them: answer, or ask us to stop."""
    if channel != Channel.CALL and world.chance(like.reached / 3):
        world.plan(at + world.between(10 * MINUTE, 2 * DAY), reply, lead.pk)
    if like.will == "stop" and world.chance(0.4):
        world.plan(at + world.between(MINUTE, DAY), stop, lead.pk)


def reply(world: World, at: datetime, lead: int) -> None:
    said = world.random.choice(words.REPLIES)
    world.attempt("answered", lambda: signals.reply([lead], words=said, by=None, at=at))


def stop(world: World, at: datetime, lead: int) -> None:
    """Somebody asks us to stop: mostly on every channel."""
    channels = [Channel.EMAIL] if world.chance(0.3) else []
    world.attempt("opted out", lambda: consent.opt_out([lead], channels=channels, by=None, at=at, door="api"))


def withdraw(world: World, at: datetime, rep: User, touch) -> None:
    """The wrong button: the touch is taken back within its minute."""
    world.attempt("withdrawn", lambda: touches.withdraw(touch, by=rep, at=at))


def _channel(world: World, lead: Lead) -> str:
    """Mostly the best way, sometimes another; never one that they asked us not to use."""
    known = {Channel.CALL: lead.phone, Channel.EMAIL: lead.email, Channel.SOCIAL: lead.last_name}
    able = [c for c, known_by in known.items() if known_by and c not in lead.opted_out_channels]
    if not able:
        return ""
    return able[0] if world.chance(0.6) else world.random.choice(able)


def _outcome(world: World, channel: str, like: Nature, answers: bool) -> str:
    if answers or world.chance(like.reached):
        if like.will in ("never", "stop") or (like.will == "later" and world.chance(0.4)):
            return TouchOutcome.NOT_INTERESTED
        return world.random.choice((TouchOutcome.INTERESTED, TouchOutcome.INTERESTED, TouchOutcome.CALL_BACK))
    if channel == Channel.CALL:
        return world.random.choices(("no_answer", "voicemail", "wrong_number"), (60, 35, 5))[0]
    return "bounced" if channel == Channel.EMAIL and world.chance(0.03) else "sent"


def _soon(world: World, rep: User, at: datetime) -> datetime:
    day = next_steps.working_day(rep, at, world.random.choice((1, 1, 2, 3, 5)))
    return day + world.between(0 * HOUR, 7 * HOUR)


def plan_next(world: World, at: datetime, rep: User, lead: Lead) -> None:
    """Say what comes next for a lead that has nothing planned."""
    what = world.random.choice(words.PLANS)
    due = _soon(world, rep, at)
    world.attempt("planned", lambda: notes.follow_up([lead], due_at=due, by=rep, at=at, what=what))


def decide(world: World, at: datetime, rep: User, lead: Lead) -> None:
    """After a talk: end the round, keep the lead, book a meeting, ask for time, or go on."""
    like = world.nature_of(lead.pk)
    if world.chance(0.05):
        text = world.random.choice(words.ASIDES).format(name=_colleague(world, rep))
        world.attempt("noted", lambda: notes.add([lead], text=text, by=rep, at=at))
    elif world.chance(0.02):
        review = at + world.between(4 * DAY, 20 * DAY)
        why = world.reasons[world.random.choice(("legal", "partner", "duplicate_check"))]
        world.attempt("exceptions asked", lambda: exceptions.ask([lead], reason=why, review_at=review, by=rep, at=at))
    elif world.chance(0.3):
        return  # still talking
    elif like.will == "now":
        sales.book(world, at, rep, lead)
    else:
        end(world, at, rep, lead)


def _colleague(world: World, rep: User) -> str:
    others = [p.username for p in world.house.of(Role.SDR, Role.AE) if p != rep]
    return world.random.choice(others) if others else rep.username


LATER = (
    "budget_later",
    "reevaluating",
    "bought_competitor",
    "missing_feature",
    "no_for_now",
    "not_in_purchase",
    "wrong_use_case",
)
NEVER = ("not_a_prospect", "incompatible", "left_company", "false_identity")


def end(world: World, at: datetime, rep: User, lead: Lead) -> None:
    """End a round the way its person ends it; one end in thirty is a slip, taken back the same day."""
    like = world.nature_of(lead.pk)
    note = ""
    if like.will == "never":
        reason, note = world.random.choice(NEVER), world.random.choice(words.NEVER)
    elif like.will == "small":
        reason = "too_small"
    elif like.will == "silent":
        reason = world.random.choice(("rep_abandoned", "rep_abandoned", "unresponsive", "unaware"))
    else:
        reason, note = world.random.choice(LATER), world.random.choice(words.LATER)
    if like.will == "later" and world.chance(0.15):
        keep(world, at, rep, lead)
        return
    if like.will == "self":
        world.attempt("self-serve", lambda: product_led.fit_self_serve([lead], by=rep, at=at))
        return
    facts = {"reason": world.reasons[reason], "by": rep, "at": at, "note": note if world.chance(0.6) else ""}
    if like.will == "never":
        result = world.attempt("unqualified", lambda: dispositions.unqualify([lead], **facts))
    else:
        size = world.random.choice(SIZES) if reason == "too_small" else ""
        result = world.attempt("nurtured", lambda: dispositions.nurture([lead], size=size, **facts))
    for done in result.done:
        if world.chance(0.03):
            world.plan(at + world.between(5 * MINUTE, 20 * HOUR), take_back, rep, done.pk)
        elif like.will == "later" and world.chance(0.12):
            world.plan(at + world.between(5 * DAY, 40 * DAY), ask_again, done.pk)


def keep(world: World, at: datetime, rep: User, lead: Lead) -> None:
    until = next_steps.working_day(rep, at, world.random.randint(5, 40))
    what = world.random.choice(words.KEPT_FOR)
    world.attempt("kept", lambda: dispositions.keep([lead], until=until, by=rep, at=at, what=what))


def take_back(world: World, at: datetime, by: User, lead: int) -> None:
    world.attempt("taken back", lambda: dispositions.take_back([Seen(lead)], by=by, at=at))


def ask_again(world: World, at: datetime, lead: int) -> None:
    """Somebody who said not now asks for us after all."""
    what = world.random.choice(("call", "demo"))
    said = world.random.choice(words.ASKED[what])
    world.nature_of(lead).will = world.random.choice(("now", "later"))
    world.attempt("asked again", lambda: signals.raise_hand([lead], what=what, words=said, by=None, at=at, door="api"))
