import ast
from datetime import timedelta
from pydoc import locate

import pytest
from django.contrib import admin
from django.utils import timezone
from django_q.models import OrmQ, Schedule, Task

from accounts.models import Receipt, SweepRun
from leadops import jobs
from leadops.schedules import JOBS, SWEEPS, Job, cron

pytestmark = pytest.mark.django_db

NIGHTLY = Job("nightly", "leadops.jobs.forget_finished", "17 3 * * *")


def schedules():
    return list(Schedule.objects.order_by("id").values_list("name", "func", "cron"))


def test_the_schedules_become_the_list():
    assert jobs.sync([NIGHTLY]) == (1, 0)

    assert schedules() == [("nightly", "leadops.jobs.forget_finished", "17 3 * * *")]


def test_a_new_schedule_waits_for_its_first_moment():
    jobs.sync([NIGHTLY])

    assert Schedule.objects.get().next_run > timezone.now()


def test_a_schedule_that_is_right_keeps_its_next_run():
    jobs.sync([NIGHTLY])
    due = timezone.now() - timedelta(minutes=1)
    Schedule.objects.update(next_run=due)

    assert jobs.sync([NIGHTLY]) == (0, 0)

    assert Schedule.objects.get().next_run == due


def test_a_changed_job_changes_its_schedule():
    jobs.sync([NIGHTLY])

    assert jobs.sync([Job("nightly", "leadops.jobs.ping", "1 2 * * *")]) == (1, 0)

    assert schedules() == [("nightly", "leadops.jobs.ping", "1 2 * * *")]


def test_what_is_not_on_the_list_goes_and_so_does_a_double():
    jobs.sync([NIGHTLY])
    Schedule.objects.create(name="nightly", func="os.system")
    Schedule.objects.create(name="planted", func="os.system")

    assert jobs.sync([NIGHTLY]) == (0, 2)

    assert schedules() == [("nightly", "leadops.jobs.forget_finished", "17 3 * * *")]


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_every_job_on_the_list_is_a_function_with_a_name_of_its_own(job):
    assert callable(locate(job.function))
    assert [other.name for other in JOBS].count(job.name) == 1


def test_every_sweep_is_rung_for_by_its_name():
    jobs.sync()

    for name in SWEEPS:
        schedule = Schedule.objects.get(name=f"sweep {name}")
        assert (schedule.func, ast.literal_eval(schedule.args)) == ("leadops.jobs.sweep", (name,))


@pytest.mark.parametrize(
    ("minutes", "line"), [(1, "* * * * *"), (5, "*/5 * * * *"), (60, "7 * * * *"), (1440, "7 3 * * *")]
)
def test_a_cadence_is_said_as_a_cron_line(minutes, line):
    assert cron(timedelta(minutes=minutes)) == line


@pytest.mark.parametrize("every", [timedelta(0), timedelta(minutes=7), timedelta(seconds=90), timedelta(hours=2)])
def test_a_cadence_that_no_cron_line_keeps_is_refused(every):
    with pytest.raises(ValueError, match="does not divide an hour"):
        cron(every)


def test_a_sweep_rung_for_runs_as_of_now():
    before = timezone.now()

    said = jobs.sweep("auto-abandon")

    run = SweepRun.objects.get(name="auto-abandon")
    assert said == "0 due, 0 done, 0 failed, 0 left"
    assert before - timedelta(seconds=1) < run.as_of < timezone.now() + timedelta(seconds=1)


@pytest.mark.parametrize(("left", "done", "rings"), [(5, 3, 1), (5, 0, 0), (0, 3, 0)])
def test_a_sweep_whose_time_did_not_suffice_rings_for_the_rest_if_it_got_anywhere(monkeypatch, left, done, rings):
    run = SweepRun(name="mail", found=8, done=done, left=left)
    monkeypatch.setattr(jobs.sweeping, "run", lambda *_: run)

    jobs.sweep("mail")

    assert [(task.func(), task.task["args"]) for task in OrmQ.objects.all()] == [
        ("leadops.jobs.sweep", ("mail",))
    ] * rings


def test_nobody_can_schedule_a_function_in_the_admin():
    assert [model for model in admin.site._registry if model._meta.app_label == "django_q"] == []


def test_a_ring_waits_in_the_queue():
    jobs.ring()

    assert [waiting.func() for waiting in OrmQ.objects.all()] == ["leadops.jobs.ping"]


def test_pings_leave_one_row():
    jobs.ping()
    first = jobs.last_sign_of_life()
    jobs.ping()

    assert SweepRun.objects.filter(name="ping").count() == 1
    assert jobs.last_sign_of_life() > first


def test_two_rows_from_two_first_pings_do_not_stop_the_next():
    at = timezone.now() - timedelta(hours=1)
    for _ in range(2):
        SweepRun.objects.create(name="ping", started_at=at, finished_at=at)

    jobs.ping()

    assert jobs.last_sign_of_life() > at


def test_a_finished_task_is_a_sign_of_life_too():
    at = timezone.now()
    Task.objects.create(id="a" * 32, name="a", func="f", started=at, stopped=at, success=True)

    assert jobs.last_sign_of_life() == at


def test_nothing_yet_is_no_sign_of_life():
    assert jobs.last_sign_of_life() is None


def test_only_old_finished_jobs_are_forgotten():
    now = timezone.now()
    for name, age in (("old", jobs.KEPT + timedelta(minutes=1)), ("new", jobs.KEPT - timedelta(minutes=1))):
        Task.objects.create(id=name * 8, name=name, func="f", started=now, stopped=now - age, success=False)

    jobs.forget_finished()

    assert [task.name for task in Task.objects.all()] == ["new"]


def test_receipts_are_kept_for_two_days(ana):
    now = timezone.now()
    for key, age in (("old", timedelta(days=2, minutes=1)), ("young", timedelta(days=1, hours=23))):
        Receipt.objects.create(key=key, user=ana, at=now - age)

    jobs.forget_receipts()

    assert list(Receipt.objects.values_list("key", flat=True)) == ["young"]
