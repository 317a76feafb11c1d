from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import SweepRun
from leadops import health, jobs
from leadops.schedules import SWEEPS

WELL = {"web": "ok", "database": "ok", "jobs": "ok", "records": "guarded"}


@pytest.fixture
def listed(db):
    """Every sweep on the list, as after a start."""
    jobs.list_sweeps()


def ran(name, ago, **facts):
    """Note a run of a sweep that began so long ago."""
    at = timezone.now() - ago
    return SweepRun.objects.create(name=name, **({"started_at": at, "finished_at": at, "as_of": at} | facts))


@pytest.mark.usefixtures("listed")
def test_all_is_well(client):
    jobs.ping()

    answer = client.get("/healthz")

    assert answer.status_code == 200
    never = {"state": "ok", "last_run": None, "lag_seconds": None}
    assert answer.json() == WELL | {"sweeps": dict.fromkeys(SWEEPS, never)}


@pytest.mark.usefixtures("listed")
def test_it_asks_nobody_to_sign_in_and_costs_three_queries(client, django_assert_num_queries):
    jobs.ping()
    for name in SWEEPS:
        ran(name, timedelta(minutes=1))

    with django_assert_num_queries(3):
        answer = client.get("/healthz")

    assert answer.status_code == 200
    assert dict(client.cookies) == {}


@pytest.mark.django_db
def test_jobs_that_were_never_seen_are_not_well(client):
    answer = client.get("/healthz")

    assert answer.status_code == 503
    assert {key: answer.json()[key] for key in WELL} == WELL | {"jobs": "never seen"}


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize(("age", "status"), [(-timedelta(seconds=2), 200), (timedelta(seconds=2), 503)])
def test_jobs_may_be_silent_for_a_minute(client, age, status):
    at = timezone.now() - health.SILENCE - age
    SweepRun.objects.create(name=jobs.PING, started_at=at, finished_at=at)

    answer = client.get("/healthz")

    assert answer.status_code == status
    assert (answer.json()["jobs"] == "ok") == (status == 200)
    assert answer.json()["database"] == "ok"


@pytest.mark.usefixtures("django_db_setup")
def test_a_database_out_of_reach_is_named_and_a_later_request_finds_it_again(client, monkeypatch, django_db_blocker):
    # Outside of any transaction, which would not survive the loss of its connection.
    with django_db_blocker.unblock():
        connection.close()
        with monkeypatch.context() as patch:
            patch.setitem(connection.settings_dict, "HOST", "/nowhere")
            down = client.get("/healthz")
        up = client.get("/healthz")
        connection.close()

    assert down.status_code == 503
    assert down.json() == {"web": "ok", "database": "unreachable", "jobs": "unknown", "records": "guarded"}
    assert up.json()["database"] == "ok"


@pytest.mark.usefixtures("listed")
def test_a_sweep_is_named_with_its_last_run_and_its_lag(client):
    jobs.ping()
    run = ran("mail", timedelta(seconds=90))

    said = client.get("/healthz").json()["sweeps"]["mail"]

    assert (said["state"], said["last_run"]) == ("ok", run.started_at.isoformat(timespec="seconds"))
    assert 90 <= said["lag_seconds"] < 100


@pytest.mark.django_db
@pytest.mark.parametrize(("early", "status"), [(timedelta(seconds=2), 200), (timedelta(seconds=-2), 503)])
def test_a_late_sweep_is_not_well(client, early, status):
    jobs.ping()
    for name, sweep in SWEEPS.items():
        ran(name, sweep.late_after - early if name == "mail" else timedelta(0))

    answer = client.get("/healthz")

    assert answer.status_code == status
    late = [name for name, said in answer.json()["sweeps"].items() if said["state"] == "late"]
    assert late == ([] if status == 200 else ["mail"])


@pytest.mark.django_db
@pytest.mark.parametrize(
    "bad",
    [{"error": "died"}, {"finished_at": None}, {"as_of": timezone.now() - timedelta(days=400)}],
    ids=["died", "not finished", "as of another moment"],
)
def test_only_a_run_that_came_to_its_end_as_of_its_own_moment_counts(client, bad):
    jobs.ping()
    for name in set(SWEEPS) - {"mail"}:
        ran(name, timedelta(0))
    ran("mail", timedelta(0), **bad)

    answer = client.get("/healthz")

    assert (answer.status_code, answer.json()["sweeps"]["mail"]["last_run"]) == (503, None)


@pytest.mark.django_db
def test_after_a_start_every_sweep_has_time_to_run_once(client):
    jobs.ping()
    for name in SWEEPS:
        ran(name, timedelta(days=1))
    before = client.get("/healthz").status_code

    jobs.list_sweeps()

    assert (before, client.get("/healthz").status_code) == (503, 200)


@pytest.mark.django_db
def test_one_role_for_everything_is_said(client, settings):
    settings.LEADOPS_RECORDS_GUARDED = False
    jobs.ping()

    assert client.get("/healthz").json()["records"] == "unguarded"
