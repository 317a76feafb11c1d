from datetime import timedelta
from pydoc import locate

import pytest
from django.contrib import admin
from django.utils import timezone
from django_q.models import OrmQ, Schedule, Task

from accounts.models import SweepRun
from leadops import jobs
from leadops.schedules import JOBS, Job

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
