"""The sweeps of a lead's life, against a year written by hand (`year.py`), and one by one."""

from datetime import timedelta

import pytest
from django.db import connection, transaction

from accounts import sweeping
from accounts.models import Event, Message, Parked, User
from accounts.sweeping import run
from leads import assignment, attention, dispositions, exceptions, pulling, recycling, signals, touches
from leads.lifecycle import Seen
from leads.models import Cycle, Lead, LeadStatus, Task
from leads.sweeps import SWEEPS
from tests.lasting import at_once
from tests.leads.states import HOUR, NOON, lead_in, qualifying, raw, reason
from tests.leads.year import END, Year, calendar, counted, happened, live, on, story, sweep

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
# Told every morning, or asked for again every month, until it ends: late, once.
DAILY = ("exception_waits", "exception_due", "recycle_put_off")


def _year(house) -> Year:
    house.dov.time_zone = "America/New_York"
    house.dov.save()
    year = Year(house.ana, house.dov, house.cleo, house.north, house.south)
    story(year)
    return year


@pytest.fixture
def year(house):
    return _year(house)


@pytest.mark.django_db
def test_every_line_of_the_calendar_happens_at_its_second_and_nothing_else_ever(year):
    deeds = [(at, 0, deed) for at, deed in year.deeds]
    looks = [(line.at + early, 1, sweep) for line in calendar() for early in (-SECOND, timedelta(0))]

    for at, _order, what in sorted(deeds + looks, key=lambda step: step[:2]):
        what(at)
        if what is sweep:
            assert happened() == [line for line in calendar() if line.at <= at], at

    assert sweep(END) == 0
    assert happened() == calendar()


@pytest.mark.django_db
def test_what_was_missed_is_made_up_in_one_run_dated_when_it_was_due(year):
    live(year)

    run_late = sweep(END)

    once = [line for line in happened() if not any(word in f"{line.event} {line.told}" for word in DAILY)]
    assert run_late > 0
    assert once == [line for line in calendar() if not any(word in f"{line.event} {line.told}" for word in DAILY)]
    assert set(Event.objects.filter(door="sweep").values_list("recorded_at", flat=True)) == {END}


@pytest.mark.django_db
def test_again_and_a_third_time_nothing_more_happens(year):
    live(year)
    sweep(END)
    before, counts = happened(), counted()

    again = [sweep(END), sweep(END)]

    assert again == [0, 0]
    assert (happened(), counted()) == (before, counts)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("shipped")
def test_by_two_at_once_everything_happens_once(house):
    live(_year(house))

    first, second = at_once(lambda: sweep(END), lambda: sweep(END))

    assert isinstance(first, int), first
    assert isinstance(second, int), second
    # What one of them held, the other passed over; one more look finds nothing that both left.
    sweep(END)
    once = [line for line in calendar() if not any(word in f"{line.event} {line.told}" for word in DAILY)]
    assert [line for line in happened() if not any(word in f"{line.event} {line.told}" for word in DAILY)] == once
    assert counted() == (len([x for x in happened() if x.event != "-"]), len([x for x in happened() if x.told != "-"]))


# One by one. Each has rows that are due at this moment, made by the real processes.
DUE = NOON + 60 * DAY


def due_to_abandon(house) -> Lead:
    return lead_in("working", house.ana, house.cleo, house.north)


def due_to_come_back(house) -> Lead:
    lead = lead_in("working", house.ana, house.cleo, house.north)
    return dispositions.keep([lead], until=NOON + 30 * DAY, by=house.ana, at=NOON + 2 * HOUR).lead


def due_pull(house) -> Lead:
    return assignment.assign([raw(team=house.north)], to=house.ana, by=house.ana, at=NOON, trigger="pull").lead


def due_exception(house) -> Lead:
    lead = lead_in("assigned", house.ana, house.cleo, house.north)
    exceptions.ask([lead], reason=reason("legal"), review_at=NOON + 5 * DAY, by=house.ana, at=NOON + HOUR)
    exceptions.grant([lead.pk], by=house.cleo, at=NOON + HOUR)
    return lead


CASES = {
    "auto-abandon": (due_to_abandon, "auto_abandoned"),
    "untouched-pulls": (due_pull, "returned"),
    "come-back": (due_to_come_back, "kept_due"),
    "exceptions": (due_exception, "exception_due"),
    "long-working": (due_to_abandon, "long_working"),
}
BY_NAME = {each.name: each for each in SWEEPS}


def told(kind: str) -> list[int]:
    return sorted(Message.objects.filter(kind=kind).values_list("lead_id", flat=True))


def poison(lead: Lead, what: str = "RAISE EXCEPTION 'no'") -> None:
    """Have the database refuse, or hang on, any change of this lead."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE OR REPLACE FUNCTION test_poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {what}; RETURN NEW; END $$"
        )
        cursor.execute("DROP TRIGGER IF EXISTS test_poison ON leads_lead")
        cursor.execute(
            "CREATE TRIGGER test_poison BEFORE UPDATE ON leads_lead FOR EACH ROW"
            f" WHEN (OLD.id = {lead.pk}) EXECUTE FUNCTION test_poison()"
        )


def heal() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER test_poison ON leads_lead")


def test_every_sweep_of_a_lead_has_its_case():
    assert [*CASES, "day-end", "morning"] == sorted(
        [each.name for each in SWEEPS], key=[*CASES, "day-end", "morning"].index
    )


@pytest.mark.django_db
@pytest.mark.parametrize("name", CASES)
def test_a_poisoned_row_is_put_aside_after_three_tries_and_told_and_the_others_go_on(name, house):
    make, kind = CASES[name]
    bad, *good = [make(house) for _ in range(4)]
    poison(bad)

    runs = [run(BY_NAME[name], DUE) for _ in range(4)]

    assert [(r.found, r.done, r.failed) for r in runs] == [(4, 3, 1), (1, 0, 1), (1, 0, 1), (0, 0, 0)]
    assert told(kind) == [lead.pk for lead in good]
    parked = Parked.objects.get()
    assert (parked.sweep, parked.key, parked.tries, parked.parked_at) == (name, bad.pk, 3, DUE)
    said = Message.objects.filter(kind="parked").values_list("to__username", "data__key", "data__error")
    assert sorted(said) == [(who, bad.pk, "ProgrammingError: no") for who in ("rita", "root")]

    heal()
    assert sweeping.release(name) == 1
    assert run(BY_NAME[name], DUE).done == 1
    assert told(kind) == sorted(lead.pk for lead in [bad, *good])


@pytest.mark.django_db
def test_a_row_that_hangs_holds_up_nobody_but_itself(house, monkeypatch):
    monkeypatch.setattr(sweeping, "PATIENCE", timedelta(seconds=1))
    bad, *_good = [due_to_abandon(house) for _ in range(3)]
    poison(bad, "PERFORM pg_sleep(20)")

    result = run(BY_NAME["auto-abandon"], DUE)

    assert (result.done, result.failed) == (2, 1)
    assert Lead.objects.get(pk=bad.pk).status == "working"
    assert "statement timeout" in Parked.objects.get(key=bad.pk).error


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("shipped")
@pytest.mark.parametrize("name", CASES)
def test_two_at_once_do_each_thing_once(name, house):
    make, kind = CASES[name]
    leads = [make(house) for _ in range(12)]

    first, second = at_once(*[lambda: run(BY_NAME[name], DUE)] * 2)
    last = run(BY_NAME[name], DUE)

    assert first.done + second.done + last.done == 12
    assert told(kind) == [lead.pk for lead in leads]
    moves = Event.objects.filter(door="sweep", kind="transition")
    assert moves.count() == (0 if kind in ("exception_due", "long_working") else 12)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("shipped")
def test_a_lead_that_somebody_holds_is_passed_over_and_done_at_the_next_run(house):
    held, free = due_to_abandon(house), due_to_abandon(house)
    runs = []

    with transaction.atomic():
        Lead.objects.select_for_update(no_key=True).get(pk=held.pk)
        runs += at_once(lambda: run(BY_NAME["auto-abandon"], DUE))
    runs.append(run(BY_NAME["auto-abandon"], DUE))

    assert [(r.found, r.done, r.failed) for r in runs] == [(2, 1, 0), (1, 1, 0)]
    assert told("auto_abandoned") == [held.pk, free.pk]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("shipped")
def test_a_touch_and_the_sweep_at_once_end_in_one_of_two_orders(house):
    ends = set()
    for _ in range(12):
        lead = due_to_abandon(house)
        seen, at = Seen(lead.pk, lead.cycle_id), lead.cycle.abandon_at

        touched, swept = at_once(
            lambda seen=seen, at=at: touches.log([seen], channel="call", outcome="sent", by=house.ana, at=at),
            lambda at=at: run(BY_NAME["auto-abandon"], at),
        )

        after = Lead.objects.select_related("cycle").get(pk=lead.pk)
        gone = after.status == LeadStatus.NURTURE
        assert (after.cycle.touches, after.cycle.ended_at is not None) == ((1, True) if gone else (2, False))
        assert Message.objects.filter(kind="auto_abandoned", lead_id=lead.pk).count() == int(gone)
        assert touched.refused == []
        ends.add((gone, swept.done))
    assert ends <= {(True, 1), (False, 0)}


# What holds a lead, and what does not.


@pytest.mark.django_db
def test_an_exception_that_was_only_asked_for_holds_nothing(house):
    lead = due_to_abandon(house)
    exceptions.ask([lead], reason=reason("legal"), review_at=DUE + DAY, by=house.ana, at=NOON + 2 * HOUR)

    assert run(BY_NAME["auto-abandon"], DUE).done == 1


@pytest.mark.django_db
@pytest.mark.parametrize("hold", ["reply", "hand raise", "exception"])
def test_what_holds_a_round_empties_its_deadline_and_its_end_sets_it_again(hold, house):
    lead, later = due_to_abandon(house), NOON + 10 * DAY
    if hold == "exception":
        exceptions.ask([lead], reason=reason("legal"), review_at=DUE, by=house.ana, at=later)
        exceptions.grant([lead.pk], by=house.cleo, at=later)
    elif hold == "reply":
        signals.reply([lead.pk], words="In May", by=None, at=later)
    else:
        signals.raise_hand([lead.pk], what="demo", by=None, at=later)
    held = Cycle.objects.get(lead=lead).abandon_at

    end = NOON + 45 * DAY
    if hold == "exception":
        exceptions.close([lead.pk], by=house.cleo, at=end)
    else:
        touches.log([lead.pk], channel="call", outcome="sent", by=house.ana, at=end)

    assert (held, Cycle.objects.get(lead=lead).abandon_at) == (None, end + 7 * DAY)


@pytest.mark.django_db
def test_a_withdrawn_first_touch_was_none(house):
    lead = lead_in("assigned", house.ana, house.cleo, house.north)
    at = NOON + 10 * DAY
    touch = touches.log([lead], channel="call", outcome="sent", by=house.ana, at=at).made[lead.pk]["touch"]

    touches.withdraw(touch, by=house.ana, at=at + timedelta(seconds=30))

    assert Cycle.objects.get(lead=lead).abandon_at == NOON + 14 * DAY


@pytest.mark.django_db
def test_what_a_team_holds_and_nobody_takes_is_told_to_its_manager(house):
    lead = raw(team=house.north)
    assignment.assign([lead], to=house.north, by=house.cleo, at=NOON)

    run(BY_NAME["auto-abandon"], NOON + 14 * DAY)

    message = Message.objects.get(kind="auto_abandoned")
    assert (message.to, message.lead_id, message.created_at) == (house.cleo, lead.pk, NOON + 14 * DAY)


@pytest.mark.django_db
def test_what_goes_within_three_days_is_on_its_owners_list_the_next_first(house):
    soon, sooner, _later = (lead_in("working", house.ana, house.cleo, house.north) for _ in range(3))
    touches.log([_later.pk], channel="call", outcome="sent", by=house.ana, at=NOON + 29 * DAY)
    touches.log([soon.pk], channel="call", outcome="sent", by=house.ana, at=NOON + 24 * DAY)
    at = NOON + HOUR + 27 * DAY

    leaving = list(attention.leaving(house.ana, at))

    assert leaving == [sooner]
    assert list(attention.leaving(house.ana, at + DAY)) == [sooner, soon]
    assert list(attention.leaving(house.ben, at)) == []


# Coming back.


@pytest.mark.django_db
@pytest.mark.parametrize("where", ["own", "says", "above"])
def test_a_lead_comes_back_into_the_queue_that_its_team_says(where, house):
    lead = lead_in("nurture", house.ana, house.cleo, house.north)
    if where != "own":
        team = house.north if where == "says" else house.sales
        team.outbound_queue = house.south
        team.save()

    run(BY_NAME["come-back"], lead.recycle_at)

    assert Lead.objects.get(pk=lead.pk).team == (house.north if where == "own" else house.south)


@pytest.mark.django_db
def test_a_kept_lead_goes_to_who_stands_in_for_its_absent_keeper(house):
    lead = due_to_come_back(house)
    house.ana.absences.create(starts_at=NOON + 29 * DAY, ends_at=NOON + 33 * DAY, delegate=house.ben)

    run(BY_NAME["come-back"], DUE)

    after = Lead.objects.select_related("cycle").get(pk=lead.pk)
    assert (after.status, after.owner, after.cycle.assigned_at) == ("assigned", house.ben, NOON + 30 * DAY)


@pytest.mark.django_db
def test_a_kept_lead_of_somebody_who_left_goes_to_the_queue(house):
    lead = due_to_come_back(house)
    User.objects.filter(pk=house.ana.pk).update(is_active=False)

    run(BY_NAME["come-back"], DUE)

    after = Lead.objects.get(pk=lead.pk)
    assert (after.status, after.owner, after.team) == ("nurture", None, house.north)
    assert Task.objects.filter(lead=lead, done_at=None).count() == 0


@pytest.mark.django_db
def test_a_lead_that_belongs_to_a_customer_is_asked_for_a_month_later(house):
    lead = lead_in("nurture", house.ana, house.cleo, house.north)
    qualifying(lead, at=NOON + DAY)

    result = run(BY_NAME["come-back"], lead.recycle_at)

    after = Lead.objects.get(pk=lead.pk)
    assert (result.done, after.team, after.recycle_at) == (1, None, on("2026-10-02 13:00"))
    assert Event.objects.filter(lead_id=lead.pk, kind="recycle_put_off").get().data == {"why": "open_opportunity"}


@pytest.mark.django_db
def test_all_held_for_a_reason_are_released_by_one_act(house):
    held = [lead_in("nurture", house.ana, house.cleo, house.north) for _ in range(3)]

    result = recycling.release(reason("budget_later"), by=house.rita, at=DUE)

    assert [lead.pk for lead in result.done] == [lead.pk for lead in held]
    assert {lead.team for lead in result.done} == {house.north}


# Pulls.


@pytest.mark.django_db
def test_a_pull_handed_on_has_three_working_days_anew_and_none_with_a_team(house):
    lead = due_pull(house)
    assignment.assign([lead.pk], to=house.ben, by=house.cleo, at=NOON + 2 * DAY)
    with_ben = Cycle.objects.get(lead=lead).return_at
    assignment.assign([lead.pk], to=house.north, by=house.cleo, at=NOON + 3 * DAY)

    # NOON is a Monday; two days later is Wednesday, and three working days after that is Monday.
    assert (with_ben, Cycle.objects.get(lead=lead).return_at) == (NOON + 7 * DAY, None)


@pytest.mark.django_db
def test_a_pull_in_which_an_answer_waits_stays(house):
    lead = due_pull(house)
    signals.raise_hand([lead.pk], what="demo", by=None, at=NOON + HOUR)

    result = run(BY_NAME["untouched-pulls"], DUE)
    refusal = pulling.give_back_untouched([lead.pk], at=DUE).refused[0][1]

    assert (result.found, refusal.code) == (0, "held")
    assert Lead.objects.get(pk=lead.pk).status == "assigned"


# The morning.


@pytest.mark.django_db
def test_the_morning_tells_managers_of_silent_leads_and_revops_of_nobodys(house):
    lead_in("working", house.ana, house.cleo, house.north)
    raw()
    at = on("2026-03-27 07:00")  # 08:00 in Berlin
    first = run(BY_NAME["morning"], on("2026-03-26 12:00"))

    runs = [run(BY_NAME["morning"], moment) for moment in (at - SECOND, at, at, at + HOUR)]

    people = 5  # three managers, and RevOps with root
    assert (first.done, [r.done for r in runs]) == (people, [0, people, 0, 0])
    said = Message.objects.filter(kind="morning").values_list("to__username", "created_at", "data")
    assert sorted(said, key=lambda row: row[0]) == [
        ("rita", at, {"silent": 1, "nobody": 1}),
        ("root", at, {"silent": 1, "nobody": 1}),
    ]
    rooms = Message.objects.filter(kind="room").order_by("to__username")
    found = [(m.to.username, m.created_at, m.data["totals"].get("quiet", 0)) for m in rooms]
    assert found == [("cleo", at, 1), ("hugo", at, 0), ("nora", at, 1)]


@pytest.mark.django_db
def test_mornings_are_at_eight_on_either_side_of_a_night_that_is_longer_or_shorter(house):
    lead_in("working", house.ana, house.cleo, house.north)
    User.objects.exclude(pk=house.cleo.pk).update(is_active=False)
    User.objects.update(morning_at=on("2026-03-28 07:00"))

    for hour in range(24 * 4):
        run(BY_NAME["morning"], on("2026-03-28 00:00") + hour * HOUR)
    User.objects.update(morning_at=on("2026-10-24 06:00"))
    for hour in range(24 * 4):
        run(BY_NAME["morning"], on("2026-10-24 00:00") + hour * HOUR)

    mornings = ("2026-03-28 07:00", "2026-03-29 06:00", "2026-03-30 06:00", "2026-03-31 06:00")
    mornings += ("2026-10-24 06:00", "2026-10-25 07:00", "2026-10-26 07:00", "2026-10-27 07:00")
    told_at = Message.objects.filter(kind="room").order_by("pk").values_list("created_at", flat=True)
    assert list(told_at) == [on(text) for text in mornings]


@pytest.mark.django_db
def test_after_a_long_night_the_morning_is_told_once_and_dated_the_last(house):
    lead_in("working", house.ana, house.cleo, house.north)
    User.objects.update(morning_at=on("2026-03-20 07:00"))

    run(BY_NAME["morning"], on("2026-03-25 10:00"))

    assert Message.objects.get(to=house.cleo, kind="room").created_at == on("2026-03-25 07:00")
    assert User.objects.get(pk=house.cleo.pk).morning_at == on("2026-03-26 07:00")


@pytest.mark.django_db
def test_a_clean_house_says_nothing_to_revops_and_that_it_is_clean_to_managers(house):
    User.objects.update(morning_at=NOON)

    run(BY_NAME["morning"], NOON)

    said = Message.objects.order_by("to__username").values_list("to__username", "kind", "data__totals")
    assert list(said) == [("cleo", "room", {}), ("hugo", "room", {}), ("nora", "room", {})]


@pytest.mark.django_db
def test_nobodys_are_those_in_no_program_no_queue_and_no_ones_hands(house):
    nobodys = raw()
    for state in ("queued", "assigned", "working", "nurture", "kept", "unqualified", "opted_out", "open_plg"):
        lead_in(state, house.ana, house.cleo, house.north)
    quiet = lead_in("nurture", house.ana, house.cleo, house.north)
    quiet.reason.program = ""
    in_no_program = dispositions.set_aside([raw()], by=None, at=NOON).lead
    in_no_program.reason.program = ""
    in_no_program.reason.save()

    assert sorted(lead.pk for lead in attention.nobodys()) == [nobodys.pk, in_no_program.pk]


@pytest.mark.django_db
@pytest.mark.parametrize(("early", "is_silent"), [(SECOND, False), (timedelta(0), True)])
def test_a_working_lead_is_silent_after_seven_days_without_activity(early, is_silent, house):
    lead = lead_in("working", house.ana, house.cleo, house.north)

    assert attention.silent(lead.last_activity_at + 7 * DAY - early).exists() == is_silent
