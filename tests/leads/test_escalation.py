"""A clock that nobody answers, against days written by hand: who is told, what moves, and when (SLA-3, ROUTE-7)."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from accounts.models import Absence, Event, Membership, Message, Team, User
from accounts.sweeping import run
from accounts.words import duration
from leadops.chaos import week
from leadops.chaos.week import BREACHES, STEPS, TOLD, WEEK, breaches, on, told, words
from leads import assignment, dispositions, exceptions, pulling, pulls, signals, sla, touches
from leads.lifecycle import Seen
from leads.models import Credit, Cycle, Lead, Policy, Spell, Task
from leads.policies import MISSED
from leads.response_sweeps import POOLS, RESPONSE
from tests.lasting import at_once
from tests.leads.states import raw, reason

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def pool(house) -> Team:
    """Ana and Ben share what comes in; Cleo answers for it."""
    pool = Team.objects.create(name="Inbound", kind="pool", manager=house.cleo)
    Membership.objects.bulk_create(Membership(user=user, team=pool) for user in (house.ana, house.ben))
    return pool


def arrives(when: str, name: str = "Lind", **facts) -> Lead:
    return week.arrives(when, name, **facts)


def sweep(when: str, *others: str) -> None:
    for text in (when, *others):
        result = run(RESPONSE, on(text))
        assert (result.failed, result.left) == (0, 0)


def touch(lead: Lead, when: str, by: User, **more) -> None:
    touches.log([Seen(lead.pk)], channel="call", outcome="no_answer", by=by, at=on(when), **more).whole()


# The golden case.


@pytest.mark.django_db
@pytest.mark.parametrize(
    "sweeps",
    [
        ("Fri 16:50", "Fri 17:05", "Sat 15:05", "next Mon 09:00"),
        ("Sun 20:00",),
        ("Fri 17:30", "Sat 23:00", "Sun 03:00", "next Mon 08:59"),
        ("next Mon 09:02",),
    ],
)
def test_in_on_friday_touched_on_monday(house, pool, sweeps):
    lead = arrives("Fri 15:05")
    owner = lead.owner

    sweep(*sweeps)
    touch(lead, "next Mon 09:04", owner)
    sweep("next Mon 09:30", "next Mon 10:30", "next Tue 12:00")

    cycle = Cycle.objects.get(lead=lead)
    assert cycle.first_touch_at - cycle.assigned_at == timedelta(hours=65, minutes=59)
    assert cycle.first_touch_at > cycle.limit_at > cycle.target_at
    assert told() == [
        "Fri 15:05 ana assigned Lind", "Fri 16:50 ana soon Lind", "Fri 17:05 ana target Lind", "Sat 15:05 cleo limit Lind",
    ]  # fmt: skip
    assert breaches() == ["Sat 15:05 Lind"]
    assert list(Spell.objects.filter(lead=lead).values_list("owner", "how")) == [(owner.pk, "assigned")]
    clock = sla.response_clock(cycle.assigned_at, cycle.target_at, cycle.limit_at, cycle.first_touch_at)
    assert clock.kind == "over"


@pytest.mark.django_db
def test_untouched_it_moves_one_hour_into_its_owners_next_shift(house, pool):
    lead = arrives("Fri 15:05")
    sweep("Fri 16:50", "Fri 17:05", "Sat 15:05", "next Mon 09:59")
    assert Lead.objects.get(pk=lead.pk).owner == house.ana

    sweep("next Mon 10:00")

    after = Lead.objects.select_related("owner").get(pk=lead.pk)
    assert after.owner == house.ben
    assert told("taken", "assigned") == [
        "Fri 15:05 ana assigned Lind", "next Mon 10:00 ana taken Lind", "next Mon 10:00 ben assigned Lind",
    ]  # fmt: skip
    # The limit fell outside her hours: the turn is given back.
    assert list(Credit.objects.values_list("user__username", "turns", "why")) == [("ana", 1, "off_shift")]


@pytest.mark.django_db
@pytest.mark.parametrize("first", ["Sat 15:05", "next Mon 09:30", "next Mon 10:00"])
def test_it_moves_one_hour_into_the_shift_whenever_the_sweep_came_back(house, pool, first):
    lead = arrives("Fri 15:05")

    sweep(first, "next Mon 09:59")
    assert (Lead.objects.get(pk=lead.pk).owner == house.ana) is (first != "next Mon 10:00")
    sweep("next Mon 10:00")

    assert Lead.objects.get(pk=lead.pk).owner == house.ben
    assert breaches() == ["Sat 15:05 Lind"]


@pytest.mark.django_db
def test_what_somebody_on_holiday_has_waits_for_their_usual_shift_and_not_for_their_return(house, pool):
    lead = arrives("Fri 15:05")
    Absence.objects.create(
        user=house.ana, starts_at=on("Sat 00:00"), ends_at=on("Sat 00:00") + 20 * DAY, delegate=house.dov
    )

    sweep("Fri 16:50", "Fri 17:05", "Sat 15:05", "next Mon 09:59")
    assert Lead.objects.get(pk=lead.pk).owner == house.ana
    sweep("next Mon 10:00")

    assert Lead.objects.get(pk=lead.pk).owner == house.ben


def by_command(*moments: str) -> None:
    """Run every sweep there is as of these moments, as a person does by hand."""
    for text in moments:
        call_command("sweep", "--at", on(text).isoformat(), stdout=StringIO())


@pytest.mark.django_db
def test_the_golden_case_by_the_command_is_dated_when_it_was_due_and_does_not_move(house, pool):
    lead = arrives("Fri 15:05")

    by_command("Sun 20:00", "next Mon 09:00")
    touch(lead, "next Mon 09:04", house.ana)
    by_command("next Mon 12:00")

    cycle = Cycle.objects.get(lead=lead)
    assert duration(cycle.first_touch_at - cycle.assigned_at) == "65 h 59 min"
    assert cycle.first_touch_at > cycle.limit_at > cycle.target_at
    assert told() == [
        "Fri 15:05 ana assigned Lind", "Fri 16:50 ana soon Lind", "Fri 17:05 ana target Lind", "Sat 15:05 cleo limit Lind",
    ]  # fmt: skip
    assert breaches() == ["Sat 15:05 Lind"]
    assert Lead.objects.get(pk=lead.pk).owner == house.ana


# A week written by hand (leadops/chaos/week.py): two leads, two reps on shift from nine to six, one of them away from Wednesday on.


@pytest.mark.django_db
@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_week_happens_as_it_is_written_however_often_the_sweep_runs(house, pool, times):
    _adler, brandt = week.live(house.ana)

    for step in STEPS:
        sweep(*[step] * times)
    touch(brandt, "Wed 12:50", house.ana)
    sweep(*["Thu 10:00"] * times)

    assert sorted(told()) == sorted(WEEK)
    assert breaches() == BREACHES
    # Ben is alone from Wednesday evening: Adler stays with him, and is looked at one hour into his next shift.
    task = Task.objects.get(lead__last_name="Adler", kind="response")
    assert (task.owner, words(task.sweep_at)) == (house.ben, "Fri 10:00")


@pytest.mark.django_db
def test_the_same_week_by_the_command_is_the_same(house, pool):
    _adler, brandt = week.live(house.ana)

    by_command(*STEPS)
    touch(brandt, "Wed 12:50", house.ana)
    by_command("Thu 10:00", "Thu 10:00")

    # Who gets a lead hears of it when it is known, which by hand is now; all else is dated when it was due.
    dated = [kind for kind in TOLD if kind != "assigned"]
    assert sorted(told(*dated)) == sorted(line for line in WEEK if " assigned " not in line)
    hands = (
        Spell.objects.filter(how="sla")
        .order_by("began_at")
        .values_list("lead__last_name", "owner__username", "began_at")
    )
    assert list(hands) == [("Adler", "ben", on("Wed 10:00")), ("Brandt", "ana", on("Wed 11:00"))]
    assert breaches() == BREACHES


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("shipped")
def test_by_two_sweeps_at_once_every_level_comes_once(house, pool):
    _adler, brandt = week.live(house.ana)

    for step in STEPS:
        answers = at_once(*[lambda step=step: run(RESPONSE, on(step))] * 2)
        assert [a for a in answers if isinstance(a, Exception)] == []
        sweep(step)
    touch(brandt, "Wed 12:50", house.ana)
    sweep("Thu 10:00")

    assert sorted(told()) == sorted(WEEK)
    assert breaches() == BREACHES


@pytest.mark.django_db
def test_a_late_sweep_makes_up_what_was_missed_and_moves_to_who_is_there_now(house, pool):
    arrives("Tue 10:00")

    sweep("Wed 15:30")

    assert told() == [
        "Tue 10:00 ana assigned Lind", "Tue 11:45 ana soon Lind", "Tue 12:00 ana target Lind", "Wed 10:00 cleo limit Lind",
        "Wed 15:30 ana taken Lind", "Wed 15:30 ben assigned Lind",
    ]  # fmt: skip
    assert Task.objects.get().sweep_at == on("Wed 17:15")


# Touched, and when.


@pytest.mark.django_db
def test_touched_after_the_limit_but_before_the_sweep_the_breach_is_on_record_and_nothing_moves(house, pool):
    lead = arrives("Tue 10:00")
    sweep("Tue 11:45", "Tue 12:00")

    touch(lead, "Wed 10:01", house.ana)
    sweep("Wed 10:02", "Wed 15:00")

    assert breaches() == ["Wed 10:00 Lind"]
    assert Event.objects.get(kind="breach").recorded_at == on("Wed 10:01")
    assert Lead.objects.get(pk=lead.pk).owner == house.ana
    assert told("limit", "taken") == []


@pytest.mark.django_db
@pytest.mark.parametrize("minutes", [0, -1])
def test_touched_at_the_very_limit_is_in_time(house, pool, minutes):
    lead = arrives("Tue 10:00")
    sweep("Tue 11:45", "Tue 12:00")

    touches.log([lead.pk], channel="call", outcome="sent", by=house.ana, at=on("Wed 10:00") + minutes * MINUTE)
    sweep("Wed 10:01")

    assert (breaches(), told("limit", "taken")) == ([], [])


@pytest.mark.django_db
def test_an_automated_touch_stops_nothing(house, pool):
    lead = arrives("Tue 10:00")
    touches.log([lead.pk], channel="email", outcome="sent", by=None, at=on("Tue 10:05"), is_automated=True)

    sweep("Wed 10:00")

    assert Lead.objects.get(pk=lead.pk).owner == house.ben


@pytest.mark.django_db
def test_once_they_answer_an_automated_touch_the_next_human_one_stops_the_clock(house, pool):
    lead = arrives("Tue 10:00")
    touches.log([lead.pk], channel="email", outcome="sent", by=None, at=on("Tue 10:05"), is_automated=True)
    signals.reply([lead.pk], words="Call me", by=None, at=on("Tue 11:00"))
    assert Cycle.objects.get(lead=lead).first_touch_at is None

    touch(lead, "Tue 11:30", house.ana)
    sweep("Tue 11:45", "Tue 12:00", "Tue 13:00", "Wed 10:00", "Wed 12:00")

    cycle = Cycle.objects.get(lead=lead)
    assert (cycle.first_touch_at, cycle.first_touch_by) == (on("Tue 11:30"), house.ana)
    assert told() == ["Tue 10:00 ana assigned Lind", "Tue 11:00 ana reply Lind"]
    assert breaches() == []


@pytest.mark.django_db
def test_an_exception_that_was_granted_holds_the_clock(house, pool):
    lead = arrives("Tue 10:00")
    exceptions.ask([lead], reason=reason("legal"), review_at=on("next Fri 10:00"), by=house.ana, at=on("Tue 10:30"))
    exceptions.grant([lead.pk], by=house.cleo, at=on("Tue 10:40"))

    sweep("Wed 10:00")

    assert (breaches(), told("soon", "target", "limit")) == ([], [])


@pytest.mark.django_db
def test_an_ended_round_is_told_to_nobody(house, pool):
    lead = arrives("Tue 10:00")
    dispositions.unqualify([lead], reason=reason("not_a_prospect"), by=house.ana, at=on("Tue 10:30"))

    sweep("Wed 12:00")

    assert told("soon", "target", "limit") == []


@pytest.mark.django_db
def test_a_touch_of_who_lost_it_counts_for_the_lead(house, pool):
    lead = arrives("Tue 10:00")
    sweep("Wed 10:00")

    touch(lead, "Wed 10:10", house.ana)

    cycle = Cycle.objects.get(lead=lead)
    assert (cycle.first_touch_by, cycle.touches) == (house.ana, 1)
    assert Lead.objects.get(pk=lead.pk).owner == house.ben


# Where it moves.


@pytest.mark.django_db
def test_taken_within_their_hours_it_has_cost_its_owner_the_turn(house, pool):
    arrives("Tue 10:00")

    sweep("Wed 10:00")

    assert Credit.objects.count() == 0
    spells = Spell.objects.order_by("pk").values_list("owner__username", "how", "pool__name")
    assert list(spells) == [("ana", "assigned", "Inbound"), ("ben", "sla", "Inbound")]


@pytest.mark.django_db
def test_given_by_hand_and_taken_it_costs_a_turn_where_it_moves(house, pool):
    at = on("Tue 10:00")
    lead = raw(status_since=at, created_at=at, recorded_at=at, team=house.north)
    assert assignment.assign([lead], to=house.ana, by=house.cleo, at=at).lead.owner == house.ana

    sweep("Wed 10:00")

    assert list(Credit.objects.values_list("user__username", "turns", "why")) == [("ana", -1, "taken")]


@pytest.mark.django_db
def test_it_moves_within_the_role_only(house, pool):
    Membership.objects.create(user=house.eva, team=pool)
    Membership.objects.create(user=house.carl, team=pool)
    at = on("Tue 10:00")
    lead = raw(status_since=at, created_at=at, recorded_at=at)
    assert assignment.assign([lead], to=house.carl, by=None, at=at).lead.owner == house.carl

    sweep("Wed 10:00")

    assert Lead.objects.get(pk=lead.pk).owner == house.carl, "no other CSM is there: it never falls to an SDR"
    assert told("limit") == ["Wed 10:00 cleo limit " + lead.last_name]


@pytest.mark.django_db
def test_after_three_hops_it_is_the_managers(house, pool):
    for name in ("ivo", "jon", "kai"):
        user = User.objects.create(username=name, name=name.title(), role="sdr")
        Membership.objects.create(user=user, team=pool)
    lead = arrives("Mon 09:30")

    sweep("Tue 09:30", "Wed 09:30", "Thu 09:30", "Fri 09:30", "next Mon 11:00")

    owners = list(Spell.objects.filter(lead=lead).order_by("pk").values_list("owner__username", flat=True))
    assert len(set(owners[:4])) == 4
    assert owners[4:] == ["cleo"]


@pytest.mark.django_db
def test_by_a_policy_that_says_so_it_goes_back_to_the_queue(house, pool):
    Policy.objects.create(name="Booth", version=1, valid_from=on("Mon 00:00"), order=1, at_limit="queue")
    lead = arrives("Tue 10:00")

    sweep("Wed 10:00", "Thu 12:00", "Fri 12:00")

    after = Lead.objects.get(pk=lead.pk)
    assert (after.owner, after.team, after.status) == (None, pool, "assigned")


@pytest.mark.django_db
def test_who_pulls_gets_what_went_back_to_the_queue_first_in_the_same_round_with_a_clock_of_their_own(house, pool):
    Policy.objects.create(name="Booth", version=1, valid_from=on("Mon 00:00"), order=1, at_limit="queue")
    lead, fresh = arrives("Tue 10:00"), raw(team=pool)
    sweep("Wed 10:00")
    had = Lead.objects.get(pk=lead.pk).cycle
    puller = next(one for one in (house.ana, house.ben) if one != had.owner)
    assert pulls.stand(puller, on("Wed 11:00")).waiting == 2

    pulled = pulling.pull(pool, by=puller, at=on("Wed 11:00"), number=2)

    assert [one.pk for one in pulled.done] == [lead.pk, fresh.pk]
    after = Lead.objects.get(pk=lead.pk)
    assert (after.owner, after.team, after.cycle, after.status) == (puller, None, had, "assigned")
    assert pulls.stand(puller, on("Wed 11:00")).waiting == 0
    sweep("Wed 12:45", "Wed 13:00")
    assert [line for line in told() if line.startswith("Wed 1") and puller.username in line][-2:] == [
        f"Wed 12:45 {puller.username} soon Lind", f"Wed 13:00 {puller.username} target Lind",
    ]  # fmt: skip
    assert not pulling.pull(pool, by=puller, at=on("Wed 13:00")).done


@pytest.mark.django_db
def test_a_customers_lead_back_in_the_queue_is_pulled_by_no_sdr(house, pool):
    Policy.objects.create(name="Booth", version=1, valid_from=on("Mon 00:00"), order=1, at_limit="queue")
    lead = arrives("Tue 10:00")
    User.objects.filter(pk=lead.owner_id).update(role="csm")
    sweep("Wed 10:00")
    assert Lead.objects.get(pk=lead.pk).team == pool
    puller = next(one for one in (house.ana, house.ben) if one.pk != lead.owner_id)

    assert (pulls.stand(puller, on("Wed 11:00")).waiting, pulling.pull(pool, by=puller, at=on("Wed 11:00")).done) == (
        0,
        [],
    )


@pytest.mark.django_db
def test_what_a_pool_holds_for_nobody_could_receive_it_is_not_pulled_but_goes_out_in_turn(house, pool):
    Membership.objects.filter(team=pool).update(cap_open=0)
    lead = arrives("Tue 10:00")
    assert Lead.objects.get(pk=lead.pk).team == pool
    Membership.objects.filter(team=pool, user=house.ana).update(cap_open=None)

    assert not pulling.pull(pool, by=house.ana, at=on("Tue 10:01")).done


@pytest.mark.django_db
def test_a_hand_raise_in_an_open_round_has_a_clock_of_its_own(house, pool):
    lead = arrives("Mon 10:00")
    touch(lead, "Mon 10:05", house.ana)
    signals.raise_hand([lead.pk], what="demo", by=None, at=on("Tue 10:00"))

    sweep("Tue 11:45", "Tue 12:00", "Wed 10:00")

    assert told() == [
        "Mon 10:00 ana assigned Lind", "Tue 10:00 ana hand_raise Lind", "Tue 11:45 ana soon Lind", "Tue 12:00 ana target Lind",
        "Wed 10:00 cleo limit Lind", "Wed 10:00 ana taken Lind", "Wed 10:00 ben assigned Lind",
    ]  # fmt: skip
    assert Lead.objects.get(pk=lead.pk).status == "working"


@pytest.mark.django_db
def test_reassigned_by_a_manager_the_clock_runs_on_and_the_new_owner_is_told(house, pool):
    lead = arrives("Tue 10:00")
    assert assignment.assign([lead], to=house.ben, by=house.cleo, at=on("Tue 11:50")).lead.owner == house.ben

    sweep("Tue 12:00", "Wed 10:00")

    # Ana had it, and nobody else is there: it stays with Ben.
    assert told() == [
        "Tue 10:00 ana assigned Lind", "Tue 11:50 ben assigned Lind", "Tue 12:00 ben target Lind", "Wed 10:00 cleo limit Lind",
    ]  # fmt: skip
    assert Lead.objects.get(pk=lead.pk).owner == house.ben


@pytest.mark.django_db
def test_an_absent_manager_is_stood_in_for_by_theirs(house, pool):
    pool.parent, pool.manager = house.sales, house.cleo
    pool.save()
    Absence.objects.create(user=house.cleo, starts_at=on("Mon 00:00"), ends_at=on("Fri 00:00"), delegate=house.hugo)
    arrives("Tue 10:00")

    sweep("Wed 10:00")

    assert told("limit") == ["Wed 10:00 nora limit Lind"]


@pytest.mark.django_db
def test_nobody_to_receive_the_pool_holds_it_its_manager_hears_and_whoever_returns_gets_it(house, pool):
    Absence.objects.create(user=house.ana, starts_at=on("Mon 00:00"), ends_at=on("Tue 10:30"))
    Membership.objects.filter(user=house.ben).update(cap_open=0)
    lead = arrives("Tue 10:00")
    assert told() == ["Tue 10:00 cleo waits Lind"]

    nobody = run(POOLS, on("Tue 10:20")).done
    somebody = run(POOLS, on("Tue 10:30")).done

    assert (nobody, somebody, Lead.objects.get(pk=lead.pk).owner) == (0, 1, house.ana)
    assert Cycle.objects.get(lead=lead).limit_at == on("Wed 10:00"), "its clock ran on"


# The race: the first touch against the limit.


def first_touch_against_the_limit(house, rounds: int) -> dict[str, int]:
    """Let a touch and the sweep meet at the limit, and count how it ended: in time, or escalated; `both` and `neither` are wrong."""
    ends = {"in time": 0, "escalated": 0, "both": 0, "neither": 0}
    for _ in range(rounds):
        lead = arrives("Tue 10:00")
        Task.objects.filter(lead=lead).update(level=MISSED, sweep_at=on("Wed 10:00"))
        seen = Seen(lead.pk, lead.cycle_id)
        owner = lead.owner
        answers = at_once(
            lambda seen=seen, owner=owner: touches.log(
                [seen], channel="call", outcome="sent", by=owner, at=on("Wed 10:00")
            ),
            lambda: run(RESPONSE, on("Wed 10:00")),
        )
        assert [a for a in answers if isinstance(a, Exception)] == []
        run(RESPONSE, on("Wed 10:00") + MINUTE)
        ends[_end(lead)] += 1
    return ends


def _end(lead: Lead) -> str:
    cycle = Cycle.objects.get(lead=lead)
    in_time = cycle.first_touch_at is not None and cycle.first_touch_at <= cycle.limit_at
    told_of = Message.objects.filter(lead_id=lead.pk, kind="limit").count()
    breached = Event.objects.filter(lead_id=lead.pk, kind="breach").count()
    moved = Spell.objects.filter(lead=lead, how="sla").count()
    assert (told_of, breached, moved) in ((0, 0, 0), (1, 1, 1)), (told_of, breached, moved)
    escalated = bool(told_of)
    return {(True, False): "in time", (False, True): "escalated", (True, True): "both"}.get(
        (in_time, escalated), "neither"
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("shipped")
def test_a_lead_is_touched_in_time_or_escalated_never_both_never_neither(house, pool):
    ends = first_touch_against_the_limit(house, 100)

    assert ends["both"] == ends["neither"] == 0
    assert ends["in time"] + ends["escalated"] == 100
    assert ends["in time"] > 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("shipped")
def test_the_control_a_sweep_that_looks_and_then_acts_escalates_what_was_just_touched(house, pool):
    """Without looking again under the lead's lock: read what is due, and tell and move it a moment later."""
    lead = arrives("Tue 10:00")
    Task.objects.filter(lead=lead).update(level=MISSED, sweep_at=on("Wed 10:00"))
    due = list(Task.objects.filter(done_at__isnull=True, sweep_at__lte=on("Wed 10:00")).values_list("lead", flat=True))
    touch(lead, "Wed 10:00", lead.owner)

    with connection.cursor() as cursor:
        cursor.execute("UPDATE leads_task SET level = 3 WHERE lead_id = ANY(%s)", [due])
    Message.objects.create(to=house.cleo, kind="limit", lead_id=due[0], dedupe_key="naive", created_at=on("Wed 10:00"))

    cycle = Cycle.objects.get(lead=lead)
    assert cycle.first_touch_at <= cycle.limit_at
    assert Message.objects.filter(lead_id=lead.pk, kind="limit").count() == 1, "the control: both"
