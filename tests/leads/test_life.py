"""The life of a lead: every state against every process, and what each changes. Through every door that a process can be called by."""

from datetime import UTC, datetime, timedelta

import pytest
from django.apps import apps

from accounts.models import Account, Door, Event, Opportunity, Product, User
from accounts.workdays import after_months
from leads import (
    assignment,
    consent,
    dispositions,
    erasure,
    exceptions,
    notes,
    product_led,
    pulling,
    recycling,
    signals,
    touches,
    wishes,
)
from leads.lifecycle import Refused, Seen
from leads.models import Cycle, Identity, Lead, LeadStatus, Outcome, Source, Spell, Task, Touch, Trigger
from meetings import opportunities
from tests.leads.states import HOUR, NOON, STATES, lead_in, raw, reason, settle

pytestmark = pytest.mark.django_db
LATER = NOON + 6 * HOUR


def qualify_ready(lead, by, door):
    """Qualify a lead with an opportunity that has reached the qualifying stage, whatever the lead's state."""
    account = Account.objects.create(name="Ready", name_key="ready", domain=f"ready-{lead.pk}.no", created_at=NOON)
    opportunity = opportunities.open(account, Product.objects.first(), leads=[lead], by=None, at=LATER)
    Opportunity.objects.filter(pk=opportunity.pk).update(qualified_at=LATER)
    opportunity = Opportunity.objects.select_related("account", "product", "opportunity_owner").get(pk=opportunity.pk)
    return dispositions.qualify([lead], opportunity=opportunity, by=by, at=LATER, door=door)


# What each process does, asked of a lead by someone who may ask it of any lead.
PROCESSES = {
    "assign": lambda lead, w, door: assignment.assign([lead], to=w.ben, by=w.rita, at=LATER, door=door, note="again"),
    "call": lambda lead, w, door: touches.log(
        [lead], channel="call", outcome="no_answer", by=w.rita, at=LATER, door=door
    ),
    "automated": lambda lead, w, door: touches.log(
        [lead], channel="email", outcome="sent", by=None, is_automated=True, at=LATER, door=door
    ),
    "note": lambda lead, w, door: notes.add([lead], text="Worth a call.", by=w.rita, at=LATER, door=door),
    "nurture": lambda lead, w, door: dispositions.nurture(
        [lead], reason=reason("wrong_person"), by=w.rita, at=LATER, door=door
    ),
    "nurture, a touch needed": lambda lead, w, door: dispositions.nurture(
        [lead], reason=reason("budget_later"), by=w.rita, at=LATER, door=door
    ),
    "unqualify": lambda lead, w, door: dispositions.unqualify(
        [lead], reason=reason("not_a_prospect"), by=w.rita, at=LATER, door=door
    ),
    "keep": lambda lead, w, door: dispositions.keep([lead], until=LATER + 24 * HOUR, by=w.rita, at=LATER, door=door),
    "qualify": lambda lead, w, door: qualify_ready(lead, w.rita, door),
    "set aside": lambda lead, w, door: dispositions.set_aside([lead], by=w.rita, at=LATER, door=door),
    "discard": lambda lead, w, door: dispositions.discard(
        [lead], reason=reason("not_a_prospect"), by=w.rita, at=LATER, door=door
    ),
    "lose": lambda lead, w, door: (
        Opportunity.objects.filter(status="open").update(
            status="lost", closed_at=LATER, loss_reason=reason("lost_price")
        ),
        dispositions.lose([lead], reason=reason("opportunity_lost"), by=None, at=LATER, door=door),
    )[1],
    "take back": lambda lead, w, door: dispositions.take_back([lead], by=w.rita, at=LATER, door=door),
    "opt out": lambda lead, w, door: consent.opt_out([lead], by=w.rita, at=LATER, door=door),
    "activate": lambda lead, w, door: product_led.activate([lead], at=LATER, door=door),
    "hand over": lambda lead, w, door: product_led.hand_over([lead], to=w.ben, by=w.rita, at=LATER, door=door),
    "self-serve": lambda lead, w, door: product_led.fit_self_serve([lead], by=w.rita, at=LATER, door=door),
    "give back": lambda lead, w, door: pulling.give_back([lead], by=w.rita, at=LATER, door=door),
    "hand raise": lambda lead, w, door: signals.raise_hand(
        [lead], what="demo", to=w.ben, by=w.rita, at=LATER, door=door
    ),
    "abandon": lambda lead, w, door: recycling.abandon([lead], at=LATER + timedelta(days=40), door=door),
}
NO = "refused"
# fmt: off
# state:         assign, call, automated, note, nurture, needs touch, unqualify, keep, qualify, set aside, discard, lose, take back,
#                opt out, activate, hand over, self-serve, give back, hand raise, abandon
TABLE = {
    "raw":         ["assigned", "raw", "raw", "raw", NO, NO, NO, NO, NO, "nurture", "unqualified", NO, NO,
                    "raw", NO, NO, NO, NO, "assigned", NO],
    "queued":      ["assigned", "raw", "raw", "raw", NO, NO, NO, NO, NO, "nurture", "unqualified", NO, NO,
                    "raw", NO, NO, NO, NO, "assigned", NO],
    "assigned":    ["assigned", "working", "assigned", "assigned", "nurture", NO, "unqualified", NO, NO, NO, NO, NO, NO,
                    "unqualified", NO, NO, NO, "raw", "assigned", "nurture"],
    "open_plg":    [NO, NO, "assigned", "assigned", "nurture", NO, "unqualified", NO, NO, NO, NO, NO, NO,
                    "unqualified", "working", "assigned", NO, NO, "assigned", NO],
    "working":     ["working", "working", "working", "working", "nurture", "nurture", "unqualified", "nurture", "qualified", NO, NO, NO, NO,
                    "unqualified", NO, NO, "assigned", NO, "working", "nurture"],
    "working_plg": [NO, NO, "working", "working", "nurture", "nurture", "unqualified", NO, "qualified", NO, NO, NO, NO,
                    "unqualified", NO, "assigned", NO, NO, "working", NO],
    "qualified":   [NO, "qualified", "qualified", "qualified", NO, NO, NO, NO, NO, NO, NO, "nurture", "working",
                    "qualified", NO, NO, NO, NO, "qualified", NO],
    "nurture":     ["assigned", "nurture", "nurture", "nurture", NO, NO, NO, NO, NO, NO, "unqualified", NO, "working",
                    "nurture", NO, NO, NO, NO, "assigned", NO],
    "kept":        ["assigned", "nurture", "nurture", "nurture", NO, NO, NO, NO, NO, NO, "unqualified", NO, "working",
                    "nurture", NO, NO, NO, NO, "assigned", NO],
    "unqualified": ["assigned", "unqualified", "unqualified", "unqualified", NO, NO, NO, NO, NO, NO, NO, NO, "working",
                    "unqualified", NO, NO, NO, NO, "unqualified", NO],
    "opted_out":   [NO, NO, NO, "unqualified", NO, NO, NO, NO, NO, NO, NO, NO, NO,
                    NO, NO, NO, NO, NO, "assigned", NO],
}
# fmt: on


@pytest.fixture
def w(ana, ben, cleo, rita, north):
    """The people these tests need, by name."""

    class People:
        pass

    people = People()
    people.__dict__.update(ana=ana, ben=ben, cleo=cleo, rita=rita, north=north)
    return people


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("process", PROCESSES)
def test_every_process_does_to_every_state_what_the_table_says_and_nothing_else(process, state, w):
    expected = TABLE[state][list(PROCESSES).index(process)]
    for door in (Door.PAGE, Door.ADMIN, Door.API, Door.IMPORT, Door.SWEEP):
        lead = lead_in(state, w.ana, w.cleo, w.north)
        before = Lead.objects.filter(pk=lead.pk).values().get()
        events = Event.objects.filter(lead_id=lead.pk).count()

        result = PROCESSES[process](lead, w, door)
        settle()

        after = Lead.objects.filter(pk=lead.pk).values().get()
        written = Event.objects.filter(lead_id=lead.pk).order_by("id")[events:]
        if expected == NO:
            assert result.refused, f"{process} should be refused"
            assert after == before, "a refusal changes nothing"
            assert list(written) == []
        else:
            assert result.refused == []
            assert after["status"] == expected
            assert written[0].door == door
            moved = [e for e in written if e.kind == "transition"]
            if after["status"] != before["status"]:
                assert [(e.from_status, e.to_status, e.door) for e in moved] == [(before["status"], expected, door)]
                assert after["version"] == before["version"] + 1


def test_a_transition_tells_who_when_from_to_why_by_what_door_and_how_long_it_stayed(w):
    lead = lead_in("working", w.ana, w.cleo, w.north)

    dispositions.nurture([lead], reason=reason("no_for_now"), by=w.ana, at=LATER, door=Door.API)

    event = Event.objects.transitions().filter(lead_id=lead.pk).latest("id")
    facts = (
        event.actor_id,
        event.at,
        event.from_status,
        event.to_status,
        event.reason_id,
        event.door,
        event.stayed,
        event.cycle_id,
    )
    assert facts == (
        w.ana.pk,
        LATER,
        "working",
        "nurture",
        reason("no_for_now").pk,
        "api",
        LATER - NOON - HOUR,
        lead.cycle_id,
    )


def test_a_round_freezes_what_was_true_at_assignment(w):
    lead = lead_in("assigned", w.ana, w.cleo, w.north)
    Lead.objects.filter(pk=lead.pk).update(segment="enterprise", go_to_market="outbound", score=80)

    assignment.assign([lead], to=w.ben, by=w.cleo, at=LATER)

    cycle = Cycle.objects.get(pk=lead.cycle_id)
    assert (cycle.segment, cycle.go_to_market, cycle.score, cycle.owner, cycle.assigned_at) == (
        "",
        "inbound",
        None,
        w.ana,
        NOON,
    )
    assert (cycle.number, cycle.trigger, cycle.policy.target_minutes) == (1, Trigger.MANAGER, 120)
    assert (cycle.target_at, cycle.limit_at) == (NOON + 2 * HOUR, NOON + 24 * HOUR)


def test_a_reassignment_inside_a_round_keeps_the_clock_and_begins_a_spell_of_its_own(w):
    lead = lead_in("assigned", w.ana, w.cleo, w.north)

    moved = assignment.assign([lead], to=w.ben, by=w.cleo, at=NOON + HOUR).lead

    assert (moved.owner, moved.cycle_id, moved.development_owner) == (w.ben, lead.cycle_id, w.ben)
    task = Task.objects.get(lead=lead, kind="response")
    assert (task.owner, task.due_at) == (w.ben, NOON + 2 * HOUR)
    spells = Spell.objects.filter(lead=lead).order_by("id").values_list("owner", "began_at", "ended_at")
    assert list(spells) == [(w.ana.pk, NOON, NOON + HOUR), (w.ben.pk, NOON + HOUR, None)]


def test_a_restarted_clock_needs_a_reason_and_runs_from_now(w):
    lead = lead_in("assigned", w.ana, w.cleo, w.north)

    refused = assignment.assign([lead], to=w.ben, by=w.cleo, at=NOON + HOUR, restart_clock=True)
    assignment.assign([lead], to=w.ben, by=w.cleo, at=NOON + HOUR, restart_clock=True, note="Ana left")

    assert refused.refused[0][1].code == "note"
    assert Task.objects.get(lead=lead, kind="response").due_at == NOON + 3 * HOUR


def test_a_touch_by_who_just_lost_the_lead_counts_for_the_lead(w):
    lead = lead_in("assigned", w.ana, w.cleo, w.north)
    assignment.assign([lead], to=w.ben, by=w.cleo, at=NOON + HOUR)

    result = touches.log([Seen(lead.pk, lead.cycle_id)], channel="call", outcome="interested", by=w.ana, at=NOON + HOUR)

    touch = Touch.objects.get(lead=lead)
    assert (touch.by, touch.is_owners, touch.cycle_id) == (w.ana, False, lead.cycle_id)
    assert (result.lead.status, result.lead.owner, result.lead.cycle.first_touch_by) == ("working", w.ben, w.ana)


def test_a_touch_before_the_assignment_stands_and_counts_for_nothing(w):
    lead = lead_in("assigned", w.ana, w.cleo, w.north)

    after = touches.log([lead], channel="call", outcome="interested", by=w.ana, at=LATER, occurred_at=NOON - HOUR).lead

    assert (after.status, after.cycle.touches, after.cycle.first_touch_at) == ("assigned", 0, None)
    assert Touch.objects.get(lead=lead).cycle is None


def test_a_touch_logged_later_for_an_earlier_moment_never_moves_the_first(w):
    lead = lead_in("working", w.ana, w.cleo, w.north)

    after = touches.log([lead], channel="email", outcome="sent", by=w.ana, at=LATER, occurred_at=NOON + HOUR / 2).lead

    assert (after.cycle.first_touch_at, after.cycle.touches, after.cycle.last_touch_at) == (NOON + HOUR, 2, NOON + HOUR)


def test_a_touch_in_the_future_is_refused(w):
    lead = lead_in("assigned", w.ana, w.cleo, w.north)

    with pytest.raises(Refused) as refusal:
        touches.log([lead], channel="call", outcome="sent", by=w.ana, at=LATER, occurred_at=LATER + HOUR)

    assert refusal.value.code == "future"
    assert Touch.objects.count() == 0


@pytest.mark.parametrize(("seconds", "status"), [(60, "assigned"), (61, "working")])
def test_a_first_touch_is_withdrawn_within_its_minute_and_no_later(seconds, status, w):
    lead = lead_in("assigned", w.ana, w.cleo, w.north)
    touch = touches.log([lead], channel="call", outcome="sent", by=w.ana, at=LATER, next_at=LATER + HOUR).made[lead.pk][
        "touch"
    ]

    touches.withdraw(touch, by=w.ana, at=LATER + timedelta(seconds=seconds))
    settle()

    after = Lead.objects.select_related("cycle").get(pk=lead.pk)
    taken = status == "assigned"
    assert after.status == status
    assert (after.cycle.first_touch_at is None, after.cycle.working_at is None, after.cycle.touches) == (
        taken,
        taken,
        int(not taken),
    )
    assert [t.kind for t in Task.objects.filter(lead=lead, done_at=None)] == (["response"] if taken else ["follow_up"])
    assert Touch.objects.filter(withdrawn_at__isnull=False).count() == int(taken)
    assert Event.objects.filter(lead_id=lead.pk, kind="touch").count() == 1


def test_an_action_meant_for_an_earlier_round_is_refused(w):
    old = lead_in("working", w.ana, w.cleo, w.north)
    ended = dispositions.nurture([old], reason=reason("no_for_now"), by=w.ana, at=LATER).lead
    again = assignment.assign([ended], to=w.ana, by=w.cleo, at=LATER + HOUR).lead

    result = dispositions.nurture(
        [Seen(old.pk, old.cycle_id)], reason=reason("wrong_person"), by=w.ana, at=LATER + 2 * HOUR
    )

    assert result.refused[0][1].code == "stale"
    assert Lead.objects.get(pk=old.pk).version == again.version


def test_a_manager_who_was_faster_makes_a_reps_form_stale_and_says_what_happened(w):
    seen = lead_in("working", w.ana, w.cleo, w.north)
    assignment.assign([seen], to=w.ben, by=w.cleo, at=LATER)

    result = dispositions.nurture([seen], reason=reason("no_for_now"), by=w.ana, at=LATER)

    assert result.refused[0][1].words.startswith("Cleo gave")
    assert Lead.objects.get(pk=seen.pk).status == "working"


@pytest.mark.parametrize(
    ("hours", "by", "allowed"), [(24, "ana", True), (25, "ana", False), (25, "cleo", True), (1, "ben", False)]
)
def test_a_disposition_is_taken_back_by_its_maker_for_a_day_and_by_a_manager_later(hours, by, allowed, w):
    lead = lead_in("nurture", w.ana, w.cleo, w.north)

    result = dispositions.take_back([lead], by=getattr(w, by), at=NOON + 2 * HOUR + hours * HOUR)
    settle()

    after = Lead.objects.select_related("cycle").get(pk=lead.pk)
    assert (after.status == "working") == allowed
    assert (after.cycle.outcome == "") == allowed
    if allowed:
        assert (after.owner, after.cycle.number, result.refused) == (w.ana, 1, [])
        assert Event.objects.transitions().filter(lead_id=lead.pk).count() == 4


def test_a_kept_lead_stays_with_its_rep_and_comes_back_on_its_day(w):
    kept = lead_in("kept", w.ana, w.cleo, w.north)
    day = kept.recycle_at

    early = recycling.come_back([kept.pk], at=day - timedelta(seconds=1), queue=w.north)
    back = recycling.come_back([kept.pk], at=day + 9 * HOUR, queue=w.north).lead

    assert early.refused[0][1].code == "not_due"
    assert (kept.owner, kept.nurture_kind, kept.reason.code) == (w.ana, "sales", "kept")
    assert (back.status, back.owner, back.cycle.number, back.cycle.assigned_at) == ("assigned", w.ana, 2, day)


def test_recycling_puts_a_lead_into_the_outbound_queue_without_a_round(w):
    lead = lead_in("nurture", w.ana, w.cleo, w.north)

    back = recycling.come_back([lead.pk], at=lead.recycle_at, queue=w.north).lead

    assert (back.status, back.team, back.recycle_at, back.cycle_id) == ("nurture", w.north, None, lead.cycle_id)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-08-31T12:00+02:00", "2027-02-28T12:00+01:00"),
        ("2027-08-31T12:00+02:00", "2028-02-29T12:00+01:00"),
        ("2026-03-31T12:00+02:00", "2026-09-30T12:00+02:00"),
        ("2026-09-01T00:30+02:00", "2027-03-01T00:30+01:00"),  # in UTC still August
        ("2027-01-15T10:00+01:00", "2027-07-15T10:00+02:00"),
        ("2026-09-28T02:30+02:00", "2027-03-28T03:30+02:00"),  # the night that leaves 02:30 out
        ("2026-04-25T02:30+02:00", "2026-10-25T02:30+02:00"),  # the night that has 02:30 twice: its first
        ("2026-10-25T02:30+01:00", "2027-04-25T02:30+02:00"),
    ],
)
def test_a_lead_comes_back_six_calendar_months_later_at_the_same_time_of_day(w, at, expected):
    at = datetime.fromisoformat(at)
    lead = assignment.assign([raw(team=w.north)], to=w.ana, by=w.cleo, at=at - 2 * HOUR).lead
    touches.log([lead.pk], channel="call", outcome="interested", by=w.ana, at=at - HOUR)

    ended = dispositions.nurture([lead.pk], reason=reason("budget_later"), by=w.ana, at=at).lead

    assert ended.recycle_at == datetime.fromisoformat(expected)


def test_months_are_counted_where_the_company_is(settings):
    settings.LEADOPS_TIME_ZONE = "Asia/Tokyo"

    assert after_months(datetime(2026, 8, 30, 20, tzinfo=UTC), 6) == datetime(2027, 2, 27, 20, tzinfo=UTC)


def test_leads_held_for_a_reason_are_released_together(w):
    held = [lead_in("nurture", w.ana, w.cleo, w.north) for _ in range(3)]
    other = dispositions.nurture(
        [lead_in("working", w.ana, w.cleo, w.north)], reason=reason("no_for_now"), by=w.ana, at=LATER
    ).lead

    result = recycling.release(reason("budget_later"), [*held, other], queue=w.north, by=w.rita, at=LATER)

    assert [lead.pk for lead in result.done] == [lead.pk for lead in held]
    assert [lead.pk for lead, _ in result.refused] == [other.pk]


def test_auto_abandon_waits_for_both_its_limits_and_is_dated_when_it_was_due(w):
    lead = lead_in("working", w.ana, w.cleo, w.north)
    last = NOON + timedelta(days=28)
    touches.log([lead], channel="call", outcome="no_answer", by=w.ana, at=last)
    due = last + timedelta(days=7)

    early = recycling.abandon([lead.pk], at=due - timedelta(seconds=1))
    gone = recycling.abandon([lead.pk], at=due + timedelta(days=3)).lead

    assert early.refused[0][1].code == "not_due"
    assert (gone.status, gone.reason.code, gone.cycle.ended_at, gone.cycle.ended_by) == (
        "nurture",
        "auto_abandoned",
        due,
        None,
    )


def test_a_prospects_answer_and_a_granted_exception_hold_auto_abandon(w):
    answered, excepted = (lead_in("working", w.ana, w.cleo, w.north) for _ in range(2))
    signals.reply([answered.pk], words="Call me in May", by=None, at=LATER)
    exceptions.ask([excepted], reason=reason("legal"), review_at=NOON + timedelta(days=90), by=w.ana, at=LATER)
    asked_only = recycling.abandon_due
    exceptions.grant([excepted.pk], by=w.cleo, at=LATER)

    result = recycling.abandon([answered.pk, excepted.pk], at=NOON + timedelta(days=60))

    assert asked_only is recycling.abandon_due
    assert [refusal.code for _, refusal in result.refused] == ["not_due", "not_due"]


def test_an_exception_is_asked_for_by_a_rep_and_granted_by_a_manager(w):
    lead = lead_in("working", w.ana, w.cleo, w.north)
    exceptions.ask([lead], reason=reason("legal"), review_at=LATER + timedelta(days=5), by=w.ana, at=LATER)

    by_rep = exceptions.grant([lead.pk], by=w.ana, at=LATER)
    exceptions.grant([lead.pk], by=w.cleo, at=LATER)

    assert by_rep.refused[0][1].code == "forbidden"
    assert Cycle.objects.get(lead=lead).has_exception is True
    task = Task.objects.get(lead=lead, kind="exception")
    assert (task.accepted_by, task.accepted_at, task.done_at) == (w.cleo, LATER, None)


def test_an_opt_out_of_one_channel_leaves_the_others(w):
    lead = lead_in("working", w.ana, w.cleo, w.north)
    consent.opt_out([lead], channels=["call"], by=w.ana, at=LATER)

    call = touches.log([lead.pk], channel="call", outcome="sent", by=w.ana, at=LATER)
    mail = touches.log([lead.pk], channel="email", outcome="sent", by=w.ana, at=LATER)

    assert call.refused[0][1].code == "opted_out"
    assert mail.refused == []


def test_an_opt_out_of_all_ends_the_round_and_waits_in_no_queue(w):
    worked, waiting = lead_in("working", w.ana, w.cleo, w.north), lead_in("queued", w.ana, w.cleo, w.north)

    consent.opt_out([worked, waiting], by=w.rita, at=LATER)

    worked, waiting = (Lead.objects.select_related("cycle").get(pk=lead.pk) for lead in (worked, waiting))
    assert (worked.status, worked.cycle.outcome, worked.reason.code) == ("unqualified", Outcome.OPTED_OUT, "opted_out")
    assert (waiting.status, waiting.team, waiting.cycle) == ("raw", None, None)
    assert pulling.pull(w.north, by=w.ana, at=LATER).done == []


def test_who_opted_out_and_then_asks_for_us_is_answered(w):
    lead = lead_in("opted_out", w.ana, w.cleo, w.north)
    raised = signals.raise_hand([lead], what="demo", to=w.ana, by=w.rita, at=LATER).lead

    result = touches.log([raised], channel="call", outcome="interested", by=w.ana, at=LATER + HOUR)

    assert (raised.status, result.lead.status) == ("assigned", "working")


def test_a_hand_raise_in_an_open_round_has_a_clock_of_its_own(w):
    lead = lead_in("working", w.ana, w.cleo, w.north)

    after = signals.raise_hand([lead], what="demo", words="Call me", by=w.rita, at=LATER).lead

    task = Task.objects.get(lead=lead, kind="hand_raise")
    assert (task.owner, task.due_at, task.limit_at) == (w.ana, LATER + 2 * HOUR, LATER + 24 * HOUR)
    assert after.cycle_id == lead.cycle_id


def test_a_hand_raise_told_twice_changes_nothing(w):
    lead = lead_in("working", w.ana, w.cleo, w.north)
    signals.raise_hand([lead], what="demo", by=w.rita, at=LATER)

    again = signals.raise_hand([lead.pk], what="demo", by=w.rita, at=LATER + HOUR, when=LATER)

    assert again.refused[0][1].code == "unchanged"
    assert Task.objects.filter(lead=lead, kind="hand_raise").count() == 1


def test_a_hand_raise_of_one_who_may_not_return_goes_to_the_manager(w):
    lead = lead_in("unqualified", w.ana, w.cleo, w.north)

    after = signals.raise_hand([lead], what="demo", by=w.rita, at=LATER).lead

    task = Task.objects.get(lead=lead, kind="review")
    assert (after.status, task.owner, task.limit_at) == ("unqualified", w.cleo, LATER + 24 * HOUR)


def test_a_nurtured_lead_that_raises_a_hand_goes_to_who_worked_it_last(w):
    lead = lead_in("nurture", w.ana, w.cleo, w.north)

    after = signals.raise_hand([lead], what="chat", by=w.rita, at=NOON + timedelta(days=89)).lead

    assert (after.status, after.owner, after.cycle.number, after.go_to_market) == ("assigned", w.ana, 2, "inbound")


def test_no_seller_touches_what_belongs_to_the_product(w):
    lead = lead_in("open_plg", w.ana, w.cleo, w.north)

    result = touches.log([lead], channel="call", outcome="sent", by=w.ana, at=LATER)

    assert (lead.owner, lead.team.kind, result.refused[0][1].code) == (None, "product", "forbidden")


def test_a_hand_over_ends_the_products_round_and_begins_one_of_sales(w):
    lead = lead_in("working_plg", w.ana, w.cleo, w.north)

    after = product_led.hand_over([lead], to=w.ana, at=LATER, rule="five_users").lead
    settle()

    rounds = list(
        Cycle.objects.filter(lead=lead).order_by("number").values_list("motion", "outcome", "trigger", "target_at")
    )
    assert rounds == [("plg", "handed_over", "sign_up", None), ("slg", "", "hand_over", LATER + 2 * HOUR)]
    assert (after.motion, after.owner, after.state_label) == ("slg", w.ana, "Open SLG")


def test_a_system_reason_is_nobodys_choice_and_a_size_is_asked_for(w):
    lead = lead_in("working", w.ana, w.cleo, w.north)

    for code, problem in (("auto_abandoned", "reason"), ("too_small", "size"), ("not_a_prospect", "reason")):
        with pytest.raises(Refused) as refusal:
            dispositions.nurture([lead], reason=reason(code), by=w.ana, at=LATER)
        assert refusal.value.code == problem
    small = dispositions.nurture([lead], reason=reason("too_small"), size="3", by=w.ana, at=LATER).lead
    assert small.cycle.size == "3"


def test_a_mention_tells_the_colleague_once_if_they_may_see_the_lead(w):
    from accounts.models import Message

    lead = lead_in("working", w.ana, w.cleo, w.north)

    notes.add(
        [lead], text="@cleo and @Cleo and @ben and @nobody, look. Not me, @ana; mail x@cleo.example", by=w.ana, at=LATER
    )

    assert list(Message.objects.exclude(kind="assigned").values_list("to__username", "kind", "lead_id")) == [
        ("cleo", "mention", lead.pk)
    ]


def test_a_batch_goes_on_without_those_that_cannot(w):
    good = [lead_in("working", w.ana, w.cleo, w.north) for _ in range(2)]
    bad = [lead_in("assigned", w.ana, w.cleo, w.north), lead_in("raw", w.ana, w.cleo, w.north)]

    result = dispositions.nurture([*good, *bad, Seen(10**12)], reason=reason("no_for_now"), by=w.rita, at=LATER)

    assert {lead.pk for lead in result.done} == {lead.pk for lead in good}
    assert [refusal.code for _, refusal in result.refused] == ["no_touch", "state", "gone"]


@pytest.mark.parametrize("number", [1, 40])
def test_a_batch_costs_the_same_queries_however_long_it_is(number, w, django_assert_num_queries):
    leads = [lead_in("working", w.ana, w.cleo, w.north) for _ in range(number)]
    why = reason("no_for_now")

    with django_assert_num_queries(10):
        dispositions.nurture(leads, reason=why, by=w.rita, at=LATER)


def test_every_ended_state_is_listed(w):
    assert {LeadStatus.RAW, *LeadStatus.OPEN, *LeadStatus.ENDED} == set(LeadStatus)
    assert raw().status == "raw"


def test_the_eleventh_untouched_lead_of_one_source_waits_for_the_manager(w):
    source = Source.objects.create(name="Trade show")
    leads = [assignment.assign([raw(source=source)], to=w.ana, by=w.rita, at=NOON).lead for _ in range(13)]
    other = lead_in("assigned", w.ana, w.cleo, w.north)

    first = dispositions.unqualify(leads[:6], reason=reason("not_a_prospect"), by=w.ana, at=LATER)
    rest = dispositions.unqualify([*leads[6:], other], reason=reason("not_a_prospect"), by=w.ana, at=LATER + HOUR / 2)
    much_later = lead_in("assigned", w.ana, w.cleo, w.north)

    assert (len(first.waiting), {lead.pk for lead in rest.waiting}) == (0, {lead.pk for lead in leads[10:]})
    assert Lead.objects.filter(pk__in=[lead.pk for lead in leads], status="unqualified").count() == 10
    assert Lead.objects.get(pk=other.pk).status == "unqualified", "another source has a count of its own"
    assert set(Task.objects.filter(kind="review").values_list("owner__username", flat=True)) == {"cleo"}
    assert (
        dispositions.unqualify([much_later], reason=reason("not_a_prospect"), by=w.ana, at=LATER + 3 * HOUR).waiting
        == []
    )


def test_a_manager_lets_the_waiting_ends_pass_or_sends_them_back(w):
    leads = [lead_in("assigned", w.ana, w.cleo, w.north) for _ in range(13)]
    waiting = dispositions.unqualify(leads, reason=reason("not_a_prospect"), by=w.ana, at=LATER).waiting
    by_rep = wishes.allow([waiting[0].pk], by=w.ana, at=LATER)

    allowed = wishes.allow([waiting[0].pk, waiting[1].pk], by=w.cleo, at=LATER)
    back = wishes.disallow([waiting[2].pk], by=w.cleo, at=LATER)

    assert by_rep.refused[0][1].code == "forbidden"
    assert [lead.cycle.ended_by_id for lead in allowed.done] == [w.ana.pk, w.ana.pk]
    assert (back.lead.status, back.lead.owner) == ("assigned", w.ana)
    assert Task.objects.filter(kind="review", done_at=None).count() == 0


def test_a_second_wish_is_refused_also_where_no_manager_is_there_to_ask(w):
    leads = [lead_in("assigned", w.ana, w.cleo, w.north) for _ in range(11)]
    User.objects.exclude(pk=w.ana.pk).update(is_active=False)
    waiting = dispositions.unqualify(leads, reason=reason("not_a_prospect"), by=w.ana, at=LATER).waiting

    again = dispositions.unqualify(waiting, reason=reason("not_a_prospect"), by=w.ana, at=LATER)

    assert [(refused.code, refused.words) for _lead, refused in again.refused] == [
        ("already", f"{waiting[0].name} waits for the manager's word already.")
    ]
    assert Task.objects.filter(kind="review", done_at=None).count() == 1


def test_erasing_a_person_leaves_counts_and_no_word_of_them(w):
    canaries = {
        "first_name": "Canaryfirst", "last_name": "Canarylast", "title": "Canarytitle", "company": "Canaryco",
        "email": "canary@canary.example", "phone": "+4791200099", "website": "canary.example", "search": "canarysearch",
    }  # fmt: skip
    lead = assignment.assign([raw(**canaries)], to=w.ana, by=w.rita, at=NOON).lead
    Identity.objects.create(lead=lead, kind="email", value="canary@canary.example")
    signals.raise_hand([lead], what="demo", words="Canarywords", by=w.rita, at=NOON + HOUR)
    touches.log(
        [lead.pk],
        channel="call",
        outcome="sent",
        note="Canarynote @ben",
        by=w.ana,
        at=NOON + HOUR,
        next_at=LATER,
        next_what="Canarytask",
    )
    rounds = Cycle.objects.count(), Touch.objects.count()

    by_manager = erasure.erase([lead.pk], by=w.cleo, at=LATER)
    erasure.erase([lead.pk], by=w.rita, at=LATER).whole()
    settle()

    assert by_manager.refused[0][1].code == "forbidden"
    assert (Cycle.objects.count(), Touch.objects.count()) == rounds
    assert Cycle.objects.get(lead=lead).outcome == "void"
    for model in apps.get_models():
        for row in model.objects.values():
            assert "canary" not in str(row).lower(), f"{model.__name__}: {row}"
