"""The frame of a sweep: what it promises whatever the rows are. The rows here are receipts; to act on one is to delete it."""

import time
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from accounts import sweeping
from accounts.models import Message, Parked, Receipt, SweepRun
from accounts.sweeping import NotNow, Sweep, TooManyFailures, release, run
from tests.lasting import at_once
from tests.leads.states import NOON

MINUTE = timedelta(minutes=1)


def due(at):
    rows = Receipt.objects.filter(at__lte=at).order_by("at", "key")
    return rows.values_list("data__number", flat=True)


class Acts:
    """Deletes receipts, and remembers what it was asked; `bad` says what happens to which number."""

    def __init__(self, **bad):
        self.bad, self.asked = {int(key[1:]): what for key, what in bad.items()}, []

    def __call__(self, keys, at, recorded_at):
        self.asked.append(list(keys))
        locked = Receipt.objects.filter(data__number__in=keys).select_for_update(skip_locked=True)
        rows = list(locked.values_list("data__number", flat=True))
        for key in keys:
            if key in self.bad and key in rows:
                self.bad[key]()
        return Receipt.objects.filter(data__number__in=rows).delete()[0]


def raises():
    raise ValueError("bad row\nDETAIL: Key (email)=(anna@example.org)")


def hangs():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(30)")


class Killed(SystemExit):
    """As the cluster ends a job that takes too long."""


def kills():
    raise Killed


@pytest.fixture
def rows(ana):
    """Return a function that makes this many receipts due at NOON, numbered from 0."""

    def make(number):
        Receipt.objects.bulk_create(
            Receipt(key=f"{n:05}", user=ana, at=NOON, data={"number": n}) for n in range(number)
        )

    return make


def a_sweep(act, batch=500, **more):
    return Sweep("receipts", MINUTE, due, act, batch=batch, **more)


def left():
    return sorted(Receipt.objects.values_list("data__number", flat=True))


def counts(run):
    return run.found, run.done, run.failed, run.left


pytestmark = pytest.mark.django_db


def test_nothing_due_is_a_run_too(rows):
    rows(3)

    early = run(a_sweep(Acts()), NOON - timedelta(seconds=1))

    row = SweepRun.objects.get()
    assert counts(early) == (0, 0, 0, 0)
    assert (row.name, row.as_of, row.batch, row.error) == ("receipts", NOON - timedelta(seconds=1), None, "")
    assert row.finished_at >= row.started_at


def test_what_is_due_is_done_in_batches_the_longest_overdue_first(rows, ana):
    rows(7)
    Receipt.objects.create(key="x", user=ana, at=NOON - MINUTE, data={"number": 99})
    act = Acts()

    result = run(a_sweep(act, batch=3), NOON)

    assert counts(result) == (8, 8, 0, 0)
    assert act.asked == [[99, 0, 1], [2, 3, 4], [5, 6]]
    assert counts(run(a_sweep(act, batch=3), NOON)) == (0, 0, 0, 0)


def test_an_act_is_told_the_moment_and_when_it_is_learnt(rows):
    rows(1)
    told = []

    run(a_sweep(lambda keys, at, recorded_at: told.append((at, recorded_at)) or 0), NOON, recorded_at=NOON + MINUTE)

    assert told == [(NOON, NOON + MINUTE)]


def test_a_row_that_an_act_refuses_is_asked_once_a_run(rows):
    rows(3)
    asked = []

    result = run(a_sweep(lambda keys, at, recorded_at: asked.append(keys) or 0, batch=2), NOON)

    assert (counts(result), asked) == ((3, 0, 0, 0), [[0, 1], [2]])


def test_a_raising_row_is_found_by_ever_smaller_parts_and_no_good_row_is_lost(rows):
    rows(1000)
    act = Acts(k617=raises)

    result = run(a_sweep(act), NOON)

    assert counts(result) == (1000, 999, 1, 0)
    assert left() == [617]
    assert {len(part) for part in act.asked} == {500, 25, 1}
    tried = Parked.objects.get()
    assert (tried.key, tried.tries, tried.parked_at) == (617, 1, None)


def test_three_tries_put_a_row_aside_and_tell_revops_once(rows, rita, root):
    rows(2)
    act = Acts(k1=raises)

    results = [counts(run(a_sweep(act), NOON + n * MINUTE)) for n in range(5)]

    assert results == [(2, 1, 1, 0), (1, 0, 1, 0), (1, 0, 1, 0), (0, 0, 0, 0), (0, 0, 0, 0)]
    parked = Parked.objects.get()
    assert (parked.tries, parked.parked_at, parked.error) == (3, NOON + 2 * MINUTE, "ValueError: bad row")
    messages = Message.objects.order_by("to__username").values_list("to__username", "kind", "data", "created_at")
    data = {"sweep": "receipts", "key": 1, "error": "ValueError: bad row"}
    assert list(messages) == [(who, "parked", data, NOON + 2 * MINUTE) for who in ("rita", "root")]


def test_a_row_that_went_well_in_the_end_is_forgotten(rows):
    rows(1)
    run(a_sweep(Acts(k0=raises)), NOON)

    run(a_sweep(Acts()), NOON)

    assert (left(), Parked.objects.count()) == ([], 0)


def test_a_parked_row_may_be_tried_again(rows):
    rows(1)
    for _ in range(3):
        run(a_sweep(Acts(k0=raises)), NOON)

    released = release("receipts")

    assert released == 1
    assert counts(run(a_sweep(Acts()), NOON)) == (1, 1, 0, 0)


def test_a_hanging_row_is_cut_off_and_the_others_done(rows, monkeypatch):
    monkeypatch.setattr(sweeping, "PATIENCE", timedelta(seconds=1))
    rows(30)

    result = run(a_sweep(Acts(k7=hangs)), NOON)

    assert counts(result) == (30, 29, 1, 0)
    assert Parked.objects.get().error == "OperationalError: canceling statement due to statement timeout"


def test_where_most_fail_it_is_not_the_rows_and_the_run_stops(rows):
    rows(60)
    everything = Acts(**{f"k{n}": raises for n in range(60)})

    with pytest.raises(TooManyFailures):
        run(a_sweep(everything), NOON)

    row = SweepRun.objects.get()
    assert (row.failed, row.error) == (20, "TooManyFailures: 20 rows failed, the last with: ValueError: bad row")
    assert row.finished_at is not None


def test_a_run_ends_in_its_time_and_says_what_it_left(rows):
    rows(10)

    result = run(a_sweep(lambda keys, at, recorded_at: time.sleep(0.03) or len(keys), batch=2), NOON, seconds=0.05)

    assert (result.found, result.done + result.left) == (10, 10)
    assert 0 < result.done < 10


def test_an_act_that_can_do_nothing_just_now_ends_the_run_and_blames_no_row(rows):
    rows(5)

    def act(keys, at, recorded_at):
        if keys != [0, 1]:
            raise NotNow
        return Acts()(keys, at, recorded_at)

    results = [counts(run(a_sweep(act, batch=2), NOON)) for _ in range(2)]

    assert results == [(5, 2, 0, 3), (3, 0, 0, 3)]
    assert (Parked.objects.count(), set(SweepRun.objects.values_list("error", flat=True))) == (0, {""})


def test_without_a_row_of_its_own_a_run_does_the_same(rows):
    rows(3)

    result = run(a_sweep(Acts(k1=raises)), NOON, keep_run=False)

    assert (counts(result), SweepRun.objects.count(), left()) == ((3, 2, 1, 0), 0, [1])


def test_only_the_newest_runs_are_kept(rows):
    SweepRun.objects.bulk_create(
        SweepRun(name=name, started_at=NOON + n * MINUTE, finished_at=NOON)
        for n in range(80)
        for name in ("receipts", "other")
    )

    run(a_sweep(Acts()), NOON)
    run(a_sweep(Acts()), NOON)

    assert SweepRun.objects.filter(name="receipts").count() == sweeping.KEPT
    assert SweepRun.objects.filter(name="other").count() == 80


# Kills. A run that is cut off leaves its row unfinished and its lock free, as a process does that was killed.


def cut_off(sweep):
    with pytest.raises(Killed), transaction.atomic():
        run(sweep, NOON)
    # In this test's one connection the lock outlives the run; a killed process's would not.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock_all()")


def test_a_row_that_kills_its_worker_is_put_aside_after_three_deaths_of_its_own_and_the_others_are_done(rows, rita):
    rows(100)
    act = Acts(k61=kills)
    deaths = 0

    for _ in range(12):
        try:
            run(a_sweep(act), NOON)
        except Killed:
            deaths += 1
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock_all()")

    alone = [part for part in act.asked if 61 in part and len(part) == 1]
    # Once among all, once among twenty-five, then alone.
    assert (deaths, len(alone)) == (5, 3)
    assert left() == [61]
    parked = Parked.objects.get()
    assert (parked.key, parked.error) == (61, "its worker died 3 times, with nothing else in hand")
    assert Message.objects.filter(kind="parked", to=rita).count() == 1


def test_a_dead_run_is_noted_once_and_counts_nobody_as_tried(rows):
    rows(3)
    dead = SweepRun.objects.create(name="receipts", as_of=NOON, started_at=NOON, batch=[0, 1])
    act = Acts()

    result = run(a_sweep(act), NOON)

    dead.refresh_from_db()
    assert (dead.error, dead.batch, dead.finished_at is None) == ("died", None, False)
    assert (counts(result), act.asked, Parked.objects.count()) == ((3, 3, 0, 0), [[2], [0], [1]], 0)


def test_what_was_in_hand_is_known_before_it_is_touched(rows):
    rows(3)
    seen = []

    def look(keys, at, recorded_at):
        seen.append(SweepRun.objects.get().batch)
        return 0

    run(a_sweep(look, batch=2), NOON)

    assert seen == [[0, 1], [2]]


@pytest.mark.django_db(transaction=True)
def test_a_run_that_lives_is_not_taken_for_dead(rows):
    rows(2)
    inner = []

    def act(keys, at, recorded_at):
        inner.extend(at_once(lambda: counts(run(a_sweep(Acts()), NOON))))
        return 0

    outer = run(a_sweep(act), NOON)

    assert (counts(outer), inner) == ((2, 0, 0, 0), [(2, 2, 0, 0)])
    assert sorted(SweepRun.objects.values_list("error", flat=True)) == ["", ""]


@pytest.mark.django_db(transaction=True)
def test_a_database_that_goes_away_ends_the_run_and_the_next_one_finds_what_was_in_hand(rows):
    rows(3)

    def lose(keys, at, recorded_at):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(DatabaseError):
        run(a_sweep(lose), NOON)
    connection.close()
    act = Acts()
    result = run(a_sweep(act), NOON)

    assert counts(result) == (3, 3, 0, 0)
    assert [len(part) for part in act.asked] == [1, 1, 1]


@pytest.mark.django_db(transaction=True)
def test_rows_that_somebody_holds_are_passed_over(rows):
    rows(3)

    with transaction.atomic():
        list(Receipt.objects.filter(data__number=1).select_for_update())
        (during,) = at_once(lambda: counts(run(a_sweep(Acts()), NOON)))
    after = run(a_sweep(Acts()), NOON)

    assert (during, counts(after)) == ((3, 2, 0, 0), (1, 1, 0, 0))
